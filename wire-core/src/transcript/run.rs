//! A transcript against a session.

use crate::{
    CloseReason, Endpoint, Next, Time, Upgrade,
    transcript::{
        Mismatch, Record,
        script::{self, Step},
    },
};

/// A session with its application, under test.
pub trait Subject {
    /// The session.
    fn endpoint(&mut self) -> &mut dyn Endpoint;

    /// One call of the session's `next`. Events go into `record`, as one line each, and are
    /// answered or kept to be answered.
    fn step(&mut self, now: Time, input: &mut &[u8], record: &mut Record) -> Next<()>;

    /// A `!` line: the application decides as the words say.
    ///
    /// # Errors
    /// What is wrong with the words: nothing open that they fit.
    fn decide(&mut self, words: &str) -> Result<(), String>;

    /// Gives one answer that the application gives by itself, the oldest. False: none is due.
    ///
    /// The runner calls it when answers are due in this run, so a subject that answers by itself
    /// keeps tickets until then.
    fn answer(&mut self) -> bool {
        false
    }

    /// The handshake that the session asked for is done.
    fn resume_tls(&mut self, upgrade: Upgrade);
}

/// How the client's octets are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cuts {
    /// Each group of `C:` lines at once.
    Whole,
    /// Octet by octet.
    Octets,
    /// As a whole, but for one cut after so many octets.
    At(usize),
}

/// When a subject's own answers are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// At once.
    Early,
    /// When the session cannot go on without.
    Late,
}

/// Replays a transcript under all cuts, with early and with late answers, each time against a new
/// subject. Returns the number of runs.
///
/// # Errors
/// The first [`Mismatch`], with the transcript or between two runs.
pub fn replay<S: Subject>(text: &str, mut subject: impl FnMut() -> S) -> Result<usize, Mismatch> {
    let first = run(text, Cuts::Whole, Answers::Early, &mut subject())?;
    let mut runs = 1;
    let sent = script::read(text)?
        .iter()
        .map(|(_, step)| {
            if let Step::Client(octets) = step {
                octets.len()
            } else {
                0
            }
        })
        .sum();
    let mut again = |cuts, answers| {
        let record = run(text, cuts, answers, &mut subject())?;
        runs += 1;
        same(&first, &record, &format!("{cuts:?}, {answers:?}"))
    };
    again(Cuts::Whole, Answers::Late)?;
    again(Cuts::Octets, Answers::Early)?;
    again(Cuts::Octets, Answers::Late)?;
    for at in 1..sent {
        again(Cuts::At(at), Answers::Early)?;
    }
    Ok(runs)
}

fn same(first: &Record, other: &Record, run: &str) -> Result<(), Mismatch> {
    let mismatch = |expected, found| {
        Err(Mismatch {
            line: 0,
            expected,
            found,
            run: run.to_owned(),
        })
    };
    if first.output != other.output {
        let show = |record: &Record| record.output.escape_ascii().to_string();
        return mismatch(show(first), show(other));
    }
    let (mut ours, mut theirs) = (first.events(), other.events());
    loop {
        match (ours.next(), theirs.next()) {
            (None, None) => return Ok(()),
            (a, b) if a == b => {}
            (a, b) => return mismatch(format!("{a:?}"), format!("{b:?}")),
        }
    }
}

/// Runs a transcript once.
///
/// # Errors
/// The first [`Mismatch`].
pub fn run(
    text: &str,
    cuts: Cuts,
    answers: Answers,
    subject: &mut dyn Subject,
) -> Result<Record, Mismatch> {
    let steps = script::read(text)?;
    let mut run = Run::new(cuts, answers, subject);
    run.go_on();
    let mut steps = steps.into_iter().peekable();
    while let Some((line, step)) = steps.next() {
        run.line = line;
        match step {
            Step::Client(octets) => {
                let grouped = matches!(steps.peek(), Some((_, Step::Client(_))));
                run.client(octets, grouped)?;
            }
            Step::Cut => run.go_on(),
            Step::Server { text, whole } => run.server(&text, whole)?,
            Step::Event(text) => run.event(&text)?,
            Step::Decide(words) => run.decide(&words)?,
            Step::Clock(duration) => run.clock(run.now + duration),
            Step::Tls => run.tls()?,
            Step::Eof => {
                run.nothing_unread()?;
                run.subject.endpoint().handle_eof();
                run.go_on();
            }
            Step::Shutdown(how) => {
                run.subject.endpoint().shutdown(how);
                run.go_on();
            }
            Step::Closed(reason) => run.closed(&reason)?,
        }
    }
    run.nothing_unread()?;
    Ok(run.record)
}

struct Run<'s> {
    subject: &'s mut dyn Subject,
    cuts: Cuts,
    answers: Answers,
    now: Time,
    line: usize,
    /// `C:` lines that are still gathered into one write.
    gathered: Vec<u8>,
    /// What the session was shown and did not take.
    input: Vec<u8>,
    /// Octets that the client sent so far.
    sent: usize,
    record: Record,
    /// Output that `S:` lines have named.
    read: usize,
    /// Events that `=` lines have named or passed over.
    named: usize,
    upgrade: Option<Upgrade>,
    closed: Option<CloseReason>,
}

impl<'s> Run<'s> {
    fn new(cuts: Cuts, answers: Answers, subject: &'s mut dyn Subject) -> Self {
        Run {
            subject,
            cuts,
            answers,
            now: Time::ZERO,
            line: 0,
            gathered: Vec::new(),
            input: Vec::new(),
            sent: 0,
            record: Record::default(),
            read: 0,
            named: 0,
            upgrade: None,
            closed: None,
        }
    }

