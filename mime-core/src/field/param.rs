//! Parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2231).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::body::Sink;
use crate::body::charset::{self, Decoding, TextDecoder};
use crate::field::lex::{Lexer, Token, is_space, quoted, unquote_into, without_space};
use crate::field::text::{REPLACEMENT, replace_unsafe, to_text, unescape};
use crate::octets::{Octets, octets};

/// A parameter as it stands on the wire: not joined, not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawParam<'a> {
    name: &'a [u8],
    value: &'a [u8],
    form: Form,
}

/// What has to be left out of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing: it means itself.
    Plain,
    /// The backslashes of quoted pairs, and folds.
    Quoted,
    /// Folds.
    Bare,
}

impl Form {
    fn of(value: &[u8], quoted: bool) -> Form {
        let means_itself = match quoted {
            true => memchr::memchr3(b'\\', b'\r', b'\n', value).is_none(),
            false => memchr::memchr2(b'\r', b'\n', value).is_none(),
        };
        match quoted {
            _ if means_itself => Form::Plain,
            true => Form::Quoted,
            false => Form::Bare,
        }
    }
}

impl<'a> RawParam<'a> {
    /// The name, with the section number and asterisks of RFC 2231 if it has them.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The value without quotation marks, quoted pairs and folds. Allocates only to leave
    /// something out.
    pub fn value(&self) -> Cow<'a, [u8]> {
        let mut out = Vec::new();
        match self.form {
            Form::Plain => return Cow::Borrowed(self.value),
            Form::Quoted => unquote_into(self.value, &mut out),
            Form::Bare => out.extend(self.value.iter().filter(|b| !matches!(b, b'\r' | b'\n'))),
        }
        Cow::Owned(out)
    }

    /// The value as text, nothing decoded.
    fn text(&self) -> Cow<'a, str> {
        if TEXT.run(self.value) == self.value.len() {
            return Cow::Borrowed(str::from_utf8(self.value).unwrap_or_default());
        }
        to_text(self.value())
    }

    /// Appends the value as text, decoded if its name ends with an asterisk. Sections of one value
    /// are not joined: that is [`Params::get`]. Does not allocate but to let `out` grow, unless
    /// something has to be left out.
    ///
    /// ```
    /// # use mime_core::Header;
    /// # use mime_core::Name;
    /// let header = Header::new(b"Content-Type: a/b; name*=utf-8''%e2%82%ac; x=\"y z\"\n\n");
    /// let media = header.first(Name::ContentType).unwrap().media_type().unwrap();
    /// let mut out = String::new();
    /// media.params_raw().for_each(|param| param.text_into(&mut out));
    /// assert_eq!(out, "€y z");
    /// ```
    pub fn text_into(&self, out: &mut String) {
        if !self.name.ends_with(b"*") {
            return out.push_str(&self.text());
        }
        let value = self.value();
        let mut pieces = value.splitn(3, |b| *b == b'\'');
        let (label, text) = match (pieces.next(), pieces.next(), pieces.next()) {
            (Some(label), Some(_language), Some(text)) => (label, text),
            _ => (&[][..], &value[..]),
        };
        let start = out.len();
        let mut decoder = TextDecoder::of_header_or_utf8(label);
        let decoder_out = &mut Decoding {
            decoder: &mut decoder,
            out,
        };
        percent_decode(text, decoder_out);
        decoder.finish(out);
        replace_unsafe(out, start, REPLACEMENT);
    }

    /// The parameter that begins here, and what follows it, if it is written as nearly all are:
    /// `;name=value` or `;name="value"` without comments, quoted pairs and folds within.
    #[inline]
    fn plain(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let from = without_space(octets.strip_prefix(b";")?);
        let (name, rest) = from.split_at_checked(NAME.run(from))?;
        name.first().filter(|b| b.is_ascii_graphic())?;
        let (value, rest) = match rest.strip_prefix(b"=")? {
            [b'"', inner @ ..] => {
                let (value, rest) = inner.split_at_checked(QUOTED.run(inner))?;
                (value, rest.strip_prefix(b"\"")?)
            }
            value => {
                let (value, rest) = value.split_at_checked(VALUE.run(value))?;
                let starts_well = value
                    .first()
                    .is_none_or(|b| b.is_ascii_graphic() && *b != b'(');
                let ends_well = rest.first() == Some(&b';') || without_space(rest).is_empty();
                ((starts_well && ends_well).then_some(value)?, rest)
            }
        };
        let form = Form::Plain;
        Some((RawParam { name, value, form }, rest))
    }

    /// Whether the name is this one, without regard to case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The section of RFC 2231 that this is of the parameter `name`.
    fn section_of(&self, name: &[u8]) -> Option<Section> {
        let (base, rest) = self.name.split_at_checked(name.len())?;
        if !base.eq_ignore_ascii_case(name) {
            return None;
        }
        Section::parse(rest)
    }

    /// The name without the section number and asterisks.
    fn base(&self) -> &'a [u8] {
        self.name.split(|b| *b == b'*').next().unwrap_or(self.name)
    }
}

