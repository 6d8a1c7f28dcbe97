//! Mailbox names: UTF-8 within, modified UTF-7 towards clients of RFC 3501.

use core::fmt;
use std::borrow::Cow;

use crate::syntax::Str;

/// The name of a mailbox in UTF-8, valid and decoded; INBOX is always written `INBOX`.
///
/// No name holds a control character or a line or paragraph separator (RFC 9051 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mailbox<'a>(Cow<'a, str>);

/// A name that no mailbox can have: not UTF-8, no text, or malformed modified UTF-7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadName;

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid mailbox name")
    }
}

impl std::error::Error for BadName {}

impl<'a> Mailbox<'a> {
    /// Reads the name that a client sent: in UTF-8 once it has enabled IMAP4rev2 or UTF8=ACCEPT, in
    /// modified UTF-7 before (RFC 3501 section 5.1.3). Borrows it where nothing is to be decoded.
    ///
    /// # Errors
    ///
    /// A name that no mailbox can have. Before UTF-8 is enabled that is any name with an octet
    /// outside of ASCII, and any modified UTF-7 in another form than the one RFC 3501 prescribes, so
    /// that a mailbox has one name only.
    pub fn from_wire(name: Str<'a>, utf8: bool) -> Result<Self, BadName> {
        let name = decode(name.to_str().ok_or(BadName)?, utf8)?;
        if name.is_empty() || name.chars().any(is_forbidden) {
            return Err(BadName);
        }
        Ok(Self::new(name))
    }

    fn new(name: Cow<'a, str>) -> Self {
        Self(if name.eq_ignore_ascii_case("INBOX") {
            Cow::Borrowed("INBOX")
        } else {
            name
        })
    }

    /// The one form of a name that a store is told: without separators at its end, and with INBOX in
    /// capitals also where it is only the first level. `None`: a level is empty, or is one that a
    /// store which keeps mailboxes as files could take for a way out; or it is longer than `longest`.
    pub(crate) fn canonical(self, separator: char, longest: usize) -> Option<Self> {
        let Mailbox(name) = self.without_trailing(separator);
        let sound = name.len() <= longest && has_sound_levels(&name, separator);
        sound.then(|| {
            Mailbox(match inbox_in_capitals(&name, separator) {
                Cow::Borrowed(_) => name,
                Cow::Owned(other) => Cow::Owned(other),
            })
        })
    }

    /// Without the separators at its end, with which CREATE only declares an intent (RFC 9051
    /// section 6.3.4); some clients write them everywhere.
    fn without_trailing(self, separator: char) -> Self {
        match self.0 {
            Cow::Borrowed(name) => Self::new(Cow::Borrowed(name.trim_end_matches(separator))),
            Cow::Owned(mut name) => {
                name.truncate(name.trim_end_matches(separator).len());
                Self::new(Cow::Owned(name))
            }
        }
    }

    /// In UTF-8, with the separator between its levels.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The mailbox that every user has.
    pub fn is_inbox(&self) -> bool {
        self.0 == "INBOX"
    }

    /// For as long as it is wanted.
    pub fn into_owned(self) -> Mailbox<'static> {
        Mailbox(Cow::Owned(self.0.into_owned()))
    }
}

/// No level is empty or leads elsewhere in a file system.
pub(crate) fn has_sound_levels(name: &str, separator: char) -> bool {
    name.split(separator)
        .all(|level| !matches!(level, "" | "." | ".."))
}

/// The name or pattern with INBOX in capitals where it is the first level: RFC 9051 section 5.1 has
/// it in any case, and what lies below it must not have two names.
pub(crate) fn inbox_in_capitals(name: &str, separator: char) -> Cow<'_, str> {
    const INBOX: &str = "INBOX";
    match name.split_at_checked(INBOX.len()) {
        Some((root, below))
            if root.eq_ignore_ascii_case(INBOX)
                && root != INBOX
                && (below.is_empty() || below.starts_with(separator)) =>
        {
            Cow::Owned(format!("{INBOX}{below}"))
        }
        _ => Cow::Borrowed(name),
    }
}

