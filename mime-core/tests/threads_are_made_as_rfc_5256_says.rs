//! Base subjects, and THREAD's ORDEREDSUBJECT, REFERENCES and REFS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/plain_threads.rs"]
mod plain_threads;
mod support;

use mime_core::thread::{Algorithm, BaseSubject, Keys, MAX_REFERENCES, Step, Threads, sent_date};
use mime_core::{Header, Layout, Limits, MsgId, Outline};
use plain_threads::{Mail, threads};
use proptest::prelude::*;
use support::in_small_stack;

/// As IMAP writes it.
fn written<T: Copy + std::fmt::Display + PartialEq>(threads: &Threads<T>) -> String {
    let mut out = String::new();
    for step in threads.steps() {
        if step != Step::Close && out.ends_with(|c: char| c.is_ascii_digit()) {
            out.push(' ');
        }
        match step {
            Step::Open => out.push('('),
            Step::Message(n) => out += &n.to_string(),
            Step::Close => out.push(')'),
        }
    }
    out
}

#[test]
fn the_base_subject_is_what_the_procedure_leaves() {
    // imap-5256-2.1-01
    let cases = [
        ("lunch", "lunch", false),
        ("Re: lunch", "lunch", true),
        ("RE : FW: fwd:  lunch", "lunch", true),
        ("re[2]: lunch", "lunch", true),
        ("Re [x] : lunch", "lunch", true),
        ("Re:Re:lunch", "lunch", true),
        ("[list] lunch", "lunch", false),
        ("[list][x] [y] lunch", "lunch", false),
        ("[list] Re: [list] lunch", "lunch", true),
        ("[list]", "[list]", false),
        ("[a][b]", "[b]", false),
        ("Re: [list]", "[list]", true),
        ("lunch (fwd)", "lunch", true),
        ("lunch (FWD) (fwd)  ", "lunch", true),
        ("lunch(fwd)", "lunch", true),
        ("(fwd)", "", true),
        ("[Fwd: lunch]", "lunch", true),
        ("[fwd: Re: [Fwd: [x] lunch (fwd)]]", "lunch", true),
        ("[Fwd: [x] lunch] (fwd)", "lunch", true),
        ("[Fwd: lunch] x", "x", false),
        ("[Fwd: lunch", "[Fwd: lunch", false),
        ("lunch\t \r\n  now", "lunch now", false),
        ("  lunch  ", "lunch", false),
        ("", "", false),
        ("Re:", "", true),
        ("Reply", "Reply", false),
        ("re lunch", "re lunch", false),
        ("fwx: lunch", "fwx: lunch", false),
        ("[a lunch", "[a lunch", false),
        ("[a[b] lunch", "[a[b] lunch", false),
        ("AW: Mittag", "AW: Mittag", false),
        ("Re: é", "é", true),
        ("éééé", "éééé", false),
    ];
    for (subject, base, is_reply) in cases {
        let read = BaseSubject::of(subject);
        assert_eq!(
            (read.text(), read.is_reply()),
            (base, is_reply),
            "{subject:?}"
        );
        // What is a base subject has nothing more to lose.
        assert_eq!(BaseSubject::of(base).text(), base);
    }
    let key = |subject: &str| BaseSubject::of(subject.to_owned()).key();
    assert_eq!(key("re: Straße"), key("[x] STRASSE"));
}

#[test]
fn hostile_subjects_take_linear_time() {
    for piece in [
        "[a]", "re:", "[fwd:", "(fwd)", " ", "re[", "[", "[a] re[b", "[fwd:[a]",
    ] {
        let subject = piece.repeat(300_000) + &"]".repeat(300_000);
        BaseSubject::of(subject);
    }
}

