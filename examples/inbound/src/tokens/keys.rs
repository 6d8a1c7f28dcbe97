//! The public keys of an issuer (RFC 7517), and what they can verify.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// As many keys; an issuer has a handful.
const KEYS: usize = 100;

/// How tokens may be signed: by a private key, whose public one can verify and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// RFC 7518 section 3.1, RFC 8037, RFC 9864. Neither `none` nor HMAC is one: with them, who has a
    /// public key could sign.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Algorithm::Rs256,
            "RS384" => Algorithm::Rs384,
            "RS512" => Algorithm::Rs512,
            "PS256" => Algorithm::Ps256,
            "PS384" => Algorithm::Ps384,
            "PS512" => Algorithm::Ps512,
            "ES256" => Algorithm::Es256,
            "ES384" => Algorithm::Es384,
            "EdDSA" | "Ed25519" => Algorithm::EdDsa,
            _ => return None,
        })
    }

    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            _ => return None,
        })
    }
}

/// A public key.
pub struct Key {
    name: Option<String>,
    /// The only algorithm that it is for, where the file names one.
    algorithm: Option<Algorithm>,
    public: Public,
}

enum Public {
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    /// For the one algorithm of its curve.
    Curve(Algorithm, UnparsedPublicKey<Vec<u8>>),
}

impl Key {
    fn is_for(&self, algorithm: Algorithm) -> bool {
        let kind = match &self.public {
            Public::Rsa(_) => algorithm.rsa().is_some(),
            Public::Curve(own, _) => *own == algorithm,
        };
        kind && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Did the holder of the private key sign it?
    pub fn signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.public, algorithm.rsa()) {
            (Public::Rsa(key), Some(rsa)) => key.verify(rsa, message, signature).is_ok(),
            (Public::Curve(own, key), None) if *own == algorithm => {
                key.verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// All keys of a file that can be used.
#[derive(Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// Reads a JWK set. Keys of kinds that are not known, or for something else, are passed over (RFC
    /// 7517 section 5).
    ///
    /// # Errors
    /// What is wrong with it: no JWK set, no key that can be used, too many.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let set: Set = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if set.keys.len() > KEYS {
            return Err(format!("more than {KEYS} keys"));
        }
        let keys: Vec<Key> = set.keys.into_iter().filter_map(Jwk::key).collect();
        match keys.is_empty() {
            true => Err("no key that could verify a signature".to_owned()),
            false => Ok(Keys(keys)),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The keys that a token may be signed with. A key without a name goes with any; a token without
    /// one must leave no choice.
    pub fn fitting(
        &self,
        algorithm: Algorithm,
        name: Option<&str>,
    ) -> impl Iterator<Item = &Key> + Clone {
        let named = move |key: &Key| match (&key.name, name) {
            (Some(own), Some(name)) => own == name,
            _ => true,
        };
        let all = self.0.iter();
        let fitting = all.filter(move |key| key.is_for(algorithm) && named(key));
        let most = match name {
            None if fitting.clone().nth(1).is_some() => 0,
            _ => KEYS,
        };
        fitting.take(most)
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

/// What of a key is of use (RFC 7517 section 4, RFC 7518 section 6).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    fn key(self) -> Option<Key> {
        let other_use = self
            .purpose
            .as_ref()
            .is_some_and(|purpose| purpose != "sig");
        let ops = self.key_ops.as_ref();
        let other_ops = ops.is_some_and(|ops| !ops.iter().any(|op| op == "verify"));
        if other_use || other_ops {
            return None;
        }
        let algorithm = match &self.alg {
            Some(name) => Some(Algorithm::from_name(name)?),
            None => None,
        };
        Some(Key {
            public: self.public()?,
            name: self.kid,
            algorithm,
        })
    }

    fn public(&self) -> Option<Public> {
        let (x, y) = (octets(&self.x), octets(&self.y));
        match (&*self.kty, self.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (octets(&self.n)?, octets(&self.e)?);
                // Shorter ones can be broken, and would verify nothing.
                let long_enough = n.len() >= 2048 / 8;
                long_enough.then_some(Public::Rsa(RsaPublicKeyComponents { n, e }))
            }
            ("EC", Some("P-256")) => {
                let point = point(x?, y?, 32)?;
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
                Some(Public::Curve(Algorithm::Es256, key))
            }
            ("EC", Some("P-384")) => {
                let point = point(x?, y?, 48)?;
                let key = UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point);
                Some(Public::Curve(Algorithm::Es384, key))
            }
            ("OKP", Some("Ed25519")) => {
                let x = x.filter(|x| x.len() == 32)?;
                let key = UnparsedPublicKey::new(&signature::ED25519, x);
                Some(Public::Curve(Algorithm::EdDsa, key))
            }
            _ => None,
        }
    }
}

/// An uncompressed point (SEC 1 section 2.3.3).
fn point(x: Vec<u8>, y: Vec<u8>, octets: usize) -> Option<Vec<u8>> {
    let sound = x.len() == octets && y.len() == octets;
    sound.then(|| [vec![4], x, y].concat())
}

fn octets(text: &Option<String>) -> Option<Vec<u8>> {
    BASE64URL.decode(text.as_deref()?).ok()
}
