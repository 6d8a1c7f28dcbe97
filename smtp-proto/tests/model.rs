//! The state of a session against a model of the state tables of RFC 5321, 2033, 3030, 3207 and
//! 4954: whatever a client sends and an application decides, the same replies, the same messages
//! and the same end.
// smtp-5321-4.1.4-08 smtp-5321-3.3-06 smtp-2034-3-01 smtp-2920-3.2-01 lmtp-2033-4-01
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod model_reference;
mod support;

use std::sync::Arc;

use model_reference::{Act, Body, Kind, Model, Verdict};
use smtp_proto::*;
use support::{App, Open};
use wire_core::{
    Answered, CloseReason, Endpoint, Entropy, Next, Peer, Shutdown, Time, TlsInfo, Upgrade,
    sasl::{self, Mechanism, Mechanisms},
    transcript::{Record, Subject},
};

/// Xorshift: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }

    fn verdict(&mut self) -> Verdict {
        match self.roll(16) {
            0 => Verdict::Temporary,
            1 => Verdict::Permanent,
            2 => Verdict::Lost,
            3 => Verdict::Late,
            4 => Verdict::RefuseMessage,
            5 => Verdict::Each,
            _ => Verdict::Yes,
        }
    }
}

fn config(kind: Kind) -> Arc<Config> {
    let mut limits = Limits::default();
    limits.message = 1 << 20;
    (limits.errors, limits.refused_recipients) = (u16::MAX, u16::MAX);
    limits.commands_without_mail = u16::MAX;
    let mut times = Timeouts::default();
    times.total *= 10_000;
    let mut offer = Capabilities::DEFAULT.with(Capabilities::ETRN);
    if kind.prdr {
        offer = offer.with(Capabilities::PRDR);
    }
    if kind.starttls {
        offer = offer.with(Capabilities::STARTTLS);
    }
    let plain = Mechanisms::NONE.with(Mechanism::Login);
    let plain = if kind.auth { plain } else { Mechanisms::NONE };
    let tls = if kind.auth {
        Mechanisms::PLAINTEXT
    } else {
        Mechanisms::NONE
    };
    let mut config = Config::builder("mx.example.org")
        .lmtp(kind.lmtp)
        .offer(offer)
        .auth(plain, tls)
        .limits(limits)
        .timeouts(times);
    if kind.require_tls {
        config = config.require_tls();
    }
    if kind.require_auth {
        config = config.require_auth();
    }
    config.build().unwrap()
}

/// A session, its application and its client.
struct Real {
    app: App,
    record: Record,
    now: Time,
    codes: Vec<u16>,
    line: Vec<u8>,
    /// Each open ticket with what will be said to it.
    open: Vec<(Open, Verdict)>,
    upgrade: Option<Upgrade>,
    closed: Option<CloseReason>,
    recipients: Vec<usize>,
    /// Replies have enhanced codes: those to EHLO have not.
    enhanced: bool,
}

impl Real {
    fn new(kind: Kind) -> Self {
        let mut app = App::new(config(kind));
        let peer = Peer::default();
        app.session = Session::new(config(kind), peer, Entropy([3; 32]), Time::ZERO);
        Real {
            app,
            record: Record::default(),
            now: Time::ZERO,
            codes: Vec::new(),
            line: Vec::new(),
            open: Vec::new(),
            upgrade: None,
            closed: None,
            recipients: Vec::new(),
            enhanced: false,
        }
    }

    /// Runs until nothing happens any more. Tickets get their verdict when they are given, and are
    /// answered in the order that `pick` likes.
    fn say(
        &mut self,
        mut input: &[u8],
        verdict: &mut dyn FnMut() -> Verdict,
        pick: &mut dyn FnMut(usize) -> usize,
    ) {
        loop {
            let next = self.app.step(self.now, &mut input, &mut self.record);
            while let Some(open) = self.app.open.pop_front() {
                self.open.push((open, verdict()));
            }
            let queued = self.app.session.output().to_vec();
            self.app.session.advance_output(queued.len());
            queued.iter().for_each(|octet| self.octet(*octet));
            match next {
                Next::Event(()) => {}
                Next::Closed(reason) => {
                    self.closed = Some(reason);
                    return self.check_stale();
                }
                Next::StartTls(upgrade) => {
                    // smtp-3207-4.2-03
                    assert!(input.is_empty(), "plaintext is left behind STARTTLS");
                    return self.upgrade = Some(upgrade);
                }
                Next::Wait(_) if !queued.is_empty() => {}
                Next::Wait(_) if !self.open.is_empty() => {
                    let at = pick(self.open.len());
                    let (open, verdict) = self.open.remove(at);
                    self.answer(open, verdict);
                }
                Next::Wait(_) => return assert!(input.is_empty(), "{}", input.escape_ascii()),
                Next::Deflate(_) => panic!(),
            }
        }
    }

