//! What the server keeps of a message beside its octets.

use bytes::Bytes;
use mime_core::{Layout, Limits, Message};
use sha2::{Digest, Sha256};

use crate::store::Facts;

/// As many Message-IDs join a message to a thread: a hostile References field has no more say.
const REFERENCES: usize = 100;
/// What is kept of a subject or a sender, in octets.
const TEXT: usize = 1000;

/// A message, parsed.
pub struct Parsed {
    /// Its outline in stored form; `None` where only the beginning was at hand.
    pub layout: Option<Bytes>,
    /// What lists and threads need.
    pub facts: Facts,
}

impl Parsed {
    /// Parses a message, or, if not `whole`, its beginning. Linear; total.
    pub fn of(octets: &[u8], whole: bool) -> Self {
        let mut layout = Layout::new();
        let message = layout.parse(octets, &Limits::DEFAULT);
        let outline = whole.then(|| {
            let mut stored = Vec::new();
            message.outline().write(&mut stored);
            stored.into()
        });
        Parsed {
            layout: outline,
            facts: facts(&message),
        }
    }
}

fn facts(message: &Message<'_>) -> Facts {
    let header = message.header();
    let sender = header.from().mailboxes().next().map(|mailbox| {
        let address = mailbox.addr_spec().unwrap_or_default();
        match mailbox.name() {
            Some(name) => format!("{} <{address}>", name.decoded()),
            None => address.into_owned(),
        }
    });
    let id = header.message_id();
    Facts {
        subject: clean(&header.subject().unwrap_or_default()),
        sender: clean(&sender.unwrap_or_default()),
        message_id: id.map(|id| clean(&String::from_utf8_lossy(id.0))),
        references: id
            .into_iter()
            .chain(header.references())
            .take(REFERENCES)
            .map(|id| hash(id.0))
            .collect(),
        sent: header.date().map(|date| date.unix()),
    }
}

/// Text for a list: no controls, and no longer than anybody reads.
fn clean(text: &str) -> String {
    let mut clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let end = (0..=TEXT.min(clean.len()))
        .rev()
        .find(|at| clean.is_char_boundary(*at));
    clean.truncate(end.unwrap_or(0));
    clean
}

fn hash(id: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(id);
    std::array::from_fn(|at| digest[at])
}
