//! Content-Disposition (RFC 2183).

use alloc::borrow::Cow;

use crate::field::lex::{Lexer, Token};
use crate::field::param::{Params, RawParam};
use crate::field::text;

/// How a part is meant to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Disposition<'a> {
    kind: &'a [u8],
    params: &'a [u8],
}

impl<'a> Disposition<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let mut tokens = Lexer::new(value);
        loop {
            match tokens.next()? {
                Token::Comment(_) => {}
                Token::Atom(kind) => {
                    let params = value.get(tokens.at()..).unwrap_or(&[]);
                    return Some(Disposition { kind, params });
                }
                _ => return None,
            }
        }
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

    /// The parameters as they stand on the wire, for BODYSTRUCTURE.
    pub fn params_raw(&self) -> impl Iterator<Item = RawParam<'a>> + Clone + use<'a> {
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
}