    fn client(&mut self, octets: Vec<u8>, grouped: bool) -> Result<(), Mismatch> {
        if self.gathered.is_empty() {
            self.nothing_unread()?;
        }
        self.gathered.extend_from_slice(&octets);
        if !grouped {
            let octets = std::mem::take(&mut self.gathered);
            self.feed(&octets);
        }
        Ok(())
    }

    fn feed(&mut self, octets: &[u8]) {
        let cut = match self.cuts {
            Cuts::Whole => octets.len(),
            Cuts::Octets => 1,
            Cuts::At(at) => at.saturating_sub(self.sent).min(octets.len()),
        };
        let pieces: Vec<&[u8]> = match self.cuts {
            Cuts::Octets => octets.chunks(1).collect(),
            _ => octets
                .split_at_checked(cut)
                .map(|(a, b)| vec![a, b])
                .unwrap_or_default(),
        };
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            self.input.extend_from_slice(piece);
            self.sent += piece.len();
            self.proceed();
        }
        self.go_on();
    }

    /// Calls `next` until the session waits for what this run does not give by itself, then gives
    /// the answers that are due.
    fn go_on(&mut self) {
        self.proceed();
        while self.subject.answer() {
            self.proceed();
        }
    }

    fn proceed(&mut self) {
        // A session that goes on for ever is a fault that must not hang the test.
        for _ in 0..1_000_000 {
            if self.upgrade.is_some() || self.closed.is_some() {
                // What comes before a handshake, or after the end, is nobody's.
                self.input.clear();
                return;
            }
            let mut input = self.input.as_slice();
            let next = self.subject.step(self.now, &mut input, &mut self.record);
            let left = input.len();
            self.input.drain(..self.input.len() - left);
            match next {
                Next::Event(()) => {}
                Next::StartTls(upgrade) => {
                    self.input.clear();
                    self.upgrade = Some(upgrade);
                }
                Next::Deflate(_) => return,
                Next::Closed(reason) => {
                    self.drain_output();
                    self.closed = Some(reason);
                }
                Next::Wait(_) => {
                    let drained = self.drain_output();
                    let answered = self.answers == Answers::Early && self.subject.answer();
                    if !drained && !answered {
                        return;
                    }
                }
            }
        }
        self.record.event("the session never waits");
    }

    fn drain_output(&mut self) -> bool {
        let mut drained = false;
        loop {
            let endpoint = self.subject.endpoint();
            let n = endpoint.output().len();
            if n == 0 {
                return drained;
            }
            self.record.output.extend_from_slice(endpoint.output());
            endpoint.advance_output(n);
            drained = true;
        }
    }

    fn server(&mut self, text: &[u8], whole: bool) -> Result<(), Mismatch> {
        let unread = self.unread();
        let end = memchr::memmem::find(unread, b"\r\n");
        let line = unread
            .get(..end.unwrap_or(unread.len()))
            .unwrap_or_default();
        let fits = end.is_some()
            && if whole {
                line == text
            } else {
                line.starts_with(text)
            };
        if !fits {
            return self.mismatch(text.escape_ascii(), line.escape_ascii());
        }
        self.read += line.len() + 2;
        Ok(())
    }

    fn event(&mut self, text: &str) -> Result<(), Mismatch> {
        let found = self
            .record
            .events()
            .skip(self.named)
            .position(|event| event.starts_with(text));
        match found {
            Some(at) => {
                self.named += at + 1;
                Ok(())
            }
            None => {
                let events: Vec<_> = self.record.events().skip(self.named).collect();
                self.mismatch(text, format!("{events:?}"))
            }
        }
    }

    fn decide(&mut self, words: &str) -> Result<(), Mismatch> {
        if let Err(why) = self.subject.decide(words) {
            return self.mismatch(words, why);
        }
        self.go_on();
        Ok(())
    }

    fn clock(&mut self, to: Time) {
        while let Some(deadline) = self.subject.endpoint().deadline().filter(|at| *at <= to) {
            let before = self.now;
            self.now = self.now.max(deadline);
            self.subject.endpoint().handle_timeout(self.now);
            self.go_on();
            if self.closed.is_some() {
                break;
            }
            let stuck = self.now == before && self.subject.endpoint().deadline() == Some(deadline);
            if stuck {
                self.record.event("the deadline does not pass");
                break;
            }
        }
        self.now = to;
        self.go_on();
    }

    fn tls(&mut self) -> Result<(), Mismatch> {
        self.nothing_unread()?;
        match self.upgrade.take() {
            Some(upgrade) => {
                self.subject.resume_tls(upgrade);
                self.go_on();
                Ok(())
            }
            None => self.mismatch("a handshake", "none was asked for"),
        }
    }

    fn closed(&mut self, reason: &str) -> Result<(), Mismatch> {
        self.nothing_unread()?;
        let found = format!("{:?}", self.closed);
        if found == format!("Some({reason})") || (reason.is_empty() && self.closed.is_some()) {
            return Ok(());
        }
        self.mismatch(reason, found)
    }

    fn unread(&self) -> &[u8] {
        self.record.output.get(self.read..).unwrap_or_default()
    }

    /// What the session said was named by `S:` lines.
    fn nothing_unread(&self) -> Result<(), Mismatch> {
        match self.unread() {
            [] => Ok(()),
            unread => self.mismatch("no more output", unread.escape_ascii()),
        }
    }

    fn mismatch<T>(&self, expected: impl ToString, found: impl ToString) -> Result<T, Mismatch> {
        Err(Mismatch {
            line: self.line,
            expected: expected.to_string(),
            found: found.to_string(),
            run: format!("{:?}, {:?}", self.cuts, self.answers),
        })
    }
}
