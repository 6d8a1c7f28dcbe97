//! Literals that are too large, or that the client should have waited with, are refused with the tag
//! of their command; no octet of them is taken for a command.
#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::App;
use imap_proto::wire_core::{Endpoint, Next, Time};

fn logged_in(words: &[&str]) -> App {
    let mut app = App::new(words);
    let said = app.say("1 LOGIN {4+}\r\nfred {6+}\r\nsecret\r\n");
    assert!(said.contains("1 OK"), "{said}");
    app
}

// imap-7888-5-01, imap-7888-5-02
#[test]
fn with_literal_minus_the_client_waits_above_4096_octets() {
    for (words, most) in [
        (&["-LITERAL+"][..], 4096),
        (&["-LITERAL+", "-LITERAL-"], 4096),
        (&["-LITERAL+", "-LITERAL-", "-IMAP4rev2"], 0),
    ] {
        let mut app = App::new(words);
        let greeting = app.say("0 NOOP\r\n");
        let shown = greeting.contains("LITERAL-");
        assert_eq!(shown, !words.contains(&"-LITERAL-"), "{greeting}");
        app.say("1 LOGIN fred secret\r\n");
        for command in ["APPEND INBOX", "CREATE"] {
            let (more, text) = (most + 1, "x".repeat(most + 1));
            let said = app.say(&format!("2 {command} {{{more}+}}\r\n{text}\r\n3 NOOP\r\n"));
            assert!(said.starts_with("2 BAD [TOOBIG] "), "{said}");
            assert!(said.ends_with("\r\n3 OK Done\r\n"), "{said}");
        }
        let text = "x".repeat(most.max(1));
        let wait = if most == 0 { "" } else { "+" };
        let line = format!("4 APPEND INBOX {{{}{wait}}}\r\n{text}\r\n", text.len());
        let said = app.say(&line);
        assert!(said.contains("4 OK"), "{said}");
    }
    let greeting = App::new(&[]).say("0 NOOP\r\n");
    assert!(greeting.contains("LITERAL+") && !greeting.contains("LITERAL-"));
}

#[test]
fn floods_before_login_are_answered_with_their_tags() {
    let literals = "7 LOGIN {1+}\r\nx {1+}\r\ny {1+}\r\nz\r\n";
    let open = format!("7 SEARCH {}\r\n", "(".repeat(4000));
    let tag = format!("{} NOOP\r\n", "t".repeat(7000));
    let bomb = format!(
        "7 LOGIN {{99999999999999999999+}}\r\n{}",
        "x".repeat(100_000)
    );
    for (flood, expected) in [
        (literals, "7 BAD "),
        (&open, "7 BAD "),
        (&bomb, "7 BAD [TOOBIG] "),
        (&tag, &format!("{} OK", "t".repeat(7000))),
    ] {
        let mut app = App::new(&[]);
        app.say("");
        let said = app.say(flood);
        assert!(said.starts_with(expected), "{said:.200}");
    }
    // A line without an end is thrown away as it comes.
    let mut app = App::new(&[]);
    app.say("");
    let mut said = String::new();
    for _ in 0..1000 {
        said.push_str(&app.say(&"x".repeat(9000)));
    }
    assert_eq!(said, "* BAD [TOOBIG] Command too long\r\n");
    assert!(app.session.input_limit() <= 64 << 10);
}

// A real client sends sets as long as this.
#[test]
fn a_set_of_31_kib_is_one_command() {
    let set: Vec<String> = (0..4700).map(|n| format!("{}", 10 + 2 * n)).collect();
    let set = set.join(",");
    assert!(set.len() > 22_000);
    let set = format!("{set},{}", "100000:100001,".repeat(650) + "7");
    assert!(set.len() > 31 * 1024, "{}", set.len());
    let mut app = logged_in(&[]);
    app.say("2 SELECT INBOX\r\n");
    let said = app.say(&format!("3 UID FETCH {set} (FLAGS)\r\n"));
    assert_eq!(said, "3 OK No such messages\r\n");
    let said = app.say("4 UID FETCH 1:4294967295 (UID)\r\n");
    assert!(said.ends_with("4 OK Done\r\n"), "{said}");
    // Nothing has these numbers.
    let said = app.say("5 CREATE empty\r\n6 SELECT empty\r\n7 UID FETCH 1:4294967295 (UID)\r\n");
    assert!(said.ends_with("7 OK No such messages\r\n"), "{said}");
    let said = app.say("8 FETCH 1:4294967295 (UID)\r\n");
    assert!(said.starts_with("8 BAD"), "{said}");
}

#[test]
fn a_command_comes_octet_by_octet() {
    let mut app = logged_in(&[]);
    let command = format!("2 CREATE \"{}\"\r\n", "x".repeat(30_000));
    let octets = command.as_bytes();
    for end in 1..octets.len() {
        let mut input = &octets[..end];
        assert!(matches!(
            app.session.next(Time::ZERO, &mut input),
            Next::Wait(_)
        ));
        assert_eq!(input.len(), end);
    }
    let said = app.say(&command);
    assert!(said.starts_with("2 NO [CANNOT] "), "{said}");
}
