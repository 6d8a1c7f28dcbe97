//! Charsets: UTF-8, US-ASCII and ISO-8859-1 always, the others by the feature `charset`.

use alloc::string::String;

enum Charset {
    Utf8,
    Latin1,
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
}

/// Whether text in this charset can be decoded.
pub(crate) fn is_known(label: &[u8]) -> bool {
    Charset::of(label).is_some()
}

/// Appends the text of `octets`, which are taken for UTF-8 if the charset is not known. Whether
/// octets had to be replaced.
pub(crate) fn decode_or_utf8(label: &[u8], octets: &[u8], out: &mut String) -> bool {
    match Charset::of(label).unwrap_or(Charset::Utf8) {
        Charset::Utf8 => {
            let mut replaced = false;
            for chunk in octets.utf8_chunks() {
                out.push_str(chunk.valid());
                if !chunk.invalid().is_empty() {
                    replaced = true;
                    out.push('\u{fffd}');
                }
            }
            replaced
        }
        Charset::Latin1 => {
            out.extend(octets.iter().map(|b| latin1(*b)));
            false
        }
        #[cfg(feature = "charset")]
        Charset::Other(encoding) => {
            let (text, replaced) = encoding.decode_without_bom_handling(octets);
            out.push_str(&text);
            replaced
        }
    }
}

/// ISO-8859-1 is read as windows-1252, which is what those who say the one mostly mean.
fn latin1(octet: u8) -> char {
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

/// Whether the charset is UTF-8 or a part of it.
pub(crate) fn is_utf8(label: &[u8]) -> bool {
    matches!(Charset::of(label), None | Some(Charset::Utf8))
}
