//! OAUTHBEARER and XOAUTH2 against the server, over SMTP, IMAP and POP3.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::{
    fs,
    net::TcpListener,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};
use support::{Client, Server};

const ISSUER: &str = "https://id.example.org";

/// Who gives tokens.
struct Issuer(Ed25519KeyPair);

impl Issuer {
    fn new() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Issuer(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
    }

    fn write_keys(&self, path: &Path) {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": x});
        fs::write(path, json!({ "keys": [jwk] }).to_string()).unwrap();
    }

    /// A token for an address, that says this besides.
    fn token(&self, email: &str, but: Value) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut claims = json!({
            "iss": ISSUER, "aud": "mail", "email": email, "scope": "mail",
            "exp": now.as_secs() + 600,
        });
        for (name, value) in but.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({"alg": "EdDSA", "kid": "1"}).to_string();
        let signed = [header, claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = signed.join(".");
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn flags(jwks: &Path) -> Vec<&str> {
    vec![
        "--oauth-jwks",
        jwks.to_str().unwrap(),
        "--oauth-issuer",
        ISSUER,
        "--oauth-audience",
        "mail",
        "--oauth-scope",
        "mail",
        "--oauth-scope",
        "submission=mail.send",
        "--oauth-openid-configuration",
        "https://id.example.org/.well-known/openid-configuration",
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Protocol {
    Smtp,
    Imap,
    Pop3,
}

use Protocol::{Imap, Pop3, Smtp};

impl Protocol {
    fn open(self, server: &Server) -> Client {
        let (port, greeting) = match self {
            Smtp => ("smtps", "220 "),
            Imap => ("imaps", "* OK"),
            Pop3 => ("pop3s", "+OK"),
        };
        let mut client = server.tls(server.connect(port));
        client.until(greeting);
        if self == Smtp {
            client.say("EHLO client.example", "250 ");
        }
        client
    }

    fn command(self) -> &'static str {
        match self {
            Smtp | Pop3 => "AUTH",
            Imap => "a AUTHENTICATE",
        }
    }

    /// What stands before a challenge.
    fn challenge(self) -> &'static str {
        match self {
            Smtp => "334 ",
            Imap | Pop3 => "+ ",
        }
    }
}

/// What a client hears: the error that it may read first, and the reply.
fn hear(protocol: Protocol, client: &mut Client, mechanism: &str) -> (Option<Value>, String) {
    let line = client.line();
    let Some(challenge) = line.strip_prefix(protocol.challenge()) else {
        return (None, line);
    };
    let error = serde_json::from_slice(&STANDARD.decode(challenge).unwrap()).unwrap();
    let dummy = if mechanism == "XOAUTH2" { "" } else { "AQ==" };
    client.send(&format!("{dummy}\r\n"));
    (Some(error), client.line())
}

fn message(mechanism: &str, user: &str, token: &str) -> String {
    STANDARD.encode(match mechanism {
        "XOAUTH2" => format!("user={user}\x01auth=Bearer {token}\x01\x01"),
        _ if user.is_empty() => format!("n,,\x01auth=Bearer {token}\x01\x01"),
        _ => format!("n,a={user},\x01host=localhost\x01auth=Bearer {token}\x01\x01"),
    })
}

/// A login with an initial response.
fn log_in(
    server: &Server,
    protocol: Protocol,
    mechanism: &str,
    user: &str,
    token: &str,
) -> (Option<Value>, String) {
    let mut client = protocol.open(server);
    let message = message(mechanism, user, token);
    client.send(&format!("{} {mechanism} {message}\r\n", protocol.command()));
    hear(protocol, &mut client, mechanism)
}

#[test]
fn a_token_is_as_good_as_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let (jwks, issuer) = (folder.path().join("jwks.json"), Issuer::new());
    issuer.write_keys(&jwks);
    let server = Server::start_logging(&flags(&jwks));
    let scopes = json!({"scope": "openid mail mail.send"});
    let token = issuer.token("Demo@example.org", scopes.clone());
    // Longer than any other command before login may be.
    let mut more = scopes;
    more["groups"] = "g".repeat(5_500).into();
    let long = issuer.token("demo@example.org", more);
    for (protocol, welcome) in [(Smtp, "235 2.7.0"), (Imap, "a OK"), (Pop3, "+OK")] {
        for (mechanism, user) in [
            ("OAUTHBEARER", "demo@example.org"),
            ("OAUTHBEARER", ""),
            ("XOAUTH2", "demo@example.org"),
        ] {
            let (error, reply) = log_in(&server, protocol, mechanism, user, &token);
            assert_eq!(error, None);
            assert!(
                reply.starts_with(welcome),
                "{protocol:?} {mechanism}: {reply}"
            );
        }
        let (_, reply) = log_in(&server, protocol, "OAUTHBEARER", "", &long);
        assert!(reply.starts_with(welcome), "{protocol:?}: {reply}");
        // Without an initial response, and with a token as long.
        let mut client = protocol.open(&server);
        let begin = format!("{} XOAUTH2", protocol.command());
        client.say(&begin, protocol.challenge());
        client.send(&format!(
            "{}\r\n",
            message("XOAUTH2", "demo@example.org", &long)
        ));
        assert!(client.line().starts_with(welcome), "{protocol:?}");
    }
    let log = server.stop_and_read_log();
    assert_eq!(log.matches("token accepted").count(), 15, "{log}");
    for token in [token, long] {
        assert!(!token.split('.').any(|part| log.contains(part)), "{log}");
    }
}

#[test]
fn a_token_that_is_refused_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (jwks, issuer) = (folder.path().join("jwks.json"), Issuer::new());
    issuer.write_keys(&jwks);
    let mut flags = flags(&jwks);
    flags.extend(["--max-login-delay", "off"]);
    flags.extend(["--account", "demo@example.org:demo"]);
    flags.extend(["--account", "other@example.org:other"]);
    let server = Server::start_logging(&flags);
    let both = json!({"scope": "mail mail.send"});
    let with = |name: &str, value: Value| {
        let mut claims = both.clone();
        claims[name] = value;
        issuer.token("demo@example.org", claims)
    };
    let forged = Issuer::new().token("demo@example.org", both.clone());
    let denied = ["535 5.7.8", "a NO [AUTHENTICATIONFAILED]", "-ERR [AUTH]"];
    let expired = ["535 5.7.8", "a NO [EXPIRED]", "-ERR [AUTH]"];
    let cases = [
        ("its signature is wrong", forged, "invalid_token", denied),
        (
            "it has expired",
            with("exp", json!(1)),
            "invalid_token",
            expired,
        ),
        (
            "it is meant for somebody else",
            with("aud", json!("web")),
            "invalid_token",
            denied,
        ),
        (
            "it is of another issuer",
            with("iss", json!("https://evil")),
            "invalid_token",
            denied,
        ),
        (
            "it is not a signed JWT",
            "opaque".to_owned(),
            "invalid_token",
            denied,
        ),
        (
            "its account does not exist here",
            issuer.token("nobody@example.org", both.clone()),
            "invalid_token",
            denied,
        ),
        (
            "it lacks the scope",
            issuer.token("demo@example.org", json!({"scope": "openid"})),
            "insufficient_scope",
            denied,
        ),
    ];
    let scopes = ["mail mail.send", "mail", "mail"];
    for (_, token, status, replies) in &cases {
        for ((protocol, wanted), scope) in [Smtp, Imap, Pop3].iter().zip(replies).zip(scopes) {
            let (error, reply) = log_in(&server, *protocol, "OAUTHBEARER", "", token);
            let openid = "https://id.example.org/.well-known/openid-configuration";
            let told = json!({"status": status, "scope": scope, "openid-configuration": openid});
            assert_eq!(error, Some(told));
            assert!(reply.starts_with(wanted), "{protocol:?}: {reply}");
        }
    }
    // Somebody else's token, whoever they say they are; and a scope that is for another service.
    let own = issuer.token("demo@example.org", json!({"scope": "mail"}));
    let (error, reply) = log_in(&server, Imap, "XOAUTH2", "other@example.org", &own);
    assert_eq!(error, Some(json!({"status": "401", "schemes": "bearer"})));
    assert!(reply.starts_with("a NO [AUTHENTICATIONFAILED]"), "{reply}");
    let (error, _) = log_in(&server, Smtp, "XOAUTH2", "demo@example.org", &own);
    assert_eq!(error.unwrap()["status"], "403");
    let (_, reply) = log_in(&server, Pop3, "XOAUTH2", "demo@example.org", &own);
    assert!(reply.starts_with("+OK"), "{reply}");
    let log = server.stop_and_read_log();
    for (why, token, ..) in &cases {
        assert!(
            log.matches(&format!("why={why}")).count() >= 3,
            "{why}: {log}"
        );
        let secret = token.rsplit('.').next().unwrap();
        assert!(secret == "opaque" || !log.contains(secret), "{log}");
    }
}

