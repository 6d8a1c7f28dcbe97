//! A message on its way to the disk, parsed on the way.

use bytes::BytesMut;
use sha2::{Digest, Sha256};

use crate::{
    parsed::{Parsed, Parsing},
    policy::HeaderBlock,
    store::{BlobWriter, Blobs, ContentDigest, Result, Staged},
};

/// What is gathered before it is handed to the store.
const BLOCK: usize = 64 * 1024;

/// A message that is being received.
pub struct Spool {
    writer: Box<dyn BlobWriter>,
    block: BytesMut,
    parsing: Box<Parsing>,
    digest: Sha256,
    header_taken: bool,
}

/// A message that was received.
pub struct Spooled {
    /// Its octets.
    pub blob: Staged,
    /// What makes an equal message equal: its octets without our trace fields.
    pub digest: ContentDigest,
    /// What it says of itself.
    pub parsed: Parsed,
    /// Its header was [taken](Spool::take_header) before.
    pub header_taken: bool,
}

impl Spool {
    /// Begins a message with the trace fields of the server, which do not count for its digest.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(blobs: &dyn Blobs, hint: Option<u64>, trace: String) -> Result<Self> {
        let mut spool = Spool {
            writer: blobs.writer(hint).await?,
            block: BytesMut::new(),
            parsing: Box::new(Parsing::new(trace.len() as u32)),
            digest: Sha256::new(),
            header_taken: false,
        };
        spool.keep(trace.as_bytes());
        Ok(spool)
    }

    /// Takes octets of the message.
    pub fn push(&mut self, octets: &[u8]) {
        self.digest.update(octets);
        self.keep(octets);
    }

    /// The header below the trace fields: once, when it is complete.
    pub fn take_header(&mut self) -> Option<HeaderBlock> {
        let header = self.parsing.header().filter(|_| !self.header_taken)?;
        self.header_taken = true;
        Some(header.clone())
    }

    /// Is it time to [`flush`](Self::flush)?
    pub fn is_full(&self) -> bool {
        self.block.len() >= BLOCK
    }

    /// Hands what was gathered to the store.
    ///
    /// # Errors
    /// What the store says; the message is lost.
    pub async fn flush(mut self) -> Result<Self> {
        let block = self.block.split().freeze();
        if !block.is_empty() {
            self.writer.write(block).await?;
        }
        Ok(self)
    }

    /// The message is complete.
    ///
    /// # Errors
    /// What the store says; the message is lost.
    pub async fn finish(self) -> Result<Spooled> {
        let Spool {
            writer,
            parsing,
            digest,
            header_taken,
            ..
        } = self.flush().await?;
        let digest = ContentDigest(digest.finalize().into());
        Ok(Spooled {
            blob: writer.finish().await?,
            digest,
            parsed: parsing.finish(),
            header_taken,
        })
    }

    fn keep(&mut self, octets: &[u8]) {
        self.parsing.push(octets);
        self.block.extend_from_slice(octets);
    }
}
