//! SCRAM (RFC 5802, RFC 7677), the server's side.

use base64::{Engine, engine::general_purpose::STANDARD};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::{
    Decoy, Failure, ScramHash, StoredKeys,
    crypto::{digest, hmac},
    gs2::{Flag, Gs2, saslname},
};
use crate::TlsInfo;

/// What is known before the client's first word.
pub(super) struct Setup {
    pub(super) hash: ScramHash,
    /// Is it the `-PLUS` form?
    pub(super) plus: bool,
    /// Was that form offered?
    pub(super) plus_offered: bool,
    pub(super) tls: Option<TlsInfo>,
    pub(super) nonce: String,
    pub(super) decoy: Decoy,
}

/// Who the client says it is: the keys are awaited.
pub(super) struct Claim {
    setup: Setup,
    pub(super) user: Box<str>,
    pub(super) authzid: Option<Box<str>>,
    /// What `c=` must be: the GS2 header and the binding.
    binding: Vec<u8>,
    /// `client-first-message-bare`.
    bare: Vec<u8>,
    /// The client's part.
    nonce: Vec<u8>,
}

/// The challenge is out: the proof is awaited.
pub(super) struct Challenge {
    claim: Claim,
    /// Both parts.
    nonce: Vec<u8>,
    server_first: String,
    /// With their numbers in the application's answer.
    keys: Vec<(usize, StoredKeys)>,
    /// The keys are somebody's.
    real: bool,
}

/// The proof held.
pub(super) struct Proven {
    pub(super) authzid: Option<Box<str>>,
    /// Which key.
    pub(super) credential: usize,
    /// `v=`: we know the keys as well.
    pub(super) last: Vec<u8>,
}

impl Setup {
    /// Reads `client-first-message`.
    pub(super) fn first(self, message: &[u8]) -> Result<Claim, Failure> {
        let (gs2, bare) = Gs2::read(message).ok_or(Failure::Malformed)?;
        match (gs2.flag, self.plus) {
            (Flag::Bound, true) | (Flag::No, false) => {}
            // It was hidden from the client that we can (RFC 5802 section 6).
            (Flag::Could, false) if self.plus_offered => return Err(Failure::BindingMismatch),
            (Flag::Could, false) => {}
            _ => return Err(Failure::Malformed),
        }
        let mut binding = message.get(..gs2.length).unwrap_or_default().to_vec();
        if let Some(name) = &gs2.binding {
            let tls = self.tls.as_ref().and_then(|tls| tls.binding(name));
            binding.extend_from_slice(tls.ok_or(Failure::BindingMismatch)?);
        }
        let (user, nonce) = client_first(bare).ok_or(Failure::Malformed)?;
        Ok(Claim {
            user,
            authzid: gs2.authzid,
            binding,
            bare: bare.to_vec(),
            nonce: nonce.to_vec(),
            setup: self,
        })
    }
}

impl Claim {
    pub(super) const fn hash(&self) -> ScramHash {
        self.setup.hash
    }

    /// Makes the challenge. Without keys it is made up, at the same cost.
    pub(super) fn challenge(self, keys: Vec<StoredKeys>) -> Challenge {
        let decoy = self.setup.decoy.keys(self.setup.hash, &self.user);
        let mut keys: Vec<_> = keys
            .into_iter()
            .enumerate()
            .filter(|(_, keys)| keys.hash == self.setup.hash)
            .collect();
        let real = !keys.is_empty();
        if !real {
            keys.push((0, decoy));
        }
        let (salt, iterations) = keys
            .first()
            .map(|(_, keys)| (keys.salt.clone(), keys.iterations))
            .unwrap_or_default();
        keys.retain(|(_, keys)| keys.salt == salt && keys.iterations == iterations);
        let nonce = [&self.nonce[..], self.setup.nonce.as_bytes()].concat();
        let server_first = format!(
            "r={},s={},i={iterations}",
            String::from_utf8_lossy(&nonce),
            STANDARD.encode(&salt),
        );
        Challenge {
            claim: self,
            nonce,
            server_first,
            keys,
            real,
        }
    }
}

impl Challenge {
    pub(super) fn user(&self) -> &str {
        &self.claim.user
    }

    /// `server-first-message`.
    pub(super) fn octets(&self) -> Vec<u8> {
        self.server_first.clone().into_bytes()
    }

    /// Reads `client-final-message` and checks its proof, with all keys.
    pub(super) fn verify(self, message: &[u8]) -> Result<Proven, Failure> {
        let client = ClientFinal::read(message).ok_or(Failure::Malformed)?;
        if client.nonce != self.nonce {
            return Err(Failure::Malformed);
        }
        if client.binding != self.claim.binding {
            return Err(Failure::BindingMismatch);
        }
        let signed = [
            &self.claim.bare[..],
            self.server_first.as_bytes(),
            client.without_proof,
        ]
        .join(&b","[..]);
        let mut found = None;
        let mut last = Vec::new();
        for (number, keys) in &self.keys {
            let fits = keys.fit(&client.proof, &signed);
            let signature = hmac(keys.hash, keys.server.expose(), &signed);
            // Made for those who fail, too: they cost no less.
            let verifier = format!("v={}", STANDARD.encode(&signature)).into_bytes();
            if fits && found.is_none() {
                found = Some(*number);
                last = verifier;
            }
        }
        match found {
            Some(credential) if self.real => Ok(Proven {
                authzid: self.claim.authzid,
                credential,
                last,
            }),
            _ => Err(Failure::Denied),
        }
    }
}

