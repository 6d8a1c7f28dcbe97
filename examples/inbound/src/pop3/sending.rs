//! One message on its way to a client.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use pop3_proto::{OpenMessage, Session};

use crate::store::{BlobReader, Result};

/// What is read of a message at once.
const BLOCK: usize = 256 * 1024;

/// A message whose beginning was read.
pub struct Opened {
    pub first: Bytes,
    pub rest: Option<Rest>,
}

/// What of a large message is not read yet.
pub struct Rest {
    reader: Arc<dyn BlobReader>,
    at: u64,
    reading: bool,
}

impl Opened {
    pub fn small(octets: Bytes) -> Self {
        Opened {
            first: octets,
            rest: None,
        }
    }

    pub async fn large(reader: Arc<dyn BlobReader>) -> Result<Self> {
        let first = reader.read_at(0, BLOCK).await?;
        let at = first.len() as u64;
        let rest = Rest {
            reader,
            at,
            reading: false,
        };
        Ok(Opened {
            first,
            rest: Some(rest).filter(|rest| !rest.is_over()),
        })
    }
}

impl Rest {
    fn is_over(&self) -> bool {
        self.at >= self.reader.octets()
    }
}

/// A message on its way.
pub struct Sending {
    message: OpenMessage,
    /// Read, and not yet taken by the session.
    ready: VecDeque<Bytes>,
    rest: Option<Rest>,
}

/// How far it came.
pub enum Sent {
    /// To its end.
    All,
    /// The client has to read, or the store has to give; true: something went out.
    Some(Sending, bool),
}

impl Sending {
    pub fn new(message: OpenMessage, ready: VecDeque<Bytes>, rest: Option<Rest>) -> Self {
        Sending {
            message,
            ready,
            rest,
        }
    }

    /// Puts out what is at hand.
    pub fn go_on(mut self, session: &mut Session) -> Sent {
        let mut moved = false;
        while let Some(octets) = self.ready.pop_front() {
            let before = octets.len();
            if let Some(left) = self.message.write_bytes(session, octets) {
                moved |= left.len() < before;
                self.ready.push_front(left);
                return Sent::Some(self, moved);
            }
            moved = true;
        }
        if self.rest.is_some() && !self.message.is_full(session) {
            return Sent::Some(self, moved);
        }
        self.message.end(session);
        Sent::All
    }

    /// The block to read next, while the one before it goes out.
    pub fn wanted(&mut self) -> Option<impl Future<Output = Result<Bytes>> + Send + 'static> {
        let rest = self.rest.as_mut()?;
        if rest.reading || self.ready.len() > 1 {
            return None;
        }
        rest.reading = true;
        let (reader, at) = (rest.reader.clone(), rest.at);
        Some(async move { reader.read_at(at, BLOCK).await })
    }

    /// A block was read.
    pub fn add(&mut self, octets: Bytes) {
        if let Some(rest) = &mut self.rest {
            rest.reading = false;
            rest.at = rest.at.saturating_add(octets.len() as u64);
            self.ready.push_back(octets);
            if rest.is_over() {
                self.rest = None;
            }
        }
    }
}
