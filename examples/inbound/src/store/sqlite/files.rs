//! Files of large contents, beside the database.
//!
//! A file is written as `blobs/tmp/<serial>`, synced, renamed to
//! `blobs/<epoch>/<xx>/<sha256>-<serial>`, and its directory synced; only then can a row name it. `epoch`
//! counts the openings of the store, `serial` the files of one opening: no name is ever used twice, so
//! two writers of one content cannot meet, and removing one file never harms another. After a crash only
//! the epochs since the last sweep can hold files without a row.

use super::sql::{Done, Sql};
use crate::store::Sha256;
use rusqlite::{Connection, params};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// The folder `blobs`.
pub(super) struct Files {
    root: PathBuf,
    epoch: u64,
    next: AtomicU64,
}

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location {
    pub epoch: u64,
    pub serial: u64,
    pub hash: Sha256,
}

impl Location {
    fn name(&self) -> String {
        format!("{}-{}", self.hash, self.serial)
    }

    fn parse(epoch: u64, name: &OsStr) -> Option<Self> {
        let (hex, serial) = name.to_str()?.split_once('-')?;
        let mut hash = [0; 32];
        if hex.len() != 64 {
            return None;
        }
        for (at, octet) in hash.iter_mut().enumerate() {
            *octet = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self {
            epoch,
            serial: serial.parse().ok()?,
            hash: Sha256(hash),
        })
    }
}

impl Files {
    pub(super) fn open(root: &Path, epoch: u64) -> Done<Self> {
        let files = Self {
            root: root.into(),
            epoch,
            next: AtomicU64::new(1),
        };
        fs::create_dir_all(files.temporary())?;
        make_directory(&files.epoch_folder(epoch))?;
        if let Some(data) = root.parent() {
            sync_directory(data)?;
        }
        Ok(files)
    }

    /// Begins a file. Blocks.
    pub(super) fn create(&self) -> io::Result<Draft> {
        let serial = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.temporary().join(serial.to_string());
        let file = File::options().write(true).create_new(true).open(&path)?;
        Ok(Draft {
            file,
            serial,
            name: Temporary(Some(path)),
        })
    }

    /// Makes a file durable under its final name. Blocks.
    pub(super) fn publish(&self, mut draft: Draft, hash: Sha256) -> io::Result<StagedFile> {
        draft.file.sync_all()?;
        let location = Location {
            epoch: self.epoch,
            serial: draft.serial,
            hash,
        };
        let path = self.path(&location);
        let folder = path.parent().unwrap_or(&self.root);
        make_directory(folder)?;
        if let Some(temporary) = &draft.name.0 {
            fs::rename(temporary, &path)?;
        }
        draft.name.0 = None;
        let staged = StagedFile {
            location,
            path: path.clone(),
            kept: AtomicBool::new(false),
        };
        sync_directory(folder)?;
        Ok(staged)
    }

    /// Opens a file to read. Blocks.
    pub(super) fn read(&self, location: &Location) -> io::Result<File> {
        File::open(self.path(location))
    }

    /// Removes a file; one that is gone already is fine. Blocks.
    pub(super) fn remove(&self, location: &Location) -> io::Result<()> {
        match fs::remove_file(self.path(location)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes what no row names, as a crash leaves it. Only at the start, before anybody writes.
    pub(super) fn sweep(&self, db: &Connection) -> Done<()> {
        let mut removed = 0;
        for file in fs::read_dir(self.temporary())? {
            fs::remove_file(file?.path())?;
            removed += 1;
        }
        for location in super::tidy::doomed_files(db)? {
            self.remove(&location)?;
            removed += 1;
        }
        db.run("DELETE FROM doomed_file", [])?;
        let swept: u64 = db.one("SELECT swept_epoch FROM store", [], |row| {
            row.get::<_, i64>(0)
        })? as u64;
        for epoch in swept + 1..self.epoch {
            removed += self.sweep_epoch(db, epoch)?;
        }
        db.run(
            "UPDATE store SET swept_epoch = ?",
            [super::sql::signed(self.epoch - 1)],
        )?;
        if removed > 0 {
            tracing::info!(removed, "files that no message uses were removed");
        }
        Ok(())
    }

    fn sweep_epoch(&self, db: &Connection, epoch: u64) -> Done<u64> {
        let mut removed = 0;
        let folder = self.epoch_folder(epoch);
        if !folder.try_exists()? {
            return Ok(removed);
        }
        for part in fs::read_dir(&folder)? {
            let part = part?.path();
            for file in fs::read_dir(&part)? {
                let file = file?;
                let named = match Location::parse(epoch, &file.file_name()) {
                    Some(location) => is_named(db, &location)?,
                    None => false,
                };
                if !named {
                    fs::remove_file(file.path())?;
                    removed += 1;
                }
            }
            // Fails where files are left, as it should.
            let _ = fs::remove_dir(&part);
        }
        let _ = fs::remove_dir(&folder);
        Ok(removed)
    }

    fn path(&self, location: &Location) -> PathBuf {
        let part = format!("{:02x}", location.hash.0[0]);
        self.epoch_folder(location.epoch)
            .join(part)
            .join(location.name())
    }

    fn epoch_folder(&self, epoch: u64) -> PathBuf {
        self.root.join(epoch.to_string())
    }

    fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }
}

fn is_named(db: &Connection, location: &Location) -> Done<bool> {
    let sql = "SELECT 1 FROM blob WHERE sha256 = ? AND epoch = ? AND serial = ?";
    let Location {
        epoch,
        serial,
        hash,
    } = *location;
    let with = params![hash, super::sql::signed(epoch), super::sql::signed(serial)];
    Ok(db.find(sql, with, |_| Ok(()))?.is_some())
}

/// Makes a directory whose name is durable. Its parent must exist.
fn make_directory(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        // Also where another writer has just made it: its sync may not be done yet.
        _ => path.parent().map_or(Ok(()), sync_directory),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A file under way; dropped, it is removed.
pub(super) struct Draft {
    file: File,
    serial: u64,
    name: Temporary,
}

impl Draft {
    /// Blocks.
    pub(super) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.file.write_all(octets)
    }
}

struct Temporary(Option<PathBuf>);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            remove_unused(&path);
        }
    }
}

/// A durable file that no row names yet; dropped before one does, it is removed.
#[derive(Debug)]
pub(in crate::store) struct StagedFile {
    location: Location,
    path: PathBuf,
    kept: AtomicBool,
}

impl StagedFile {
    pub(super) fn location(&self) -> Location {
        self.location
    }

    /// A row names it, or may do so.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Acquire) {
            remove_unused(&self.path);
        }
    }
}

/// The next start removes what cannot be removed now.
fn remove_unused(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, "an unused file stays until the next start");
    }
}
