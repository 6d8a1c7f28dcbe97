//! Signs mail as its senders do.
#![allow(dead_code, reason = "each test uses its part")]

use base64::{Engine, prelude::BASE64_STANDARD};
use mail_auth::{
    ArcOutput, AuthenticatedMessage, AuthenticationResults,
    arc::ArcSealer,
    common::{
        crypto::{DkimKey, Ed25519Key, RsaKey},
        headers::HeaderWriter,
    },
    dkim::{Canonicalization, DkimSigner},
};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};

/// A key of our own, for tests only.
const RSA: &[u8] = include_bytes!("../data/dkim-rsa-test-key.pem");

/// The fields that are signed: From twice, so that none can be added.
const SIGNED: [&str; 5] = ["From", "From", "To", "Subject", "Date"];

/// Who signs.
pub struct Signer {
    domain: String,
    selector: String,
    der: Vec<u8>,
    is_rsa: bool,
}

impl Signer {
    /// A new Ed25519 key (RFC 8463).
    pub fn ed25519(domain: &str, selector: &str) -> Self {
        Signer {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            der: Ed25519Key::generate_pkcs8().unwrap(),
            is_rsa: false,
        }
    }

    /// The RSA key of 2048 bits.
    pub fn rsa(domain: &str, selector: &str) -> Self {
        Signer {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            der: PrivateKeyDer::from_pem_slice(RSA)
                .unwrap()
                .secret_der()
                .to_vec(),
            is_rsa: true,
        }
    }

    fn key(&self) -> DkimKey {
        match self.is_rsa {
            true => {
                let der = PrivateKeyDer::Pkcs8(self.der.as_slice().into());
                DkimKey::Rsa(RsaKey::from_key_der(der).unwrap())
            }
            false => DkimKey::Ed25519(Ed25519Key::from_pkcs8_der(&self.der).unwrap()),
        }
    }

    /// The line of the zone that has the public key.
    pub fn record(&self) -> String {
        let (kind, public) = match self.key() {
            // What is in the record is the key alone (RFC 6376 section 3.6.1, errata 3017).
            DkimKey::Rsa(key) => ("rsa", key.public_key()),
            DkimKey::Ed25519(key) => ("ed25519", key.public_key()),
        };
        let public = BASE64_STANDARD.encode(public);
        let name = format!("{}._domainkey.{}", self.selector, self.domain);
        format!("{name} TXT \"v=DKIM1; k={kind}; p={public}\"")
    }

    /// The mail with a signature on top.
    pub fn sign(&self, mail: &str) -> String {
        self.sign_as(mail, Canonicalization::Relaxed)
    }

    pub fn sign_as(&self, mail: &str, canon: Canonicalization) -> String {
        let signer = DkimSigner::from_key(self.key())
            .domain(&*self.domain)
            .selector(&*self.selector)
            .headers(SIGNED)
            .header_canonicalization(canon)
            .body_canonicalization(canon);
        let signature = signer.sign(mail.as_bytes()).unwrap();
        signature.to_header() + mail
    }

    /// The mail with the first set of an ARC chain on top.
    pub fn seal(&self, mail: &str) -> String {
        let message = AuthenticatedMessage::parse(mail.as_bytes()).unwrap();
        let results = AuthenticationResults::new("lists.example");
        // Of a mail without a chain nothing is asked.
        let output = ArcOutput::default();
        let sealer = ArcSealer::from_key(self.key())
            .domain(&*self.domain)
            .selector(&*self.selector)
            .headers(["From", "Subject", "DKIM-Signature"]);
        let set = sealer.seal(&message, &results, &output).unwrap();
        set.to_header() + mail
    }
}
