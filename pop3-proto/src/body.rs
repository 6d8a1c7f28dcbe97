//! A message on its way to the wire: CRLF line ends, stuffed dots, TOP's line count.

use std::ops::Range;

/// One piece of the encoded form.
pub(crate) enum Piece {
    /// These octets of the raw input, unchanged.
    Raw(Range<usize>),
    /// An octet that the wire form has and the input has not.
    Insert(&'static [u8]),
}

/// Encodes a message in pieces, however it is cut.
///
/// Every LF without a CR gets one, a line that begins with a dot gets one more (RFC 1939 section
/// 3), and what the last line lacks of its CRLF is added at the end. A bare CR is left as it is.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    /// Octets with CRLF line ends and without stuffed dots (RFC 1939 section 11).
    octets: u64,
    /// How much of the current line was in earlier pieces.
    line: usize,
    last: u8,
    top: Top,
}

/// How much of the message is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Top {
    All,
    /// The header, then so many lines.
    Header(u32),
    Lines(u32),
    Full,
}

impl Encoder {
    /// The whole message.
    pub(crate) fn whole() -> Self {
        Encoder {
            octets: 0,
            line: 0,
            last: b'\n',
            top: Top::All,
        }
    }

    /// The header, the blank line and `lines` lines of the body (RFC 1939 section 7).
    pub(crate) fn top(lines: u32) -> Self {
        Encoder {
            top: Top::Header(lines),
            ..Encoder::whole()
        }
    }

    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether no more input is needed.
    pub(crate) fn is_full(&self) -> bool {
        self.top == Top::Full
    }

    /// Encodes `raw`; after the last wanted line the rest of it is passed over.
    pub(crate) fn encode(&mut self, raw: &[u8], mut emit: impl FnMut(Piece)) {
        if raw.is_empty() || self.is_full() {
            return;
        }
        let (mut run, mut line_start) = (0, 0);
        if self.last == b'\n' && raw.first() == Some(&b'.') {
            emit(Piece::Insert(b"."));
        }
        for lf in memchr::memchr_iter(b'\n', raw) {
            let before = lf
                .checked_sub(1)
                .and_then(|at| raw.get(at))
                .unwrap_or(&self.last);
            let has_cr = *before == b'\r';
            if !has_cr {
                emit(Piece::Raw(run..lf));
                emit(Piece::Insert(b"\r"));
                self.octets += 1;
                run = lf;
            }
            let length = self.line.saturating_add(lf - line_start) - usize::from(has_cr);
            self.line = 0;
            line_start = lf + 1;
            if self.ends_with_line(length == 0) {
                return self.take(raw, run..line_start, emit);
            }
            if raw.get(line_start) == Some(&b'.') {
                emit(Piece::Raw(run..line_start));
                emit(Piece::Insert(b"."));
                run = line_start;
            }
        }
        self.line = self.line.saturating_add(raw.len() - line_start);
        self.take(raw, run..raw.len(), emit);
    }

    /// What the message lacks of a final CRLF. An empty message has no line.
    pub(crate) fn finish(&mut self) -> &'static [u8] {
        let missing: &[u8] = match self.last {
            b'\n' => b"",
            b'\r' => b"\n",
            _ => b"\r\n",
        };
        self.octets += missing.len() as u64;
        self.last = b'\n';
        missing
    }

    fn take(&mut self, raw: &[u8], run: Range<usize>, mut emit: impl FnMut(Piece)) {
        let taken = raw.get(..run.end).unwrap_or(raw);
        self.octets += taken.len() as u64;
        self.last = taken.last().copied().unwrap_or(self.last);
        emit(Piece::Raw(run));
    }

    /// Whether the line that just ended is the last wanted one.
    fn ends_with_line(&mut self, blank: bool) -> bool {
        self.top = match self.top {
            Top::Header(0) if blank => Top::Full,
            Top::Header(lines) if blank => Top::Lines(lines),
            Top::Lines(0 | 1) => Top::Full,
            Top::Lines(lines) => Top::Lines(lines - 1),
            top => top,
        };
        self.is_full()
    }
}

/// Counts the octets of a message as STAT, LIST and RETR must give them: every line end is two
/// octets, stuffed dots do not count (RFC 1939 section 11), a missing last line end does.
///
/// A store that keeps LF line ends, or messages that may end in the middle of a line, calls this
/// once when a message comes in. Never allocates.
///
/// ```
/// let mut count = pop3_proto::Octets::default();
/// count.add(b"Subject: dots\n\n.\n");
/// count.add(b"no line end");
/// assert_eq!(count.finish(), 15 + 2 + 3 + 13);
/// ```
#[derive(Clone, Debug)]
pub struct Octets(Encoder);

