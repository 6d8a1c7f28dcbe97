//! Whatever mail comes, what is written of it can be read: by imap-codec, without its quirks, and by
//! imap-proto of the Tokio IMAP client. Malformed responses to FETCH are what clients suffer most from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use imap_codec::{ResponseCodec, decode::Decoder};
use imap_proto::{FlagList, Keywords, System, respond};
use mime_core::{Layout, Limits};
use proptest::prelude::*;

/// `plain`: with BODY, too.
fn line(mail: &[u8], plain: bool) -> Vec<u8> {
    let mut layout = Layout::new();
    let message = layout.parse(mail, &Limits::DEFAULT);
    let mut out = b"* 1 FETCH (UID 7 FLAGS ".to_vec();
    let keywords = Keywords::Strs(&["$Work", "no atom"]);
    let flags = FlagList {
        system: System::SEEN,
        keywords,
    };
    respond::flags(&mut out, flags, None);
    out.extend_from_slice(b" INTERNALDATE ");
    respond::internal_date(&mut out, 1_700_000_000, -90);
    out.extend_from_slice(b" RFC822.SIZE ");
    respond::number(&mut out, mail.len() as u64);
    out.extend_from_slice(b" ENVELOPE ");
    respond::envelope(&mut out, &message.envelope(), false);
    out.extend_from_slice(b" BODYSTRUCTURE ");
    respond::body_structure(&mut out, &message.body_structure(), true, false);
    if plain {
        out.extend_from_slice(b" BODY ");
        respond::body_structure(&mut out, &message.body_structure(), false, false);
    }
    out.extend_from_slice(b")\r\n");
    out
}

/// How deep parentheses lie outside of strings: the peers refuse what is deep.
fn depth(line: &[u8]) -> usize {
    let (mut depth, mut most, mut quoted, mut rest) = (0usize, 0, false, line);
    while let Some((octet, after)) = rest.split_first() {
        rest = after;
        match octet {
            b'\\' if quoted => rest = rest.get(1..).unwrap_or_default(),
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b'{' if !quoted => {
                let end = rest.iter().position(|octet| *octet == b'}').unwrap();
                let octets: usize = std::str::from_utf8(&rest[..end]).unwrap().parse().unwrap();
                rest = &rest[end + 3 + octets..];
            }
            _ => {}
        }
        most = most.max(depth);
    }
    assert_eq!((depth, quoted), (0, false), "not balanced");
    most
}

fn read_by_all(mail: &[u8]) {
    let (both, line) = (line(mail, true), line(mail, false));
    // imap-codec stops at 8 levels of bodies, each of which may have a list in a list.
    if depth(&line) > 8 {
        return;
    }
    let shown = || format!("{}\n{}", mail.escape_ascii(), both.escape_ascii());
    match ResponseCodec::new().decode(&both) {
        Ok((rest, _)) => assert!(rest.is_empty(), "left by imap-codec: {}", shown()),
        Err(_) => panic!("imap-codec: {}", shown()),
    }
    // It knows no BODY without a section.
    match djc_imap::Response::parse(&line) {
        Ok((rest, _)) => assert!(rest.is_empty(), "left by imap-proto: {}", shown()),
        Err(_) => panic!("imap-proto: {}", shown()),
    }
}

/// Pieces of mail, sound and not.
const PIECES: &[&str] = &[
    "From: ",
    "To: ",
    "Cc: ",
    "Reply-To: ",
    "Subject: ",
    "Date: ",
    "Message-ID: ",
    "In-Reply-To: ",
    "Content-Type: ",
    "Content-Transfer-Encoding: ",
    "Content-Disposition: ",
    "Content-ID: ",
    "Content-Description: ",
    "Content-Language: ",
    "Content-Location: ",
    "Content-MD5: ",
    "multipart/mixed; boundary=b",
    "text/plain; charset=\"utf-8\"; name*=utf-8''%e2%82%ac",
    "message/rfc822",
    "multipart/",
    "/x",
    "base64",
    "attachment; filename=\"a\\\"b\\\\c\"",
    "inline; filename=a b",
    "en, de",
    "\"A \\\"B\\\" C\" <a@b.example>",
    "group: a@b, c@d;",
    "group:",
    "<a@b",
    "a@b (comment)",
    "@route:a@b",
    "\u{e9}",
    "\0",
    "\r",
    "\n",
    "\t",
    "\\",
    "\"",
    "{5}\r\n",
    "NIL",
    "\r\n",
    "\r\n",
    "\r\n",
    "\r\n ",
    "\r\n\r\n",
    "\r\n\r\n",
    "--b\r\n",
    "--b--\r\n",
    "text",
    "=?utf-8?Q?=00?=",
    "%",
    "*",
    "(",
    ")",
    ";",
    ",",
    ":",
    "<>",
    "@",
    "Mon, 7 Feb 1994 21:52:25 -0800",
];

fn mails() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..40),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_any_mail(mail in mails()) {
        read_by_all(&mail);
    }
}

#[test]
fn of_collected_mail() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/mime");
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => read_by_all(&fs::read(path).unwrap_or_default()),
            }
        }
    }
}
