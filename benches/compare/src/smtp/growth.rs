//! Hostile clients, to see that the work of a session grows no faster than what they send.

use smtp_proto::{Event, Reply, Session};
use wire_core::{Next, Ticket, Time};

use crate::task::grown;

use super::session::{config, drain, greeted, lmtp, say, yes};

/// A client that costs more than it should, and how its octets come.
pub struct Growth {
    /// Its name in the table.
    pub name: &'static str,
    make: fn(usize) -> String,
    /// Units of the smaller of both inputs.
    units: usize,
    how: How,
}

/// How the octets come, and who answers.
enum How {
    /// All at once.
    AtOnce,
    /// One by one, those not taken shown again.
    Drip,
    /// All at once, each group of recipients answered last first.
    Reversed,
    /// By LMTP, a result for each recipient, last first.
    Results,
}

const MAIL: &str = "MAIL FROM:<a@b.example>\r\n";

/// Runs each at two sizes, for `.ci/instructions`.
pub fn counts() {
    for growth in ALL {
        for input in growth.inputs() {
            grown(growth.name, input.len(), &mut || growth.run(&input));
        }
    }
}

/// All of them.
const ALL: &[Growth] = &[
    grow("flood of NOOP", 2000, How::AtOnce, |n| "NOOP\r\n".repeat(n)),
    grow("flood of NOOP, dripped", 1000, How::Drip, |n| {
        "NOOP\r\n".repeat(n)
    }),
    grow("flood of RCPT", 2000, How::AtOnce, |n| {
        MAIL.to_owned() + &rcpt(n)
    }),
    grow("flood of RCPT, dripped", 500, How::Drip, |n| {
        MAIL.to_owned() + &rcpt(n)
    }),
    grow("RCPT answered last first", 2000, How::Reversed, |n| {
        MAIL.to_owned() + &rcpt(n)
    }),
    grow("RCPT without MAIL", 2000, How::AtOnce, rcpt),
    grow("RCPT with a bad address", 2000, How::AtOnce, |n| {
        MAIL.to_owned() + &"RCPT TO:<a@-b>\r\n".repeat(n)
    }),
    grow("MAIL and RSET", 1000, How::AtOnce, |n| {
        (MAIL.to_owned() + "RSET\r\n").repeat(n)
    }),
    grow("EHLO again and again", 1000, How::AtOnce, |n| {
        "EHLO a.example\r\n".repeat(n)
    }),
    grow("results of LMTP, last first", 1000, How::Results, |n| {
        format!("{MAIL}{}DATA\r\nx\r\n.\r\n", rcpt(n))
    }),
    grow("unknown commands", 2000, How::AtOnce, |n| {
        "XYZZY\r\n".repeat(n)
    }),
    grow("one long line", 8000, How::AtOnce, |n| "x".repeat(n)),
    grow("one long line, dripped", 8000, How::Drip, |n| "x".repeat(n)),
    grow("lines over the limit", 2, How::AtOnce, |n| {
        ("x".repeat(70_000) + "\r\n").repeat(n)
    }),
    grow("parameters", 2000, How::AtOnce, |n| {
        format!(
            "MAIL FROM:<a@b.example> SIZE=1{}\r\n",
            " BODY=7BIT".repeat(n / 2)
        )
    }),
    grow("spaces before parameters", 8000, How::AtOnce, |n| {
        format!("MAIL FROM:<a@b.example>{}SIZE=1\r\n", " ".repeat(n))
    }),
    grow("a source route", 2000, How::AtOnce, |n| {
        format!("MAIL FROM:<{}@a:a@b.example>\r\n", "@a.b,".repeat(n))
    }),
    grow("a quoted local part", 4000, How::AtOnce, |n| {
        format!("MAIL FROM:<\"{}\"@b.example>\r\n", "\\\"".repeat(n))
    }),
    grow("a quote never closed", 8000, How::AtOnce, |n| {
        format!("MAIL FROM:<\"{}@b.example>\r\n", "\\\\".repeat(n))
    }),
    grow("dots in an address", 4000, How::AtOnce, |n| {
        format!("MAIL FROM:<{}a@b.example>\r\n", "a.".repeat(n))
    }),
    grow("xtext", 200, How::AtOnce, |n| {
        (format!("MAIL FROM:<a@b.example> AUTH={}\r\n", "+41".repeat(160)) + "RSET\r\n").repeat(n)
    }),
    grow("DATA, dripped", 4000, How::Drip, |n| {
        data(&"x\r\n".repeat(n))
    }),
    grow("DATA of dots, dripped", 4000, How::Drip, |n| {
        data(&"..\r\n".repeat(n))
    }),
    grow("DATA of dots", 8000, How::AtOnce, |n| {
        data(&"..\r\n".repeat(n))
    }),
    grow("DATA of line ends", 8000, How::AtOnce, |n| {
        data(&"\r\n".repeat(n))
    }),
    grow("DATA of bare CR", 8000, How::AtOnce, |n| {
        data(&"x\r".repeat(n))
    }),
    grow("DATA of bare LF", 8000, How::AtOnce, |n| {
        data(&"x\n".repeat(n))
    }),
    grow("DATA of almost the end", 4000, How::AtOnce, |n| {
        data(&"x\n.\r\n".repeat(n))
    }),
    grow("BDAT of one octet", 1000, How::AtOnce, |n| {
        chunks(&"BDAT 1\r\nx".repeat(n))
    }),
    grow("BDAT of one octet, dripped", 500, How::Drip, |n| {
        chunks(&"BDAT 1\r\nx".repeat(n))
    }),
    grow("BDAT of nothing", 1000, How::AtOnce, |n| {
        chunks(&"BDAT 0\r\n".repeat(n))
    }),
    grow("BDAT of half line ends", 1000, How::AtOnce, |n| {
        chunks(&"BDAT 1\r\n\rBDAT 1\r\n\n".repeat(n))
    }),
    grow("BDAT out of place", 1000, How::AtOnce, |n| {
        "BDAT 1\r\nx".repeat(n)
    }),
    grow("small messages", 500, How::AtOnce, |n| {
        data("x\r\n").repeat(n)
    }),
];

