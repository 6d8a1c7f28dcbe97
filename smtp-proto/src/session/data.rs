//! The message itself: from 354 to the mark (RFC 5321 section 4.1.1.4), or by counted chunks
//! (RFC 3030 section 2).

use core::time::Duration;

use wire_core::{
    Chunk, CloseReason, Time,
    dot::{Body, Decoder},
    text::{Fault, Piece as TextPiece, Rules, Text},
};

use super::{Session, Stage, Step, hops::Hops, replies::Ask};
use crate::{Dropped, Event, Limits, Reply, Timeouts, envelope::Transaction, own_replies};

/// How far the message has come.
#[derive(Debug)]
pub(crate) struct Data {
    framing: Framing,
    /// Octets of the message so far.
    octets: u64,
    hops: Hops,
    since: Time,
    last: Time,
}

/// What tells octets of the message from commands.
#[derive(Debug)]
enum Framing {
    /// DATA: the mark.
    Mark(Decoder),
    /// BDAT: their number.
    Count(Counted),
}

/// A chunk of BDAT.
#[derive(Debug)]
struct Counted {
    left: u64,
    last: bool,
    /// What checks the octets, over the borders of chunks. `None`: any may come.
    text: Option<Text>,
}

/// What comes next of a message.
enum Piece<'i> {
    Chunk(Chunk<'i>),
    Fault(Fault),
    /// A chunk of BDAT is complete, and another one will come.
    ChunkEnd,
    End,
}

/// Why no more of a message is wanted.
type Refusal = (Dropped, Reply<'static>);

impl Data {
    /// Ends with the mark.
    pub(super) fn marked(rules: Rules, now: Time) -> Self {
        Self::new(Framing::Mark(Decoder::with(rules)), now)
    }

    /// Comes in chunks, of which this is the first. Without rules any octet may be in it.
    pub(super) fn counted(left: u64, last: bool, rules: Option<Rules>, now: Time) -> Self {
        let text = rules.map(Text::new);
        Self::new(Framing::Count(Counted { left, last, text }), now)
    }

    fn new(framing: Framing, now: Time) -> Self {
        Data {
            framing,
            octets: 0,
            hops: Hops::default(),
            since: now,
            last: now,
        }
    }

    /// One more chunk. The time since the one before was not the message's.
    pub(super) fn next_chunk(&mut self, left: u64, last: bool, now: Time) {
        if let Framing::Count(counted) = &mut self.framing {
            counted.left = left;
            counted.last = last;
        }
        self.pause(now.since(self.last), now);
    }

    /// Octets of the message so far.
    pub(super) const fn octets(&self) -> u64 {
        self.octets
    }

    /// The 354 has gone out.
    pub(super) fn begin(&mut self, now: Time) {
        self.since = now;
        self.last = now;
    }

    /// The application took so long over a chunk: not the peer's fault.
    pub(super) fn pause(&mut self, passed: Duration, now: Time) {
        self.since = self.since + passed;
        self.last = now;
    }

    pub(super) fn deadline(&self, times: &Timeouts) -> Time {
        let block = self.last + times.data_block;
        let total = self.since + times.total;
        let Some(seconds) = self.octets.checked_div(times.min_rate.into()) else {
            return block.min(total);
        };
        let rate = self.since + times.data_block + Duration::from_secs(seconds);
        block.min(total).min(rate)
    }

    fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        match &mut self.framing {
            Framing::Mark(decoder) => decoder.next(input).map(|body| match body {
                Body::Chunk(chunk) => Piece::Chunk(chunk),
                Body::Fault(fault) => Piece::Fault(fault),
                Body::End => Piece::End,
            }),
            Framing::Count(counted) => counted.next(input),
        }
    }

    /// Goes on to the end of a message that nobody wants.
    fn skip<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        match &mut self.framing {
            Framing::Mark(decoder) => decoder.skip(input).then_some(Piece::End),
            Framing::Count(counted) => {
                counted.text = None;
                counted.next(input)
            }
        }
    }

    /// Counts a chunk. If it goes over a limit: how much of it does not, whatever the chunk, so that
    /// what the application gets of a message that is refused does not depend on how it was cut.
    fn count(&mut self, limits: &Limits, chunk: &Chunk<'_>) -> Option<(usize, Refusal)> {
        let turns = self.hops.look(chunk, limits.received);
        let sound = turns.unwrap_or(chunk.len());
        let room =
            usize::try_from(limits.message.saturating_sub(self.octets)).unwrap_or(usize::MAX);
        self.octets = self.octets.saturating_add(chunk.len() as u64);
        if sound > room {
            return Some((room, (Dropped::TooBig, own_replies::TOO_BIG)));
        }
        turns.map(|before| (before, (Dropped::Loop, own_replies::LOOP)))
    }
}

impl Counted {
    fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        if self.left == 0 {
            let rest = self.text.as_mut().filter(|_| self.last);
            return Some(match rest.and_then(Text::finish) {
                Some(piece) => piece.into(),
                None if self.last => Piece::End,
                None => Piece::ChunkEnd,
            });
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let all = *input;
        let (mut chunk, _) = all.split_at_checked(all.len().min(left))?;
        let length = chunk.len();
        let piece = match &mut self.text {
            Some(text) => text.next(&mut chunk).map(Piece::from),
            None if chunk.is_empty() => None,
            None => Some(Piece::Chunk(Chunk::plain(core::mem::take(&mut chunk)))),
        };
        let taken = length - chunk.len();
        self.left -= taken as u64;
        *input = all.get(taken..)?;
        // The end of a chunk may be all that is left to tell.
        match piece {
            None if self.left == 0 => self.next(input),
            piece => piece,
        }
    }
}

