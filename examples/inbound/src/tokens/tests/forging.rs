//! Tokens that were not signed by the issuer, or not as it signs.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::{Refusal, Signer, base64url, claims, judge, keys};

#[test]
fn a_token_is_good_by_every_algorithm_of_its_key() {
    for (signer, algorithms) in [
        (Signer::rsa(), &["RS256", "PS256"][..]),
        (Signer::p256(), &["ES256"]),
        (Signer::ed25519(), &["EdDSA", "Ed25519"]),
    ] {
        let keys = keys(&[signer.jwk("k")]);
        for algorithm in algorithms {
            for header in [
                json!({"alg": algorithm, "kid": "k", "typ": "JWT"}),
                json!({"alg": algorithm, "typ": "application/at+jwt"}),
                json!({"alg": algorithm, "jku": "https://evil.example", "jwk": {}}),
            ] {
                let bearer = judge(&signer.token(&header, &claims(json!({}))), &keys);
                assert_eq!(&*bearer.unwrap().name, "demo@example.org", "{header}");
            }
        }
    }
}

#[test]
fn what_the_issuer_did_not_sign_is_refused() {
    let (rsa, stranger) = (Signer::rsa(), Signer::ed25519());
    let jwk = rsa.jwk("k");
    let good = rsa.token(&json!({"alg": "RS256", "kid": "k"}), &claims(json!({})));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let other = base64url(claims(json!({"email": "boss@example.org"})));
    let none = base64url(r#"{"alg":"none","kid":"k"}"#);
    let body = base64url(claims(json!({})));
    // The public key as the secret of HMAC: its modulus, and the file as it is.
    let hmac = |secret: &[u8]| {
        let signed = format!("{}.{body}", base64url(r#"{"alg":"HS256","kid":"k"}"#));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", base64url(mac.finalize().into_bytes()))
    };
    let as_if = |algorithm| {
        let header = base64url(json!({"alg": algorithm, "kid": "k"}).to_string());
        format!("{header}.{body}.{signature}")
    };
    let mut flipped = rsa.sign("RS256", signed.as_bytes());
    flipped[17] ^= 1;
    for (what, token, why) in [
        (
            "no signature",
            format!("{none}.{body}."),
            Refusal::Algorithm,
        ),
        (
            "none, signed",
            format!("{none}.{body}.{signature}"),
            Refusal::Algorithm,
        ),
        (
            "NONE",
            format!("{}.{body}.", base64url(r#"{"alg":"NONE"}"#)),
            Refusal::Algorithm,
        ),
        (
            "HMAC with the modulus",
            hmac(jwk["n"].as_str().unwrap().as_bytes()),
            Refusal::Algorithm,
        ),
        (
            "HMAC with the key",
            hmac(jwk.to_string().as_bytes()),
            Refusal::Algorithm,
        ),
        ("HMAC with nothing", hmac(b""), Refusal::Algorithm),
        ("rs256", as_if("rs256"), Refusal::Algorithm),
        (
            "as if by another padding",
            as_if("PS256"),
            Refusal::Signature,
        ),
        (
            "as if by another digest",
            as_if("RS512"),
            Refusal::Signature,
        ),
        ("as if by a curve", as_if("ES256"), Refusal::UnknownKey),
        (
            "other claims",
            format!("{header}.{other}.{signature}"),
            Refusal::Signature,
        ),
        (
            "one bit",
            format!("{signed}.{}", base64url(flipped)),
            Refusal::Signature,
        ),
        (
            "an empty signature",
            format!("{signed}."),
            Refusal::Signature,
        ),
        (
            "half a signature",
            format!("{signed}.{}", &signature[..100]),
            Refusal::Signature,
        ),
        (
            "a stranger's key by the name",
            stranger.token(&json!({"alg": "EdDSA", "kid": "k"}), &claims(json!({}))),
            Refusal::UnknownKey,
        ),
        (
            "no such key",
            rsa.token(&json!({"alg": "RS256", "kid": "K"}), &claims(json!({}))),
            Refusal::UnknownKey,
        ),
    ] {
        assert_eq!(
            judge(&token, &keys(std::slice::from_ref(&jwk))),
            Err(why),
            "{what}"
        );
    }
}

#[test]
fn headers_are_read_strictly() {
    let signer = Signer::ed25519();
    let keys = keys(&[signer.jwk("k")]);
    for (header, why) in [
        (json!({"kid": "k"}), Refusal::Algorithm),
        (json!({"alg": 5}), Refusal::Algorithm),
        (json!({"alg": ["EdDSA"]}), Refusal::Algorithm),
        (json!({"alg": "EdDSA", "kid": 5}), Refusal::Claim("kid")),
        (
            json!({"alg": "EdDSA", "crit": ["exp"], "exp": 1}),
            Refusal::Header,
        ),
        (
            json!({"alg": "EdDSA", "crit": ["b64"], "b64": false}),
            Refusal::Header,
        ),
        // Signed by the same key, for something else (RFC 8725 section 3.11).
        (
            json!({"alg": "EdDSA", "typ": "logout+jwt"}),
            Refusal::Header,
        ),
        (json!({"alg": "EdDSA", "typ": 1}), Refusal::Header),
    ] {
        let token = signer.token(&header, &claims(json!({})));
        assert_eq!(judge(&token, &keys), Err(why), "{header}");
    }
    let twice = base64url(r#"{"alg":"none","alg":"EdDSA"}"#);
    let token = format!("{twice}.{}.{}", base64url("{}"), base64url([0; 64]));
    assert_eq!(judge(&token, &keys), Err(Refusal::NoToken));
}

#[test]
fn what_is_no_token_is_refused_however_long() {
    let signer = Signer::ed25519();
    let keys = keys(&[signer.jwk("k")]);
    let good = signer.token(&json!({"alg": "EdDSA"}), &claims(json!({})));
    assert!(judge(&good, &keys).is_ok());
    // Cut anywhere, it is refused, and nothing else happens.
    for end in 0..good.len() {
        assert!(judge(&good[..end], &keys).is_err(), "{end}");
    }
    let deep = format!(
        "{}.{}.",
        base64url("[".repeat(6000)),
        base64url("{".repeat(6000))
    );
    for token in [
        String::new(),
        ".".into(),
        "..".into(),
        "....".into(),
        "opaque".into(),
        format!("{good}="),
        format!("{good}.{good}"),
        format!(" {good}"),
        good.replace('.', ".."),
        "x".repeat(12_000),
        "a.".repeat(6_000),
        deep,
    ] {
        assert_eq!(judge(&token, &keys), Err(Refusal::NoToken));
    }
    let huge = claims(json!({"padding": "x".repeat(1 << 20)}));
    assert!(judge(&signer.token(&json!({"alg": "EdDSA"}), &huge), &keys).is_ok());
}

proptest::proptest! {
    /// Whatever one octet of a good token becomes, it is the same token or none.
    #[test]
    fn no_octet_of_a_token_may_change(at in 0usize..4096, to in 0x21u8..0x7f) {
        let signer = Signer::ed25519();
        let keys = keys(&[signer.jwk("k")]);
        let good = signer.token(&json!({"alg": "EdDSA"}), &claims(json!({})));
        let mut octets = good.clone().into_bytes();
        let at = at % octets.len();
        octets[at] = to;
        let changed = String::from_utf8(octets).unwrap();
        proptest::prop_assert_eq!(judge(&changed, &keys).is_ok(), changed == good);
    }

    /// Nothing that is not a token makes the reader fail.
    #[test]
    fn any_text_is_read(text in "[-A-Za-z0-9_.=+/~]{0,200}", header in ".{0,60}") {
        let keys = keys(&[Signer::ed25519().jwk("k")]);
        proptest::prop_assert!(judge(&text, &keys).is_err());
        let token = format!("{}.{}.{text}", base64url(header), base64url(text.as_bytes()));
        proptest::prop_assert!(judge(&token, &keys).is_err());
    }
}
