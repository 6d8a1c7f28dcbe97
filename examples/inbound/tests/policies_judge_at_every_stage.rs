//! Policies of one's own: when they are asked, what they see, how they combine, and what becomes of
//! those that fail.

mod support;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use clap::Parser;
use inbound::{
    cli::Cli,
    config::{Config, Service},
    policy::{
        Client, Failed, Fallback, HeaderBlock, Hello, Judgement, Judging, Mail, Message, Policy,
        Rcpt, Refusal, Round, Stage,
    },
    server::Server,
};
use support::{Client as Lines, lines_to};

const ALL: &[Stage] = &[
    Stage::Connect,
    Stage::Hello,
    Stage::Mail,
    Stage::Rcpt,
    Stage::Header,
    Stage::End,
];

type Judge = dyn Fn(Stage, &str) -> Result<Judgement, Failed> + Send + Sync;

/// A policy that is asked everything, notes it, and answers as a test wants.
struct Ask {
    name: &'static str,
    round: Round,
    fallback: Fallback,
    seen: Seen,
    judge: Box<Judge>,
}

type Seen = Arc<Mutex<Vec<String>>>;

impl Ask {
    fn new(
        judge: impl Fn(Stage, &str) -> Result<Judgement, Failed> + Send + Sync + 'static,
    ) -> Self {
        Ask {
            name: "test",
            round: Round::Check,
            fallback: Fallback::Open,
            seen: Seen::default(),
            judge: Box::new(judge),
        }
    }

    fn say(&self, stage: Stage, what: impl Into<String>) -> Judging<'_> {
        let what = what.into();
        self.seen.lock().unwrap().push(format!("{stage} {what}"));
        Box::pin(async move { (self.judge)(stage, &what) })
    }
}

impl Policy for Ask {
    fn name(&self) -> &'static str {
        self.name
    }

    fn stages(&self) -> &'static [Stage] {
        ALL
    }

    fn spares_local(&self) -> bool {
        false
    }

    fn round(&self) -> Round {
        self.round
    }

    fn fallback(&self) -> Fallback {
        self.fallback
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(200)
    }

    fn connect<'a>(&'a self, client: &'a Client) -> Judging<'a> {
        self.say(Stage::Connect, client.ip().unwrap().to_string())
    }

    fn hello<'a>(&'a self, _: &'a Client, hello: &'a Hello) -> Judging<'a> {
        self.say(Stage::Hello, &hello.name)
    }

    fn mail<'a>(&'a self, mail: &'a Mail) -> Judging<'a> {
        // What is kept with a message is of that message. Several policies may say it.
        let new = mail.notes.keep(mail.from.clone());
        assert!(new || self.name != "test");
        self.say(Stage::Mail, mail.from.as_str())
    }

    fn rcpt<'a>(&'a self, mail: &'a Mail, rcpt: &'a Rcpt) -> Judging<'a> {
        let from = mail.notes.get::<smtp_proto::Address>().unwrap();
        self.say(Stage::Rcpt, format!("{from} {}", rcpt.to))
    }

    fn header<'a>(&'a self, mail: &'a Mail, header: &'a HeaderBlock) -> Judging<'a> {
        let from = mail.notes.get::<smtp_proto::Address>().unwrap();
        let subject = header.header().subject().unwrap_or_default();
        self.say(Stage::Header, format!("{from} {subject}"))
    }

    fn end<'a>(&'a self, message: &'a Message) -> Judging<'a> {
        let from = message.mail.notes.get::<smtp_proto::Address>().unwrap();
        self.say(Stage::End, format!("{from} {}", message.to.len()))
    }
}

/// The server in a thread of the test.
struct Rig {
    ports: HashMap<&'static str, std::net::SocketAddr>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _data: tempfile::TempDir,
}

