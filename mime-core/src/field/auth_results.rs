//! Authentication-Results (RFC 8601), and its twin of ARC (RFC 8617 section 4.1.1).

use alloc::borrow::Cow;

use crate::field::Field;
use crate::field::lex::{Lexer, Token, comments, is_space, quoted};
use crate::field::param::skip_cfws;
use crate::field::text;
use crate::header::Header;
use crate::name::Name;
use crate::octets::{Octets, octets};

/// What a host found out about the sender of a message.
///
/// Only a field that your own hosts wrote can be believed: see [`Header::untrusted_results`].
///
/// ```
/// use mime_core::{Header, Name};
/// let header = Header::new(
///     b"Authentication-Results: mx.example.org 1;\r\n\
///       \tspf=pass (it may) smtp.mailfrom=a@b.example; dkim=none\r\n\r\n",
/// );
/// let results = header.first(Name::AuthenticationResults).unwrap().auth_results();
/// assert_eq!(results.authserv_id().as_deref(), Some("mx.example.org"));
/// let spf = results.results().next().unwrap();
/// assert!(spf.is("spf") && spf.result() == "pass");
/// assert_eq!(spf.property("smtp", "mailfrom").as_deref(), Some("a@b.example"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AuthResults<'a> {
    instance: Option<u32>,
    id: Option<Value<'a>>,
    version: Option<u32>,
    rest: &'a [u8],
}

impl<'a> AuthResults<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Self {
        let (first, rest) = segment(value);
        match instance(first) {
            None => Self::after_instance(None, value),
            instance => Self::after_instance(instance, rest),
        }
    }

    fn after_instance(instance: Option<u32>, value: &'a [u8]) -> Self {
        let (first, rest) = segment(value);
        let named = || {
            let (id, behind) = Value::read(skip_cfws(first), NAME)?;
            let behind = skip_cfws(behind);
            // Some leave the id out and begin with a result.
            (behind.first() != Some(&b'=')).then_some((id, behind))
        };
        match named() {
            Some((id, behind)) => AuthResults {
                instance,
                id: Some(id),
                version: version(behind),
                rest,
            },
            None => AuthResults {
                instance,
                id: None,
                version: Some(1),
                rest: value,
            },
        }
    }

    /// The `i=` of ARC-Authentication-Results.
    pub fn instance(&self) -> Option<u32> {
        self.instance
    }

    /// Who says so: the first word, if it is there.
    pub fn authserv_id(&self) -> Option<Cow<'a, str>> {
        self.id.map(|id| id.text())
    }

    /// The version of the syntax: 1 if it is not told, `None` if it cannot be read.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The results, in their order. What is none is left out.
    pub fn results(&self) -> impl Iterator<Item = AuthResult<'a>> + Clone + use<'a> {
        segments(self.rest).filter_map(AuthResult::parse)
    }

    /// Whether it says that nothing was tried: `none` and no result.
    pub fn is_none(&self) -> bool {
        let mut words = segments(self.rest).map(skip_cfws);
        let none = words.find(|segment| !segment.is_empty());
        let is_none = |segment: &[u8]| {
            let word = segment.split_at_checked(NAME.run(segment));
            word.is_some_and(|(word, behind)| {
                word.eq_ignore_ascii_case(b"none") && skip_cfws(behind).is_empty()
            })
        };
        none.is_some_and(is_none) && self.results().next().is_none()
    }
}

/// One method and what it found.
#[derive(Clone, Copy, Debug)]
pub struct AuthResult<'a> {
    method: &'a [u8],
    version: Option<u32>,
    result: Value<'a>,
    rest: &'a [u8],
}

impl<'a> AuthResult<'a> {
    fn parse(segment: &'a [u8]) -> Option<Self> {
        let from = skip_cfws(segment);
        let (method, rest) = from.split_at_checked(METHOD.run(from))?;
        let mut rest = skip_cfws(rest);
        let mut number = Some(1);
        if let Some(after) = rest.strip_prefix(b"/") {
            let from = skip_cfws(after);
            let (digits, after) = from.split_at_checked(NAME.run(from))?;
            number = version(digits);
            rest = skip_cfws(after);
        }
        let (result, rest) = Value::read(skip_cfws(rest.strip_prefix(b"=")?), VALUE)?;
        (!method.is_empty()).then_some(AuthResult {
            method,
            version: number,
            result,
            rest,
        })
    }

