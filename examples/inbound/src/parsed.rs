//! What the server keeps of a message beside its octets.

use bytes::Bytes;
use mime_core::{Header, Item, Limits, OutlineWriter, PartId, Scanner, thread::Keys};
use sha2::{Digest, Sha256};

use crate::store::Facts;

/// What is kept of a subject or a sender, in octets.
const TEXT: usize = 1000;

/// The octets of a header that are looked at while the message comes; an outline has as many of all
/// headers together. Of a message with more the layout is made when somebody reads it.
const HEADERS: u32 = 256 * 1024;

/// A message, parsed.
pub struct Parsed {
    /// Its outline in stored form, but for monstrous headers.
    pub layout: Option<Bytes>,
    /// What lists and threads need.
    pub facts: Facts,
}

/// A message that is parsed while it comes. Holds nothing of its bodies.
pub struct Parsing {
    scanner: Scanner,
    outline: OutlineWriter,
    facts: Facts,
}

impl Parsing {
    pub fn new() -> Self {
        let limits = Limits::DEFAULT.stream_header_bytes(HEADERS);
        Parsing {
            scanner: Scanner::new(&limits),
            outline: OutlineWriter::new(HEADERS as usize),
            facts: Facts::default(),
        }
    }

    /// Takes the next octets.
    pub fn push(&mut self, mut octets: &[u8]) {
        while let Some(item) = self.scanner.next(&mut octets) {
            note(&mut self.outline, &mut self.facts, &item);
        }
    }

    /// The message is complete.
    pub fn finish(mut self) -> Parsed {
        while let Some(item) = self.scanner.finish() {
            note(&mut self.outline, &mut self.facts, &item);
        }
        let mut stored = Vec::new();
        let complete = self.outline.write(&self.scanner.into_layout(), &mut stored);
        Parsed {
            layout: complete.then(|| stored.into()),
            facts: self.facts,
        }
    }
}

fn note(outline: &mut OutlineWriter, facts: &mut Facts, item: &Item<'_>) {
    outline.note(item);
    if let Item::Begin(head) = item
        && head.id() == PartId::ROOT
    {
        *facts = facts_of(head.header());
    }
}

/// What a header says.
pub fn facts_of(header: Header<'_>) -> Facts {
    let sender = header.from().mailboxes().next().map(|mailbox| {
        let address = mailbox.addr_spec().unwrap_or_default();
        match mailbox.name() {
            Some(name) => format!("{} <{address}>", name.decoded()),
            None => address.into_owned(),
        }
    });
    let id = header.message_id();
    let keys = Keys::of(header);
    Facts {
        subject: clean(&header.subject().unwrap_or_default()),
        sender: clean(&sender.unwrap_or_default()),
        message_id: id.map(|id| clean(&String::from_utf8_lossy(id.0))),
        references: keys
            .id()
            .into_iter()
            .chain(keys.references())
            .map(|id| hash(&id))
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

#[cfg(test)]
mod tests {
    use mime_core::{Layout, Outline};

    use super::*;

    fn parsed(mail: &[u8]) -> Parsed {
        let mut parsing = Parsing::new();
        mail.chunks(1000).for_each(|piece| parsing.push(piece));
        parsing.finish()
    }

    #[test]
    fn a_large_message_has_its_outline_when_it_is_there() {
        let mut mail = b"Subject: =?utf-8?q?gro=C3=9F?=\r\nFrom: A <a@example.org>\r\n\
            Message-ID: <1@example.org>\r\nReferences: <0@example.org>\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
            .to_vec();
        mail.extend(std::iter::repeat_n(*b"0123456789abcd\r\n", 400_000).flatten());
        mail.extend_from_slice(b"--b--\r\n");
        let Parsed { layout, facts } = parsed(&mail);
        let mut whole = Vec::new();
        let mut scan = Layout::new();
        scan.parse(&mail, &Limits::DEFAULT)
            .outline()
            .write(&mut whole);
        assert!(layout.is_some_and(|layout| layout == whole));
        assert_eq!(Outline::read(&whole).unwrap().nodes().count(), 2);
        assert_eq!(
            (&*facts.subject, &*facts.sender),
            ("groß", "A <a@example.org>")
        );
        assert_eq!(
            facts.references,
            [hash(b"1@example.org"), hash(b"0@example.org")]
        );
    }

    #[test]
    fn a_monstrous_header_leaves_the_facts_of_its_beginning() {
        let mut mail = b"Subject: here\r\n".to_vec();
        let field = format!("To: {}@example.org\r\n", "x".repeat(200));
        (0..2_000).for_each(|_| mail.extend_from_slice(field.as_bytes()));
        mail.extend_from_slice(b"\r\nbody");
        let Parsed { layout, facts } = parsed(&mail);
        assert!(layout.is_none());
        assert_eq!(facts.subject, "here");
    }
}
