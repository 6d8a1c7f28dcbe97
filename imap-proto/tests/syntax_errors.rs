//! What is no command, and what is said of it: the tag, the octet and the reason.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use imap_proto::syntax::{Limits, Problem, is_append, is_done, parse};

/// `<CRLF>` stands for a line end within a command.
#[rustfmt::skip]
const BAD_COMMANDS: &[(&str, Option<&str>, usize, &str)] = &[
    ("abcd CAPABILITY x", Some("abcd"), 15, "expected the end of the command"),
    // imap-9051-2.2.2-01
    ("a NOOP x", Some("a"), 6, "expected the end of the command"),
    ("a NOOP ", Some("a"), 6, "too many spaces"),
    ("a  NOOP", Some("a"), 2, "too many spaces"),
    ("a SELECT", Some("a"), 8, "expected a space"),
    ("a FETCH 1", Some("a"), 9, "expected a space"),
    // imap-9051-2.2.2-02
    ("a XYZZY", Some("a"), 2, "unknown command"),
    // imap-9051-2.2.1-01
    ("+ NOOP", None, 0, "invalid tag"),
    ("* NOOP", None, 0, "invalid tag"),
    ("(a NOOP", None, 0, "invalid tag"),
    ("a", Some("a"), 1, "expected a space"),
    ("a ", Some("a"), 2, "unknown command"),
    (r#"a ID ("name")"#, Some("a"), 12, "expected a space"),
    ("a ENABLE", Some("a"), 8, "expected a space"),
    ("a LOGIN {5}", Some("a"), 8, "literal missing"),
    ("a LOGIN {5}<CRLF>SM", Some("a"), 8, "literal missing"),
    // imap-9051-4.3-04
    (r#"a LOGIN "a\x" b"#, Some("a"), 10, "expected a quote or a backslash after a backslash"),
    // imap-9051-6.3.9.1-01
    (r#"a LIST (RECURSIVEMATCH) "" *"#, Some("a"), 7, "expected SUBSCRIBED with RECURSIVEMATCH"),
    // imap-9051-6.3.9-03
    (r#"a LIST (FOO) "" *"#, Some("a"), 8, "unknown LIST option"),
    (r#"a LIST "" * RETURN (FOO)"#, Some("a"), 20, "unknown LIST option"),
    ("a STATUS x ()", Some("a"), 12, "expected a STATUS item"),
    // imap-3501-9-01
    ("a SELECT a(b", Some("a"), 10, "expected the end of the command"),
    ("a SELECT a%b", Some("a"), 10, "expected the end of the command"),
    ("a SELECT INBOX (QRESYNC (0 1))", Some("a"), 25, "UIDVALIDITY out of range"),
    (r#"a APPEND INBOX "1-Feb-1994 21:52:25 +0000" {0}"#, Some("a"), 16, "expected digits"),
    ("a APPEND {5}", Some("a"), 9, "literal missing"),
    ("a APPEND INBOX", Some("a"), 14, "expected a space"),
    ("a APPEND INBOX {5", Some("a"), 17, "expected the end of a literal's size"),
    ("a UID NOOP", Some("a"), 6, "unknown command"),
    // imap-5032-3-01
    ("a SEARCH YOUNGER 0", Some("a"), 17, "interval out of range"),
    // imap-3501-9-02
    ("a SEARCH SINCE 1-Foo-2020", Some("a"), 17, "expected a month"),
    ("a SEARCH SINCE 1-Feb-20", Some("a"), 21, "expected digits"),
    ("a SEARCH SINCE 31-Feb-2020", Some("a"), 15, "day of the month out of range"),
    ("a SEARCH ()", Some("a"), 10, "expected a search key"),
    ("a SEARCH (ALL", Some("a"), 13, r#"expected a space or ")""#),
    ("a SEARCH ALL)", Some("a"), 12, "expected the end of the command"),
    ("a SEARCH OR ALL", Some("a"), 15, r#"expected a space or ")""#),
    ("a SEARCH NOT", Some("a"), 12, r#"expected a space or ")""#),
    // imap-9051-6.4.4-04
    ("a SEARCH RETURN (FOO) ALL", Some("a"), 17, "unknown RETURN option"),
    ("a SEARCH", Some("a"), 8, "expected a space"),
    ("a SEARCH LARGER 9223372036854775808", Some("a"), 16, "a size out of range"),
    // imap-9051-6.4.5-02
    ("a FETCH 1 (ALL)", Some("a"), 11, "unknown FETCH item"),
    // imap-9051-6.4.5.1-02
    ("a FETCH 1 BODY[MIME]", Some("a"), 15, "unknown section"),
    ("a FETCH 1 BODY[1.0]", Some("a"), 17, "part number out of range"),
    ("a FETCH 1 BODY[1.]", Some("a"), 17, "expected a section"),
    ("a FETCH 1 BODY[]<0.0>", Some("a"), 19, "the number of octets out of range"),
    // imap-7162-3.2.6-01
    ("a UID FETCH 1:* (FLAGS) (VANISHED)", Some("a"), 24, "expected UID and CHANGEDSINCE with VANISHED"),
    ("a FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)", Some("a"), 18, "expected UID and CHANGEDSINCE with VANISHED"),
    // imap-9051-9-01
    ("a FETCH 0 FLAGS", Some("a"), 8, "message number out of range"),
    ("a FETCH 1: FLAGS", Some("a"), 10, "expected a message set"),
    ("a FETCH 1,,2 FLAGS", Some("a"), 10, "expected a message set"),
    // imap-9051-9-02
    ("a FETCH 4294967296 FLAGS", Some("a"), 8, "message number out of range"),
    ("a FETCH 99999999999999999999 FLAGS", Some("a"), 8, "message number out of range"),
    ("a FETCH 01 FLAGS", Some("a"), 8, "message number out of range"),
    ("a FETCH 1 ()", Some("a"), 11, "expected a FETCH item"),
    ("a FETCH 1 (FLAGS  UID)", Some("a"), 17, "too many spaces"),
    ("a FETCH 1 (FLAGS UID )", Some("a"), 20, r#"expected ")""#),
    ("a STORE 1 FLAGS", Some("a"), 15, "expected a space"),
    (r#"a STORE 1 FOO (\Seen)"#, Some("a"), 10, "unknown STORE item"),
    (r#"a STORE 1 +FLAGS (\*)"#, Some("a"), 19, "expected an atom"),
];

#[test]
fn errors_carry_tag_and_place() {
    for (command, tag, at, what) in BAD_COMMANDS {
        let octets = command.replace("<CRLF>", "\r\n");
        let error = parse(octets.as_bytes(), &Limits::DEFAULT).expect_err(command);
        assert_eq!(
            (error.tag, error.at, error.problem.to_string().as_str()),
            (*tag, *at, *what),
            "{command}"
        );
    }
}

#[test]
fn strings_hold_no_line_end_and_no_nul() {
    // imap-9051-4.3-03, imap-9051-4.3-04, imap-9051-4.3.1-01
    let bad: [(&[u8], usize); 6] = [
        (b"a SELECT \"a\nb\"", 11),
        (b"a SELECT \"a\rb\"", 11),
        (b"a SELECT \"a\0b\"", 11),
        (b"a SELECT \"\xff\"", 9),
        (b"a SELECT {3}\r\na\0b", 15),
        (b"a SELECT caf\xc3\xa9", 12),
    ];
    for (command, at) in bad {
        assert_eq!(
            parse(command, &Limits::DEFAULT).unwrap_err().at,
            at,
            "{command:?}"
        );
    }
    for command in [
        &b"a SELECT \"caf\xc3\xa9\""[..],
        b"a SELECT {4}\r\n\r\n\r\n",
    ] {
        assert!(parse(command, &Limits::DEFAULT).is_ok(), "{command:?}");
    }
}

#[test]
fn a_command_may_end_where_a_literal_is_to_follow() {
    for command in [
        "a LOGIN {5}",
        "a LOGIN {5}\r\n",
        "a SEARCH TEXT {3+}\r\nab",
        "a APPEND {5}\r\n",
    ] {
        let error = parse(command.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert_eq!(
            (error.tag, error.problem),
            (Some("a"), Problem::NeedsLiteral),
            "{command}"
        );
    }
    // What is wrong before the literal is found before its octets are asked for.
    let error = parse(b"a SEARCH FOO {3}", &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.problem, Problem::Unknown("search key"));
}

#[test]
fn every_limit_is_the_last_number_that_passes() {
    let mut limits = Limits::DEFAULT;
    limits.fetch_items = 2;
    limits.list_items = 2;
    limits.search_keys = 3;
    limits.search_depth = 2;
    limits.part_depth = 2;
    let rows = [
        (
            "a FETCH 1 (UID FLAGS)",
            "a FETCH 1 (UID FLAGS UID)",
            Problem::TooMany("FETCH items"),
        ),
        (
            "a STORE 1 FLAGS (a b)",
            "a STORE 1 FLAGS (a b c)",
            Problem::TooMany("flags"),
        ),
        (
            "a ENABLE a b",
            "a ENABLE a b c",
            Problem::TooMany("capabilities"),
        ),
        (
            "a LIST \"\" (a b)",
            "a LIST \"\" (a b c)",
            Problem::TooMany("patterns"),
        ),
        (
            "a FETCH 1 BODY[HEADER.FIELDS (a b)]",
            "a FETCH 1 BODY[HEADER.FIELDS (a b c)]",
            Problem::TooMany("header field names"),
        ),
        (
            "a FETCH 1 (BODY[HEADER.FIELDS (a)] BODY[HEADER.FIELDS (b)])",
            "a FETCH 1 (BODY[HEADER.FIELDS (a)] BODY[HEADER.FIELDS.NOT (b c)])",
            Problem::TooMany("header field names"),
        ),
        (
            "a FETCH 1 BODY[1.2]",
            "a FETCH 1 BODY[1.2.3]",
            Problem::TooDeep,
        ),
        (
            "a SEARCH ALL ALL ALL",
            "a SEARCH ALL ALL ALL ALL",
            Problem::TooMany("search keys"),
        ),
        (
            "a SEARCH NOT (ALL)",
            "a SEARCH NOT (NOT ALL)",
            Problem::TooDeep,
        ),
        ("a SEARCH ((ALL))", "a SEARCH (((ALL)))", Problem::TooDeep),
    ];
    for (good, bad, problem) in rows {
        assert!(parse(good.as_bytes(), &limits).is_ok(), "{good}");
        assert_eq!(
            parse(bad.as_bytes(), &limits).unwrap_err().problem,
            problem,
            "{bad}"
        );
    }
    // imap-2971-3.3-01
    let fields = |n| format!("a ID ({})", vec!["\"k\" NIL"; n].join(" "));
    assert!(parse(fields(30).as_bytes(), &limits).is_ok());
    let error = parse(fields(31).as_bytes(), &limits)
        .map(drop)
        .unwrap_err()
        .problem;
    assert_eq!(error, Problem::TooMany("ID fields"));
}

#[test]
fn a_million_levels_are_refused_on_a_small_stack() {
    let deep = [
        format!("a SEARCH {}ALL", "(".repeat(1_000_000)),
        format!("a SEARCH {}ALL", "NOT ".repeat(1_000_000)),
        format!("a SEARCH {}ALL", "OR ALL ".repeat(1_000_000)),
        format!("a FETCH 1 BODY[1{}]", ".1".repeat(1_000_000)),
        format!("a LIST {}", "(".repeat(1_000_000)),
    ];
    let refuse = move || {
        deep.iter()
            .all(|command| parse(command.as_bytes(), &Limits::DEFAULT).is_err())
    };
    let thread = std::thread::Builder::new()
        .stack_size(256 * 1024)
        .spawn(refuse)
        .unwrap();
    assert!(thread.join().unwrap());
}

#[test]
fn append_and_done_are_known_early() {
    for (start, expected) in [
        ("a APPEND", true),
        ("a append INBOX ", true),
        ("a APPEND x {3", true),
        ("a APPENDIX", false),
        ("a REPLACE 1 x", true),
        ("a UID REPLACE 1 x", true),
        ("a UID APPEND", false),
        ("APPEND x", false),
        ("+ APPEND x", false),
    ] {
        assert_eq!(is_append(start.as_bytes()), expected, "{start}");
    }
    assert!(is_done(b"DONE") && is_done(b"done"));
    assert!(!is_done(b"a DONE") && !is_done(b"DONE ") && !is_done(b""));
}
