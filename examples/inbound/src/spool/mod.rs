//! A message on its way to the disk.
//!
//! Its header is held back, so that fields can be put on and taken away. Its body goes on to the
//! store at once where all that is known when the header is complete ([`Keep::AtOnce`]). Where it is
//! known only at the end, as the results of checks are, the body is staged, and the message is
//! written when it is complete, from memory or from the page cache ([`Keep::AtEnd`]).
//!
//! A message that is stored as it is needs none of that: [`Writing`].

mod head;
mod stage;
mod writing;

use std::{path::Path, sync::Arc};

use bytes::{Bytes, BytesMut};
use sha2::{Digest, Sha256};

pub use head::{Head, TooLong};
pub use writing::Writing;

use crate::{
    parsed::Parsed,
    policy::HeaderBlock,
    store::{Answer, BlobReader, Blobs, ContentDigest, MAX_READ, Result, Staged},
};
use head::Gathering;
use stage::{Body, Stage};

/// What is gathered before it is handed on.
const BLOCK: usize = 64 * 1024;

/// When a message is written to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// While it comes. Its header can be edited before the first [`Spool::flush`]; if there was none, to the end.
    AtOnce,
    /// When it is complete. Its header can be edited to the end.
    AtEnd,
}

/// A message that is being received.
pub struct Spool {
    blobs: Arc<dyn Blobs>,
    head: Gathering,
    header_taken: bool,
    /// Octets of the body.
    block: BytesMut,
    to: To,
    digest: Sha256,
}

/// Where the body goes.
enum To {
    Stage(Stage),
    /// To the store, once the header has gone there.
    Store(Option<u64>),
    /// The header is there.
    Writing(Writing),
}

impl Spool {
    /// Begins a message. `hint`: its size, if it is told. What is staged goes to files in `folder`.
    pub fn new(
        blobs: Arc<dyn Blobs>,
        folder: Arc<Path>,
        hint: Option<u64>,
        keep: Keep,
    ) -> Box<Self> {
        Box::new(Spool {
            blobs,
            head: Gathering::default(),
            header_taken: false,
            block: BytesMut::new(),
            to: match keep {
                Keep::AtOnce => To::Store(hint),
                Keep::AtEnd => To::Stage(Stage::new(folder)),
            },
            digest: Sha256::new(),
        })
    }

    /// Takes octets of the message.
    ///
    /// # Errors
    /// The header does not end: the message cannot be taken.
    pub fn push(&mut self, octets: &[u8]) -> std::result::Result<(), TooLong> {
        self.digest.update(octets);
        let body = self.head.push(octets)?;
        self.block.extend_from_slice(body);
        Ok(())
    }

    /// The header as it came: once, when it is complete.
    pub fn take_header(&mut self) -> Option<HeaderBlock> {
        let head = self.head.head().filter(|_| !self.header_taken)?;
        self.header_taken = true;
        Some(HeaderBlock {
            octets: Bytes::copy_from_slice(head.raw()),
        })
    }

    /// The header, if it is complete and the next [`flush`](Self::flush) writes it.
    pub fn last_head(&mut self) -> Option<&mut Head> {
        match self.to {
            To::Store(_) => self.head.head(),
            To::Stage(_) | To::Writing(_) => None,
        }
    }

    /// Is it time to [`flush`](Self::flush)?
    pub fn is_full(&self) -> bool {
        self.block.len() >= BLOCK
    }

    /// Hands on what was gathered.
    ///
    /// # Errors
    /// What the store says; the message is lost.
    pub async fn flush(mut self: Box<Self>) -> Result<Box<Self>> {
        let block = self.block.split().freeze();
        if block.is_empty() {
            return Ok(self);
        }
        self.to = match self.to {
            To::Stage(mut stage) => {
                stage.write(&block).await?;
                To::Stage(stage)
            }
            To::Store(hint) => {
                let mut writing = Writing::open(&*self.blobs, hint).await?;
                if let Some(head) = self.head.head() {
                    writing.write(head.edited().into()).await?;
                }
                writing.write(block).await?;
                To::Writing(writing)
            }
            To::Writing(mut writing) => {
                writing.write(block).await?;
                To::Writing(writing)
            }
        };
        Ok(self)
    }

    /// The message is complete.
    ///
    /// # Errors
    /// What the store says; the message is lost.
    pub async fn end(self: Box<Self>) -> Result<Received> {
        // A small body need not be copied once more.
        let spool = match self.to {
            To::Store(_) => self,
            To::Stage(_) | To::Writing(_) => self.flush().await?,
        };
        let rest = match spool.to {
            To::Stage(stage) => Rest::Body(stage.finish().await?),
            To::Store(_) => Rest::Body(Body::Memory(spool.block.freeze())),
            To::Writing(writing) => Rest::Written(writing),
        };
        Ok(Received {
            blobs: spool.blobs,
            header_taken: spool.header_taken,
            head: spool.head.end(),
            rest,
            digest: ContentDigest(spool.digest.finalize().into()),
        })
    }
}

/// A message that is complete, and is not kept yet.
pub struct Received {
    blobs: Arc<dyn Blobs>,
    /// Its header was [taken](Spool::take_header) before.
    pub header_taken: bool,
    head: Head,
    rest: Rest,
    digest: ContentDigest,
}

enum Rest {
    Body(Body),
    /// All of it is with the store.
    Written(Writing),
}

impl Received {
    /// The header, if it is not written.
    pub fn head(&mut self) -> Option<&mut Head> {
        match self.rest {
            Rest::Body(_) => Some(&mut self.head),
            Rest::Written(_) => None,
        }
    }

