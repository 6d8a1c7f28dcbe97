//! yEnc: octets shifted by 42, the few that a line cannot hold escaped.

use memchr::memchr3;

/// The state between two pieces of input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ydecode {
    escaped: bool,
    pub(super) junk: u32,
    pub(super) first_junk: Option<u64>,
    read: u64,
}

impl Ydecode {
    /// Decodes all of `input`; the octets written. `out` holds at least `input.len()` octets.
    pub(super) fn push(&mut self, input: &[u8], out: &mut [u8]) -> usize {
        let (mut rest, mut written) = (input, 0);
        while let Some((&octet, tail)) = rest.split_first() {
            if core::mem::take(&mut self.escaped) {
                if matches!(octet, b'\r' | b'\n') {
                    // An escape does not go over a line end.
                    self.note(self.read + (input.len() - rest.len()) as u64);
                } else {
                    let room = out.get_mut(written..).unwrap_or(&mut []);
                    written += shift(&[octet], 42 + 64, room);
                }
                rest = tail;
                continue;
            }
            let run = memchr3(b'=', b'\r', b'\n', rest).unwrap_or(rest.len());
            let (plain, tail) = rest.split_at_checked(run).unwrap_or((rest, &[]));
            let room = out.get_mut(written..).unwrap_or(&mut []);
            written += shift(plain, 42, room);
            self.escaped = tail.first() == Some(&b'=');
            rest = tail.get(1..).unwrap_or(&[]);
        }
        self.read += input.len() as u64;
        written
    }

    /// The end of the input.
    pub(super) fn finish(&mut self) {
        if core::mem::take(&mut self.escaped) {
            self.note(self.read);
        }
    }

    fn note(&mut self, at: u64) {
        self.junk = self.junk.saturating_add(1);
        self.first_junk.get_or_insert(at);
    }
}

fn shift(octets: &[u8], by: u8, out: &mut [u8]) -> usize {
    for (o, octet) in out.iter_mut().zip(octets) {
        *o = octet.wrapping_sub(by);
    }
    octets.len()
}
