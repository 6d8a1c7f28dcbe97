//! The names of the files of a Maildir.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::maildir::{Flag, Flags, Name, mails};
use proptest::prelude::*;

/// A name; what identifies it, its flags, its time, its sizes.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    Option<u64>,
    Option<u64>,
    Option<u64>,
);

#[test]
fn table() {
    let table: &[Row] = &[
        ("1.a.mx", "1.a.mx", "", Some(1), None, None),
        ("1.a.mx:2,", "1.a.mx", "", Some(1), None, None),
        ("1.a.mx:2,SFS", "1.a.mx", "FS", Some(1), None, None),
        (
            "1.a.mx:2,DFPRSTab",
            "1.a.mx",
            "DFPRSTab",
            Some(1),
            None,
            None,
        ),
        ("1.a.mx;2,S", "1.a.mx", "S", Some(1), None, None),
        ("1.a.mx:1,S", "1.a.mx:1,S", "", Some(1), None, None),
        ("1.a.mx:2,S,x-1\u{e9}", "1.a.mx", "Sx", Some(1), None, None),
        ("1.a.mx:2,:2,R", "1.a.mx:2,", "R", Some(1), None, None),
        (
            "9.a.mx,S=10,W=11:2,S",
            "9.a.mx,S=10,W=11",
            "S",
            Some(9),
            Some(10),
            Some(11),
        ),
        (
            "9.S=1.mx,W=+1,S=",
            "9.S=1.mx,W=+1,S=",
            "",
            Some(9),
            None,
            None,
        ),
        ("msg", "msg", "", None, None, None),
        ("+1.a.mx", "+1.a.mx", "", None, None, None),
        (
            "99999999999999999999.a",
            "99999999999999999999.a",
            "",
            None,
            None,
            None,
        ),
    ];
    for (file_name, unique, flags, delivered, size, wire_size) in table {
        let name = Name::parse(file_name).unwrap();
        let found = (
            name.unique(),
            name.delivered(),
            name.size(),
            name.wire_size(),
        );
        assert_eq!(
            found,
            (*unique, *delivered, *size, *wire_size),
            "{file_name}"
        );
        assert_eq!(name.flags().to_string(), *flags, "{file_name}");
        assert_eq!(name.file_name(), *file_name);
    }
    for none in ["", ".", "..", ".hidden", "a/b", "/", "a\0b"] {
        assert_eq!(Name::parse(none), None, "{none:?}");
    }
}

#[test]
fn flags_are_a_set() {
    let flags: Flags = [Flag::SEEN, Flag::DRAFT, Flag::SEEN].into_iter().collect();
    assert_eq!(flags.to_string(), "DS");
    assert!(flags.has(Flag::DRAFT) && !flags.has(Flag::REPLIED));
    assert_eq!(
        flags.without(Flag::DRAFT).without(Flag::DRAFT),
        Flags::default().with(Flag::SEEN)
    );
    let keywords: Vec<_> = Name::parse("1.a:2,DFPRSTa")
        .unwrap()
        .flags()
        .iter()
        .collect();
    let keywords: Vec<_> = keywords.into_iter().filter_map(Flag::keyword).collect();
    assert_eq!(
        keywords,
        ["$draft", "$flagged", "$forwarded", "$answered", "$seen"]
    );
    assert_eq!(Flag::of('1'), None);
    assert_eq!(Flag::of('\u{e9}'), None);
}

#[test]
fn a_mail_that_moves_is_listed_once() {
    let found = mails(
        ["3.c", "1.a", "2.b"],
        ["2.b:2,S", "1.a:2,", "1.a:2,S", "0.z:2,T"],
    );
    let found: Vec<_> = found
        .iter()
        .map(|mail| (mail.name.unique(), mail.is_new))
        .collect();
    assert_eq!(
        found,
        [
            ("0.z", false),
            ("1.a", false),
            ("2.b", false),
            ("3.c", true)
        ]
    );
    assert!(mails([], []).is_empty());
}

proptest! {
    #[test]
    fn a_name_keeps_what_it_is_when_flags_change(name in "[^/\0]{1,20}(:2,[A-Za-z]{0,9})?", letters in "[A-Za-z]{0,60}") {
        if let Some(name) = Name::parse(&name) {
            let flags: Flags = letters.chars().filter_map(Flag::of).collect();
            let renamed = name.renamed(flags);
            let again = Name::parse(&renamed).unwrap();
            prop_assert_eq!(again.unique(), name.unique());
            prop_assert_eq!(again.flags(), flags);
        }
    }
}