    /// What the peer sent, to be read, unless it is written.
    pub fn raw(&self) -> Option<Raw> {
        match &self.rest {
            Rest::Body(body) => Some(Raw {
                head: HeaderBlock {
                    octets: Bytes::copy_from_slice(self.head.raw()),
                },
                body: body.clone(),
            }),
            Rest::Written(_) => None,
        }
    }

    /// Writes what is not written yet.
    ///
    /// # Errors
    /// What the store says; the message is lost.
    pub async fn keep(self) -> Result<Spooled> {
        let writing = match self.rest {
            Rest::Written(writing) => writing,
            Rest::Body(body) => write(&*self.blobs, &self.head, &body).await?,
        };
        let (blob, parsed) = writing.finish().await?;
        Ok(Spooled {
            blob,
            digest: self.digest,
            parsed,
        })
    }
}

async fn write(blobs: &dyn Blobs, head: &Head, body: &Body) -> Result<Writing> {
    let head = head.edited();
    let octets = head.len() as u64 + body.octets();
    let mut writing = Writing::open(blobs, Some(octets)).await?;
    writing.write(head.into()).await?;
    let mut at = 0;
    while at < body.octets() {
        let piece = body.read_at(at, 2 * BLOCK).await?;
        at += piece.len() as u64;
        writing.write(piece).await?;
    }
    Ok(writing)
}

/// A message as the peer sent it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Raw {
    head: HeaderBlock,
    body: Body,
}

impl Raw {
    /// A message at hand.
    #[cfg(test)]
    pub fn of(mail: &[u8]) -> Self {
        let mut gathering = Gathering::default();
        let body = Bytes::copy_from_slice(gathering.push(mail).unwrap_or_default());
        Raw {
            head: HeaderBlock {
                octets: Bytes::copy_from_slice(gathering.end().raw()),
            },
            body: Body::Memory(body),
        }
    }

    /// The header.
    pub fn header(&self) -> &HeaderBlock {
        &self.head
    }

    /// Where the body begins.
    pub fn body_at(&self) -> u64 {
        self.head.octets.len() as u64
    }
}

impl BlobReader for Raw {
    fn octets(&self) -> u64 {
        self.body_at() + self.body.octets()
    }

    fn read_at(&self, at: u64, most: usize) -> Answer<'_, Bytes> {
        Box::pin(async move {
            let (head, most) = (&self.head.octets, most.min(MAX_READ));
            match usize::try_from(at).ok().filter(|at| *at < head.len()) {
                Some(start) => {
                    let end = start.saturating_add(most).min(head.len());
                    Ok(head.slice(start..end))
                }
                None => self.body.read_at(at - self.body_at(), most).await,
            }
        })
    }
}

/// A message that was received.
pub struct Spooled {
    /// Its octets.
    pub blob: Staged,
    /// What makes an equal message equal: its octets as they came.
    pub digest: ContentDigest,
    /// What it says of itself.
    pub parsed: Parsed,
}

#[cfg(test)]
mod tests {
    use mime_core::{Layout, Limits, Name};

    use super::*;
    use crate::store::sqlite::Sqlite;

    fn edit(head: &mut Head) {
        head.remove(|field| field.is(Name::ReturnPath));
        head.prepend("Received: by us\r\n");
    }

    async fn received(keep: Keep, mail: &[u8], blobs: Arc<dyn Blobs>, folder: &Path) -> Received {
        let mut spool = Spool::new(blobs, folder.into(), None, keep);
        for piece in mail.chunks(10_000) {
            spool.push(piece).unwrap();
            if spool.is_full() {
                if let Some(head) = spool.last_head() {
                    edit(head);
                }
                spool = spool.flush().await.unwrap();
            }
        }
        spool.end().await.unwrap()
    }

    async fn read(raw: &Raw) -> Vec<u8> {
        let mut octets = Vec::new();
        while (octets.len() as u64) < raw.octets() {
            let piece = raw.read_at(octets.len() as u64, 50_000).await.unwrap();
            assert!(!piece.is_empty());
            octets.extend_from_slice(&piece);
        }
        octets
    }

    #[tokio::test]
    async fn what_is_kept_is_the_same_at_once_and_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("store"), Default::default()).unwrap();
        let blobs: Arc<dyn Blobs> = Arc::new(store);
        for lines in [0, 10, 5_000, 50_000] {
            let head = "Return-Path: <x@y.example>\r\nSubject: x\r\n\r\n";
            let mail = [head, &"0123456789\r\n".repeat(lines)].concat();
            let stored = mail.replace("Return-Path: <x@y.example>", "Received: by us");
            let mut outline = Vec::new();
            Layout::new()
                .parse(stored.as_bytes(), &Limits::DEFAULT)
                .outline()
                .write(&mut outline);

            for keep in [Keep::AtOnce, Keep::AtEnd] {
                let (mail, blobs) = (mail.as_bytes(), blobs.clone());
                let mut received = received(keep, mail, blobs, folder.path()).await;
                let editable = keep == Keep::AtEnd || mail.len() < BLOCK;
                assert_eq!(received.head().map(edit).is_some(), editable);
                if let Some(raw) = received.raw() {
                    assert!(read(&raw).await == mail);
                }
                let Spooled {
                    blob,
                    digest,
                    parsed,
                } = received.keep().await.unwrap();
                assert_eq!(blob.octets, stored.len() as u64);
                assert_eq!(blob.hash.0[..], Sha256::digest(&stored)[..]);
                assert_eq!(digest.0[..], Sha256::digest(mail)[..]);
                assert!(parsed.layout.is_some_and(|layout| layout == outline));
            }
        }
    }
}
