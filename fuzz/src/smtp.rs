//! The SMTP session and the end of its data.

use std::{collections::HashMap, sync::Arc, time::Duration};

use smtp_proto::{Capabilities, Config, Event, MessageId, Reply, Session, kind};
use wire_core::{
    Answered, Endpoint, Entropy, Next, Peer, Ticket, TicketId, Time,
    dot::{Bare, Body, Decoder},
    sasl::{Answer, Mechanisms},
};

use crate::{
    Dice,
    drive::{Log, Subject, cut_differential, lines},
};

/// Cut in any way, the session says the same; every command line has one reply; and under any
/// answers, in any order and at any time, replies stay in order and every message has one end.
pub fn smtp_session(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else {
        return;
    };
    let log = cut_differential(input, || App::new(choice));
    let replies = lines(&log.output);
    for line in &replies {
        let [a, b, c, mark, ..] = line else {
            panic!("short reply {}", line.escape_ascii())
        };
        assert!([a, b, c].iter().all(|digit| digit.is_ascii_digit()) && b" -".contains(mark));
    }
    let lines = input.windows(2).filter(|pair| *pair == b"\r\n").count();
    let last = replies
        .iter()
        .filter(|line| line.get(3) == Some(&b' '))
        .count();
    let skips_lines = input
        .to_ascii_lowercase()
        .windows(4)
        .any(|w| w == b"bdat" || w == b"auth");
    if choice & DATA == 0 && log.closed == "Eof" && !skips_lines {
        assert_eq!(last, lines + 1, "one reply for each line, and the greeting");
    }
    any_answers(choice, data);
}

/// In the first octet: whether data is taken, whether it is LMTP.
const DATA: u8 = 1;
const LMTP: u8 = 2;

fn config(choice: u8) -> Arc<Config> {
    let config = Config::builder("fuzz.example")
        .lmtp(choice & LMTP != 0)
        .offer(Capabilities::DEFAULT.with(Capabilities::EXPN))
        .auth(Mechanisms::PLAINTEXT, Mechanisms::PLAINTEXT);
    config.build().expect("a sound configuration")
}

/// Answers at once, by what was asked.
struct App {
    session: Session,
    choice: u8,
}

impl App {
    fn new(choice: u8) -> Self {
        let (peer, entropy) = (Peer::default(), Entropy([7; 32]));
        let session = Session::new(config(choice), peer, entropy, Time::ZERO);
        App { session, choice }
    }
}

impl Subject for App {
    fn step(&mut self, now: Time, input: &mut &[u8], log: &mut Log) -> Next<()> {
        let s = &mut self.session;
        let event = match s.next(now, input) {
            Next::Event(event) => event,
            Next::Wait(wants) => return Next::Wait(wants),
            Next::Closed(reason) => return Next::Closed(reason),
            Next::StartTls(upgrade) => return Next::StartTls(upgrade),
            Next::Deflate(deflate) => return Next::Deflate(deflate),
        };
        if let Event::Chunk(chunk) = event {
            chunk.runs().for_each(|run| log.octets(run));
            return Next::Event(());
        }
        log.event(format!("{event:?}"));
        match event {
            Event::Hello { ticket, .. } => s.accept(ticket),
            Event::Auth { ticket, .. } => s.authenticate(ticket, Answer::Grant),
            Event::Login { ticket, .. } => s.accept(ticket),
            Event::Mail { ticket, .. } => s.accept(ticket),
            Event::Rcpt { ticket, to, .. } => match to.as_str().len() % 4 {
                3 => s.refuse(ticket, Reply::new(550, (5, 1, 1), "No such user")),
                _ => s.accept(ticket),
            },
            Event::Data { ticket, .. } if self.choice & DATA != 0 => s.accept(ticket),
            Event::End { ticket, .. } => s.accept(ticket),
            other => {
                s.decline(other);
                Answered::Taken
            }
        };
        Next::Event(())
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }
}

/// An open decision; a refusal fits them all.
enum Open {
    Hello(Ticket<kind::Hello>),
    Auth(Ticket<kind::Auth>),
    Login(Ticket<kind::Login>),
    Mail(Ticket<kind::Mail>),
    Rcpt(Ticket<kind::Rcpt>),
    Data(Ticket<kind::Data>),
    End(Ticket<kind::End>, MessageId),
    Query(Ticket<kind::Query>),
}

