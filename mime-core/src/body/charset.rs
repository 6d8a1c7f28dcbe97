//! Charsets: UTF-8, US-ASCII, ISO-8859-1 and UTF-7 always, the others by the feature `charset`.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::body::base64_lines::Lines;
use crate::body::sink::Sink;
use crate::body::utf7::Utf7;

#[derive(Clone, Copy)]
enum Charset {
    Utf8,
    Latin1,
    Utf7,
    #[cfg(feature = "charset")]
    Other(&'static encoding_rs::Encoding),
}

impl Charset {
    fn of(label: &[u8]) -> Option<Charset> {
        let label = label.trim_ascii();
        let is = |names: &[&str]| {
            names
                .iter()
                .any(|n| label.eq_ignore_ascii_case(n.as_bytes()))
        };
        if label.is_empty() || is(&["utf-8", "utf8", "us-ascii", "ascii", "unicode-1-1-utf-8"]) {
            return Some(Charset::Utf8);
        }
        if is(&[
            "iso-8859-1",
            "iso8859-1",
            "latin1",
            "l1",
            "windows-1252",
            "cp1252",
            "x-cp1252",
        ]) {
            return Some(Charset::Latin1);
        }
        #[cfg(feature = "charset")]
        {
            encoding_rs::Encoding::for_label_no_replacement(label).map(Charset::Other)
        }
        #[cfg(not(feature = "charset"))]
        None
    }

    /// The charset of a body. Only here is UTF-7 known: in a header nobody needs it, and it hides
    /// what a filter looks for.
    fn of_body(label: &[u8]) -> Option<Charset> {
        const UTF7: [&str; 4] = [
            "utf-7",
            "unicode-1-1-utf-7",
            "unicode-2-0-utf-7",
            "csunicode11utf7",
        ];
        let plain = label.trim_ascii();
        if UTF7
            .iter()
            .any(|n| plain.eq_ignore_ascii_case(n.as_bytes()))
        {
            return Some(Charset::Utf7);
        }
        Charset::of(label)
    }
}

/// Whether a header can be in this charset.
pub(crate) fn is_known(label: &[u8]) -> bool {
    Charset::of(label).is_some()
}

/// Whether a body in this charset can be decoded.
pub(crate) fn is_known_in_body(label: &[u8]) -> bool {
    Charset::of_body(label).is_some()
}

/// Whether a body in this charset is UTF-8, or taken for it.
pub(crate) fn is_utf8(label: &[u8]) -> bool {
    matches!(Charset::of_body(label), None | Some(Charset::Utf8))
}

/// Appends the text of `octets`, which are taken for UTF-8 if the charset is not known. Whether
/// octets had to be replaced.
pub(crate) fn decode_or_utf8(label: &[u8], octets: &[u8], out: &mut String) -> bool {
    TextDecoder::of_header_or_utf8(label).all(octets, out)
}

/// The text of a body.
pub(crate) fn decode_body<'o>(label: &[u8], octets: Cow<'o, [u8]>) -> Cow<'o, str> {
    let charset = Charset::of_body(label);
    let octets = match (charset, octets) {
        (None | Some(Charset::Utf8), Cow::Borrowed(octets)) => {
            return utf8_or_replaced(octets);
        }
        (None | Some(Charset::Utf8), Cow::Owned(octets)) => match String::from_utf8(octets) {
            Ok(text) => return Cow::Owned(text),
            Err(err) => Cow::Owned(err.into_bytes()),
        },
        (_, octets) => octets,
    };
    let mut out = String::new();
    TextDecoder::of_body(label).all(&octets, &mut out);
    Cow::Owned(out)
}

/// Octets that should be UTF-8.
pub(crate) fn utf8_or_replaced(octets: &[u8]) -> Cow<'_, str> {
    // Faster for what is sound than to look for what is not.
    sound_utf8(octets).map_or_else(|| String::from_utf8_lossy(octets), Cow::Borrowed)
}

#[cfg(feature = "std")]
pub(crate) fn sound_utf8(octets: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(octets).ok()
}

#[cfg(not(feature = "std"))]
pub(crate) fn sound_utf8(octets: &[u8]) -> Option<&str> {
    str::from_utf8(octets).ok()
}

