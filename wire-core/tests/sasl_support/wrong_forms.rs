//! Every way in which a client can get an exchange wrong, whatever protocol it is spoken in. Each protocol's
//! tests run them all: `tests!` of a [`Protocol`].
#![allow(unreachable_pub)]

mod scram_client;

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use wire_core::sasl::{Answer, Mechanism, Request, ScramHash, Secret, StoredKeys};
pub use wire_core::{
    Endpoint, Entropy, Next, Peer, Time, TlsInfo, Wants,
    sasl::{Decoy, Mechanisms},
};

use scram_client::Client;

/// The tests of a protocol.
macro_rules! tests {
    ($protocol:ty) => {
        #[test]
        fn wrong_exchanges_fail_and_leave_no_trace() {
            wrong_forms::check::<$protocol>();
        }

        #[test]
        fn wrong_beginnings_begin_nothing() {
            wrong_forms::check_beginnings::<$protocol>();
        }
    };
}

pub(crate) use tests;

/// What a server says in an exchange.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// Octets in base64.
    Challenge(String),
    Failed(Fails),
    Yes,
}

/// How an exchange fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fails {
    /// The client's octets are not what the mechanism has.
    Form,
    /// It proved nothing.
    Proof,
}

/// A protocol that mechanisms are spoken in.
pub trait Protocol {
    type Session: Endpoint;

    /// What comes before a login.
    const HELLO: &str;

    /// The command that begins an exchange.
    const AUTH: &str;

    /// A command that does nothing.
    const NOOP: &str;

    /// A session that offers [`offered`].
    fn session(peer: Peer, entropy: Entropy) -> Self::Session;

    /// One call of the session. Credentials get their [`answer`], logins are let in, and lines that the
    /// application is told of are logged.
    fn step(
        session: &mut Self::Session,
        now: Time,
        input: &mut &[u8],
        log: &mut Vec<u8>,
    ) -> Next<()>;

    /// What the last line of the server says.
    fn read(said: &str) -> Said;
}

struct Server<P: Protocol> {
    session: P::Session,
    now: Time,
    log: Vec<u8>,
}

impl<P: Protocol> Server<P> {
    fn new() -> Self {
        let tls = TlsInfo::default()
            .exporter([5; 32])
            .client_certificate((&b"DER"[..]).into());
        let mut server = Server {
            session: P::session(Peer::default().tls(tls), Entropy([7; 32])),
            now: Time::ZERO,
            log: Vec::new(),
        };
        server.line(P::HELLO);
        server
    }

    /// Begins an exchange, with an initial response as it stands on the line.
    fn auth(&mut self, mechanism: &str, initial: Option<&str>) -> Said {
        let initial = initial.map(|text| format!(" {text}")).unwrap_or_default();
        self.line(&format!("{} {mechanism}{initial}", P::AUTH))
    }

    fn line(&mut self, line: &str) -> Said {
        let line = format!("{line}\r\n").into_bytes();
        let (mut input, mut said) = (&line[..], Vec::new());
        loop {
            let next = P::step(&mut self.session, self.now, &mut input, &mut self.log);
            let output = self.session.output();
            let written = output.len();
            said.extend_from_slice(output);
            self.session.advance_output(written);
            match next {
                Next::Event(()) => {}
                Next::Wait(_) if written > 0 => {}
                // A reply that is held back.
                Next::Wait(Wants {
                    until: Some(until), ..
                }) if said.is_empty() => {
                    self.now = until;
                    self.session.handle_timeout(until);
                }
                Next::Wait(_) => break,
                other => panic!("{other:?} after {}", said.escape_ascii()),
            }
        }
        let said = String::from_utf8(said).unwrap();
        P::read(said.lines().last().unwrap_or_default())
    }

    /// It takes commands, and a right login. Nothing that the client said is to be logged.
    fn goes_on(&mut self, said: &str, about: &str) {
        let (log, said) = (&self.log, said.as_bytes());
        let shows = said.len() > 1 && memchr::memmem::find(log, said).is_some();
        assert!(!shows, "{about} is logged: {}", log.escape_ascii());
        assert_eq!(self.line(P::NOOP), Said::Yes, "{about}");
        let right = STANDARD.encode(b"\0tim\0pencil");
        assert_eq!(self.auth("PLAIN", Some(&right)), Said::Yes, "{about}");
    }
}

