//! The encoded words of a value one by one, with what decoding leaves out (RFC 2047, RFC 2231).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::body::charset;
use crate::field::lex::is_space;
use crate::field::text::{self, Word};

/// An iterator of the encoded words of a value: the same that decoding it as text finds.
///
/// ```
/// use mime_core::{Header, Name};
/// let header = Header::new(b"Subject: =?utf-8*fr?Q?caf=C3=A9?= =?x?Q?y?= bar\r\n\r\n");
/// let words: Vec<_> = header.first(Name::Subject).unwrap().encoded_words().collect();
/// assert_eq!(words.len(), 1);
/// assert_eq!(words[0].language(), Some("fr"));
/// assert_eq!(words[0].text(), "café");
/// ```
#[derive(Clone, Debug)]
pub struct EncodedWords<'a> {
    rest: &'a [u8],
    /// What is left of a token that begins with a word.
    token: &'a [u8],
}

impl<'a> EncodedWords<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        EncodedWords { rest, token: &[] }
    }
}

impl<'a> Iterator for EncodedWords<'a> {
    type Item = EncodedWord<'a>;

    fn next(&mut self) -> Option<EncodedWord<'a>> {
        loop {
            if let Some((word, after)) = Word::split(core::mem::take(&mut self.token))
                && (after.is_empty() || after.starts_with(b"=?") || after.starts_with(b")"))
                && charset::is_known(word.charset)
            {
                self.token = after;
                return Some(EncodedWord { word });
            }
            let rest = self.rest.trim_ascii_start();
            let end = rest.iter().position(|b| is_space(*b)).unwrap_or(rest.len());
            let (token, rest) = rest
                .split_at_checked(end)
                .filter(|(token, _)| !token.is_empty())?;
            self.rest = rest;
            let opening = token.iter().take_while(|b| **b == b'(').count();
            self.token = token.get(opening..).unwrap_or(&[]);
        }
    }
}

/// One encoded word.
#[derive(Clone, Copy, Debug)]
pub struct EncodedWord<'a> {
    word: Word<'a>,
}

impl<'a> EncodedWord<'a> {
    /// The name of the charset, as it stands.
    pub fn charset(&self) -> Cow<'a, str> {
        text::line(self.word.charset)
    }

    /// The language tag, if the word has one (RFC 2231 section 5).
    pub fn language(&self) -> Option<&'a str> {
        str::from_utf8(self.word.language?)
            .ok()
            .filter(|tag| !tag.is_empty())
    }

    /// The octets, not decoded from the charset. A character may go on in the next word.
    pub fn octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        self.word.decode(&mut octets);
        octets
    }

    /// The text of this word alone.
    pub fn text(&self) -> String {
        let mut out = String::new();
        charset::decode_or_utf8(self.word.charset, &self.octets(), &mut out);
        text::to_text(Cow::Owned(out.into_bytes())).into_owned()
    }
}
