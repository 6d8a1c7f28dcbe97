//! The clauses of a Received (RFC 5321 section 4.4), found in one look at each octet.

use crate::field::date::DateTime;
use crate::field::lex::{Lexer, Token, is_atom, is_space};
use crate::octets::{Octets, octets};

/// A value and the comments behind it, as they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Clause<'a> {
    pub(crate) value: &'a [u8],
    pub(crate) comments: &'a [u8],
}

/// The clauses of RFC 5321 section 4.4, and `tls` of RFC 8314 section 4.3.
pub(crate) const KEYWORDS: usize = 7;
pub(crate) const FROM: usize = 0;
pub(crate) const BY: usize = 1;
pub(crate) const VIA: usize = 2;
pub(crate) const WITH: usize = 3;
pub(crate) const ID: usize = 4;
pub(crate) const FOR: usize = 5;
pub(crate) const TLS: usize = 6;

/// What is known of each clause.
pub(crate) type Clauses<'a> = [Option<Clause<'a>>; KEYWORDS];

/// All clauses of a value, and the date behind them.
pub(crate) fn read(value: &[u8]) -> (Clauses<'_>, Option<DateTime>) {
    let mut reader = Reader::new(value);
    let date = reader.read();
    (reader.clauses, date)
}

/// Parts a value into its clauses.
struct Reader<'a> {
    value: &'a [u8],
    clauses: Clauses<'a>,
    /// The clause that is being read, where its value begins, and where its comments do.
    open: Option<(usize, usize)>,
    comments: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(value: &'a [u8]) -> Self {
        Reader {
            value,
            clauses: [None; KEYWORDS],
            open: None,
            comments: None,
        }
    }

    /// Whole words are skipped, and only what stands between them is parted into tokens.
    fn read(&mut self) -> Option<DateTime> {
        let mut lexer = Lexer::new(self.value);
        let mut angle = false;
        loop {
            let word = lexer.run_of(&WORD);
            let at = lexer.at();
            if !word.is_empty() {
                if !angle && let Some(keyword) = keyword(word) {
                    self.begin(keyword, at - word.len(), at);
                }
                continue;
            }
            match lexer.no_atom() {
                None => {
                    self.close(self.value.len());
                    return None;
                }
                Some(Token::Special(b'<')) => angle = true,
                Some(Token::Special(b'>')) => angle = false,
                Some(Token::Special(b';')) if !angle => {
                    self.close(at);
                    return self.date_from(at + 1);
                }
                // Without a semicolon the date begins with the name of its day.
                Some(Token::Special(b',')) if !angle && let Some(day) = self.day_before(at) => {
                    self.close(day);
                    return self.date_from(day);
                }
                Some(Token::Comment(_) | Token::Open(_)) => {
                    self.comments.get_or_insert(at);
                }
                _ => {}
            }
        }
    }

    /// A keyword stands here: it begins a clause if it is a word of its own, and the first such.
    fn begin(&mut self, keyword: usize, start: usize, end: usize) {
        let is_new = self.clauses.get(keyword).is_some_and(Option::is_none);
        let is_open = self.open.is_some_and(|(open, _)| open == keyword);
        if is_new && !is_open && self.is_apart(start, end) {
            self.close(start);
            self.open = Some((keyword, end));
        }
    }

    /// Whether what stands here is a word of its own, and no part of a domain or an address.
    fn is_apart(&self, start: usize, end: usize) -> bool {
        let before = start.checked_sub(1).and_then(|at| self.value.get(at));
        let after = self.value.get(end);
        before.is_none_or(|b| is_space(*b) || *b == b')')
            && after.is_some_and(|b| is_space(*b) || matches!(b, b'(' | b'<' | b'['))
    }

    /// Where the name of a day begins that stands before this place.
    fn day_before(&self, at: usize) -> Option<usize> {
        let before = self.value.get(..at)?;
        // A form feed is no white space here: it parts the name from the comma.
        let last = before.iter().rposition(|b| !is_space(*b))?;
        let (rest, name) = before.get(..=last)?.split_last_chunk::<3>()?;
        let is_whole = !rest.last().is_some_and(|b| ATOM.has(*b));
        (is_whole && is_day(name)).then_some(rest.len())
    }

    /// The open clause ends here.
    fn close(&mut self, end: usize) {
        let comments = self.comments.take().unwrap_or(end);
        let Some((keyword, start)) = self.open.take() else {
            return;
        };
        let between = |from, to| self.value.get(from..to).unwrap_or(&[]).trim_ascii();
        let clause = Clause {
            value: between(start, comments),
            comments: between(comments, end),
        };
        if let Some(place) = self.clauses.get_mut(keyword) {
            *place = Some(clause);
        }
    }

    /// Some write more behind a semicolon: the first of the rest that is a date.
    fn date_from(&self, mut start: usize) -> Option<DateTime> {
        loop {
            let rest = self.value.get(start..)?;
            if let Some(date) = DateTime::parse(rest) {
                return Some(date);
            }
            let mut lexer = Lexer::new(rest);
            lexer.find(|token| *token == Token::Special(b';'))?;
            start += lexer.at();
        }
    }
}

