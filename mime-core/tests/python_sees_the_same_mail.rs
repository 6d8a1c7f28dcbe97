//! The same mails read by Python's email package: each disagreement has a name in DIFFERENCES.md.
//!
//! Without `python3` there is nothing to compare with.
#![cfg(feature = "charset")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/differences.rs"]
mod differences;
#[path = "support/generator.rs"]
mod generator;
mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use differences::What::{Body, Date, Filename, From, Subject, Text, To, Tree};
use differences::{Class, Seen, SeenPart, What};
use mime_core::Defect;
use serde_json::Value;

/// Sound mails, and odd ones.
const SOUND: u64 = 200;
const ODD: u64 = 1_200;

/// The version of Python that the classes are of.
const VERSION: &str = "3.11";

/// Why Python may see something else, in the order of the table in DIFFERENCES.md.
const CLASSES: &[Class] = &[
    ("gap-between-words", |case| {
        case.is(&[From, To]) && case.same(|text| text.replace(' ', ""))
    }),
    ("trailing-space", |case| {
        case.is(&[Subject])
            && case.same(|text| text.replace([' ', '"', ')'], "").replace("\\t", ""))
    }),
    ("control", |case| {
        case.is(&[Subject, From, To, Filename])
            && case.has(&[Defect::Nul])
            && case.same(|text| text.replace("\\0", "\u{fffd}"))
    }),
    ("control-in-encoded-word", |case| {
        case.is(&[Subject]) && case.has_here(&[Defect::ControlInText])
    }),
    ("byte-order-mark", |case| case.has(&[Defect::ByteOrderMark])),
    ("conflicting-filename", |case| {
        case.is(&[Filename]) && case.has_here(&[Defect::ConflictingFilename])
    }),
    ("empty-local-part", |case| {
        case.is(&[From, To]) && case.same(|text| text.replace("\\\"\\\"@", "@"))
    }),
    ("exception", |case| case.failed),
    ("header-ends-early", |case| {
        case.has(&[Defect::SpaceBeforeColon, Defect::MalformedHeaderLine])
    }),
    ("bare-cr-ends-line", |case| case.has(&[Defect::BareCr])),
    ("fold-ends-header", |case| case.has(&[Defect::BlankFold])),
    ("duplicate-field", |case| {
        case.has(&[Defect::DuplicateField])
    }),
    ("missing-blank-line", |case| {
        case.is(&[Tree, Body, Text]) && case.has_here(&[Defect::MissingBlankLine])
    }),
    ("undeclared-charset", |case| {
        case.is(&[Text]) && case.has_here(&[Defect::UndeclaredCharset, Defect::UnknownCharset])
    }),
    ("broken-charset", |case| {
        case.is(&[Text]) && case.difference.ours.contains('\u{fffd}')
    }),
    ("unclosed-end", |case| {
        let end = |text: &str| text.trim_end_matches(['"', ')', '\\', 'r', 'n']).to_owned();
        case.is(&[Body]) && case.has(&[Defect::MissingClose]) && case.same(end)
    }),
    ("space-before-line-end", |case| {
        case.is(&[Body]) && case.same(|text| text.replace(' ', "").replace("\\\\t", ""))
    }),
    ("odd-date", |case| {
        case.is(&[Date]) && !differences::is_plain_date(case.mail)
    }),
    ("empty-filename", |case| {
        case.is(&[Filename]) && case.same(|text| text.replace("Some(\"\")", "None"))
    }),
    ("rfc2231", |case| {
        let kinds = [
            Defect::ParameterGap,
            Defect::ParameterSection,
            Defect::ParameterEncoding,
        ];
        case.is(&[Filename]) && case.has_here(&kinds)
    }),
    ("encoded-message", |case| {
        case.is(&[Tree]) && case.has_here(&[Defect::EncodedMessage])
    }),
    ("other-messages", |case| {
        let ours = &case.difference.ours;
        let mut opaque = ours.split(", ").filter(|part| part.ends_with(" 0"));
        case.is(&[Tree]) && opaque.any(|part| part.contains(" message/"))
    }),
    ("repeated-boundary", |case| {
        case.is(&[Tree]) && case.has_here(&[Defect::RepeatedBoundary])
    }),
    ("quoted-printable", |case| {
        case.is(&[Body]) && case.has_here(&[Defect::MalformedQuotedPrintable])
    }),
    ("domain-literal", |case| {
        case.is(&[From, To]) && case.difference.ours.contains("@[")
    }),
    ("no-delimiter", |case| {
        case.is(&[Tree, Body, Text])
            && case.has_here(&[
                Defect::NoDelimiter,
                Defect::NoBoundary,
                Defect::InvalidBoundary,
            ])
    }),
    ("content-type", |case| {
        case.is(&[Tree, Body, Text, Filename])
            && case.has_here(&[
                Defect::MalformedType,
                Defect::MalformedParameter,
                Defect::CommentInMime,
                Defect::DuplicateParameter,
                Defect::EmptyValue,
                Defect::Unterminated,
            ])
    }),
    ("padded-encoding", |case| {
        case.is(&[Body]) && case.has_here(&[Defect::PaddedEncoding])
    }),
    ("transfer-encoding", |case| {
        let kinds = [
            Defect::MalformedEncoding,
            Defect::UnknownEncoding,
            Defect::CommentInMime,
        ];
        case.is(&[Body]) && case.has_here(&kinds)
    }),
    ("base64", |case| {
        let kinds = [Defect::MalformedBase64, Defect::DataAfterPadding];
        case.is(&[Body]) && case.has_here(&kinds)
    }),
    ("address-is-guessed", |case| {
        case.is(&[From, To]) && case.has_here(&ADDRESS)
    }),
    ("encoded-word", |case| {
        let rest = case.difference.ours.contains("=?") || case.difference.theirs.contains("=?");
        let flawed = rest || case.has_here(&[Defect::MalformedEncodedWord]);
        case.is(&[From, To, Subject]) && flawed
    }),
];