/// Octets whose text goes to a string.
pub(crate) struct Decoding<'o> {
    pub(crate) decoder: &'o mut TextDecoder,
    pub(crate) out: &'o mut String,
}

impl Sink for Decoding<'_> {
    fn put(&mut self, octets: &[u8]) {
        self.decoder.push(octets, self.out);
    }

    fn put_base64(&mut self, _: Lines<'_>) -> bool {
        false
    }
}

/// Decodes a charset, piece by piece: however the octets are cut, the text is the same.
pub(crate) struct TextDecoder {
    state: State,
    replaced: bool,
}

enum State {
    /// The octets of a character that is not complete.
    Utf8([u8; 4], usize),
    Latin1,
    Utf7(Utf7),
    #[cfg(feature = "charset")]
    Other(encoding_rs::Decoder),
}

impl TextDecoder {
    /// For a body in this charset.
    pub(crate) fn of_body(label: &[u8]) -> Self {
        TextDecoder::new(Charset::of_body(label))
    }

    /// For an encoded word in this charset, if it is known.
    pub(crate) fn of_header(label: &[u8]) -> Option<Self> {
        Charset::of(label).map(|charset| TextDecoder::new(Some(charset)))
    }

    /// For a parameter in this charset, or in UTF-8 if it is not known.
    pub(crate) fn of_header_or_utf8(label: &[u8]) -> Self {
        TextDecoder::new(Charset::of(label))
    }

    fn new(charset: Option<Charset>) -> Self {
        let state = match charset {
            None | Some(Charset::Utf8) => State::Utf8([0; 4], 0),
            Some(Charset::Latin1) => State::Latin1,
            Some(Charset::Utf7) => State::Utf7(Utf7::default()),
            #[cfg(feature = "charset")]
            Some(Charset::Other(encoding)) => State::Other(decoder(encoding)),
        };
        TextDecoder {
            state,
            replaced: false,
        }
    }

    /// Whether octets were no characters so far.
    #[cfg(feature = "serde")]
    pub(crate) fn has_replaced(&self) -> bool {
        self.replaced
    }

    fn all(mut self, octets: &[u8], out: &mut String) -> bool {
        self.push(octets, out);
        self.finish(out);
        self.replaced
    }

    /// Appends the text of `octets`.
    pub(crate) fn push(&mut self, octets: &[u8], out: &mut String) {
        match &mut self.state {
            State::Utf8(hold, held) => self.replaced |= utf8(hold, held, octets, out),
            State::Latin1 => latin1_text(octets, out),
            State::Utf7(utf7) => utf7.push(octets, out),
            #[cfg(feature = "charset")]
            State::Other(decoder) => self.replaced |= other(decoder, octets, false, out),
        }
    }

    /// The octets are at their end: appends what stands for a cut character.
    pub(crate) fn finish(&mut self, out: &mut String) {
        match &mut self.state {
            State::Utf8(_, 0) | State::Latin1 => {}
            State::Utf8(_, held) => {
                *held = 0;
                self.replaced = true;
                out.push('\u{fffd}');
            }
            State::Utf7(utf7) => self.replaced |= utf7.finish(out).malformed,
            #[cfg(feature = "charset")]
            State::Other(decoder) => self.replaced |= other(decoder, &[], true, out),
        }
    }
}

/// UTF-8 in which what is no character becomes U+FFFD. Whether there was any.
fn utf8(hold: &mut [u8; 4], held: &mut usize, octets: &[u8], out: &mut String) -> bool {
    let (mut rest, mut replaced) = (octets, false);
    while *held > 0
        && let Some((&octet, tail)) = rest.split_first()
    {
        // The octets held are the start of a character; the next one goes on with it or not.
        if let Some(place) = hold.get_mut(*held) {
            *place = octet;
        }
        let with = hold.get(..*held + 1).unwrap_or(&[]);
        match str::from_utf8(with) {
            Ok(c) => {
                out.push_str(c);
                *held = 0;
            }
            Err(err) if err.error_len().is_none() => *held += 1,
            Err(_) => {
                out.push('\u{fffd}');
                (*held, replaced) = (0, true);
                continue;
            }
        }
        rest = tail;
    }
    if let Some(text) = sound_utf8(rest) {
        out.push_str(text);
        return replaced;
    }
    let mut left = rest.len();
    for chunk in rest.utf8_chunks() {
        out.push_str(chunk.valid());
        left -= chunk.valid().len() + chunk.invalid().len();
        match chunk.invalid() {
            [] => {}
            cut if left == 0 && str::from_utf8(cut).is_err_and(|err| err.error_len().is_none()) => {
                hold.iter_mut().zip(cut).for_each(|(h, octet)| *h = *octet);
                *held = cut.len();
            }
            _ => {
                out.push('\u{fffd}');
                replaced = true;
            }
        }
    }
    replaced
}

