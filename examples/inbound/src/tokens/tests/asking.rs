//! A server that is asked about tokens, as it should be and as it should not.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use wire_core::sasl::Secret;

use super::{Refusal, Rules};
use crate::tokens::{
    introspection::{Introspection, Settings},
    memory::Memory,
    rules::now,
};

/// Answers each question with the same octets, after a while, and notes it.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    /// Questions that were open at the same time, and the most of them.
    open: Arc<Mutex<(isize, isize)>>,
}

/// A connection, inside TLS or not.
trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

impl Server {
    fn start(answer: Vec<u8>, after: Duration) -> Self {
        Self::start_on(answer, after, |tcp| Box::new(tcp))
    }

    fn start_on(
        answer: Vec<u8>,
        after: Duration,
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let notes = asked.clone();
        let open = Arc::new(Mutex::new((0, 0)));
        let counts = open.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, notes) = (answer.clone(), notes.clone());
                let mut lines = BufReader::new(wrap(stream.unwrap()));
                let counts = counts.clone();
                thread::spawn(move || {
                    let (mut head, mut octets) = (String::new(), 0);
                    while lines.read_line(&mut head).unwrap_or(0) > 2 {
                        let last = head.lines().last().unwrap_or_default().to_lowercase();
                        if let Some(length) = last.strip_prefix("content-length: ") {
                            octets = length.parse().unwrap();
                        }
                    }
                    let mut body = vec![0; octets];
                    if lines.read_exact(&mut body).is_err() || head.is_empty() {
                        return;
                    }
                    let body = String::from_utf8(body).unwrap();
                    notes.lock().unwrap().push(format!("{head}{body}"));
                    let count = |step: isize| {
                        let mut counts = counts.lock().unwrap();
                        counts.0 += step;
                        counts.1 = counts.1.max(counts.0);
                    };
                    count(1);
                    thread::sleep(after);
                    count(-1);
                    let _ = lines.get_mut().write_all(&answer);
                    let _ = lines.get_mut().flush();
                });
            }
        });
        Server {
            address,
            asked,
            open,
        }
    }

    fn saying(answer: &Value) -> Self {
        Self::start(http("200 OK", &answer.to_string()), Duration::ZERO)
    }

    fn client(&self) -> Introspection {
        Introspection::new(&Settings {
            url: format!("http://{}/introspect?tenant=1", self.address),
            client: Some((
                "mail server".into(),
                Arc::new(Secret::from(&b"s+cret:"[..])),
            )),
            roots: None,
        })
        .unwrap()
        .patience(Duration::from_secs(20))
    }

    fn times_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn rules() -> Rules {
    let mut rules = Rules::default();
    rules.names = ["email".into(), "sub".into()].into();
    rules.in_domain("example.org")
}

#[tokio::test]
async fn the_server_is_asked_as_the_rfc_says_and_once() {
    let server = Server::saying(&json!({
        "active": true, "sub": "demo", "scope": "mail", "exp": now() + 60
    }));
    let client = server.client();
    for _ in 0..3 {
        let bearer = client.bearer("a+b/c=", &rules()).await.unwrap();
        assert_eq!(&*bearer.name, "demo@example.org");
        assert_eq!(&*bearer.scopes, ["mail".into()]);
    }
    assert_eq!(server.times_asked(), 1);
    client.bearer("another", &rules()).await.unwrap();
    let asked = server.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].starts_with("POST /introspect?tenant=1 HTTP/1.1\r\n"),
        "{}",
        asked[0]
    );
    assert!(
        asked[0].ends_with("\r\n\r\ntoken=a%2Bb%2Fc%3D&token_type_hint=access_token"),
        "{}",
        asked[0]
    );
    // `mail+server:s%2Bcret%3A` (RFC 6749 section 2.3.1).
    let basic = "authorization: Basic bWFpbCtzZXJ2ZXI6cyUyQmNyZXQlM0E=\r\n";
    assert!(asked[0].contains(basic), "{}", asked[0]);
}

