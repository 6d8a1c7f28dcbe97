//! Quoted-printable (RFC 2045 section 6.7).

use memchr::memchr2;

use super::sink::Sink;
use crate::field::param::hex;

/// White space that may turn out to stand at the end of a line is held back. A longer run is
/// let through: an encoded line has 76 octets.
pub(super) const HOLD: usize = 80;

/// The state between two pieces of input.
#[derive(Clone, Debug)]
pub(super) struct QuotedPrintable {
    /// `=` and what belongs to it, or white space (and a CR) that may be dropped.
    hold: [u8; HOLD],
    held: usize,
    pub(super) junk: u32,
    pub(super) first_junk: Option<u64>,
    read: u64,
}

impl Default for QuotedPrintable {
    fn default() -> Self {
        QuotedPrintable {
            hold: [0; HOLD],
            held: 0,
            junk: 0,
            first_junk: None,
            read: 0,
        }
    }
}

impl QuotedPrintable {
    /// Decodes all of `input`: at most as many octets, and what was held.
    pub(super) fn push(&mut self, input: &[u8], out: &mut impl Sink) {
        let mut rest = input;
        while !rest.is_empty() {
            if self.held == 0 {
                rest = plain(rest, out);
            }
            if let Some((&octet, tail)) = rest.split_first() {
                let at = self.read + (input.len() - rest.len()) as u64;
                rest = tail;
                self.octet(octet, at, out);
            }
        }
        self.read += input.len() as u64;
    }

    /// The end of the body: white space before it is dropped, an unfinished `=` is kept.
    pub(super) fn finish(&mut self, out: &mut impl Sink) {
        if self.hold.first() == Some(&b'=') && self.held > 0 {
            // RFC 2045 section 6.7 (5): a soft line break has nothing after it but the line end.
            // The line end after it belongs to the delimiter that follows.
            if !self.soft_break() {
                self.note(self.read);
                self.release(out);
            }
        } else if self.held().last() == Some(&b'\r') {
            out.put(b"\r");
        }
        self.held = 0;
    }

    /// One octet at a time, while something is held.
    fn octet(&mut self, octet: u8, at: u64, out: &mut impl Sink) {
        match self.hold.first() {
            _ if self.held == 0 => self.start(octet, out),
            Some(b'=') => self.escape(octet, at, out),
            _ => self.space(octet, at, out),
        }
    }

    fn start(&mut self, octet: u8, out: &mut impl Sink) {
        match octet {
            b'=' | b' ' | b'\t' | b'\r' => self.keep(octet),
            _ => out.put(&[octet]),
        }
    }

    /// White space is held, and perhaps a CR after it.
    fn space(&mut self, octet: u8, at: u64, out: &mut impl Sink) {
        let cr = self.held().last() == Some(&b'\r');
        match octet {
            b'\n' => {
                out.put(if cr { b"\r\n" } else { b"\n" });
                self.held = 0;
            }
            b' ' | b'\t' | b'\r' if !cr && self.held < HOLD => self.keep(octet),
            _ => {
                self.release(out);
                self.octet(octet, at, out);
            }
        }
    }

    /// An `=` is held, and what came after it so far.
    fn escape(&mut self, octet: u8, at: u64, out: &mut impl Sink) {
        if let [_, high] = *self.held()
            && let Some(decoded) = hex(high, octet)
        {
            self.held = 0;
            return out.put(&[decoded]);
        }
        let soft = self.soft_break();
        match octet {
            b'\n' if soft => self.held = 0,
            b' ' | b'\t' if soft && self.held().last() != Some(&b'\r') && self.held < HOLD => {
                self.keep(octet);
            }
            b'\r' if soft && self.held().last() != Some(&b'\r') && self.held < HOLD => {
                self.keep(octet);
            }
            _ if self.held == 1 && octet.is_ascii_hexdigit() => self.keep(octet),
            _ => {
                // RFC 2045 section 6.7: what is no escape is let through as it is.
                self.note(at);
                self.release(out);
                self.octet(octet, at, out);
            }
        }
    }

    /// Whether only white space, and perhaps a CR, follows the `=`.
    fn soft_break(&self) -> bool {
        let after = self.held().get(1..).unwrap_or(&[]);
        after.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r'))
    }

    fn held(&self) -> &[u8] {
        self.hold.get(..self.held).unwrap_or(&[])
    }

    fn keep(&mut self, octet: u8) {
        if let Some(slot) = self.hold.get_mut(self.held) {
            *slot = octet;
            self.held += 1;
        }
    }

    fn release(&mut self, out: &mut impl Sink) {
        out.put(self.held());
        self.held = 0;
    }

    fn note(&mut self, at: u64) {
        self.junk = self.junk.saturating_add(1);
        self.first_junk.get_or_insert(at);
    }
}

/// Decodes text, lines and escapes that need no second look; what is left begins with something
/// that does.
fn plain<'i>(input: &'i [u8], out: &mut impl Sink) -> &'i [u8] {
    // `run` begins what is not put out yet, and `from` is where to look on.
    let (mut run, mut from) = (input, 0);
    loop {
        let found = memchr2(b'=', b'\n', run.get(from..).unwrap_or(&[]));
        let Some(at) = found.map(|at| from + at) else {
            let cr = usize::from(run.ends_with(b"\r"));
            let text = run.get(..run.len() - cr).unwrap_or(&[]);
            let (text, held) = run
                .split_at_checked(trim_end(text).len())
                .unwrap_or_default();
            out.put(text);
            return held;
        };
        let (before, tail) = run.split_at_checked(at).unwrap_or_default();
        if tail.first() == Some(&b'\n') {
            let text = before.strip_suffix(b"\r").unwrap_or(before);
            if !matches!(text, [.., b' ' | b'\t']) {
                from = at + 1;
                continue;
            }
            let kept = trim_end(text);
            out.put(kept);
            if before.len() - kept.len() > HOLD {
                return run.get(kept.len()..).unwrap_or(&[]);
            }
            run = run.get(text.len()..).unwrap_or(&[]);
            from = at + 1 - text.len();
            continue;
        }
        out.put(before);
        run = match tail {
            [_, b'\r', b'\n', rest @ ..] | [_, b'\n', rest @ ..] => rest,
            _ => escapes(tail, out),
        };
        from = 0;
        // An escape that needs a second look.
        if run.len() == tail.len() {
            return run;
        }
    }
}

/// Decodes escapes in a row; what is left.
fn escapes<'i>(input: &'i [u8], out: &mut impl Sink) -> &'i [u8] {
    let mut rest = input;
    while let [b'=', high, low, tail @ ..] = rest
        && let Some(octet) = hex(*high, *low)
    {
        out.put(&[octet]);
        rest = tail;
    }
    rest
}

fn trim_end(run: &[u8]) -> &[u8] {
    let mut run = run;
    while let [rest @ .., b' ' | b'\t'] = run {
        run = rest;
    }
    run
}