impl<'i> From<TextPiece<'i>> for Piece<'i> {
    fn from(piece: TextPiece<'i>) -> Self {
        match piece {
            TextPiece::Run(run) => Piece::Chunk(Chunk::plain(run)),
            TextPiece::Fault(fault) => Piece::Fault(fault),
        }
    }
}

impl Session {
    pub(super) fn data<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        if !self.replies.is_empty() {
            return self.wait(true, input);
        }
        let refused = matches!(self.transaction, Transaction::Refused { .. });
        let Stage::Data(data) = &mut self.stage else {
            return Step::Again;
        };
        let before = input.len();
        let piece = match refused {
            false => data.next(input),
            true => data.skip(input),
        };
        let taken = before - input.len();
        if taken > 0 {
            data.last = now;
        }
        if refused {
            data.octets = data.octets.saturating_add(taken as u64);
        }
        match piece {
            Some(Piece::Chunk(_)) if refused => Step::Again,
            Some(Piece::Chunk(chunk)) => self.chunk(now, chunk),
            Some(Piece::Fault(fault)) => {
                let (why, reply) = of_fault(fault);
                self.refuse_transaction(reply, why);
                Step::Again
            }
            Some(Piece::ChunkEnd) => self.end_of_chunk(now),
            Some(Piece::End) => self.end_of_data(now),
            None => self.more_data(input),
        }
    }

    fn chunk<'i>(&mut self, now: Time, chunk: Chunk<'i>) -> Step<'i> {
        let Stage::Data(data) = &mut self.stage else {
            return Step::Again;
        };
        data.last = now;
        let Some((sound, (why, reply))) = data.count(&self.config.limits, &chunk) else {
            return Step::Event(Event::Chunk(chunk));
        };
        self.refuse_transaction(reply, why);
        match sound {
            0 => Step::Again,
            // `Dropped` is told behind it.
            sound => Step::Event(Event::Chunk(chunk.first(sound))),
        }
    }

    fn more_data<'i>(&mut self, input: &[u8]) -> Step<'i> {
        if self.eof {
            self.close(CloseReason::EofInBody);
            return Step::Again;
        }
        self.wait(true, input)
    }

    /// A chunk of BDAT is complete, and was not the last one (RFC 3030 section 2).
    fn end_of_chunk<'i>(&mut self, now: Time) -> Step<'i> {
        let Stage::Data(data) = std::mem::replace(&mut self.stage, Stage::Command) else {
            return Step::Again;
        };
        self.clock.command(now);
        let reply = match &mut self.transaction {
            Transaction::None => return Step::Again,
            Transaction::Open(envelope) => {
                envelope.chunks = Some(Box::new(data));
                own_replies::CHUNK_TAKEN
            }
            Transaction::Refused { reply, .. } => (**reply).clone(),
        };
        self.say(reply);
        Step::Again
    }

    fn end_of_data<'i>(&mut self, now: Time) -> Step<'i> {
        let Stage::Data(data) = std::mem::replace(&mut self.stage, Stage::Command) else {
            return Step::Again;
        };
        self.clock.command(now);
        match &self.transaction {
            Transaction::None => Step::Again,
            Transaction::Open(envelope) => {
                let message = envelope.message;
                let ticket = self.mint.ticket();
                let (id, utf8) = (ticket.id(), envelope.smtputf8);
                let each = self.config.lmtp || envelope.has_each();
                if envelope.has_each() {
                    self.replies
                        .say(Ask::Own, own_replies::EACH_RECIPIENT, utf8);
                }
                if each {
                    // RFC 2033 section 4.2.
                    for rcpt in envelope.accepted.iter() {
                        self.replies.open(id, Ask::EndFor(rcpt), now, utf8);
                    }
                }
                if !self.config.lmtp {
                    self.replies.open(id, Ask::End, now, utf8);
                }
                Step::Event(Event::End {
                    ticket,
                    message,
                    octets: data.octets,
                    received: data.hops.count(),
                })
            }
            Transaction::Refused {
                reply,
                recipients,
                utf8,
            } => {
                // RFC 2033 section 4.3 leaves a chunk without recipients open; no reply at all would
                // leave the client waiting.
                let replies = match self.config.lmtp {
                    true => recipients.count().max(1),
                    false => 1,
                };
                let id = self.mint.id();
                for _ in 0..replies {
                    self.replies.open(id, Ask::End, now, *utf8);
                }
                self.replies.settle(id, (**reply).clone());
                self.transaction = Transaction::None;
                Step::Again
            }
        }
    }
}

/// What is said of a message that the rules refuse.
const fn of_fault(fault: Fault) -> Refusal {
    match fault {
        Fault::BareCr => (Dropped::BareCr, own_replies::BARE_CR),
        Fault::BareLf => (Dropped::BareLf, own_replies::BARE_LF),
        Fault::Nul => (Dropped::Nul, own_replies::NUL),
        Fault::EightBit => (Dropped::EightBit, own_replies::EIGHT_BIT),
        _ => (Dropped::LineTooLong, own_replies::TEXT_LINE),
    }
}