impl Rig {
    fn new(policies: Vec<Arc<dyn Policy>>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut line = vec!["inbound", "serve", "--allow-plaintext-auth", "--data"];
        line.push(data.path().to_str().unwrap());
        let off = ["--http", "--smtps", "--imaps", "--pop3s", "--submission"];
        line.extend(off.iter().flat_map(|flag| [*flag, "off"]));
        let open = ["--smtp", "--lmtp", "--imap", "--pop3"];
        line.extend(open.iter().flat_map(|flag| [*flag, "0"]));
        let config = Config::from_cli(Cli::parse_from(line).serve().unwrap()).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async move {
                let server = Server::start_with(config, policies).await.unwrap();
                let ports = server.addresses().map(|(s, at)| (Service::name(s), at));
                tell.send(ports.collect()).unwrap();
                server.run(async { drop(stopped.await) }).await;
            });
        });
        Rig {
            ports: told.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
            _data: data,
        }
    }

    fn one(
        judge: impl Fn(Stage, &str) -> Result<Judgement, Failed> + Send + Sync + 'static,
    ) -> (Self, Seen) {
        let ask = Ask::new(judge);
        let seen = ask.seen.clone();
        (Self::new(vec![Arc::new(ask)]), seen)
    }

    fn connect(&self, port: &str) -> Lines {
        lines_to(self.ports[port])
    }

    fn smtp(&self) -> Lines {
        let mut smtp = self.connect("smtp");
        smtp.until("220 ");
        smtp.say("EHLO client.example", "250 ");
        smtp
    }

    /// A mailbox: how many messages, and the last one's flags and header.
    fn read(&self, mailbox: &str) -> (usize, String) {
        let mut imap = self.connect("imap");
        imap.until("* OK");
        imap.say("1 LOGIN demo demo", "1 OK");
        let told = imap.ask(&format!("2 SELECT {mailbox}"), "2 OK");
        let exists = |line: &String| {
            line.strip_prefix("* ")?
                .strip_suffix(" EXISTS")?
                .parse()
                .ok()
        };
        let count: usize = told.iter().find_map(exists).unwrap();
        let last = match count {
            0 => String::new(),
            _ => imap
                .ask("3 FETCH * (FLAGS BODY.PEEK[HEADER])", "3 OK")
                .join("\n"),
        };
        (count, last)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn send(smtp: &mut Lines, from: &str, message: &str) -> String {
    smtp.say(&format!("MAIL FROM:<{from}>"), "250 ");
    smtp.say("RCPT TO:<demo@example.org>", "250 ");
    smtp.say("DATA", "354 ");
    smtp.say(&format!("{message}\r\n."), "")
}

fn no() -> Result<Judgement, Failed> {
    Ok(Judgement::reject(Refusal::new(554, (5, 7, 1), "no")))
}

fn yes() -> Result<Judgement, Failed> {
    Ok(Judgement::accept())
}

#[test]
fn each_stage_is_asked_in_turn_with_what_is_known_then() {
    let (rig, seen) = Rig::one(|_, _| yes());
    let mut smtp = rig.smtp();
    assert!(send(&mut smtp, "a@example.com", "Subject: one\r\n\r\n1").starts_with("250 "));
    // No blank line: the header is complete at the end.
    assert!(send(&mut smtp, "b@example.com", "Subject: two").starts_with("250 "));
    let large = format!("Subject: three\r\n\r\n{}", "x\r\n".repeat(200_000));
    assert!(send(&mut smtp, "", &large).starts_with("250 "));
    let mut lmtp = rig.connect("lmtp");
    lmtp.until("220 ");
    lmtp.say("LHLO client.example", "250 ");
    let expected = [
        "connect 127.0.0.1",
        "hello client.example",
        "mail a@example.com",
        "rcpt a@example.com demo@example.org",
        "header a@example.com one",
        "end a@example.com 1",
        "mail b@example.com",
        "rcpt b@example.com demo@example.org",
        "header b@example.com two",
        "end b@example.com 1",
        "mail ",
        "rcpt  demo@example.org",
        "header  three",
        "end  1",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(rig.read("INBOX").0, 3);
}

#[test]
fn a_refusal_at_any_stage_is_told_there_and_leaves_the_session_whole() {
    let (rig, _) = Rig::one(|stage, what| match (stage, what) {
        (Stage::Hello, "bad.example") => no(),
        (Stage::Mail, "bad@example.com") => no(),
        (Stage::Rcpt, what) if what.starts_with("rcpt@") => no(),
        (Stage::Header, what) if what.contains("bad header") => no(),
        (Stage::End, what) if what.starts_with("end@") => no(),
        _ => yes(),
    });
    let mut smtp = rig.connect("smtp");
    smtp.until("220 ");
    // No enhanced code before the server has said that it has them.
    smtp.say("EHLO bad.example", "554 [test] no");
    smtp.say("EHLO client.example", "250 ");
    smtp.say("MAIL FROM:<bad@example.com>", "554 5.7.1 [test] no");
    smtp.say("MAIL FROM:<rcpt@example.com>", "250 ");
    smtp.say("RCPT TO:<demo@example.org>", "554 5.7.1 [test] no");
    smtp.say("RSET", "250 ");
    let said = send(&mut smtp, "a@example.com", "Subject: bad header\r\n\r\nx");
    assert_eq!(said, "554 5.7.1 [test] no");
    let large = "x\r\n".repeat(200_000);
    let said = send(
        &mut smtp,
        "a@example.com",
        &format!("Subject: bad header\r\n\r\n{large}"),
    );
    assert_eq!(said, "554 5.7.1 [test] no");
    let said = send(&mut smtp, "a@example.com", "Subject: bad header");
    assert_eq!(said, "554 5.7.1 [test] no");
    let said = send(&mut smtp, "end@example.com", "Subject: x\r\n\r\nx");
    assert_eq!(said, "554 5.7.1 [test] no");
    assert!(send(&mut smtp, "a@example.com", "Subject: good\r\n\r\nx").starts_with("250 "));
    let (count, last) = rig.read("INBOX");
    assert!(count == 1 && last.contains("Subject: good"), "{last}");
}

#[test]
fn a_client_that_is_refused_at_once_can_only_leave() {
    let (rig, _) = Rig::one(|stage, _| if stage == Stage::Connect { no() } else { yes() });
    let mut smtp = rig.connect("smtp");
    assert_eq!(smtp.line(), "554 [test] no");
    smtp.say("EHLO client.example", "503 ");
    smtp.say("QUIT", "221 ");
}

#[test]
fn marks_reach_the_message_and_none_but_it() {
    let (rig, _) = Rig::one(|stage, what| {
        Ok(match (stage, what) {
            (Stage::Connect, _) => Judgement::accept().field("X-Connect", "yes"),
            (Stage::Mail, "junk@example.com") => Judgement::quarantine("odd sender"),
            (Stage::Header, what) if what.contains("tag") => Judgement::accept()
                .field("X-Header", "seen")
                .keyword("$Seen-By-Test"),
            (Stage::End, what) if what.starts_with("late@") => {
                Judgement::quarantine("odd end").field("X-End", "a\r\nX-Forged: b")
            }
            _ => Judgement::accept(),
        })
    });
    let mut smtp = rig.smtp();
    send(&mut smtp, "a@example.com", "Subject: tag\r\n\r\nx");
    let (count, last) = rig.read("INBOX");
    assert_eq!(count, 1);
    assert!(
        last.contains("X-Connect: yes") && last.contains("X-Header: seen"),
        "{last}"
    );
    assert!(
        last.contains("$Seen-By-Test") && !last.contains("X-Quarantined"),
        "{last}"
    );

    send(&mut smtp, "junk@example.com", "Subject: x\r\n\r\nx");
    let (count, last) = rig.read("Junk");
    assert_eq!((count, rig.read("INBOX").0), (1, 1));
    assert!(last.contains("X-Quarantined: [test] odd sender"), "{last}");
    assert!(last.contains("$Junk"), "{last}");

    send(&mut smtp, "late@example.com", "Subject: x\r\n\r\nx");
    let (count, last) = rig.read("Junk");
    assert_eq!(count, 2);
    assert!(last.contains("X-Quarantined: [test] odd end"), "{last}");
    assert!(last.contains("X-End: a X-Forged: b"), "{last}");

    send(&mut smtp, "b@example.com", "Subject: plain\r\n\r\nx");
    let (count, last) = rig.read("INBOX");
    assert_eq!(count, 2);
    for mark in [
        "X-Quarantined",
        "X-Header",
        "X-End",
        "$Junk",
        "$Seen-By-Test",
    ] {
        assert!(!last.contains(mark), "{last}");
    }
}

#[test]
fn junk_is_made_where_it_is_missing() {
    let (rig, _) = Rig::one(|stage, _| {
        Ok(match stage {
            Stage::Mail => Judgement::quarantine("odd"),
            _ => Judgement::accept(),
        })
    });
    let mut imap = rig.connect("imap");
    imap.until("* OK");
    imap.say("1 LOGIN demo demo", "1 OK");
    imap.say("2 DELETE Junk", "2 OK");
    assert!(send(&mut rig.smtp(), "a@example.com", "Subject: x\r\n\r\nx").starts_with("250 "));
    let listed = imap
        .ask("3 LIST \"\" Junk RETURN (SPECIAL-USE)", "3 OK")
        .join("\n");
    assert!(listed.contains("\\Junk"), "{listed}");
    assert_eq!(rig.read("Junk").0, 1);
    // A mailbox of that use counts, whatever its name.
    imap.say("4 RENAME Junk Rubbish", "4 OK");
    send(&mut rig.smtp(), "a@example.com", "Subject: y\r\n\r\ny");
    assert_eq!(rig.read("Rubbish").0, 2);
}

#[test]
fn what_fails_counts_as_its_fallback_and_nothing_else_suffers() {
    struct Late(Fallback);
    impl Policy for Late {
        fn name(&self) -> &'static str {
            "late"
        }
        fn stages(&self) -> &'static [Stage] {
            &[Stage::Rcpt]
        }
        fn spares_local(&self) -> bool {
            false
        }
        fn fallback(&self) -> Fallback {
            self.0
        }
        fn patience(&self) -> Duration {
            Duration::from_millis(100)
        }
        fn rcpt<'a>(&'a self, _: &'a Mail, _: &'a Rcpt) -> Judging<'a> {
            Box::pin(std::future::pending())
        }
    }
    let failing = |fallback| Ask {
        fallback,
        ..Ask::new(|stage, what| match (stage, what) {
            (Stage::Mail, "panic@example.com") => panic!("on purpose"),
            (Stage::Mail, "fail@example.com") => Err(Failed("on purpose".into())),
            _ => yes(),
        })
    };
    for fallback in [Fallback::Open, Fallback::TempFail] {
        let rig = Rig::new(vec![Arc::new(failing(fallback)), Arc::new(Late(fallback))]);
        let mut smtp = rig.smtp();
        let expected = match fallback {
            Fallback::Open => "250 ",
            Fallback::TempFail => "451 4.3.0 [test] cannot tell now",
        };
        for from in ["panic", "fail"] {
            let said = smtp.say(&format!("MAIL FROM:<{from}@example.com>"), "");
            assert!(said.starts_with(expected), "{said}");
            smtp.say("RSET", "250 ");
        }
        let expected = expected.replace("test", "late");
        smtp.say("MAIL FROM:<a@example.com>", "250 ");
        let said = smtp.say("RCPT TO:<demo@example.org>", "");
        assert!(said.starts_with(&expected), "{said}");
    }
}

