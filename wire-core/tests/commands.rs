//! An IMAP command ends where its last line ends; an octet of a literal never is a command.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use wire_core::frame::{Command, Commands, Literal};

/// What a session does with each literal that is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Gather,
    Stream,
    Discard,
}

fn run<'p>(pieces: impl IntoIterator<Item = &'p [u8]>, limit: usize, plan: Plan) -> Vec<String> {
    let (mut commands, mut held, mut seen) = (Commands::new(), Vec::new(), Vec::<String>::new());
    for piece in pieces {
        held.extend_from_slice(piece);
        let mut input = held.as_slice();
        while let Some(command) = commands.next(&mut input, limit) {
            match command {
                Command::Whole(line) => seen.push(format!("whole {}", line.escape_ascii())),
                Command::TooLong(line) => seen.push(format!("long {}", line.escape_ascii())),
                Command::BareLf(line) => {
                    seen.push(format!("bare {}", line.escape_ascii()));
                    return seen;
                }
                Command::LiteralEnd => seen.push("end".to_owned()),
                Command::Octets(octets) => match seen.last_mut() {
                    Some(last) if last.starts_with("octets") => {
                        last.push_str(&octets.escape_ascii().to_string());
                    }
                    _ => seen.push(format!("octets {}", octets.escape_ascii())),
                },
                Command::Literal { head, literal } => {
                    seen.push(format!(
                        "literal {} {}",
                        literal.octets,
                        head.escape_ascii()
                    ));
                    match plan {
                        Plan::Gather => commands.gather(),
                        Plan::Stream => commands.stream(&mut input),
                        Plan::Discard => commands.discard(&mut input),
                    }
                }
            }
        }
        let left = input.len();
        held.drain(..held.len() - left);
        assert!(held.len() <= limit.max(2), "holds no more than a command");
    }
    seen
}

#[test]
fn a_gathered_literal_is_part_of_its_command() {
    let input: &[u8] = b"a LOGIN {4}\r\nus\r\n {2+}\r\npw\r\nb NOOP\r\n";
    assert_eq!(
        run([input], 100, Plan::Gather),
        [
            "literal 4 a LOGIN ",
            "literal 2 a LOGIN {4}\\r\\nus\\r\\n ",
            "whole a LOGIN {4}\\r\\nus\\r\\n {2+}\\r\\npw",
            "whole b NOOP",
        ]
    );
}

#[test]
fn a_line_end_that_begins_in_a_literal_ends_nothing() {
    let input: &[u8] = b"a X {1+}\r\n\r\n\r\nb NOOP\r\n";
    assert_eq!(
        run([input], 100, Plan::Gather),
        ["literal 1 a X ", "bare a X {1+}\\r\\n\\r"]
    );
}

#[test]
fn a_lone_lf_is_said_at_once_and_ends_nothing() {
    assert_eq!(
        run([&b"a NOOP\nb NOOP\r\n"[..]], 100, Plan::Gather),
        ["bare a NOOP"]
    );
    assert_eq!(
        run([&b"a NOOP\rb NOOP\r\n"[..]], 100, Plan::Gather),
        ["whole a NOOP\\rb NOOP"]
    );
}

#[test]
fn a_streamed_literal_is_followed_by_the_rest_of_its_line() {
    let input: &[u8] = b"a APPEND x {6+}\r\nb NOOP {3+}\r\nccc\r\nd NOOP\r\n";
    assert_eq!(
        run([input], 100, Plan::Stream),
        [
            "literal 6 a APPEND x ",
            "octets b NOOP",
            "end",
            "literal 3  ",
            "octets ccc",
            "end",
            "whole ",
            "whole d NOOP",
        ]
    );
}

#[test]
fn a_discarded_command_takes_its_literals_along() {
    let input: &[u8] = b"a X {8+}\r\nb NOOP\r\n {8+}\r\nc NOOP\r\n\r\nd NOOP\r\n";
    assert_eq!(
        run([input], 100, Plan::Discard),
        ["literal 8 a X ", "whole d NOOP"]
    );
}

#[test]
fn a_literal_that_the_client_waits_with_is_not_skipped() {
    let input: &[u8] = b"a X {8}\r\nb NOOP\r\n";
    assert_eq!(
        run([input], 100, Plan::Discard),
        ["literal 8 a X ", "whole b NOOP"]
    );
}

#[test]
fn a_command_over_the_limit_is_thrown_away_with_its_literals() {
    let input: &[u8] = b"a xxxxxxxxxxxxxxxxxxxxxx {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n";
    for limit in 9..25 {
        let seen = run([input], limit, Plan::Gather);
        assert_eq!(seen.len(), 2, "{limit} {seen:?}");
        assert_eq!(seen[1], "whole c NOOP");
    }
}

#[test]
fn a_literal_number_of_any_length_still_is_a_literal() {
    let zeros = "0".repeat(60);
    let input = format!("a X {{{zeros}9999999999999999999999+}}\r\nb NOOP\r\n");
    let seen = run([input.as_bytes()], 200, Plan::Discard);
    assert_eq!(seen, ["literal 18446744073709551615 a X "]);
    let seen = run([input.as_bytes()], 20, Plan::Discard);
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[test]
fn a_cut_line_end_hides_no_literal_of_a_line_that_is_thrown_away() {
    for digits in 1..40 {
        let number = "9".repeat(digits);
        let input = format!("a X {{1+}}\r\n. {{{number}+}}\r\nb NOOP\r\nc NOOP\r\n");
        let whole = run([input.as_bytes()], 1024, Plan::Discard);
        for at in 0..input.len() {
            let (left, right) = input.as_bytes().split_at(at);
            assert_eq!(
                run([left, right], 1024, Plan::Discard),
                whole,
                "{digits} at {at}"
            );
        }
    }
}

#[test]
fn only_a_marker_at_the_end_of_a_line_is_a_literal() {
    for line in [
        "a {}", "a {+}", "a {x}", "a {5} ", "a 5}", "a {5-}", "a {-5}", "a {5+",
    ] {
        let input = format!("{line}\r\n");
        assert_eq!(
            run([input.as_bytes()], 100, Plan::Gather),
            [format!("whole {line}")]
        );
    }
    let mut input: &[u8] = b"a ~{0}\r\n";
    let found = Commands::new().next(&mut input, 100);
    let literal = Literal {
        octets: 0,
        waits: true,
        binary: true,
    };
    assert_eq!(
        found,
        Some(Command::Literal {
            head: b"a ",
            literal
        })
    );
}

/// Text with a good share of literals, sound and broken.
fn commands_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\r".to_owned()),
        Just("\n".to_owned()),
        "[a-c ]{0,4}",
        (0u32..12).prop_map(|n| format!("{{{n}+}}\r\n")),
        (0u32..12).prop_map(|n| format!("~{{{n}}}\r\n")),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn cuts_do_not_show(input in commands_text(), limit in 2usize..60, cut in 0usize..80) {
        for plan in [Plan::Gather, Plan::Stream, Plan::Discard] {
            let whole = run([input.as_slice()], limit, plan);
            let (a, b) = input.split_at(cut.min(input.len()));
            prop_assert_eq!(&whole, &run([a, b], limit, plan));
            prop_assert_eq!(&whole, &run(input.chunks(1), limit, plan));
        }
    }
}
