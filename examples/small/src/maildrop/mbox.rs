//! An mbox file as a maildrop.

use std::{
    fs::{self, File},
    io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use mime_core::mbox::{Item, Reader, Variant};
use pop3_proto::{Deleted, Octets};
use sha2::{Digest, Sha256};

use super::StoredMail;

/// A mail on its way through.
struct Passing {
    start: u64,
    octets: Octets,
    length: u64,
    hash: Sha256,
    from_line: Box<[u8]>,
}

/// The mails of the file, in one pass that holds none of them.
pub(super) fn read(path: &Path) -> io::Result<Vec<StoredMail>> {
    let (mut file, mut block) = (File::open(path)?, vec![0; 64 << 10]);
    let (mut reader, mut mails) = (Reader::new(Variant::Rfc4155), Vec::new());
    let (mut passing, mut before) = (None, 0);
    loop {
        let read = file.read(&mut block)?;
        let (mut rest, eof) = (block.get(..read).unwrap_or_default(), read == 0);
        while let Some(item) = reader.next(&mut rest, eof) {
            match item {
                Item::From(line) => {
                    let start = before + (read - rest.len()) as u64;
                    passing = Some(Passing::new(start, line.raw()));
                }
                Item::Chunk(octets) => {
                    if let Some(mail) = &mut passing {
                        mail.add(octets);
                    }
                }
                _ => mails.extend(passing.take().map(|mail| mail.end(path))),
            }
        }
        before += read as u64;
        if eof {
            return Ok(mails);
        }
    }
}

/// Writes the file anew without these mails, and puts it in the place of the old one. What was
/// delivered meanwhile stays. Who delivers is kept out by the file `NAME.lock`, as is the custom.
pub(super) fn remove(path: &Path, mails: &[StoredMail], deleted: &Deleted) -> io::Result<()> {
    let beside = |suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let (lock, written) = (beside(".lock"), beside(".new"));
    File::create_new(&lock)?;
    let result = write_rest(path, &written, mails, deleted).and_then(|()| {
        fs::rename(&written, path)?;
        match path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            Some(dir) => File::open(dir)?.sync_all(),
            None => File::open(".")?.sync_all(),
        }
    });
    fs::remove_file(&lock)?;
    result
}

fn write_rest(
    path: &Path,
    written: &Path,
    mails: &[StoredMail],
    deleted: &Deleted,
) -> io::Result<()> {
    let (mut old, mut new) = (File::open(path)?, BufWriter::new(File::create(written)?));
    new.get_ref()
        .set_permissions(old.metadata()?.permissions())?;
    let kept = (1..)
        .zip(mails)
        .filter(|(number, _)| !deleted.contains(*number));
    let known = mails.last().map_or(0, |mail| mail.place.end);
    for (index, (_, mail)) in kept.enumerate() {
        let between: &[u8] = if index == 0 { b"" } else { b"\n" };
        for octets in [between, &mail.from_line, b"\n"] {
            new.write_all(octets)?;
        }
        old.seek(SeekFrom::Start(mail.place.start))?;
        let length = mail.place.end - mail.place.start;
        if io::copy(&mut (&mut old).take(length), &mut new)? < length {
            return Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                "it became shorter",
            ));
        }
    }
    // The empty line behind the last mail, and what came since.
    old.seek(SeekFrom::Start(known))?;
    io::copy(&mut old, &mut new)?;
    new.into_inner()?.sync_all()
}

impl Passing {
    fn new(start: u64, from_line: &[u8]) -> Self {
        Passing {
            start,
            octets: Octets::default(),
            length: 0,
            hash: Sha256::new_with_prefix(from_line),
            from_line: from_line.into(),
        }
    }

    fn add(&mut self, octets: &[u8]) {
        self.octets.add(octets);
        self.length += octets.len() as u64;
        self.hash.update(octets);
    }

    fn end(self, path: &Path) -> StoredMail {
        StoredMail {
            uid: crate::hex(&self.hash.finalize()),
            octets: self.octets.finish(),
            file: path.into(),
            place: self.start..self.start + self.length,
            from_line: self.from_line,
        }
    }
}
