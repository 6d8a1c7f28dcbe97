//! How much of a message is wanted: RETR's all, TOP's header and some lines.

/// Follows a message line by line as far as it is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    state: State,
    /// How much of the current line was in earlier pieces.
    line: usize,
    last: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    All,
    /// The header, then so many lines.
    Header(u32),
    Lines(u32),
    Full,
}

impl Wanted {
    /// The whole message.
    pub(crate) fn all() -> Self {
        Wanted {
            state: State::All,
            line: 0,
            last: 0,
        }
    }

    /// The header, the blank line and `lines` lines of the body (RFC 1939 section 7).
    pub(crate) fn top(lines: u32) -> Self {
        Wanted {
            state: State::Header(lines),
            ..Wanted::all()
        }
    }

    /// Whether no more octets are needed.
    pub(crate) fn is_full(&self) -> bool {
        self.state == State::Full
    }

    /// How much of `raw`, which comes next, is wanted.
    pub(crate) fn of(&mut self, raw: &[u8]) -> usize {
        match self.state {
            State::All => return raw.len(),
            State::Full => return 0,
            State::Header(_) | State::Lines(_) => {}
        }
        let mut line_start = 0;
        for lf in memchr::memchr_iter(b'\n', raw) {
            let before = lf
                .checked_sub(1)
                .and_then(|at| raw.get(at))
                .unwrap_or(&self.last);
            let length = self.line.saturating_add(lf - line_start);
            let blank = length == 0 || (length == 1 && *before == b'\r');
            self.line = 0;
            line_start = lf + 1;
            self.end_line(blank);
            if self.is_full() {
                return line_start;
            }
        }
        self.line = self.line.saturating_add(raw.len() - line_start);
        self.last = raw.last().copied().unwrap_or(self.last);
        raw.len()
    }

    fn end_line(&mut self, blank: bool) {
        self.state = match self.state {
            State::Header(0) if blank => State::Full,
            State::Header(lines) if blank => State::Lines(lines),
            State::Lines(0 | 1) => State::Full,
            State::Lines(lines) => State::Lines(lines - 1),
            state => state,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wire_core::dot::Encoder;

    use crate::Octets;

    /// What goes out for a message that comes in `chunks`, before the dot line, and its octets.
    fn encoded<'a>(mut wanted: Wanted, chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<u8>, u64) {
        let (mut encoder, mut wire) = (Encoder::new(), Vec::new());
        for chunk in chunks {
            let mut part = &chunk[..wanted.of(chunk)];
            while let Some(piece) = encoder.next(&mut part) {
                wire.extend_from_slice(piece.octets());
            }
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
                encoded(Wanted::all(), [raw].into_iter()).0,
                wire,
                "{}",
                raw.escape_ascii()
            );
            assert_eq!(
                encoded(Wanted::all(), raw.chunks(1)).0,
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
            let (wire, octets) = encoded(Wanted::all(), raw.chunks(cut));
            prop_assert_eq!(unstuffed(&wire), canonical(&raw));
            prop_assert_eq!(octets, canonical(&raw).len() as u64);
            prop_assert_eq!(Octets::of(&raw), octets);
            prop_assert!(!wire.starts_with(b".\r\n"));
            prop_assert!(memchr::memmem::find(&wire, b"\n.\r\n").is_none());
        }

        #[test]
        fn top_in_any_cut_is_header_and_lines(raw in bodies(), lines in 0u32..4, cut in 1usize..9) {
            let (wire, _) = encoded(Wanted::top(lines), raw.chunks(cut));
            prop_assert_eq!(unstuffed(&wire), top_of(&canonical(&raw), lines as usize));
        }
    }
}
