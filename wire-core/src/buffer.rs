//! The caller's side of the input.

/// A growable window over the octets that a session has not yet taken.
///
/// The caller reads into [`spare`](Self::spare), says so with [`commit`](Self::commit), shows
/// [`filled`](Self::filled) to `next` and [`consume`](Self::consume)s what it took.
///
/// ```
/// use wire_core::Buffer;
///
/// let mut buffer = Buffer::new();
/// buffer.spare(1024)[..6].copy_from_slice(b"NOOP\r\n");
/// buffer.commit(6);
/// assert_eq!(buffer.filled(), b"NOOP\r\n");
/// buffer.consume(4);
/// assert_eq!(buffer.filled(), b"\r\n");
/// ```
#[derive(Debug, Default)]
pub struct Buffer {
    data: Vec<u8>,
    start: usize,
    end: usize,
    eof: bool,
}

impl Buffer {
    /// What a connection reads at once.
    const BLOCK: usize = 16 * 1024;

    /// An empty window. Does not allocate.
    pub const fn new() -> Self {
        Buffer {
            data: Vec::new(),
            start: 0,
            end: 0,
            eof: false,
        }
    }

    /// What `next` is to be shown.
    pub fn filled(&self) -> &[u8] {
        self.data.get(self.start..self.end).unwrap_or_default()
    }

    /// `n` octets at the front were taken.
    pub fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Where to read to. Never empty while fewer than `limit` octets are
    /// [`filled`](Self::filled): an empty read would look like the end of the stream.
    ///
    /// Grows by doubling, up to `limit` or one block of 16 KiB, whichever is more.
    pub fn spare(&mut self, limit: usize) -> &mut [u8] {
        if self.start > 0 {
            self.data.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let most = limit.max(Self::BLOCK);
        let want = self.end.saturating_mul(2).clamp(Self::BLOCK, most);
        if self.data.len() < want {
            self.data.resize(want, 0);
        }
        self.data.get_mut(self.end..).unwrap_or_default()
    }

    /// `n` octets were read into [`spare`](Self::spare).
    pub fn commit(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.data.len());
    }

    /// Throws away what is filled: what a peer sent in plaintext before a TLS handshake.
    pub fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    /// Gives the storage back if nothing is filled: for pooled buffers and idle connections.
    pub fn release(&mut self) {
        if self.start == self.end {
            self.data = Vec::new();
            self.clear();
        }
    }

    /// Has the end of the stream been read? The driver keeps it here so as to read it once.
    pub const fn at_eof(&self) -> bool {
        self.eof
    }

    /// The stream has ended.
    pub fn set_eof(&mut self) {
        self.eof = true;
    }
}
