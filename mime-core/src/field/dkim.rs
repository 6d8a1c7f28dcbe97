//! DKIM-Signature (RFC 6376 section 3.5).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::body::base64;
use crate::field::Field;
use crate::field::canon::Canon;
use crate::field::lex::is_space;
use crate::field::param::hex;
use crate::field::tags::{TagError, TagList};
use crate::field::text;
use crate::header::Header;
use crate::octets::{Octets, octets};

/// A signature, with all that RFC 6376 section 6.1.1 demands of its form. Whether it is true is for
/// those who have the key: [`write_signed`](Self::write_signed) and [`Canon`] give the octets.
///
/// ```
/// use mime_core::{Header, Name};
/// let header = Header::new(
///     b"From: a@b.example\r\n\
///       DKIM-Signature: v=1; a=rsa-sha256; c=relaxed; d=b.example; s=key;\r\n\
///       \th=From:Subject; bh=AAEC; b=Aw\r\n\tQF\r\n\r\n",
/// );
/// let signature = header.first(Name::DkimSignature).unwrap().dkim_signature()?;
/// assert_eq!(signature.domain(), "b.example");
/// assert_eq!(signature.signature(), [3, 4, 5]);
/// let mut signed = Vec::new();
/// signature.write_signed(header, &mut |piece| signed.extend_from_slice(piece));
/// assert!(signed.starts_with(b"from:a@b.example\r\ndkim-signature:v=1; a=rsa-sha256;"));
/// assert!(signed.ends_with(b"bh=AAEC; b="));
/// # Ok::<(), mime_core::DkimError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DkimSignature<'a> {
    field: Field<'a>,
    tags: TagList<'a>,
    known: Known<'a>,
    canon: (Canon, Canon),
    domain: &'a str,
    selector: &'a str,
}

/// Why a signature is none: it counts as a permanent failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DkimError {
    /// It is no tag list.
    #[error(transparent)]
    Tags(#[from] TagError),
    /// A tag is absent that has to be there.
    #[error("no tag {0}=")]
    Missing(&'static str),
    /// The value of a tag is not what it has to be.
    #[error("bad value of {0}=")]
    Invalid(&'static str),
    /// The version is not 1.
    #[error("not version 1")]
    Version,
    /// The domain of `i=` is not at or below that of `d=`.
    #[error("i= is not below d=")]
    DomainMismatch,
    /// From is not among the signed fields.
    #[error("From is not signed")]
    FromNotSigned,
}

type Check = fn(&[u8]) -> bool;

const KNOWN: [&str; 14] = [
    "v", "a", "b", "bh", "c", "d", "h", "i", "l", "q", "s", "t", "x", "z",
];

/// The values of the tags that have a meaning, found in one pass.
#[derive(Clone, Copy, Debug)]
struct Known<'a>([Option<&'a [u8]>; KNOWN.len()]);

impl<'a> Known<'a> {
    fn place(name: &str) -> Option<usize> {
        KNOWN.iter().position(|known| *known == name)
    }

    fn of(tags: TagList<'a>) -> Self {
        let mut values = [None; KNOWN.len()];
        for tag in tags.iter() {
            if let Some(value) = Self::place(tag.name).and_then(|at| values.get_mut(at)) {
                *value = Some(tag.value);
            }
        }
        Known(values)
    }

    fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.0.get(Self::place(name)?).copied().flatten()
    }
}

/// The algorithm of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DkimAlgorithm {
    /// `rsa-sha256`
    RsaSha256,
    /// `ed25519-sha256` (RFC 8463)
    Ed25519Sha256,
    /// `rsa-sha1`, which proves nothing any more (RFC 8301 section 3.1).
    RsaSha1,
    /// One that is not known.
    Other,
}