fn latin1_text(octets: &[u8], out: &mut String) {
    out.reserve(octets.len());
    let mut rest = octets;
    while let Some((&first, tail)) = rest.split_first() {
        if first >= 0x80 {
            out.push(latin1(first));
            rest = tail;
            continue;
        }
        let (text, tail) = rest
            .split_at_checked(ascii_run(rest))
            .unwrap_or((rest, &[]));
        out.push_str(str::from_utf8(text).unwrap_or_default());
        rest = tail;
    }
}

/// How many octets at the start are ASCII.
fn ascii_run(octets: &[u8]) -> usize {
    let (words, _) = octets.as_chunks::<8>();
    let len = words.iter().take_while(|word| word.is_ascii()).count() * 8;
    let rest = octets.get(len..).unwrap_or(&[]);
    len + rest.iter().take_while(|b| b.is_ascii()).count()
}

/// ISO-8859-1 is read as windows-1252, which is what those who say the one mostly mean.
pub(crate) fn latin1(octet: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let high = octet
        .checked_sub(0x80)
        .and_then(|i| HIGH.get(usize::from(i)));
    high.copied().unwrap_or(octet as char)
}

/// RFC 2781 section 3.3: the label UTF-16 leaves the order of the octets to the mark before them.
#[cfg(feature = "charset")]
fn decoder(encoding: &'static encoding_rs::Encoding) -> encoding_rs::Decoder {
    if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE {
        encoding.new_decoder()
    } else {
        encoding.new_decoder_without_bom_handling()
    }
}

#[cfg(feature = "charset")]
fn other(
    decoder: &mut encoding_rs::Decoder,
    mut octets: &[u8],
    last: bool,
    out: &mut String,
) -> bool {
    let mut replaced = false;
    loop {
        out.reserve(
            decoder
                .max_utf8_buffer_length(octets.len())
                .unwrap_or(octets.len()),
        );
        let (result, read, some) = decoder.decode_to_string(octets, out, last);
        octets = octets.get(read..).unwrap_or(&[]);
        replaced |= some;
        if result == encoding_rs::CoderResult::InputEmpty {
            return replaced;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn in_pieces<'o>(label: &[u8], pieces: impl Iterator<Item = &'o [u8]>) -> String {
        let (mut decoder, mut out) = (TextDecoder::of_body(label), String::new());
        pieces.for_each(|piece| decoder.push(piece, &mut out));
        decoder.finish(&mut out);
        out
    }

    proptest! {
        #[test]
        fn text_is_the_same_however_it_is_cut(
            octets in prop::collection::vec(
                prop_oneof![any::<u8>(), prop::sample::select(&b"a+-AD\xc3\xa9\xe2\x82\xac\xf0\x9f"[..])],
                0..60,
            ),
            size in 1usize..5,
        ) {
            for label in ["utf-8", "latin1", "utf-7", "shift_jis", "iso-2022-jp", "utf-16", "gb18030"] {
                let label = label.as_bytes();
                let whole = decode_body(label, Cow::Borrowed(&octets));
                prop_assert_eq!(&decode_body(label, Cow::Owned(octets.clone())), &whole);
                prop_assert_eq!(&in_pieces(label, octets.chunks(size)), &whole);
                let uneven = octets.split_inclusive(|b| *b < 0x80).collect::<Vec<_>>();
                prop_assert_eq!(&in_pieces(label, uneven.into_iter()), &whole);
            }
        }
    }
}