    fn octet(&mut self, octet: u8) {
        self.line.push(octet);
        let Some(line) = self.line.strip_suffix(b"\r\n") else {
            return;
        };
        let line = core::str::from_utf8(line).unwrap();
        let code: u16 = line[..3].parse().unwrap();
        // RFC 2034 section 3: all but 3yz.
        let enhanced = format!("{}.", code / 100);
        let bare = !self.enhanced || code / 100 == 3;
        assert!(bare || line[4..].starts_with(&enhanced), "{line}");
        if line.as_bytes()[3] == b' ' {
            self.codes.push(code);
        }
        self.line.clear();
    }

    fn answer(&mut self, open: Open, verdict: Verdict) {
        let id = open.id();
        let no = |code: u16| Reply::new(code, (0, 7, 1), "No");
        let session = &mut self.app.session;
        let answered = match (verdict, open) {
            (Verdict::Lost, _) => session.forfeit(id),
            (Verdict::Late, _) => {
                self.now = self.now + Timeouts::default().decision;
                session.handle_timeout(self.now);
                assert_eq!(session.forfeit(id), Answered::Stale);
                return;
            }
            (
                Verdict::RefuseMessage,
                Open::Mail(..) | Open::Rcpt(..) | Open::Data(_) | Open::End(_),
            ) => session.refuse_open(no(552)),
            (Verdict::Each, Open::End(ticket)) => return self.answer_each(ticket),
            (Verdict::Temporary | Verdict::Permanent, Open::Auth(ticket, _)) => {
                let answer = match verdict {
                    Verdict::Temporary => sasl::Answer::TryAgain,
                    _ => sasl::Answer::Deny,
                };
                session.authenticate(ticket, answer)
            }
            (Verdict::Temporary | Verdict::Permanent, open) => {
                let code = if verdict == Verdict::Temporary {
                    450
                } else {
                    550
                };
                match open {
                    Open::Hello(ticket) => session.refuse(ticket, no(code)),
                    Open::Login(ticket) => session.refuse(ticket, no(code)),
                    Open::Mail(ticket, _) => session.refuse(ticket, no(code)),
                    Open::Rcpt(ticket, _) => session.refuse(ticket, no(code)),
                    Open::Data(ticket) => session.refuse(ticket, no(code)),
                    Open::End(ticket) => session.refuse(ticket, no(code)),
                    Open::Query(ticket, _) => session.refuse(ticket, no(code)),
                    _ => panic!(),
                }
            }
            (_, Open::Auth(ticket, _)) => session.authenticate(ticket, sasl::Answer::Grant),
            (_, open) => self.app.answer_one(open),
        };
        assert_eq!(answered, Answered::Taken);
    }

    /// Results of every other recipient from behind, one by its own; the rest gets one answer.
    fn answer_each(&mut self, end: wire_core::Ticket<kind::End>) {
        let session = &mut self.app.session;
        let one = Reply::new(452, (4, 2, 2), "Full");
        for at in self.recipients.iter().rev().step_by(2) {
            session.result(&end, support::rcpt_id(*at), one.clone());
        }
        session.finish(end, Reply::new(250, (2, 0, 0), "The rest is fine"));
    }

    /// Nothing is undecided in a session that is over.
    fn check_stale(&mut self) {
        for (open, _) in self.open.drain(..) {
            assert_eq!(self.app.session.forfeit(open.id()), Answered::Stale);
        }
        assert!(self.line.is_empty(), "half a reply");
    }