/// Net-Unicode without control characters: RFC 9051 section 5.1.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A name, or a pattern or reference of LIST, as [`Mailbox::from_wire`] reads it.
pub(crate) fn decode(name: Cow<'_, str>, utf8: bool) -> Result<Cow<'_, str>, BadName> {
    if utf8 {
        return Ok(name);
    }
    if !name.is_ascii() {
        return Err(BadName);
    }
    if !name.contains('&') {
        return Ok(name);
    }
    let mut decoded = String::with_capacity(name.len());
    let mut rest = &*name;
    while let Some((plain, shifted)) = rest.split_once('&') {
        decoded.push_str(plain);
        let (base64, after) = shifted.split_once('-').ok_or(BadName)?;
        match base64 {
            "" => decoded.push('&'),
            _ => decode_shifted(base64, &mut decoded)?,
        }
        rest = after;
    }
    decoded.push_str(rest);
    // Every other form than the one we would write is refused: a name in it would be a second one.
    let mut canonical = String::with_capacity(name.len());
    encode(&decoded, |run| canonical.push_str(run));
    if canonical == *name {
        Ok(Cow::Owned(decoded))
    } else {
        Err(BadName)
    }
}

/// Base64 with `,` for `/`, without padding, of UTF-16.
fn decode_shifted(base64: &str, decoded: &mut String) -> Result<(), BadName> {
    let mut held = 0u32;
    let mut bits = 0;
    let mut units = Vec::with_capacity(base64.len() / 2);
    for octet in base64.bytes() {
        let value = ALPHABET.iter().position(|&a| a == octet).ok_or(BadName)?;
        held = held << 6 | u32::try_from(value).unwrap_or(0);
        bits += 6;
        if bits >= 16 {
            bits -= 16;
            units.push(u16::try_from(held >> bits & 0xffff).unwrap_or(0));
        }
    }
    for c in char::decode_utf16(units) {
        decoded.push(c.map_err(|_| BadName)?);
    }
    Ok(())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Writes a name in modified UTF-7, run by run: RFC 3501 section 5.1.3.
pub(crate) fn encode(name: &str, mut put: impl FnMut(&str)) {
    let plain = |c: char| (' '..='~').contains(&c) && c != '&';
    let mut rest = name;
    while !rest.is_empty() {
        let (run, behind) = rest.split_at(rest.find(|c| !plain(c)).unwrap_or(rest.len()));
        put(run);
        if let Some(behind) = behind.strip_prefix('&') {
            put("&-");
            rest = behind;
            continue;
        }
        let (run, behind) = behind.split_at(
            behind
                .find(|c| plain(c) || c == '&')
                .unwrap_or(behind.len()),
        );
        if !run.is_empty() {
            put("&");
            encode_shifted(run, &mut put);
            put("-");
        }
        rest = behind;
    }
}

fn encode_shifted(run: &str, put: &mut impl FnMut(&str)) {
    let mut digit = |value: u32| {
        let at = usize::try_from(value & 0x3f).unwrap_or(0);
        let octet = ALPHABET.get(at).copied().unwrap_or(b'A');
        put(char::from(octet).encode_utf8(&mut [0; 4]));
    };
    let mut held = 0u32;
    let mut bits = 0;
    for unit in run.encode_utf16() {
        held = held << 16 | u32::from(unit);
        bits += 16;
        while bits >= 6 {
            bits -= 6;
            digit(held >> bits);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        digit(held << (6 - bits));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::syntax::{Body, Limits, parse};

    fn encoded(name: &str) -> String {
        let mut out = String::new();
        encode(name, |run| out.push_str(run));
        out
    }

    fn decoded(name: &str) -> Option<String> {
        decode(Cow::Borrowed(name), false).ok().map(Cow::into_owned)
    }

    #[test]
    fn names_in_both_forms() {
        // imap-3501-5.1.3-01
        for (utf8, utf7) in [
            ("INBOX", "INBOX"),
            ("☺!", "&Jjo-!"),
            ("Tom & Jerry", "Tom &- Jerry"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("😀", "&2D3eAA-"),
            ("é&é", "&AOk-&-&AOk-"),
            ("", ""),
        ] {
            assert_eq!(encoded(utf8), utf7);
            assert_eq!(decoded(utf7).as_deref(), Some(utf8));
        }
    }

    fn from_wire(name: &str, utf8: bool) -> Option<String> {
        let command = format!("a DELETE {{{}}}\r\n{name}", name.len());
        let command = parse(command.as_bytes(), &Limits::DEFAULT).unwrap();
        let Body::Delete { mailbox } = command.body else {
            panic!("{name}")
        };
        let mailbox = Mailbox::from_wire(mailbox, utf8).ok()?;
        assert_eq!(mailbox.is_inbox(), mailbox.name() == "INBOX");
        Some(mailbox.into_owned().name().to_owned())
    }

    #[test]
    fn names_of_clients() {
        for (wire, before, after) in [
            // imap-9051-5.1-01
            ("iNbOx", Some("INBOX"), Some("INBOX")),
            ("inbox/x", Some("inbox/x"), Some("inbox/x")),
            // imap-9051-4.5-01
            ("NIL", Some("NIL"), Some("NIL")),
            ("caf\u{e9}", None, Some("caf\u{e9}")),
            ("caf&AOk-", Some("caf\u{e9}"), Some("caf&AOk-")),
            ("a & b", None, Some("a & b")),
            ("", None, None),
            ("a\r\nb", None, None),
            ("a\u{7f}", None, None),
            ("a\u{85}", None, None),
            ("a\u{2028}", None, None),
            ("&ICg-", None, Some("&ICg-")),
        ] {
            assert_eq!(from_wire(wire, false).as_deref(), before, "{wire:?}");
            assert_eq!(from_wire(wire, true).as_deref(), after, "{wire:?}");
        }
    }

    #[test]
    fn separators_at_the_end_are_taken_off() {
        // imap-9051-6.3.4-03
        for (name, expected) in [
            ("foo/", "foo"),
            ("foo", "foo"),
            ("a/b//", "a/b"),
            ("inbox/", "INBOX"),
        ] {
            let borrowed = Mailbox(Cow::Borrowed(name)).without_trailing('/');
            let owned = Mailbox(Cow::Owned(name.to_owned())).without_trailing('/');
            assert_eq!((borrowed.name(), owned.name()), (expected, expected));
        }
    }

    #[test]
    fn stores_are_told_one_form_of_a_name() {
        // imap-9051-5.1-01
        for (name, expected) in [
            ("inbox/x/", Some("INBOX/x")),
            ("INBOX/x", Some("INBOX/x")),
            ("inboxes/x", Some("inboxes/x")),
            ("x/inbox", Some("x/inbox")),
            ("a.b/..c", Some("a.b/..c")),
            ("a/../b", None),
            ("..", None),
            ("./a", None),
            ("/a", None),
            ("a//b", None),
            ("123456789", Some("123456789")),
            ("1234567890", None),
            ("/", None),
        ] {
            let canonical = Mailbox(Cow::Borrowed(name)).canonical('/', 9);
            assert_eq!(canonical.as_ref().map(Mailbox::name), expected, "{name}");
        }
    }

    #[test]
    fn malformed_names_are_refused() {
        // imap-3501-5.1.3-02, imap-3501-5.1-01
        for name in [
            "&Jjo!",
            "&Jjo",
            "&",
            "&AGE-",
            "&Jj-",
            "&Jjp-",
            "&2D0-",
            "&3gA-",
            "&Jjo-&Jjo-",
            "&J=jo-",
            "&Jjo/-",
            "caf\u{e9}",
            "&AAA",
            "&-&",
        ] {
            assert_eq!(decoded(name), None, "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_name_comes_back(name in "\\PC{0,20}|[é&a ☺😀]{0,20}") {
            let wire = encoded(&name);
            prop_assert!(wire.bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert_eq!(decoded(&wire), Some(name));
        }

        #[test]
        fn what_is_decoded_has_one_form(wire in "[&A-J,+a-j0-9é -]{0,20}") {
            if let Some(name) = decoded(&wire) {
                prop_assert_eq!(encoded(&name), wire);
            }
        }
    }
}