    /// The method, such as `spf`, `dkim`, `dmarc`, in the sender's case.
    pub fn method(&self) -> Cow<'a, str> {
        text::line(self.method)
    }

    /// Whether it is this method, without regard to case.
    pub fn is(&self, method: &str) -> bool {
        self.method.eq_ignore_ascii_case(method.as_bytes())
    }

    /// The version of the method: 1 if it is not told, `None` if it cannot be read.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The result, such as `pass`, `fail`, `none`, in the sender's case.
    pub fn result(&self) -> Cow<'a, str> {
        self.result.text()
    }

    /// Whether the result is `pass`.
    pub fn is_pass(&self) -> bool {
        self.result().eq_ignore_ascii_case("pass")
    }

    /// Why, in words.
    pub fn reason(&self) -> Option<Cow<'a, str>> {
        let mut all = Properties { rest: self.rest };
        all.find(|property| property.is("", "reason"))
            .map(|property| property.value())
    }

    /// What the result is about, in order.
    pub fn properties(&self) -> impl Iterator<Item = Property<'a>> + Clone + use<'a> {
        let all = Properties { rest: self.rest };
        all.filter(|property| !property.is("", "reason"))
    }

    /// The value of the first property of this type and name.
    pub fn property(&self, ptype: &str, name: &str) -> Option<Cow<'a, str>> {
        let found = self.properties().find(|property| property.is(ptype, name));
        found.map(|property| property.value())
    }

    /// The comments behind the result, decoded.
    pub fn comments(&self) -> impl Iterator<Item = Cow<'a, str>> + Clone + use<'a> {
        comments(self.rest).map(text::comment)
    }
}

/// A property that a result is about: `ptype.name=value`.
#[derive(Clone, Copy, Debug)]
pub struct Property<'a> {
    ptype: &'a [u8],
    name: &'a [u8],
    value: Value<'a>,
}

impl<'a> Property<'a> {
    /// The type: `smtp`, `header`, `body` or `policy`. Empty where it is missing. What has another
    /// type must not decide about a message (RFC 8601 section 2.3).
    pub fn ptype(&self) -> Cow<'a, str> {
        text::line(self.ptype)
    }

    /// The name.
    pub fn name(&self) -> Cow<'a, str> {
        text::line(self.name)
    }

    /// Whether it has this type and name, without regard to case.
    pub fn is(&self, ptype: &str, name: &str) -> bool {
        self.ptype.eq_ignore_ascii_case(ptype.as_bytes())
            && self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value without quotation marks.
    pub fn value(&self) -> Cow<'a, str> {
        self.value.text()
    }
}

#[derive(Clone, Copy, Debug)]
struct Properties<'a> {
    rest: &'a [u8],
}

impl<'a> Properties<'a> {
    /// The property at the start, and what follows it.
    fn read(from: &'a [u8]) -> Option<(Property<'a>, &'a [u8])> {
        let (mut ptype, rest) = from.split_at_checked(PTYPE.run(from))?;
        let mut rest = skip_cfws(rest);
        let mut name = ptype;
        match rest.strip_prefix(b".") {
            None => ptype = b"",
            Some(after) => {
                let from = skip_cfws(after);
                (name, rest) = from.split_at_checked(NAME.run(from))?;
                rest = skip_cfws(rest);
            }
        }
        let (value, rest) = Value::read(skip_cfws(rest.strip_prefix(b"=")?), VALUE)?;
        (!name.is_empty()).then_some((Property { ptype, name, value }, rest))
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        loop {
            let from = skip_cfws(self.rest);
            if from.is_empty() {
                return None;
            }
            if let Some((property, rest)) = Self::read(from) {
                self.rest = rest;
                return Some(property);
            }
            // A word that is none.
            let word = from.iter().position(|b| is_space(*b) || *b == b'(');
            self.rest = from.get(word.unwrap_or(from.len()).max(1)..).unwrap_or(&[]);
        }
    }
}

/// A word, an address, or what stands in quotation marks.
#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    raw: &'a [u8],
    quoted: bool,
}