/// What stands after the base name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// `name`
    Plain,
    /// `name*`
    Extended,
    /// `name*3` or `name*3*`
    Part { number: u32, extended: bool },
    /// An asterisk and something that is no number.
    Bad,
}

impl Section {
    pub(crate) fn parse(rest: &[u8]) -> Option<Section> {
        let Some((b'*', rest)) = rest.split_first() else {
            return rest.is_empty().then_some(Section::Plain);
        };
        if rest.is_empty() {
            return Some(Section::Extended);
        }
        let (digits, extended) = match rest {
            [digits @ .., b'*'] => (digits, true),
            digits => (digits, false),
        };
        // RFC 2231 section 3: no leading zeros.
        let plain = match digits {
            [b'0'] => true,
            [b'1'..=b'9', more @ ..] => more.len() < 9 && more.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if !plain {
            return Some(Section::Bad);
        }
        let number = digits.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
        Some(Section::Part { number, extended })
    }
}

/// An iterator of the parameters of one field, as they stand on the wire.
///
/// It forgives values with white space or specials that should be quoted. What a name means, with all
/// its sections, is told by [`get`](Self::get).
///
/// It ends after [`Params::MAX`] parameters; [`at_most`](Self::at_most) sets another limit.
#[derive(Clone, Copy, Debug)]
pub struct Params<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Params<'a> {
    /// Parameters of a field. 1,000: a long file name in sections of RFC 2231 has some twenty.
    pub const MAX: usize = 1000;

    /// `rest` begins at or before the first semicolon.
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Params {
            rest,
            left: Self::MAX,
        }
    }

    /// The same, but it ends after so many parameters, from here on.
    pub const fn at_most(mut self, count: usize) -> Self {
        self.left = count;
        self
    }

    /// All values, each name once in the order of its first section: joined and decoded as
    /// [`get`](Self::get) does, the name in lower case.
    pub fn decoded(self) -> impl Iterator<Item = (String, String)> + use<'a> {
        let mut sections: Vec<(Vec<u8>, usize, RawParam<'a>)> = self
            .enumerate()
            .map(|(place, param)| (param.base().to_ascii_lowercase(), place, param))
            .collect();
        sections.sort_by(|one, two| one.0.cmp(&two.0));
        let groups = sections.chunk_by(|one, two| one.0 == two.0);
        let mut all: Vec<_> = groups
            .filter_map(|group| {
                let (base, place, _) = group.first()?;
                let name = to_text(Cow::Borrowed(base)).into_owned();
                let params = group.iter().map(|(.., param)| *param);
                let value = decode(params, base, Reading2231::Best)?;
                Some((*place, name, value.into_owned()))
            })
            .collect();
        all.sort_by_key(|(place, ..)| *place);
        all.into_iter().map(|(_, name, value)| (name, value))
    }

    /// The language that RFC 2231 section 4 lets an extended value tell.
    pub fn language(mut self, name: &str) -> Option<Cow<'a, str>> {
        let param = self.find(|param| {
            let section = param.section_of(name.as_bytes());
            matches!(
                section,
                Some(
                    Section::Extended
                        | Section::Part {
                            number: 0,
                            extended: true
                        }
                )
            )
        })?;
        let mut pieces = param.value.splitn(3, |b| *b == b'\'');
        let (_charset, language, _text) = (pieces.next()?, pieces.next()?, pieces.next()?);
        (!language.is_empty()).then(|| to_text(Cow::Borrowed(language)))
    }

    /// The value of `name`: sections joined, charset decoded (RFC 2231). An extended or sectioned
    /// form goes before a plain one, the first of equals before later ones. Encoded words
    /// are not decoded (RFC 2047 section 5).
    pub fn get(mut self, name: &str) -> Option<Cow<'a, str>> {
        if memchr::memchr(b'*', self.rest).is_some() {
            return decode(self, name.as_bytes(), Reading2231::Best);
        }
        // Nothing is extended and there are no sections: the first of the name is the value.
        self.find(|param| param.is(name)).map(|param| param.text())
    }

    /// Every reading of `name` that differs: the extended or sectioned value, then each plain one.
    /// More than one means that other software may see another value.
    pub fn readings(self, name: &str) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let mut all: Vec<Cow<'a, str>> = Vec::new();
        let extended = decode(self, name.as_bytes(), Reading2231::ExtendedOnly);
        let plain = self
            .filter(|p| p.is(name))
            .map(|p| to_text(p.value()))
            .take(16);
        for value in extended.into_iter().chain(plain) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        all.into_iter()
    }

    /// What follows the `;` that comes next, outside of comments.
    fn next_param(&mut self) -> Option<&'a [u8]> {
        if let (b';', rest) = self.rest.trim_ascii_start().split_first()? {
            return Some(rest);
        }
        let mut lexer = Lexer::new(self.rest);
        loop {
            match lexer.next()? {
                Token::Special(b';') => return self.rest.get(lexer.at()..),
                Token::Open(_) => return None,
                _ => {}
            }
        }
    }
}