impl Default for Octets {
    fn default() -> Self {
        Octets(Encoder::whole())
    }
}

impl Octets {
    /// The octets of one whole message.
    ///
    /// ```
    /// assert_eq!(pop3_proto::Octets::of(b"a\r\nb\n"), 6);
    /// ```
    pub fn of(raw: &[u8]) -> u64 {
        let mut count = Octets::default();
        count.add(raw);
        count.finish()
    }

    /// Adds the next octets of the message.
    pub fn add(&mut self, raw: &[u8]) {
        self.0.encode(raw, |_| {});
    }

    /// The count for all that was added.
    pub fn finish(mut self) -> u64 {
        self.0.finish();
        self.0.octets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The encoder's output for a message cut into `chunks`, with the terminating dot line.
    fn encoded<'a>(mut encoder: Encoder, chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, u64) {
        let mut wire = Vec::new();
        for chunk in chunks {
            encoder.encode(chunk, |piece| match piece {
                Piece::Raw(run) => wire.extend_from_slice(&chunk[run]),
                Piece::Insert(octets) => wire.extend_from_slice(octets),
            });
        }
        wire.extend_from_slice(encoder.finish());
        (wire, encoder.octets())
    }

    /// The plainest way to say what goes out: octet by octet, before stuffing.
    fn canonical(raw: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for octet in raw {
            if *octet == b'\n' && text.last() != Some(&b'\r') {
                text.push(b'\r');
            }
            text.push(*octet);
        }
        match text.last() {
            None | Some(b'\n') => {}
            Some(b'\r') => text.push(b'\n'),
            Some(_) => text.extend_from_slice(b"\r\n"),
        }
        text
    }

    /// What a client makes of the lines before the dot line.
    fn unstuffed(wire: &[u8]) -> Vec<u8> {
        let lines = wire.split_inclusive(|octet| *octet == b'\n');
        lines
            .flat_map(|line| line.strip_prefix(b".").unwrap_or(line))
            .copied()
            .collect()
    }

    fn top_of(canonical: &[u8], lines: usize) -> Vec<u8> {
        let mut all = canonical.split_inclusive(|octet| *octet == b'\n');
        let mut wanted = Vec::new();
        for line in all.by_ref() {
            wanted.extend_from_slice(line);
            if line == b"\r\n" {
                wanted.extend(all.take(lines).flatten());
                break;
            }
        }
        wanted
    }

    #[test]
    fn line_ends_and_dots() {
        for (raw, wire) in [
            (&b""[..], &b""[..]),
            (b".", b"..\r\n"),
            (b".a\r\n..b\r\n", b"..a\r\n...b\r\n"),
            (b"a\n.b\nc", b"a\r\n..b\r\nc\r\n"),
            (b"a\r.b\r", b"a\r.b\r\n"),
            (b"\n\n.\r\r\n", b"\r\n\r\n..\r\r\n"),
        ] {
            assert_eq!(
                encoded(Encoder::whole(), [raw].into_iter()).0,
                wire,
                "{}",
                raw.escape_ascii()
            );
            assert_eq!(
                encoded(Encoder::whole(), raw.chunks(1)).0,
                wire,
                "{}",
                raw.escape_ascii()
            );
        }
    }

    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        let octet = prop_oneof![
            Just(b'\r'),
            Just(b'\n'),
            Just(b'.'),
            Just(b'x'),
            any::<u8>()
        ];
        proptest::collection::vec(octet, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_body_in_any_cut_unstuffs_to_its_canonical_form(raw in bodies(), cut in 1usize..9) {
            let (wire, octets) = encoded(Encoder::whole(), raw.chunks(cut));
            prop_assert_eq!(unstuffed(&wire), canonical(&raw));
            prop_assert_eq!(octets, canonical(&raw).len() as u64);
            prop_assert_eq!(Octets::of(&raw), octets);
            prop_assert!(!wire.starts_with(b".\r\n"));
            prop_assert!(memchr::memmem::find(&wire, b"\n.\r\n").is_none());
        }

        #[test]
        fn top_in_any_cut_is_header_and_lines(raw in bodies(), lines in 0u32..4, cut in 1usize..9) {
            let (wire, _) = encoded(Encoder::top(lines), raw.chunks(cut));
            prop_assert_eq!(unstuffed(&wire), top_of(&canonical(&raw), lines as usize));
        }
    }
}
