//! Quoted-printable (RFC 2045 section 6.7).

use memchr::memchr2;

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

/// Where decoded octets go; there is always room.
struct Out<'o> {
    room: &'o mut [u8],
    len: usize,
}

impl Out<'_> {
    fn put(&mut self, octets: &[u8]) {
        let to = self.len + octets.len();
        if let Some(room) = self.room.get_mut(self.len..to) {
            room.copy_from_slice(octets);
            self.len = to;
        }
    }
}

impl QuotedPrintable {
    /// Decodes all of `input`; the octets written. `out` holds at least `input.len() + HOLD`.
    pub(super) fn push(&mut self, input: &[u8], out: &mut [u8]) -> usize {
        let mut out = Out { room: out, len: 0 };
        let mut rest = input;
        while !rest.is_empty() {
            if self.held == 0 {
                rest = self.plain(rest, &mut out);
            }
            if let Some((&octet, tail)) = rest.split_first() {
                let at = self.read + (input.len() - rest.len()) as u64;
                rest = tail;
                self.octet(octet, at, &mut out);
            }
        }
        self.read += input.len() as u64;
        out.len
    }

    /// The end of the body: white space before it is dropped, an unfinished `=` is kept.
    pub(super) fn finish(&mut self, out: &mut [u8]) -> usize {
        let mut out = Out { room: out, len: 0 };
        if self.hold.first() == Some(&b'=') && self.held > 0 {
            // RFC 2045 section 6.7 (5): a soft line break has nothing after it but the line end.
            // The line end after it belongs to the delimiter that follows.
            if !self.soft_break() {
                self.note(self.read);
                self.release(&mut out);
            }
        } else if self.held().last() == Some(&b'\r') {
            out.put(b"\r");
        }
        self.held = 0;
        out.len
    }

    /// Copies lines and text that need no second look; what is left begins with one that does.
    fn plain<'i>(&mut self, input: &'i [u8], out: &mut Out<'_>) -> &'i [u8] {
        let mut rest = input;
        loop {
            let end = memchr2(b'=', b'\n', rest);
            let (run, tail) = rest
                .split_at_checked(end.unwrap_or(rest.len()))
                .unwrap_or_default();
            match tail.first() {
                Some(b'\n') => {
                    let (text, end) = match run {
                        [text @ .., b'\r'] => (trim_end(text), &b"\r\n"[..]),
                        text => (trim_end(text), &b"\n"[..]),
                    };
                    out.put(text);
                    if run.len() - text.len() > HOLD {
                        return rest.get(text.len()..).unwrap_or(&[]);
                    }
                    out.put(end);
                    rest = tail.get(1..).unwrap_or(&[]);
                }
                Some(_) => {
                    out.put(run);
                    return tail;
                }
                None => {
                    let cr = usize::from(run.ends_with(b"\r"));
                    let body = run.get(..run.len() - cr).unwrap_or(&[]);
                    let keep = trim_end(body).len();
                    out.put(run.get(..keep).unwrap_or(&[]));
                    return run.get(keep..).unwrap_or(&[]);
                }
            }
        }
    }

    /// One octet at a time, while something is held.
    fn octet(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
        match self.hold.first() {
            _ if self.held == 0 => self.start(octet, out),
            Some(b'=') => self.escape(octet, at, out),
            _ => self.space(octet, at, out),
        }
    }

    fn start(&mut self, octet: u8, out: &mut Out<'_>) {
        match octet {
            b'=' | b' ' | b'\t' | b'\r' => self.keep(octet),
            _ => out.put(&[octet]),
        }
    }

    /// White space is held, and perhaps a CR after it.
    fn space(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
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
    fn escape(&mut self, octet: u8, at: u64, out: &mut Out<'_>) {
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

    fn release(&mut self, out: &mut Out<'_>) {
        out.put(self.held());
        self.held = 0;
    }

    fn note(&mut self, at: u64) {
        self.junk = self.junk.saturating_add(1);
        self.first_junk.get_or_insert(at);
    }
}

fn trim_end(run: &[u8]) -> &[u8] {
    let mut run = run;
    while let [rest @ .., b' ' | b'\t'] = run {
        run = rest;
    }
    run
}
