//! Opening a data folder.

use super::{
    Engine, Limits, Sqlite,
    checkpoint::Checkpointer,
    files::Files,
    leases::Leases,
    readers::Readers,
    schema,
    search_index::SearchIndex,
    sql::Fault,
    watch::Hub,
    writer::{Setting, Writer},
};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process works with it.
    #[error("the data folder {0} is in use by another process")]
    InUse(PathBuf),
    /// A later version of this program wrote it.
    #[error("the data folder {folder} has schema {found}; this program knows {known}")]
    TooNew {
        /// The folder.
        folder: PathBuf,
        /// Its schema.
        found: u32,
        /// The latest that is known here.
        known: u32,
    },
    /// It cannot be read or written.
    #[error("the data folder {folder}: {source}")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database in it cannot be used.
    #[error("the database in {folder}: {why}")]
    Database {
        /// The folder.
        folder: PathBuf,
        /// What the database says.
        why: String,
    },
}

impl Sqlite {
    /// Opens a data folder, or makes it. Blocks; removes what a crash left behind.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, OpenError> {
        make_folder(folder).map_err(|source| io_error(folder, source))?;
        let lock = DataLock::take(folder)?;
        let path = folder.join("mail.sqlite3");
        let start = || {
            let mut db = schema::connect(&path, &limits)?;
            let identity = schema::prepare(&mut db)?;
            let files = Arc::new(Files::open(&folder.join("blobs"), identity.epoch)?);
            files.sweep(&db)?;
            let hub = Arc::new(Hub::default());
            let leases = Arc::new(Leases::new(identity.epoch));
            let checkpointer = Checkpointer::start(&path, &limits)?;
            let search_index = match limits.search_index {
                true => SearchIndex::open(folder, &path, &files, &identity, &limits),
                false => {
                    SearchIndex::remove(folder)?;
                    None
                }
            };
            let setting = Setting {
                path: path.clone(),
                limits: limits.clone(),
                hub: hub.clone(),
                leases: leases.clone(),
                checkpoint: checkpointer.hint(),
                search_index: search_index.as_ref().and_then(SearchIndex::hint),
            };
            Ok(Engine {
                writer: Writer::start(db, setting)?,
                search_index,
                _checkpointer: checkpointer,
                readers: Readers::new(&path, &limits),
                files,
                hub,
                leases,
                identity,
                limits: limits.clone(),
                _lock: lock,
            })
        };
        let engine = start().map_err(|fault| database_error(folder, fault))?;
        Ok(Self {
            engine: Arc::new(engine),
        })
    }
}

/// Makes the folder, and every name on the way to it durable: mail in a folder that a power cut takes
/// away is lost.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return fs::create_dir(folder),
    };
    make_folder(parent)?;
    fs::create_dir_all(folder)?;
    File::open(parent)?.sync_all()
}

fn io_error(folder: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        folder: folder.into(),
        source,
    }
}

fn database_error(folder: &Path, fault: Fault) -> OpenError {
    match fault {
        Fault::Io(source) => io_error(folder, source),
        Fault::TooNew { found, known } => OpenError::TooNew {
            folder: folder.into(),
            found,
            known,
        },
        other => OpenError::Database {
            folder: folder.into(),
            why: other.to_string(),
        },
    }
}

/// Keeps a second process out for as long as it lives; the system frees it when the process dies.
pub(super) struct DataLock(#[allow(dead_code, reason = "held, never read")] File);

impl DataLock {
    fn take(folder: &Path) -> Result<Self, OpenError> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
            .map_err(|source| io_error(folder, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(folder.into())),
            Err(TryLockError::Error(source)) => Err(io_error(folder, source)),
        }
    }
}
