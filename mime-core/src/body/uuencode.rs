//! Uuencode (POSIX `uuencode`, its historical algorithm): lines of a length and groups of four.

use memchr::memchr;

use crate::body::Step;

/// Octets that one line holds at most; that much room a line needs.
const LINE: usize = 63;

/// The state between two pieces of input.
///
/// Zeros are written as spaces by old encoders, and lost at line ends: what a line lacks is zeros.
/// But in all no more is written than was read, so that lines of nothing cannot fill the memory.
#[derive(Clone, Debug)]
pub(crate) struct Uudecode {
    place: Place,
    /// Whether `begin` and `end` belong to the input.
    framed: bool,
    bits: u32,
    count: u8,
    /// Octets that the line has still to give.
    left: u8,
    pub(super) junk: u32,
    pub(super) first_junk: Option<u64>,
    read: u64,
    written: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the file; so many octets of `begin ` stood on this line.
    Before(u8),
    /// In a line of no meaning, before the file or in it.
    Skip {
        before: bool,
    },
    /// Where a line of the file begins.
    LineStart,
    Data,
    /// Behind the file.
    After,
}

const BEGIN: &[u8] = b"begin ";

impl Uudecode {
    /// For a body: lines before `begin` and behind `end` are left out.
    pub(super) fn framed() -> Self {
        Uudecode {
            place: Place::Before(0),
            framed: true,
            bits: 0,
            count: 0,
            left: 0,
            junk: 0,
            first_junk: None,
            read: 0,
            written: 0,
        }
    }

    /// For the lines between `begin` and `end`.
    pub(super) fn lines() -> Self {
        Uudecode {
            place: Place::LineStart,
            framed: false,
            ..Uudecode::framed()
        }
    }

    /// Decodes as long as a line has room in `out`.
    pub(super) fn push(&mut self, input: &[u8], out: &mut [u8]) -> Step {
        let (mut rest, mut written) = (input, 0);
        while let Some((&octet, tail)) = rest.split_first() {
            let Some(room) = out.get_mut(written..).filter(|room| room.len() >= LINE) else {
                break;
            };
            let before = rest.len();
            match self.place {
                Place::Before(matched) => {
                    self.place = self.before(matched, octet);
                    rest = tail;
                }
                Place::Skip { before } => {
                    let end = memchr(b'\n', rest);
                    rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or(&[]);
                    self.place = match (end, before) {
                        (None, _) => self.place,
                        (Some(_), true) => Place::Before(0),
                        (Some(_), false) => Place::LineStart,
                    };
                }
                Place::LineStart => {
                    self.place = self.line_start(octet);
                    rest = tail;
                }
                Place::Data => {
                    let most = if self.count == 0 { self.left / 3 } else { 0 };
                    let groups = groups(rest, room, usize::from(most));
                    if groups > 0 {
                        self.left -= groups as u8 * 3;
                        self.written += groups as u64 * 3;
                        written += groups * 3;
                        rest = rest.get(groups * 4..).unwrap_or(&[]);
                    } else {
                        written += self.octet(octet, room);
                        rest = tail;
                    }
                }
                Place::After => rest = &[],
            }
            self.read += (before - rest.len()) as u64;
            if self.place == Place::Data && self.left == 0 {
                // Behind the data of a line, some write a check character.
                self.place = Place::Skip { before: false };
            }
        }
        Step {
            read: input.len() - rest.len(),
            written,
        }
    }

    /// The end of the input.
    pub(super) fn finish(&mut self, out: &mut [u8]) -> usize {
        if self.place == Place::Data || self.framed && self.place != Place::After {
            self.note();
        }
        let whole = self.count * 6 / 8;
        self.left = self.left.min(whole);
        self.end_group(out)
    }