/// What the dice seldom make.
const EXAMPLES: &[&str] = &[
    "Subject: =?utf-8?q?a=0D=0ABcc:_b=40c.example?=\r\n\r\nx",
    "\u{feff}From: a@b.example\r\n\r\nx",
    "Content-Disposition: attachment; filename=a.txt; filename*=utf-8''b.exe\r\n\r\nx",
    "From: \"\"@b.example\r\n\r\nx",
    "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\u{1b}$B$\"\u{1b};\r\n",
    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.example\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
     Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b--\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n\r\na==\r\nb=",
    "Content-Transfer-Encoding: (x) base64\r\n\r\nYWJj\r\n",
    "Content-Transfer-Encoding: base64 x\r\n\r\nYWJj\r\n",
    "Content-Disposition: attachment; filename=\r\n\r\nx",
];

const ADDRESS: [Defect; 5] = [
    Defect::MalformedAddress,
    Defect::TwoAddresses,
    Defect::SemicolonList,
    Defect::Unterminated,
    Defect::InvalidUtf8,
];

/// What Python sees in each mail; `None` if there is no Python, or another one.
fn python(mails: &[Vec<u8>]) -> Option<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/read_mail.py");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take().unwrap();
    let input: Vec<u8> = mails
        .iter()
        .flat_map(|mail| [format!("{}\n", mail.len()).into_bytes(), mail.clone()].concat())
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut lines = lines.lines();
    if lines.next() != Some(VERSION) {
        return None;
    }
    let seen: Vec<_> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(seen.len(), mails.len(), "python lost a mail");
    Some(seen)
}

/// A line of the script.
fn seen(value: &Value) -> Seen {
    let parts = value["parts"].as_array().into_iter().flatten();
    let mut failed = Vec::new();
    let mut fails = |what: What, value: &Value| {
        if value.get("error").is_some() {
            failed.push(what);
        }
    };
    fails(Tree, value);
    fails(Subject, &value["subject"]);
    fails(From, &value["from"]);
    fails(To, &value["to"]);
    fails(Date, &value["date"]);
    for part in parts.clone() {
        fails(Filename, &part["filename"]);
        fails(Body, &part["body"]);
        fails(Text, &part["text"]);
    }
    let addresses = |value: &Value| {
        let pairs = value.as_array()?.iter();
        let pair = |pair: &Value| Some((text(&pair[0])?, text(&pair[1])?));
        pairs.map(pair).collect::<Option<Vec<_>>>()
    };
    let date = &value["date"];
    Seen {
        parts: parts.map(seen_part).collect(),
        subject: text(&value["subject"]),
        from: addresses(&value["from"]),
        to: addresses(&value["to"]),
        date: date[0].as_i64().map(|seconds| (seconds, date[1].as_i64())),
        failed,
    }
}

fn seen_part(value: &Value) -> SeenPart {
    SeenPart {
        depth: value["depth"].as_u64().unwrap() as usize,
        kind: text(&value["type"]).unwrap(),
        children: value["children"].as_u64().unwrap() as usize,
        filename: text(&value["filename"]),
        body: value["body"].as_str().map(octets),
        text: text(&value["text"]),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Base64 without lines.
fn octets(text: &str) -> Vec<u8> {
    let mut decoder = mime_core::BodyDecoder::new(mime_core::Encoding::Base64);
    let mut out = vec![0; text.len() + mime_core::BodyDecoder::MIN_OUT];
    let mut written = decoder.push(text.as_bytes(), &mut out).written;
    written += decoder.finish(&mut out[written..]);
    out.truncate(written);
    out
}

fn compare(mails: &[Vec<u8>]) -> Option<std::collections::BTreeMap<&'static str, usize>> {
    let theirs = python(mails)?;
    let theirs = theirs.iter().map(seen);
    Some(differences::explain(mails, theirs, CLASSES))
}

#[test]
fn in_mails_by_dice() {
    let sound: Vec<_> = (0..SOUND).map(generator::sound).collect();
    if let Some(met) = compare(&sound) {
        assert!(met.keys().eq(["gap-between-words"].iter()), "{met:?}");
    }
    let odd = (0..ODD).map(generator::odd);
    let examples = EXAMPLES.iter().map(|mail| mail.as_bytes().to_vec());
    let mails: Vec<_> = odd.chain(examples).collect();
    if let Some(met) = compare(&mails) {
        let unmet = CLASSES.iter().find(|(name, _)| !met.contains_key(name));
        assert!(
            unmet.is_none(),
            "no mail shows {:?}",
            unmet.map(|class| class.0)
        );
    }
}

#[test]
fn in_mails_of_others() {
    let folders = ["corpus/mime", "hostile/mime"]
        .iter()
        .flat_map(|folder| support::files(folder));
    let is_mail = |path: &std::path::PathBuf| {
        path.extension()
            .is_none_or(|kind| kind == "eml" || kind == "txt" || kind == "raw")
    };
    let mails = folders
        .filter(is_mail)
        .map(|path| std::fs::read(path).unwrap());
    let mails: Vec<_> = mails.filter(|mail| mail.len() < 60_000).collect();
    if let Some(met) = compare(&mails) {
        println!("{} mails: {met:?}", mails.len());
    }
}

#[test]
fn every_class_is_in_the_table() {
    let text = include_str!("../DIFFERENCES.md");
    let table = text
        .split("## ")
        .find(|part| part.starts_with("Python"))
        .unwrap();
    differences::assert_documented(table, CLASSES);
}
