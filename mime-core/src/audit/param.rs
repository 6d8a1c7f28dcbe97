//! Content-Type, Content-Disposition and Content-Transfer-Encoding by the letter of RFC 2045.

use alloc::vec::Vec;
use core::cmp::Ordering;

use memchr::{memchr2, memchr3, memmem};

use super::words::is_word;
use super::{Audit, is_blank, value_of};
use crate::body::charset;
use crate::defect::Defect;
use crate::field::Field;
use crate::field::lex::{Lexer, Token, is_space, quoted};
use crate::field::media::is_token;
use crate::field::param::{Params, Section, hex};
use crate::message::Part;
use crate::name::Name;
use crate::octets::{Octets, octets};

/// Parameters that tell how to read a part, in which two values are two mails.
const DECISIVE: [&str; 6] = ["charset", "format", "delsp", "start", "type", "protocol"];

/// A parameter that stands as it should.
#[derive(Clone, Copy)]
struct Seen {
    name: u32,
    len: u32,
}

impl<'a> Audit<'a> {
    pub(super) fn params(&mut self, part: &Part<'a>, field: Field<'a>) {
        if is_blank(field) {
            self.add_in(Defect::EmptyValue, part, field, value_of(field));
            return;
        }
        self.comments(part, field);
        if field.is(Name::ContentDisposition)
            && field.disposition().is_none_or(|d| is_param(d.kind()))
        {
            self.add_in(Defect::MalformedDisposition, part, field, value_of(field));
        }
        let seen = self.each_param(part, field);
        self.names(part, field, seen);
        self.contradictions(part, field);
    }

    /// Comments are RFC 822's, and few read them here.
    fn comments(&mut self, part: &Part<'a>, field: Field<'a>) {
        let value = field.value_raw();
        let mut lexer = Lexer::new(value);
        while let Some(token) = lexer.next() {
            match token {
                Token::Comment(inner) => {
                    let from = lexer.at().saturating_sub(inner.len() + 2);
                    let octets = value.get(from..).unwrap_or(value);
                    self.add_in(Defect::CommentInMime, part, field, octets);
                }
                Token::Open(octets) => self.add_in(Defect::Unterminated, part, field, octets),
                _ => {}
            }
        }
    }

    /// RFC 5322 section 3.2.2 lets white space stand behind a word; not all leave it out.
    pub(super) fn encoding(&mut self, part: &Part<'a>, field: Field<'a>) {
        self.comments(part, field);
        let value = field.value_raw();
        let line = value.strip_suffix(b"\n").unwrap_or(value);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let word = line.trim_ascii_end();
        if word.len() < line.len() && !is_blank(field) {
            let space = line.get(word.len()..).unwrap_or(line);
            self.add_in(Defect::PaddedEncoding, part, field, space);
        }
    }

    /// Reads `; name=value` again and again; flags what is something else.
    fn each_param(&mut self, part: &Part<'a>, field: Field<'a>) -> Vec<Seen> {
        let value = field.value_raw();
        let start = skip(value);
        let word = start.get(TYPE.run(start)..).unwrap_or(&[]);
        let mut rest = self.after_value(part, field, word);
        let mut seen = Vec::new();
        while let Some(after) = rest.strip_prefix(b";") {
            let at = skip(after);
            if at.is_empty() || at.starts_with(b";") {
                rest = at;
                continue;
            }
            let (name, behind) = at.split_at_checked(TOKEN.run(at)).unwrap_or((at, &[]));
            let sign = skip(behind);
            let Some(equals) = sign.strip_prefix(b"=").filter(|_| !name.is_empty()) else {
                self.add_in(Defect::MalformedParameter, part, field, at);
                // Not from the name again: a semicolon in a comment parts nothing.
                rest = next_semicolon(sign);
                continue;
            };
            if !behind.starts_with(b"=") || equals.first().is_some_and(|b| is_space(*b)) {
                self.add_in(Defect::MalformedParameter, part, field, behind);
            }
            let from = skip(equals);
            let (raw, tail) = match from.strip_prefix(b"\"") {
                Some(inner) => {
                    let Some(raw) = quoted(inner) else { break };
                    (raw, inner.get(raw.len() + 1..).unwrap_or(&[]))
                }
                None => from
                    .split_at_checked(TOKEN.run(from))
                    .unwrap_or((from, &[])),
            };
            if raw.is_empty() && skip(tail).first().is_none_or(|b| *b == b';') {
                self.add_in(Defect::EmptyValue, part, field, name);
            }
            if seen.len() == Params::MAX {
                self.add_in(Defect::TooManyParameters, part, field, name);
                break;
            }
            self.value(part, field, name, raw);
            if let Some(offset) = self.offset(name) {
                let (name, len) = (offset as u32, name.len() as u32);
                seen.push(Seen { name, len });
            }
            rest = self.after_value(part, field, tail);
        }
        seen
    }

