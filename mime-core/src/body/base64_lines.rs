//! Base64 in bulk: lines of one width, as all but a few programs write it.
//!
//! Only what is sound is decoded here. Anything else is left to be read octet by octet, by what
//! knows what is wrong and where.

use alloc::vec::Vec;

/// What is tried at once: damage costs no more than one look at so many octets in vain.
const BLOCK: usize = 1 << 16;
/// The longest line that is looked for. RFC 2045 section 6.8 allows 76.
const LONGEST: usize = 1024;
/// With fewer octets it is not worth the trouble.
const LEAST: usize = 64;

/// Lines of one width, or one line that does not end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'i> {
    octets: &'i [u8],
    /// Octets of each, with its end.
    line: usize,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    CrLf,
    Lf,
    None,
}

impl<'i> Lines<'i> {
    /// What may be lines of whole groups of base64 at the start of `input`. Only the first line is
    /// looked at.
    pub(super) fn find(input: &'i [u8]) -> Option<Self> {
        if input.len() < LEAST {
            return None;
        }
        let start = input.get(..LONGEST).unwrap_or(input);
        let newline = memchr::memchr(b'\n', start);
        let (line, end) = match newline {
            Some(at) if start.get(..at)?.ends_with(b"\r") => (at + 1, End::CrLf),
            Some(at) => (at + 1, End::Lf),
            None => (input.len().min(BLOCK) & !3, End::None),
        };
        let lines = (input.len().min(BLOCK) / line).max(1);
        let found = Lines {
            octets: input.get(..lines * line)?,
            line,
            end,
        };
        let width = found.width();
        (width > 0 && width.is_multiple_of(4)).then_some(found)
    }

    /// Octets of each line without its end.
    fn width(self) -> usize {
        let end = match self.end {
            End::CrLf => 2,
            End::Lf => 1,
            End::None => 0,
        };
        self.line - end
    }

    /// Whether every line has its end where the first one has it.
    fn all_end(self) -> bool {
        // The width of nearly all mail, known to the compiler.
        if let (78, End::CrLf) = (self.line, self.end) {
            let lines = self.octets.as_chunks::<78>().0;
            return lines.iter().all(|[.., cr, lf]| [*cr, *lf] == *b"\r\n");
        }
        let mut lines = self.octets.chunks_exact(self.line);
        match self.end {
            End::CrLf => lines.all(|line| matches!(line, [.., b'\r', b'\n'])),
            End::Lf => lines.all(|line| matches!(line, [.., b'\n'])),
            End::None => true,
        }
    }

    /// How many octets there are.
    pub(super) fn len(self) -> usize {
        self.octets.len()
    }

    /// How many octets the lines mean, if there are only symbols in them.
    fn meant(self) -> usize {
        self.octets.len() / self.line * (self.width() / 4 * 3)
    }

    /// Decodes into `out`, if there are only symbols in the lines; how many octets.
    ///
    /// The decoder skips white space and takes padding anywhere. But if each line ends at its
    /// place, either would stand where a symbol is missed in what was written.
    #[cfg(feature = "std")]
    pub(super) fn write(self, out: &mut [u8]) -> Option<usize> {
        let written = encodify::base64::MIME.decode_slice(self.octets, out).ok()?;
        (written == self.meant() && self.all_end()).then_some(written)
    }

    /// The same, appended to `out`.
    #[cfg(feature = "std")]
    pub(super) fn append(self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let written = encodify::base64::MIME.decode_append(self.octets, out);
        let sound = written.is_ok_and(|written| written == self.meant()) && self.all_end();
        if !sound {
            out.truncate(start);
        }
        sound
    }

    #[cfg(not(feature = "std"))]
    pub(super) fn write(self, out: &mut [u8]) -> Option<usize> {
        let mut room = out.chunks_exact_mut(self.width() / 4 * 3);
        for line in self.octets.chunks(self.line) {
            let line = line.get(..self.width())?;
            let done = super::base64::groups(line, room.next()?);
            if done < self.width() / 4 {
                return None;
            }
        }
        self.all_end().then(|| self.meant())
    }

    #[cfg(not(feature = "std"))]
    pub(super) fn append(self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        out.resize(start + self.meant(), 0);
        let sound = self.write(out.get_mut(start..).unwrap_or(&mut []));
        if sound.is_none() {
            out.truncate(start);
        }
        sound.is_some()
    }
}
