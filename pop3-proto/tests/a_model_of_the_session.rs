//! The session agrees with a model of RFC 1939 that fits on a page.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use app::{App, Line, three_messages};
use pop3_proto::Octets;
use proptest::prelude::*;

/// Three messages, who is logged in, what is marked.
#[derive(Default)]
struct Model {
    user: Option<String>,
    logged_in: bool,
    marked: [bool; 3],
    closed: bool,
    committed: Option<Vec<u32>>,
}

impl Model {
    fn sizes() -> [u64; 3] {
        [0, 1, 2].map(|at| Octets::of(&three_messages()[at].0))
    }

    fn there(&self, number: &str) -> Option<usize> {
        let n: usize = number.parse().ok()?;
        (1..=3)
            .contains(&n)
            .then(|| n - 1)
            .filter(|at| !self.marked[*at])
    }

    fn kept(&self) -> impl Iterator<Item = usize> + '_ {
        (0..3).filter(|at| !self.marked[*at])
    }

    /// The body as a client sees it, `lines` of it after the header.
    fn body(at: usize, lines: usize) -> String {
        let text = String::from_utf8(three_messages()[at].0.clone()).unwrap();
        let mut all = text.lines();
        let header: Vec<&str> = all.by_ref().take_while(|line| !line.is_empty()).collect();
        let rest = std::iter::once("").chain(all.take(lines));
        let line =
            |line: &str| format!("{}{line}\r\n", if line.starts_with('.') { "." } else { "" });
        header
            .into_iter()
            .chain(rest)
            .map(line)
            .chain([".\r\n".to_owned()])
            .collect()
    }

    /// The whole reply to a command.
    fn reply(&mut self, command: &str) -> String {
        let user = self.user.take();
        let words: Vec<&str> = command.split(' ').collect();
        let totals = |model: &Model| {
            let octets: u64 = model.kept().map(|at| Model::sizes()[at]).sum();
            (model.kept().count(), octets)
        };
        let no = "-ERR No such message\r\n".to_owned();
        let not_now = "-ERR Not now\r\n".to_owned();
        match (self.logged_in, &words[..]) {
            (false, ["USER", name]) => {
                self.user = Some((*name).to_owned());
                "+OK Send the password\r\n".to_owned()
            }
            (false, ["PASS", ..]) => match user.as_deref() {
                None => not_now,
                Some("mrose") if command == "PASS two words" => {
                    self.logged_in = true;
                    let (n, octets) = totals(self);
                    format!("+OK Maildrop has {n} messages ({octets} octets)\r\n")
                }
                Some(_) => "-ERR [AUTH] Wrong name or password\r\n".to_owned(),
            },
            (false, ["QUIT"]) => {
                self.closed = true;
                "+OK Bye\r\n".to_owned()
            }
            (false, _) | (true, ["USER" | "PASS", ..]) => not_now,
            (true, ["STAT"]) => {
                let (n, octets) = totals(self);
                format!("+OK {n} {octets}\r\n")
            }
            (true, ["RSET"]) => {
                self.marked = [false; 3];
                let (n, octets) = totals(self);
                format!("+OK Maildrop has {n} messages ({octets} octets)\r\n")
            }
            (true, ["NOOP"]) => "+OK\r\n".to_owned(),
            (true, ["LIST"]) => {
                let rows = self
                    .kept()
                    .map(|at| format!("{} {}\r\n", at + 1, Model::sizes()[at]));
                format!("+OK List follows\r\n{}.\r\n", rows.collect::<String>())
            }
            (true, ["UIDL"]) => {
                let mail = three_messages();
                let rows = self
                    .kept()
                    .map(|at| format!("{} {}\r\n", at + 1, mail[at].1));
                format!("+OK List follows\r\n{}.\r\n", rows.collect::<String>())
            }
            (true, [verb, number, rest @ ..]) => match (*verb, self.there(number)) {
                (_, None) => no,
                ("LIST", Some(at)) => format!("+OK {} {}\r\n", at + 1, Model::sizes()[at]),
                ("UIDL", Some(at)) => format!("+OK {} {}\r\n", at + 1, three_messages()[at].1),
                ("DELE", Some(at)) => {
                    self.marked[at] = true;
                    "+OK Marked\r\n".to_owned()
                }
                ("RETR", Some(at)) => {
                    format!(
                        "+OK {} octets\r\n{}",
                        Model::sizes()[at],
                        Model::body(at, usize::MAX)
                    )
                }
                (_, Some(at)) => {
                    format!(
                        "+OK Top of message follows\r\n{}",
                        Model::body(at, rest[0].parse().unwrap())
                    )
                }
            },
            (true, _) => {
                self.closed = true;
                self.committed = Some(
                    (1..)
                        .zip(self.marked)
                        .filter(|(_, m)| *m)
                        .map(|(n, _)| n)
                        .collect(),
                );
                "+OK Bye\r\n".to_owned()
            }
        }
    }
}

fn command() -> impl Strategy<Value = String> {
    const PLAIN: &[&str] = &["STAT", "LIST", "UIDL", "RSET", "NOOP", "STAT"];
    const NUMBERED: &[&str] = &["LIST", "UIDL", "RETR", "DELE", "DELE"];
    prop_oneof![
        6 => prop::sample::select(PLAIN).prop_map(str::to_owned),
        8 => (prop::sample::select(NUMBERED), 0..5).prop_map(|(verb, n)| format!("{verb} {n}")),
        2 => (0..5, 0..4).prop_map(|(n, lines)| format!("TOP {n} {lines}")),
        1 => Just("USER mrose".to_owned()),
        1 => Just("PASS wrong".to_owned()),
        1 => Just("QUIT".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    // pop3-1939-4-04, pop3-1939-5-01, pop3-1939-5-03, pop3-1939-5-07, pop3-1939-5-09,
    // pop3-1939-5-10, pop3-1939-6-01, pop3-1939-7-05
    #[test]
    fn every_reply_is_the_models(
        before in proptest::collection::vec(command(), 0..4),
        after in proptest::collection::vec(command(), 0..40),
        lazy in any::<bool>(),
    ) {
        let words = if lazy { &["patient", "lazy", "pages-of-two"][..] } else { &["patient"] };
        let (mut line, mut model) = (Line::new(App::new(words)), Model::default());
        let login = ["USER mrose", "PASS two words"].map(str::to_owned);
        for command in before.into_iter().chain(login).chain(after) {
            if model.closed {
                break;
            }
            let reply = line.ask(format!("{command}\r\n").as_bytes());
            prop_assert_eq!(reply, model.reply(&command), "{}", command);
            prop_assert_eq!(line.closed.is_some(), model.closed);
        }
        let committed = line.app.committed.first().map(|deleted| deleted.numbers().collect());
        prop_assert_eq!(committed, model.committed);
    }
}
