//! [`Blobs`]: octets on their way in and out.

use super::{
    Sqlite, contents,
    contents::Kept,
    files::{Draft, Files, Location},
    sql::{Done, Fault},
};
use crate::store::{
    Answer, BlobReader, BlobRef, BlobWriter, Blobs, Error, MAX_READ, Result, Sha256, Staged,
    blobs::Place,
};
use bytes::Bytes;
use pop3_proto::Octets;
use sha2::{Digest, Sha256 as Hasher};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Octets are handed to a blocking thread in pieces of about this size.
const PIECE: usize = 256 * 1024;

/// The most octets of a content: layouts count in 32 bits.
const MOST: u64 = u32::MAX as u64;

impl Blobs for Sqlite {
    fn writer(&self, hint: Option<u64>) -> Answer<'_, Box<dyn BlobWriter>> {
        let inline = self.engine.limits.inline;
        let large = hint.is_some_and(|octets| octets > inline as u64);
        let mut spool = Spool {
            files: self.engine.files.clone(),
            inline,
            hasher: Hasher::new(),
            octets: 0,
            crlf_octets: Octets::default(),
            buffer: Vec::new(),
            place: Spooled::Memory,
        };
        Box::pin(async move {
            if large {
                spool.flush().await?;
            }
            Ok(Box::new(spool) as Box<dyn BlobWriter>)
        })
    }

    fn open<'a>(&'a self, blob: &'a BlobRef) -> Answer<'a, Arc<dyn BlobReader>> {
        let (blob, files) = (*blob, self.engine.files.clone());
        let reading = self.read(move |db| {
            let source = match contents::find(db, blob.id)? {
                Kept::Inline(octets) => Source::Memory(octets),
                Kept::File(location) => Source::File(open(&files, &location)?),
            };
            let checked = Checked {
                hasher: Hasher::new(),
                through: 0,
            };
            Ok(Reader {
                blob,
                inner: Arc::new(Mutex::new((source, checked))),
            })
        });
        Box::pin(async move { Ok(Arc::new(reading.await?) as Arc<dyn BlobReader>) })
    }
}

/// Content on its way in: in memory while it is small.
struct Spool {
    files: Arc<Files>,
    inline: usize,
    hasher: Hasher,
    octets: u64,
    crlf_octets: Octets,
    /// What is not in the file yet.
    buffer: Vec<u8>,
    place: Spooled,
}

enum Spooled {
    Memory,
    Disk(Draft),
    /// A write failed, or its future was dropped half-way.
    Broken,
}

impl BlobWriter for Spool {
    fn write(&mut self, chunk: Bytes) -> Answer<'_, ()> {
        Box::pin(async move {
            self.octets += chunk.len() as u64;
            if self.octets > MOST {
                return Err(Error::Limit);
            }
            self.hasher.update(&chunk);
            self.crlf_octets.add(&chunk);
            self.buffer.extend_from_slice(&chunk);
            let most = if matches!(self.place, Spooled::Memory) {
                self.inline
            } else {
                PIECE
            };
            if self.buffer.len() > most {
                self.flush().await
            } else {
                Ok(())
            }
        })
    }

    fn finish(mut self: Box<Self>) -> Answer<'static, Staged> {
        Box::pin(async move {
            let (octets, hash) = (self.octets, Sha256(self.hasher.finalize_reset().into()));
            let crlf_octets = std::mem::take(&mut self.crlf_octets).finish();
            if octets > MOST {
                return Err(Error::Limit);
            }
            if matches!(self.place, Spooled::Memory) && self.buffer.len() <= self.inline {
                let place = Place::Inline(std::mem::take(&mut self.buffer).into());
                return Ok(Staged {
                    hash,
                    octets,
                    crlf_octets,
                    place,
                });
            }
            self.flush().await?;
            let Spooled::Disk(draft) = std::mem::replace(&mut self.place, Spooled::Broken) else {
                return Err(Error::Busy);
            };
            let files = self.files.clone();
            let file = blocking(move || files.publish(draft, hash)).await?;
            Ok(Staged {
                hash,
                octets,
                crlf_octets,
                place: Place::File(Arc::new(file)),
            })
        })
    }
}

