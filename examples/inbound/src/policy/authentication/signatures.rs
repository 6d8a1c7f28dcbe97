//! DKIM signatures (RFC 6376) and ARC chains (RFC 8617).
//!
//! mime-core reads the fields, so that what is verified is what readers are shown, and makes bodies
//! canonical piece by piece; mail-auth fetches keys and verifies.

use std::time::Duration;

use futures_util::future::join_all;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DnsError, Error, MessageAuthenticator,
    arc::{self, ArcError},
    common::{
        crypto::{Algorithm, HashAlgorithm},
        headers::Header as Named,
    },
    dkim::{Canonicalization, Signature},
};
use mime_core::{BodyCanon, Canon, DkimAlgorithm, Field, Header, Name};
use sha2::{Digest, Sha256};

use super::{results::Finding, sender::reason};
use crate::{
    policy::Failed,
    spool::Raw,
    store::{BlobReader, MAX_READ},
};

/// As many signatures of a mail are verified; a mail that passed some hands has two or three.
const SIGNATURES: usize = 8;
/// As many names one signature may list: all usual fields twice.
const NAMES: usize = 128;
/// A header with more fields than this is not verified: each name is looked for among all fields.
const FIELDS: usize = 2_000;
/// How long a key may take.
const KEY_TIME: Duration = Duration::from_secs(12);
/// How long the keys of a chain may take, which are fetched one after the other.
const CHAIN_TIME: Duration = Duration::from_secs(20);

/// A body is read in pieces of this size.
const PIECE: usize = 64 * 1024;
const _: () = assert!(PIECE <= MAX_READ);

type BodyHash = (Canonicalization, HashAlgorithm, u64, Vec<u8>);

/// The signatures of a header, as far as they can be verified.
#[derive(Default)]
pub(super) struct Signed<'x> {
    fields: Vec<(&'x [u8], &'x [u8])>,
    dkim: Vec<Verifiable<'x>>,
    /// Of signatures that cannot be verified.
    refused: Vec<Finding>,
    seals: Vec<Named<'x, arc::Seal>>,
    messages: Vec<Named<'x, arc::Signature>>,
    results: Vec<Named<'x, arc::Results>>,
    /// The chain is broken before any key is asked for.
    broken: Option<&'static str>,
}

type Verifiable<'x> = Named<'x, Signature>;

impl<'x> Signed<'x> {
    /// Reads the signatures.
    pub(super) fn read(header: Header<'x>) -> Self {
        let mut signed = Signed::default();
        let mut more = 0;
        for field in header {
            signed.fields.push((field.name_raw(), field.value_raw()));
            match field.name() {
                Name::DkimSignature if signed.dkim.len() + signed.refused.len() == SIGNATURES => {
                    more += 1;
                }
                Name::DkimSignature => match read_signature(field) {
                    Ok(signature) => signed.dkim.push(signature),
                    Err(finding) => signed.refused.push(finding),
                },
                _ => signed.read_chain(field),
            }
        }
        if signed.fields.len() > FIELDS {
            let too_many = "the header has too many fields";
            let of =
                |signature: &Verifiable<'_>| told("policy", &signature.header).because(too_many);
            signed.refused.extend(signed.dkim.iter().map(of));
            signed.dkim.clear();
            signed.broken = Some(too_many);
        }
        if more > 0 {
            let finding = Finding::new("dkim", "policy");
            signed
                .refused
                .push(finding.because(format!("{more} more signatures")));
        }
        signed.sort_chain();
        signed
    }

    fn read_chain(&mut self, field: Field<'x>) {
        let (name, value) = (field.name_raw(), field.value_raw());
        let error = if field.is_named(b"arc-seal") {
            arc::Seal::parse(value).map(|seal| self.seals.push(Named::new(name, value, seal)))
        } else if field.is_named(b"arc-message-signature") {
            arc::Signature::parse(value).and_then(|signature| {
                let bounded = signature.h.len() <= NAMES;
                let strong = signature.a != Algorithm::RsaSha1;
                if signature.l != 0 || !bounded || !strong {
                    return Err(Error::Arc(ArcError::SignatureLength));
                }
                self.messages.push(Named::new(name, value, signature));
                Ok(())
            })
        } else if field.is_named(b"arc-authentication-results") {
            arc::Results::parse(value)
                .map(|results| self.results.push(Named::new(name, value, results)))
        } else {
            return;
        };
        if error.is_err() {
            self.broken = Some("a field of the chain cannot be read");
        }
    }

