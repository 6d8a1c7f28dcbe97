//! The parser program: as a tree, as JSON, from a file and from stdin.

mod support;

use std::{
    io::Write,
    process::{Output, Stdio},
};

use support::example;

const MAIL: &str = "From: J <j@example.org>\r\n\
    Subject: Two\r\n\
    Content-Type: multipart/mixed; boundary=cut\r\n\
    \r\n\
    --cut\r\n\
    \r\n\
    Hello\r\n\
    --cut\r\n\
    Content-Type: message/rfc822\r\n\
    \r\n\
    Content-Type: multipart/mixed; boundary=in\r\n\
    \r\n\
    --in\r\n\
    Content-Type: application/pdf; name=\"map\x1b.pdf\"\r\n\
    Content-Transfer-Encoding: base64\r\n\
    \r\n\
    JVBERi0=\r\n\
    --in--\r\n";

fn parse(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = example("parse-eml");
    let command = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_tree_has_the_numbers_of_imap() {
    let output = parse(&[], MAIL.as_bytes());
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let is_part = |line: &&str| !line.trim_start().starts_with('!');
    let words = |line: &str| {
        line.split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let parts: Vec<_> = text.lines().skip(1).filter(is_part).map(words).collect();
    let expected = [
        "TEXT \"multipart/mixed\"",
        "1 \"text/plain\"",
        "2 \"message/rfc822\"",
        "2.TEXT \"multipart/mixed\"",
        "2.1 \"application/pdf\"",
    ];
    assert_eq!(parts, expected, "{text}");
    assert!(text.starts_with("\"Two\", "), "{text}");
    assert!(text.contains("! "), "the last delimiter is missing: {text}");
    assert!(!text.contains('\x1b'), "a control reached the terminal");
}

#[test]
fn json_says_the_same() {
    let output = parse(&["--json"], MAIL.as_bytes());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["subject"], "Two");
    assert_eq!(json["from"], serde_json::json!(["j@example.org"]));
    assert_eq!(json["octets"], MAIL.len());
    let paths: Vec<_> = json["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["path"])
        .collect();
    assert_eq!(paths, ["TEXT", "1", "2", "2.TEXT", "2.1"]);
    assert_eq!(json["parts"][4]["encoding"], "base64");
    assert!(
        json["parts"][4]["filename"]
            .as_str()
            .unwrap()
            .starts_with("map")
    );
}

#[test]
fn a_mail_of_one_part_is_part_1() {
    let output = parse(&["--json"], b"Subject: x\n\nbody\n");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["parts"][0]["path"], "1");
}

#[test]
fn any_octets_are_a_mail() {
    for junk in [&b""[..], b"\0\xff\r\r\n", b"::::\n\n\n", &[b'('; 9999]] {
        assert!(parse(&[], junk).status.success());
        assert!(parse(&["--json"], junk).status.success());
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    assert!(!parse(&["/nowhere/at-all.eml"], b"").status.success());
}
