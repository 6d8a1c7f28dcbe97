//! The `Received` fields of a header, counted as it passes (RFC 5321 section 6.3).

use memchr::memchr;
use wire_core::Chunk;

/// A message on its way, up to the end of its header.
#[derive(Debug, Clone, Default)]
pub(super) struct Hops {
    count: u16,
    place: Place,
}

/// Where in the header the next octet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// So many octets of the name stand at the beginning of the line.
    Name(u8),
    /// Behind the name.
    Colon,
    /// In a line that says nothing more.
    Line,
    /// Behind the CR of a line that is empty so far.
    Empty,
    /// Behind the header.
    Body,
}

impl Default for Place {
    fn default() -> Self {
        Place::Name(0)
    }
}

const NAME: &[u8] = b"Received";

impl Hops {
    pub(super) const fn count(&self) -> u16 {
        self.count
    }

    /// Looks at the next octets of the message. If they have a field over the limit: how many of
    /// them stand before its value.
    pub(super) fn look(&mut self, chunk: &Chunk<'_>, limit: u16) -> Option<usize> {
        let mut before = 0;
        for run in chunk.runs() {
            let mut rest = run;
            while !rest.is_empty() {
                if self.place == Place::Body {
                    return None;
                }
                rest = self.step(rest);
                if self.count > limit {
                    return Some(before + run.len() - rest.len());
                }
            }
            before += run.len();
        }
        None
    }

    /// Takes some of `rest`, or knows better where it is.
    fn step<'i>(&mut self, rest: &'i [u8]) -> &'i [u8] {
        let (place, taken) = match self.place {
            Place::Name(at) => at_name(at, rest),
            Place::Colon => match rest.iter().position(|octet| !b" \t".contains(octet)) {
                None => (Place::Colon, rest.len()),
                Some(at) if rest.get(at) == Some(&b':') => {
                    self.count = self.count.saturating_add(1);
                    (Place::Line, at + 1)
                }
                Some(at) => (Place::Line, at),
            },
            Place::Line => match memchr(b'\n', rest) {
                Some(end) => (Place::Name(0), end + 1),
                None => (Place::Line, rest.len()),
            },
            Place::Empty if rest.starts_with(b"\n") => (Place::Body, 1),
            Place::Empty => (Place::Line, 0),
            Place::Body => (Place::Body, rest.len()),
        };
        self.place = place;
        rest.get(taken..).unwrap_or_default()
    }
}

fn at_name(at: u8, rest: &[u8]) -> (Place, usize) {
    let name = NAME.get(at.into()..).unwrap_or_default();
    let length = name.len().min(rest.len());
    let same = (name.get(..length).zip(rest.get(..length)))
        .is_some_and(|(name, rest)| name.eq_ignore_ascii_case(rest));
    match rest {
        _ if same && length == name.len() => (Place::Colon, length),
        _ if same => (Place::Name(at.saturating_add(length as u8)), length),
        [b'\r', ..] if at == 0 => (Place::Empty, 1),
        [b'\n', ..] if at == 0 => (Place::Body, 1),
        _ => (Place::Line, 0),
    }
}
