//! Messages that a search looks at, many out of one look at the store.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::store::{MailboxId, Store, Stored, Uid, Uids};

/// How many messages are read at once at most, and how many octets, about.
const MESSAGES: usize = 128;
const OCTETS: usize = 512 * 1024;

/// What was read and not looked at yet.
#[derive(Default)]
pub struct Ahead {
    /// By UID, ascending.
    ready: VecDeque<(Uid, Bytes)>,
    /// Up to here there is nothing more to be read at once.
    through: Option<Uid>,
}

/// What became of the message in front.
pub enum Front {
    Here(Bytes),
    /// It is one of those that are read by themselves.
    Single,
    /// It was not asked for yet.
    Unknown,
}

/// What one look gave.
pub struct Looked {
    ready: Vec<(Uid, Bytes)>,
    through: Option<Uid>,
}

impl Ahead {
    pub fn front(&mut self, uid: Uid) -> Front {
        while self
            .ready
            .pop_front_if(|(before, _)| before.0 < uid.0)
            .is_some()
        {}
        match self.ready.pop_front_if(|(first, _)| first.0 == uid.0) {
            Some((_, octets)) => Front::Here(octets),
            None if self.through.is_some_and(|through| uid.0 <= through.0) => Front::Single,
            None => Front::Unknown,
        }
    }

    pub fn keep(&mut self, Looked { ready, through }: Looked) {
        self.ready = ready.into();
        self.through = through;
    }
}

/// Reads the first of these messages, which are short.
pub async fn look(store: &dyn Store, of: MailboxId, mut uids: Vec<Uid>) -> Looked {
    uids.truncate(MESSAGES);
    let first = uids.first().copied();
    let uids: Uids = uids.into_iter().collect();
    // Where nothing comes, the first one is gone or damaged: who reads it by itself will see.
    let read = store.contents(of, &uids, OCTETS).await.unwrap_or_default();
    let through = read.last().map(|(uid, _)| *uid).or(first);
    let ready = read.into_iter().filter_map(|(uid, stored)| match stored {
        Stored::Octets(octets) => Some((uid, octets)),
        Stored::Elsewhere(_) => None,
    });
    Looked {
        ready: ready.collect(),
        through,
    }
}