    /// One more octet before the file.
    fn before(&self, matched: u8, octet: u8) -> Place {
        let place = usize::from(matched);
        match BEGIN.get(place) {
            _ if octet == b'\n' => Place::Before(0),
            Some(want) if *want == octet && place + 1 == BEGIN.len() => {
                Place::Skip { before: false }
            }
            Some(want) if *want == octet => Place::Before(matched + 1),
            _ => Place::Skip { before: true },
        }
    }

    fn line_start(&mut self, octet: u8) -> Place {
        match (octet, value(octet)) {
            (b'\n', _) => Place::LineStart,
            (b'\r', _) => Place::Skip { before: false },
            (b'e', _) => Place::After,
            (_, Some(length)) => {
                (self.left, self.count, self.bits) = (length as u8, 0, 0);
                Place::Data
            }
            (_, None) => {
                self.note();
                Place::Skip { before: false }
            }
        }
    }

    /// One more octet of a line.
    fn octet(&mut self, octet: u8, out: &mut [u8]) -> usize {
        match (octet, value(octet)) {
            (b'\n', _) => {
                self.place = Place::LineStart;
                self.end_line(out)
            }
            (_, Some(sextet)) => {
                self.bits = self.bits << 6 | sextet;
                self.count += 1;
                if self.count == 4 {
                    self.end_group(out)
                } else {
                    0
                }
            }
            (b'\r', None) => 0,
            (_, None) => {
                self.note();
                0
            }
        }
    }

    /// Zeros for what the line lacks.
    fn end_line(&mut self, out: &mut [u8]) -> usize {
        // The line end was read, too.
        if self.written + u64::from(self.left) > self.read + 1 {
            self.note();
            self.left = self.left.min(self.count * 6 / 8);
        }
        let mut written = self.end_group(out);
        let zeros = out.iter_mut().skip(written).take(usize::from(self.left));
        zeros.for_each(|octet| {
            *octet = 0;
            written += 1;
        });
        self.written += u64::from(self.left);
        self.left = 0;
        written
    }

    /// What a group of four, or the start of one, holds.
    fn end_group(&mut self, out: &mut [u8]) -> usize {
        let missing = 4 - u32::from(self.count.min(4));
        let [_, octets @ ..] = (self.bits << (6 * missing) & 0x00ff_ffff).to_be_bytes();
        let len = usize::from(if self.count > 0 { self.left.min(3) } else { 0 });
        let mut written = 0;
        for (o, octet) in out.iter_mut().zip(octets.iter().take(len)) {
            *o = *octet;
            written += 1;
        }
        self.left -= written as u8;
        self.written += written as u64;
        (self.bits, self.count) = (0, 0);
        written
    }

    fn note(&mut self) {
        self.junk = self.junk.saturating_add(1);
        self.first_junk.get_or_insert(self.read);
    }
}

/// The six bits of an octet; a space and a backtick are both zero.
const fn value(octet: u8) -> Option<u32> {
    match octet {
        b' '..=b'`' => Some((octet - b' ') as u32 & 0x3f),
        _ => None,
    }
}

/// How many octets a line holds by its first octet; `None` if no line begins with it.
pub(crate) const fn length(octet: u8) -> Option<u32> {
    value(octet)
}

/// Decodes at most `most` whole groups, up to the first octet that is no data; how many.
#[inline]
fn groups(input: &[u8], out: &mut [u8], most: usize) -> usize {
    let groups = input.as_chunks::<4>().0.iter();
    let mut done = 0;
    for (group, o) in groups.zip(out.as_chunks_mut::<3>().0).take(most) {
        let [a, b, c, d] = group.map(|octet| u32::from(octet.wrapping_sub(b' ')));
        if a > 0x40 || b > 0x40 || c > 0x40 || d > 0x40 {
            break;
        }
        let bits = (a & 0x3f) << 18 | (b & 0x3f) << 12 | (c & 0x3f) << 6 | d & 0x3f;
        let [_, x, y, z] = bits.to_be_bytes();
        *o = [x, y, z];
        done += 1;
    }
    done
}
