//! What a token must say, signed as it should be.

use serde_json::{Value, json};

use super::{Bearer, NOW, Refusal, Signer, claims, judge, keys, rules};
use crate::{
    store::Scopes,
    tokens::{claims::Claims, rules::Rules},
};

fn identify(rules: &Rules, claims: &str) -> Result<Bearer, Refusal> {
    rules.identify(&Claims::read(claims.as_bytes())?, NOW)
}

fn says(but: Value) -> Result<String, Refusal> {
    identify(&rules(), &claims(but)).map(|bearer| bearer.name.into())
}

#[test]
fn times_are_kept_with_a_little_leeway() {
    for (times, why) in [
        (json!({"exp": NOW + 1}), None),
        (json!({"exp": NOW - 29}), None),
        (json!({"exp": NOW - 30}), Some(Refusal::Expired)),
        (json!({"exp": 0}), Some(Refusal::Expired)),
        (json!({"exp": NOW as f64 + 0.5}), None),
        (json!({"exp": 9e15}), None),
        (json!({"nbf": NOW + 30}), None),
        (json!({"nbf": NOW + 31}), Some(Refusal::NotYet)),
        (json!({"exp": null}), Some(Refusal::Claim("exp"))),
        (json!({"exp": "1999999999"}), Some(Refusal::Claim("exp"))),
        (json!({"exp": true}), Some(Refusal::Claim("exp"))),
        (json!({"exp": [NOW]}), Some(Refusal::Claim("exp"))),
        (json!({"exp": -1}), Some(Refusal::Claim("exp"))),
        (json!({"exp": 1e300}), Some(Refusal::Claim("exp"))),
        (json!({"exp": u64::MAX}), Some(Refusal::Claim("exp"))),
        (json!({"nbf": "0"}), Some(Refusal::Claim("nbf"))),
        (json!({"nbf": {}}), Some(Refusal::Claim("nbf"))),
        (json!({"nbf": null}), None),
    ] {
        assert_eq!(says(times.clone()).err(), why, "{times}");
    }
    let beyond = claims(json!({})).replace(&(NOW + 300).to_string(), "1e999");
    assert_eq!(identify(&rules(), &beyond), Err(Refusal::Claims));
}

#[test]
fn issuer_and_audience_are_ours() {
    for (whom, why) in [
        (json!({"aud": "imap"}), None),
        (json!({"aud": ["web", "mail"]}), None),
        (json!({"aud": "web"}), Some(Refusal::Audience)),
        (json!({"aud": ["web", "chat"]}), Some(Refusal::Audience)),
        (json!({"aud": "mail "}), Some(Refusal::Audience)),
        (json!({"aud": "MAIL"}), Some(Refusal::Audience)),
        (json!({"aud": []}), Some(Refusal::Claim("aud"))),
        (json!({"aud": null}), Some(Refusal::Claim("aud"))),
        (json!({"aud": ["mail", 5]}), Some(Refusal::Claim("aud"))),
        (json!({"aud": {"mail": true}}), Some(Refusal::Claim("aud"))),
        (
            json!({"iss": "https://id.example.org/"}),
            Some(Refusal::Issuer),
        ),
        (json!({"iss": null}), Some(Refusal::Claim("iss"))),
        (
            json!({"iss": ["https://id.example.org"]}),
            Some(Refusal::Claim("iss")),
        ),
        (json!({"iss": ""}), Some(Refusal::Claim("iss"))),
    ] {
        assert_eq!(says(whom.clone()).err(), why, "{whom}");
    }
}

#[test]
fn the_first_claim_that_is_there_names_the_account() {
    for (named, name) in [
        (json!({}), Ok("demo@example.org")),
        (json!({"email": "Demo@Example.ORG"}), Ok("demo@example.org")),
        (json!({"email": "demo"}), Ok("demo@example.org")),
        (json!({"email": null}), Ok("4711@example.org")),
        (json!({"email_verified": true}), Ok("demo@example.org")),
        (json!({"email_verified": false}), Err(Refusal::Unverified)),
        (json!({"email_verified": "true"}), Err(Refusal::Unverified)),
        (
            json!({"email": null, "email_verified": false}),
            Ok("4711@example.org"),
        ),
        (json!({"email": ""}), Err(Refusal::NoName)),
        (json!({"email": 5}), Err(Refusal::NoName)),
        (json!({"email": ["demo@example.org"]}), Err(Refusal::NoName)),
        (json!({"email": "a\u{7}b"}), Err(Refusal::NoName)),
        (json!({"email": null, "sub": null}), Err(Refusal::NoName)),
    ] {
        assert_eq!(says(named.clone()), name.map(String::from), "{named}");
    }
}

#[test]
fn no_claim_may_come_twice() {
    let good = claims(json!({}));
    for twice in [
        r#""email":"boss@example.org","#,
        r#""exp":1,"#,
        r#""x":1,"x":1,"#,
    ] {
        let forged = good.replacen('{', &format!("{{{twice}"), 1);
        assert_eq!(identify(&rules(), &forged), Err(Refusal::Claims), "{twice}");
    }
    let signer = Signer::p256();
    let forged = good.replacen('{', r#"{"sub":"1","#, 1);
    let token = signer.token(&json!({"alg": "ES256"}), &forged);
    assert_eq!(
        judge(&token, &keys(&[signer.jwk("k")])),
        Err(Refusal::Claims)
    );
    for json in ["", "[]", "5", "null", "{", r#"{"a":1}x"#, "\u{feff}{}"] {
        assert_eq!(identify(&rules(), json), Err(Refusal::Claims), "{json}");
    }
}

#[test]
fn each_service_has_its_scopes() {
    let mut rules = rules();
    rules.scopes = [
        (Scopes::ALL, "mail".into()),
        (Scopes::IMAP, "imap.read".into()),
    ]
    .into();
    for (scopes, imap, pop3) in [
        (json!({"scope": "openid mail imap.read"}), None, None),
        (json!({"scope": "mail"}), Some("imap.read"), None),
        (json!({"scp": ["mail", "imap.read"]}), None, None),
        (json!({"scp": "mail imap.read"}), None, None),
        (
            json!({"scope": "mailbox imap.read"}),
            Some("mail"),
            Some("mail"),
        ),
        (json!({"scope": "MAIL"}), Some("mail"), Some("mail")),
        (json!({"scope": ""}), Some("mail"), Some("mail")),
        (json!({}), Some("mail"), Some("mail")),
    ] {
        let bearer = identify(&rules, &claims(scopes.clone())).unwrap();
        let lacks = |scope: &str| Err(Refusal::Scope(scope.into()));
        for (service, lacking) in [(Scopes::IMAP, imap), (Scopes::POP3, pop3)] {
            let wanted = lacking.map_or(Ok(()), lacks);
            assert_eq!(rules.allow(&bearer, service), wanted, "{scopes}");
        }
    }
    assert_eq!(rules.scope_for(Scopes::IMAP).unwrap(), "mail imap.read");
    assert_eq!(rules.scope_for(Scopes::POP3).unwrap(), "mail");
    let wrong = identify(&rules, &claims(json!({"scope": 5})));
    assert_eq!(wrong, Err(Refusal::Claim("scope")));
}
