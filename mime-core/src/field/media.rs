//! Content-Type (RFC 2045 section 5).

use alloc::borrow::Cow;

use crate::field::param::{Params, skip_cfws};
use crate::octets::{Octets, octets};

/// A media type. Always there: without a usable Content-Type it is the default.
#[derive(Clone, Copy, Debug)]
pub struct MediaType<'a> {
    ty: &'a [u8],
    subtype: &'a [u8],
    params: &'a [u8],
    default: bool,
}

impl<'a> MediaType<'a> {
    /// What every part is that does not say otherwise (RFC 2045 section 5.2).
    pub(crate) const TEXT_PLAIN: MediaType<'static> = MediaType {
        ty: b"text",
        subtype: b"plain",
        params: b"",
        default: true,
    };
    /// The same in a multipart/digest (RFC 2046 section 5.1.5).
    pub(crate) const MESSAGE: MediaType<'static> = MediaType {
        ty: b"message",
        subtype: b"rfc822",
        params: b"",
        default: true,
    };

    /// Reads the value of a field; `None` if it is no type.
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let from = skip_cfws(value);
        Self::split(from).or_else(|| Self::split_spaced(from))
    }

    /// `type/subtype` without white space or comments between, as all but a few write it.
    fn split(from: &'a [u8]) -> Option<Self> {
        let (ty, rest) = from.split_at_checked(TOKEN.run(from))?;
        let rest = rest.strip_prefix(b"/")?;
        let (subtype, params) = rest.split_at_checked(TOKEN.run(rest))?;
        (!ty.is_empty() && !subtype.is_empty()).then_some(MediaType {
            ty,
            subtype,
            params,
            default: false,
        })
    }

    /// `type / subtype` with anything between that RFC 822 allowed.
    fn split_spaced(from: &'a [u8]) -> Option<Self> {
        let slash = memchr::memchr2(b'/', b';', from)?;
        let (ty, rest) = from.split_at_checked(slash)?;
        let rest = skip_cfws(rest.strip_prefix(b"/")?);
        let (ty, between) = ty.split_at_checked(TOKEN.run(ty))?;
        if !skip_cfws(between).is_empty() || ty.is_empty() {
            return None;
        }
        let (subtype, params) = rest.split_at_checked(TOKEN.run(rest))?;
        (!subtype.is_empty()).then_some(MediaType {
            ty,
            subtype,
            params,
            default: false,
        })
    }

    /// Whether no usable field said so.
    pub fn is_default(&self) -> bool {
        self.default
    }

    /// The type, in the sender's case.
    pub fn ty(&self) -> &'a [u8] {
        self.ty
    }

    /// The subtype, in the sender's case.
    pub fn subtype(&self) -> &'a [u8] {
        self.subtype
    }

    /// Whether it is this type and subtype, without regard to case; `*` stands for any.
    pub fn is(&self, ty: &str, subtype: &str) -> bool {
        let same =
            |octets: &[u8], want: &str| want == "*" || octets.eq_ignore_ascii_case(want.as_bytes());
        same(self.ty, ty) && same(self.subtype, subtype)
    }

    /// What stands behind type and subtype.
    pub(crate) fn behind(&self) -> &'a [u8] {
        self.params
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
}

const TOKEN: Octets = octets!(|b| is_token(b));

/// RFC 2045 section 5.1: a token. 8-bit octets are let through, to be shown as they are; the audit
/// flags them elsewhere.
pub(crate) const fn is_token(b: u8) -> bool {
    b > b' '
        && b != 0x7f
        && !matches!(
            b,
            b'(' | b')'
                | b'<'
                | b'>'
                | b'@'
                | b','
                | b';'
                | b':'
                | b'\\'
                | b'"'
                | b'/'
                | b'['
                | b']'
                | b'?'
                | b'='
        )
}
