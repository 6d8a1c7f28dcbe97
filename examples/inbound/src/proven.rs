//! Passwords that were proven a moment ago, so that the next login with one costs no hash.
//!
//! What is kept of a password is an HMAC under a key that this process made and tells nobody, over all that
//! the proof was about: the name, and the number and the whole stored hash of the secret. The secrets are read
//! anew for each login. So a password that was changed, revoked or moved to another account is not known here
//! from that moment on, whoever changed it. A wrong password is never known, and takes a hash as ever.
//!
//! Whoever can read the memory of this process could guess passwords faster with what is kept here; he also
//! sees them in the clear as they come.

use std::{
    collections::HashMap,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::store::Secret;

/// The most that are kept: some 300 KiB.
const MOST: usize = 4096;

type Proof = [u8; 32];

/// What was proven, and until when that counts.
pub struct Proven {
    key: [u8; 32],
    lasts: Duration,
    until: Mutex<HashMap<Proof, Instant>>,
}

impl Proven {
    /// Keeps a proof for so long, from the login that cost a hash. Zero: nothing is kept.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn new(lasts: Duration) -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(Proven {
            key,
            lasts,
            until: Mutex::default(),
        })
    }

    /// The secrets of `name` that this password was seen to fit.
    pub fn known<'s>(&self, name: &str, secrets: &'s [Secret], password: &[u8]) -> Vec<&'s Secret> {
        if self.lasts.is_zero() {
            return Vec::new();
        }
        let now = Instant::now();
        let until = self.lock();
        let is_known = |secret: &&Secret| {
            let proof = self.proof(name, secret, password);
            proof.and_then(|proof| until.get(&proof)) > Some(&now)
        };
        secrets.iter().filter(is_known).collect()
    }

    /// The password fits these secrets of `name`: a hash has shown it.
    pub fn keep(&self, name: &str, secrets: &[Secret], password: &[u8]) {
        if self.lasts.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut until = self.lock();
        if until.len() + secrets.len() > MOST {
            until.retain(|_, until| *until > now);
        }
        for secret in secrets {
            if until.len() < MOST
                && let Some(proof) = self.proof(name, secret, password)
            {
                until.insert(proof, now + self.lasts);
            }
        }
    }

    /// Each part with its length: no two sets of parts make one text.
    fn proof(&self, name: &str, secret: &Secret, password: &[u8]) -> Option<Proof> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        let number = secret.credential.0.to_be_bytes();
        for part in [name.as_bytes(), &number, secret.argon2.as_bytes(), password] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Some(mac.finalize().into_bytes().into())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Proof, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{CredentialId, Scopes};

    const LASTS: Duration = Duration::from_secs(60);

    fn secret(number: u64, argon2: &str) -> Secret {
        Secret {
            credential: CredentialId(number),
            argon2: argon2.into(),
            scram: None,
            scopes: Scopes::ALL,
            expires: None,
        }
    }

    #[test]
    fn only_the_very_proof_is_known() {
        let proven = Proven::new(LASTS).unwrap();
        let secrets = [secret(1, "$one"), secret(2, "$two")];
        proven.keep("a@b.example", &secrets[..1], b"right");
        let known = |name: &str, secrets: &[Secret], password: &[u8]| -> Vec<u64> {
            let known = proven.known(name, secrets, password);
            known.iter().map(|secret| secret.credential.0).collect()
        };
        assert_eq!(known("a@b.example", &secrets, b"right"), [1]);
        assert!(known("a@b.example", &secrets, b"wrong").is_empty());
        assert!(known("a@b.example", &secrets, b"").is_empty());
        assert!(known("c@b.example", &secrets, b"right").is_empty());
        // Changed, revoked and made again, or another one with the same hash.
        assert!(known("a@b.example", &[secret(1, "$other")], b"right").is_empty());
        assert!(known("a@b.example", &[secret(3, "$one")], b"right").is_empty());
        assert!(known("a@b.example", &[], b"right").is_empty());
        // What belongs to one part is not taken for the next.
        assert!(known("a@b.example", &[secret(1, "$oner")], b"ight").is_empty());
        // Another process knows nothing of it.
        let other = Proven::new(LASTS).unwrap();
        assert_ne!(other.key, proven.key);
        assert!(other.known("a@b.example", &secrets, b"right").is_empty());
    }

    #[test]
    fn it_ends_with_its_time_and_has_a_most() {
        let secrets = [secret(1, "$one")];
        let short = Proven::new(Duration::from_millis(20)).unwrap();
        short.keep("a", &secrets, b"x");
        std::thread::sleep(Duration::from_millis(30));
        assert!(short.known("a", &secrets, b"x").is_empty());
        let off = Proven::new(Duration::ZERO).unwrap();
        off.keep("a", &secrets, b"x");
        assert!(off.known("a", &secrets, b"x").is_empty() && off.lock().is_empty());
        let full = Proven::new(LASTS).unwrap();
        for number in 0..2 * MOST {
            full.keep(&number.to_string(), &secrets, b"x");
        }
        assert_eq!(full.lock().len(), MOST);
        assert_eq!(full.known("0", &secrets, b"x").len(), 1);
    }
}
