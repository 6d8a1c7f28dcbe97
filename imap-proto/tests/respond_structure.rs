//! ENVELOPE and BODYSTRUCTURE are well-formed for any message: malformed ones are the largest class of
//! errors that clients report of other servers.

#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[allow(dead_code)]
mod reader;

use imap_proto::respond;
use mime_core::{Layout, Limits};
use proptest::prelude::*;
use reader::Reader;

impl Reader<'_> {
    fn envelope(&mut self) -> Option<()> {
        self.expect("(")?;
        self.nstring()?;
        self.expect(" ")?;
        self.nstring()?;
        for _ in 0..6 {
            self.expect(" ")?;
            self.addresses()?;
        }
        for _ in 0..2 {
            self.expect(" ")?;
            self.nstring()?;
        }
        self.expect(")")
    }

    /// imap-9051-7.5.2-03: a mailbox has both parts, a group begins with one and ends with none.
    fn addresses(&mut self) -> Option<()> {
        if self.expect("NIL").is_some() {
            return Some(());
        }
        self.expect("(")?;
        let mut in_group = false;
        loop {
            self.expect("(")?;
            let name = self.nstring()?;
            self.expect(" ")?;
            let route = self.nstring()?;
            self.expect(" ")?;
            let mailbox = self.nstring()?;
            self.expect(" ")?;
            let host = self.nstring()?;
            self.expect(")")?;
            // Only an address has a way to it.
            if route.is_some() && host.is_none() {
                return None;
            }
            match (name, mailbox, host) {
                (None, None, None) if in_group => in_group = false,
                (None, Some(_), None) if !in_group => in_group = true,
                (_, Some(_), Some(_)) => {}
                _ => return None,
            }
            if self.expect(")").is_some() {
                return (!in_group).then_some(());
            }
        }
    }

    fn body(&mut self, extended: bool) -> Option<()> {
        self.expect("(")?;
        if self.peek("(") {
            while self.peek("(") {
                self.body(extended)?;
            }
            self.expect(" ")?;
            self.string()?;
            if extended {
                self.expect(" ")?;
                self.params()?;
                self.placement()?;
            }
            return self.expect(")");
        }
        let ty = self.string()?.to_ascii_lowercase();
        self.expect(" ")?;
        let subtype = self.string()?.to_ascii_lowercase();
        self.expect(" ")?;
        self.params()?;
        for _ in 0..2 {
            self.expect(" ")?;
            self.nstring()?;
        }
        self.expect(" ")?;
        self.string()?;
        self.expect(" ")?;
        self.number()?;
        // RFC 3501 has no other message than RFC822.
        let is_message = subtype == b"rfc822" || (subtype == b"global" && self.utf8);
        let message = ty == b"message" && is_message;
        if message {
            self.expect(" ")?;
            self.envelope()?;
            self.expect(" ")?;
            self.body(extended)?;
        }
        if message || ty == b"text" {
            self.expect(" ")?;
            self.number()?;
        }
        if ty == b"multipart" {
            return None;
        }
        if extended {
            self.expect(" ")?;
            self.nstring()?;
            self.placement()?;
        }
        self.expect(")")
    }

    fn params(&mut self) -> Option<()> {
        if self.expect("NIL").is_some() {
            return Some(());
        }
        self.expect("(")?;
        loop {
            self.string()?;
            self.expect(" ")?;
            self.string()?;
            if self.expect(" ").is_none() {
                return self.expect(")");
            }
        }
    }

    /// Disposition, language and location.
    fn placement(&mut self) -> Option<()> {
        self.expect(" ")?;
        if self.expect("NIL").is_none() {
            self.expect("(")?;
            self.string()?;
            self.expect(" ")?;
            self.params()?;
            self.expect(")")?;
        }
        self.expect(" ")?;
        if self.expect("(").is_some() {
            self.string()?;
            while self.expect(" ").is_some() {
                self.string()?;
            }
            self.expect(")")?;
        } else {
            self.nstring()?;
        }
        self.expect(" ")?;
        self.nstring().map(drop)
    }
}

