//! Searches against their definition, evaluated by recursion over another tree.

use proptest::prelude::*;

use super::*;
use crate::flags::{FlagList, Keywords};
use crate::syntax::{Body, Limits, Search, parse};
use crate::uid::Uid;
use crate::view::View;

const DAY: i64 = 86_400;

/// A search as a tree of its own.
#[derive(Clone, Debug)]
enum Tree {
    Seen(bool),
    Keyword(u8),
    Titled(u8),
    Body(u8),
    Larger(u8),
    Smaller(u8),
    On(u8),
    Since(u8),
    Before(u8),
    SentOn(u8),
    ModSeq(u8),
    Older(u8),
    Uid(u8, u8),
    Number(u8, u8),
    New,
    Old,
    Saved,
    Not(Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    All(Vec<Tree>),
}
use Tree::*;

fn trees() -> impl Strategy<Value = Tree> {
    let n = 1..8u8;
    let leaf = prop_oneof![
        any::<bool>().prop_map(Seen),
        n.clone().prop_map(Keyword),
        n.clone().prop_map(Titled),
        n.clone().prop_map(Tree::Body),
        n.clone().prop_map(Larger),
        n.clone().prop_map(Smaller),
        n.clone().prop_map(On),
        n.clone().prop_map(Since),
        n.clone().prop_map(Before),
        n.clone().prop_map(SentOn),
        n.clone().prop_map(ModSeq),
        n.clone().prop_map(Older),
        (n.clone(), n.clone()).prop_map(|(a, b)| Tree::Uid(a, b)),
        (n.clone(), n).prop_map(|(a, b)| Number(a, b)),
        prop_oneof![Just(New), Just(Old), Just(Saved)],
    ];
    leaf.prop_recursive(6, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Not(Box::new(tree))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Or(Box::new(a), Box::new(b))),
            prop::collection::vec(inner, 1..4).prop_map(All),
        ]
    })
}

fn date(n: u8) -> String {
    format!("{n}-Feb-1994")
}

/// 1994-02-01, less a day.
const EVE: i64 = 760_060_800 - DAY;

impl Tree {
    fn written(&self) -> String {
        match self {
            Seen(true) => "SEEN".to_owned(),
            Seen(false) => "UNSEEN".to_owned(),
            Keyword(n) => format!("keyword K{n}"),
            Titled(n) => format!("SUBJECT {n}"),
            Tree::Body(n) => format!("BODY \"{n}\""),
            Larger(n) => format!("LARGER {n}"),
            Smaller(n) => format!("SMALLER {n}"),
            On(n) => format!("ON {}", date(*n)),
            Since(n) => format!("SINCE {}", date(*n)),
            Before(n) => format!("BEFORE \"{}\"", date(*n)),
            SentOn(n) => format!("SENTON {}", date(*n)),
            ModSeq(n) => format!("MODSEQ {n}"),
            Older(n) => format!("OLDER {n}"),
            Tree::Uid(a, b) => format!("UID {a}:{b}"),
            Number(a, b) => format!("{a}:{b}"),
            New => "NEW".to_owned(),
            Old => "OLD".to_owned(),
            Saved => "$".to_owned(),
            Not(tree) => format!("NOT {}", tree.written()),
            Or(a, b) => format!("OR {} {}", a.written(), b.written()),
            All(trees) => {
                let keys: Vec<String> = trees.iter().map(Tree::written).collect();
                format!("({})", keys.join(" "))
            }
        }
    }

    fn holds(&self, mail: &Known) -> bool {
        let range = |a: u8, b: u8| a.min(b)..=a.max(b);
        let day = |n: u8| EVE + i64::from(n) * DAY;
        let local = |(unix, offset): (i64, i16)| unix + i64::from(offset) * 60;
        let on = |date: (i64, i16), n: u8| (day(n)..day(n) + DAY).contains(&local(date));
        match *self {
            Seen(on) => mail.seen == on,
            Keyword(n) => mail.keyword == n,
            Titled(n) => mail.subject == n,
            Tree::Body(n) => mail.body == n,
            Larger(n) => mail.size > u64::from(n),
            Smaller(n) => mail.size < u64::from(n),
            On(n) => on(mail.date, n),
            Since(n) => local(mail.date) >= day(n),
            Before(n) => local(mail.date) < day(n),
            SentOn(n) => mail.sent.is_some_and(|date| on(date, n)),
            ModSeq(n) => mail.modseq >= u64::from(n),
            Older(n) => mail.age >= i64::from(n),
            Tree::Uid(a, b) => range(a, b).contains(&mail.uid),
            Number(a, b) => range(a, b).contains(&(mail.uid - 1)),
            New => mail.uid >= 7 && !mail.seen,
            Old => mail.uid < 7,
            Saved => mail.uid == 3 || mail.uid == 5,
            Not(ref tree) => !tree.holds(mail),
            Or(ref a, ref b) => a.holds(mail) || b.holds(mail),
            All(ref trees) => trees.iter().all(|tree| tree.holds(mail)),
        }
    }
}

