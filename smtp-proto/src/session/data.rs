//! The message itself: from 354 to the mark (RFC 5321 section 4.1.1.4), or by counted chunks
//! (RFC 3030 section 2).

use core::time::Duration;

use memchr::{memchr, memchr_iter, memrchr};
use wire_core::{
    Chunk, CloseReason, Time,
    dot::{Body, Decoder},
    newline::{Bare, Piece as TextPiece, Text},
};

use super::{Session, Stage, Step, replies::Ask};
use crate::{
    BareNewline, Config, Dropped, Event, Reply, Timeouts, envelope::Transaction, own_replies,
};

/// How far the message has come.
#[derive(Debug)]
pub(crate) struct Data {
    framing: Framing,
    /// Octets of the message so far.
    octets: u64,
    /// Octets of the line so far; counted only where lines are limited.
    line: u32,
    /// A line end was put in place of a bare LF just now: a dot is stuffed in the raw form.
    repaired: bool,
    /// The line so far is a dot that was taken for a stuffed one.
    lone_dot: bool,
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
    /// What checks line ends, over the borders of chunks. `None`: any octet may come.
    text: Option<Text>,
}

/// What comes next of a message.
enum Piece<'i> {
    Chunk(Chunk<'i>),
    Bare(Bare),
    /// A chunk of BDAT is complete, and another one will come.
    ChunkEnd,
    End,
}

/// How far ahead limits are looked for. The next piece may be a single octet, so that looking at
/// all of the input each time would cost its square.
const LOOK: usize = 4096;

impl Data {
    /// Ends with the mark.
    pub(super) const fn marked(now: Time) -> Self {
        Self::new(Framing::Mark(Decoder::new()), now)
    }

    /// Comes in chunks, of which this is the first.
    pub(super) fn counted(left: u64, last: bool, binary: bool, now: Time) -> Self {
        let text = (!binary).then(Text::new);
        Self::new(Framing::Count(Counted { left, last, text }), now)
    }

    const fn new(framing: Framing, now: Time) -> Self {
        Data {
            framing,
            octets: 0,
            line: 0,
            repaired: false,
            lone_dot: false,
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

    /// May any octet be in it?
    const fn is_binary(&self) -> bool {
        matches!(&self.framing, Framing::Count(counted) if counted.text.is_none())
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

    /// How much of `all` may be looked at without going over a limit in the middle of it, so that
    /// what the application gets of a message that is refused does not depend on how it was cut.
    fn sound(&self, config: &Config, all: &[u8]) -> usize {
        let left = config.limits.message.saturating_sub(self.octets);
        let mut sound = usize::try_from(left).map_or(all.len(), |left| left.min(all.len()));
        if self.is_binary() {
            return sound;
        }
        if config.limits.text_line.is_some() || config.refuse_nul {
            sound = sound.min(LOOK);
        }
        let all = all.get(..sound).unwrap_or(all);
        if let Some(limit) = config.limits.text_line {
            sound = sound.min(within_lines(all, self.line as usize, limit as usize));
        }
        if config.refuse_nul {
            sound = memchr(0, all).map_or(sound, |nul| nul.min(sound));
        }
        sound
    }

    /// The next piece. It is within all limits, or the smallest that is not.
    fn next<'i>(&mut self, config: &Config, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        let all = *input;
        let mut length = self.sound(config, all);
        let decoder = match &mut self.framing {
            Framing::Mark(decoder) => decoder,
            Framing::Count(counted) => return counted.next(length.max(1), input),
        };
        loop {
            let mut front = all.get(..length)?;
            let before = front.len();
            let piece = decoder.next(&mut front);
            if piece.is_some() || length >= all.len() {
                *input = all.get(before - front.len()..)?;
                return piece.map(Piece::from);
            }
            length += 1;
        }
    }

    /// Goes on to the end of a message that nobody wants.
    fn skip<'i>(&mut self, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        match &mut self.framing {
            Framing::Mark(decoder) => decoder.next(input).map(Piece::from),
            Framing::Count(counted) => {
                counted.text = None;
                counted.next(usize::MAX, input)
            }
        }
    }

    /// Counts a chunk, and says what is wrong with it.
    fn count(&mut self, config: &Config, chunk: &Chunk<'_>) -> Option<(Dropped, Reply<'static>)> {
        self.octets = self.octets.saturating_add(chunk.len() as u64);
        if self.octets > config.limits.message {
            return Some((Dropped::TooBig, own_replies::TOO_BIG));
        }
        if self.is_binary() {
            return None;
        }
        if let Some(limit) = config.limits.text_line {
            let mut line = self.line as usize;
            for run in chunk.runs() {
                let first = memchr(b'\n', run).map_or(run.len(), |end| end + 1);
                if line + first > limit as usize {
                    return Some((Dropped::LineTooLong, own_replies::TEXT_LINE));
                }
                line = match memrchr(b'\n', run) {
                    Some(end) => run.len() - end - 1,
                    None => line + run.len(),
                };
            }
            // Not over the limit, which is as wide.
            self.line = u32::try_from(line).unwrap_or(limit);
        }
        if config.refuse_nul && memchr(0, chunk.raw()).is_some() {
            return Some((Dropped::Nul, own_replies::NUL));
        }
        None
    }
}

