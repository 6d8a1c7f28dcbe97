//! Keys in a file, and which of them a token may choose.

use std::{fs, time::Duration};

use serde_json::{Value, json};

use super::{Keys, Refusal, Signer, claims, judge, keys};
use crate::tokens::{jwt::Unverified, key_file::KeyFile};

fn token(signer: &Signer, kid: Option<&str>) -> String {
    let mut header = json!({"alg": "ES256"});
    if let Some(kid) = kid {
        header["kid"] = kid.into();
    }
    signer.token(&header, &claims(json!({})))
}

#[test]
fn a_token_without_a_key_must_leave_no_choice() {
    let (one, two, rsa) = (Signer::p256(), Signer::p256(), Signer::rsa());
    let both = keys(&[one.jwk("1"), two.jwk("2"), rsa.jwk("3")]);
    assert!(judge(&token(&one, Some("1")), &both).is_ok());
    assert!(judge(&token(&two, Some("2")), &both).is_ok());
    assert_eq!(
        judge(&token(&one, Some("2")), &both),
        Err(Refusal::Signature)
    );
    assert_eq!(judge(&token(&one, None), &both), Err(Refusal::UnknownKey));
    // Keys for something else are no choice.
    let single = keys(&[one.jwk("1"), rsa.jwk("3")]);
    assert!(judge(&token(&one, None), &single).is_ok());
    assert_eq!(judge(&token(&two, None), &single), Err(Refusal::Signature));
    // A key without a name goes with any.
    let mut nameless = one.jwk("");
    nameless.as_object_mut().unwrap().remove("kid");
    let nameless = keys(&[nameless, two.jwk("2")]);
    assert!(judge(&token(&one, Some("x")), &nameless).is_ok());
}

#[test]
fn keys_that_verify_nothing_are_passed_over() {
    let (good, ec) = (Signer::rsa(), Signer::p256());
    let but = |name: &str, value: Value| {
        let mut jwk = ec.jwk("k");
        jwk[name] = value;
        jwk
    };
    let short = json!({"kty": "RSA", "kid": "k", "n": super::base64url([255; 128]), "e": "AQAB"});
    for passed_over in [
        json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256"}),
        json!({"kty": "RSA", "kid": "k", "n": "!", "e": "AQAB"}),
        short,
        but("use", json!("enc")),
        but("key_ops", json!(["sign"])),
        but("alg", json!("ES384")),
        but("alg", json!("HS256")),
        but("crv", json!("P-521")),
        but("crv", json!("secp256k1")),
        but("kty", json!("OKP")),
        but("x", json!("AAAA")),
        but("y", json!(null)),
    ] {
        let one = json!({ "keys": [passed_over] }).to_string();
        let alone = Keys::read(one.as_bytes());
        let fits = alone.is_ok_and(|keys| judge(&token(&ec, Some("k")), &keys).is_ok());
        assert!(!fits, "{one}");
        let beside = keys(&[
            serde_json::from_str::<Value>(&one).unwrap()["keys"][0].clone(),
            good.jwk("g"),
        ]);
        let header = json!({"alg": "PS256", "kid": "g"});
        assert!(judge(&good.token(&header, &claims(json!({}))), &beside).is_ok());
    }
    // A key that is for one algorithm is for no other.
    let mut pss = good.jwk("g");
    pss["alg"] = "PS256".into();
    let by = |algorithm| good.token(&json!({"alg": algorithm}), &claims(json!({})));
    assert!(judge(&by("PS256"), &keys(&[pss.clone()])).is_ok());
    assert_eq!(judge(&by("RS256"), &keys(&[pss])), Err(Refusal::UnknownKey));
}

#[test]
fn files_without_a_key_are_named() {
    let many = json!({"keys": vec![Signer::p256().jwk("k"); 101]}).to_string();
    for json in [
        "",
        "{}",
        "[]",
        r#"{"keys":{}}"#,
        r#"{"keys":[]}"#,
        r#"{"keys":[5]}"#,
        &many,
    ] {
        assert!(Keys::read(json.as_bytes()).is_err(), "{json}");
    }
}

#[tokio::test]
async fn the_file_is_read_again_when_keys_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let (old, new) = (Signer::p256(), Signer::p256());
    let write = |jwk: Value| fs::write(&path, json!({"keys": [jwk]}).to_string()).unwrap();
    let knows = async |file: &KeyFile, signer: &Signer, kid: &str| {
        let token = token(signer, Some(kid));
        let token = Unverified::read(&token).unwrap();
        match token.verify(&*file.keys().await) {
            Err(Refusal::UnknownKey) => token.verify(&*file.keys_anew().await).is_ok(),
            verified => verified.is_ok(),
        }
    };
    write(old.jwk("old"));
    let seldom = KeyFile::open(&path).unwrap();
    let often = KeyFile::open(&path).unwrap().at_most_every(Duration::ZERO);
    write(new.jwk("new"));
    assert!(
        !knows(&seldom, &new, "new").await,
        "it was looked at a moment ago"
    );
    assert!(knows(&seldom, &old, "old").await);
    assert!(knows(&often, &new, "new").await);
    assert!(!knows(&often, &old, "old").await, "its key was withdrawn");
    // A file that is broken or away leaves the keys as they were.
    fs::write(&path, "{").unwrap();
    assert!(knows(&often, &new, "new").await);
    fs::remove_file(&path).unwrap();
    assert!(knows(&often, &new, "new").await);
    write(old.jwk("old"));
    assert!(knows(&often, &old, "old").await);
}
