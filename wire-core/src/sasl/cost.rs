//! What logins cost: no password hash where keys are stored, and no less for who fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Answer, Context, Decoy, Exchange, Mechanism, Nonces, ScramHash, Secret, Step, StoredKeys,
    crypto::{
        self,
        count::{Work, work},
    },
};
use crate::Entropy;

const SALT: &[u8] = b"0123456789abcdef";

const fn hmac(hmac: u32, digest: u32) -> Work {
    Work {
        hmac,
        digest,
        pbkdf2: 0,
    }
}

/// Keys of passwords.
fn keys(hash: ScramHash, passwords: &[&str]) -> Answer {
    let derive = |password: &&str| StoredKeys::derive(hash, password, SALT, 4096).unwrap();
    let keys = passwords.iter().map(derive).collect();
    Answer::Keys { user: None, keys }
}

/// A login with `pencil`: what its challenge costs, what its outcome costs, and whether it was let in.
fn scram(mechanism: Mechanism, hash: ScramHash, stored: Answer) -> (Work, Work, bool) {
    let (mut nonces, decoy) = (Nonces::new(Entropy([7; 32])), Decoy::new([9; 32]));
    let context = Context::new(&mut nonces, "mail.example.org").decoy(Some(&decoy));
    let (mut exchange, _) = Exchange::start(mechanism, Some(b"n,,n=tim,r=abc"), context);
    let (step, challenge) = work(|| exchange.answer(stored));
    let Step::Challenge(first) = step else {
        panic!("{step:?}")
    };
    let first = String::from_utf8(first).unwrap();
    let (nonce, rest) = first.split_once(",s=").unwrap();
    let salt = STANDARD.decode(rest.split_once(',').unwrap().0).unwrap();
    let without_proof = format!("c=biws,{nonce}");
    let signed = format!("n=tim,r=abc,{first},{without_proof}");
    let salted = crypto::salted(hash, b"pencil", &salt, 4096);
    let mut proof = crypto::hmac(hash, &salted, b"Client Key");
    let stored = crypto::digest(hash, &proof);
    let signature = crypto::hmac(hash, &stored, signed.as_bytes());
    let pairs = proof.iter_mut().zip(&*signature);
    pairs.for_each(|(octet, signed)| *octet ^= signed);
    let last = format!("{without_proof},p={}", STANDARD.encode(&proof));
    let (step, outcome) = work(|| exchange.respond(last.as_bytes()));
    (challenge, outcome, matches!(step, Step::Done { .. }))
}

#[test]
fn scram_takes_one_chain_of_hmac_and_no_password_hash() {
    for (mechanism, hash) in [
        (Mechanism::ScramSha1, ScramHash::Sha1),
        (Mechanism::ScramSha256, ScramHash::Sha256),
    ] {
        // A decoy is made for all: its salt and two keys. Then ClientSignature, H(ClientKey) and
        // ServerSignature (RFC 5802 section 3).
        let (challenge, outcome) = (hmac(3, 0), hmac(2, 1));
        let right = scram(mechanism, hash, keys(hash, &["pencil"]));
        assert_eq!(right, (challenge, outcome, true));
        for no in [
            keys(hash, &["wrong"]),
            keys(hash, &[]),
            Answer::Deny,
            Answer::Disabled,
            Answer::Expired,
        ] {
            let failed = scram(mechanism, hash, no);
            assert_eq!(failed, (challenge, outcome, false));
        }
    }
}

#[test]
fn each_key_of_a_user_is_tried_whichever_fits() {
    let hash = ScramHash::Sha256;
    for (passwords, fits) in [
        (["pencil", "a", "b"], true),
        (["a", "b", "pencil"], true),
        (["a", "b", "c"], false),
    ] {
        let (_, cost, is_in) = scram(Mechanism::ScramSha256, hash, keys(hash, &passwords));
        assert_eq!((cost, is_in), (hmac(6, 3), fits));
    }
}

#[test]
fn digests_of_secrets_cost_the_same_for_who_fails() {
    let secrets = |secrets: &[&str]| {
        let secrets = secrets.iter().map(|text| Secret::from(text.as_bytes()));
        let (user, secrets) = (None, secrets.collect());
        Answer::Secrets { user, secrets }
    };
    // The example of RFC 1939 section 7.
    let timestamp = "<1896.697170952@dbc.mtview.ca.us>";
    let digest = b"c4c9334bac560ecc979e58001b3e22fb";
    for (answer, is_in) in [
        (secrets(&["tanstaaf"]), true),
        (secrets(&["wrong"]), false),
        (secrets(&[]), false),
        (Answer::Deny, false),
        (Answer::Disabled, false),
    ] {
        let (mut exchange, _) = Exchange::apop(b"mrose", digest, timestamp);
        let (step, cost) = work(|| exchange.answer(answer));
        assert_eq!(matches!(step, Step::Done { .. }), is_in);
        assert_eq!(cost, hmac(0, 1));
    }
    for answer in [secrets(&["pencil"]), secrets(&[]), Answer::Deny] {
        let mut nonces = Nonces::new(Entropy([7; 32]));
        let context = Context::new(&mut nonces, "mail.example.org");
        let (mut exchange, _) = Exchange::start(Mechanism::CramMd5, None, context);
        let _ = exchange.respond(b"tim 00000000000000000000000000000000");
        let (_, cost) = work(|| exchange.answer(answer));
        assert_eq!(cost, hmac(1, 0));
    }
}