impl Counted {
    /// The next piece, of at most `most` octets.
    fn next<'i>(&mut self, most: usize, input: &mut &'i [u8]) -> Option<Piece<'i>> {
        loop {
            if self.left == 0 {
                return Some(
                    match self
                        .text
                        .as_mut()
                        .filter(|_| self.last)
                        .and_then(Text::finish)
                    {
                        Some(bare) => Piece::Bare(bare),
                        None if self.last => Piece::End,
                        None => Piece::ChunkEnd,
                    },
                );
            }
            let left = usize::try_from(self.left).unwrap_or(usize::MAX);
            let length = input.len().min(left).min(most);
            let (mut chunk, _) = input.split_at_checked(length).filter(|_| length > 0)?;
            let piece = match &mut self.text {
                Some(text) => text.next(&mut chunk).map(|piece| match piece {
                    TextPiece::Run(run) => Piece::Chunk(Chunk::plain(run)),
                    TextPiece::Bare(bare) => Piece::Bare(bare),
                }),
                None => Some(Piece::Chunk(Chunk::plain(std::mem::take(&mut chunk)))),
            };
            let taken = length - chunk.len();
            self.left -= taken as u64;
            *input = input.get(taken..)?;
            if piece.is_some() {
                return piece;
            }
        }
    }
}

impl<'i> From<Body<'i>> for Piece<'i> {
    fn from(body: Body<'i>) -> Self {
        match body {
            Body::Chunk(chunk) => Piece::Chunk(chunk),
            Body::Bare(bare) => Piece::Bare(bare),
            Body::End => Piece::End,
        }
    }
}

impl Session {
    pub(super) fn data<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        if !self.replies.is_empty() {
            return self.wait(true, input);
        }
        let Stage::Data(data) = &mut self.stage else {
            return Step::Again;
        };
        if matches!(self.transaction, Transaction::Refused { .. }) {
            return self.swallow(now, input);
        }
        if std::mem::take(&mut data.repaired) {
            if input.is_empty() {
                data.repaired = true;
            } else if let Some(rest) = input.strip_prefix(b".") {
                *input = rest;
                return self.chunk(now, stuffed_dot());
            }
        }
        let Stage::Data(data) = &mut self.stage else {
            return Step::Again;
        };
        let before = input.len();
        let piece = data.next(&self.config, input);
        if input.len() < before {
            data.last = now;
        }
        match piece {
            Some(Piece::Chunk(chunk)) => self.chunk(now, chunk),
            Some(Piece::Bare(bare)) => self.bare(now, bare),
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
        data.lone_dot = match chunk.raw() {
            [b'.'] => chunk.is_empty(),
            raw => raw.ends_with(b"\n."),
        };
        if let Some((why, reply)) = data.count(&self.config, &chunk) {
            self.refuse_transaction(reply, why);
            return Step::Again;
        }
        Step::Event(Event::Chunk(chunk))
    }

    fn bare<'i>(&mut self, now: Time, bare: Bare) -> Step<'i> {
        if self.config.bare_newline == BareNewline::Reject {
            let (why, reply) = match bare {
                Bare::Cr => (Dropped::BareCr, own_replies::BARE_CR),
                Bare::Lf => (Dropped::BareLf, own_replies::BARE_LF),
            };
            self.refuse_transaction(reply, why);
            return Step::Again;
        }
        let Stage::Data(data) = &mut self.stage else {
            return Step::Again;
        };
        let marked = matches!(data.framing, Framing::Mark(_));
        data.repaired = marked && bare == Bare::Lf;
        let line_end = match bare {
            Bare::Cr => Chunk::plain(b" "),
            // Its own dot would end the message once the raw form is forwarded. Two do not.
            Bare::Lf if marked && data.lone_dot => Chunk::plain(b".\r\n"),
            Bare::Lf => Chunk::plain(b"\r\n"),
        };
        self.chunk(now, line_end)
    }

    /// The message is refused already: its octets are of no interest, but its end is.
    fn swallow<'i>(&mut self, now: Time, input: &mut &'i [u8]) -> Step<'i> {
        let Stage::Data(data) = &mut self.stage else {
            return Step::Again;
        };
        loop {
            match data.skip(input) {
                Some(Piece::Chunk(chunk)) => {
                    data.octets = data.octets.saturating_add(chunk.len() as u64);
                    data.last = now;
                }
                Some(Piece::Bare(_)) => {}
                Some(Piece::ChunkEnd) => return self.end_of_chunk(now),
                Some(Piece::End) => return self.end_of_data(now),
                None => return self.more_data(input),
            }
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

/// A chunk of one dot, stuffed: the octet itself, but a proxy that forwards the raw form sends two.
fn stuffed_dot() -> Chunk<'static> {
    match Decoder::new().next(&mut &b".."[..]) {
        Some(Body::Chunk(chunk)) => chunk,
        _ => Chunk::plain(b"."),
    }
}

/// How much of `all` stands before a line goes over the limit, `line` octets of which came before.
/// A stuffed dot does not count.
fn within_lines(all: &[u8], line: usize, limit: usize) -> usize {
    let mut start = 0;
    let mut room = limit.saturating_sub(line);
    for end in memchr_iter(b'\n', all).chain([all.len()]) {
        let stuffed = usize::from(start > 0 && all.get(start) == Some(&b'.'));
        if end + 1 - start > room + stuffed {
            return (start + room + stuffed).min(all.len());
        }
        start = end + 1;
        room = limit;
    }
    all.len()
}
