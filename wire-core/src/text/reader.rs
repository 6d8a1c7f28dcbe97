//! Walks over the octets of a message: sound runs, faults and their repair, the mark.
//!
//! This is the one place that decides where a message ends.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::{
    BareNewline, Fault, LongLine, Nul, Rules,
    scan::{Scan, Steps},
};
use crate::Chunk;

/// What line ends that are put in are borrowed from.
const LINE_ENDS: &[u8; 64] =
    b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

/// Reads one message.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    scan: Scan,
    /// Dots are stuffed, and a mark ends it.
    stuffed: bool,
    /// The next octet begins a line that CRLF has begun.
    at_line_start: bool,
    /// The line so far is one dot, which was taken for a stuffed one.
    lone_dot: bool,
    /// The next octet begins a line that a repair has begun.
    mended: bool,
    /// CRs that belong to the next CRLF, if that comes right behind them.
    held: u32,
    /// Line ends that are to be put in here.
    owed: u32,
}

/// What stood there.
#[derive(Debug)]
pub(crate) enum Found<'i> {
    Chunk(Chunk<'i>),
    Fault(Fault),
    Mark,
}

/// Why a run is over.
enum Stop {
    /// What is next depends on octets that are not here.
    More,
    Mark,
    Fault(Fault),
}

impl Reader {
    /// A body that ends with the mark.
    pub(crate) const fn stuffed(rules: Rules) -> Self {
        Self::new(rules, true)
    }

    /// A body of so many octets.
    pub(crate) const fn counted(rules: Rules) -> Self {
        Self::new(rules, false)
    }

    const fn new(rules: Rules, stuffed: bool) -> Self {
        Reader {
            scan: Scan::new(rules),
            stuffed,
            at_line_start: stuffed,
            lone_dot: false,
            mended: false,
            held: 0,
            owed: 0,
        }
    }