    fn sort_chain(&mut self) {
        self.seals.sort_by_key(|seal| seal.header.i);
        self.messages.sort_by_key(|signature| signature.header.i);
        self.results.sort_by_key(|results| results.header.i);
    }

    fn has_chain(&self) -> bool {
        let fields = self.seals.len() + self.messages.len() + self.results.len();
        fields > 0 || self.broken.is_some()
    }

    /// The hashes of the body that the signatures are to be compared with.
    pub(super) async fn hash(&self, raw: &Raw) -> Result<Vec<BodyHash>, Failed> {
        let of_dkim = self.dkim.iter().map(|signature| signature.header.cb);
        let of_chain = self.messages.iter().map(|signature| signature.header.cb);
        let mut wanted: Vec<_> = of_dkim.chain(of_chain).collect();
        wanted.sort_by_key(|canon| *canon as u8);
        wanted.dedup();
        let mut hashing: Vec<_> = wanted.into_iter().map(Hashing::new).collect();
        let mut at = raw.body_at();
        while !hashing.is_empty() && at < raw.octets() {
            let piece = raw.read_at(at, PIECE).await;
            let piece = piece.map_err(|error| Failed(error.to_string()))?;
            hashing.iter_mut().for_each(|hashing| hashing.push(&piece));
            at += piece.len() as u64;
        }
        Ok(hashing.into_iter().map(Hashing::finish).collect())
    }

    /// Each signature as a message of its own, so that keys are fetched at the same time.
    pub(super) fn one_by_one(&self, bodies: &[BodyHash]) -> Vec<AuthenticatedMessage<'x>> {
        let alone = |signature: &Verifiable<'x>| AuthenticatedMessage {
            headers: self.fields.clone(),
            body_hashes: bodies.to_vec(),
            dkim_headers: vec![signature.clone()],
            ..AuthenticatedMessage::default()
        };
        self.dkim.iter().map(alone).collect()
    }

    /// What there is to say of all signatures: the ones verified, then the others.
    pub(super) fn findings(&self, verified: &[DkimOutput<'_>]) -> Vec<Finding> {
        let mut findings: Vec<_> = verified.iter().filter_map(of_output).collect();
        findings.extend(self.refused.iter().cloned());
        if findings.is_empty() {
            findings.push(Finding::new("dkim", "none"));
        }
        findings
    }

    /// Verifies the chain, if there is one. What it says is reported and decides nothing.
    pub(super) async fn verify_chain(
        &self,
        dns: &MessageAuthenticator,
        bodies: &[BodyHash],
    ) -> Option<Finding> {
        if !self.has_chain() {
            return None;
        }
        let failed = |reason: &str| Some(Finding::new("arc", "fail").because(reason));
        if let Some(reason) = self.broken {
            return failed(reason);
        }
        let message = AuthenticatedMessage {
            headers: self.fields.clone(),
            body_hashes: bodies.to_vec(),
            as_headers: self.seals.clone(),
            ams_headers: self.messages.clone(),
            aar_headers: self.results.clone(),
            ..AuthenticatedMessage::default()
        };
        let Ok(output) = tokio::time::timeout(CHAIN_TIME, dns.verify_arc(&message)).await else {
            return failed("DNS gave no answer");
        };
        match output.result() {
            DkimResult::Pass => {
                let last = self.seals.last().map(|seal| &seal.header);
                let by = last.map(|seal| format!("i={} of {}", seal.i, seal.d));
                Some(Finding::new("arc", "pass").because(by.unwrap_or_default()))
            }
            // Only seals without signatures, which are no set.
            DkimResult::None => failed("the chain is not complete"),
            DkimResult::Neutral(error)
            | DkimResult::Fail(error)
            | DkimResult::PermError(error)
            | DkimResult::TempError(error) => failed(match error {
                Error::Arc(ArcError::FailedBodyHashMatch) => "the body was changed",
                Error::Arc(ArcError::SignatureExpired) => "expired",
                Error::Arc(_) => "the chain is not complete",
                error => reason(error),
            }),
        }
    }
}

