//! Runs a session with an application over any cut of its input.

use wire_core::{Endpoint, Next, Time};

use crate::Dice;

/// A session with the application that answers it.
pub trait Subject {
    /// One call of `next`; an event is answered and logged.
    fn step(&mut self, now: Time, input: &mut &[u8], log: &mut Log) -> Next<()>;
    /// The side of the octets.
    fn endpoint(&mut self) -> &mut dyn Endpoint;
    /// Gives what it owes; `true` if it did something.
    fn go_on(&mut self) -> bool {
        false
    }
}

/// What happened, so that two runs can be compared: octets of a body count as one event however
/// many chunks they came in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Log {
    events: Vec<String>,
    body: Vec<u8>,
    /// What the peer was sent.
    pub output: Vec<u8>,
    /// How it ended.
    pub closed: String,
}

impl Log {
    /// Something happened.
    pub fn event(&mut self, event: impl Into<String>) {
        self.end_body();
        self.events.push(event.into());
    }

    /// Octets of a body.
    pub fn octets(&mut self, octets: &[u8]) {
        self.body.extend_from_slice(octets);
    }

    /// The octets of the open body are thrown away: how many came depends on the cuts.
    pub fn drop_body(&mut self) {
        self.body.clear();
    }

    fn end_body(&mut self) {
        if !self.body.is_empty() {
            let body = std::mem::take(&mut self.body);
            self.events.push(format!("body {}", body.escape_ascii()));
        }
    }
}

/// Shows the pieces one after the other, then the end of the stream.
pub fn run(subject: &mut impl Subject, pieces: &[&[u8]]) -> Log {
    let (mut log, mut window) = (Log::default(), Vec::new());
    let (mut pieces, mut ended, mut idle) = (pieces.iter(), false, 0);
    loop {
        let mut rest = &window[..];
        let next = subject.step(Time::ZERO, &mut rest, &mut log);
        let taken = window.len() - rest.len();
        window.drain(..taken);
        idle = if taken > 0 { 0 } else { idle + 1 };
        assert!(idle < 10_000, "no progress: {log:?}");
        match next {
            Next::Event(()) => continue,
            Next::Wait(_) => {}
            Next::Closed(reason) => {
                assert!(
                    subject.endpoint().output().is_empty(),
                    "closed with output left"
                );
                log.end_body();
                log.closed = format!("{reason:?}");
                return log;
            }
            Next::StartTls(_) | Next::Deflate(_) => panic!("not offered"),
        }
        if subject.go_on() | drain(subject.endpoint(), &mut log.output) {
            continue;
        }
        match pieces.next() {
            Some(piece) => window.extend_from_slice(piece),
            None if !ended => {
                ended = true;
                subject.endpoint().handle_eof();
            }
            None => panic!("open after the end of the stream: {log:?}"),
        }
    }
}

/// The same input whole and cut, on fresh subjects: all that happens must be the same. Gives what
/// happened.
pub fn cut_differential<S: Subject>(data: &[u8], fresh: impl Fn() -> S) -> Log {
    let whole = run(&mut fresh(), &[data]);
    let mut dice = Dice::of(data);
    let cut = run(&mut fresh(), &dice.cut(data));
    assert_eq!(whole, cut, "cut differently");
    whole
}

fn drain(endpoint: &mut dyn Endpoint, output: &mut Vec<u8>) -> bool {
    let before = output.len();
    while !endpoint.output().is_empty() {
        let n = endpoint.output().len();
        output.extend_from_slice(endpoint.output());
        endpoint.advance_output(n);
    }
    output.len() > before
}

/// The lines of an output that must end in CRLF and hold no other line end.
pub fn lines(output: &[u8]) -> Vec<&[u8]> {
    let Some(output) = output.strip_suffix(b"\r\n") else {
        assert!(output.is_empty(), "half a line: {}", output.escape_ascii());
        return Vec::new();
    };
    let mut lines = vec![output];
    while let Some(last) = lines.pop() {
        match last.windows(2).position(|pair| pair == b"\r\n") {
            Some(at) => lines.extend([&last[..at], &last[at + 2..]]),
            None => {
                lines.push(last);
                break;
            }
        }
    }
    let is_bare = |line: &&[u8]| line.iter().any(|octet| b"\r\n".contains(octet));
    assert!(
        !lines.iter().any(is_bare),
        "bare: {}",
        output.escape_ascii()
    );
    lines
}
