//! A message on its way into the store, parsed on the way.

use bytes::{Bytes, BytesMut};

use super::BLOCK;
use crate::{
    parsed::{Parsed, Parsing},
    store::{BlobWriter, Blobs, Result, Staged},
};

/// A message that is stored as it comes.
pub struct Writing {
    writer: Box<dyn BlobWriter>,
    parsing: Box<Parsing>,
    block: BytesMut,
}

impl Writing {
    /// Begins a message. `hint`: its size, if it is told.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(blobs: &dyn Blobs, hint: Option<u64>) -> Result<Self> {
        Ok(Writing {
            writer: blobs.writer(hint).await?,
            parsing: Box::new(Parsing::new()),
            block: BytesMut::new(),
        })
    }

    /// Takes octets, which wait for [`flush`](Self::flush).
    pub fn push(&mut self, octets: &[u8]) {
        self.parsing.push(octets);
        self.block.extend_from_slice(octets);
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

    /// Takes a block, when nothing is gathered.
    pub(super) async fn write(&mut self, block: Bytes) -> Result<()> {
        self.parsing.push(&block);
        self.writer.write(block).await
    }

    /// The message is complete.
    ///
    /// # Errors
    /// What the store says; the message is lost.
    pub async fn finish(self) -> Result<(Staged, Parsed)> {
        let Writing {
            writer, parsing, ..
        } = self.flush().await?;
        Ok((writer.finish().await?, parsing.finish()))
    }
}
