//! The sent date (RFC 5256 section 2.2).

use alloc::vec::Vec;

use crate::field::date::DateTime;
use crate::field::lex::{Lexer, Token};

/// The sent date in a value of Date, in seconds since 1970: what SORT and THREAD go by. A zone that
/// is none counts as UTC, a time that is none as midnight (RFC 5256 section 2.2). `None` if there is
/// no date: then INTERNALDATE counts.
///
/// ```
/// use mime_core::thread::sent_date;
/// assert_eq!(sent_date(b"Sat, 21 Nov 2026 01:00:00 +0100"), Some(1_795_219_200));
/// assert_eq!(sent_date(b"Sat, 21 Nov 2026 00:00:00 +9999"), Some(1_795_219_200));
/// assert_eq!(sent_date(b"21 Nov 2026 25:61"), Some(1_795_219_200));
/// assert_eq!(sent_date(b"tomorrow"), None);
/// ```
pub fn sent_date(value: &[u8]) -> Option<i64> {
    let date = DateTime::parse(value).or_else(|| {
        let (day, time) = day_and_time(value);
        let read = |time: &[u8]| DateTime::parse(&[&day, time].concat());
        read(&time).or_else(|| read(b"00:00"))
    })?;
    Some(date.unix())
}

/// The three words of a day, and what follows them with colons between: a time without its zone.
fn day_and_time(value: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let is_other = |token: &Token<'_>| matches!(token, Token::Comment(_) | Token::Special(b','));
    let mut tokens = Lexer::new(value).filter(|token| !is_other(token));
    let mut words = tokens.by_ref().map_while(|token| match token {
        Token::Atom(word) => Some(word),
        _ => None,
    });
    let name = words.next().unwrap_or_default();
    let first = match name.iter().all(u8::is_ascii_alphabetic) {
        true => words.next().unwrap_or_default(),
        false => name,
    };
    let mut day = Vec::new();
    for word in [first].into_iter().chain(words.take(2)) {
        day.extend_from_slice(word);
        day.push(b' ');
    }
    let mut time = Vec::new();
    for token in tokens.take(5) {
        match token {
            Token::Atom(word) if time.is_empty() || time.ends_with(b":") => {
                time.extend_from_slice(word);
            }
            Token::Special(b':') => time.push(b':'),
            _ => break,
        }
    }
    (day, time)
}
