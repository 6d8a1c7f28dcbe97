//! PROXY headers and SASL exchanges.

use wire_core::{
    proxy::{self as header, Parsed},
    sasl::{Answer, Exchange, Mechanism, Request, Step, line},
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

/// Lines of one exchange, and the application's answers. Nobody gets in without a `Grant`, nobody
/// comes back after the end, and PLAIN is read as its grammar has it.
pub fn sasl(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let mechanism = [Mechanism::Plain, Mechanism::Login][usize::from(choice & 1)];
    let mut responses = data.split(|octet| *octet == b'\n');
    let initial = (choice & 2 != 0).then(|| responses.next().unwrap_or_default());
    let (mut exchange, mut step) = Exchange::start(mechanism, initial);
    let mut granted = 0;
    if let (Mechanism::Plain, Some(message), Step::Ask(request)) = (mechanism, initial, &step) {
        let parts: Vec<_> = message.splitn(3, |octet| *octet == 0).collect();
        let Request::Password { user, password } = request else {
            panic!("{request:?}")
        };
        assert_eq!([user.as_bytes(), password.expose()], [parts[1], parts[2]]);
    }
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
                match &request {
                    Request::Password { user, password } => {
                        assert!(!user.is_empty() && !user.contains(char::is_control));
                        assert!(!password.expose().is_empty());
                        assert!(!format!("{request:?}").contains("password: \""));
                    }
                    Request::ActAs { user, authzid } => assert_ne!(user, authzid),
                    _ => {}
                }
                let yes = choice >> (2 + round % 4) & 1 == 0;
                granted += u8::from(yes);
                exchange.answer(if yes { Answer::Grant } else { Answer::Deny })
            }
            Step::Done { identity, .. } => {
                assert!(granted > 0, "in without a grant");
                assert!(
                    identity.authzid.is_none() || granted > 1,
                    "acts without a grant"
                );
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