impl<'a> DkimSignature<'a> {
    pub(crate) fn parse(field: Field<'a>) -> Result<Self, DkimError> {
        let tags = TagList::parse(field.value_raw())?;
        let known = Known::of(tags);
        let need = |name| known.get(name).ok_or(DkimError::Missing(name));
        if need("v")? != b"1" {
            return Err(DkimError::Version);
        }
        let signature = DkimSignature {
            field,
            tags,
            known,
            canon: canon(known.get("c").unwrap_or(b"simple")).ok_or(DkimError::Invalid("c"))?,
            domain: domain(need("d")?).ok_or(DkimError::Invalid("d"))?,
            selector: domain(need("s")?).ok_or(DkimError::Invalid("s"))?,
        };
        let checks: [(&'static str, Check); 4] = [
            ("a", is_algorithm),
            ("b", is_base64),
            ("bh", is_base64),
            ("h", is_name_list),
        ];
        for (name, is_right) in checks {
            if !is_right(need(name)?) {
                return Err(DkimError::Invalid(name));
            }
        }
        signature.check_optional()?;
        let from = signature
            .signed_fields()
            .any(|name| name.eq_ignore_ascii_case("from"));
        from.then_some(signature).ok_or(DkimError::FromNotSigned)
    }

    fn check_optional(&self) -> Result<(), DkimError> {
        for (name, most) in [("l", 76), ("t", 12), ("x", 12)] {
            let is_number = |value: &[u8]| {
                (1..=most).contains(&value.len()) && value.iter().all(u8::is_ascii_digit)
            };
            if !self.known.get(name).is_none_or(is_number) {
                return Err(DkimError::Invalid(name));
            }
        }
        if let (Some(made), Some(ends)) = (self.timestamp(), self.expires())
            && ends <= made
        {
            return Err(DkimError::Invalid("x"));
        }
        let by_dns = |list: &[u8]| {
            let mut methods = list.split(|b| *b == b':');
            methods.any(|method| method.trim_ascii().eq_ignore_ascii_case(b"dns/txt"))
        };
        if !self.known.get("q").is_none_or(by_dns) {
            return Err(DkimError::Invalid("q"));
        }
        if self.known.get("i").is_some() {
            let identity = self.identity();
            let (_, domain) = identity.rsplit_once('@').ok_or(DkimError::Invalid("i"))?;
            if !is_at_or_below(domain, self.domain) {
                return Err(DkimError::DomainMismatch);
            }
        }
        Ok(())
    }

    /// All tags, those that are not known too.
    pub fn tags(&self) -> TagList<'a> {
        self.tags
    }

    /// `a=`: the algorithm.
    pub fn algorithm(&self) -> DkimAlgorithm {
        const NAMES: [(&str, DkimAlgorithm); 3] = [
            ("rsa-sha256", DkimAlgorithm::RsaSha256),
            ("ed25519-sha256", DkimAlgorithm::Ed25519Sha256),
            ("rsa-sha1", DkimAlgorithm::RsaSha1),
        ];
        let value = self.known.get("a").unwrap_or(&[]);
        let known = NAMES
            .iter()
            .find(|(name, _)| value.eq_ignore_ascii_case(name.as_bytes()));
        known.map_or(DkimAlgorithm::Other, |(_, algorithm)| *algorithm)
    }

    /// `b=`: the signature.
    pub fn signature(&self) -> Vec<u8> {
        self.base64("b")
    }

    /// `bh=`: the hash of the body.
    pub fn body_hash(&self) -> Vec<u8> {
        self.base64("bh")
    }

    fn base64(&self, name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        base64::decode_all(self.known.get(name).unwrap_or(&[]), &mut out);
        out
    }

    /// `c=`: how the fields are made canonical.
    pub fn header_canon(&self) -> Canon {
        self.canon.0
    }

    /// `c=`: how the body is made canonical.
    pub fn body_canon(&self) -> Canon {
        self.canon.1
    }

    /// `d=`: who signed.
    pub fn domain(&self) -> &'a str {
        self.domain
    }

    /// `s=`: which key of the domain.
    pub fn selector(&self) -> &'a str {
        self.selector
    }

    /// `h=`: the names of the signed fields, in their order. A name stands once for each field.
    pub fn signed_fields(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        let names = self.known.get("h").unwrap_or(&[]).split(|b| *b == b':');
        names.filter_map(|name| str::from_utf8(name.trim_ascii()).ok())
    }

    /// `i=`: for whom, an address whose local part may be empty; `@` and the domain if it is absent.
    pub fn identity(&self) -> Cow<'a, str> {
        match self.known.get("i") {
            Some(value) => quoted_printable(value),
            None => Cow::Owned(alloc::format!("@{}", self.domain)),
        }
    }

    /// `l=`: how many octets of the canonical body are signed. Anyone can append to such a mail.
    pub fn body_length(&self) -> Option<u64> {
        self.number("l")
    }

    /// `t=`: when it was signed, in seconds since 1970.
    pub fn timestamp(&self) -> Option<u64> {
        self.number("t")
    }

    /// `x=`: when it is void, in seconds since 1970.
    pub fn expires(&self) -> Option<u64> {
        self.number("x")
    }

    fn number(&self, name: &str) -> Option<u64> {
        let digits = self.known.get(name)?.iter();
        Some(digits.fold(0, |n: u64, b| {
            n.saturating_mul(10)
                .saturating_add(u64::from(b.wrapping_sub(b'0')))
        }))
    }

    /// `q=`: the ways to get the key. `dns/txt` is among them.
    pub fn query(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        let methods = self
            .tags
            .get("q")
            .unwrap_or(b"dns/txt")
            .split(|b| *b == b':');
        methods.filter_map(|method| str::from_utf8(method.trim_ascii()).ok())
    }

    /// `z=`: copies of fields for diagnosis, name and value.
    pub fn copied_fields(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        let copies = self.known.get("z").unwrap_or(&[]).split(|b| *b == b'|');
        copies.filter_map(|copy| {
            let colon = memchr::memchr(b':', copy)?;
            let (name, value) = copy.split_at_checked(colon)?;
            Some((quoted_printable(name), quoted_printable(value.get(1..)?)))
        })
    }

    /// Writes the canonical octets of the header that the signature is made over: each field of `h=`,
    /// from the bottom of the header up, then the signature itself without `b=` (RFC 6376 section
    /// 3.7).
    ///
    /// `header` is the one that the signature is in. Allocates an index of its fields. Work is
    /// `n log n` in the number of fields and names.
    pub fn write_signed(&self, header: Header<'_>, out: &mut impl FnMut(&[u8])) {
        let mut fields: Vec<Field<'_>> = header
            .iter()
            .filter(|field| !core::ptr::eq(field.raw(), self.field.raw()))
            .collect();
        // Fields of one name become neighbours, the lowest last.
        fields.sort_by(|one, two| lower(one.name_raw()).cmp(lower(two.name_raw())));
        let mut taken = alloc::vec![0usize; fields.len()];
        for name in self.signed_fields() {
            let name = name.as_bytes();
            let below = |field: &Field<'_>| lower(field.name_raw()).lt(lower(name));
            let start = fields.partition_point(below);
            let group = fields.get(start..).unwrap_or(&[]);
            let count = group.partition_point(|field| field.is_named(name));
            // How many of the group were taken is counted where it starts.
            if let Some(taken) = taken.get_mut(start).filter(|taken| **taken < count) {
                *taken += 1;
                if let Some(field) = group.get(count - *taken) {
                    self.canon.0.write_field(*field, out);
                }
            }
        }
        let span = self
            .tags
            .tag("b")
            .map_or((0, 0), |tag| (tag.start, tag.end));
        self.canon.0.write_field_without(self.field, span, out);
    }
}

