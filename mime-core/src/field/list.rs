//! The fields of mailing lists (RFC 2369, RFC 2919, RFC 8058).

use alloc::borrow::Cow;

use memchr::memchr;

use crate::field::address::Phrase;
use crate::field::lex::{Lexer, Token};
use crate::field::text;
use crate::header::Header;
use crate::name::Name;

/// An iterator of the URIs of a `List-*` field, the preferred one first.
///
/// It ends at the first thing that is no URI in angle brackets (RFC 2369 section 2).
///
/// ```
/// use mime_core::{Header, Name};
/// let header = Header::new(b"List-Help: (write us) <mailto:a@b.example>, <https://c.example>\r\n\r\n");
/// let uris: Vec<_> = header.first(Name::ListHelp).unwrap().list().collect();
/// assert_eq!(uris[0].uri(), "mailto:a@b.example");
/// assert_eq!(uris[0].comment().as_deref(), Some("write us"));
/// assert!(uris[1].has_scheme("https"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ListUris<'a> {
    rest: &'a [u8],
}

impl<'a> ListUris<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        ListUris { rest }
    }

    /// Whether it is the word `NO` instead of URIs: of List-Post, if nobody may post (RFC 2369
    /// section 3.4).
    pub fn is_no(&self) -> bool {
        let (rest, _) = comment(self.rest);
        let mut tokens = Lexer::new(rest).filter(|token| !matches!(token, Token::Comment(_)));
        let first = tokens.next();
        matches!(first, Some(Token::Atom(word)) if word.eq_ignore_ascii_case(b"no"))
            && tokens.next().is_none()
    }
}

impl<'a> Iterator for ListUris<'a> {
    type Item = ListUri<'a>;

    fn next(&mut self) -> Option<ListUri<'a>> {
        let (rest, before) = comment(core::mem::take(&mut self.rest));
        let inner = rest.strip_prefix(b"<")?;
        let (raw, after) = inner.split_at_checked(memchr(b'>', inner)?)?;
        let (after, behind) = comment(after.strip_prefix(b">")?);
        self.rest = after.strip_prefix(b",").unwrap_or(&[]);
        Some(ListUri {
            raw,
            comment: before.or(behind),
        })
    }
}

/// Skips white space and comments: what follows, and the first comment.
fn comment(mut rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut first = None;
    loop {
        rest = rest.trim_ascii_start();
        if rest.first() != Some(&b'(') {
            return (rest, first);
        }
        let mut lexer = Lexer::new(rest);
        if let Some(Token::Comment(inner)) = lexer.next() {
            first = first.or(Some(inner));
        }
        rest = rest.get(lexer.at()..).unwrap_or(&[]);
    }
}

/// One URI of a `List-*` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListUri<'a> {
    raw: &'a [u8],
    comment: Option<&'a [u8]>,
}

impl<'a> ListUri<'a> {
    /// What stands between the angle brackets.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The URI without the white space that RFC 2369 section 2 says to leave out. It is what the
    /// sender wrote: it may have any scheme.
    pub fn uri(&self) -> Cow<'a, str> {
        text::without_space(self.raw)
    }

    /// Whether it has this scheme, without regard to case.
    pub fn has_scheme(&self, scheme: &str) -> bool {
        let uri = self.uri();
        let found = uri.split_once(':').map(|(scheme, _)| scheme);
        found.is_some_and(|found| found.eq_ignore_ascii_case(scheme))
    }

    /// The first comment before or after it, decoded.
    pub fn comment(&self) -> Option<Cow<'a, str>> {
        self.comment.map(text::comment)
    }
}

/// The value of List-Id (RFC 2919).
#[derive(Clone, Copy, Debug)]
pub struct ListId<'a> {
    phrase: Option<Phrase<'a>>,
    raw: &'a [u8],
}

impl<'a> ListId<'a> {
    /// `None` if there is no identifier. One without its angle brackets is taken if it stands alone.
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        let mut lexer = Lexer::new(value);
        let open = loop {
            let from = lexer.at();
            match lexer.next() {
                Some(Token::Special(b'<')) => break lexer.at(),
                Some(Token::Open(_)) => return None,
                Some(_) => debug_assert!(from < lexer.at()),
                None => return Self::bare(value),
            }
        };
        let phrase = Phrase::new(value.get(..open - 1)?);
        let inner = value.get(open..)?;
        let raw = inner.get(..memchr(b'>', inner)?)?.trim_ascii();
        (!raw.is_empty()).then_some(ListId { phrase, raw })
    }

    fn bare(value: &'a [u8]) -> Option<Self> {
        let raw = value.trim_ascii();
        let is_label = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        (!raw.is_empty() && raw.iter().all(is_label)).then_some(ListId { phrase: None, raw })
    }

    /// The description of the list before the identifier.
    pub fn phrase(&self) -> Option<Phrase<'a>> {
        self.phrase
    }

    /// The identifier, without white space.
    pub fn id(&self) -> Cow<'a, str> {
        text::without_space(self.raw)
    }

    /// Whether it is the list with this identifier: case does not matter (RFC 2919 section 6).
    pub fn is(&self, id: &str) -> bool {
        self.id().eq_ignore_ascii_case(id)
    }
}

impl<'a> Header<'a> {
    /// The URI to which a POST of `List-Unsubscribe=One-Click` leaves the list, with the user's
    /// consent (RFC 8058).
    ///
    /// `None` unless List-Unsubscribe-Post has exactly this value, List-Unsubscribe exactly one `https`
    /// URI, and both stand once. RFC 8058 section 4 demands besides a valid DKIM signature that covers
    /// both fields; that is the caller's to check.
    ///
    /// ```
    /// use mime_core::Header;
    /// let header = Header::new(
    ///     b"List-Unsubscribe: <mailto:a@b.example>, <https://b.example/u?id=1>\r\n\
    ///       List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n",
    /// );
    /// assert_eq!(header.one_click_unsubscribe().as_deref(), Some("https://b.example/u?id=1"));
    /// ```
    pub fn one_click_unsubscribe(&self) -> Option<Cow<'a, str>> {
        let post = self.only(Name::ListUnsubscribePost)?.unfolded();
        if !post.eq_ignore_ascii_case(b"List-Unsubscribe=One-Click") {
            return None;
        }
        let uris = self.only(Name::ListUnsubscribe)?.list();
        let mut secure = uris.filter(|uri| uri.has_scheme("https"));
        let uri = secure.next()?;
        secure.next().is_none().then(|| uri.uri())
    }
}