#[test]
fn a_refusal_spares_the_rounds_after_it_and_the_strictest_of_a_round_wins() {
    let at = |name, round, judge: fn(Stage, &str) -> Result<Judgement, Failed>| Ask {
        name,
        round,
        ..Ask::new(judge)
    };
    fn later() -> Result<Judgement, Failed> {
        Ok(Judgement::tempfail(Refusal::new(450, (4, 7, 1), "later")))
    }
    let mild = at("mild", Round::Check, |stage, _| {
        if stage == Stage::Mail { later() } else { yes() }
    });
    let strict = at("strict", Round::Check, |stage, what| match (stage, what) {
        (Stage::Mail, "bad@example.com") => no(),
        _ => yes(),
    });
    let last = at("last", Round::Last, |_, _| yes());
    let seen = last.seen.clone();
    let rig = Rig::new(vec![Arc::new(last), Arc::new(mild), Arc::new(strict)]);
    let mut smtp = rig.smtp();
    smtp.say("MAIL FROM:<bad@example.com>", "554 5.7.1 [strict] no");
    smtp.say("MAIL FROM:<a@example.com>", "450 4.7.1 [mild] later");
    let asked = seen.lock().unwrap().clone();
    assert_eq!(asked, ["connect 127.0.0.1", "hello client.example"]);
}

