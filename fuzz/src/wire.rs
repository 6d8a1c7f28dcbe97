//! PROXY headers and SASL exchanges.

use std::sync::LazyLock;

use wire_core::{
    Entropy, TlsInfo,
    proxy::{self as header, Parsed},
    sasl::{
        Answer, Context, Decoy, Exchange, Mechanism, Nonces, Request, ScramHash, Secret, Step,
        StoredKeys, line,
    },
};

/// A header is found at its last octet and not before, what follows changes nothing, and nobody is
/// told to read past it.
pub fn proxy(data: &[u8]) {
    let whole = header::parse(data);
    for length in 0..data.len().min(2 * header::LIMIT) {
        match (header::parse(&data[..length]), &whole) {
            (Ok(Parsed::Header(found)), whole) => {
                assert!(found.length <= length);
                assert_eq!(whole, &Ok(Parsed::Header(found)), "what follows changed it");
            }
            (Ok(Parsed::More(more)), Ok(Parsed::Header(found))) => {
                assert!(more > 0, "nothing more is wanted");
                assert!(length + more <= found.length, "would read past the header");
            }
            (Ok(Parsed::More(more)), _) => {
                assert!(more > 0 && length < header::LIMIT, "no end of it");
            }
            (Err(first), whole) => {
                assert!(first.at <= length);
                assert!(whole.is_err(), "more octets made it right");
                return;
            }
        }
    }
}

const MECHANISMS: [Mechanism; 11] = [
    Mechanism::Plain,
    Mechanism::Login,
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha1,
    Mechanism::OauthBearer,
    Mechanism::Xoauth2,
    Mechanism::External,
    Mechanism::CramMd5,
    Mechanism::Anonymous,
];

/// Lines of one exchange, and the application's answers. Nobody gets in whom the application did
/// not let in, nobody acts as another without its word, nobody comes back after the end, and PLAIN
/// is read as its grammar has it.
pub fn sasl(data: &[u8]) {
    let Some((&[choice, answers], data)) = data.split_first_chunk() else {
        return;
    };
    let mechanism = MECHANISMS[usize::from(choice >> 1) % MECHANISMS.len()];
    let mut responses = data.split(|octet| *octet == b'\n');
    let initial = (choice & 1 != 0).then(|| responses.next().unwrap_or_default());
    let tls = TlsInfo::default()
        .exporter([5; 32])
        .client_certificate((&b"DER"[..]).into());
    let (mut nonces, decoy) = (Nonces::new(Entropy([7; 32])), Decoy::new([9; 32]));
    let context = Context::new(&mut nonces, "host.example")
        .tls(Some(&tls))
        .decoy(Some(&decoy));
    let (mut exchange, mut step) = Exchange::start(mechanism, initial, context);
    if let (Mechanism::Plain, Some(message), Step::Ask(request)) = (mechanism, initial, &step)
        && message.is_ascii()
    {
        let parts: Vec<_> = message.splitn(3, |octet| *octet == 0).collect();
        let Request::Password { user, password } = request else {
            panic!("{request:?}")
        };
        assert_eq!([user.as_bytes(), password.expose()], [parts[1], parts[2]]);
    }
    let mut granted = 0;
    for round in 0u8.. {
        step = match step {
            Step::Challenge(challenge) => {
                let sent = line::challenge(&challenge);
                let back = line::reply(sent.as_bytes());
                assert!(matches!(back, Ok(line::Reply::Data(same)) if same.verify(&challenge)));
                match responses.next() {
                    Some(response) => exchange.respond(response),
                    None => return,
                }
            }
            Step::Ask(request) => {
                judge(&request);
                let answer = answer(&request, answers.rotate_right(3 * u32::from(round % 2)));
                granted += u8::from(!matches!(answer, Answer::Deny));
                exchange.answer(answer)
            }
            Step::Done { identity, .. } => {
                assert!(granted > 0, "in without a grant");
                assert!(
                    identity.authzid.is_none() || granted > 1,
                    "acts without a grant"
                );
                assert_eq!(identity.mechanism, Some(mechanism));
                break;
            }
            Step::Fail(_) => break,
        };
    }
    assert!(
        matches!(exchange.respond(data), Step::Fail(_)),
        "it goes on after its end"
    );
    assert!(
        matches!(exchange.answer(Answer::Grant), Step::Fail(_)),
        "it goes on after its end"
    );
}

/// What reaches the application is sound, and shows no secret.
fn judge(request: &Request) {
    let sound = |name: &str| !name.is_empty() && !name.contains(char::is_control);
    match request {
        Request::Password { user, password } => {
            assert!(sound(user) && !password.expose().is_empty());
            assert!(!format!("{request:?}").contains("password: \""));
        }
        Request::StoredKeys { user, .. } | Request::SharedSecret { user, .. } => {
            assert!(sound(user));
        }
        Request::Token { user, token, .. } => {
            assert!(user.as_deref().is_none_or(sound));
            assert!(token.expose().is_ascii() && !token.expose().is_empty());
        }
        Request::ActAs { user, authzid } => assert_ne!(user, authzid),
        _ => {}
    }
}

fn answer(request: &Request, choice: u8) -> Answer {
    match (request, choice & 7) {
        (_, 0) => Answer::Deny,
        (_, 1) => Answer::GrantAs("somebody".into()),
        (Request::StoredKeys { hash, .. }, _) => Answer::Keys {
            user: None,
            keys: vec![keys(*hash)],
        },
        (Request::SharedSecret { .. }, _) => Answer::Secrets {
            user: None,
            secrets: vec![Secret::from(&b"pencil"[..])],
        },
        _ => Answer::Grant,
    }
}

/// Derived once: it takes milliseconds.
fn keys(hash: ScramHash) -> StoredKeys {
    static KEYS: LazyLock<[(ScramHash, String); 2]> = LazyLock::new(|| {
        [ScramHash::Sha1, ScramHash::Sha256].map(|hash| {
            let keys = StoredKeys::derive(hash, "pencil", b"salt", 4096).unwrap();
            (hash, keys.to_text())
        })
    });
    let (_, text) = KEYS.iter().find(|(known, _)| *known == hash).unwrap();
    text.parse().unwrap()
}