#[test]
fn a_server_that_cannot_be_asked_is_no_refusal() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{closed}/introspect");
    let server = Server::start_logging(&["--oauth-introspection", &url]);
    for (protocol, later) in [
        (Smtp, "454 4.7.0"),
        (Imap, "a NO [UNAVAILABLE]"),
        (Pop3, "-ERR [SYS/TEMP]"),
    ] {
        let (error, reply) = log_in(&server, protocol, "OAUTHBEARER", "", "some-token");
        assert_eq!(error, None);
        assert!(reply.starts_with(later), "{protocol:?}: {reply}");
    }
    let log = server.stop_and_read_log();
    let why = "token not verified why=the introspection server cannot be reached";
    assert_eq!(log.matches(why).count(), 3, "{log}");
    assert!(!log.contains("some-token"), "{log}");
}

#[test]
fn tokens_are_asked_for_inside_tls_and_where_they_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (jwks, issuer) = (folder.path().join("jwks.json"), Issuer::new());
    issuer.write_keys(&jwks);
    let offers = |server: &Server| {
        let mut submission = server.connect("submission");
        submission.until("220 ");
        let mut imap = server.connect("imap");
        let mut pop3 = server.connect("pop3");
        pop3.until("+OK");
        let all = [
            submission.ask("EHLO client.example", "250 ").join("\n"),
            imap.until("* OK"),
            pop3.listing("CAPA").join("\n"),
        ];
        all.map(|lines| lines.contains("OAUTHBEARER") && lines.contains("XOAUTH2"))
    };
    let inside = |server: &Server| {
        let mut smtp = server.tls(server.connect("smtps"));
        smtp.until("220 ");
        let mut imap = server.tls(server.connect("imaps"));
        let mut pop3 = server.tls(server.connect("pop3s"));
        pop3.until("+OK");
        let all = [
            smtp.ask("EHLO client.example", "250 ").join("\n"),
            imap.until("* OK"),
            pop3.listing("CAPA").join("\n"),
        ];
        all.map(|lines| lines.contains("OAUTHBEARER") && lines.contains("XOAUTH2"))
    };
    let server = Server::start(&flags(&jwks));
    assert_eq!((offers(&server), inside(&server)), ([false; 3], [true; 3]));
    let token = issuer.token("demo@example.org", json!({"scope": "mail mail.send"}));
    let mut imap = server.connect("imap");
    imap.until("* OK");
    let login = format!(
        "a AUTHENTICATE OAUTHBEARER {}",
        message("OAUTHBEARER", "", &token)
    );
    imap.say(&login, "a NO [PRIVACYREQUIRED]");

    let server = Server::start(&[]);
    assert_eq!((offers(&server), inside(&server)), ([false; 3], [false; 3]));
    let (_, reply) = log_in(&server, Smtp, "OAUTHBEARER", "", &token);
    assert!(reply.starts_with("504 5.5.4"), "{reply}");

    let mut careless = flags(&jwks);
    careless.push("--allow-plaintext-auth");
    let server = Server::start(&careless);
    assert_eq!((offers(&server), inside(&server)), ([true; 3], [true; 3]));
}

#[test]
fn responses_that_are_too_long_are_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let (jwks, issuer) = (folder.path().join("jwks.json"), Issuer::new());
    issuer.write_keys(&jwks);
    let server = Server::start(&flags(&jwks));
    for (protocol, too_long, next, welcome) in [
        (Smtp, "500 5.5.6", "NOOP", "250 "),
        (Imap, "a BAD [TOOBIG]", "b NOOP", "b OK"),
        (Pop3, "-ERR Authentication broken off", "CAPA", "+OK"),
    ] {
        let mut client = protocol.open(&server);
        let begin = format!("{} OAUTHBEARER", protocol.command());
        client.say(&begin, protocol.challenge());
        let reply = client.say(&"A".repeat(13_000), "");
        assert!(reply.starts_with(too_long), "{protocol:?}: {reply}");
        client.say(next, welcome);
    }
}