    /// What follows a value is a semicolon, or nothing.
    fn after_value(&mut self, part: &Part<'a>, field: Field<'a>, tail: &'a [u8]) -> &'a [u8] {
        let next = skip(tail);
        if next.is_empty() || next.starts_with(b";") {
            return next;
        }
        self.add_in(Defect::MalformedParameter, part, field, next);
        next_semicolon(next)
    }

    fn value(&mut self, part: &Part<'a>, field: Field<'a>, name: &'a [u8], raw: &'a [u8]) {
        let star = name.iter().position(|b| *b == b'*').unwrap_or(name.len());
        let (base, rest) = name.split_at_checked(star).unwrap_or((name, &[]));
        let section = Section::parse(rest);
        let boundary = field.is(Name::ContentType) && base.eq_ignore_ascii_case(b"boundary");
        let word = memmem::find(raw, b"=?").and_then(|at| raw.get(at..));
        match word.filter(|word| is_word(word)) {
            Some(word) if boundary => self.add_in(Defect::EncodedBoundary, part, field, word),
            Some(word) => self.add_in(Defect::EncodedWordInParameter, part, field, word),
            None => {}
        }
        if boundary {
            self.boundary(part, field, name, raw);
        }
        if let Some(bad) = extended(section, raw).and_then(bad_code) {
            self.add_in(Defect::ParameterEncoding, part, field, bad);
        }
        if base.eq_ignore_ascii_case(b"charset") && section == Some(Section::Plain) {
            self.charset(part, field, raw);
        }
    }

    fn boundary(&mut self, part: &Part<'a>, field: Field<'a>, name: &'a [u8], raw: &'a [u8]) {
        if name.contains(&b'*') {
            self.add_in(Defect::EncodedBoundary, part, field, name);
        }
        if let Some(at) = memchr3(b'\\', b'\r', b'\n', raw) {
            self.add_in(
                Defect::EscapedBoundary,
                part,
                field,
                raw.get(at..).unwrap_or(raw),
            );
        }
        let blank = |b: Option<&u8>| b.is_some_and(|b| matches!(b, b' ' | b'\t'));
        if blank(raw.first()) {
            self.add_in(Defect::SpacedBoundary, part, field, raw);
        } else if blank(raw.last()) {
            let at = raw.trim_ascii_end().len();
            self.add_in(
                Defect::SpacedBoundary,
                part,
                field,
                raw.get(at..).unwrap_or(raw),
            );
        }
    }

    fn charset(&mut self, part: &Part<'a>, field: Field<'a>, label: &'a [u8]) {
        const UTF_7: [&[u8]; 3] = [b"utf-7", b"unicode-1-1-utf-7", b"utf7"];
        if UTF_7.iter().any(|name| label.eq_ignore_ascii_case(name)) {
            self.add_in(Defect::Utf7, part, field, label);
        } else if !charset::is_known(label) {
            self.add_in(Defect::UnknownCharset, part, field, label);
        }
    }

    /// Names that stand again, and sections that do not follow each other (RFC 2231 section 3).
    fn names(&mut self, part: &Part<'a>, field: Field<'a>, mut seen: Vec<Seen>) {
        let raw = self.message.raw();
        let key = |seen: &Seen| {
            let (from, len) = (seen.name as usize, seen.len as usize);
            let name = raw.get(from..from + len).unwrap_or(&[]);
            let star = name.iter().position(|b| *b == b'*').unwrap_or(len);
            let (base, rest) = name.split_at_checked(star).unwrap_or((name, &[]));
            (base, Section::parse(rest))
        };
        let (mut again, mut gap, mut bad) = (None::<Seen>, None::<Seen>, None);
        seen.retain(|one| match key(one).1 {
            Some(Section::Bad) | None => {
                bad.get_or_insert(*one);
                false
            }
            _ => true,
        });
        seen.sort_by(|a, b| {
            let ((one, n), (two, m)) = (key(a), key(b));
            compare(one, two).then(number(n).cmp(&number(m)))
        });
        let first = |place: &mut Option<Seen>, new: Seen| {
            if place.is_none_or(|old| new.name < old.name) {
                *place = Some(new);
            }
        };
        let mut last: Option<(&[u8], Option<u32>)> = None;
        for one in seen {
            let (base, section) = key(&one);
            let this = number(section);
            let before = last.filter(|(name, _)| compare(name, base).is_eq());
            match (this, before.map(|(_, number)| number)) {
                (this, Some(before)) if this == before => first(&mut again, one),
                (None | Some(0), _) => {}
                (Some(this), Some(Some(before))) if this - before == 1 => {}
                (Some(_), _) => first(&mut gap, one),
            }
            last = Some((base, this));
        }
        for (kind, place) in [
            (
                Defect::DuplicateParameter,
                again.filter(|_| self.repeating.insert(part.id())),
            ),
            (Defect::ParameterGap, gap),
            (Defect::ParameterSection, bad),
        ] {
            if let Some(place) = place {
                let octets = raw.get(place.name as usize..).unwrap_or(&[]);
                self.add_in(kind, part, field, octets);
            }
        }
    }

    /// A plain value beside an extended one that says something else.
    fn contradictions(&mut self, part: &Part<'a>, field: Field<'a>) {
        let media = field.media_type().filter(|_| field.is(Name::ContentType));
        for name in DECISIVE {
            let Some(media) = media else { return };
            let forms = media.params_raw().filter(|param| {
                let base = param.name().split(|b| *b == b'*').next();
                base.is_some_and(|base| base.eq_ignore_ascii_case(name.as_bytes()))
            });
            let extended = forms.clone().find(|param| !param.is(name));
            if let Some(extended) = extended
                && media.param_readings(name).nth(1).is_some()
            {
                self.add_in(Defect::ConflictingParameter, part, field, extended.name());
            }
        }
    }
}

/// A parameter where the kind of disposition should stand.
fn is_param(kind: &[u8]) -> bool {
    kind.contains(&b'=')
}

fn number(section: Option<Section>) -> Option<u32> {
    match section {
        Some(Section::Part { number, .. }) => Some(number),
        Some(Section::Extended) => Some(0),
        _ => None,
    }
}

fn compare(one: &[u8], two: &[u8]) -> Ordering {
    let lower = |b: &u8| b.to_ascii_lowercase();
    one.iter().map(lower).cmp(two.iter().map(lower))
}

/// The percent-coded text of an extended value; where it should begin, if that is not to be seen.
fn extended(section: Option<Section>, raw: &[u8]) -> Option<Result<&[u8], &[u8]>> {
    let first = match section? {
        Section::Extended => true,
        Section::Part {
            number,
            extended: true,
        } => number == 0,
        _ => return None,
    };
    if !first {
        return Some(Ok(raw));
    }
    // RFC 2231 section 4: charset'language'text.
    let mut pieces = raw.splitn(3, |b| *b == b'\'');
    let text = pieces.nth(2);
    Some(text.ok_or(raw))
}

fn bad_code<'a>(text: Result<&'a [u8], &'a [u8]>) -> Option<&'a [u8]> {
    let text = match text {
        Ok(text) => text,
        Err(raw) => return Some(raw),
    };
    let is_bad = |at: &usize| {
        let code = text.get(at + 1..).and_then(|rest| rest.first_chunk());
        code.is_none_or(|[high, low]| hex(*high, *low).is_none())
    };
    let at = memchr::memchr_iter(b'%', text).find(is_bad)?;
    text.get(at..)
}

/// `rest` without white space and comments before it.
fn skip(rest: &[u8]) -> &[u8] {
    crate::field::param::skip_cfws(rest)
}

/// From the next semicolon outside of quotes.
fn next_semicolon(rest: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(n) = rest.get(at..).and_then(|rest| memchr2(b';', b'"', rest)) {
        at += n;
        if rest.get(at) == Some(&b';') {
            return rest.get(at..).unwrap_or(&[]);
        }
        let inner = rest.get(at + 1..).unwrap_or(&[]);
        let Some(text) = quoted(inner) else {
            return &[];
        };
        at += text.len() + 2;
    }
    &[]
}

const TOKEN: Octets = octets!(|b| is_token(b));
/// Tokens and the slash between them.
const TYPE: Octets = octets!(|b| is_token(b) || b == b'/');