impl Spool {
    /// Moves the buffer to the file, which is made where there is none.
    async fn flush(&mut self) -> Result<()> {
        let files = self.files.clone();
        let mut buffer = std::mem::take(&mut self.buffer);
        let place = std::mem::replace(&mut self.place, Spooled::Broken);
        let (draft, buffer) = blocking(move || {
            let mut draft = match place {
                Spooled::Memory => files.create()?,
                Spooled::Disk(draft) => draft,
                Spooled::Broken => return Err(io::Error::other("the content was broken off")),
            };
            draft.write(&buffer)?;
            buffer.clear();
            Ok((draft, buffer))
        })
        .await?;
        self.place = Spooled::Disk(draft);
        self.buffer = buffer;
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| Fault::from(error).told()),
        Err(_) => Err(Error::Busy),
    }
}

/// Opens the file that a row names. It must be there.
fn open(files: &Files, location: &Location) -> Done<File> {
    match files.read(location) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            tracing::error!(hash = %location.hash, "a stored file is lost");
            Err(Error::Corrupt.into())
        }
        opened => Ok(opened?),
    }
}

/// Content on its way out.
struct Reader {
    blob: BlobRef,
    inner: Arc<Inner>,
}

type Inner = Mutex<(Source, Checked)>;

fn locked(inner: &Inner) -> MutexGuard<'_, (Source, Checked)> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Source {
    Memory(Bytes),
    File(File),
}

impl Source {
    fn read(&mut self, at: u64, most: usize) -> io::Result<Bytes> {
        match self {
            Self::Memory(octets) => {
                let first = usize::try_from(at).unwrap_or(usize::MAX).min(octets.len());
                Ok(octets.slice(first..first.saturating_add(most).min(octets.len())))
            }
            Self::File(file) => {
                file.seek(SeekFrom::Start(at))?;
                let mut octets = Vec::with_capacity(most);
                file.take(most as u64).read_to_end(&mut octets)?;
                Ok(octets.into())
            }
        }
    }
}

/// The digest of what was read in order from the beginning.
struct Checked {
    hasher: Hasher,
    through: u64,
}

impl Checked {
    /// Whether the octets can be those that were stored.
    fn agree(&mut self, blob: &BlobRef, at: u64, octets: &[u8]) -> bool {
        if octets.is_empty() && at < blob.octets {
            return false;
        }
        if at != self.through {
            return true;
        }
        self.hasher.update(octets);
        self.through += octets.len() as u64;
        self.through < blob.octets || self.hasher.clone().finalize()[..] == blob.hash.0
    }
}

impl BlobReader for Reader {
    fn octets(&self) -> u64 {
        self.blob.octets
    }

    fn read_at(&self, at: u64, most: usize) -> Answer<'_, Bytes> {
        let (blob, inner) = (self.blob, self.inner.clone());
        let most = most
            .min(MAX_READ)
            .min(usize::try_from(blob.octets.saturating_sub(at)).unwrap_or(MAX_READ));
        Box::pin(async move {
            if most == 0 {
                return Ok(Bytes::new());
            }
            let in_memory = matches!(locked(&inner).0, Source::Memory(_));
            let read = move || {
                let mut inner = locked(&inner);
                let (source, checked) = &mut *inner;
                let octets = source.read(at, most)?;
                Ok(checked.agree(&blob, at, &octets).then_some(octets))
            };
            let read = match in_memory {
                true => read().map_err(|error| Fault::from(error).told()),
                false => blocking(read).await,
            };
            read?.ok_or_else(|| {
                tracing::error!(hash = %blob.hash, "stored octets are damaged");
                Error::Corrupt
            })
        })
    }
}
