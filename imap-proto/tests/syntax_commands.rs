//! What each command is parsed to: examples of the RFCs and forms that clients send.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use imap_proto::syntax::{Limits, parse};

/// `<CRLF>` stands for a line end within a command.
#[rustfmt::skip]
const COMMANDS: &[(&str, &str)] = &[
    ("a CAPABILITY",
     "Capability"),
    ("a NOOP",
     "Noop"),
    // imap-9051-2.2.1-02, imap-3501-9-03
    ("aBc.1 logout",
     "Logout"),
    (r#"a023 ID ("name" "sodr" "version" "19.34" "vendor" NIL)"#,
     r#"Id([IdPair { field: "name", value: Some("sodr") }, IdPair { field: "version", value: Some("19.34") }, IdPair { field: "vendor", value: None }])"#),
    // imap-2971-3.3-01
    ("a ID NIL",
     "Id([])"),
    ("a ID ()",
     "Id([])"),
    ("a ENABLE CONDSTORE X-GOOD-IDEA",
     r#"Enable(["CONDSTORE", "X-GOOD-IDEA"])"#),
    ("a LOGIN SMITH SESAME",
     r#"Login { user: "SMITH", password: *** }"#),
    // imap-9051-4.3-06
    ("a LOGIN {5}<CRLF>SMITH {6+}<CRLF>SESAME",
     r#"Login { user: "SMITH", password: *** }"#),
    (r#"a LOGIN "" """#,
     r#"Login { user: "", password: *** }"#),
    // imap-9051-6.2.2-03
    ("a AUTHENTICATE PLAIN AHUAcA==",
     r#"Authenticate { mechanism: "PLAIN", initial: Some(***) }"#),
    ("a AUTHENTICATE EXTERNAL =",
     r#"Authenticate { mechanism: "EXTERNAL", initial: Some(***) }"#),
    ("a AUTHENTICATE GSSAPI",
     r#"Authenticate { mechanism: "GSSAPI", initial: None }"#),
    ("a NAMESPACE",
     "Namespace"),
    (r#"a LIST "" "*""#,
     r#"List(List { select: ListSelect { subscribed: false, remote: false, recursive_match: false, special_use: false }, reference: "", patterns: [Pattern("*")], returns: ListReturn { subscribed: false, children: false, special_use: false, status: [] }, extended: false })"#),
    (r#"a LIST "" %"#,
     r#"List(List { select: ListSelect { subscribed: false, remote: false, recursive_match: false, special_use: false }, reference: "", patterns: [Pattern("%")], returns: ListReturn { subscribed: false, children: false, special_use: false, status: [] }, extended: false })"#),
    (r#"a LIST (SUBSCRIBED) "" "*""#,
     r#"List(List { select: ListSelect { subscribed: true, remote: false, recursive_match: false, special_use: false }, reference: "", patterns: [Pattern("*")], returns: ListReturn { subscribed: false, children: false, special_use: false, status: [] }, extended: true })"#),
    // imap-5258-3-01, imap-9051-6.3.9.2-01
    (r#"a LIST (SUBSCRIBED RECURSIVEMATCH) "" ("foo" "bar/*") RETURN (CHILDREN STATUS (MESSAGES UNSEEN) SPECIAL-USE)"#,
     r#"List(List { select: ListSelect { subscribed: true, remote: false, recursive_match: true, special_use: false }, reference: "", patterns: [Pattern("foo"), Pattern("bar/*")], returns: ListReturn { subscribed: false, children: true, special_use: true, status: ["MESSAGES", "UNSEEN"] }, extended: true })"#),
    // imap-5258-3-02
    (r#"a LIST () "" "" RETURN ()"#,
     r#"List(List { select: ListSelect { subscribed: false, remote: false, recursive_match: false, special_use: false }, reference: "", patterns: [Pattern("")], returns: ListReturn { subscribed: false, children: false, special_use: false, status: [] }, extended: true })"#),
    (r##"a LSUB "#news." "comp.mail.*""##,
     r##"Lsub(Lsub { reference: "#news.", pattern: "comp.mail.*" })"##),
    ("a STATUS blurdybloop (UIDNEXT MESSAGES)",
     r#"Status { mailbox: "blurdybloop", items: ["MESSAGES", "UIDNEXT"] }"#),
    ("a CREATE owatagusiam/",
     r#"Create { mailbox: "owatagusiam/", special_use: [], unknown_use: false }"#),
    (r#"a CREATE MySpecial (USE (\Drafts \Sent))"#,
     r#"Create { mailbox: "MySpecial", special_use: ["\\Drafts", "\\Sent"], unknown_use: false }"#),
    // imap-6154-3-01
    (r#"a CREATE x (USE (\Nope))"#,
     r#"Create { mailbox: "x", special_use: [], unknown_use: true }"#),
    ("a DELETE blurdybloop",
     r#"Delete { mailbox: "blurdybloop" }"#),
    (r#"a RENAME "foo" zowie"#,
     r#"Rename { from: "foo", to: "zowie" }"#),
    ("a SUBSCRIBE #news.comp.mail.mime",
     r##"Subscribe { mailbox: "#news.comp.mail.mime" }"##),
    ("a UNSUBSCRIBE #news",
     r##"Unsubscribe { mailbox: "#news" }"##),
    // imap-3501-9-01
    ("a SELECT a]b",
     r#"Select(Select { mailbox: "a]b", read_only: false, condstore: false, qresync: None })"#),
    ("a EXAMINE INBOX",
     r#"Select(Select { mailbox: "INBOX", read_only: true, condstore: false, qresync: None })"#),
    ("a SELECT INBOX (CONDSTORE)",
     r#"Select(Select { mailbox: "INBOX", read_only: false, condstore: true, qresync: None })"#),
    ("a SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
     r#"Select(Select { mailbox: "INBOX", read_only: false, condstore: false, qresync: Some(QResync { uid_validity: 67890007, modseq: 20050715194045000, known_uids: Some(41,43:211,214:541), known_numbers: None }) })"#),
    ("a SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541 (1,1000 4,2000)))",
     r#"Select(Select { mailbox: "INBOX", read_only: false, condstore: false, qresync: Some(QResync { uid_validity: 67890007, modseq: 90060115194045000, known_uids: Some(41:211,214:541), known_numbers: Some((1,1000, 4,2000)) }) })"#),
    (r#"a APPEND saved-messages (\Seen) {310}"#,
     r#"Append(Append { mailbox: "saved-messages", message: Announced { flags: [System(["\\Seen"])], date: None, literal: MessageLiteral { octets: 310, waits: true, binary: false, utf8: false } } })"#),
    (r#"a APPEND saved (\Seen $Work) "17-Jul-1996 02:44:25 -0700" {3+}"#,
     r#"Append(Append { mailbox: "saved", message: Announced { flags: [System(["\\Seen"]), Keyword("$Work")], date: Some((837596665, -420)), literal: MessageLiteral { octets: 3, waits: false, binary: false, utf8: false } } })"#),
    ("a APPEND INBOX ~{5}",
     r#"Append(Append { mailbox: "INBOX", message: Announced { flags: [], date: None, literal: MessageLiteral { octets: 5, waits: true, binary: true, utf8: false } } })"#),
    // imap-3501-2.3.2-01
    (r#"a APPEND INBOX (\Recent) " 1-Feb-1994 21:52:25 +0000" {0}"#,
     r#"Append(Append { mailbox: "INBOX", message: Announced { flags: [Unknown("Recent")], date: Some((760139545, 0)), literal: MessageLiteral { octets: 0, waits: true, binary: false, utf8: false } } })"#),
    ("a IDLE",
     "Idle"),
    ("a CHECK",
     "Check"),
    ("a CLOSE",
     "Close"),
    ("a UNSELECT",
     "Unselect"),
    ("a EXPUNGE",
     "Expunge { uids: None }"),
    ("a UID EXPUNGE 3000:3002",
     "Expunge { uids: Some(3000:3002) }"),
    (r#"a SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith""#,
     r#"Search(Search { uid: false, returns: None, charset: None, keys: [Has(["\\Flagged"]), Since(760060800), Not, Field("from", "Smith")] })"#),
    // imap-9051-6.4.4-08
    (r#"a SEARCH OR (SEEN FLAGGED) NOT (FROM "a" OR 1 UID 2:*)"#,
     r#"Search(Search { uid: false, returns: None, charset: None, keys: [Or, Open, Has(["\\Seen"]), Has(["\\Flagged"]), Close, Not, Open, Field("from", "a"), Or, Numbers(1), Uids(2:*), Close] })"#),
    ("a SEARCH RETURN (MIN COUNT) CHARSET UTF-8 TEXT {2}<CRLF>xx",
     r#"Search(Search { uid: false, returns: Some(SearchReturn { min: true, max: false, all: false, count: true, save: false, partial: None }), charset: Some("UTF-8"), keys: [Text("xx")] })"#),
    ("a SEARCH RETURN () ALL",
     "Search(Search { uid: false, returns: Some(SearchReturn { min: false, max: false, all: true, count: false, save: false, partial: None }), charset: None, keys: [All] })"),
    ("a SEARCH RETURN (SAVE) $",
     "Search(Search { uid: false, returns: Some(SearchReturn { min: false, max: false, all: false, count: false, save: true, partial: None }), charset: None, keys: [Numbers($)] })"),
    (r#"a UID SEARCH MODSEQ "/flags/\\draft" all 620162338"#,
     "Search(Search { uid: true, returns: None, charset: None, keys: [ModSeq(620162338)] })"),
    ("a SEARCH OLDER 60",
     "Search(Search { uid: false, returns: None, charset: None, keys: [Older(60)] })"),
    // imap-3501-9-02
    (r#"a SEARCH SINCE "01-Feb-2020""#,
     "Search(Search { uid: false, returns: None, charset: None, keys: [Since(1580515200)] })"),
    (r#"a SEARCH HEADER X-Foo "" LARGER 100 SMALLER 9223372036854775807 KEYWORD $Junk UNSEEN NEW"#,
     r#"Search(Search { uid: false, returns: None, charset: None, keys: [Header("X-Foo", ""), Larger(100), Smaller(9223372036854775807), Keyword("$Junk"), Lacks(["\\Seen"]), New] })"#),
    ("a FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
     r#"Fetch(Fetch { uid: false, set: 2:4, items: [Flags, Section { peek: false, section: Section { part: PartPath { text: "" }, text: HeaderFields(["DATE", "FROM"]) }, partial: None }], changed_since: None, vanished: false, partial: None })"#),
    // imap-3501-9-03
    ("a fEtCh 1 (bOdY.pEeK[hEaDeR] fLaGs)",
     r#"Fetch(Fetch { uid: false, set: 1, items: [Section { peek: true, section: Section { part: PartPath { text: "" }, text: Header }, partial: None }, Flags], changed_since: None, vanished: false, partial: None })"#),
    // imap-9051-6.4.5-02
    ("a FETCH 1 FULL",
     "Fetch(Fetch { uid: false, set: 1, items: [Flags, InternalDate, Rfc822Size, Envelope, Body], changed_since: None, vanished: false, partial: None })"),
    ("a FETCH 1 BODY.PEEK[]<0.393216>",
     r#"Fetch(Fetch { uid: false, set: 1, items: [Section { peek: true, section: Section { part: PartPath { text: "" }, text: All }, partial: Some(Partial { first: 0, length: 393216 }) }], changed_since: None, vanished: false, partial: None })"#),
    // imap-9051-6.4.5.1-01
    ("a FETCH 1 BODY[1.2.3.MIME]",
     r#"Fetch(Fetch { uid: false, set: 1, items: [Section { peek: false, section: Section { part: PartPath { text: "1.2.3" }, text: Mime }, partial: None }], changed_since: None, vanished: false, partial: None })"#),
    (r#"a FETCH 1 BODY[4.2.HEADER.FIELDS.NOT ("Subject" {2}<CRLF>To)]<1.2>"#,
     r#"Fetch(Fetch { uid: false, set: 1, items: [Section { peek: false, section: Section { part: PartPath { text: "4.2" }, text: HeaderFieldsNot(["Subject", "To"]) }, partial: Some(Partial { first: 1, length: 2 }) }], changed_since: None, vanished: false, partial: None })"#),
    ("a FETCH 1 (BINARY.PEEK[1.2] BINARY.SIZE[1] BINARY[]<3.4> RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE UID MODSEQ ENVELOPE BODY BODYSTRUCTURE INTERNALDATE)",
     r#"Fetch(Fetch { uid: false, set: 1, items: [Binary { peek: true, part: PartPath { text: "1.2" }, partial: None }, BinarySize { part: PartPath { text: "1" } }, Binary { peek: false, part: PartPath { text: "" }, partial: Some(Partial { first: 3, length: 4 }) }, Rfc822, Rfc822Header, Rfc822Text, Rfc822Size, Uid, ModSeq, Envelope, Body, BodyStructure, InternalDate], changed_since: None, vanished: false, partial: None })"#),
    ("a UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
     "Fetch(Fetch { uid: true, set: 300:500, items: [Flags], changed_since: Some(12345), vanished: true, partial: None })"),
    // imap-9051-9-01
    ("a FETCH 4294967295,*:4 FLAGS",
     "Fetch(Fetch { uid: false, set: 4294967295,*:4, items: [Flags], changed_since: None, vanished: false, partial: None })"),
    (r#"a STORE 2:4 +FLAGS (\Deleted)"#,
     r#"Store(Store { uid: false, set: 2:4, unchanged_since: None, how: Add, silent: false, flags: [System(["\\Deleted"])] })"#),
    // imap-9051-6.4.6-01
    (r#"a STORE 1 -FLAGS.SILENT \Flagged $Work"#,
     r#"Store(Store { uid: false, set: 1, unchanged_since: None, how: Remove, silent: true, flags: [System(["\\Flagged"]), Keyword("$Work")] })"#),
    ("a STORE 1 FLAGS ()",
     "Store(Store { uid: false, set: 1, unchanged_since: None, how: Replace, silent: false, flags: [] })"),
    (r#"a STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT (\Seen \Recent)"#,
     r#"Store(Store { uid: false, set: 1, unchanged_since: Some(0), how: Add, silent: true, flags: [System(["\\Seen"]), Unknown("Recent")] })"#),
    ("a COPY 2:4 MEETING",
     r#"Copy { uid: false, set: 2:4, mailbox: "MEETING", moves: false }"#),
    ("a UID MOVE 42:69 foo",
     r#"Copy { uid: true, set: 42:69, mailbox: "foo", moves: true }"#),
    (r#"a MOVE $ "x y""#,
     r#"Copy { uid: false, set: $, mailbox: "x y", moves: true }"#),
];

#[test]
fn commands_are_understood() {
    for (command, expected) in COMMANDS {
        let octets = command.replace("<CRLF>", "\r\n");
        let parsed = parse(octets.as_bytes(), &Limits::DEFAULT);
        let parsed = parsed.unwrap_or_else(|error| panic!("{command}: {error}"));
        assert!(
            command.starts_with(&format!("{} ", parsed.tag)),
            "{command}"
        );
        assert_eq!(format!("{:?}", parsed.body), *expected, "{command}");
    }
}
