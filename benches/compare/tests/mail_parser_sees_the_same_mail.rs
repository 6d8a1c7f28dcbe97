//! The same mails read by mail-parser: each disagreement has a name in mime-core/DIFFERENCES.md.

#[path = "../../../mime-core/tests/support/differences.rs"]
mod differences;
#[path = "../../../mime-core/tests/support/generator.rs"]
mod generator;

use std::path::PathBuf;

use differences::What::{Body, Date, Filename, From, Subject, Text, To, Tree};
use differences::{Addresses, Class, Seen, SeenPart};
use mail_parser::{AddressList, Message, MessageParser, MessagePart};
use mime_core::Defect;

/// Sound mails, and odd ones.
const SOUND: u64 = 300;
const ODD: u64 = 3_000;

/// Why mail-parser may see something else, in the order of the table in DIFFERENCES.md.
const CLASSES: &[Class] = &[
    ("unknown-zone", |case| {
        case.is(&[Date]) && case.same(|text| text.replace("Some(0)", "None"))
    }),
    ("comment-as-name", |case| {
        let specs = |text: &str| {
            let pairs = text.split("), (");
            pairs
                .filter_map(|pair| pair.rsplit("\", \"").next())
                .collect()
        };
        case.is(&[From, To]) && case.difference.ours.contains("(\"\", ") && case.same(specs)
    }),
    ("quoted-local-part", |case| {
        case.is(&[From, To]) && case.difference.ours.contains("\\\"@")
    }),
    ("control-in-encoded-word", |case| {
        case.is(&[Subject]) && case.has_here(&[Defect::ControlInText])
    }),
    ("byte-order-mark", |case| case.has(&[Defect::ByteOrderMark])),
    ("conflicting-filename", |case| {
        case.is(&[Filename]) && case.has_here(&[Defect::ConflictingFilename])
    }),
    ("quoted-printable", |case| {
        case.is(&[Body]) && case.has_here(&[Defect::MalformedQuotedPrintable])
    }),
    ("last-field", |case| case.has(&[Defect::DuplicateField])),
    ("header-goes-on", |case| {
        case.has(&[
            Defect::MissingBlankLine,
            Defect::MalformedHeaderLine,
            Defect::SpaceBeforeColon,
        ])
    }),
    ("bare-cr", |case| case.has(&[Defect::BareCr])),
    ("control", |case| {
        case.is(&[Subject, From, To, Filename])
            && case.has(&[Defect::Nul])
            && case.same(|text| text.replace("\\0", "\u{fffd}"))
    }),
    ("encoded-message", |case| {
        case.is(&[Tree]) && case.has_here(&[Defect::EncodedMessage])
    }),
    ("empty-message", |case| {
        case.is(&[Tree]) && case.difference.theirs.is_empty()
    }),
    ("empty-embedded-message", |case| {
        case.is(&[Tree]) && case.difference.theirs.contains(" message/rfc822 0")
    }),
    ("delimiter-prefix", |case| {
        case.has(&[Defect::NearDelimiter])
    }),
    ("spaces-in-phrase", |case| {
        case.is(&[From, To]) && case.same(|text| text.replace("  ", " "))
    }),
    ("empty-field", |case| {
        case.is(&[From, To]) && case.same(|text| text.replace("Some([])", "None"))
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
    ("odd-date", |case| {
        case.is(&[Date]) && !differences::is_plain_date(case.mail)
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
    ("transfer-encoding", |case| {
        let kinds = [
            Defect::MalformedEncoding,
            Defect::UnknownEncoding,
            Defect::CommentInMime,
        ];
        case.is(&[Body]) && case.has_here(&kinds)
    }),
    ("undeclared-charset", |case| {
        case.is(&[Text]) && case.has_here(&[Defect::UndeclaredCharset, Defect::UnknownCharset])
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

const ADDRESS: [Defect; 5] = [
    Defect::MalformedAddress,
    Defect::TwoAddresses,
    Defect::SemicolonList,
    Defect::Unterminated,
    Defect::InvalidUtf8,
];

/// What differs where nothing is wrong.
const IN_SOUND_MAIL: [&str; 3] = ["unknown-zone", "comment-as-name", "quoted-local-part"];

/// What the dice seldom make.
const EXAMPLES: &[&str] = &[
    "Subject: =?utf-8?q?a=0D=0ABcc:_b=40c.example?=\r\n\r\nx",
    "\u{feff}From: a@b.example\r\n\r\nx",
    "Content-Disposition: attachment; filename=a.txt; filename*=utf-8''b.exe\r\n\r\nx",
    "Content-Transfer-Encoding: quoted-printable\r\n\r\na==\r\n=0d=0A=\t \r\nend=",
    "Content-Transfer-Encoding: \"base64\"\r\n\r\nYWJj\r\n",
    "Content-Transfer-Encoding: x base64\r\n\r\nYWJj\r\n",
    "Content-Transfer-Encoding: base64 x\r\n\r\nYWJj\r\n",
    "Content-Transfer-Encoding: (x) base64\r\n\r\nYWJj\r\n",
];

fn theirs(mail: &[u8]) -> Seen {
    let parser = MessageParser::new().max_depth(65).max_parts(10_000);
    match parser.parse(mail) {
        Some(message) => seen(&message),
        None => Seen {
            parts: Vec::new(),
            subject: None,
            from: None,
            to: None,
            date: None,
            failed: Vec::new(),
        },
    }
}

fn seen(message: &Message<'_>) -> Seen {
    let date = message.date().map(|date| {
        let minutes = i64::from(date.tz_hour) * 60 + i64::from(date.tz_minute);
        let sign = if date.tz_before_gmt { -1 } else { 1 };
        (date.to_timestamp(), Some(sign * minutes))
    });
    Seen {
        parts: message.parts().map(seen_part).collect(),
        subject: message.subject().map(str::to_owned),
        from: message.from().map(addresses),
        to: message.to().map(addresses),
        date,
        failed: Vec::new(),
    }
}

fn addresses(list: AddressList<'_>) -> Addresses {
    let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let mailboxes = list.mailboxes();
    mailboxes
        .map(|mailbox| (own(mailbox.name()), own(mailbox.address())))
        .collect()
}

fn seen_part(part: MessagePart<'_>) -> SeenPart {
    let is_leaf = !part.is_multipart() && !part.is_message();
    let kind = match part.content_type() {
        Some(kind) => format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()),
        None if part.is_message() => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    };
    SeenPart {
        depth: depth(part),
        kind: kind.to_lowercase(),
        children: if part.is_message() {
            1
        } else {
            part.children().count()
        },
        filename: part.attachment_name().map(str::to_owned),
        body: is_leaf.then(|| part.decoded().into_owned()),
        text: part
            .text()
            .filter(|_| is_leaf)
            .map(|text| text.into_owned()),
    }
}

fn depth(part: MessagePart<'_>) -> usize {
    let mut depth = 0;
    let mut part = part;
    while let Some(parent) = part.parent().or_else(|| part.message().container()) {
        part = parent;
        depth += 1;
    }
    depth
}

#[test]
fn in_mails_by_dice() {
    let sound: Vec<_> = (0..SOUND).map(generator::sound).collect();
    for name in explain(&sound).keys() {
        assert!(IN_SOUND_MAIL.contains(name), "{name} in a sound mail");
    }
    let odd = (0..ODD).map(generator::odd);
    let examples = EXAMPLES.iter().map(|mail| mail.as_bytes().to_vec());
    let met = explain(&odd.chain(examples).collect::<Vec<_>>());
    let unmet = CLASSES.iter().find(|(name, _)| !met.contains_key(name));
    assert!(
        unmet.is_none(),
        "no mail shows {:?}",
        unmet.map(|class| class.0)
    );
}

/// The files are not part of the repository; without them there is nothing to read.
#[test]
fn in_mails_of_others() {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/");
    let mut open = ["corpus/mime", "hostile/mime"]
        .map(|name| PathBuf::from(shared).join(name))
        .to_vec();
    let mut mails = Vec::new();
    while let Some(path) = open.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.flatten().map(|entry| entry.path()));
        } else if path
            .extension()
            .is_none_or(|kind| kind == "eml" || kind == "txt" || kind == "raw")
        {
            mails.extend(std::fs::read(&path));
        }
    }
    mails.retain(|mail| mail.len() < 60_000);
    println!("{} mails: {:?}", mails.len(), explain(&mails));
}

fn explain(mails: &[Vec<u8>]) -> std::collections::BTreeMap<&'static str, usize> {
    differences::explain(mails, mails.iter().map(|mail| theirs(mail)), CLASSES)
}

#[test]
fn every_class_is_in_the_table() {
    let text = include_str!("../../../mime-core/DIFFERENCES.md");
    let mut parts = text.split("## ");
    let table = parts
        .find(|part| part.starts_with("mail-parser"))
        .expect("a table");
    differences::assert_documented(table, CLASSES);
}