/// The value of `name` among these parameters.
fn decode<'a>(
    params: impl Iterator<Item = RawParam<'a>>,
    name: &[u8],
    reading: Reading2231,
) -> Option<Cow<'a, str>> {
    let mut plain = None;
    let mut parts: Vec<(u32, bool, RawParam<'a>)> = Vec::new();
    let mut single = None;
    for param in params {
        match param.section_of(name) {
            Some(Section::Plain) => plain = plain.or(Some(param)),
            Some(Section::Extended) => single = single.or(Some(param)),
            Some(Section::Part { number, extended }) => {
                parts.push((number, extended, param));
            }
            _ => {}
        }
    }
    parts.sort_by_key(|(number, ..)| *number);
    parts.dedup_by_key(|(number, ..)| *number);
    if let Some(single) = single {
        return Some(Cow::Owned(join(core::iter::once((0, true, single)))));
    }
    if parts.first().is_some_and(|(number, ..)| *number == 0) {
        let run = parts.into_iter().enumerate();
        let run = run.take_while(|(i, (number, ..))| *i as u64 == u64::from(*number));
        return Some(Cow::Owned(join(run.map(|(_, part)| part))));
    }
    match reading {
        Reading2231::Best => plain.map(|p| to_text(p.value())),
        Reading2231::ExtendedOnly => None,
    }
}

/// The word that a value begins with, and what is behind it: its parameters.
pub(crate) fn word_and_params(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut tokens = Lexer::new(value);
    loop {
        match tokens.next()? {
            Token::Comment(_) => {}
            Token::Atom(word) => return Some((word, value.get(tokens.at()..).unwrap_or(&[]))),
            _ => return None,
        }
    }
}

enum Reading2231 {
    Best,
    ExtendedOnly,
}

/// Joins sections: percent codes in the extended ones, the charset of the first for those.
fn join<'a>(sections: impl Iterator<Item = (u32, bool, RawParam<'a>)>) -> String {
    let mut label: Vec<u8> = Vec::new();
    let mut octets = Vec::new();
    for (number, extended, param) in sections {
        let value = param.value();
        let mut value: &[u8] = &value;
        if number == 0 && extended {
            let mut pieces = value.splitn(3, |b| *b == b'\'');
            if let (Some(charset), Some(_language), Some(text)) =
                (pieces.next(), pieces.next(), pieces.next())
            {
                label.extend_from_slice(charset);
                value = text;
            }
        }
        match extended {
            true => percent_decode(value, &mut octets),
            false => octets.extend_from_slice(value),
        }
    }
    let mut out = String::new();
    charset::decode_or_utf8(&label, &octets, &mut out);
    to_text(Cow::Owned(out.into_bytes())).into_owned()
}

pub(crate) fn percent_decode(value: &[u8], out: &mut impl Sink) {
    unescape(value, b'%', |b| b, out);
}

const NO_DIGIT: u8 = 0x10;

/// The value of each hexadecimal digit.
static HEX: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut rest: &mut [u8] = &mut table;
    let mut octet = 0u8;
    while let [first, tail @ ..] = rest {
        if let Some(digit) = (octet as char).to_digit(16) {
            *first = digit as u8;
        }
        octet = octet.wrapping_add(1);
        rest = tail;
    }
    table
};

#[inline]
pub(crate) fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| HEX.get(usize::from(b)).copied().unwrap_or(NO_DIGIT);
    let (high, low) = (digit(high), digit(low));
    (high | low < NO_DIGIT).then_some(high << 4 | low)
}

impl<'a> Iterator for Params<'a> {
    type Item = RawParam<'a>;

    fn next(&mut self) -> Option<RawParam<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        if let Some((param, rest)) = RawParam::plain(self.rest) {
            self.rest = rest;
            return Some(param);
        }
        self.any()
    }
}