/// The clause that begins with this word.
fn keyword(word: &[u8]) -> Option<usize> {
    let mut lower = [0; 4];
    if word.len() > lower.len() {
        return None;
    }
    for (place, b) in lower.iter_mut().zip(word) {
        *place = b.to_ascii_lowercase();
    }
    Some(match &lower {
        b"from" => FROM,
        b"by\0\0" => BY,
        b"via\0" => VIA,
        b"with" => WITH,
        b"id\0\0" => ID,
        b"for\0" => FOR,
        b"tls\0" => TLS,
        _ => return None,
    })
}

fn is_day(name: &[u8; 3]) -> bool {
    let name = name.map(|b| b.to_ascii_lowercase());
    matches!(
        &name,
        b"mon" | b"tue" | b"wed" | b"thu" | b"fri" | b"sat" | b"sun"
    )
}

/// What a domain, an address or a word of a protocol is made of; it parts nothing.
const WORD: Octets = octets!(|b| is_atom(b) || matches!(b, b'.' | b'@' | b':' | b'\\'));
const ATOM: Octets = octets!(|b| is_atom(b));

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    /// Each token in its turn.
    fn by_tokens<'a>(reader: &mut Reader<'a>) -> Option<DateTime> {
        let mut lexer = Lexer::new(reader.value);
        let mut angle = false;
        let mut day = None;
        loop {
            let before = lexer.at();
            let Some(token) = lexer.next() else {
                reader.close(reader.value.len());
                return None;
            };
            let after = lexer.at();
            match token {
                Token::Special(b'<') => angle = true,
                Token::Special(b'>') => angle = false,
                Token::Special(b';') if !angle => {
                    reader.close(before);
                    return reader.date_from(after);
                }
                Token::Special(b',') if !angle && let Some(start) = day => {
                    reader.close(start);
                    return reader.date_from(start);
                }
                Token::Comment(_) | Token::Open(_) => {
                    reader.comments.get_or_insert(before);
                }
                Token::Atom(atom) if !angle && let Some(keyword) = keyword(atom) => {
                    reader.begin(keyword, after - atom.len(), after);
                }
                _ => {}
            }
            day = match token {
                Token::Atom(atom) if atom.first_chunk().is_some_and(is_day) && atom.len() == 3 => {
                    Some(after - atom.len())
                }
                _ => None,
            };
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// What is skipped as a word hides nothing that its tokens would tell.
        #[test]
        fn words_are_read_as_their_tokens(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "from", "BY", "via", "with", "id", "for", "tls", "a", "sat", "Sun", "xmon", " ",
                    " ", " ", "\r\n\t", ".", "@", ":", ",", ";", "<", ">", "(", ")", "[", "]", "\"",
                    "\\", "\0", "\u{e9}", "\x0c", "(c)", "[192.0.2.1]", "\"q\"", ", 21 Nov 2026 01:00:00 +0000",
                ]),
                0..24,
            ),
        ) {
            let value = pieces.concat();
            let mut reader = Reader::new(value.as_bytes());
            let date = by_tokens(&mut reader);
            prop_assert_eq!(read(value.as_bytes()), (reader.clauses, date));
        }
    }
}
