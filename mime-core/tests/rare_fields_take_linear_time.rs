//! Traces, lists and signatures made of one thing over and over: what is quadratic would not end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::Header;

const FLOODS: &[&str] = &[
    "(",
    "()",
    "\"",
    "\\",
    "<",
    "<>",
    "<a:b>,",
    ";",
    "; 1 Jan 2024 00:00 +0000",
    ",",
    " from a",
    " by (",
    " by (b [192.0.2.1] c=d)",
    " id id",
    " for <a@b>,",
    " Sat,",
    " tls cipher",
    " (TLS1.2:x)",
    ";a=b",
    ";a/1=b",
    "; spf=pass",
    " a.b=c",
    " a.b=\"",
    " a . b = \"c\" (d)",
    "a=b;",
    "=",
    ":from",
    ":x",
    "A=B ",
    "=AA",
    "|a:b",
    "=?utf-8*x?q?a?=",
    " =?utf-8*x?q?a?=",
    "; filename*0*=x",
    "; f=\"",
    "/a",
    ".",
    "\u{202e}",
    "\t",
    "\r\n ",
    "\n ",
];

const PREFIXES: &[&str] = &[
    "",
    " from a by b; ",
    " x; spf=pass ",
    " <",
    " attachment; filename=\"",
    "v=1; a=rsa-sha256; d=b; s=k; bh=AA==; b=AA==; z=a:b; h=from",
];

#[test]
fn in_every_form() {
    for flood in FLOODS {
        for prefix in PREFIXES {
            let block = format!("F:{prefix}{}\r\n\r\n", flood.repeat(10_000 / flood.len()));
            for field in Header::new(block.as_bytes()) {
                support::read_rare_field(field);
            }
        }
    }
}

/// A signature may name fields that are there often, and fields that are not there at all.
#[test]
fn signed_fields_are_found_in_time() {
    let names = "x:y:from".to_owned() + &":x:none".repeat(20_000);
    let fields = "X: 1\r\nFrom: a\r\n".repeat(20_000);
    let block = format!(
        "DKIM-Signature: v=1; a=rsa-sha256; d=b; s=k; bh=AA==; b=AA==; h={names}\r\n{fields}\r\n"
    );
    let header = Header::new(block.as_bytes());
    let signature = header.iter().next().unwrap().dkim_signature().unwrap();
    let mut lines = 0;
    signature.write_signed(header, &mut |piece| lines += usize::from(piece == b"\r\n"));
    assert_eq!(lines, 20_001);
}
