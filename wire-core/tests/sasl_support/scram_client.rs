//! A SCRAM client, written against the RFC and not against our server.
#![allow(unreachable_pub)]

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use wire_core::sasl::ScramHash;

pub struct Client {
    pub hash: ScramHash,
    /// `n,,`, `y,,`, `p=tls-exporter,,`, with an `a=` or without.
    pub gs2: String,
    pub binding: Vec<u8>,
    pub user: String,
    pub password: String,
    pub nonce: String,
}

impl Client {
    pub fn new(hash: ScramHash, user: &str, password: &str) -> Self {
        Client {
            hash,
            gs2: "n,,".to_owned(),
            binding: Vec::new(),
            user: user.to_owned(),
            password: password.to_owned(),
            nonce: "fyko+d2lbbFgONRv9qkxdawL".to_owned(),
        }
    }

    pub fn first(&self) -> Vec<u8> {
        format!("{}{}", self.gs2, self.bare()).into_bytes()
    }

    fn bare(&self) -> String {
        format!("n={},r={}", self.user, self.nonce)
    }

    /// The answer to the challenge, and what the server has to say to it.
    pub fn last(&self, challenge: &str) -> (String, String) {
        let mut parts = challenge.splitn(3, ',');
        let nonce = parts.next().unwrap().strip_prefix("r=").unwrap();
        let salt = parts.next().unwrap().strip_prefix("s=").unwrap();
        let iterations = parts.next().unwrap().strip_prefix("i=").unwrap();
        assert!(nonce.starts_with(&self.nonce) && nonce.len() > self.nonce.len());
        let salted = self.salted(&STANDARD.decode(salt).unwrap(), iterations.parse().unwrap());
        let binding = [self.gs2.as_bytes(), &self.binding].concat();
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(binding));
        let signed = format!("{},{challenge},{without_proof}", self.bare());
        let client = self.hmac(&salted, b"Client Key");
        let mut proof = self.hmac(&self.digest(&client), signed.as_bytes());
        for (octet, key) in proof.iter_mut().zip(client) {
            *octet ^= key;
        }
        let server = self.hmac(&self.hmac(&salted, b"Server Key"), signed.as_bytes());
        (
            format!("{without_proof},p={}", STANDARD.encode(proof)),
            format!("v={}", STANDARD.encode(server)),
        )
    }

    /// PBKDF2, by hand.
    fn salted(&self, salt: &[u8], iterations: u32) -> Vec<u8> {
        let password = self.password.as_bytes();
        let mut last = self.hmac(password, &[salt, &[0, 0, 0, 1]].concat());
        let mut sum = last.clone();
        for _ in 1..iterations {
            last = self.hmac(password, &last);
            for (octet, new) in sum.iter_mut().zip(&last) {
                *octet ^= new;
            }
        }
        sum
    }

    fn hmac(&self, key: &[u8], message: &[u8]) -> Vec<u8> {
        fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
            let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }
        match self.hash {
            ScramHash::Sha1 => mac::<Hmac<Sha1>>(key, message),
            _ => mac::<Hmac<Sha256>>(key, message),
        }
    }

    fn digest(&self, message: &[u8]) -> Vec<u8> {
        match self.hash {
            ScramHash::Sha1 => Sha1::digest(message).to_vec(),
            _ => Sha256::digest(message).to_vec(),
        }
    }
}
