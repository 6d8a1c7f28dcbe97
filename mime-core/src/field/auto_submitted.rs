//! Auto-Submitted (RFC 3834 section 5).

use alloc::borrow::Cow;

use crate::field::param::{Params, word_and_params};
use crate::field::text;

/// Whether a message was written by a person, or why not.
///
/// ```
/// use mime_core::{AutoKind, Header, Name};
/// let header = Header::new(b"Auto-Submitted: auto-replied; owner-email=\"a@b.example\"\r\n\r\n");
/// let auto = header.only(Name::AutoSubmitted).unwrap().auto_submitted().unwrap();
/// assert_eq!(auto.kind(), AutoKind::Replied);
/// assert_eq!(auto.params().get("owner-email").as_deref(), Some("a@b.example"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AutoSubmitted<'a> {
    keyword: &'a [u8],
    params: &'a [u8],
}

/// What an [`AutoSubmitted`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum AutoKind {
    /// `no`: a person wrote it.
    No,
    /// `auto-generated`: a program wrote it, on no message's account.
    Generated,
    /// `auto-replied`: a program answers a message.
    Replied,
    /// `auto-notified`: a script tells of a message (RFC 5436 section 2.7.1).
    Notified,
    /// Another word. It was not a person.
    Other,
}

impl<'a> AutoSubmitted<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let (keyword, params) = word_and_params(value)?;
        Some(AutoSubmitted { keyword, params })
    }

    /// The word, in the sender's case.
    pub fn keyword(&self) -> Cow<'a, str> {
        text::line(self.keyword)
    }

    /// What the word means. A responder answers only [`AutoKind::No`], and mail without the field
    /// (RFC 3834 section 2).
    pub fn kind(&self) -> AutoKind {
        const WORDS: [(&str, AutoKind); 4] = [
            ("no", AutoKind::No),
            ("auto-generated", AutoKind::Generated),
            ("auto-replied", AutoKind::Replied),
            ("auto-notified", AutoKind::Notified),
        ];
        let same = |word: &str| self.keyword.eq_ignore_ascii_case(word.as_bytes());
        let known = WORDS.iter().find(|(word, _)| same(word));
        known.map_or(AutoKind::Other, |(_, kind)| *kind)
    }

    /// The parameters.
    pub fn params(&self) -> Params<'a> {
        Params::new(self.params)
    }
}