/// A message, and which of its columns are at hand.
#[derive(Clone, Debug)]
struct Known {
    columns: u8,
    uid: u8,
    seen: bool,
    keyword: u8,
    subject: u8,
    body: u8,
    size: u64,
    date: (i64, i16),
    sent: Option<(i64, i16)>,
    modseq: u64,
    age: i64,
}

fn mails() -> impl Strategy<Value = Known> {
    let date = || (EVE..EVE + 10 * DAY, -840..840i16);
    let small = (2..10u8, 1..9u8, 1..9u8, 1..9u8);
    let rest = (
        any::<u8>(),
        any::<bool>(),
        0..9u64,
        0..9u64,
        0..9i64,
        date(),
    );
    (small, rest, prop::option::of(date())).prop_map(|(small, rest, sent)| {
        let (uid, keyword, subject, body) = small;
        let (columns, seen, size, modseq, age, date) = rest;
        Known {
            columns,
            uid,
            seen,
            keyword,
            subject,
            body,
            size,
            date,
            sent,
            modseq,
            age,
        }
    })
}

const WORDS: [&str; 10] = ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9"];

impl Known {
    fn has<T>(&self, column: u8, value: T) -> Option<T> {
        (self.columns >> column & 1 == 1).then_some(value)
    }
}

impl Subject for Known {
    fn uid(&self) -> Uid {
        Uid::new(self.uid.into()).unwrap()
    }

    fn flags(&self) -> Option<FlagList<'_>> {
        let system = if self.seen {
            System::SEEN
        } else {
            System::NONE
        };
        let keywords = Keywords::Strs(&WORDS[usize::from(self.keyword)..][..1]);
        self.has(0, FlagList { system, keywords })
    }

    fn modseq(&self) -> Option<u64> {
        self.has(1, self.modseq)
    }

    fn size(&self) -> Option<u64> {
        self.has(2, self.size)
    }

    fn date(&self) -> Option<(i64, i16)> {
        self.has(3, self.date)
    }

    fn age(&self) -> Option<i64> {
        self.has(4, self.age)
    }

    fn sent(&self) -> Option<Option<(i64, i16)>> {
        self.has(5, self.sent)
    }

    fn header(&self, name: &str, text: &str) -> Option<bool> {
        assert_eq!(name, "subject");
        self.has(6, self.subject.to_string() == text)
    }

    fn body(&self, text: &str) -> Option<bool> {
        self.has(7, self.body.to_string() == text)
    }
}

fn uids(numbers: impl IntoIterator<Item = u32>) -> UidSet {
    numbers.into_iter().filter_map(Uid::new).collect()
}

/// Messages 1 to 8 have the UIDs 2 to 9.
fn build(command: &str) -> Result<Query, Unsearchable> {
    let parsed = parse(command.as_bytes(), &Limits::DEFAULT).unwrap();
    let Body::Search(search) = parsed.body else {
        panic!("{command}")
    };
    resolved(&search)
}

fn resolved(search: &Search<'_>) -> Result<Query, Unsearchable> {
    let view: View = (2..10).filter_map(Uid::new).collect();
    let (saved, recent) = (uids([3, 5, 200]), uids([7, 8, 9]));
    Query::build(
        search,
        Context {
            view: &view,
            saved: &saved,
            recent: &recent,
        },
    )
}

/// As a store would do it that walks the keys.
fn walked(key: Key<'_>, mail: &Known) -> bool {
    match key {
        Key::Not(inner) => !walked(inner.get(), mail),
        Key::Or(a, b) => walked(a.get(), mail) || walked(b.get(), mail),
        Key::And(keys) => keys.iter().all(|key| walked(key, mail)),
        leaf => super::decide::holds(leaf, mail).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1024, ..ProptestConfig::default() })]

    // imap-9051-6.4.4-08
    #[test]
    fn a_query_means_its_tree(
        trees in prop::collection::vec(trees(), 1..4),
        mails in prop::collection::vec(mails(), 1..8),
    ) {
        let tree = All(trees);
        let written = tree.written();
        let command = format!("a SEARCH {}", &written[1..written.len() - 1]);
        let query = build(&command).unwrap();
        for mail in mails {
            let expected = tree.holds(&mail);
            let decided = query.decide(&mail);
            prop_assert!(decided.is_none_or(|holds| holds == expected), "{}", command);
            let whole = Known { columns: u8::MAX, ..mail };
            prop_assert_eq!(query.decide(&whole), Some(expected), "{}", command);
            prop_assert_eq!(walked(query.root(), &whole), expected, "{}", command);
            prop_assert!(!expected || query.among().contains(whole.uid()), "{}", command);
        }
    }
}

