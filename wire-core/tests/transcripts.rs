//! The transcript runner: it passes what is right, and only that, under every cut.
#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod toy;

use std::collections::VecDeque;

use toy::{Ask, Event, Toy};
use wire_core::{
    Endpoint, Next, Ticket, Time, Upgrade,
    transcript::{Answers, Cuts, Mismatch, Record, Subject, replay, run},
};

struct Application {
    toy: Toy,
    held: VecDeque<(Ticket<Ask>, String)>,
    kept: Option<Ticket<Ask>>,
}

impl Application {
    fn new() -> Self {
        Application {
            toy: Toy::new(Time::ZERO),
            held: VecDeque::new(),
            kept: None,
        }
    }
}

impl Subject for Application {
    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.toy
    }

    fn step(&mut self, now: Time, input: &mut &[u8], record: &mut Record) -> Next<()> {
        self.toy
            .next(now, input)
            .map(|Event::Ask { ticket, what }| {
                record.event(format_args!("ask {}", what.escape_ascii()));
                match what {
                    b"me" => self.kept = Some(ticket),
                    _ => self
                        .held
                        .push_back((ticket, format!("no {}", what.escape_ascii()))),
                }
            })
    }

    fn decide(&mut self, words: &str) -> Result<(), String> {
        let ticket = self.kept.take().ok_or("nothing is open")?;
        self.toy.answer(ticket, words);
        Ok(())
    }

    fn answer(&mut self) -> bool {
        match self.held.pop_front() {
            Some((ticket, text)) => {
                self.toy.answer(ticket, &text);
                true
            }
            None => false,
        }
    }

    fn resume_tls(&mut self, upgrade: Upgrade) {
        self.toy.resume_tls(upgrade);
    }
}

fn replayed(text: &str) -> Result<usize, Mismatch> {
    replay(text, Application::new)
}

#[test]
fn what_is_right_passes_under_every_cut() {
    let text = "
        S: hello
        C: one
        C: ASK you
        C: two<NUL>three
        S: one
        = ask you
        S: no you
        S: two<NUL>three
        C: <70*a>
        S: too long
        C: ASK me
        = ask me
        @ +299s
        ! yes
        S: yes
        C: TLS
        C: injected
        S: go ahead
        TLS
        C: in<->
        ~
        C: side
        S: inside
        @ +5m
        S^ time
        CLOSED Timeout
    ";
    let sent = "one..ASK you..two.three..ASK me..TLS..injected..inside..".len() + 72;
    assert_eq!(replayed(text).unwrap(), sent + 3);
}

#[test]
fn what_is_wrong_is_found_at_its_line() {
    for (text, line) in [
        ("S: hallo", 1),
        ("S: hello\nS: more", 2),
        ("S: hello\nC: x\n", 2),
        ("S: hello\nC: x\nC: y\nS: x\nC: z", 5),
        ("S: hello\n= ask", 2),
        ("S: hello\n! yes", 2),
        ("S: hello\nTLS", 2),
        ("S: hello\nCLOSED", 2),
        ("S: hello\nC: QUIT\nS: bye\nCLOSED Timeout", 4),
        ("S: hello\nC: ASK you\nS: yes", 3),
        ("S: hello\nwhat is this", 2),
        ("S: hello\n@ +5x", 2),
    ] {
        assert_eq!(replayed(text).unwrap_err().line, line, "{text}");
    }
}

#[test]
fn a_subject_that_shows_its_cuts_is_found() {
    /// Records each call instead of each event.
    struct Leaky(Application);
    impl Subject for Leaky {
        fn endpoint(&mut self) -> &mut dyn Endpoint {
            self.0.endpoint()
        }
        fn step(&mut self, now: Time, input: &mut &[u8], record: &mut Record) -> Next<()> {
            record.event(input.len());
            self.0.step(now, input, record)
        }
        fn decide(&mut self, words: &str) -> Result<(), String> {
            self.0.decide(words)
        }
        fn resume_tls(&mut self, upgrade: Upgrade) {
            self.0.resume_tls(upgrade);
        }
    }
    let mismatch = replay("S: hello\nC: x\nS: x", || Leaky(Application::new())).unwrap_err();
    assert_eq!(mismatch.line, 0);
}

#[test]
fn octets_of_a_body_are_one_event_however_they_came() {
    let (mut whole, mut cut) = (Record::default(), Record::default());
    whole.octets("chunk", b"ab\r\n");
    cut.octets("chunk", b"a");
    cut.octets("chunk", b"b\r\n");
    assert_eq!(whole, cut);
    cut.event("end");
    cut.octets("chunk", b"c");
    assert_eq!(
        cut.events().collect::<Vec<_>>(),
        ["chunk ab\\r\\n", "end", "chunk c"]
    );
}

#[test]
fn late_answers_come_when_nothing_else_can() {
    let text = "S: hello\nC: ASK you\nC: one\nS: no you\nS: one";
    let record = run(text, Cuts::Octets, Answers::Late, &mut Application::new()).unwrap();
    assert_eq!(record.output(), b"hello\r\nno you\r\none\r\n");
}
