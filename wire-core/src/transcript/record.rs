//! What happened in one run.

use core::fmt;

/// The events and the output of a run, in the order in which they came.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Record {
    events: Vec<Entry>,
    pub(super) output: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Event(String),
    Octets(String, Vec<u8>),
}

impl Record {
    /// An event, on one line.
    pub fn event(&mut self, event: impl fmt::Display) {
        self.events.push(Entry::Event(event.to_string()));
    }

    /// Octets of a body. Those that follow each other under one name are one event, so that the
    /// record does not show how the input was cut.
    pub fn octets(&mut self, name: &str, octets: &[u8]) {
        match self.events.last_mut() {
            Some(Entry::Octets(last, body)) if last == name => body.extend_from_slice(octets),
            _ => self
                .events
                .push(Entry::Octets(name.to_owned(), octets.to_vec())),
        }
    }

    /// The events as text, one a line; octets as their escaped form behind the name.
    pub fn events(&self) -> impl Iterator<Item = String> {
        self.events.iter().map(|entry| match entry {
            Entry::Event(event) => event.clone(),
            Entry::Octets(name, octets) => format!("{name} {}", octets.escape_ascii()),
        })
    }

    /// All that the session sent.
    pub fn output(&self) -> &[u8] {
        &self.output
    }
}

/// Where a run left the transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The line of the transcript, from 1; 0 where two runs differ as a whole.
    pub line: usize,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub found: String,
    /// How the client's octets were cut, and when answers were given.
    pub run: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch {
            line,
            expected,
            found,
            run,
        } = self;
        write!(
            f,
            "line {line} ({run}):\n  expected: {expected}\n  found:    {found}"
        )
    }
}

impl std::error::Error for Mismatch {}