#[tokio::test]
async fn good_answers_end_with_the_token_and_others_are_not_kept() {
    // It ended a moment ago, which the leeway forgives, but is not remembered for good.
    let server = Server::saying(&json!({"active": true, "sub": "demo", "exp": now() - 2}));
    let client = server.client();
    for times in 1..=2 {
        client.bearer("t", &rules()).await.unwrap();
        assert_eq!(server.times_asked(), times);
    }
    let server = Server::saying(&json!({"active": false}));
    let client = server.client();
    for times in 1..=2 {
        assert_eq!(client.bearer("t", &rules()).await, Err(Refusal::Inactive));
        assert_eq!(server.times_asked(), times);
    }
}

#[tokio::test]
async fn what_a_server_says_of_a_token_counts() {
    for (answer, why) in [
        (json!({"active": false, "sub": "demo"}), Refusal::Inactive),
        (
            json!({"active": true, "sub": "demo", "exp": 1}),
            Refusal::Expired,
        ),
        (
            json!({"active": true, "sub": "demo", "exp": "1"}),
            Refusal::Claim("exp"),
        ),
        (
            json!({"active": true, "sub": "demo", "nbf": now() + 99}),
            Refusal::NotYet,
        ),
        (json!({"active": true}), Refusal::NoName),
        (json!({"active": true, "sub": 5}), Refusal::NoName),
    ] {
        let server = Server::saying(&answer);
        let said = server.client().bearer("t", &rules()).await;
        assert_eq!(said, Err(why), "{answer}");
    }
    let mut strict = rules();
    strict.audiences = ["mail".into()].into();
    let server = Server::saying(&json!({"active": true, "sub": "demo", "aud": "web"}));
    let said = server.client().bearer("t", &strict).await;
    assert_eq!(said, Err(Refusal::Audience));
}

