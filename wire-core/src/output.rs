//! The output queue of a session.

use std::{collections::VecDeque, io::IoSlice};

use bytes::Bytes;

/// Octets on their way to the peer: short runs in an arena, long ones as [`Bytes`] without a copy,
/// and holes for octets that the caller sends itself.
///
/// A session that queues nothing long never allocates more than its arena, which is given back when
/// it is drained and has grown.
///
/// ```
/// use bytes::Bytes;
/// use wire_core::Output;
///
/// let mut output = Output::default();
/// output.push(b"+OK 2000 octets\r\n");
/// output.push_bytes(Bytes::from(vec![b'x'; 2000]));
/// output.push(b".\r\n");
/// assert_eq!(output.front(), b"+OK 2000 octets\r\n");
/// output.advance(17 + 2000);
/// assert_eq!(output.front(), b".\r\n");
/// ```
#[derive(Debug, Default)]
pub struct Output {
    arena: Vec<u8>,
    /// Octets of the arena that are sent already.
    head: usize,
    /// Octets at the end of the arena that no segment counts.
    tail: usize,
    /// What stands before the tail; empty for a session that queues only short runs.
    segments: VecDeque<Segment>,
    /// Octets in `Bytes` segments.
    lent: usize,
    /// Octets of the arena that was given back last: a long answer fills the next one as far, in one
    /// allocation.
    given_back: usize,
}

#[derive(Debug)]
enum Segment {
    Arena(usize),
    Bytes(Bytes),
    External(u64),
}

impl Output {
    /// A `Bytes` shorter than this is copied into the arena.
    pub const COPY_BELOW: usize = 1024;
    /// What a segment costs beside its octets.
    const SEGMENT_COST: usize = 64;
    /// The first arena: enough for the replies that most sessions queue at once.
    const FIRST: usize = 256;
    /// An arena up to this size is kept when it is drained.
    const KEEP: usize = 1024;

    /// Queues a copy of `run`.
    pub fn push(&mut self, run: &[u8]) {
        self.push_all([run]);
    }

    /// Queues copies of all `runs`, one behind the other: the parts of a line.
    pub fn push_all<const N: usize>(&mut self, runs: [&[u8]; N]) {
        let octets = runs.iter().map(|run| run.len()).sum();
        self.make_room(octets);
        for run in runs {
            self.arena.extend_from_slice(run);
        }
        self.tail += octets;
    }

    /// Queues `run`, without a copy unless it is shorter than [`COPY_BELOW`](Self::COPY_BELOW).
    pub fn push_bytes(&mut self, run: Bytes) {
        if run.len() < Self::COPY_BELOW {
            return self.push(&run);
        }
        self.lent += run.len();
        self.push_segment(Segment::Bytes(run));
    }

    /// Queues a hole of `n` octets that the caller sends itself.
    pub fn push_external(&mut self, n: u64) {
        if n > 0 {
            self.push_segment(Segment::External(n));
        }
    }

    /// Is there nothing to send?
    pub fn is_empty(&self) -> bool {
        self.tail == 0 && self.segments.is_empty()
    }

    /// What the queue costs, to be held against a high-water mark: its octets and 64 a segment, so
    /// that tiny segments cannot amplify. A hole costs its 64 only.
    pub fn cost(&self) -> usize {
        let octets = (self.arena.len() - self.head) + self.lent;
        octets + self.segments.len() * Self::SEGMENT_COST
    }

    /// The first contiguous run. Empty: nothing is queued, or a hole is in front.
    pub fn front(&self) -> &[u8] {
        match self.segments.front() {
            Some(Segment::Arena(n)) => self.arena_at(self.head, *n),
            Some(Segment::Bytes(bytes)) => bytes,
            Some(Segment::External(_)) => &[],
            None => self.arena_at(self.head, self.tail),
        }
    }

    /// Fills `slices` with the runs up to the first hole; returns how many it filled.
    pub fn vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut at = self.head;
        let mut hole = false;
        let runs = self
            .segments
            .iter()
            .map_while(|segment| match segment {
                Segment::Arena(n) => {
                    let run = self.arena_at(at, *n);
                    at += n;
                    Some(run)
                }
                Segment::Bytes(bytes) => Some(&bytes[..]),
                Segment::External(_) => {
                    hole = true;
                    None
                }
            })
            .zip(slices.iter_mut())
            .map(|(run, slice)| *slice = IoSlice::new(run))
            .count();
        match slices.get_mut(runs) {
            Some(slice) if !hole && self.tail > 0 => {
                *slice = IoSlice::new(self.arena_at(at, self.tail));
                runs + 1
            }
            _ => runs,
        }
    }

    /// The size of the hole in front, if one is.
    pub fn external(&self) -> Option<u64> {
        match self.segments.front()? {
            Segment::External(n) => Some(*n),
            _ => None,
        }
    }

    /// `n` octets were written. More than are queued before the next hole has no further effect.
    pub fn advance(&mut self, mut n: usize) {
        while n > 0 {
            match self.segments.front_mut() {
                Some(Segment::External(_)) => break,
                Some(Segment::Arena(left)) => {
                    let step = n.min(*left);
                    *left -= step;
                    self.head += step;
                    n -= step;
                    if *left == 0 {
                        self.pop_segment();
                    }
                }
                Some(Segment::Bytes(bytes)) => {
                    let step = n.min(bytes.len());
                    *bytes = bytes.split_off(step);
                    self.lent -= step;
                    n -= step;
                    if bytes.is_empty() {
                        self.pop_segment();
                    }
                }
                None => {
                    let step = n.min(self.tail);
                    self.tail -= step;
                    self.head += step;
                    break;
                }
            }
        }
        self.recycle();
    }

    /// `n` octets of the hole in front were sent.
    pub fn advance_external(&mut self, n: u64) {
        if let Some(Segment::External(left)) = self.segments.front_mut() {
            *left = left.saturating_sub(n);
            if *left == 0 {
                self.pop_segment();
            }
        }
    }

    /// Throws away what is queued.
    pub fn clear(&mut self) {
        *self = Output::default();
    }

    fn push_segment(&mut self, segment: Segment) {
        if self.tail > 0 {
            let run = Segment::Arena(std::mem::take(&mut self.tail));
            self.segments.push_back(run);
        }
        self.segments.push_back(segment);
    }

    fn pop_segment(&mut self) {
        self.segments.pop_front();
        if self.segments.is_empty() {
            self.segments = VecDeque::new();
        }
    }

    fn arena_at(&self, at: usize, n: usize) -> &[u8] {
        self.arena.get(at..at + n).unwrap_or_default()
    }

    /// Moves the unsent octets to the front once as many again were sent: linear in the end.
    fn make_room(&mut self, octets: usize) {
        if self.head > Self::KEEP && self.head > self.arena.len() / 2 {
            self.arena.drain(..self.head);
            self.head = 0;
        }
        if self.arena.capacity() == 0 {
            self.arena
                .reserve(octets.max(Self::FIRST).max(self.given_back));
        }
    }

    fn recycle(&mut self) {
        if self.head == self.arena.len() {
            if self.arena.capacity() > Self::KEEP {
                self.given_back = self.arena.len();
                self.arena = Vec::new();
            }
            self.head = 0;
            self.arena.clear();
        }
    }
}
