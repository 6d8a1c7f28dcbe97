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
    Named,
    /// In the name of another field.
    Other,
    /// Behind that name.
    Gap,
    /// In a line that says nothing more.
    Line,
    /// Behind the CR of a line that is empty so far.
    Empty,
    /// Behind the header. It ends at an empty line, and at one that is no field: fields that a loop
    /// adds stand above whatever that is.
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
        let (place, taken) = match (self.place, rest) {
            (Place::Name(at), _) => at_name(at, rest),
            (Place::Named, [b':', ..]) => {
                self.count = self.count.saturating_add(1);
                (Place::Line, 1)
            }
            (Place::Named, [b' ' | b'\t', ..]) => (Place::Named, 1),
            (Place::Named, _) => (Place::Other, 0),
            (Place::Other, _) => {
                let ends = |octet: &u8| !matches!(octet, b'!'..=b'9' | b';'..=b'~');
                match rest.iter().position(ends) {
                    None => (Place::Other, rest.len()),
                    Some(end) => (Place::Gap, end),
                }
            }
            (Place::Gap, [b' ' | b'\t', ..]) => (Place::Gap, 1),
            (Place::Gap, [b':', ..]) => (Place::Line, 1),
            (Place::Line, _) => match memchr(b'\n', rest) {
                Some(end) => (Place::Name(0), end + 1),
                None => (Place::Line, rest.len()),
            },
            (Place::Gap | Place::Empty | Place::Body, _) => (Place::Body, rest.len()),
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
        _ if same && length == name.len() => (Place::Named, length),
        _ if same => (Place::Name(at.saturating_add(length as u8)), length),
        [b'\r', ..] if at == 0 => (Place::Empty, 1),
        [b'\n', ..] if at == 0 => (Place::Body, 1),
        [b' ' | b'\t', ..] if at == 0 => (Place::Line, 1),
        _ => (Place::Other, 0),
    }
}