    fn told(&self) -> Vec<String> {
        let about = ["mail", "end", "dropped", "expired"];
        let event = |e: String| e.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let told = self.record.events().map(event);
        let told = told.filter(|e| about.iter().any(|word| e.starts_with(word)));
        told.map(|e| match e.split(' ').next().unwrap() {
            word @ ("mail" | "expired") => word.to_owned(),
            _ => e,
        })
        .collect()
    }
}

/// Plays a session, in step with its model; the client waits for each reply.
fn compare(kind: Kind, acts: &[Act], verdicts: &[Verdict]) {
    let (mut real, mut model) = (Real::new(kind), Model::new(kind));
    let mut given = verdicts.iter().copied().cycle();
    let mut same = verdicts.iter().copied().cycle();
    let name = || format!("{kind:?} {acts:?} {verdicts:?}");
    let mut say = |real: &mut Real, octets: &[u8]| {
        real.say(octets, &mut || given.next().unwrap(), &mut |_| 0);
    };
    say(&mut real, b"");
    assert_eq!(std::mem::take(&mut real.codes), [220], "{}", name());
    for act in acts {
        real.recipients = model.recipients();
        real.enhanced = !act.is_hello();
        let expected = model.act(*act, &mut || same.next().unwrap());
        match act {
            Act::Silence => {
                real.now = real.now + Timeouts::default().command;
                real.app.session.handle_timeout(real.now);
                say(&mut real, b"");
            }
            Act::Drain => {
                real.app.session.shutdown(Shutdown::Drain);
                say(&mut real, b"");
            }
            Act::Cut => {
                real.app.session.shutdown(Shutdown::Now);
                say(&mut real, b"");
            }
            Act::Eof => {
                real.app.session.handle_eof();
                say(&mut real, b"");
            }
            Act::RefuseMessage => {
                let no = Reply::new(552, (5, 7, 1), "Changed my mind");
                real.app.session.refuse_open(no);
                say(&mut real, b"");
            }
            Act::Data(body) => {
                say(&mut real, b"DATA\r\n");
                if real.codes == [354] {
                    match body {
                        Body::Whole => say(&mut real, b"NOOP\r\n.\r\n"),
                        Body::BareLf => say(&mut real, b"NOOP\n.\r\n.\r\n"),
                        Body::Refused => {
                            say(&mut real, b"x\r\n");
                            let no = Reply::new(552, (5, 7, 1), "Changed my mind");
                            real.app.session.refuse_open(no);
                            say(&mut real, b"y\r\n.\r\n");
                        }
                        Body::Silence => {
                            say(&mut real, b"x\r\n");
                            real.now = real.now + Timeouts::default().data_block;
                            real.app.session.handle_timeout(real.now);
                            say(&mut real, b"");
                        }
                        Body::Eof => {
                            say(&mut real, b"x\r\n");
                            real.app.session.handle_eof();
                            say(&mut real, b"");
                        }
                    }
                }
            }
            _ => say(&mut real, act.wire().as_bytes()),
        }
        if let Some(upgrade) = real.upgrade.take() {
            let answered = real.app.session.resume_tls(upgrade, TlsInfo::default());
            assert_eq!(answered, Answered::Taken);
            say(&mut real, b"");
        }
        assert_eq!(
            std::mem::take(&mut real.codes),
            expected,
            "{act:?} in {}",
            name()
        );
        let closed = real.closed.map(|reason| format!("{reason:?}"));
        assert_eq!(closed.as_deref(), model.closed, "{act:?} in {}", name());
        if closed.is_some() {
            break;
        }
    }
    assert_eq!(real.told(), model.told, "{}", name());
}

