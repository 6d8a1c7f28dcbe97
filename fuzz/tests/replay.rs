//! Every target over its corpus, and over changes of it that are the same in each run.

use std::{env, fs, panic, path::Path};

use letterslot_fuzz::{Dice, TARGETS, Target};

/// Changed inputs for each target, unless `FUZZ_CHANGES` says how many.
const CHANGES: usize = 8000;

/// Pieces that mean something in one protocol or another.
const WORDS: [&[u8]; 32] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n.\r\n",
    b".",
    b"..",
    b"\0",
    b" ",
    b"\"",
    b"\\",
    b"(",
    b")",
    b"{3}\r\n",
    b"{4+}\r\n",
    b"~{2+}\r\n",
    b"*",
    b"1:*",
    b"<",
    b">",
    b"@",
    b"=",
    b"=?utf-8?q?=00?=",
    b"--b\r\n",
    b"--b--",
    b":",
    b";",
    b"\xff",
    b"QUIT\r\n",
    b"RSET\r\n",
    b"DATA\r\n",
    b"NOOP\r\n",
    b"999999999999",
];

macro_rules! replay {
    ($($target:ident)*) => { $(
        #[test]
        fn $target() {
            replay(stringify!($target), letterslot_fuzz::$target);
        }
    )* };
}

replay! {
    mime_reports mime_threads mime_subject mime_protected mime_scan mime_scanner mime_audit mime_fields mime_addresses
    mime_trace mime_values mime_dkim mime_bodies mime_html mime_reply mime_jmap mime_mbox
    smtp_session smtp_trusted smtp_data smtp_grammar smtp_replies pop3_session imap_session imap_syntax imap_leniency imap_talk imap_respond imap_search frame_lines frame_commands proxy
    sasl mime_text mime_inline mime_tnef
}

fn replay(name: &str, target: Target) {
    let seeds = corpus(name);
    assert!(!seeds.is_empty(), "no corpus for {name}");
    seeds.iter().for_each(|seed| check(target, seed));
    let mut dice = Dice::of(name.as_bytes());
    let mut data = Vec::new();
    let changes = env::var("FUZZ_CHANGES").map_or(CHANGES, |changes| changes.parse().unwrap());
    for n in 0..changes {
        // A few changes on top of each other, then a fresh seed.
        if n % 4 == 0 {
            data.clone_from(&seeds[dice.roll(seeds.len())]);
        }
        change(&mut data, &mut dice, &seeds);
        check(target, &data);
    }
}

fn change(data: &mut Vec<u8>, dice: &mut Dice, seeds: &[Vec<u8>]) {
    let at = dice.roll(data.len() + 1);
    let end = (at + dice.roll(12)).min(data.len());
    match dice.roll(7) {
        0 => drop(data.drain(at..end)),
        1 => drop(data.splice(at..end, WORDS[dice.roll(WORDS.len())].iter().copied())),
        2 => drop(data.splice(at..at, WORDS[dice.roll(WORDS.len())].iter().copied())),
        3 => drop(data.splice(at..at, data[at..end].to_vec())),
        4 => data.truncate(at),
        5 => {
            let other = &seeds[dice.roll(seeds.len())];
            data.truncate(at);
            data.extend_from_slice(&other[dice.roll(other.len() + 1)..]);
        }
        _ => data[at..end]
            .iter_mut()
            .for_each(|octet| *octet ^= 1 << dice.roll(8)),
    }
    data.truncate(4096);
}

/// A failure shows the input that caused it.
fn check(target: Target, data: &[u8]) {
    if let Err(fault) = panic::catch_unwind(|| target(data)) {
        eprintln!("input: b\"{}\"", data.escape_ascii());
        panic::resume_unwind(fault);
    }
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let mut paths: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, _) in TARGETS {
        assert!(
            root.join("fuzz_targets")
                .join(name)
                .with_extension("rs")
                .exists(),
            "{name}"
        );
        assert!(!corpus(name).is_empty(), "{name}");
    }
}

/// Every length but none of the octets: what the corpus might never hold.
#[test]
fn short_inputs_are_taken_by_all() {
    for &(_, target) in TARGETS {
        target(b"");
        (0..=255).for_each(|octet| check(target, &[octet]));
        (0..64).for_each(|length| check(target, &vec![b'\n'; length]));
    }
}
