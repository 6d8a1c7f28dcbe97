//! Signed and encrypted parts (RFC 1847), of S/MIME (RFC 8551) and PGP/MIME (RFC 3156), and PGP
//! inline in a text (RFC 9580 section 6).
//!
//! Nothing is verified or decrypted here: these are the exact octets that a verifier needs.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

use memchr::{memchr_iter, memmem};

use crate::field::media::MediaType;
use crate::message::Part;
use crate::node::Kind;
use crate::octets::spells;

/// By which rules a part is signed or encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// PGP/MIME (RFC 3156).
    Pgp,
    /// S/MIME (RFC 8551).
    Smime,
    /// Another, or one that is not told.
    Other,
}

impl Scheme {
    fn of_type(media: &MediaType<'_>) -> Self {
        let is = |subtypes: [&str; 2]| subtypes.iter().any(|s| media.is("application", s));
        match () {
            _ if is(["pgp-signature", "pgp-encrypted"]) => Scheme::Pgp,
            _ if is(["pkcs7-signature", "x-pkcs7-signature"]) => Scheme::Smime,
            _ => Scheme::Other,
        }
    }
}

/// A multipart/signed (RFC 1847 section 2.1): a part, and a signature over its octets.
///
/// Only the part is signed. What else a mail holds, and its header, anybody may have put there; and
/// the signature says nothing before it is verified.
///
/// ```
/// use mime_core::{Layout, Limits, Scheme};
/// let mail = b"Content-Type: multipart/signed; protocol=\"application/pgp-signature\";\r\n \
///     micalg=pgp-sha512; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
///     --b\r\nContent-Type: application/pgp-signature\r\n\r\n(signature)\r\n--b--\r\n";
/// let mut layout = Layout::new();
/// let signed = layout.parse(mail, &Limits::DEFAULT).root().signed().unwrap();
/// assert_eq!(signed.octets().as_ref(), b"Content-Type: text/plain\r\n\r\nhello");
/// assert_eq!(signed.signature().unwrap().body().as_ref(), b"(signature)");
/// assert_eq!((signed.scheme(), signed.is_sound()), (Scheme::Pgp, true));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    container: Part<'a>,
    entity: Part<'a>,
    signature: Option<Part<'a>>,
}

impl<'a> Signed<'a> {
    /// What is signed: the first part.
    pub fn entity(&self) -> Part<'a> {
        self.entity
    }

    /// The octets that are signed: header, blank line and body of the first part, exactly, but with
    /// CRLF at the ends of lines. In a mail that was stored with LF, they are put back, in a copy;
    /// then nobody knows whether an LF of the mail had been one alone.
    pub fn octets(&self) -> Cow<'a, [u8]> {
        with_crlf(self.entity.raw_entity())
    }

    /// The signature: the second part. Its [`body`](Part::body) is what a verifier takes.
    pub fn signature(&self) -> Option<Part<'a>> {
        self.signature
    }

    /// `protocol`: the type that the signature should have.
    pub fn protocol(&self) -> Option<Cow<'a, str>> {
        self.container.media_type().param("protocol")
    }

    /// `micalg`: the hash algorithms, by which a verifier may begin before it comes to the
    /// signature. What counts is what the signature says.
    pub fn micalg(&self) -> Option<Cow<'a, str>> {
        self.container.media_type().param("micalg")
    }

    /// By which rules it is signed: by the type of the signature.
    pub fn scheme(&self) -> Scheme {
        self.signature
            .map_or(Scheme::Other, |part| Scheme::of_type(&part.media_type()))
    }

    /// Whether it has two parts, and the second has the type that `protocol` tells. Do not show a
    /// mail as signed that is not sound.
    pub fn is_sound(&self) -> bool {
        let signature = self.signature.as_ref();
        self.container.children().count() == 2
            && signature.is_some_and(|part| has_protocol(part, self.protocol()))
    }
}

/// A multipart/encrypted (RFC 1847 section 2.2): how it is encrypted, and the encrypted octets.
///
/// ```
/// use mime_core::{Layout, Limits, Scheme};
/// let mail = b"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n \
///     boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\
///     --b\r\nContent-Type: application/octet-stream\r\n\r\n(secret)\r\n--b--\r\n";
/// let mut layout = Layout::new();
/// let encrypted = layout.parse(mail, &Limits::DEFAULT).root().encrypted().unwrap();
/// assert_eq!(encrypted.data().unwrap().body().as_ref(), b"(secret)");
/// assert_eq!((encrypted.scheme(), encrypted.is_sound()), (Scheme::Pgp, true));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Encrypted<'a> {
    container: Part<'a>,
    control: Part<'a>,
    data: Option<Part<'a>>,
}