/// Sends a session in one write; its decisions come in any order.
fn compare_pipelined(kind: Kind, acts: &[Act], dice: &mut Dice) {
    let acts: Vec<Act> = acts
        .iter()
        .copied()
        .filter(|act| act.is_pipelined())
        .collect();
    let verdicts: Vec<Verdict> = (0..31)
        .map(|_| match dice.verdict() {
            // What these do to the recipients that are undecided depends on how many are.
            Verdict::Late | Verdict::RefuseMessage | Verdict::Each => Verdict::Yes,
            verdict => verdict,
        })
        .collect();
    let (mut given, mut same) = (
        verdicts.iter().copied().cycle(),
        verdicts.iter().copied().cycle(),
    );
    let (mut real, mut model) = (Real::new(kind), Model::new(kind));
    let (mut expected, mut wire) = (vec![220], String::new());
    for act in &acts {
        wire.push_str(act.wire());
        if model.closed.is_none() {
            expected.extend(model.act(*act, &mut || same.next().unwrap()));
        }
    }
    real.say(wire.as_bytes(), &mut || given.next().unwrap(), &mut |n| {
        dice.roll(n)
    });
    assert_eq!(real.codes, expected, "{kind:?} {acts:?} {verdicts:?}");
    assert_eq!(real.told(), model.told, "{kind:?} {acts:?} {verdicts:?}");
}

fn kinds() -> [Kind; 8] {
    let plain = Kind::default();
    [
        plain,
        Kind {
            lmtp: true,
            ..plain
        },
        Kind {
            prdr: true,
            ..plain
        },
        Kind {
            starttls: true,
            auth: true,
            ..plain
        },
        Kind {
            auth: true,
            require_auth: true,
            ..plain
        },
        Kind {
            starttls: true,
            require_tls: true,
            ..plain
        },
        Kind {
            starttls: true,
            auth: true,
            require_tls: true,
            require_auth: true,
            ..plain
        },
        Kind {
            lmtp: true,
            starttls: true,
            auth: true,
            ..plain
        },
    ]
}

fn rounds() -> usize {
    if cfg!(debug_assertions) {
        8_000
    } else {
        100_000
    }
}

/// A session that gets somewhere, with anything else in between.
fn script(dice: &mut Dice, lmtp: bool) -> Vec<Act> {
    let hello = if lmtp { Act::Lhlo } else { Act::Ehlo };
    let ways: [&[Act]; 3] = [
        &[Act::Mail, Act::Rcpt, Act::Rcpt, Act::Data(Body::Whole)],
        &[
            Act::EachMail,
            Act::Rcpt,
            Act::Rcpt,
            Act::Bdat,
            Act::LastBdat,
        ],
        &[
            Act::AuthLogin,
            Act::StartTls,
            hello,
            Act::AuthPlain,
            Act::Mail,
        ],
    ];
    let mut acts = vec![hello];
    for _ in 0..3 {
        for act in ways[dice.roll(ways.len())] {
            if dice.roll(4) > 0 {
                acts.push(*act);
            }
            if dice.roll(3) == 0 {
                acts.push(Act::ALL[dice.roll(Act::ALL.len())]);
            }
        }
    }
    acts
}

#[test]
fn random_sessions_agree_with_the_model() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds() {
        let kind = kinds()[round % 8];
        let acts = script(&mut dice, kind.lmtp);
        let verdicts: Vec<Verdict> = (0..23).map(|_| dice.verdict()).collect();
        compare(kind, &acts, &verdicts);
    }
}

#[test]
fn pipelined_sessions_agree_with_the_model() {
    let mut dice = Dice(0x5851_f42d_4c95_7f2d);
    for round in 0..rounds() {
        let kind = kinds()[round % 8];
        let acts = script(&mut dice, kind.lmtp);
        compare_pipelined(kind, &acts, &mut dice);
    }
}

#[test]
fn all_short_sessions_agree_with_the_model() {
    let n = Act::ALL.len();
    let prefix = [Act::Ehlo, Act::Mail, Act::Rcpt];
    for at in 0..n * n {
        let (one, two) = (Act::ALL[at / n], Act::ALL[at % n]);
        for kind in [kinds()[0], kinds()[2], kinds()[3]] {
            compare(kind, &[one, two, Act::Mail], &[Verdict::Yes]);
            for upto in 1..=3 {
                let mut acts = prefix[..upto].to_vec();
                acts.extend([one, two, Act::Rcpt, Act::Data(Body::Whole)]);
                compare(kind, &acts, &[Verdict::Yes]);
            }
        }
        compare(
            kinds()[1],
            &[Act::Lhlo, Act::Mail, Act::Rcpt, Act::Rcpt, one, two],
            &[Verdict::Yes],
        );
    }
}
