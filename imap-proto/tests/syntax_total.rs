//! No octets make the parser panic, and what it returns can be walked to its end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use imap_proto::syntax::{Limits, is_append, is_done, parse};
use proptest::prelude::*;

const SEEDS: &[&str] = &[
    "a1 LOGIN {5}\r\nSMITH \"se\\\"same\"",
    "a2 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211 (1,5 4,9)) CONDSTORE)",
    "a3 LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"foo\" bar/% {3}\r\nx*y) RETURN (CHILDREN STATUS (MESSAGES))",
    "a4 UID FETCH 1:*,3 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (From {2}\r\nTo)]<0.100> BINARY[1]) (CHANGEDSINCE 5 VANISHED)",
    "a5 SEARCH RETURN (MIN SAVE) CHARSET UTF-8 OR (NOT FROM \"a\" SINCE 1-Feb-1994) NOT UID 1:5,* TEXT {2}\r\n()",
    "a6 APPEND box (\\Seen $a) \" 1-Jan-2020 00:00:00 +0000\" ~{10+}",
    "a7 UID STORE $ (UNCHANGEDSINCE 5) -FLAGS.SILENT (\\Seen a b)",
    "a8 ID (\"name\" \"x\" \"os\" NIL)",
    "a9 CREATE x (USE (\\Sent \\Nope))",
    "b1 STATUS x (MESSAGES SIZE HIGHESTMODSEQ)",
    "b2 AUTHENTICATE PLAIN AHUAcA==",
    "b3 UID MOVE 1:5 x",
    "b4 SEARCH MODSEQ \"/flags/\\\\draft\" all 5 KEYWORD x HEADER \"ab\" {0}\r\n LARGER 5",
];

/// Walks everything there is in what was parsed.
fn look_at(command: &[u8]) {
    let found = match parse(command, &Limits::DEFAULT) {
        Ok(command) => format!("{command:?}"),
        Err(error) => {
            assert!(error.at <= command.len());
            assert!(
                error
                    .tag
                    .is_none_or(|tag| command.starts_with(tag.as_bytes()))
            );
            format!("{error}")
        }
    };
    assert!(!found.is_empty());
    is_append(command);
    is_done(command);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        look_at(&octets);
    }

    #[test]
    fn anything_behind_a_name(name in 0..SEEDS.len(), octets in "[ -~\r\n]{0,60}") {
        let start: Vec<&str> = SEEDS[name].splitn(3, ' ').collect();
        look_at(format!("{} {} {octets}", start[0], start[1]).as_bytes());
    }

    #[test]
    fn damaged_commands(
        seed in 0..SEEDS.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut octets = SEEDS[seed].as_bytes().to_vec();
        for (at, how, octet) in damage {
            let at = at.index(octets.len());
            match how {
                0 => octets[at] = octet,
                1 => octets.insert(at, octet),
                2 if octets.len() > 1 => drop(octets.remove(at)),
                _ => {
                    let middle = octets.len() / 2;
                    octets.swap(at, middle);
                }
            }
        }
        look_at(&octets);
        look_at(&octets[..cut.index(octets.len())]);
    }

    // imap-9051-2.2.2-01: none of the seeds has a space in a string, but for its date.
    #[test]
    fn one_space_too_many(seed in 0..SEEDS.len(), at in any::<prop::sample::Index>()) {
        let command = SEEDS[seed];
        let spaces: Vec<usize> = command.match_indices(' ').map(|(at, _)| at).collect();
        let at = spaces[at.index(spaces.len())];
        let spaced = format!("{} {}", &command[..at], &command[at..]);
        prop_assert!(parse(spaced.as_bytes(), &Limits::DEFAULT).is_err(), "{}", spaced);
    }
}

#[test]
fn every_beginning_of_a_command() {
    for seed in SEEDS {
        assert!(parse(seed.as_bytes(), &Limits::DEFAULT).is_ok(), "{seed}");
        for end in 0..=seed.len() {
            look_at(&seed.as_bytes()[..end]);
        }
    }
}
