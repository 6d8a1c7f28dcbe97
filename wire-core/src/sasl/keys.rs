//! What a server stores in place of a SCRAM user's password.

use core::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Secret;

/// The hash of a SCRAM mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScramHash {
    /// RFC 5802.
    Sha1,
    /// RFC 7677.
    Sha256,
}

impl ScramHash {
    const ALL: [ScramHash; 2] = [ScramHash::Sha1, ScramHash::Sha256];

    /// The name of the scheme in RFC 5803, which is that of the mechanism.
    pub const fn name(self) -> &'static str {
        match self {
            ScramHash::Sha1 => "SCRAM-SHA-1",
            ScramHash::Sha256 => "SCRAM-SHA-256",
        }
    }

    /// Octets of a digest.
    pub(super) const fn length(self) -> usize {
        match self {
            ScramHash::Sha1 => 20,
            ScramHash::Sha256 => 32,
        }
    }
}

/// The keys of one password (RFC 5802 section 3). Who steals them cannot log in with them, but can
/// pretend to be the server, and can try passwords against them. `Debug` shows neither key.
///
/// ```
/// # #[cfg(feature = "crypto")] {
/// use wire_core::sasl::{ScramHash, StoredKeys};
///
/// let keys = StoredKeys::derive(ScramHash::Sha256, "pencil", b"0123456789abcdef", 4096).unwrap();
/// let text = keys.to_text();
/// assert!(text.starts_with("SCRAM-SHA-256$4096:"));
/// assert_eq!(text.parse::<StoredKeys>().unwrap().to_text(), text);
/// # }
/// ```
#[derive(Debug)]
pub struct StoredKeys {
    pub(super) hash: ScramHash,
    pub(super) iterations: u32,
    pub(super) salt: Box<[u8]>,
    pub(super) stored: Secret,
    pub(super) server: Secret,
}

/// The text is not that of stored keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not SCRAM keys (RFC 5803)")]
pub struct NotKeys;

impl StoredKeys {
    /// The least iterations that SCRAM should announce (RFC 5802 section 5.1, RFC 7677 section 4).
    pub const LEAST_ITERATIONS: u32 = 4096;

    /// The keys of a password. `salt` must be random, and the same for all passwords of a user;
    /// 16 octets are usual. Fewer iterations than [`LEAST_ITERATIONS`](Self::LEAST_ITERATIONS) are
    /// raised to it.
    ///
    /// Takes about half a microsecond an iteration: call it off an event loop.
    ///
    /// `None`: the password is empty or has a control in it.
    #[cfg(feature = "crypto")]
    pub fn derive(hash: ScramHash, password: &str, salt: &[u8], iterations: u32) -> Option<Self> {
        use super::crypto::{digest, hmac, salted};

        let password = super::prepare(password)?;
        let iterations = iterations.max(Self::LEAST_ITERATIONS);
        let salted = salted(hash, password.as_bytes(), salt, iterations);
        let client = hmac(hash, &salted, b"Client Key");
        Some(StoredKeys {
            hash,
            iterations,
            salt: salt.into(),
            stored: Secret::from(&digest(hash, &client)[..]),
            server: Secret::from(&hmac(hash, &salted, b"Server Key")[..]),
        })
    }

    /// Whose mechanism they are for.
    pub const fn hash(&self) -> ScramHash {
        self.hash
    }

    /// How often the password was hashed.
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// What it was hashed with.
    pub const fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The form in which they are stored: `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`
    /// (RFC 5803). It is as secret as they are.
    pub fn to_text(&self) -> String {
        let base64 = |octets: &[u8]| STANDARD.encode(octets);
        format!(
            "{}${}:{}${}:{}",
            self.hash.name(),
            self.iterations,
            base64(&self.salt),
            base64(self.stored.expose()),
            base64(self.server.expose()),
        )
    }
}

impl FromStr for StoredKeys {
    type Err = NotKeys;

    fn from_str(text: &str) -> Result<Self, NotKeys> {
        let read = || {
            let (scheme, rest) = text.split_once('$')?;
            let (info, value) = rest.split_once('$')?;
            let (iterations, salt) = info.split_once(':')?;
            let (stored, server) = value.split_once(':')?;
            let hash = ScramHash::ALL
                .into_iter()
                .find(|hash| hash.name() == scheme)?;
            let key = |text: &str| {
                let octets = STANDARD.decode(text).ok()?;
                (octets.len() == hash.length()).then(|| Secret::new(octets))
            };
            Some(StoredKeys {
                hash,
                iterations: iterations.parse().ok().filter(|count| *count > 0)?,
                salt: STANDARD.decode(salt).ok()?.into(),
                stored: key(stored)?,
                server: key(server)?,
            })
        };
        read().ok_or(NotKeys)
    }
}

/// What users that do not exist are made of: their salt comes from the name and this key, so that
/// it is the same whenever somebody asks, and nobody can tell it from a real one.
///
/// Keep the key: a salt that changes when the server starts anew gives the user away. The number
/// of iterations and the length of the salt must be those of the real users.
#[derive(Clone)]
pub struct Decoy {
    #[cfg_attr(not(feature = "crypto"), expect(dead_code))]
    pub(super) key: [u8; 32],
    pub(super) iterations: u32,
    pub(super) salt: usize,
}

impl Decoy {
    /// From a key that is random and stored. 4,096 iterations, a salt of 16 octets.
    pub const fn new(key: [u8; 32]) -> Self {
        Decoy {
            key,
            iterations: StoredKeys::LEAST_ITERATIONS,
            salt: 16,
        }
    }

    /// Sets the iterations.
    #[must_use]
    pub const fn iterations(mut self, iterations: u32) -> Self {
        self.iterations = iterations;
        self
    }

    /// Sets the octets of a salt; at most 20.
    #[must_use]
    pub const fn salt(mut self, octets: usize) -> Self {
        self.salt = if octets < 20 { octets } else { 20 };
        self
    }

    /// Keys that no password has, the same for a user each time. Take the salt of a new user's
    /// real keys from here, too; and give these for a user who does not exist where the exchange
    /// cannot know the whole name, because you add a domain to it.
    ///
    /// ```
    /// use wire_core::sasl::{Decoy, ScramHash};
    ///
    /// let decoy = Decoy::new([7; 32]);
    /// let salt = |user| decoy.keys(ScramHash::Sha256, user).salt().to_vec();
    /// assert_eq!(salt("tim"), salt("tim"));
    /// assert_ne!(salt("tim"), salt("tom"));
    /// ```
    #[cfg(feature = "crypto")]
    pub fn keys(&self, hash: ScramHash, user: &str) -> StoredKeys {
        let derive =
            |what: &str| super::crypto::hmac(hash, &self.key, format!("{what} {user}").as_bytes());
        let salt = derive("salt");
        StoredKeys {
            hash,
            iterations: self.iterations,
            salt: salt.get(..self.salt).unwrap_or(&salt).into(),
            stored: Secret::from(&derive("stored")[..]),
            server: Secret::from(&derive("server")[..]),
        }
    }
}

impl fmt::Debug for Decoy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoy")
            .field("iterations", &self.iterations)
            .field("salt", &self.salt)
            .finish_non_exhaustive()
    }
}
