//! Tokens that are made and forged here, with keys of the tests' own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod asking;
mod claiming;
mod flagging;
mod forging;
mod key_sets;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};

use super::{Bearer, jwt::Unverified, keys::Keys, refusal::Refusal, rules::Rules};

/// The moment of all these tests.
const NOW: u64 = 1_790_000_000;

fn base64url(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// A private key.
enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    fn rsa() -> Self {
        let pem = include_bytes!("../../../tests/data/dkim-rsa-test-key.pem");
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).unwrap();
        Signer::Rsa(RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap())
    }

    fn p256() -> Self {
        let (kind, random) = (
            &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            SystemRandom::new(),
        );
        let made = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Signer::P256(EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).unwrap())
    }

    fn ed25519() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Signer::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
    }

    /// The public key, by this name.
    fn jwk(&self, kid: &str) -> Value {
        match self {
            Signer::Rsa(pair) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "kid": kid, "n": base64url(public.n), "e": base64url(public.e)})
            }
            Signer::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": base64url(x), "y": base64url(y)})
            }
            Signer::Ed25519(pair) => {
                let x = base64url(pair.public_key());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "x": x})
            }
        }
    }

    /// Signs as the algorithm says, as far as the key can.
    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Signer::Rsa(pair) => {
                let mut signed = vec![0; pair.public().modulus_len()];
                let padding: &dyn signature::RsaEncoding = match algorithm {
                    "PS256" => &signature::RSA_PSS_SHA256,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                pair.sign(padding, &random, message, &mut signed).unwrap();
                signed
            }
            Signer::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Signer::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token of this header and these claims.
    fn token(&self, header: &Value, claims: &str) -> String {
        let algorithm = header["alg"].as_str().unwrap_or_default();
        let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims));
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", base64url(signature))
    }
}

/// Claims that are good, but for what is given here: `null` takes one away.
fn claims(but: Value) -> String {
    let mut claims = json!({
        "iss": "https://id.example.org", "aud": "mail", "sub": "4711",
        "email": "demo@example.org", "exp": NOW + 300, "iat": NOW,
    });
    for (name, value) in but.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.to_string()
}

fn keys(all: &[Value]) -> Keys {
    Keys::read(json!({ "keys": all }).to_string().as_bytes()).unwrap()
}

fn rules() -> Rules {
    let mut rules = Rules::default();
    rules.issuer = Some("https://id.example.org".into());
    rules.audiences = ["mail".into(), "imap".into()].into();
    rules.names = ["email".into(), "sub".into()].into();
    rules.must_end = true;
    rules.in_domain("example.org")
}

/// What becomes of a token.
fn judge(token: &str, keys: &Keys) -> Result<Bearer, Refusal> {
    let claims = Unverified::read(token)?.verify(keys)?;
    rules().identify(&claims, NOW)
}