/// Tickets are answered late, out of order, never, or forfeited; time jumps; the server goes down.
fn any_answers(choice: u8, data: &[u8]) {
    let (mut dice, mut now) = (Dice::of(data), Time::ZERO);
    let mut s = Session::new(config(choice), Peer::default(), Entropy([9; 32]), now);
    let (mut open, mut messages) = (Vec::new(), HashMap::<MessageId, bool>::new());
    let (mut window, mut output) = (Vec::new(), Vec::new());
    let pieces = dice.cut(&data[1..]);
    let (mut pieces, mut ended) = (pieces.iter(), false);
    for _ in 0..20_000 + data.len() * 8 {
        let mut rest = &window[..];
        let next = s.next(now, &mut rest);
        let mut ask = None;
        let (mut waits, mut closed) = (false, false);
        match next {
            Next::Event(event) => match event {
                Event::Hello { ticket, .. } => ask = Some(Open::Hello(ticket)),
                Event::Auth { ticket, .. } => ask = Some(Open::Auth(ticket)),
                Event::Login { ticket, .. } => ask = Some(Open::Login(ticket)),
                Event::Mail {
                    ticket, message, ..
                } => {
                    assert_eq!(messages.insert(message, false), None, "an id came twice");
                    ask = Some(Open::Mail(ticket));
                }
                Event::Rcpt {
                    ticket, message, ..
                } => {
                    assert_eq!(
                        messages.get(&message),
                        Some(&false),
                        "RCPT of no open message"
                    );
                    ask = Some(Open::Rcpt(ticket));
                }
                Event::Data {
                    ticket, message, ..
                } => {
                    assert_eq!(
                        messages.get(&message),
                        Some(&false),
                        "DATA of no open message"
                    );
                    ask = Some(Open::Data(ticket));
                }
                Event::End {
                    ticket, message, ..
                } => ask = Some(Open::End(ticket, message)),
                Event::Dropped { message, .. } => end(&mut messages, message),
                Event::Query { ticket, .. } => ask = Some(Open::Query(ticket)),
                _ => {}
            },
            Next::Wait(wants) => {
                assert!(wants.input || wants.answer || wants.flush || wants.until.is_some());
                waits = true;
            }
            Next::Closed(_) => closed = true,
            Next::StartTls(_) | Next::Deflate(_) => panic!("not offered"),
        }
        let taken = window.len() - rest.len();
        window.drain(..taken);
        open.extend(ask);
        if closed {
            assert!(
                messages.values().all(|ended| *ended),
                "a message without an end"
            );
            return check_order(&output);
        }
        if waits || dice.roll(3) == 0 {
            if !open.is_empty() && dice.roll(2) == 0 {
                let at = dice.roll(open.len());
                answer(&mut s, &mut dice, open.swap_remove(at), &mut messages);
            }
            let n = s.output().len().min(dice.roll(400));
            output.extend_from_slice(&s.output()[..n]);
            s.advance_output(n);
        }
        if waits && dice.roll(2) == 0 {
            match pieces.next() {
                Some(piece) => window.extend_from_slice(piece),
                None if !ended => {
                    ended = true;
                    s.handle_eof();
                }
                None => {}
            }
        }
        if dice.roll(60) == 0 || (ended && waits && open.is_empty()) {
            now = now + Duration::from_secs(dice.roll(400) as u64);
            s.handle_timeout(now);
        }
        if dice.roll(2000) == 0 {
            s.shutdown([wire_core::Shutdown::Drain, wire_core::Shutdown::Now][dice.roll(2)]);
        }
    }
    panic!("it never ends");
}

