//! Mails on a disk as a maildrop.

mod mbox;

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use pop3_proto::{Deleted, Octets};
use sha2::{Digest, Sha256};

/// A Maildir, a folder of `.eml` files, or an mbox file (RFC 4155).
#[derive(Debug)]
pub struct MailStore {
    path: PathBuf,
    /// As they were at the last [`read`](MailStore::read), in the order of their names or places.
    pub mails: Vec<StoredMail>,
}

/// One mail of a [`MailStore`].
#[derive(Debug)]
pub struct StoredMail {
    /// The same in every session, as long as a file keeps its name, or a mail of an mbox file its
    /// octets. Copies that are alike to the last octet share it, as RFC 1939 section 7 allows.
    pub uid: String,
    /// Octets as POP3 counts them.
    pub octets: u64,
    file: PathBuf,
    place: Range<u64>,
    /// The line before it, in an mbox file.
    from_line: Box<[u8]>,
}

impl MailStore {
    /// A store that has not been read.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let (path, mails) = (path.into(), Vec::new());
        MailStore { path, mails }
    }

    /// Reads what is there anew.
    pub fn read(&mut self) -> io::Result<()> {
        self.mails = match self.path.is_dir() {
            true => read_folder(&self.path)?,
            false => mbox::read(&self.path)?,
        };
        Ok(())
    }

    /// The mail of this number. Numbers count from 1.
    pub fn mail(&self, number: u32) -> Option<&StoredMail> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.mails.get(index)
    }

    /// Removes these mails: all of an mbox file or none; of a folder as many as it can.
    pub fn remove(&self, deleted: &Deleted) -> io::Result<()> {
        if !deleted.is_empty() && !self.path.is_dir() {
            return mbox::remove(&self.path, &self.mails, deleted);
        }
        let mails = deleted.numbers().filter_map(|number| self.mail(number));
        let mut result = Ok(());
        for mail in mails {
            result = result.and(fs::remove_file(&mail.file));
        }
        result
    }
}

impl StoredMail {
    /// Its file, where the mail begins, and how many octets of the file it has.
    pub fn open(&self) -> io::Result<(File, u64)> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.place.start))?;
        Ok((file, self.place.end - self.place.start))
    }
}

fn read_folder(dir: &Path) -> io::Result<Vec<StoredMail>> {
    let mut paths = list(dir, |path| path.extension().is_some_and(|e| e == "eml"))?;
    for part in ["cur", "new"].map(|part| dir.join(part)) {
        if part.is_dir() {
            paths.extend(list(&part, |_| true)?);
        }
    }
    paths.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    paths.into_iter().map(measure).collect()
}

fn list(dir: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_file() && wanted(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn measure(file: PathBuf) -> io::Result<StoredMail> {
    let (mut stream, mut block) = (File::open(&file)?, vec![0; 64 << 10]);
    let (mut octets, mut end) = (Octets::default(), 0);
    loop {
        match stream.read(&mut block)? {
            0 => break,
            read => {
                octets.add(block.get(..read).unwrap_or_default());
                end += read as u64;
            }
        }
    }
    Ok(StoredMail {
        uid: unique_id(&file),
        octets: octets.finish(),
        file,
        place: 0..end,
        from_line: Box::default(),
    })
}

/// The name of the file without the flags of a Maildir, or a hash of it where it is no unique-id
/// (1 to 70 characters from `!` to `~`, RFC 1939 section 7).
fn unique_id(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let name = name.split(|octet| *octet == b':').next().unwrap_or(name);
    match str::from_utf8(name) {
        Ok(id) if (1..=70).contains(&id.len()) && name.iter().all(u8::is_ascii_graphic) => {
            id.into()
        }
        _ => crate::hex(&Sha256::digest(name)),
    }
}
