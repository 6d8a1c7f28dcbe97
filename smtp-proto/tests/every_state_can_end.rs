//! Whatever a session is at, with whatever undecided, it can be ended: by the server, the
//! application, the clock, the peer. What it says then is whole, what was open is told of once, and
//! no answer counts any more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use smtp_proto::*;
use support::{App, config};
use wire_core::{
    Answered, CloseReason, Endpoint, Next, Shutdown, Time,
    transcript::{Record, Subject},
};

const TEXT: &str = "EHLO a\r\nVRFY x\r\nAUTH LOGIN\r\nZGVtbw==\r\nc2VjcmV0\r\n\
    MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<unknown@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\
    x\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRSET\r\nBDAT 9\r\nxx1234567STARTTLS\r\nEHLO b\r\n";

struct Run {
    app: App,
    /// What the session has not taken.
    input: &'static [u8],
    record: Record,
    now: Time,
    said: String,
    peer_is_gone: bool,
}

impl Run {
    /// A session that was shown `input`, and whose application gave `answers` answers.
    fn at(words: &str, input: &'static str, answers: usize) -> Run {
        let mut run = Run {
            app: App::new(config(words)),
            input: input.as_bytes(),
            record: Record::default(),
            now: Time::ZERO,
            said: String::new(),
            peer_is_gone: false,
        };
        assert_eq!(run.pump(answers), None);
        run
    }

    /// Goes on until the session waits or ends.
    fn pump(&mut self, mut answers: usize) -> Option<CloseReason> {
        loop {
            let before = self.input.len();
            let next = self.app.step(self.now, &mut self.input, &mut self.record);
            let octets = self.app.session.output().to_vec();
            self.said.push_str(core::str::from_utf8(&octets).unwrap());
            self.app.session.advance_output(octets.len());
            let answered = answers > 0 && self.app.answer();
            answers -= usize::from(answered);
            match next {
                Next::Event(()) => {}
                Next::Closed(reason) => return Some(reason),
                Next::Wait(wants) => {
                    assert!(!(wants.input && self.peer_is_gone), "waits for nobody");
                    if octets.is_empty() && !answered && self.input.len() == before {
                        return None;
                    }
                }
                _ => return None,
            }
        }
    }

    /// The session has ended: what it leaves is sound.
    fn check(&mut self, name: &str) {
        let said = &self.said;
        assert!(said.is_empty() || said.ends_with("\r\n"), "{name}: {said}");
        let (mut mails, mut ends) = (0, 0);
        for event in self.record.events() {
            mails += usize::from(event.starts_with("mail "));
            ends += usize::from(event.starts_with("dropped "));
        }
        ends += said.matches("Message accepted").count();
        assert_eq!(
            mails,
            ends,
            "{name}: {:?}",
            Vec::from_iter(self.record.events())
        );
        while let Some(open) = self.app.open.pop_front() {
            let kind = open.kind();
            let declined = matches!(open, support::Open::Query(..));
            assert!(
                declined || self.app.answer_one(open) == Answered::Stale,
                "{name}: {kind}"
            );
        }
        assert!(
            self.app.session.output().is_empty(),
            "{name}: speaks after its end"
        );
    }
}

fn at_every_place(end: impl Fn(&mut Run) -> CloseReason) {
    for words in [
        "plainauth starttls",
        "ask plainauth starttls",
        "plainauth tarpit=5",
        "delay=5",
    ] {
        for place in 0..=TEXT.len() {
            for answers in [0, 1, 2, 3, 5, 7, 8, 100] {
                let mut run = Run::at(words, &TEXT[..place], answers);
                let name = format!(
                    "{words}, {answers} answers, {}",
                    TEXT[..place].escape_debug()
                );
                let reason = end(&mut run);
                run.input = b"NOOP\r\n";
                assert_eq!(run.pump(0), Some(reason), "{name}: {}", run.said);
                run.check(&name);
            }
        }
    }
}

/// Nothing is said in plaintext behind the 220 to STARTTLS.
fn last_word(run: &Run, said: &str) {
    let last = run.said.lines().last().unwrap_or_default();
    let in_handshake = last == "220 2.0.0 Ready to start TLS";
    assert!(in_handshake || last == said, "{}", run.said);
}

#[test]
fn by_a_shutdown() {
    // smtp-5321-3.8-02
    at_every_place(|run| {
        run.app.session.shutdown(Shutdown::Now);
        run.pump(0);
        let last = run.said.lines().last().unwrap_or_default().to_owned();
        assert!(
            last == "220 2.0.0 Ready to start TLS"
                || last.starts_with("421 ") && last.ends_with("Shutting down"),
            "{}",
            run.said
        );
        CloseReason::Shutdown
    });
}

#[test]
fn by_the_application() {
    at_every_place(|run| {
        let greeted = !run.said.is_empty();
        run.app.session.abort(Reply::new(421, (4, 3, 2), "Enough"));
        run.pump(0);
        last_word(
            run,
            if greeted {
                "421 4.3.2 Enough"
            } else {
                "421 Enough"
            },
        );
        CloseReason::Aborted
    });
}

#[test]
fn by_the_clock() {
    at_every_place(|run| {
        for _ in 0..100 {
            let Some(deadline) = run.app.session.deadline() else {
                panic!("waits for ever: {}", run.said);
            };
            assert!(
                deadline > run.now || run.now == Time::ZERO,
                "a deadline that stays"
            );
            run.now = deadline;
            run.app.session.handle_timeout(deadline);
            if let Some(reason) = run.pump(0) {
                return reason;
            }
        }
        panic!("never ends: {}", run.said);
    });
}

#[test]
fn by_the_peer() {
    at_every_place(|run| {
        run.peer_is_gone = true;
        run.app.session.handle_eof();
        for _ in 0..100 {
            if let Some(reason) = run.pump(100) {
                return reason;
            }
            run.now = run.app.session.deadline().expect("a deadline");
            run.app.session.handle_timeout(run.now);
        }
        panic!("never ends: {}", run.said);
    });
}

#[test]
fn a_peer_that_sips_its_last_reply_is_left() {
    // One octet in four minutes would take days.
    let mut session = App::new(Config::sink()).session;
    let mut now = Time::ZERO;
    let mut input = &b"EHLO a\r\n"[..];
    while let Next::Event(event) = session.next(now, &mut input) {
        session.decline(event);
    }
    session.shutdown(Shutdown::Now);
    while !matches!(session.next(now, &mut &[][..]), Next::Closed(_)) {
        now = now + core::time::Duration::from_secs(240);
        session.handle_timeout(now);
        session.advance_output(1);
        assert!(now < Time::ZERO + core::time::Duration::from_secs(900));
    }
}
