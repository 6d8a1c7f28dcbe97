//! Octets: immutable, found by content.

use super::{Answer, BlobId, Sha256, sqlite::StagedFile};
use bytes::Bytes;
use std::sync::Arc;

/// The most octets of one [`BlobReader::read_at`].
pub const MAX_READ: usize = 1 << 20;

/// Content that is durable once a [`Store`](super::Store) method has taken it, and invisible until then.
///
/// Dropped unused, it leaves nothing behind.
#[derive(Debug)]
pub struct Staged {
    /// Its digest.
    pub hash: Sha256,
    /// Its size.
    pub octets: u64,
    /// Its size with CRLF for every line end and one at the end: what POP3 sends.
    pub(super) crlf_octets: u64,
    pub(super) place: Place,
}

/// Where staged octets wait.
#[derive(Debug)]
pub(super) enum Place {
    /// Small: they travel with the transaction.
    Inline(Bytes),
    /// Large: a file that is durable already.
    File(Arc<StagedFile>),
}

/// Names stored content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRef {
    /// Its number in the engine.
    pub id: BlobId,
    /// Its digest.
    pub hash: Sha256,
    /// Its size.
    pub octets: u64,
}

/// The octets of a message, where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// They are few: here they are.
    Octets(Bytes),
    /// They are many: [`Blobs::open`] reads them.
    Elsewhere(BlobRef),
}

/// Writes and reads octets.
pub trait Blobs: Send + Sync + 'static {
    /// Begins a content. `hint` (SIZE=, or the length of the literal) decides between memory and disk
    /// before the first octet; a wrong one costs speed only.
    fn writer(&self, hint: Option<u64>) -> Answer<'_, Box<dyn BlobWriter>>;

    /// Opens stored content. Once open it can be read to its end, whatever is expunged meanwhile.
    fn open<'a>(&'a self, blob: &'a BlobRef) -> Answer<'a, Arc<dyn BlobReader>>;
}

/// Content on its way in. Dropped before [`finish`](BlobWriter::finish), it leaves nothing behind.
pub trait BlobWriter: Send {
    /// Takes octets. [`Error::Limit`](super::Error::Limit) at 4 GiB: layouts count in 32 bits.
    fn write(&mut self, chunk: Bytes) -> Answer<'_, ()>;

    /// Ends the content. A large one is made durable here, a small one travels with the transaction.
    fn finish(self: Box<Self>) -> Answer<'static, Staged>;
}

/// Content on its way out.
pub trait BlobReader: Send + Sync {
    /// Its size.
    fn octets(&self) -> u64;

    /// Up to `most` octets from `at`, at most [`MAX_READ`]; none at the end.
    ///
    /// Whoever reads it from the beginning to the end, in order, has it checked against its digest: the
    /// last call is then [`Error::Corrupt`](super::Error::Corrupt).
    fn read_at(&self, at: u64, most: usize) -> Answer<'_, Bytes>;
}
