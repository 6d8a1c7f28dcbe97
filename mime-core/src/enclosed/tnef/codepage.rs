//! Code pages of Windows, by number.

use alloc::borrow::Cow;

use crate::body::charset;

/// The charset of the texts of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Codepage(pub(super) u32);

impl Codepage {
    /// Text up to its first NUL.
    pub(super) fn text(self, octets: &[u8]) -> Cow<'_, str> {
        match charset::decode_body(self.label().as_bytes(), Cow::Borrowed(octets)) {
            Cow::Borrowed(text) => Cow::Borrowed(up_to_nul(text)),
            Cow::Owned(mut text) => {
                text.truncate(up_to_nul(&text).len());
                Cow::Owned(text)
            }
        }
    }

    /// The label of WHATWG; empty, which is UTF-8, if it has none.
    fn label(self) -> &'static str {
        match self.0 {
            874 => "windows-874",
            932 => "shift_jis",
            936 => "gbk",
            949 => "euc-kr",
            950 => "big5",
            866 => "ibm866",
            1200 => "utf-16le",
            1201 => "utf-16be",
            1250 => "windows-1250",
            1251 => "windows-1251",
            1252 | 28591 => "windows-1252",
            1253 => "windows-1253",
            1254 | 28599 => "windows-1254",
            1255 => "windows-1255",
            1256 => "windows-1256",
            1257 => "windows-1257",
            1258 => "windows-1258",
            10000 => "macintosh",
            20866 => "koi8-r",
            21866 => "koi8-u",
            28592 => "iso-8859-2",
            28593 => "iso-8859-3",
            28594 => "iso-8859-4",
            28595 => "iso-8859-5",
            28596 => "iso-8859-6",
            28597 => "iso-8859-7",
            28598 => "iso-8859-8",
            28603 => "iso-8859-13",
            28605 => "iso-8859-15",
            50220..=50222 => "iso-2022-jp",
            51932 => "euc-jp",
            51949 => "euc-kr",
            54936 => "gb18030",
            65000 => "utf-7",
            _ => "",
        }
    }
}

fn up_to_nul(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}