    /// Takes the next piece off the front. `None`: more octets are needed to tell.
    pub(crate) fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Found<'i>> {
        loop {
            if let Some(chunk) = self
                .line_end_owed()
                .or_else(|| self.dot_behind_repair(input))
            {
                return Some(Found::Chunk(chunk));
            }
            let fault = match self.run(input)? {
                Found::Fault(fault) => fault,
                other => return Some(other),
            };
            if let Some(found) = self.mend(fault, input) {
                return Some(found);
            }
        }
    }

    /// Goes on to the mark, whatever stands before it. False: it is not here yet.
    pub(crate) fn skip(&mut self, input: &mut &[u8]) -> bool {
        const MARK: &[u8] = b"\r\n.\r\n";
        let all = *input;
        if self.at_line_start {
            match all {
                [] | [b'.'] | [b'.', b'\r'] => return false,
                _ => self.at_line_start = false,
            }
            if let Some(rest) = all.strip_prefix(b".\r\n") {
                *input = rest;
                return true;
            }
        }
        let mark = memmem::find(all, MARK);
        let taken = match mark {
            Some(at) => at + MARK.len(),
            // What may become the mark stays.
            None => {
                let begun = (0..MARK.len()).rev();
                let mut begun = begun.filter_map(|n| MARK.get(..n));
                all.len()
                    - begun
                        .find(|begun| all.ends_with(begun))
                        .map_or(0, <[u8]>::len)
            }
        };
        *input = all.get(taken..).unwrap_or_default();
        mark.is_some()
    }

    /// A line end whose halves came apart.
    pub(crate) fn line_end(&mut self) -> Chunk<'static> {
        self.held = 0;
        self.scan.begin_line();
        Chunk::plain(b"\r\n")
    }

    /// A CR was taken that `rest`, or the end, proves to be a bare one. `None`: go on.
    pub(crate) fn bare_cr(&mut self, rest: &[u8]) -> Option<Found<'static>> {
        self.mend(Fault::BareCr, rest)
    }

    /// The next sound run, fault or mark.
    fn run<'i>(&mut self, input: &mut &'i [u8]) -> Option<Found<'i>> {
        let all = *input;
        let begins_line = self.at_line_start;
        let (length, dots, stop) = self.walk(all);
        if length > 0 {
            let (run, rest) = all.split_at_checked(length)?;
            *input = rest;
            self.held = 0;
            // Dots before the last octets are in lines that have more than one.
            self.lone_dot = match run {
                [b'.'] => dots == 1,
                run => self.stuffed && run.ends_with(b"\n."),
            };
            return Some(Found::Chunk(Chunk::stuffed(run, dots, begins_line)));
        }
        let (found, taken) = match stop {
            Stop::More => return None,
            Stop::Mark => (Found::Mark, 3),
            Stop::Fault(Fault::LongLine) => (Found::Fault(Fault::LongLine), 0),
            Stop::Fault(fault) => (Found::Fault(fault), 1),
        };
        *input = all.get(taken..).unwrap_or_default();
        Some(found)
    }

    /// How many octets are sound, how many dots of them are stuffed, and what is behind them.
    fn walk(&mut self, all: &[u8]) -> (usize, usize, Stop) {
        let (mut at, mut dots) = (0, 0);
        let mut steps = Steps::new();
        loop {
            let rest = all.get(at..).unwrap_or_default();
            let block = steps.next(rest);
            let sound = self.scan.sound(block);
            let mut left = block.get(..sound.length).unwrap_or_default();
            while !left.is_empty() {
                if self.at_line_start && left.starts_with(b".") {
                    match all.get(at..).unwrap_or_default() {
                        [b'.', b'\r', b'\n', ..] => return (at, dots, Stop::Mark),
                        [b'.'] | [b'.', b'\r'] => return (at, dots, Stop::More),
                        _ => {}
                    }
                    self.at_line_start = false;
                    left = left.get(1..).unwrap_or_default();
                    (at, dots) = (at + 1, dots + 1);
                    continue;
                }
                let (run, behind) = left
                    .split_at_checked(match self.stuffed && sound.dots {
                        true => to_stuffed_dot(left),
                        false => left.len(),
                    })
                    .unwrap_or((left, &[]));
                let fits = self.scan.admit(run);
                at += fits;
                if fits < run.len() {
                    self.at_line_start = false;
                    return (at, dots, Stop::Fault(Fault::LongLine));
                }
                self.at_line_start = self.stuffed && run.ends_with(b"\n");
                left = behind;
            }
            if sound.length == block.len() && at < all.len() {
                continue;
            }
            let mut ahead = all.get(at..).unwrap_or_default().iter();
            let stop = match (ahead.next(), ahead.next()) {
                (None, _) => Stop::More,
                (Some(b'\n'), _) => Stop::Fault(Fault::BareLf),
                (Some(0), _) => Stop::Fault(Fault::Nul),
                (Some(0x80..), _) => Stop::Fault(Fault::EightBit),
                // A CR, at the end of a block or of all.
                (Some(_), None) => Stop::More,
                (Some(_), Some(b'\n')) => continue,
                (Some(_), Some(_)) => Stop::Fault(Fault::BareCr),
            };
            return (at, dots, stop);
        }
    }

    /// What is put in place of a fault; the fault itself where it is refused; `None` where nothing is
    /// put there.
    fn mend(&mut self, fault: Fault, rest: &[u8]) -> Option<Found<'static>> {
        let rules = self.scan.rules();
        self.at_line_start = false;
        match fault {
            Fault::BareCr | Fault::BareLf if rules.bare_newline == BareNewline::Repair => {
                self.mend_line_end(fault, rest)
            }
            Fault::Nul if rules.nul == Nul::Repair => {
                if self.scan.admit(b" ") == 1 {
                    return self.put(b" ");
                }
                match self.mend(Fault::LongLine, rest) {
                    Some(Found::Chunk(_)) => {
                        self.scan.admit(b" ");
                        self.put(b"\r\n  ")
                    }
                    refused => refused,
                }
            }
            Fault::LongLine => {
                self.scan.begin_line();
                if rules.long_line != LongLine::Repair {
                    return Some(Found::Fault(fault));
                }
                self.scan.admit(b" ");
                self.put(b"\r\n ")
            }
            _ => Some(Found::Fault(fault)),
        }
    }

    fn mend_line_end(&mut self, fault: Fault, rest: &[u8]) -> Option<Found<'static>> {
        if fault == Fault::BareCr && rest.starts_with(b"\r") {
            self.held = self.held.saturating_add(1);
        } else {
            self.owed = core::mem::take(&mut self.held).saturating_add(1);
        }
        // Its own dot would end the message once the raw form is forwarded. Two do not.
        match core::mem::take(&mut self.lone_dot) {
            true => self.put(b"."),
            false => None,
        }
    }

    fn put(&mut self, octets: &'static [u8]) -> Option<Found<'static>> {
        self.lone_dot = false;
        Some(Found::Chunk(Chunk::plain(octets)))
    }

    fn line_end_owed(&mut self) -> Option<Chunk<'static>> {
        let (line_ends, _) = LINE_ENDS.as_chunks::<2>();
        let now = line_ends.len().min(self.owed as usize);
        let octets = LINE_ENDS.get(..2 * now).filter(|_| now > 0)?;
        self.owed = self
            .owed
            .saturating_sub(u32::try_from(now).unwrap_or(u32::MAX));
        self.scan.begin_line();
        self.mended = self.stuffed;
        Some(Chunk::plain(octets))
    }

    /// A dot that begins a line which a repair has begun: the octet itself, but the raw form of it is
    /// stuffed.
    fn dot_behind_repair(&mut self, input: &mut &[u8]) -> Option<Chunk<'static>> {
        if !self.mended || input.is_empty() {
            return None;
        }
        self.mended = false;
        *input = input.strip_prefix(b".")?;
        self.scan.admit(b".");
        Some(Chunk::stuffed(b"..", 1, true))
    }
}

/// The length of `sound` up to a line that begins with a dot.
fn to_stuffed_dot(sound: &[u8]) -> usize {
    /// Made once: dots may be many.
    static DOT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n."));
    DOT.find(sound).map_or(sound.len(), |at| at + 1)
}