/// The right final message of SCRAM made wrong.
type Spoil = fn(String) -> String;

/// What follows the first message.
#[derive(Clone, Copy)]
enum Then {
    Over,
    Say(&'static [u8]),
    Final(ScramHash, Spoil),
}

pub fn offered() -> Mechanisms {
    Mechanisms::PLAINTEXT
        .or(Mechanisms::TOKENS)
        .or(Mechanisms::SCRAM)
        .with(Mechanism::External)
        .with(Mechanism::CramMd5)
        .with(Mechanism::Anonymous)
}

/// There is `tim`, whose password is `pencil`, whose token is `good`, who acts for nobody else.
pub fn answer(request: &Request) -> Answer {
    let tims = |user: &str| user == "tim";
    match request {
        Request::Password { user, password } if tims(user) && password.verify(b"pencil") => {
            Answer::Grant
        }
        Request::StoredKeys { user, hash } if tims(user) => {
            let (user, keys) = (None, vec![keys(*hash)]);
            Answer::Keys { user, keys }
        }
        Request::SharedSecret { user, .. } if tims(user) => {
            let (user, secrets) = (None, vec![Secret::from(&b"pencil"[..])]);
            Answer::Secrets { user, secrets }
        }
        Request::Token { token, .. } if token.verify(b"good") => Answer::GrantAs("tim".into()),
        Request::Certificate { .. } => Answer::GrantAs("tim".into()),
        Request::Anonymous { .. } => Answer::Grant,
        _ => Answer::Deny,
    }
}

/// Derived once: it takes milliseconds.
fn keys(hash: ScramHash) -> StoredKeys {
    static KEYS: LazyLock<[String; 2]> = LazyLock::new(|| {
        [ScramHash::Sha1, ScramHash::Sha256].map(|hash| {
            let keys = StoredKeys::derive(hash, "pencil", b"0123456789abcdef", 4096);
            keys.unwrap().to_text()
        })
    });
    let mut keys = KEYS.iter().map(|text| text.parse::<StoredKeys>().unwrap());
    keys.find(|keys| keys.hash() == hash).unwrap()
}

/// Runs all of them on fresh sessions; each goes on after it as if nothing had been.
pub fn check<P: Protocol>() {
    for (mechanism, first, then, fails) in exchanges() {
        // How an exchange begins makes no difference to its end.
        let ways: &[bool] = match then {
            Then::Final(..) => &[true],
            _ => &[true, false],
        };
        for &at_once in ways {
            let about = format!("{mechanism} {} {at_once}", first.escape_ascii());
            let (mut server, message) = (Server::<P>::new(), STANDARD.encode(&first));
            let mut said = if at_once {
                let initial = if message.is_empty() { "=" } else { &message };
                server.auth(mechanism, Some(initial))
            } else {
                let Said::Challenge(_) = server.auth(mechanism, None) else {
                    panic!("{about}")
                };
                server.line(&message)
            };
            let reply = match (&said, then) {
                (Said::Challenge(challenge), Then::Final(hash, spoil)) => {
                    let challenge = STANDARD.decode(challenge).unwrap();
                    let client = Client::new(hash, "tim", "pencil");
                    let (right, _) = client.last(str::from_utf8(&challenge).unwrap());
                    Some(spoil(right).into_bytes())
                }
                (Said::Challenge(_), Then::Say(octets)) => Some(octets.to_vec()),
                _ => None,
            };
            if let Some(reply) = reply {
                said = server.line(&STANDARD.encode(reply));
            }
            assert_eq!(said, Said::Failed(fails), "{about}");
            server.goes_on(&message, &about);
        }
    }
    for (mechanism, initial) in INITIAL_LINES {
        let mut server = Server::<P>::new();
        let said = server.auth(mechanism, Some(initial));
        let about = format!("{mechanism} {initial}");
        assert_eq!(said, Said::Failed(Fails::Form), "{about}");
        server.goes_on(initial, &about);
    }
    for mechanism in [
        "PLAIN",
        "LOGIN",
        "CRAM-MD5",
        "SCRAM-SHA-256-PLUS",
        "EXTERNAL",
    ] {
        let long = "AAAA".repeat(40_000);
        for line in LINES.iter().copied().chain([&*long]) {
            let mut server = Server::<P>::new();
            let Said::Challenge(_) = server.auth(mechanism, None) else {
                panic!("{mechanism}")
            };
            let about = format!("{mechanism} {:.20}", line);
            assert_eq!(server.line(line), Said::Failed(Fails::Form), "{about}");
            server.goes_on(line, &about);
        }
    }
}

/// A name that is none, or of a mechanism that is not there, begins nothing; nor does a second login.
pub fn check_beginnings<P: Protocol>() {
    let right = STANDARD.encode(b"\0tim\0pencil");
    // sasl-4422-3.1-01 sasl-6331-1-01
    let twenty_one = "SCRAM-SHA-256-PLUS-XY";
    for mechanism in [
        "",
        "pl@in",
        "PLAIN\0",
        "PLA",
        twenty_one,
        "DIGEST-MD5",
        "GSSAPI",
    ] {
        for initial in [None, Some("="), Some(&*right)] {
            let mut server = Server::<P>::new();
            let said = server.auth(mechanism, initial);
            assert_eq!(said, Said::Failed(Fails::Form), "{mechanism} {initial:?}");
            server.goes_on("", mechanism);
            // sasl-4422-3.7-01: no mechanism has a layer of its own; the next octet is in the clear.
            assert_eq!(server.line(P::NOOP), Said::Yes);
            let again = server.auth("PLAIN", Some(&right));
            assert_eq!(again, Said::Failed(Fails::Form));
            assert_eq!(server.line(P::NOOP), Said::Yes);
        }
    }
}

/// Initial responses that are none.
const INITIAL_LINES: [(&str, &str); 12] = [
    // sasl-4954-4-01 sasl-4959-3-01
    ("PLAIN", "!!!!"),
    ("PLAIN", "=AAA"),
    ("PLAIN", "=="),
    ("PLAIN", "*"),
    ("PLAIN", "AHRpbQBwZW5jaW"),
    ("PLAIN", "AHRpbQBwZW5jaWx="),
    ("PLAIN", "AHRpbQBwZW5jaWw=="),
    ("PLAIN", "AHRpbQBwZW5jaWw=AAAA"),
    ("PLAIN", "AHRpbQB_ZW5jaWw="),
    // The server speaks first (RFC 4422 section 3).
    ("CRAM-MD5", "="),
    ("CRAM-MD5", "dGlt"),
    ("CRAM-MD5", "AAAA"),
];

/// Replies to a challenge that are none. sasl-4422-3.5-01 sasl-4954-4-01
const LINES: [&str; 10] = [
    "*",
    "**",
    "* ",
    "=",
    "!",
    "AAA",
    "AA=A",
    "AAAA AAAA",
    " AAAA",
    "NOOP\u{e9}",
];

/// Exchanges whose lines are sound, and whose octets are not.
fn exchanges() -> Vec<(&'static str, Vec<u8>, Then, Fails)> {
    use Fails::{Form, Proof};
    use Then::{Final, Over, Say};
    let rows: Vec<(_, &[u8], Then, _)> = vec![
        // sasl-4616-2-01
        ("PLAIN", b"", Over, Form),
        ("PLAIN", b"tim", Over, Form),
        ("PLAIN", b"tim\0pencil", Over, Form),
        ("PLAIN", b"\0tim\0pencil\0", Over, Form),
        ("PLAIN", b"\0tim\0pencil\0x", Over, Form),
        // sasl-4616-2-02
        ("PLAIN", b"\0\0pencil", Over, Form),
        ("PLAIN", b"\0tim\0", Over, Form),
        ("PLAIN", b"\0\0", Over, Form),
        // sasl-4616-2-04
        ("PLAIN", b"\0tim\xff\0pencil", Over, Form),
        ("PLAIN", b"\0tim\0pencil\xff", Over, Form),
        ("PLAIN", b"\xc0\x80\0tim\0pencil", Over, Form),
        // sasl-4616-2-06: RFC 4013 prohibits these.
        ("PLAIN", b"\0tim\x07\0pencil", Over, Form),
        ("PLAIN", "\0tim\u{e000}\0pencil".as_bytes(), Over, Form),
        ("PLAIN", "\0tim\0pencil\u{202e}".as_bytes(), Over, Form),
        (
            "SCRAM-SHA-256",
            "n,,n=tim\u{fdd0},r=abc".as_bytes(),
            Over,
            Form,
        ),
        // sasl-4616-2-05
        ("PLAIN", b"admin\0tim\0pencil", Over, Proof),
        ("PLAIN", b"\0tim\0wrong", Over, Proof),
        ("PLAIN", b"\0nobody\0pencil", Over, Proof),
        ("LOGIN", b"", Over, Form),
        ("LOGIN", b"\xff", Over, Form),
        ("LOGIN", b"t\0im", Over, Form),
        ("LOGIN", b"tim", Say(b""), Form),
        ("LOGIN", b"tim", Say(b"pen\xff"), Proof),
        ("LOGIN", b"tim", Say(b"pen\0cil"), Form),
        ("LOGIN", b"tim", Say(b"wrong"), Proof),
        ("LOGIN", b"nobody", Say(b"pencil"), Proof),
        // sasl-5802-5-01
        ("SCRAM-SHA-256", b"", Over, Form),
        ("SCRAM-SHA-256", b"n,,r=abc,n=tim", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"x,,n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n,tim,n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n,a=,n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim,r=abc,", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim\xff,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim\x07,r=abc", Over, Form),
        // sasl-5802-5.1-01
        ("SCRAM-SHA-256", b"n,,n=t=im,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim=2c,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=t,im,r=abc", Over, Form),
        // sasl-5802-5.1-02
        ("SCRAM-SHA-256", b"n,,m=x,n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim,r=abc,m=x", Over, Form),
        // sasl-5802-5.1-03
        ("SCRAM-SHA-256", b"n,,n=tim,r=", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim,r=a b", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim,r=a,b", Over, Form),
        ("SCRAM-SHA-256", b"n,,n=tim,r=\x80", Over, Form),
        // sasl-5802-6-01: we offer -PLUS.
        ("SCRAM-SHA-256", b"y,,n=tim,r=abc", Over, Proof),
        ("SCRAM-SHA-1", b"y,,n=tim,r=abc", Over, Proof),
        // sasl-5802-6-02
        (
            "SCRAM-SHA-256-PLUS",
            b"p=tls-unknown,,n=tim,r=abc",
            Over,
            Proof,
        ),
        ("SCRAM-SHA-256-PLUS", b"p=,,n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256-PLUS", b"n,,n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256-PLUS", b"y,,n=tim,r=abc", Over, Form),
        ("SCRAM-SHA-256", b"p=tls-exporter,,n=tim,r=abc", Over, Form),
        (
            "SCRAM-SHA-1-PLUS",
            b"p=tls-unknown,,n=tim,r=abc",
            Over,
            Proof,
        ),
        // sasl-2195-2-02
        ("SCRAM-SHA-256", b"n,,n=tim,r=abc", Say(b""), Form),
        // sasl-7628-3.1-01
        ("OAUTHBEARER", b"", Over, Form),
        ("OAUTHBEARER", b"auth=Bearer good\x01\x01", Over, Form),
        ("OAUTHBEARER", b"n,,\x01auth=Bearer good", Over, Form),
        ("OAUTHBEARER", b"n,,\x01auth=Bearer good\x01", Over, Form),
        ("OAUTHBEARER", b"n,,auth=Bearer good\x01\x01", Over, Form),
        (
            "OAUTHBEARER",
            b"p=tls-exporter,,\x01auth=Bearer good\x01\x01",
            Over,
            Form,
        ),
        // sasl-7628-3.1-03
        ("OAUTHBEARER", b"n,,\x01host=x\x01\x01", Over, Form),
        ("OAUTHBEARER", b"n,,\x01auth=Basic good\x01\x01", Over, Form),
        ("OAUTHBEARER", b"n,,\x01auth=Bearer \x01\x01", Over, Form),
        (
            "OAUTHBEARER",
            b"n,,\x01auth=Bearer go\xffod\x01\x01",
            Over,
            Form,
        ),
        // sasl-7628-3.2.2-01 sasl-7628-3.2.3-01
        (
            "OAUTHBEARER",
            b"n,,\x01auth=Bearer bad\x01\x01",
            Say(b"\x01"),
            Proof,
        ),
        (
            "OAUTHBEARER",
            b"n,,\x01auth=Bearer bad\x01\x01",
            Say(b""),
            Proof,
        ),
        (
            "OAUTHBEARER",
            b"n,,\x01auth=Bearer bad\x01\x01",
            Say(b"n,,\x01auth=Bearer good\x01\x01"),
            Proof,
        ),
        ("XOAUTH2", b"", Over, Form),
        ("XOAUTH2", b"user=tim\x01\x01", Over, Form),
        ("XOAUTH2", b"user=tim\x01auth=Bearer good\x01", Over, Form),
        (
            "XOAUTH2",
            b"user=tim\x01auth=Bearer bad\x01\x01",
            Say(b""),
            Proof,
        ),
        ("EXTERNAL", b"\xff", Over, Form),
        ("EXTERNAL", b"t\0im", Over, Form),
        ("EXTERNAL", b"admin", Over, Proof),
        // sasl-4505-2-01
        ("ANONYMOUS", b"\xff", Over, Form),
        ("ANONYMOUS", b"a\nb", Over, Form),
    ];
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|(mechanism, first, then, fails)| (mechanism, first.to_vec(), then, fails))
        .collect();
    rows.push(("ANONYMOUS", [b'x'; 256].into(), Over, Form));
    for (mechanism, hash) in [
        ("SCRAM-SHA-1", ScramHash::Sha1),
        ("SCRAM-SHA-256", ScramHash::Sha256),
    ] {
        for (spoil, fails) in FINALS {
            let first = Client::new(hash, "tim", "pencil").first();
            rows.push((mechanism, first, Final(hash, spoil), fails));
        }
    }
    rows
}

/// Final messages of SCRAM, each wrong in one place.
const FINALS: [(Spoil, Fails); 15] = [
    // sasl-5802-5-02
    (|right| right.replace(",p=", "x,p="), Fails::Form),
    (|right| right.replace(",r=", ",r=x"), Fails::Form),
    (|_| String::new(), Fails::Form),
    // sasl-5802-5.1-04
    (|right| right.replace("c=biws", "c=eSws"), Fails::Proof),
    (|right| right.replace("c=biws", "c="), Fails::Proof),
    (|right| right.replace("c=biws", "c=!!!!"), Fails::Form),
    (|right| right.replace("c=biws,", ""), Fails::Form),
    (|right| right.replace("c=biws,r=", "r=biws,c="), Fails::Form),
    // sasl-5802-5.1-02 sasl-5802-5.1-05
    (|right| right.replace(",p=", ",m=x,p="), Fails::Form),
    (|right| right.replace(",p=", ",x=abc,p="), Fails::Proof),
    (|right| right + ",x=abc", Fails::Form),
    // sasl-5802-7-01
    (|right| proof(&right, None), Fails::Form),
    (|right| proof(&right, Some("AAAA")), Fails::Proof),
    (|right| proof(&right, Some("")), Fails::Proof),
    (|right| proof(&right, Some("AAA")), Fails::Form),
];

fn proof(right: &str, proof: Option<&str>) -> String {
    let (without, _) = right.split_once(",p=").unwrap();
    match proof {
        Some(proof) => format!("{without},p={proof}"),
        None => without.to_owned(),
    }
}