#[test]
fn what_is_resolved_and_what_is_asked_for() {
    let query = build("a SEARCH RETURN (COUNT) UID 4:* 1:5 NOT DELETED").unwrap();
    assert_eq!(query.among().to_string(), "4:6");
    assert_eq!((query.want(), query.need()), (Want::Count, Need::FLAGS));
    let root = r#"And([Uids({4:9}), Uids({2:6}), Not(Has(["\\Deleted"]))])"#;
    assert_eq!(format!("{:?}", query.root()), root);
    let query = build("a SEARCH RETURN (MIN) ALL").unwrap();
    assert_eq!((query.want(), query.need()), (Want::Min, Need::NOTHING));
    assert!(matches!(query.root(), Key::All));
    let query = build("a SEARCH RETURN (MAX SAVE) FROM x TEXT y").unwrap();
    assert_eq!(
        (query.want(), query.need()),
        (Want::Set, Need::OUTLINE | Need::BLOB)
    );
}

#[test]
fn numbers_without_a_message_match_nothing() {
    for (command, among) in [
        ("a SEARCH 8", "9"),
        ("a SEARCH 9", ""),
        ("a SEARCH 7:100,4294967295", "8:9"),
        ("a SEARCH 9:10,*", "9"),
    ] {
        let query = build(command).unwrap();
        assert_eq!(query.among().to_string(), among, "{command}");
    }
}

#[test]
fn what_cannot_be_searched() {
    // imap-9051-6.4.4-05
    for (command, expected) in [
        (
            "a SEARCH CHARSET X-NOPE SUBJECT a",
            Some(Unsearchable::Charset),
        ),
        ("a SEARCH CHARSET utf-8 SUBJECT a", None),
        ("a SEARCH CHARSET \"us-ascii\" SUBJECT a", None),
        ("a SEARCH 9", None),
        ("a SEARCH UID 900", None),
        ("a SEARCH 8 *", None),
    ] {
        assert_eq!(build(command).err(), expected, "{command}");
    }
    let latin = parse(b"a SEARCH TEXT {1}\r\n\xe9", &Limits::DEFAULT).unwrap();
    let Body::Search(search) = latin.body else {
        panic!()
    };
    assert_eq!(resolved(&search).err(), Some(Unsearchable::Text));
}

#[test]
fn keys_that_cannot_matter_are_not_looked_at() {
    struct Dear(Uid);
    impl Subject for Dear {
        fn uid(&self) -> Uid {
            self.0
        }

        fn body(&self, _: &str) -> Option<bool> {
            panic!("the body was read")
        }
    }
    let mail = Dear(Uid::new(4).unwrap());
    assert_eq!(
        build("a SEARCH UID 5 BODY x").unwrap().decide(&mail),
        Some(false)
    );
    assert_eq!(
        build("a SEARCH OR UID 4 BODY x").unwrap().decide(&mail),
        Some(true)
    );
    assert_eq!(
        build("a SEARCH OR (UID 4 SEEN) UID 4")
            .unwrap()
            .decide(&mail),
        Some(true)
    );
    assert_eq!(
        build("a SEARCH OR (UID 4 SEEN) UID 5")
            .unwrap()
            .decide(&mail),
        None
    );
}

#[test]
fn the_deepest_query_is_decided() {
    let depth = usize::from(Limits::DEFAULT.search_depth);
    for (open, close) in [("NOT ", ""), ("(", ")"), ("OR SEEN ", "")] {
        let command = format!("a SEARCH {}NEW{}", open.repeat(depth), close.repeat(depth));
        let query = build(&command).unwrap();
        let mail = Known {
            columns: u8::MAX,
            uid: 7,
            seen: false,
            keyword: 0,
            subject: 0,
            body: 0,
            size: 0,
            date: (0, 0),
            sent: None,
            modseq: 0,
            age: 0,
        };
        assert_eq!(query.decide(&mail), Some(true), "{open}");
    }
}

#[test]
fn sets_of_a_mailbox_with_gaps_have_a_limit() {
    let gaps: UidSet = (1..600_000).step_by(2).filter_map(Uid::new).collect();
    let (view, none) = (View::from(&gaps), UidSet::new());
    let build = |command: &str| {
        let command = parse(command.as_bytes(), &Limits::DEFAULT).unwrap();
        let Body::Search(search) = command.body else {
            panic!()
        };
        let context = Context {
            view: &view,
            saved: &none,
            recent: &none,
        };
        Query::build(&search, context).map(|_| ())
    };
    assert_eq!(build("a SEARCH 1:* UID 2:* OR 3:* NOT UID 9"), Ok(()));
    assert_eq!(
        build("a SEARCH 1:* 2:* UID 1:* UID 2:*"),
        Err(Unsearchable::TooWide)
    );
}
