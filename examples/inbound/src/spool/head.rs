//! The header of a message on its way in: held back until it is known what it gets and loses.

use std::ops::Range;

use mime_core::{Field, Header};

/// The longest header that is taken, in octets. It is held in memory; real ones have a tenth of it.
const MOST: usize = 256 * 1024;

/// The header is longer than 256 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header is too long")]
pub struct TooLong;

/// A header that is complete. It can be edited until it is stored.
#[derive(Debug, Default)]
pub struct Head {
    /// As it came, with the blank line if there is one.
    octets: Vec<u8>,
    /// What of it is left out: rising, and apart from each other.
    removed: Vec<Range<usize>>,
    top: String,
    bottom: String,
}

impl Head {
    /// The octets as they came, with the blank line if there is one.
    pub fn raw(&self) -> &[u8] {
        &self.octets
    }

    /// The fields as they came.
    pub fn fields(&self) -> Header<'_> {
        Header::new(&self.octets)
    }

    /// Leaves out the fields that came and are `unwanted`. Those that were put on stay.
    pub fn remove(&mut self, mut unwanted: impl FnMut(Field<'_>) -> bool) {
        let mut removed = std::mem::take(&mut self.removed).into_iter().peekable();
        let ranges = Header::new(&self.octets).iter().filter_map(|field| {
            let start = field.offset()? as usize;
            let range = start..start + field.raw().len();
            (removed.next_if_eq(&range).is_some() || unwanted(field)).then_some(range)
        });
        self.removed = ranges.collect();
    }

    /// Puts fields above all others: whole lines, each with its CRLF.
    pub fn prepend(&mut self, fields: &str) {
        self.top.insert_str(0, fields);
    }

    /// Puts fields below all others: whole lines, each with its CRLF.
    pub fn append(&mut self, fields: &str) {
        self.bottom.push_str(fields);
    }

    /// A header that is complete.
    #[cfg(test)]
    pub(crate) fn whole(octets: &[u8]) -> Self {
        Head {
            octets: octets.to_vec(),
            ..Head::default()
        }
    }

    /// What is stored.
    pub(crate) fn edited(&self) -> Vec<u8> {
        let blank = blank_line(&self.octets);
        let (fields, blank) = self.octets.split_at(self.octets.len() - blank);
        let most = self.top.len() + fields.len() + 2 + self.bottom.len() + blank.len();
        let mut edited = Vec::with_capacity(most);
        edited.extend_from_slice(self.top.as_bytes());
        let mut at = 0;
        for range in &self.removed {
            edited.extend_from_slice(fields.get(at..range.start).unwrap_or_default());
            at = range.end;
        }
        edited.extend_from_slice(fields.get(at..).unwrap_or_default());
        if !self.bottom.is_empty() && edited.last().is_some_and(|last| *last != b'\n') {
            edited.extend_from_slice(b"\r\n");
        }
        edited.extend_from_slice(self.bottom.as_bytes());
        edited.extend_from_slice(blank);
        edited
    }
}

/// A header that is coming.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    head: Head,
    complete: bool,
}

impl Gathering {
    /// Takes octets of the header; gives back those of the body.
    pub(super) fn push<'o>(&mut self, octets: &'o [u8]) -> Result<&'o [u8], TooLong> {
        if self.complete {
            return Ok(octets);
        }
        let held = &mut self.head.octets;
        let before = held.len();
        let room = MOST + 1 - before;
        held.extend_from_slice(octets.get(..room).unwrap_or(octets));
        // A blank line may have begun in what came before.
        match header_end(held, before.saturating_sub(3)) {
            Some(end) => {
                held.truncate(end);
                self.complete = true;
                Ok(octets.get(end - before..).unwrap_or_default())
            }
            None if held.len() > MOST => Err(TooLong),
            None => Ok(&[]),
        }
    }

    /// The message has ended, and so has its header.
    pub(super) fn end(mut self) -> Head {
        self.complete = true;
        self.head
    }

    pub(super) fn head(&mut self) -> Option<&mut Head> {
        self.complete.then_some(&mut self.head)
    }
}

/// Where the body begins. `from`: nothing ends before it.
fn header_end(octets: &[u8], from: usize) -> Option<usize> {
    // Of a message that begins with a blank line, all is body.
    match octets {
        [b'\n', ..] => return Some(1),
        [b'\r', b'\n', ..] => return Some(2),
        _ => {}
    }
    let tail = octets.get(from..)?;
    let ends = memchr::memchr_iter(b'\n', tail).filter_map(|lf| match tail.get(lf + 1..)? {
        [b'\n', ..] => Some(from + lf + 2),
        [b'\r', b'\n', ..] => Some(from + lf + 3),
        _ => None,
    });
    ends.min()
}