impl<'a> Encrypted<'a> {
    /// What is needed to decrypt: the first part. That of PGP/MIME is `Version: 1`.
    pub fn control(&self) -> Part<'a> {
        self.control
    }

    /// What is encrypted: the second part.
    pub fn data(&self) -> Option<Part<'a>> {
        self.data
    }

    /// `protocol`: the type that the first part should have.
    pub fn protocol(&self) -> Option<Cow<'a, str>> {
        self.container.media_type().param("protocol")
    }

    /// By which rules it is encrypted: by the type of the first part.
    pub fn scheme(&self) -> Scheme {
        Scheme::of_type(&self.control.media_type())
    }

    /// Whether it has two parts, the first of the type that `protocol` tells, the second
    /// application/octet-stream.
    pub fn is_sound(&self) -> bool {
        let data = self.data.as_ref();
        self.container.children().count() == 2
            && has_protocol(&self.control, self.protocol())
            && data.is_some_and(|part| part.media_type().is("application", "octet-stream"))
    }
}

/// What an application/pkcs7-mime holds (RFC 8551 section 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Smime {
    /// It is encrypted.
    Enveloped,
    /// It is encrypted, and changes would be seen.
    AuthEnveloped,
    /// It is signed, and the content is within.
    Signed,
    /// Certificates alone.
    Certificates,
    /// It is compressed.
    Compressed,
    /// It does not say.
    Unknown,
}

impl Smime {
    /// By `smime-type`, else by the ending of the file name.
    fn of(part: &Part<'_>) -> Self {
        let named = part.media_type().param("smime-type").unwrap_or_default();
        let file = part.filename().unwrap_or_default();
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        match (named.trim().as_bytes(), ending.as_bytes()) {
            (name, _) if spells(name, b"enveloped-data") => Smime::Enveloped,
            (name, _) if spells(name, b"authenveloped-data") => Smime::AuthEnveloped,
            (name, _) if spells(name, b"signed-data") => Smime::Signed,
            (name, _) if spells(name, b"certs-only") => Smime::Certificates,
            (name, _) if spells(name, b"compressed-data") => Smime::Compressed,
            (_, ending) if spells(ending, b"p7c") => Smime::Certificates,
            (_, ending) if spells(ending, b"p7z") => Smime::Compressed,
            _ => Smime::Unknown,
        }
    }
}

impl<'a> Part<'a> {
    /// Its parts by their meaning, if it is a multipart/signed with at least one.
    pub fn signed(&self) -> Option<Signed<'a>> {
        let [entity, signature] = self.two_parts("signed")?;
        Some(Signed {
            container: *self,
            entity: entity?,
            signature,
        })
    }

    /// Its parts by their meaning, if it is a multipart/encrypted with at least one.
    pub fn encrypted(&self) -> Option<Encrypted<'a>> {
        let [control, data] = self.two_parts("encrypted")?;
        Some(Encrypted {
            container: *self,
            control: control?,
            data,
        })
    }

    /// What it holds, if it is an application/pkcs7-mime. Its [`body`](Part::body) is a CMS content
    /// info in DER.
    pub fn smime(&self) -> Option<Smime> {
        let media = self.media_type();
        let is_one =
            media.is("application", "pkcs7-mime") || media.is("application", "x-pkcs7-mime");
        is_one.then(|| Smime::of(self))
    }

    fn two_parts(&self, subtype: &str) -> Option<[Option<Part<'a>>; 2]> {
        let is_one = self.kind() == Kind::Multipart && self.media_type().is("multipart", subtype);
        let mut parts = self.child_parts();
        is_one.then(|| [parts.next(), parts.next()])
    }
}

/// Whether a part has the type that a `protocol` names.
fn has_protocol(part: &Part<'_>, protocol: Option<Cow<'_, str>>) -> bool {
    let protocol = protocol.unwrap_or_default();
    let named = protocol.trim().split_once('/');
    named.is_some_and(|(ty, subtype)| {
        let media = part.media_type();
        !ty.contains('*') && !subtype.contains('*') && media.is(ty, subtype)
    })
}