impl<'a> Value<'a> {
    /// The value at the start, of these octets and quoted strings, and what follows it.
    fn read(from: &'a [u8], octets: Octets) -> Option<(Self, &'a [u8])> {
        let string = from.strip_prefix(b"\"").and_then(quoted);
        let string_len = string.map_or(0, |inner| inner.len() + 2);
        let word_len = octets.run(from.get(string_len..)?);
        if let Some(raw) = string.filter(|_| word_len == 0) {
            return Some((Value { raw, quoted: true }, from.get(string_len..)?));
        }
        let (raw, rest) = from.split_at_checked(string_len + word_len)?;
        (!raw.is_empty()).then_some((Value { raw, quoted: false }, rest))
    }

    fn text(self) -> Cow<'a, str> {
        match self.quoted {
            true => text::to_text(text::unquoted(self.raw)),
            false => text::line(self.raw),
        }
    }
}

/// What ends at the first semicolon outside of quotation marks and comments, and what is behind it.
fn segment(value: &[u8]) -> (&[u8], &[u8]) {
    let mut lexer = Lexer::new(value);
    let end = lexer.find(|token| *token == Token::Special(b';'));
    let at = end.map_or(value.len(), |_| lexer.at() - 1);
    let (first, rest) = value.split_at_checked(at).unwrap_or((value, &[]));
    (first, rest.strip_prefix(b";").unwrap_or(&[]))
}

fn segments(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (first, behind) = segment(rest);
        rest = behind;
        Some(first)
    })
}

/// The number of `i=1`.
fn instance(segment: &[u8]) -> Option<u32> {
    let [b'i' | b'I', rest @ ..] = skip_cfws(segment) else {
        return None;
    };
    let digits = skip_cfws(skip_cfws(rest).strip_prefix(b"=")?);
    number(digits)
}

/// 1 if nothing but comments is there.
fn version(behind: &[u8]) -> Option<u32> {
    match skip_cfws(behind) {
        [] => Some(1),
        digits => number(digits),
    }
}

/// The number that stands there, and nothing else.
fn number(digits: &[u8]) -> Option<u32> {
    let (digits, behind) = digits.split_at_checked(NAME.run(digits))?;
    let is_number = digits.iter().all(u8::is_ascii_digit) && skip_cfws(behind).is_empty();
    str::from_utf8(digits)
        .ok()
        .filter(|_| is_number)?
        .parse()
        .ok()
}

const fn ends_value(b: u8) -> bool {
    is_space(b) || matches!(b, b';' | b'(')
}

const VALUE: Octets = octets!(|b| !ends_value(b));
const NAME: Octets = octets!(|b| !ends_value(b) && b != b'=' && b != b'"');
const METHOD: Octets = octets!(|b| !ends_value(b) && b != b'=' && b != b'"' && b != b'/');
const PTYPE: Octets = octets!(|b| !ends_value(b) && b != b'=' && b != b'"' && b != b'.');

impl<'a> Header<'a> {
    /// The Authentication-Results fields that a host with this authserv-id has to remove or rename
    /// when mail comes in from outside (RFC 8601 section 5): those that claim the id, those of a
    /// version other than 1, and those whose id or version cannot be read, since others may read
    /// them.
    ///
    /// Ids are compared without regard to case and to a dot at the end. Ask once for each form of an
    /// internationalised domain.
    ///
    /// ```
    /// use mime_core::Header;
    /// let header = Header::new(
    ///     b"Authentication-Results: other.example; spf=fail\r\n\
    ///       Authentication-Results: \"MX.example.org\"; spf=pass\r\n\r\n",
    /// );
    /// let forged: Vec<_> = header.untrusted_results("mx.example.org").collect();
    /// assert_eq!(forged.len(), 1);
    /// assert_eq!(forged[0].offset(), Some(49));
    /// ```
    pub fn untrusted_results<'n>(
        &self,
        authserv_id: &'n str,
    ) -> impl Iterator<Item = Field<'a>> + use<'a, 'n> {
        let own = authserv_id.trim_end_matches('.');
        self.all(Name::AuthenticationResults).filter(move |field| {
            let results = field.auth_results();
            let id = results.authserv_id();
            let is_own = |id: Cow<'_, str>| id.trim_end_matches('.').eq_ignore_ascii_case(own);
            results.version() != Some(1) || id.is_none_or(is_own)
        })
    }
}