impl StoredKeys {
    /// `H(ClientProof XOR HMAC(StoredKey, AuthMessage)) == StoredKey` (RFC 5802 section 3).
    fn fit(&self, proof: &[u8], signed: &[u8]) -> bool {
        let mut client = hmac(self.hash, self.stored.expose(), signed);
        let same = proof.len().ct_eq(&client.len());
        for (octet, proof) in client.iter_mut().zip(proof) {
            *octet ^= proof;
        }
        let fits = digest(self.hash, &client).ct_eq(self.stored.expose());
        u8::conditional_select(&0, &1, same & fits) == 1
    }
}

struct ClientFinal<'m> {
    binding: Vec<u8>,
    nonce: &'m [u8],
    proof: Vec<u8>,
    without_proof: &'m [u8],
}

impl<'m> ClientFinal<'m> {
    /// `c=` `,r=` [extensions] `,p=` (RFC 5802 section 7).
    fn read(message: &'m [u8]) -> Option<Self> {
        let comma = memchr::memrchr(b',', message)?;
        let (without_proof, proof) = message.split_at_checked(comma)?;
        let proof = proof.strip_prefix(b",p=")?;
        let mut attributes = without_proof.split(|octet| *octet == b',');
        let binding = attributes.next()?.strip_prefix(b"c=")?;
        let nonce = attributes.next()?.strip_prefix(b"r=")?;
        attributes.all(is_extension).then_some(())?;
        Some(ClientFinal {
            binding: STANDARD.decode(binding).ok()?,
            nonce,
            proof: STANDARD.decode(proof).ok()?,
            without_proof,
        })
    }
}

/// `n=` `,r=` [extensions] (RFC 5802 section 7). A mandatory extension would come first, as `m=`.
fn client_first(bare: &[u8]) -> Option<(Box<str>, &[u8])> {
    let mut attributes = bare.split(|octet| *octet == b',');
    let user = saslname(attributes.next()?.strip_prefix(b"n=")?)?;
    let nonce = attributes.next()?.strip_prefix(b"r=")?;
    let sound = !nonce.is_empty() && nonce.iter().all(u8::is_ascii_graphic);
    (sound && attributes.all(is_extension)).then_some((user, nonce))
}

/// An attribute that we do not know and may pass over.
fn is_extension(attribute: &[u8]) -> bool {
    match attribute {
        [name, b'=', value @ ..] => {
            name.is_ascii_alphabetic() && *name != b'm' && !value.is_empty() && !value.contains(&0)
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    /// The exchange of RFC 5802 section 5.
    const SHA_1: [&str; 6] = [
        "3rfcNHYJY1ZVvWVs7j",
        "QSXCR+Q6sek8bf92",
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ];

    /// The exchange of RFC 7677 section 3.
    const SHA_256: [&str; 6] = [
        "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        "W22ZaJ0SNY7soEsUEjb6gQ==",
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ];

    #[test]
    fn the_key_that_fits_is_named_by_its_number_in_the_answer() {
        let [nonce, salt, first, _, last, _] = SHA_256;
        let setup = Setup {
            hash: ScramHash::Sha256,
            plus: false,
            plus_offered: false,
            tls: None,
            nonce: nonce.to_owned(),
            decoy: Decoy::new([0; 32]),
        };
        let salt = STANDARD.decode(salt).unwrap();
        let keys = |hash, password, salt| StoredKeys::derive(hash, password, salt, 4096).unwrap();
        let answer = vec![
            keys(ScramHash::Sha1, "pencil", &salt),
            keys(ScramHash::Sha256, "another", &salt),
            keys(ScramHash::Sha256, "pencil", b"another salt"),
            keys(ScramHash::Sha256, "pencil", &salt),
        ];
        let server = setup
            .first(first.as_bytes())
            .ok()
            .unwrap()
            .challenge(answer);
        assert_eq!(server.verify(last.as_bytes()).ok().unwrap().credential, 3);
    }

    #[test]
    fn published_exchanges_come_out_octet_by_octet() {
        // sasl-5802-2.2-01 sasl-5802-3-01 sasl-7677-3-01
        for (hash, lines) in [(ScramHash::Sha1, SHA_1), (ScramHash::Sha256, SHA_256)] {
            let [nonce, salt, first, challenge, last, outcome] = lines;
            let setup = Setup {
                hash,
                plus: false,
                plus_offered: false,
                tls: None,
                nonce: nonce.to_owned(),
                decoy: Decoy::new([0; 32]),
            };
            let claim = setup.first(first.as_bytes()).ok().unwrap();
            assert_eq!(&*claim.user, "user");
            let salt = STANDARD.decode(salt).unwrap();
            let keys = StoredKeys::derive(hash, "pencil", &salt, 4096).unwrap();
            let server = claim.challenge(vec![keys]);
            assert_eq!(server.octets(), challenge.as_bytes());
            let proven = server.verify(last.as_bytes()).ok().unwrap();
            assert_eq!(proven.last, outcome.as_bytes());
        }
    }
}