const fn grow(name: &'static str, units: usize, how: How, make: fn(usize) -> String) -> Growth {
    Growth {
        name,
        make,
        units,
        how,
    }
}

fn rcpt(times: usize) -> String {
    "RCPT TO:<bob@example.org>\r\n".repeat(times)
}

fn data(message: &str) -> String {
    format!("{MAIL}{}DATA\r\n{message}.\r\n", rcpt(1))
}

fn chunks(chunks: &str) -> String {
    format!("{MAIL}{}{chunks}BDAT 0 LAST\r\n", rcpt(1))
}

impl Growth {
    /// What the client sends, and four times as much.
    pub fn inputs(&self) -> [Vec<u8>; 2] {
        [self.units, self.units * 4].map(|units| (self.make)(units).into_bytes())
    }

    /// Serves the client.
    pub fn run(&self, input: &[u8]) {
        match self.how {
            How::AtOnce => {
                say(&mut greeted(config()), input);
            }
            How::Drip => {
                let mut session = greeted(config());
                let mut start = 0;
                for end in 1..=input.len() {
                    start = end - say(&mut session, &input[start..end]).len();
                }
            }
            How::Reversed => reversed(&mut greeted(config()), input),
            How::Results => results(&mut greeted(lmtp()), input),
        }
    }
}

fn reversed(session: &mut Session, mut input: &[u8]) {
    let mut open: Vec<Ticket<_>> = Vec::new();
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Rcpt { ticket, .. }) => open.push(ticket),
            Next::Event(event) => yes(session, event),
            Next::Wait(_) if drain(session) => {}
            Next::Wait(_) if !open.is_empty() => {
                while let Some(ticket) = open.pop() {
                    session.accept(ticket);
                }
            }
            _ => return,
        }
    }
}

fn results(session: &mut Session, mut input: &[u8]) {
    let mut recipients = Vec::new();
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Rcpt { ticket, rcpt, .. }) => {
                recipients.push(rcpt);
                session.accept(ticket);
            }
            Next::Event(Event::End { ticket, .. }) => {
                for rcpt in recipients.drain(..).rev() {
                    session.result(&ticket, rcpt, Reply::new(250, (2, 0, 0), "Kept"));
                }
            }
            Next::Event(event) => yes(session, event),
            Next::Wait(_) if drain(session) => {}
            _ => return,
        }
    }
}