fn check(octets: &[u8], utf8: bool) {
    let mut layout = Layout::new();
    let message = layout.parse(octets, &Limits::DEFAULT);
    let shown = |out: &[u8]| String::from_utf8_lossy(out).into_owned();

    let mut out = Vec::new();
    respond::envelope(&mut out, &message.envelope(), utf8);
    let mut reader = Reader::new(&out, utf8);
    assert!(
        reader.envelope().and_then(|()| reader.end()).is_some(),
        "{}",
        shown(&out)
    );

    for extended in [false, true] {
        let mut out = Vec::new();
        respond::body_structure(&mut out, &message.body_structure(), extended, utf8);
        let mut reader = Reader::new(&out, utf8);
        assert!(
            reader.body(extended).and_then(|()| reader.end()).is_some(),
            "{}",
            shown(&out)
        );
    }
}

/// Pieces of which hostile messages are made.
const PIECES: &[&[u8]] = &[
    b"From: A \"q\\\"\" <a@b.example>\r\n",
    b"From: Spoof <a@legit.example> <b@evil.example>\r\n",
    b"To: g: a@b.example, \"x y\"@c.example;, d\r\n",
    b"Cc: g:;, h: a@b\r\n",
    b"Cc: <@r,@ \"x\xff\0\r\n .y(c):a@b> (z), <@[1],@s:c@d>\r\n",
    b"Sender:\r\nReply-To: , ,\r\n",
    b"Subject: a\0b\xff\r\n folded \"x\\\r\n",
    b"Bcc: \"\x01\r\n",
    b"Message-ID: <\"a\"@b>\r\nIn-Reply-To: \xc3\xa9\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/mixed\r\n",
    b"Content-Type: multipart/digest; boundary=\"b\"; x*0*=utf-8''%00; y=\"\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: message/global; a\r\n",
    b"Content-Type: TEXT/\xff; charset=\"a\\\"\\\\b\"\r\n",
    b"Content-Type: text\r\n",
    b"Content-Type: application/x; name=a b; name=\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: \"x\r\n",
    b"Content-Disposition: attachment; filename=\"a\r\n b\"; filename*=x\r\n",
    b"Content-Disposition: ;\r\n",
    b"Content-Language: en, de-AT, (c) fr\r\n",
    b"Content-Language: ,\r\n",
    b"Content-Location: http://a/ b\r\n\tc\r\n",
    b"Content-MD5:\r\nContent-ID: <a>\r\nContent-Description: \r\n",
    b"\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"text\r\n",
    b" \t\r\n",
    b"\r",
    b"\n",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1024, ..ProptestConfig::default() })]

    // imap-9051-7.5.2-01
    #[test]
    fn messages_of_hostile_pieces(pieces in prop::collection::vec(0..PIECES.len(), 0..24), utf8: bool) {
        let message: Vec<u8> = pieces.into_iter().flat_map(|at| PIECES[at]).copied().collect();
        check(&message, utf8);
    }

    #[test]
    fn messages_of_any_octets(octets in prop::collection::vec(any::<u8>(), 0..300), utf8: bool) {
        check(&octets, utf8);
    }
}

#[test]
fn deep_messages() {
    for (piece, times) in [
        (&b"Content-Type: message/rfc822\r\n\r\n"[..], 1000),
        (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
            1000,
        ),
    ] {
        check(&piece.repeat(times), false);
    }
}

fn shown(message: &[u8]) -> (String, String) {
    let mut layout = Layout::new();
    let message = layout.parse(message, &Limits::DEFAULT);
    let (mut envelope, mut structure) = (Vec::new(), Vec::new());
    respond::envelope(&mut envelope, &message.envelope(), false);
    respond::body_structure(&mut structure, &message.body_structure(), true, false);
    (
        String::from_utf8(envelope).unwrap(),
        String::from_utf8(structure).unwrap(),
    )
}

/// The example of RFC 9051 section 8, in the words of our own test mail.
#[test]
fn an_envelope_in_order() {
    let mail = b"Date: Wed, 17 Jul 1996 02:23:25 -0700\r\n\
        From: Terry Gray <gray@cac.example>\r\n\
        Subject: IMAP4rev2 WG mtg summary\r\n\
        To: imap@cac.example\r\n\
        Cc: minutes@cnri.example, list: a@b.example, \"B C\" <d@e.example>;\r\n\
        Message-ID: <B27397@cac.example>\r\n\r\none\r\n";
    let gray = r#"(("Terry Gray" NIL "gray" "cac.example"))"#;
    // imap-9051-6.4.5-04, imap-9051-7.5.2-02, imap-9051-7.5.2-03
    let expected = format!(
        r#"("Wed, 17 Jul 1996 02:23:25 -0700" "IMAP4rev2 WG mtg summary" {gray} {gray} {gray} ((NIL NIL "imap" "cac.example")) ((NIL NIL "minutes" "cnri.example")(NIL NIL "list" NIL)(NIL NIL "a" "b.example")("B C" NIL "d" "e.example")(NIL NIL NIL NIL)) NIL NIL "<B27397@cac.example>")"#
    );
    let (envelope, structure) = shown(mail);
    assert_eq!(envelope, expected);
    assert_eq!(
        structure,
        r#"("text" "plain" NIL NIL NIL "7BIT" 5 1 NIL NIL NIL NIL)"#
    );
}

