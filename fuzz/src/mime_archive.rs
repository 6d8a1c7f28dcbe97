//! MIME: messages as JMAP objects, mbox files and the names of Maildirs.

use mime_core::{
    DateTime, Layout, Limits, Message,
    jmap::{Args, Email, Meta},
    maildir::{Flag, Name},
    mbox::{self, Item, Mbox, Reader, Variant},
};
use serde_json::Value;

use crate::Dice;

/// The Email object of any message is JSON that an ordinary reader takes, its limits hold, and
/// what refers to a part refers to one that is there.
pub fn mime_jmap(data: &[u8]) {
    let mut dice = Dice::of(data);
    let most = [0, 1, 10, 100][dice.roll(4)];
    let properties = [
        "size",
        "headers",
        "messageId",
        "references",
        "from",
        "to",
        "subject",
        "sentAt",
        "preview",
        "hasAttachment",
        "bodyStructure",
        "bodyValues",
        "textBody",
        "htmlBody",
        "attachments",
        "header:to:asGroupedAddresses:all",
        "header:X:asURLs:all",
        "header:x:asDate:all",
        "header:X:asText:all",
        "header:x:asAddresses:all",
        "header:X:asMessageIds:all",
    ];
    let args = Args::parse().properties(&properties).expect("they exist");
    let args = args.fetch_all(true).max_value_bytes(most);
    let mut layout = Layout::new();
    let limits = [Limits::DEFAULT, Limits::DEFAULT.depth(u16::MAX)][dice.roll(2)];
    let message = layout.parse(data, &limits);
    let text = serde_json::to_string(&Email::new(message, &args, Meta::default()));
    let email: Value =
        serde_json::from_str(&text.expect("it has no failures")).expect("it is JSON");
    assert_eq!(
        email.as_object().map(|email| email.len()),
        Some(properties.len())
    );
    assert_eq!(email["size"], data.len());
    assert!(
        email["preview"]
            .as_str()
            .is_some_and(|text| text.chars().count() <= 256)
    );
    check_parts(&email, message);
    let values = email["bodyValues"].as_object();
    for (id, value) in values.into_iter().flatten() {
        let text = value["value"].as_str().expect("it is a text");
        let part = message.parts().nth(id.parse().expect("it is a number"));
        let whole = part.expect("it is a part").text().replace("\r\n", "\n");
        assert!(whole.starts_with(text), "{text:?} of {whole:?}");
        assert!(most == 0 || text.len() <= most, "{text:?}");
        assert_eq!(value["isTruncated"], text.len() < whole.len());
    }
    for field in ["from", "to"] {
        for address in email[field].as_array().into_iter().flatten() {
            let email = address["email"].as_str().expect("it is a text");
            assert!(
                !email.contains(['\r', '\n', '\0']),
                "{email:?} breaks its line"
            );
        }
    }
}

fn check_parts(email: &Value, message: Message<'_>) {
    let mut open = vec![&email["bodyStructure"]];
    while let Some(part) = open.pop() {
        check_part(part, message);
        open.extend(part["subParts"].as_array().into_iter().flatten());
    }
    let mut lists = ["textBody", "htmlBody", "attachments"].map(|list| email[list].as_array());
    let parts = lists
        .iter_mut()
        .flat_map(|list| list.take().expect("it is a list"));
    parts.for_each(|part| {
        check_part(part, message);
        assert!(part["partId"].is_string());
    });
}

fn check_part(part: &Value, message: Message<'_>) {
    let multipart = part["type"]
        .as_str()
        .is_some_and(|ty| ty.starts_with("multipart/"));
    assert_eq!(part["partId"].is_null(), multipart, "{part}");
    if let Some(id) = part["partId"].as_str() {
        let found = message.parts().nth(id.parse().expect("it is a number"));
        assert_eq!(part["size"], found.expect("it is a part").body().len());
    }
}

/// A mail of an mbox file.
type Mail = (Vec<u8>, Vec<u8>);

/// The mails of an mbox file are the same however it is cut, and one that is written is read back.
/// A file name of a Maildir keeps its identity when flags change.
pub fn mime_mbox(data: &[u8]) {
    let mut dice = Dice::of(data);
    for variant in [
        Variant::Rfc4155,
        Variant::Mboxo,
        Variant::Mboxrd,
        Variant::Mboxcl2,
    ] {
        let whole = in_pieces(&[data], variant);
        assert_eq!(in_pieces(&dice.cut(data), variant), whole, "{variant:?}");
        let at_once: Vec<Mail> = Mbox::new(data, variant)
            .map(|mail| (mail.from_line().raw().to_vec(), mail.raw().to_vec()))
            .collect();
        // A length that lies is found out only by who has the whole file.
        if variant != Variant::Mboxcl2 {
            assert_eq!(at_once, whole, "{variant:?}");
        }
    }
    let date = DateTime::from_unix(dice.roll(4_000_000_000) as i64).expect("it is near");
    let mut file = Vec::new();
    for mail in [data, b"Subject: next\n\n"] {
        mbox::write(mail, data, date, &mut file);
    }
    let mut mails = Mbox::new(&file, Variant::Mboxrd);
    let (first, next) = (mails.next().expect("it was written"), mails.next());
    let written = first.unquoted();
    assert_eq!(
        written
            .strip_prefix(data)
            .map(|rest| matches!(rest, b"" | b"\n")),
        Some(true)
    );
    assert_eq!(first.from_line().date(), Some(date));
    assert_eq!(next.map(|mail| mail.raw()), Some(&b"Subject: next\n\n"[..]));
    assert!(mails.next().is_none());

    let name = String::from_utf8_lossy(data);
    if let Some(name) = Name::parse(&name) {
        let renamed = name.renamed(name.flags().with(Flag::SEEN));
        let again = Name::parse(&renamed).expect("it is a name");
        assert_eq!(again.unique(), name.unique());
        assert!(again.flags().has(Flag::SEEN));
    }
}

fn in_pieces(pieces: &[&[u8]], variant: Variant) -> Vec<Mail> {
    let (mut reader, mut mails, mut open) = (Reader::new(variant), Vec::<Mail>::new(), false);
    let end: (&[u8], bool) = (b"", true);
    for (mut input, eof) in pieces.iter().map(|piece| (*piece, false)).chain([end]) {
        while let Some(item) = reader.next(&mut input, eof) {
            match item {
                Item::From(line) => {
                    assert!(!std::mem::replace(&mut open, true), "a mail in a mail");
                    mails.push((line.raw().to_vec(), Vec::new()));
                }
                Item::Chunk(octets) => {
                    let mail = mails.last_mut().filter(|_| open);
                    mail.expect("a mail has begun").1.extend_from_slice(octets);
                }
                _ => assert!(std::mem::take(&mut open)),
            }
        }
        assert!(input.is_empty());
    }
    assert!(!open);
    mails
}
