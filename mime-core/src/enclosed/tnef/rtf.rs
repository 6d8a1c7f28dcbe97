//! Compressed RTF (MS-OXRTFCP).

use alloc::vec::Vec;

use crate::enclosed::crc32::remainder;

/// Octets that the window holds.
const WINDOW: usize = 4096;
/// What the window holds at first (MS-OXRTFCP section 2.1.2.1): the words that RTF begins with.
const START: &[u8; 207] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \
\\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\
\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// Rich text, compressed, as a [`Tnef`](crate::Tnef) holds it.
///
/// ```
/// use mime_core::CompressedRtf;
/// // Not compressed after all: lengths, its mark, no checksum, text.
/// let octets = b"\x14\0\0\0\x08\0\0\0MELA\0\0\0\0{\\rtf1 }";
/// let rtf = CompressedRtf::parse(octets).unwrap();
/// let mut out = Vec::new();
/// assert!(rtf.decode_into(1 << 20, &mut out));
/// assert_eq!(out, b"{\\rtf1 }");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CompressedRtf<'a> {
    /// As its head says.
    len: u32,
    crc: u32,
    compressed: bool,
    contents: &'a [u8],
    whole: bool,
}

impl<'a> CompressedRtf<'a> {
    /// Reads the head; `None` if it is not of the one form or the other.
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        let (head, rest) = octets.split_first_chunk::<16>()?;
        let [size, len, form, crc] = *head.as_chunks::<4>().0 else {
            return None;
        };
        let compressed = match &form {
            b"LZFu" => true,
            b"MELA" => false,
            _ => return None,
        };
        // The size counts all behind itself.
        let size = (u32::from_le_bytes(size) as usize).saturating_sub(12);
        Some(CompressedRtf {
            len: u32::from_le_bytes(len),
            crc: u32::from_le_bytes(crc),
            compressed,
            contents: rest.get(..size).unwrap_or(rest),
            whole: size <= rest.len(),
        })
    }

    /// Octets that it has when decoded, as it says itself.
    pub fn claimed_len(&self) -> u32 {
        self.len
    }

    /// Whether it is whole and its checksum fits.
    pub fn is_intact(&self) -> bool {
        self.whole && (!self.compressed || self.crc == remainder(self.contents))
    }

    /// Appends the rich text to `out`, at most `limit` octets. Whether it has the length that it
    /// says.
    ///
    /// An octet of input makes at most eight.
    pub fn decode_into(&self, limit: usize, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        if self.compressed {
            decompress(self.contents, limit, out);
        } else {
            out.extend_from_slice(self.contents.get(..limit).unwrap_or(self.contents));
        }
        (out.len() - start) as u64 == u64::from(self.len)
    }
}

/// LZ77 over a window: eight tokens behind each octet that says, bit by bit, which they are
/// (MS-OXRTFCP section 3.1.3).
fn decompress(contents: &[u8], limit: usize, out: &mut Vec<u8>) {
    let mut window = Window::new();
    let end = out.len().saturating_add(limit);
    let mut rest = contents.iter().copied();
    while let Some(kinds) = rest.next() {
        for token in 0..8 {
            let Some(octet) = rest.next().filter(|_| out.len() < end) else {
                return;
            };
            if kinds >> token & 1 == 0 {
                window.put(octet, out);
                continue;
            }
            let Some(low) = rest.next() else {
                return;
            };
            let [high, low] = [octet, low].map(usize::from);
            let from = high << 4 | low >> 4;
            // It points to where nothing is yet: the end.
            if from == window.at {
                return;
            }
            let len = ((low & 0xf) + 2).min(end - out.len());
            for at in from..from + len {
                window.put(window.get(at), out);
            }
        }
    }
}

/// The last octets that were written.
struct Window {
    octets: [u8; WINDOW],
    /// Where the next one goes.
    at: usize,
}

impl Window {
    fn new() -> Self {
        let mut octets = [0; WINDOW];
        octets
            .iter_mut()
            .zip(START)
            .for_each(|(o, octet)| *o = *octet);
        Window {
            octets,
            at: START.len(),
        }
    }

    fn get(&self, at: usize) -> u8 {
        self.octets.get(at % WINDOW).copied().unwrap_or_default()
    }

    fn put(&mut self, octet: u8, out: &mut Vec<u8>) {
        out.push(octet);
        if let Some(place) = self.octets.get_mut(self.at) {
            *place = octet;
        }
        self.at = (self.at + 1) % WINDOW;
    }
}