#[test]
fn a_structure_of_all_kinds() {
    let mail = b"Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
        --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Language: de, en\r\n\r\n<p>\r\n\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi\r\n\
        --b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"a \\\"b.png\"\r\n\r\nAAAA\r\n--b--\r\n";
    let inner = r#"(NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7BIT" 2 1 NIL NIL NIL NIL)"#;
    let expected = [
        r#"(("text" "html" ("charset" "utf-8") NIL NIL "7BIT" 5 1 NIL NIL ("de" "en") NIL)"#,
        &format!(r#"("message" "rfc822" NIL NIL NIL "7BIT" 20 {inner} 3 NIL NIL NIL NIL)"#),
        r#"("image" "png" NIL NIL NIL "base64" 4 NIL ("attachment" ("filename" "a \"b.png")) NIL NIL)"#,
        r#" "mixed" ("boundary" "b") NIL NIL NIL)"#,
    ];
    assert_eq!(shown(mail).1, expected.concat());
}

/// RFC 3501 section 9 has `RFC822` alone; RFC 9051 section 9 has `GLOBAL` beside it.
#[test]
fn a_global_message_is_octets_to_old_clients() {
    let mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: message/global\r\n\r\nContent-Type: message/global\r\n\r\nSubject: x\r\n\r\n\r\n\
        --b\r\n\r\nhi\r\n--b--\r\n";
    let mut layout = Layout::new();
    let message = layout.parse(mail, &Limits::DEFAULT);
    let none = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
    let named = none.replacen("NIL NIL", "NIL \"x\"", 1);
    let text = r#"("text" "plain" NIL NIL NIL "7BIT" 0 0)"#;
    let global = |octets| format!(r#"("message" "global" NIL NIL NIL "7BIT" {octets}"#);
    let inner = format!("{} {named} {text} 2)", global(14));
    for (utf8, shown) in [
        (false, format!("{})", global(46))),
        (true, format!("{} {none} {inner} 4)", global(46))),
    ] {
        let mut out = Vec::new();
        respond::body_structure(&mut out, &message.body_structure(), false, utf8);
        let hi = r#"("text" "plain" NIL NIL NIL "7BIT" 2 1) "mixed")"#;
        assert_eq!(String::from_utf8(out).unwrap(), format!("({shown}{hi}"));
    }
}

/// Source routes, and names in comments behind an address.
#[test]
fn addresses_of_old() {
    let table = [
        (
            "<@a.example, @b.example:joe@c.example>",
            r#"(NIL "@a.example,@b.example" "joe" "c.example")"#,
        ),
        (
            "J <@a.example:joe@c.example>",
            r#"("J" "@a.example" "joe" "c.example")"#,
        ),
        ("joe@c.example (Joe)", r#"("Joe" NIL "joe" "c.example")"#),
        (
            "(was me) joe@c.example (Joe) (old)",
            r#"("Joe" NIL "joe" "c.example")"#,
        ),
        ("joe(x)@c.example", r#"("x" NIL "joe" "c.example")"#),
    ];
    for (field, address) in table {
        let mail = format!("To: {field}\r\n\r\n");
        let expected = format!("(NIL NIL NIL NIL NIL ({address}) NIL NIL NIL NIL)");
        assert_eq!(shown(mail.as_bytes()).0, expected);
    }
}

#[test]
fn what_is_missing_is_made_up_for() {
    let empty = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno part\r\n";
    assert_eq!(
        shown(empty).1,
        r#"(("text" "plain" NIL NIL NIL "7BIT" 0 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)"#
    );
    let junk = b"From: Spoof <a@legit.example> <b@evil.example>\r\n\r\n";
    let from = r#"(("Spoof <a@legit.example> <b@evil.example>" NIL "" ""))"#;
    assert_eq!(
        shown(junk).0,
        format!("(NIL NIL {from} {from} {from} NIL NIL NIL NIL NIL)")
    );
}