fn lower(name: &[u8]) -> impl Iterator<Item = u8> {
    name.iter().map(u8::to_ascii_lowercase)
}

fn canon(value: &[u8]) -> Option<(Canon, Canon)> {
    let one = |name: &[u8]| match name {
        name if name.eq_ignore_ascii_case(b"simple") => Some(Canon::Simple),
        name if name.eq_ignore_ascii_case(b"relaxed") => Some(Canon::Relaxed),
        _ => None,
    };
    let mut names = value.splitn(2, |b| *b == b'/');
    let header = one(names.next()?)?;
    match names.next() {
        Some(body) => Some((header, one(body)?)),
        None => Some((header, Canon::Simple)),
    }
}

/// The labels of a domain, or of a selector. U-labels are let through (RFC 8616 section 5).
fn domain(value: &[u8]) -> Option<&str> {
    const LABEL: Octets =
        octets!(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || b >= 0x80);
    let mut labels = value.split(|b| *b == b'.');
    let sound = labels.all(|label| !label.is_empty() && LABEL.run(label) == label.len());
    str::from_utf8(value).ok().filter(|_| sound)
}

fn is_at_or_below(domain: &str, above: &str) -> bool {
    let (domain, above) = (domain.as_bytes(), above.as_bytes());
    let Some((front, end)) = domain
        .len()
        .checked_sub(above.len())
        .and_then(|at| domain.split_at_checked(at))
    else {
        return false;
    };
    end.eq_ignore_ascii_case(above) && (front.is_empty() || front.ends_with(b"."))
}

fn is_algorithm(value: &[u8]) -> bool {
    let is_word = |word: &[u8]| {
        word.first().is_some_and(u8::is_ascii_alphabetic)
            && word.iter().all(u8::is_ascii_alphanumeric)
    };
    let mut words = value.split(|b| *b == b'-');
    words.next().is_some_and(is_word) && words.next().is_some_and(is_word) && words.next().is_none()
}

/// Base64 with white space anywhere, and `=` only at the end (RFC 4648 section 4).
fn is_base64(value: &[u8]) -> bool {
    let is_text = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let mut octets = value.iter().copied().filter(|b| !is_space(*b));
    let text = octets.by_ref().take_while(|b| is_text(*b)).count();
    let end = value.iter().rev().filter(|b| !is_space(**b));
    let padding = end.take_while(|b| **b == b'=').count();
    let all = value.iter().filter(|b| !is_space(**b)).count();
    text > 0 && padding <= 2 && text + padding == all && text % 4 != 1
}

/// Field names with colons between them.
fn is_name_list(value: &[u8]) -> bool {
    value.split(|b| *b == b':').all(|name| {
        let name = name.trim_ascii();
        !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
    })
}

/// DKIM's quoted-printable (RFC 6376 section 2.11): white space counts for nothing.
fn quoted_printable(value: &[u8]) -> Cow<'_, str> {
    if !value.iter().any(|b| is_space(*b) || *b == b'=') {
        return text::to_text(Cow::Borrowed(value));
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'=', [high, low, after @ ..]) if let Some(octet) = hex(*high, *low) => {
                out.push(octet);
                rest = after;
            }
            _ if is_space(first) => {}
            _ => out.push(first),
        }
    }
    text::to_text(Cow::Owned(out))
}