impl<'a> Params<'a> {
    /// The next one, however it is written.
    fn any(&mut self) -> Option<RawParam<'a>> {
        loop {
            self.rest = self.next_param()?;
            let name_at = skip_cfws(self.rest);
            let len = NAME.run(name_at);
            let (name, after) = name_at.split_at_checked(len)?;
            self.rest = after;
            let Some((b'=', after)) = skip_cfws(after).split_first() else {
                continue;
            };
            let value_at = skip_cfws(after);
            let (value, quoted) = value_of(value_at);
            self.rest = after_value(value_at, value, quoted);
            if !name.is_empty() {
                let form = Form::of(value, quoted);
                return Some(RawParam { name, value, form });
            }
        }
    }
}

/// What a name is made of, by those who forgive: up to its equals sign.
const NAME: Octets = octets!(|b| !(is_space(b) || matches!(b, b'=' | b';' | b'(' | b'"')));

/// What a value without quotation marks is made of.
const VALUE: Octets = octets!(|b| !b.is_ascii_whitespace() && b != b';');
/// What means itself between quotation marks.
const QUOTED: Octets = octets!(|b| !matches!(b, b'"' | b'\\' | b'\r' | b'\n'));

/// What is text as it stands, whether in quotation marks or not.
const TEXT: Octets = octets!(|b| matches!(b, b' '..=b'~') && b != b'\\');

/// The value at the start of `rest`, and whether it was quoted. A quoted string that never ends
/// goes to the end.
fn value_of(rest: &[u8]) -> (&[u8], bool) {
    if rest.first() == Some(&b'"') {
        let inner = rest.get(1..).unwrap_or(&[]);
        return (quoted(inner).unwrap_or(inner.trim_ascii_end()), true);
    }
    let mut end = 0;
    while let Some(&b) = rest.get(end) {
        match b {
            b';' => break,
            _ if is_space(b) => {
                let tail = rest.get(end..).unwrap_or(&[]);
                let next = tail.trim_ascii_start();
                if ends_before(next) {
                    break;
                }
                end += tail.len() - next.len();
                end += usize::from(tail.len() == next.len());
            }
            _ => end += 1,
        }
    }
    (rest.get(..end).unwrap_or(&[]).trim_ascii_end(), false)
}

/// Whether a value without quotes ends at the white space before `next`: at a comment, or where a
/// semicolon was forgotten (`a=b c=d`). Otherwise the white space should have been quoted.
fn ends_before(next: &[u8]) -> bool {
    let word_end = |b: &u8| is_space(*b) || matches!(b, b';' | b'=' | b'"' | b'(');
    match next.iter().position(word_end) {
        Some(0) => next.first() == Some(&b'('),
        Some(n) => next.get(n) == Some(&b'='),
        None => false,
    }
}

fn after_value<'a>(rest: &'a [u8], value: &[u8], quoted: bool) -> &'a [u8] {
    rest.get(value.len() + usize::from(quoted) * 2..)
        .unwrap_or(&[])
}

/// `rest` without comments and white space before it.
pub(crate) fn skip_cfws(rest: &[u8]) -> &[u8] {
    let mut rest = rest.trim_ascii_start();
    while rest.first() == Some(&b'(') {
        let mut lexer = Lexer::new(rest);
        lexer.next();
        rest = rest.get(lexer.at()..).unwrap_or(&[]).trim_ascii_start();
    }
    rest
}

#[cfg(test)]
mod plain_tests {
    use alloc::{format, vec};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// What is taken at one look is the same by the way that joins and decodes.
        #[test]
        fn plain_values_are_those_of_any(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "; a=b", "; A=\"b\\c\"", ";a=", ";a*=b", ";a*0=b", "; c=d\u{e9}", "; a=\"\t\0\x7f\"", " ", "(a=b)", ";",
                ]),
                0..6,
            ),
        ) {
            let value = pieces.concat();
            let params = Params::new(value.as_bytes());
            prop_assert_eq!(params.get("a"), decode(params, b"a", Reading2231::Best));
            for param in params.filter(|param| !param.name.ends_with(b"*")) {
                let mut out = String::new();
                param.text_into(&mut out);
                prop_assert_eq!(out, to_text(param.value()));
            }
        }

        /// What is read in one look is read the same by the way that reads everything.
        #[test]
        fn plain_parameters_are_read_as_any(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    ";", "a", "b*0*", "=", "\"", "\"c d\"", " ", "\r\n ", "\r\n", "(x)", "(", "\\", "'",
                    "\u{e9}", "\0", "\x0c", "\t", ",",
                ]),
                0..8,
            ),
        ) {
            let value = format!(";{}", pieces.concat());
            if let Some((plain, rest)) = RawParam::plain(value.as_bytes()) {
                let mut params = Params::new(value.as_bytes());
                let any = params.any();
                prop_assert_eq!(any, Some(plain));
                // White space may be left to be skipped later.
                prop_assert_eq!(params.rest.trim_ascii_start(), rest.trim_ascii_start());
            }
        }
    }
}