#[test]
fn keys_are_read_from_the_header_and_from_the_outline() {
    let mail = b"Message-ID: <3@a>\r\nIn-Reply-To: <x@a> <y@a>\r\nReferences: <1@a>\r\n <2@a>\r\n\
                 Subject: =?utf-8?Q?Re:_h=C3=A9?=\r\n\r\n";
    let layout = Layout::scan(mail, &Limits::DEFAULT);
    let message = layout.on(mail).unwrap();
    let mut stored = Vec::new();
    message.outline().write(&mut stored);
    let outline = Outline::read(&stored).unwrap();
    for keys in [
        message.thread_keys(),
        outline.thread_keys(),
        Keys::of(Header::new(mail)),
    ] {
        assert_eq!(keys.id().unwrap().as_ref(), b"3@a");
        assert_eq!(keys.references().collect::<Vec<_>>(), [&b"1@a"[..], b"2@a"]);
        assert_eq!(keys.ids(), [&b"1@a"[..], b"2@a", b"3@a", b"x@a"]);
        assert_eq!((keys.subject().text(), keys.is_reply()), ("hé", true));
    }
    let keys = Keys::new(b"", b"none", b"<x@a> <y@a>", "");
    assert!(keys.id().is_none());
    assert_eq!(keys.references().collect::<Vec<_>>(), [&b"x@a"[..]]);
}

