//! Command lines off the input.

/// Takes lines off the input, remembering how far it looked.
///
/// A line ends with LF, and one whose LF has no CR is malformed. It is answered, and the session
/// goes on: in POP3 a client sends no message that could be taken for commands, which is why
/// `wire_core::frame::Lines` ends there.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Octets at the front of the input that hold no LF.
    scanned: usize,
    /// The rest of a line that was too long is thrown away.
    discarding: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line<'i> {
    /// Without its CRLF.
    Whole(&'i [u8]),
    /// Ended by a lone LF, or with a CR or NUL inside.
    Malformed(&'i [u8]),
    /// Over the limit. Said once; the rest of the line is thrown away.
    TooLong,
}

impl Lines {
    /// The next line, of at most `limit` octets with its CRLF. `None`: more octets are needed.
    pub(crate) fn next<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Option<Line<'i>> {
        if self.discarding && !self.discard(input) {
            return None;
        }
        let within = input.get(..limit).unwrap_or(input);
        let unseen = within.get(self.scanned..).unwrap_or_default();
        let Some(lf) = memchr::memchr(b'\n', unseen).map(|at| self.scanned + at) else {
            self.scanned = within.len();
            return (within.len() == limit).then(|| {
                self.scanned = 0;
                self.discarding = true;
                self.discard(input);
                Line::TooLong
            });
        };
        self.scanned = 0;
        let line = within.get(..lf).unwrap_or_default();
        *input = input.get(lf + 1..).unwrap_or_default();
        Some(match line.strip_suffix(b"\r") {
            Some(line) if memchr::memchr2(b'\r', 0, line).is_none() => Line::Whole(line),
            Some(line) => Line::Malformed(line),
            None => Line::Malformed(line),
        })
    }

    /// Throws octets away up to an LF; true when it was found.
    fn discard(&mut self, input: &mut &[u8]) -> bool {
        let end = memchr::memchr(b'\n', input);
        *input = end.and_then(|lf| input.get(lf + 1..)).unwrap_or_default();
        self.discarding = end.is_none();
        !self.discarding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken off `text` when it comes in the pieces that `cuts` makes.
    fn lines(text: &[u8], limit: usize, cuts: &[usize]) -> Vec<String> {
        let (mut lines, mut taken, mut found) = (Lines::default(), 0, Vec::new());
        for end in cuts.iter().copied().chain([text.len()]) {
            loop {
                let mut input = &text[taken..end];
                let line = lines
                    .next(&mut input, limit)
                    .map(|line| format!("{line:?}"));
                taken = end - input.len();
                match line {
                    Some(line) => found.push(line),
                    None => break,
                }
            }
        }
        found
    }

    #[test]
    fn every_cut_gives_the_same_lines() {
        let text =
            b"NOOP\r\nNOOP\nNO\rOP\r\n\r\n01234567\r\n012345678\r\n0123456789abcdef\nSTAT\r\nQU";
        let whole = lines(text, 10, &[]);
        assert_eq!(whole.len(), 8);
        assert_eq!(whole.iter().filter(|line| *line == "TooLong").count(), 2);
        for one in 0..text.len() {
            for two in one..text.len() {
                assert_eq!(
                    lines(text, 10, &[one, two]),
                    whole,
                    "cut at {one} and {two}"
                );
            }
        }
        assert_eq!(lines(text, 10, &Vec::from_iter(0..text.len())), whole);
    }
}
