//! Digests of a shared secret: CRAM-MD5 (RFC 2195) and APOP (RFC 1939 section 7).

use subtle::ConstantTimeEq;

use super::{Secret, SharedDigest, crypto, name};

/// A digest that the client made, and of what.
pub(super) struct Proof {
    pub(super) user: Box<str>,
    pub(super) kind: SharedDigest,
    challenge: Box<[u8]>,
    /// Lower-case hex.
    digest: [u8; 32],
}

impl Proof {
    /// The client's answer to the challenge of CRAM-MD5: `user SP digest`.
    pub(super) fn cram(challenge: Box<[u8]>, response: &[u8]) -> Option<Self> {
        let space = memchr::memrchr(b' ', response)?;
        let (user, digest) = response.split_at_checked(space)?;
        Self::new(SharedDigest::CramMd5, challenge, user, digest.get(1..)?)
    }

    pub(super) fn new(
        kind: SharedDigest,
        challenge: Box<[u8]>,
        user: &[u8],
        digest: &[u8],
    ) -> Option<Self> {
        let lower = |octet: &u8| octet.is_ascii_digit() || (b'a'..=b'f').contains(octet);
        Some(Proof {
            user: name(user)?,
            kind,
            challenge,
            digest: digest
                .try_into()
                .ok()
                .filter(|hex: &[u8; 32]| hex.iter().all(lower))?,
        })
    }

    /// Which of the secrets it was made with. All are tried; without any the same work is done.
    pub(super) fn made_with(&self, secrets: &[Secret]) -> Option<usize> {
        if secrets.is_empty() {
            let _ = self.holds(b"nobody's");
        }
        let mut found = None;
        for (number, secret) in secrets.iter().enumerate() {
            if self.holds(secret.expose()) && found.is_none() {
                found = Some(number);
            }
        }
        found
    }

    fn holds(&self, secret: &[u8]) -> bool {
        let digest = match self.kind {
            SharedDigest::CramMd5 => crypto::hmac_md5(secret, &self.challenge),
            SharedDigest::Apop => crypto::md5(&self.challenge, secret),
        };
        hex(&digest).ct_eq(&self.digest[..]).into()
    }
}

fn hex(octets: &[u8]) -> Vec<u8> {
    let digit = |half: u8| match half {
        0..10 => b'0' + half,
        _ => b'a' + half - 10,
    };
    octets
        .iter()
        .flat_map(|octet| [digit(octet >> 4), digit(octet & 15)])
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn published_digests_hold() {
        // sasl-2195-2-01, and the example of RFC 1939 section 7.
        let challenge = &b"<1896.697170952@postoffice.reston.mci.net>"[..];
        let response = b"tim b913a602c7eda7a495b4e6e7334d3890";
        let proof = Proof::cram(challenge.into(), response).unwrap();
        let secrets = [&b"other"[..], b"tanstaaftanstaaf"].map(Secret::from);
        assert_eq!(proof.made_with(&secrets), Some(1));
        assert_eq!(proof.made_with(&[]), None);

        let challenge = &b"<1896.697170952@dbc.mtview.ca.us>"[..];
        let digest = b"c4c9334bac560ecc979e58001b3e22fb";
        let proof = Proof::new(SharedDigest::Apop, challenge.into(), b"mrose", digest).unwrap();
        assert_eq!(proof.made_with(&[Secret::from(&b"tanstaaf"[..])]), Some(0));
    }
}