#[test]
fn a_slow_down_holds_up_its_client_and_no_other() {
    let (rig, _) = Rig::one(|stage, what| {
        Ok(match (stage, what) {
            (Stage::Mail, "slow@example.com") => {
                Judgement::accept().slow_down(Duration::from_millis(1_500))
            }
            _ => Judgement::accept(),
        })
    });
    let (mut slow, mut quick) = (rig.smtp(), rig.smtp());
    let started = Instant::now();
    slow.send("MAIL FROM:<slow@example.com>\r\n");
    quick.say("MAIL FROM:<quick@example.com>", "250 ");
    assert!(started.elapsed() < Duration::from_millis(1_400));
    slow.until("250 ");
    assert!(started.elapsed() >= Duration::from_millis(1_500));
}

#[test]
fn a_decision_that_comes_too_late_is_nobody_elses() {
    // The client leaves, and comes back, while the first message is still being judged.
    let (rig, _) = Rig::one(|stage, what| {
        Ok(match (stage, what) {
            (Stage::Header, what) if what.starts_with("slow@") => {
                Judgement::quarantine("slow").slow_down(Duration::from_millis(800))
            }
            _ => Judgement::accept(),
        })
    });
    let mut gone = rig.smtp();
    gone.say("MAIL FROM:<slow@example.com>", "250 ");
    gone.say("RCPT TO:<demo@example.org>", "250 ");
    gone.say("DATA", "354 ");
    gone.send("Subject: x\r\n\r\nx\r\n.\r\n");
    drop(gone);
    let mut smtp = rig.smtp();
    // All at once: each decision goes to its own message.
    let mut all = String::new();
    for from in ["slow", "a", "slow", "b"] {
        all += &format!(
            "MAIL FROM:<{from}@example.com>\r\nRCPT TO:<demo@example.org>\r\n\
             BDAT 14 LAST\r\nSubject: x\r\n\r\n"
        );
    }
    smtp.send(&all);
    for _ in 0..12 {
        assert!(smtp.line().starts_with("250 "));
    }
    std::thread::sleep(Duration::from_millis(1_000));
    let (inbox, junk) = (rig.read("INBOX"), rig.read("Junk"));
    assert_eq!(inbox.0, 2);
    assert!((2..=3).contains(&junk.0), "{junk:?}");
    assert!(
        inbox.1.contains("Return-Path: <b@example.com>"),
        "{inbox:?}"
    );
    assert!(
        junk.1.contains("Return-Path: <slow@example.com>"),
        "{junk:?}"
    );
}
