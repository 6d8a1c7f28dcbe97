//! What a POP3 session holds: of a large message that it sends, of a maildrop of a million messages, and of
//! nothing.
//!
//! It is the only test of its program: others would allocate beside it.

use std::hint::black_box;

use letterslot_compare::count::{allocations, held, peak};
use pop3_proto::{Config, Event, Maildrop, Session};
use wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};

const PIECE: usize = 16 << 10;

/// Octets of the large message: 64 MiB, or as many MiB as `LETTERSLOT_RETR_MIB` says.
fn size() -> u64 {
    let mib = std::env::var("LETTERSLOT_RETR_MIB");
    mib.ok().and_then(|mib| mib.parse().ok()).unwrap_or(64) << 20
}

/// A session whose client has logged in.
fn opened<I: IntoIterator<Item = (u64, [u8; 16])>>(maildrop: Maildrop<I>) -> Session {
    let config = Config::builder("localhost").plaintext_logins(true).build();
    let peer = Peer::default();
    let mut session = Session::new(config.unwrap(), peer, Entropy([7; 32]), Time::ZERO);
    let mut input = &b"USER u\r\nPASS p\r\n"[..];
    let mut maildrop = Some(maildrop);
    loop {
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Auth { ticket, .. }) => {
                session.authenticate(ticket, Answer::Grant);
            }
            Next::Event(Event::Login { ticket, .. }) => {
                session.open_maildrop(ticket, maildrop.take().unwrap());
                drain(&mut session);
                return session;
            }
            Next::Event(event) => session.decline(event),
            _ => drop(drain(&mut session)),
        }
    }
}

/// Writes to a client that reads everything.
fn drain(session: &mut Session) -> u64 {
    let mut octets = 0;
    while !session.output().is_empty() {
        let run = black_box(session.output()).len();
        octets += run as u64;
        session.advance_output(run);
    }
    octets
}

/// Retrieves a message that comes in pieces, the client reading only when it has to.
fn retrieve(session: &mut Session, piece: &[u8], octets: u64) -> u64 {
    let Next::Event(Event::Retr { ticket, .. }) = session.next(Time::ZERO, &mut &b"RETR 1\r\n"[..])
    else {
        panic!("no RETR")
    };
    let mut message = session.begin_message(ticket, octets);
    let (mut sent, mut left) = (0, octets);
    while left > 0 {
        let piece = &piece[..piece.len().min(left as usize)];
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = message.write(session, rest);
            rest = &rest[taken..];
            if taken == 0 {
                sent += drain(session);
            }
        }
        left -= piece.len() as u64;
    }
    message.end(session);
    sent + drain(session)
}

/// Sizes and ids that are made as they are asked for.
fn rows(messages: u64) -> impl Iterator<Item = (u64, [u8; 16])> {
    (0..messages).map(|n| {
        let mut id = *b"0000000000000000";
        id.iter_mut()
            .rev()
            .zip((0..).map(|place| n >> (4 * place) & 15))
            .for_each(|(octet, digit)| *octet = b"0123456789abcdef"[digit as usize]);
        (1000 + n, id)
    })
}

#[test]
fn a_session_is_small_whatever_it_serves() {
    // Lines of 76, some with a dot, and the worst there is: nothing but dots.
    let mut text = [b"x".repeat(74), b"\r\n".to_vec()]
        .concat()
        .repeat(PIECE / 76);
    text.extend_from_slice(&b".dots\r\n".repeat(16));
    let dots = b".\n".repeat(PIECE / 2);
    for (name, piece) in [("text", text), ("dots", dots)] {
        let octets = size() / piece.len() as u64 * piece.len() as u64;
        let mut session = opened(Maildrop::Table(rows(1)));
        let mut sent = 0;
        let most = peak(|| sent = retrieve(&mut session, &piece, octets));
        println!("{name}: {sent} octets sent, {most} held");
        assert!(sent > octets && most < 64 << 10, "{name}: {most}");
    }

    // A table: 12 octets a message, and the id.
    let mut few = 0;
    for messages in [250_000, 1_000_000] {
        let before = held();
        let mut session = None;
        let mut calls = 0;
        let most = peak(|| {
            calls = allocations(|| session = Some(opened(Maildrop::Table(rows(messages)))));
        });
        let octets = held() - before;
        println!("{messages} messages: {octets} octets, {most} at most, {calls} allocations");
        assert!(octets as u64 <= messages * 28 + 4096, "{octets}");
        assert!(most <= octets + 4096 && calls < 40, "{most}, {calls}");
        if few > 0 {
            assert!(octets <= 4 * few);
        }
        few = octets;
    }

    // A lazy one, and a session that waits for commands.
    let before = held();
    let lazy = opened(Maildrop::Lazy::<[(u64, [u8; 16]); 0]> {
        messages: 1_000_000,
        octets: 1 << 40,
    });
    let octets = held() - before + size_of::<Session>();
    println!("a lazy maildrop: {octets} octets");
    assert!(octets <= 1024 + size_of::<Config>(), "{octets}");
    drop(lazy);
}
