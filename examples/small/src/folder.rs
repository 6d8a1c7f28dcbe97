//! A folder of mails as a maildrop.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use pop3_proto::{Deleted, Octets};

/// The mails of a folder: its `.eml` files, and those in `cur` and `new` if it is a Maildir.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    /// As they were at the last [`read`](Folder::read), in the order of their names.
    pub mails: Vec<MailFile>,
}

/// One mail of a [`Folder`].
#[derive(Debug)]
pub struct MailFile {
    /// The same in every session, as long as the file keeps its name.
    pub uid: String,
    /// Octets as POP3 counts them.
    pub octets: u64,
    /// Where it is.
    pub path: PathBuf,
}

impl Folder {
    /// A folder that has not been read.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let (dir, mails) = (dir.into(), Vec::new());
        Folder { dir, mails }
    }

    /// Reads the names and sizes anew.
    pub fn read(&mut self) -> io::Result<()> {
        let mut paths = list(&self.dir, |path| {
            path.extension().is_some_and(|e| e == "eml")
        })?;
        for part in ["cur", "new"].map(|part| self.dir.join(part)) {
            if part.is_dir() {
                paths.extend(list(&part, |_| true)?);
            }
        }
        paths.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        let mails = paths.into_iter().map(MailFile::read);
        self.mails = mails.collect::<io::Result<_>>()?;
        Ok(())
    }

    /// Numbers count from 1.
    fn mail(&self, number: u32) -> Option<&MailFile> {
        self.mails
            .get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// Opens the file of the mail of this number.
    pub fn open(&self, number: u32) -> Option<(&MailFile, File)> {
        let mail = self.mail(number)?;
        Some((mail, File::open(&mail.path).ok()?))
    }

    /// Removes the files of these mails, as many as it can.
    pub fn remove(&self, deleted: &Deleted) -> io::Result<()> {
        let mails = deleted.numbers().filter_map(|number| self.mail(number));
        let mut result = Ok(());
        for mail in mails {
            result = result.and(fs::remove_file(&mail.path));
        }
        result
    }
}

impl MailFile {
    fn read(path: PathBuf) -> io::Result<Self> {
        let (mut file, mut block) = (File::open(&path)?, vec![0; 64 << 10]);
        let mut octets = Octets::default();
        loop {
            match file.read(&mut block)? {
                0 => break,
                n => octets.add(block.get(..n).unwrap_or_default()),
            }
        }
        let (uid, octets) = (unique_id(&path), octets.finish());
        Ok(MailFile { uid, octets, path })
    }
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

/// The name of the file without the flags of a Maildir, or a hash of it where it is no unique-id
/// (1 to 70 characters from `!` to `~`, RFC 1939 section 7).
fn unique_id(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split_once(":2,").map_or(&*name, |(name, _)| name);
    if (1..=70).contains(&name.len()) && name.bytes().all(|octet| octet.is_ascii_graphic()) {
        return name.to_owned();
    }
    let hash = name
        .bytes()
        .fold(0x6c62272e07bb014262b821756295c58d_u128, |hash, octet| {
            (hash ^ u128::from(octet)).wrapping_mul(0x1000000000000000000013b) // FNV-1a
        });
    format!("{hash:032x}")
}