fn answer(s: &mut Session, dice: &mut Dice, open: Open, messages: &mut HashMap<MessageId, bool>) {
    let yes = dice.roll(3) > 0;
    let lost = dice.roll(10) == 0;
    let reply = |id: TicketId, code| Reply::owned(code, None, format!("n{}", id.number()));
    macro_rules! decide {
        ($ticket:expr, $code:expr) => {{
            let id = $ticket.id();
            match (lost, yes) {
                (true, _) => s.forfeit(id),
                (false, true) => s.reply($ticket, reply(id, $code)),
                (false, false) => s.refuse($ticket, reply(id, 550)),
            }
        }};
    }
    match open {
        Open::Hello(ticket) if yes => s.accept(ticket),
        Open::Hello(ticket) => decide!(ticket, 550),
        Open::Auth(ticket) if yes => s.authenticate(ticket, Answer::Grant),
        Open::Auth(ticket) => s.authenticate(ticket, Answer::Deny),
        Open::Login(ticket) => decide!(ticket, 235),
        Open::Mail(ticket) => decide!(ticket, 250),
        Open::Rcpt(ticket) => decide!(ticket, 250),
        Open::Data(ticket) if yes => s.accept(ticket),
        Open::Data(ticket) => decide!(ticket, 550),
        Open::Query(ticket) => decide!(ticket, 252),
        Open::End(ticket, message) => {
            // A ticket that was lost is no answer: `Dropped` comes.
            let answered = decide!(ticket, 250);
            if answered == Answered::Taken && !lost {
                end(messages, message);
            }
            answered
        }
    };
}

fn end(messages: &mut HashMap<MessageId, bool>, message: MessageId) {
    let before = messages.insert(message, true);
    assert_eq!(before, Some(false), "no message, or its second end");
}

/// Replies carry the numbers of their tickets, which were given in the order of the commands.
fn check_order(output: &[u8]) {
    let text = String::from_utf8_lossy(output);
    let mut last = 0;
    for line in text.lines() {
        let number = line
            .rsplit(' ')
            .next()
            .and_then(|word| word.strip_prefix('n'));
        if let Some(number) = number.and_then(|number| number.parse::<u32>().ok()) {
            // In LMTP one answer stands for all recipients.
            assert!(number >= last, "out of order: {text}");
            last = number;
        }
    }
}

/// The decoder against a few lines of other code, whole and cut.
pub fn smtp_data(data: &[u8]) {
    let expected = reference(data);
    for pieces in [vec![data], Dice::of(data).cut(data)] {
        let (mut decoder, mut window) = (Decoder::new(), Vec::new());
        let (mut found, mut at, mut ended) = (Vec::new(), 0, None);
        for piece in pieces {
            window.extend_from_slice(piece);
            let mut rest = &window[..];
            while ended.is_none() {
                match decoder.next(&mut rest) {
                    Some(Body::Chunk(chunk)) => {
                        let before = found.len();
                        found.extend(chunk.runs().flatten().map(|octet| Ok(*octet)));
                        assert_eq!(chunk.len(), found.len() - before);
                    }
                    Some(Body::Bare(bare)) => found.push(Err(bare)),
                    Some(Body::End) => ended = Some(at + window.len() - rest.len()),
                    None => break,
                }
            }
            assert!(
                ended.is_some() || rest.len() <= 4,
                "more is held than a mark"
            );
            at += window.len() - rest.len();
            let taken = window.len() - rest.len();
            window.drain(..taken);
        }
        assert_eq!((found, ended), expected);
    }
}

type Decoded = (Vec<Result<u8, Bare>>, Option<usize>);

/// RFC 5321 section 4.5.2, octet by octet. What may still become a mark or a line end is left.
fn reference(data: &[u8]) -> Decoded {
    let (mut found, mut at, mut line_start) = (Vec::new(), 0, true);
    loop {
        let rest = &data[at..];
        match rest {
            [] => break,
            b"." | b".\r" if line_start => break,
            [b'.', b'\r', b'\n', ..] if line_start => return (found, Some(at + 3)),
            [b'.', ..] if line_start => (line_start, at) = (false, at + 1),
            b"\r" => break,
            [b'\r', b'\n', ..] => {
                found.extend([Ok(b'\r'), Ok(b'\n')]);
                (line_start, at) = (true, at + 2);
            }
            [octet, ..] => {
                found.push(match octet {
                    b'\r' => Err(Bare::Cr),
                    b'\n' => Err(Bare::Lf),
                    octet => Ok(*octet),
                });
                (line_start, at) = (false, at + 1);
            }
        }
    }
    (found, None)
}
