//! The state of a session against a small model of RFC 5321 and RFC 3030: the same replies, the same
//! messages.
// smtp-5321-4.1.4-08 smtp-5321-3.3-06
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use support::App;
use wire_core::{
    Endpoint, Next, Time,
    transcript::{Record, Subject},
};

#[derive(Debug, Clone, Copy)]
enum Line {
    Ehlo,
    BadEhlo,
    Mail,
    BadMail,
    Rcpt,
    UnknownRcpt,
    BadRcpt,
    Data,
    BareData,
    Rset,
    BadRset,
    Noop,
    Vrfy,
    Bdat,
    LastBdat,
    BareBdat,
    Junk,
}

const LINES: [Line; 17] = [
    Line::Ehlo,
    Line::BadEhlo,
    Line::Mail,
    Line::BadMail,
    Line::Rcpt,
    Line::UnknownRcpt,
    Line::BadRcpt,
    Line::Data,
    Line::BareData,
    Line::Rset,
    Line::BadRset,
    Line::Noop,
    Line::Vrfy,
    Line::Bdat,
    Line::LastBdat,
    Line::BareBdat,
    Line::Junk,
];

impl Line {
    fn wire(self) -> &'static str {
        match self {
            Line::Ehlo => "EHLO client.example\r\n",
            Line::BadEhlo => "EHLO\r\n",
            Line::Mail => "MAIL FROM:<a@client.example>\r\n",
            Line::BadMail => "MAIL FROM:<a\r\n",
            Line::Rcpt => "RCPT TO:<bob@example.org>\r\n",
            Line::UnknownRcpt => "RCPT TO:<unknown@example.org>\r\n",
            Line::BadRcpt => "RCPT TO:<bob\r\n",
            Line::Data | Line::BareData => "DATA\r\n",
            Line::Rset => "RSET\r\n",
            Line::BadRset => "RSET x\r\n",
            Line::Noop => "NOOP\r\n",
            Line::Vrfy => "VRFY bob\r\n",
            Line::Bdat => "BDAT 6\r\nRSET\r\n",
            Line::LastBdat => "BDAT 6 LAST\r\nRSET\r\n",
            Line::BareBdat => "BDAT 2\r\nx\n",
            Line::Junk => "FOO\r\n",
        }
    }
}

/// What a server has to remember, and nothing else.
#[derive(Default)]
struct Model {
    hello: bool,
    mail: bool,
    asked: usize,
    accepted: usize,
    /// Octets by BDAT so far.
    chunks: Option<usize>,
    /// The message was refused, and the client is still at it.
    refused: bool,
    /// A line an event: `from` recipients of a complete message, or a dropped one.
    told: Vec<String>,
}

impl Model {
    fn reset(&mut self, why: &str) {
        if self.mail && !self.refused {
            self.told.push(format!("dropped {why}"));
        }
        (self.mail, self.asked, self.accepted) = (false, 0, 0);
        (self.chunks, self.refused) = (None, false);
    }

    fn codes(&mut self, line: Line) -> Vec<u16> {
        vec![match line {
            Line::Ehlo => {
                self.reset("Hello");
                self.hello = true;
                250
            }
            Line::BadEhlo | Line::BadRset => 501,
            Line::Mail | Line::BadMail if !self.hello || self.mail => 503,
            Line::BadMail => 501,
            Line::Mail => {
                self.mail = true;
                250
            }
            Line::Rcpt | Line::UnknownRcpt | Line::BadRcpt if self.refused => 554,
            Line::Rcpt | Line::UnknownRcpt | Line::BadRcpt
                if !self.mail || self.chunks.is_some() =>
            {
                503
            }
            Line::BadRcpt => 501,
            Line::UnknownRcpt => {
                self.asked += 1;
                550
            }
            Line::Rcpt => {
                self.asked += 1;
                self.accepted += 1;
                250
            }
            Line::Data | Line::BareData | Line::LastBdat if self.refused => {
                self.reset("");
                554
            }
            Line::Bdat | Line::BareBdat if self.refused => 554,
            Line::Data | Line::BareData if self.chunks.is_some() => 503,
            Line::Data | Line::BareData | Line::Bdat | Line::LastBdat | Line::BareBdat
                if self.accepted == 0 =>
            {
                let asked = self.asked > 0;
                let chunk = matches!(line, Line::Bdat | Line::LastBdat | Line::BareBdat);
                if asked || chunk {
                    self.reset("NoRecipients");
                }
                if asked { 554 } else { 503 }
            }
            Line::Data => {
                self.told.push("end 3".into());
                self.mail = false;
                self.reset("");
                return vec![354, 250];
            }
            Line::BareData => {
                self.reset("BareLf");
                return vec![354, 554];
            }
            Line::Rset => {
                self.reset("Reset");
                250
            }
            Line::Noop => 250,
            Line::Vrfy => 252,
            Line::Bdat => {
                *self.chunks.get_or_insert(0) += 6;
                250
            }
            Line::LastBdat => {
                let octets = self.chunks.unwrap_or(0) + 6;
                self.told.push(format!("end {octets}"));
                self.mail = false;
                self.reset("");
                250
            }
            Line::BareBdat => {
                self.told.push("dropped BareLf".into());
                self.refused = true;
                554
            }
            Line::Junk => 500,
        }]
    }
}

/// Runs lines through both; the client waits for each reply.
fn compare(lines: &[Line]) {
    let mut app = App::configured("# config: errors=1000 idle-commands=1000 refused=1000");
    let (mut model, mut record) = (Model::default(), Record::default());
    let mut say = |wire: &[u8]| {
        let (mut input, mut output) = (wire, Vec::new());
        loop {
            let next = app.step(Time::ZERO, &mut input, &mut record);
            output.extend_from_slice(app.session.output());
            let n = app.session.output().len();
            app.session.advance_output(n);
            if !app.answer() && n == 0 && matches!(next, Next::Wait(_)) {
                let codes = output
                    .split(|octet| *octet == b'\n')
                    .filter(|line| line.get(3) == Some(&b' '));
                let code = |line: &[u8]| std::str::from_utf8(&line[..3]).unwrap().parse().unwrap();
                return codes.map(code).collect::<Vec<u16>>();
            }
        }
    };
    assert_eq!(say(b""), [220]);
    for line in lines {
        let mut found = say(line.wire().as_bytes());
        if found == [354] {
            found.extend(say(if matches!(line, Line::Data) {
                b"x\r\n.\r\n"
            } else {
                b"x\n.\r\n.\r\n"
            }));
        }
        assert_eq!(found, model.codes(*line), "{line:?} in {lines:?}");
    }
    let told = record
        .events()
        .filter(|e| e.starts_with("end") || e.starts_with("dropped"));
    assert_eq!(told.collect::<Vec<_>>(), model.told, "{lines:?}");
}

#[test]
fn random_sessions_agree_with_the_model() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let rounds = if cfg!(debug_assertions) {
        40_000
    } else {
        100_000
    };
    for _ in 0..rounds {
        let lines: Vec<Line> = (0..24)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                LINES[(seed >> 33) as usize % LINES.len()]
            })
            .collect();
        compare(&lines);
    }
}

#[test]
fn all_short_sessions_agree_with_the_model() {
    for n in 0..LINES.len().pow(3) {
        let at = |place: u32| LINES[n / LINES.len().pow(place) % LINES.len()];
        compare(&[
            Line::Ehlo,
            Line::Mail,
            at(0),
            at(1),
            at(2),
            Line::Rcpt,
            Line::Data,
        ]);
        compare(&[at(0), at(1), at(2)]);
    }
}