/// With CRLF for each LF that has no CR.
fn with_crlf(octets: &[u8]) -> Cow<'_, [u8]> {
    let is_bare = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| octets.get(at));
        before != Some(&b'\r')
    };
    let mut bare = memchr_iter(b'\n', octets).filter(is_bare).peekable();
    if bare.peek().is_none() {
        return Cow::Borrowed(octets);
    }
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32 + 16);
    let mut from = 0;
    for lf in bare {
        out.extend_from_slice(octets.get(from..lf).unwrap_or(&[]));
        out.push(b'\r');
        from = lf;
    }
    out.extend_from_slice(octets.get(from..).unwrap_or(&[]));
    Cow::Owned(out)
}

/// What PGP armour in a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Armor {
    /// `PGP MESSAGE`: encrypted, or signed without being readable.
    Message,
    /// `PGP SIGNED MESSAGE`: readable text with a signature behind it.
    Signed,
    /// `PGP SIGNATURE` alone.
    Signature,
    /// `PGP PUBLIC KEY BLOCK`.
    PublicKey,
    /// `PGP PRIVATE KEY BLOCK`: somebody should be told.
    PrivateKey,
}

/// The armour in a text, with where it is: from the dashes of its first line to those of its last,
/// or to the end of the text if that line is missing. What is quoted is not found. Linear.
///
/// Whoever writes a text can put armour into it, and other text around it: only what a verifier
/// says of these octets is signed.
///
/// ```
/// use mime_core::{Armor, armors};
/// let text = b"see:\n-----BEGIN PGP MESSAGE-----\n\nxyz\n-----END PGP MESSAGE-----\nbye\n";
/// let all: Vec<_> = armors(text).collect();
/// assert_eq!(all, [(Armor::Message, 5..63)]);
/// ```
pub fn armors(text: &[u8]) -> impl Iterator<Item = (Armor, Range<usize>)> + '_ {
    let mut from = 0;
    core::iter::from_fn(move || {
        loop {
            let (start, label) = next_line(text, from, b"-----BEGIN PGP ")?;
            let behind = start + label.len();
            let Some((kind, end)) = Armor::of(label) else {
                from = behind;
                continue;
            };
            let end = next_line_that_is(text, behind, end).unwrap_or(text.len());
            from = end;
            return Some((kind, start..end));
        }
    })
}

impl Armor {
    /// By the first line; with the last line.
    fn of(line: &[u8]) -> Option<(Armor, &'static [u8])> {
        const LINES: [(&[u8], Armor, &[u8]); 5] = [
            (
                b"-----BEGIN PGP MESSAGE-----",
                Armor::Message,
                b"-----END PGP MESSAGE-----",
            ),
            (
                b"-----BEGIN PGP SIGNED MESSAGE-----",
                Armor::Signed,
                b"-----END PGP SIGNATURE-----",
            ),
            (
                b"-----BEGIN PGP SIGNATURE-----",
                Armor::Signature,
                b"-----END PGP SIGNATURE-----",
            ),
            (
                b"-----BEGIN PGP PUBLIC KEY BLOCK-----",
                Armor::PublicKey,
                b"-----END PGP PUBLIC KEY BLOCK-----",
            ),
            (
                b"-----BEGIN PGP PRIVATE KEY BLOCK-----",
                Armor::PrivateKey,
                b"-----END PGP PRIVATE KEY BLOCK-----",
            ),
        ];
        let mut lines = LINES.iter();
        let found = lines.find(|(first, ..)| *first == line)?;
        Some((found.1, found.2))
    }
}

/// The next line that begins with this, without white space at its end.
fn next_line<'a>(text: &'a [u8], from: usize, start: &[u8]) -> Option<(usize, &'a [u8])> {
    let mut from = from;
    loop {
        let at = from + memmem::find(text.get(from..)?, start)?;
        let line = text.get(at..)?;
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        let line = line.get(..end)?.trim_ascii_end();
        if at == 0 || text.get(at - 1) == Some(&b'\n') {
            return Some((at, line));
        }
        from = at + line.len().max(1);
    }
}

/// Where the next line that is this ends.
fn next_line_that_is(text: &[u8], mut from: usize, wanted: &[u8]) -> Option<usize> {
    loop {
        let (at, line) = next_line(text, from, wanted)?;
        if line == wanted {
            return Some(at + line.len());
        }
        from = at + line.len();
    }
}