#[tokio::test]
async fn a_server_that_fails_is_no_verdict() {
    let at_once = Duration::ZERO;
    let good = http("200 OK", r#"{"active":true,"sub":"demo"}"#);
    let huge = format!(
        r#"{{"active":true,"sub":"demo","x":"{}"}}"#,
        "x".repeat(70_000)
    );
    let endless = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        b"1000\r\n"
            .iter()
            .chain(&[b'x'; 4096])
            .chain(b"\r\n")
            .copied()
            .collect::<Vec<u8>>()
            .repeat(64),
    ];
    let moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    for (what, answer, after) in [
        ("slow", good.clone(), Duration::from_secs(60)),
        ("gone", Vec::new(), at_once),
        ("half", good[..50].to_vec(), at_once),
        (
            "not HTTP",
            b"220 mx.example.org ESMTP\r\n".to_vec(),
            at_once,
        ),
        (
            "500",
            http("500 No", r#"{"active":true,"sub":"demo"}"#),
            at_once,
        ),
        ("401", http("401 Who", "{}"), at_once),
        ("204", http("204 None", ""), at_once),
        ("moved", moved.to_vec(), at_once),
        ("huge", http("200 OK", &huge), at_once),
        ("endless", endless.concat(), at_once),
        ("not JSON", http("200 OK", "<html>"), at_once),
        ("not an object", http("200 OK", "[true]"), at_once),
        (
            "nothing of active",
            http("200 OK", r#"{"sub":"demo"}"#),
            at_once,
        ),
        (
            "active is a word",
            http("200 OK", r#"{"active":"true","sub":"demo"}"#),
            at_once,
        ),
        (
            "active twice",
            http("200 OK", r#"{"active":false,"active":true,"sub":"a"}"#),
            at_once,
        ),
    ] {
        let server = Server::start(answer, after);
        let mut client = server.client();
        if !after.is_zero() {
            client = client.patience(Duration::from_millis(200));
        }
        let said = client.bearer("secret-token", &rules()).await;
        let why = said.expect_err(what);
        assert!(why.is_temporary(), "{what}: {why}");
        assert!(!why.to_string().contains("secret"), "{what}: {why}");
    }
    // Nobody there.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gone = Server {
        address: closed,
        asked: Arc::default(),
        open: Arc::default(),
    };
    assert!(
        gone.client()
            .bearer("t", &rules())
            .await
            .unwrap_err()
            .is_temporary()
    );
}

#[tokio::test]
async fn only_the_server_of_the_name_is_asked() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let answer = http("200 OK", r#"{"active":true,"sub":"demo"}"#);
    let server = Server::start_on(answer, Duration::ZERO, move |tcp| {
        let connection = ServerConnection::new(config.clone()).unwrap();
        Box::new(StreamOwned::new(connection, tcp))
    });
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ask = async |host: &str, certificate: &rcgen::Certificate| {
        let roots = folder.path().join("roots.pem");
        std::fs::write(&roots, certificate.pem()).unwrap();
        let client = Introspection::new(&Settings {
            url: format!("https://{host}:{}/introspect", server.address.port()),
            client: None,
            roots: Some(roots),
        });
        client.unwrap().bearer("t", &rules()).await
    };
    let known = ask("localhost", &made.cert).await.unwrap();
    assert_eq!(&*known.name, "demo@example.org");
    for (host, certificate) in [("localhost", &stranger.cert), ("127.0.0.1", &made.cert)] {
        let why = ask(host, certificate).await.unwrap_err();
        assert!(why.to_string().contains("fails in TLS"), "{why}");
    }
    assert_eq!(server.times_asked(), 1);
}

#[tokio::test]
async fn questions_take_turns() {
    let good = http("200 OK", r#"{"active":true,"sub":"demo"}"#);
    let server = Server::start(good, Duration::from_millis(20));
    let client = Arc::new(server.client());
    let ask = |number: usize| {
        let client = client.clone();
        tokio::spawn(async move { client.bearer(&format!("t{number}"), &rules()).await })
    };
    for one in (0..60).map(ask).collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    assert_eq!(server.times_asked(), 60);
    let (_, most) = *server.open.lock().unwrap();
    assert!(most <= 16, "{most} at once");
}

#[test]
fn only_sound_urls_are_asked() {
    for (url, sound) in [
        ("https://id.example.org/introspect", true),
        ("http://127.0.0.1:8080/", true),
        ("http://[::1]:8080/x", true),
        ("http://localhost/x", true),
        ("http://id.example.org/introspect", false),
        ("http://127.0.0.1.example.org/", false),
        ("http://10.0.0.1/", false),
        ("https://user:pass@id.example.org/", false),
        ("https://id.example.org/#x", false),
        ("ftp://id.example.org/", false),
        ("/introspect", false),
        ("", false),
        ("https://id example/", false),
    ] {
        let settings = Settings {
            url: url.into(),
            client: None,
            roots: Some(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/none.pem").into()),
        };
        let wrong = match Introspection::new(&settings) {
            Ok(_) => None,
            Err(mistake) => Some(mistake.flag),
        };
        // Certificates are looked for only where they are of use.
        let wanted = match url.starts_with("https") && sound {
            true => Some("--oauth-ca".to_owned()),
            false => (!sound).then(|| "--oauth-introspection".to_owned()),
        };
        let roots_first = url.starts_with("https:") && wrong.as_deref() == Some("--oauth-ca");
        assert!(wrong == wanted || roots_first, "{url}: {wrong:?}");
    }
}

#[test]
fn the_memory_is_bounded_and_forgets() {
    let begun = Instant::now();
    let later = |seconds| begun + Duration::from_secs(seconds);
    let mut memory = Memory::new(100);
    memory.put("kept", later(60), 0);
    for number in 1..10_000 {
        memory.put(&format!("t{number}"), later(60), number);
        assert_eq!(memory.get("kept", begun), Some(0), "{number}");
        assert!(memory.len() <= 101, "{}", memory.len());
    }
    assert_eq!(memory.get("t9999", later(59)), Some(9999));
    assert_eq!(memory.get("t9999", later(60)), None);
    assert_eq!(memory.get("t1", begun), None);
    assert!(!format!("{memory:?}").contains("kept"));
}
