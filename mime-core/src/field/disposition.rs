//! Content-Disposition (RFC 2183).

use alloc::borrow::Cow;
use alloc::string::String;

use crate::field::date::DateTime;
use crate::field::filename::safe_filename;
use crate::field::param::{Params, word_and_params};
use crate::field::text;

/// How a part is meant to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Disposition<'a> {
    kind: &'a [u8],
    params: &'a [u8],
}

impl<'a> Disposition<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let (kind, params) = word_and_params(value)?;
        Some(Disposition { kind, params })
    }

    /// `inline`, `attachment` or something else, in the sender's case.
    pub fn kind(&self) -> &'a [u8] {
        self.kind
    }

    /// Whether it is `inline`.
    pub fn is_inline(&self) -> bool {
        self.kind.eq_ignore_ascii_case(b"inline")
    }

    /// Whether it is `attachment`, or a kind nobody knows (RFC 2183 section 2.8).
    pub fn is_attachment(&self) -> bool {
        !self.is_inline()
    }

    /// The parameters: one by one as they stand on the wire, for BODYSTRUCTURE, or by their names.
    pub fn params_raw(&self) -> Params<'a> {
        Params::new(self.params)
    }

    /// A parameter, joined and decoded (RFC 2231): see [`Params::get`].
    pub fn param(&self, name: &str) -> Option<Cow<'a, str>> {
        Params::new(self.params).get(name)
    }

    /// Every value that `name` may be taken to have: see [`Params::readings`].
    pub fn param_readings(&self, name: &str) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        Params::new(self.params).readings(name)
    }

    /// The file name: [`param`](Self::param), with encoded words decoded, which many write
    /// although RFC 2047 section 5 forbids it. It is what the sender wrote: it may be a path.
    pub fn filename(&self) -> Option<Cow<'a, str>> {
        self.param("filename").map(text::decode_words)
    }

    /// The [`filename`](Self::filename) as one that can be written to a disk: see
    /// [`safe_filename`].
    pub fn safe_filename(&self) -> Option<String> {
        safe_filename(&self.filename()?)
    }

    /// How many octets the file has, as the sender says (RFC 2183 section 2.7).
    pub fn size(&self) -> Option<u64> {
        let size = self.param("size")?;
        let is_number = size.bytes().all(|b| b.is_ascii_digit());
        size.parse().ok().filter(|_| is_number)
    }

    /// When the file was made (RFC 2183 section 2.4).
    pub fn creation_date(&self) -> Option<DateTime> {
        self.date("creation-date")
    }

    /// When the file was changed last (RFC 2183 section 2.5).
    pub fn modification_date(&self) -> Option<DateTime> {
        self.date("modification-date")
    }

    /// When the file was read last (RFC 2183 section 2.6).
    pub fn read_date(&self) -> Option<DateTime> {
        self.date("read-date")
    }

    fn date(&self, name: &str) -> Option<DateTime> {
        DateTime::parse(self.param(name)?.as_bytes())
    }
}
