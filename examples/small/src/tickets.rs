//! A folder of tickets, each made once, whenever the power goes.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{hex, ticket::ticket};

/// What is no longer on the server is remembered for 30 days: one that shows an empty maildrop today may
/// show all its mails again tomorrow.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// The folder.
///
/// | folder | what is in it |
/// |---|---|
/// | `tickets/` | `ID.json`, whole and durable from the moment that it is seen. A reader may take it away |
/// | `mails/` | `ID.eml`: the mail of a ticket |
/// | `seen/` | the ids of the tickets that are made |
/// | `tmp/` | what is not complete |
///
/// A ticket is written in `tmp/` and synced, then its id is noted in `seen/`, then it is renamed. So
/// whenever this is cut off, one that stands in `tmp/` was noted and is to be renamed still, or it
/// was not and is made anew; and one that was taken away is known.
#[derive(Debug)]
pub struct Tickets {
    dir: PathBuf,
    seen: BTreeSet<String>,
    /// Ids, or their beginnings, that the server has today.
    present: BTreeSet<String>,
    /// Held as long as this is: one program at a time.
    _lock: File,
}

/// How a mail is known again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// By the unique-id that the server gives it, and no other.
    Uid(String),
    /// By its octets.
    Octets,
}

/// A mail that comes in.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    hash: Sha256,
}

impl Tickets {
    /// Opens the folder, and ends what was cut off. It is created if it is not there.
    pub fn open(dir: &Path) -> io::Result<Self> {
        for name in ["tickets", "mails", "seen", "tmp"] {
            fs::create_dir_all(dir.join(name))?;
        }
        sync(dir)?;
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .open(dir.join("lock"))?;
        lock.try_lock()?;
        let mut tickets = Tickets {
            dir: dir.into(),
            seen: BTreeSet::new(),
            present: BTreeSet::new(),
            _lock: lock,
        };
        for entry in fs::read_dir(tickets.dir.join("seen"))? {
            tickets.seen.extend(entry?.file_name().into_string());
        }
        tickets.recover()?;
        Ok(tickets)
    }

    fn recover(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.dir.join("tmp"))? {
            let path = entry?.path();
            let id = path.file_stem().and_then(|id| id.to_str());
            match id.filter(|id| self.seen.contains(*id)) {
                Some(id) => self.hand_over(id)?,
                None => fs::remove_file(&path)?,
            }
        }
        Ok(())
    }

    /// Was the ticket of this mail made? What is known by its octets has to be fetched first.
    pub fn has(&mut self, key: &Key) -> bool {
        let Key::Uid(_) = key else { return false };
        let first = key.hash();
        let found = self.seen.range(first.clone()..).next();
        let found = found.is_some_and(|id| id.starts_with(&first));
        self.present.insert(first);
        found
    }

    /// Where the next mail goes.
    pub fn begin(&self) -> io::Result<Incoming> {
        let path = self.dir.join("tmp/mail");
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true);
        Ok(Incoming {
            file: file.open(path)?,
            hash: Sha256::new(),
        })
    }

    /// The mail is whole: makes its ticket, unless there was one. The ticket is durable then.
    pub fn make(&mut self, key: &Key, mail: Incoming) -> io::Result<Option<Value>> {
        let Incoming { mut file, hash } = mail;
        let id = format!("{}-{}", key.hash(), short(hash));
        self.present.insert(id.clone());
        if self.seen.contains(&id) {
            return Ok(None);
        }
        file.sync_all()?;
        let mut ticket = ticket(&id, &mut file)?;
        ticket["mail"] = format!("mails/{id}.eml").into();
        let unready = self.path("tmp", &id, "json");
        let mut written = File::create(&unready)?;
        written.write_all(format!("{ticket}\n").as_bytes())?;
        written.sync_all()?;
        fs::rename(self.dir.join("tmp/mail"), self.path("mails", &id, "eml"))?;
        sync(&self.dir.join("mails"))?;
        sync(&self.dir.join("tmp"))?;
        File::create(self.dir.join("seen").join(&id))?;
        sync(&self.dir.join("seen"))?;
        self.hand_over(&id)?;
        self.seen.insert(id);
        Ok(Some(ticket))
    }

    fn hand_over(&self, id: &str) -> io::Result<()> {
        fs::rename(
            self.path("tmp", id, "json"),
            self.path("tickets", id, "json"),
        )?;
        sync(&self.dir.join("tickets"))
    }

    /// The server was asked for all it has: forgets what it has not had for long.
    pub fn forget(&mut self) -> io::Result<()> {
        let present = std::mem::take(&mut self.present);
        let now = SystemTime::now();
        for id in self.seen.clone() {
            let first = id.split('-').next().unwrap_or_default();
            if present.contains(first) || present.contains(&id) {
                continue;
            }
            let path = self.dir.join("seen").join(&id);
            let age = now.duration_since(path.metadata()?.modified()?);
            if age.is_ok_and(|age| age > REMEMBERED) {
                fs::remove_file(path)?;
                self.seen.remove(&id);
            }
        }
        Ok(())
    }

    fn path(&self, folder: &str, id: &str, suffix: &str) -> PathBuf {
        self.dir.join(folder).join(format!("{id}.{suffix}"))
    }
}

impl Key {
    fn hash(&self) -> String {
        short(match self {
            Key::Uid(uid) => Sha256::new_with_prefix(uid),
            Key::Octets => Sha256::new(),
        })
    }
}

impl Incoming {
    /// The next octets of it.
    pub fn add(&mut self, octets: &[u8]) -> io::Result<()> {
        self.hash.update(octets);
        self.file.write_all(octets)
    }
}

/// 128 bits are enough to tell mails apart.
fn short(hash: Sha256) -> String {
    let mut hex = hex(&hash.finalize());
    hex.truncate(32);
    hex
}

/// Makes the names of a folder durable.
fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