#[test]
fn ids_are_the_same_however_they_are_quoted() {
    // imap-5256-3-03
    let cases: [(&[u8], &[u8]); 6] = [
        (b"a@b", b"a@b"),
        (br#""a"@b"#, b"a@b"),
        (br#""a\b c"@b"#, b"ab c@b"),
        (b"a\r\n @b", b"a@b"),
        (b"a (c) @ b", b"a@b"),
        (b"A@b", b"A@b"),
    ];
    for (raw, normal) in cases {
        assert_eq!(MsgId(raw).normalized().as_ref(), normal);
    }
    let mails = [("<\"1\"@a>", ""), ("<2@a>", "<1@a>")];
    let mails = mails.map(|(id, refs)| (Keys::new(id.as_bytes(), refs.as_bytes(), b"", ""), 0));
    let mails = (1..).zip(mails).map(|(n, (keys, date))| (n, keys, date));
    assert_eq!(written(&Algorithm::References.thread(mails)), "(1 2)");
}

#[test]
fn of_a_flood_of_references_the_last_count() {
    let refs: String = (0..100_000).map(|n| format!("<{n}@a> ")).collect();
    let keys = Keys::new(b"<x@a>", refs.as_bytes(), b"<y@a>", "");
    let read: Vec<_> = keys.references().collect();
    assert_eq!(read.len(), MAX_REFERENCES);
    assert_eq!(read.last().unwrap().as_ref(), b"99999@a");
    assert_eq!(keys.ids().len(), MAX_REFERENCES + 2);
}

/// Id, references, subject; the date is the number. What the three algorithms make of it.
type Case<'a> = (&'a [(&'a str, &'a str, &'a str)], [&'a str; 3]);

#[test]
fn known_mailboxes_give_known_threads() {
    // imap-5256-3-04
    let cases: [Case<'_>; 11] = [
        (&[], ["", "", ""]),
        (
            &[("1", "", "a"), ("2", "", "b")],
            ["(1)(2)", "(1)(2)", "(1)(2)"],
        ),
        // Answers to one mail; an answer to an answer.
        (
            &[
                ("1", "", "a"),
                ("2", "1", "Re: a"),
                ("3", "1 2", "Re: a"),
                ("4", "1", "Re: a"),
            ],
            ["(1 (2)(3)(4))", "(1 (2 3)(4))", "(1 (2 3)(4))"],
        ),
        // The first mail is missing: its answers are siblings; one alone is the thread.
        (
            &[("2", "1", "x"), ("3", "1", "y"), ("9", "8", "z")],
            ["(1)(2)(3)", "((1)(2))(3)", "((1)(2))(3)"],
        ),
        // A mail between is missing.
        (
            &[("1", "", "a"), ("3", "1 2", "b"), ("4", "1 2", "c")],
            ["(1)(2)(3)", "(1 (2)(3))", "(1 (2)(3))"],
        ),
        // By subject: a reply below, two that are none beside each other.
        (
            &[
                ("1", "", "a"),
                ("2", "", "Re: a"),
                ("3", "", "b"),
                ("4", "", "B"),
            ],
            ["(1 2)(3 4)", "(1 2)((3)(4))", "(1)(2)(3)(4)"],
        ),
        // A reply that comes before what it is a reply to.
        (
            &[("1", "", "Re: a"), ("2", "", "a"), ("3", "", "re: a")],
            ["(1 (2)(3))", "(2 (1)(3))", "(1)(2)(3)"],
        ),
        // The thread of a missing mail takes in what has its subject.
        (
            &[
                ("2", "1", "Re: a"),
                ("3", "1", "Re: a"),
                ("4", "", "a"),
                ("6", "5", "a"),
                ("7", "5", "q"),
            ],
            [
                "(1 (2)(3)(4))(5)",
                "((1)(2)(3)(4)(5))",
                "((1)(2))(3)((4)(5))",
            ],
        ),
        // Two mails say that the other is their parent.
        (
            &[("1", "2", "x"), ("2", "1", "y")],
            ["(1)(2)", "(2 1)", "(2 1)"],
        ),
        // One id for two mails: the first has it.
        (
            &[("1", "", "a"), ("1", "", "b"), ("2", "1", "c")],
            ["(1)(2)(3)", "(1 3)(2)", "(2)(1 3)"],
        ),
        // No subject joins nothing but in ORDEREDSUBJECT.
        (
            &[("1", "", ""), ("2", "", "Re:")],
            ["(1 2)", "(1)(2)", "(1)(2)"],
        ),
    ];
    for (mails, expected) in cases {
        let mails: Vec<_> = mails
            .iter()
            .map(|(id, refs, subject)| {
                let refs: String = refs.split(' ').map(|id| format!("<{id}@a>")).collect();
                (format!("<{id}@a>"), refs.replace("<@a>", ""), *subject)
            })
            .collect();
        for (algorithm, expected) in Algorithm::ALL.into_iter().zip(expected) {
            let mails = (1i64..).zip(&mails).map(|(n, (id, refs, subject))| {
                (
                    n,
                    Keys::new(id.as_bytes(), refs.as_bytes(), b"", *subject),
                    n,
                )
            });
            let made = algorithm.thread(mails);
            assert_eq!(written(&made), expected, "{algorithm:?}");
        }
    }
}

#[test]
fn threads_are_sorted_by_date_and_then_by_place() {
    let mails = [
        ("1", "", 50),
        ("2", "", 10),
        ("3", "2", 90),
        ("4", "2", 20),
        ("5", "", 10),
    ];
    let made = |algorithm: Algorithm| {
        let mails: Vec<_> = mails
            .iter()
            .map(|(id, refs, date)| (*id, *refs, *date))
            .collect();
        let text: Vec<_> = mails
            .iter()
            .map(|(id, refs, date)| (format!("<{id}>"), format!("<{refs}>"), *date))
            .collect();
        let keys = (1..).zip(&text).map(|(n, (id, refs, date))| {
            (
                n,
                Keys::new(id.as_bytes(), refs.as_bytes(), b"", id.as_str()),
                *date,
            )
        });
        written(&algorithm.thread(keys))
    };
    assert_eq!(made(Algorithm::References), "(2 (4)(3))(5)(1)");
    assert_eq!(made(Algorithm::Refs), "(5)(1)(2 (4)(3))");
    assert_eq!(made(Algorithm::OrderedSubject), "(2)(5)(4)(1)(3)");
}

#[test]
fn a_broken_date_counts_as_far_as_it_goes() {
    const DAY: i64 = 1_795_219_200;
    let cases: [(&str, Option<i64>); 14] = [
        ("Sat, 21 Nov 2026 01:02:03 +0000", Some(DAY + 3723)),
        ("Sat, 21 Nov 2026 01:02:03 -0100", Some(DAY + 7323)),
        ("21 Nov 2026 01:02", Some(DAY + 3720)),
        // The zone is none.
        ("Sat, 21 Nov 2026 01:02:03 +0099", Some(DAY + 3723)),
        ("Sat, 21 Nov 2026 01:02:03 +9900", Some(DAY + 3723)),
        ("Sat, 21 Nov 2026 (c) 01:02 +9900", Some(DAY + 3720)),
        // The time is none.
        ("Sat, 21 Nov 2026 24:00:00 +0100", Some(DAY)),
        ("Sat, 21 Nov 2026 1:2:3:4", Some(DAY + 3723)),
        ("21 Nov 2026", Some(DAY)),
        ("Sat, 21 Nov 2026 noon", Some(DAY)),
        // The day is none.
        ("31 Feb 2026 01:02:03 +0000", None),
        ("01:02:03", None),
        ("Sat", None),
        ("", None),
    ];
    for (value, unix) in cases {
        assert_eq!(sent_date(value.as_bytes()), unix, "{value}");
    }
}

#[test]
fn names_are_read_without_regard_to_case() {
    for algorithm in Algorithm::ALL {
        let name = algorithm.as_str().to_lowercase();
        assert_eq!(Algorithm::of(name.as_bytes()), Some(algorithm));
    }
    assert_eq!(Algorithm::of(b"REF"), None);
}

/// Chains, forwards and backwards, and a mailbox in which each mail joins the end of one long chain
/// to the top of a short one.
#[test]
fn long_threads_and_hostile_ones_take_linear_time() {
    const MANY: usize = 20_000;
    let chain = |n: usize| (n, if n == 0 { vec![] } else { vec![n - 1] });
    let mailboxes: [Vec<(usize, Vec<usize>)>; 4] = [
        (0..MANY).map(chain).collect(),
        (0..MANY).rev().map(chain).collect(),
        // Chains of all missing mails.
        (0..MANY)
            .map(|n| (2 * MANY + n, vec![n, n + 1, n + 2]))
            .collect(),
        (0..MANY)
            .map(chain)
            .chain((MANY..2 * MANY).map(|n| (2 * n, vec![2 * n + 1, MANY - 1, 2 * n])))
            .collect(),
    ];
    in_small_stack(move || {
        for mailbox in mailboxes {
            let text: Vec<_> = mailbox
                .iter()
                .map(|(id, refs)| {
                    let refs: String = refs.iter().map(|id| format!("<{id}@a>")).collect();
                    (format!("<{id}@a>"), refs)
                })
                .collect();
            for algorithm in Algorithm::ALL {
                let keys = (0u32..).zip(&text).map(|(n, (id, refs))| {
                    let subject = if n % 3 == 0 { "" } else { id.as_str() };
                    (
                        n,
                        Keys::new(id.as_bytes(), refs.as_bytes(), b"", subject),
                        0,
                    )
                });
                let made = algorithm.thread(keys);
                assert_eq!(
                    made.rows().iter().flat_map(|row| row.message).count(),
                    text.len()
                );
            }
        }
    });
}

fn mailbox() -> impl Strategy<Value = Vec<Mail>> {
    let refs = prop::collection::vec(0u8..12, 0..4);
    let subject = prop::sample::select(vec!["", "a", "A", "Re: a", "b", "[x] Fwd: b", "c"]);
    let mail = (prop::option::weighted(0.9, 0u8..12), refs, subject, 0i64..6);
    let mail = mail.prop_map(|(id, refs, subject, date)| Mail {
        id,
        refs,
        subject,
        date,
    });
    prop::collection::vec(mail, 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// The procedure of the RFC, done step by step on trees, gives the same.
    #[test]
    fn threads_are_those_of_the_procedure(mailbox in mailbox()) {
        let ids = |ids: &[u8]| ids.iter().map(|id| format!("<{id}@a>")).collect::<String>();
        let text: Vec<_> = mailbox
            .iter()
            .map(|mail| (ids(mail.id.as_slice()), ids(&mail.refs)))
            .collect();
        for algorithm in [Algorithm::References, Algorithm::Refs] {
            let keys = (1..).zip(text.iter().zip(&mailbox)).map(|(n, ((id, refs), mail))| {
                let keys = Keys::new(id.as_bytes(), refs.as_bytes(), b"", mail.subject);
                (n, keys, mail.date)
            });
            let made = algorithm.thread(keys);
            prop_assert_eq!(written(&made), threads(&mailbox, algorithm));
            let mut depth = 0;
            for row in made.rows() {
                prop_assert!(row.depth <= depth);
                prop_assert!(row.message.is_some() || row.depth == 0);
                depth = row.depth + 1;
            }
            prop_assert_eq!(made.iter().map(<[_]>::len).sum::<usize>(), made.rows().len());
        }
    }

    #[test]
    fn any_text_has_a_base_subject(subject in "(re|fwd?|\\[fwd:|\\(fwd\\)|\\[|\\]|:| |\t|a|é){0,14}") {
        let base = BaseSubject::of(&*subject);
        let again = BaseSubject::of(base.text());
        prop_assert_eq!(base.text(), again.text());
        prop_assert!(!base.text().starts_with(' ') && !base.text().ends_with(' '));
        prop_assert_eq!(base, plain_threads::base_subject(&subject));
    }
}