/// How long the blank line is at the end of these octets.
fn blank_line(octets: &[u8]) -> usize {
    match octets {
        [.., b'\n', b'\r', b'\n'] | b"\r\n" => 2,
        [.., b'\n', b'\n'] | b"\n" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use mime_core::Name;
    use proptest::prelude::*;

    use super::*;

    /// The header, and how much of the message is body, for pieces of this size.
    fn gathered(mail: &[u8], size: usize) -> (Head, usize) {
        let mut gathering = Gathering::default();
        let bodies = mail
            .chunks(size)
            .map(|piece| gathering.push(piece).unwrap().len());
        let body = bodies.sum();
        (gathering.end(), body)
    }

    #[test]
    fn the_body_begins_behind_the_first_blank_line_under_every_cut() {
        let table: [(&[u8], usize); 9] = [
            (b"A: b\r\n\r\nbody\r\n\r\n", 8),
            (b"A: b\r\n \r\n\r\nbody", 11),
            (b"A: b\r\n\r\n", 8),
            (b"A: b\n\nbody", 6),
            (b"\r\nbody\r\n\r\n", 2),
            (b"\nbody", 1),
            (b"A: b\r\n", 6),
            (b"no field\r\n\r\n", 12),
            (b"", 0),
        ];
        for (mail, end) in table {
            for size in 1..=mail.len().max(1) {
                let (head, body) = gathered(mail, size);
                assert_eq!((head.raw(), body), (&mail[..end], mail.len() - end));
                assert_eq!(head.edited(), &mail[..end]);
            }
        }
    }

    #[test]
    fn fields_come_and_go() {
        let (mut head, _) = gathered(b"A: 1\r\nSubject: x\r\n y\r\nA: 2\r\n\r\nbody", 7);
        head.prepend("Second: b\r\n");
        head.prepend("First: a\r\n");
        head.append("Date: now\r\n");
        head.remove(|field| field.is(Name::Subject));
        head.remove(|field| field.value_raw() == b" 2\r\n");
        assert_eq!(
            head.edited(),
            b"First: a\r\nSecond: b\r\nA: 1\r\nDate: now\r\n\r\n"
        );
        // It can still be asked what came.
        assert_eq!(head.fields().iter().count(), 3);
    }

    #[test]
    fn a_header_without_an_end_gets_fields_on_lines_of_their_own() {
        let (mut head, _) = gathered(b"Subject: x", 3);
        head.append("Date: now\r\n");
        assert_eq!(head.edited(), b"Subject: x\r\nDate: now\r\n");
        let (mut head, _) = gathered(b"\r\nbody", 3);
        head.append("Date: now\r\n");
        assert_eq!(head.edited(), b"Date: now\r\n\r\n");
    }

    #[test]
    fn a_header_over_the_bound_is_refused_however_it_comes() {
        let mail = [b"A: ".as_slice(), &vec![b'x'; MOST]].concat();
        for size in [1000, mail.len()] {
            let mut gathering = Gathering::default();
            let pushed: Result<Vec<_>, _> = mail.chunks(size).map(|p| gathering.push(p)).collect();
            assert_eq!(pushed, Err(TooLong));
        }
        let fits = [&vec![b'x'; MOST - 4][..], b"\r\n\r\n", b"body"].concat();
        assert_eq!(Gathering::default().push(&fits), Ok(&b"body"[..]));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_kept_but_for_what_is_removed(
            lines in prop::collection::vec("(A|B|To)?:?[ a:]{0,3}(\r\n|\n|\r|\r\n )", 0..12),
            body in "[a\r\n]{0,6}",
            size in 1usize..20,
        ) {
            let mail = lines.concat() + &body;
            let (mut head, body) = gathered(mail.as_bytes(), size);
            let (raw, end) = (head.raw().to_vec(), mail.len() - body);
            prop_assert_eq!(&raw, &mail.as_bytes()[..end]);
            // What readers take for the header is all of it, and the body none.
            let fields: Vec<_> = Header::new(mail.as_bytes()).iter().map(|f| f.raw().to_vec()).collect();
            let held: Vec<_> = head.fields().iter().map(|f| f.raw().to_vec()).collect();
            prop_assert_eq!(&fields, &held);

            head.remove(|field| field.is_named(b"A"));
            head.prepend("X: 1\r\n");
            let edited = head.edited();
            let gone: usize = head.fields().named("A").map(|field| field.raw().len()).sum();
            prop_assert_eq!(edited.len(), raw.len() - gone + 6);
            prop_assert!(edited.starts_with(b"X: 1\r\n"));
            prop_assert!(Header::new(&edited).named("A").next().is_none());
        }
    }
}
