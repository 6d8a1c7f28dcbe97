//! Keys in a file that changes as the issuer's keys do.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::Mutex;
use tracing::{info, warn};

use super::keys::Keys;
use crate::config::Mistake;

/// How often the file is looked at, whatever tokens come.
const AT_MOST_EVERY: Duration = Duration::from_secs(5);
/// Octets of the file.
const OCTETS: u64 = 1 << 20;

/// Keys in a file that changes as the issuer's keys do.
pub struct KeyFile {
    path: PathBuf,
    at_most_every: Duration,
    now: Mutex<Read>,
}

struct Read {
    keys: Arc<Keys>,
    /// What the file was like that they were read from.
    stamp: Option<Stamp>,
    looked: Instant,
}

type Stamp = (SystemTime, u64);

impl KeyFile {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or has no key that is of use.
    pub fn open(path: &Path) -> Result<Self, Mistake> {
        let wrong = |cause: String| {
            Mistake::new("--oauth-jwks", format_args!("{}: {cause}", path.display()))
        };
        let metadata = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
        if metadata.len() > OCTETS {
            return Err(wrong(format!("more than {OCTETS} octets")));
        }
        let json = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let keys = Keys::read(&json).map_err(wrong)?;
        Ok(KeyFile {
            path: path.to_owned(),
            at_most_every: AT_MOST_EVERY,
            now: Mutex::new(Read {
                keys: Arc::new(keys),
                stamp: stamp(&metadata).ok(),
                looked: Instant::now(),
            }),
        })
    }

    /// Looks at the file more or less often.
    #[cfg(test)]
    pub fn at_most_every(mut self, time: Duration) -> Self {
        self.at_most_every = time;
        self
    }

    /// The keys of the file as it is, or was a moment ago.
    pub async fn keys(&self) -> Arc<Keys> {
        self.look(false).await
    }

    /// The same for a token that names a key which is not there: the file is read even where it seems
    /// to be the same.
    pub async fn keys_anew(&self) -> Arc<Keys> {
        self.look(true).await
    }

    /// What is wrong with a file that changed is logged, and the keys stay.
    async fn look(&self, anew: bool) -> Arc<Keys> {
        let mut now = self.now.lock().await;
        if now.looked.elapsed() >= self.at_most_every {
            now.looked = Instant::now();
            match self.read(now.stamp.filter(|_| !anew)).await {
                Ok(None) => {}
                Ok(Some((keys, stamp))) => {
                    info!(keys = keys.count(), path = %self.path.display(), "token keys read");
                    now.keys = Arc::new(keys);
                    now.stamp = Some(stamp);
                }
                Err(error) => {
                    warn!(%error, path = %self.path.display(), "token keys stay as they are");
                }
            }
        }
        now.keys.clone()
    }

    /// `None`: the file is as it was.
    async fn read(&self, known: Option<Stamp>) -> Result<Option<(Keys, Stamp)>, String> {
        let failed = |error: io::Error| error.to_string();
        let metadata = tokio::fs::metadata(&self.path).await.map_err(failed)?;
        let stamp = stamp(&metadata).map_err(failed)?;
        if known == Some(stamp) {
            return Ok(None);
        }
        if metadata.len() > OCTETS {
            return Err(format!("more than {OCTETS} octets"));
        }
        let json = tokio::fs::read(&self.path).await.map_err(failed)?;
        Ok(Some((Keys::read(&json)?, stamp)))
    }
}

fn stamp(metadata: &std::fs::Metadata) -> io::Result<Stamp> {
    Ok((metadata.modified()?, metadata.len()))
}
