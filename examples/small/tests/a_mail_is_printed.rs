//! The parser program: mails as a tree and as JSON, from stdin, files, an mbox and a Maildir.

mod support;

use std::{
    fs,
    io::Write,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
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
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended without a look at its input.
    drop(child.stdin.take().unwrap().write_all(input));
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
fn json_is_the_email_of_jmap_and_its_defects() {
    let output = parse(&["--json"], MAIL.as_bytes());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let email = &json["email"];
    assert_eq!(email["subject"], "Two");
    assert_eq!(
        email["from"],
        json!([{ "name": "J", "email": "j@example.org" }])
    );
    assert_eq!(email["size"], MAIL.len());
    assert_eq!(email["preview"], "Hello");
    assert_eq!(email["bodyValues"]["1"]["value"], "Hello");
    assert_eq!(
        email["bodyStructure"]["subParts"][1]["type"],
        "message/rfc822"
    );
    assert_eq!(email["attachments"][0]["partId"], "2");
    let defects = json["defects"].as_array().unwrap().iter();
    let kinds: Vec<_> = defects
        .map(|defect| defect["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"missing-close-delimiter"), "{kinds:?}");
}

#[test]
fn any_octets_are_a_mail() {
    for junk in [&b""[..], b"\0\xff\r\r\n", b"::::\n\n\n", &[b'('; 9999]] {
        assert!(parse(&[], junk).status.success());
        assert!(parse(&["--json"], junk).status.success());
    }
}

#[test]
fn json_is_harmless_to_a_terminal() {
    let body = "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{e9}\u{9b}";
    let mail = format!("Content-Type: text/plain; charset=utf-8\n\n{body}");
    let output = parse(&["--json"], mail.as_bytes());
    let text = String::from_utf8(output.stdout).unwrap();
    let harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!text.contains(harmful), "{text:?}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["email"]["bodyValues"]["0"]["value"], body);
}

const MBOX: &str = "From j@example.org Sat Nov 21 01:00:00 2026\n\
    From: J <j@example.org>\nDate: Sat, 21 Nov 2026 01:00:00 +0100\nSubject: One\x1b\n\n\
    From here on\n\n>From there\n\n\
    From k@example.org Sat Nov 21 02:00:00 2026\n\
    Subject: Two\nSubject: Three\n\n2\n\n";

#[test]
fn an_mbox_is_a_list() {
    let output = parse(&[], MBOX.as_bytes());
    assert!(output.status.success() && output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let one = "1 2026-11-21T01:00:00+01:00 \"j@example.org\" \"One\\u{fffd}\" ";
    assert!(
        lines[0].starts_with(&one.replace("\\u{fffd}", "\u{fffd}")),
        "{text}"
    );
    assert!(lines[1].ends_with("1 part ! duplicate-header"), "{text}");
    assert_eq!(lines.len(), 2);

    let values = |arguments: &[&str]| -> Vec<String> {
        let output = parse(arguments, MBOX.as_bytes());
        let mails = output
            .stdout
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty());
        let mails = mails.map(|line| serde_json::from_slice::<Value>(line).unwrap());
        mails
            .map(|mail| {
                mail["email"]["bodyValues"]["0"]["value"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(
        values(&["--json"]),
        ["From here on\n\n>From there\n", "2\n"]
    );
    assert_eq!(
        values(&["--json", "--mbox=rd"]),
        ["", "From there\n", "2\n"]
    );
}

/// Much larger than the pieces in which it is read.
#[test]
fn a_large_mbox_is_read_in_pieces() {
    let body = "All work and no play.\n".repeat(100);
    let mails: String = (0..500)
        .map(|n| format!("From j@x Sat Nov 21 01:00:00 2026\nSubject: {n}\n\n{body}\n"))
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, &mails).unwrap();
    let output = parse(&[file.path().to_str().unwrap()], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 500);
    for (n, line) in text.lines().enumerate() {
        let size = format!("Subject: {n}\n\n{body}").len();
        assert!(line.contains(&format!("\"{n}\" {size} octets")), "{line}");
    }
}

#[test]
fn a_maildir_is_a_list() {
    let dir = tempfile::tempdir().unwrap();
    for (name, subject) in [
        ("new/2.b.mx", "b"),
        ("cur/10.c.mx:2,S", "c"),
        ("cur/1.a.mx:2,", "a"),
    ] {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("Subject: {subject}\n\n")).unwrap();
    }
    let output = parse(&[dir.path().to_str().unwrap()], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    let order: Vec<_> = text
        .split('"')
        .filter(|word| ["a", "b", "c"].contains(word))
        .collect();
    assert_eq!(order, ["a", "b", "c"], "{text}");
}

#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let table: [(&[&str], i32); 5] = [
        (&["/nowhere/at-all.eml"], 1),
        (&[folder.path().to_str().unwrap()], 1),
        (&["--no-such-option"], 2),
        (&["--mbox=x"], 2),
        (&["one", "two"], 2),
    ];
    for (arguments, code) in table {
        let output = parse(arguments, b"");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