/// Verifies signatures, each alone.
pub(super) async fn verify<'x>(
    dns: &MessageAuthenticator,
    messages: &'x [AuthenticatedMessage<'x>],
) -> Vec<DkimOutput<'x>> {
    let verifying = messages.iter().map(|message| async move {
        let verified = tokio::time::timeout(KEY_TIME, dns.verify_dkim(message)).await;
        verified.unwrap_or_else(|_| {
            let late = Error::Dns(DnsError::Resolver(String::new()));
            let signatures = message.dkim_headers.iter();
            signatures
                .map(|signature| {
                    DkimOutput::temp_err(late.clone()).with_signature(&signature.header)
                })
                .collect()
        })
    });
    join_all(verifying).await.into_iter().flatten().collect()
}

/// A signature that can be verified, or why it cannot.
fn read_signature(field: Field<'_>) -> Result<Verifiable<'_>, Finding> {
    let refused = |result| Finding::new("dkim", result);
    let form = field
        .dkim_signature()
        .map_err(|error| refused("neutral").because(error.to_string()))?;
    let refused = |result, reason: &str| {
        let finding = refused(result).because(reason);
        finding
            .of("header.d", form.domain())
            .of("header.s", form.selector())
    };
    match form.algorithm() {
        DkimAlgorithm::RsaSha256 | DkimAlgorithm::Ed25519Sha256 => {}
        // RFC 8301 section 3.1.
        DkimAlgorithm::RsaSha1 => return Err(refused("permerror", "rsa-sha1 proves nothing")),
        _ => return Err(refused("neutral", "the algorithm is unknown")),
    }
    // RFC 6376 section 8.2: whatever follows would pass as signed.
    if form.body_length().is_some() {
        return Err(refused("policy", "l= leaves the body open"));
    }
    if form.signed_fields().count() > NAMES {
        return Err(refused("policy", "h= names too many fields"));
    }
    let mut signature =
        Signature::parse(field.value_raw()).map_err(|error| refused("neutral", reason(&error)))?;
    // Neither reports nor signatures in the name of others are asked for.
    signature.r = false;
    signature.atps = None;
    Ok(Named::new(field.name_raw(), field.value_raw(), signature))
}

fn of_output(output: &DkimOutput<'_>) -> Option<Finding> {
    let signature = output.signature()?;
    let (result, error) = match output.result() {
        DkimResult::Pass => ("pass", None),
        // RFC 8601 section 2.7.1: these were tested, and failed.
        DkimResult::Neutral(error @ Error::Dkim(_)) => ("fail", Some(error)),
        DkimResult::Neutral(error) => ("neutral", Some(error)),
        DkimResult::Fail(error) => ("fail", Some(error)),
        DkimResult::PermError(error) => ("permerror", Some(error)),
        DkimResult::TempError(error) => ("temperror", Some(error)),
        DkimResult::None => ("none", None),
    };
    Some(told(result, signature).because(error.map_or("", reason)))
}

/// The properties that tell signatures apart.
fn told(result: &'static str, signature: &Signature) -> Finding {
    use base64::{Engine, prelude::BASE64_STANDARD};
    // RFC 6008: the first eight characters of the signature.
    let beginning = signature.b.get(..6).unwrap_or(&signature.b);
    Finding::new("dkim", result)
        .of("header.d", &signature.d)
        .of("header.s", &signature.s)
        .of("header.b", BASE64_STANDARD.encode(beginning))
}

/// A body being hashed.
struct Hashing {
    canon: Canonicalization,
    body: BodyCanon,
    hash: Sha256,
}

impl Hashing {
    fn new(canon: Canonicalization) -> Self {
        let body = match canon {
            Canonicalization::Relaxed => Canon::Relaxed.body(),
            Canonicalization::Simple => Canon::Simple.body(),
        };
        Hashing {
            canon,
            body,
            hash: Sha256::new(),
        }
    }

    fn push(&mut self, piece: &[u8]) {
        self.body
            .push(piece, &mut |octets| self.hash.update(octets));
    }

    fn finish(mut self) -> BodyHash {
        self.body.finish(&mut |octets| self.hash.update(octets));
        let hash = self.hash.finalize().to_vec();
        (self.canon, HashAlgorithm::Sha256, 0, hash)
    }
}
