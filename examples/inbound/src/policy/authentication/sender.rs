//! Who brings a mail, and whether the envelope sender lets them: iprev (RFC 8601 section 3) and SPF
//! (RFC 7208).

use std::{net::IpAddr, sync::Arc, time::Duration};

use mail_auth::{
    DnsError, Error, IprevOutput, IprevResult, MessageAuthenticator, SpfOutput, SpfResult,
    spf::verify::SpfParameters,
};

use super::results::Finding;
use crate::policy::dns::Dns;

/// RFC 7208 section 4.6.4: at least 20 seconds.
pub(super) const SPF_TIME: Duration = Duration::from_secs(20);
/// Two lookups, or a few.
pub(super) const IPREV_TIME: Duration = Duration::from_secs(15);

/// Does the name of the client lead back to its address?
pub(super) async fn iprev(dns: MessageAuthenticator, ip: IpAddr) -> Finding {
    let IprevOutput { result, ptr } = dns.verify_iprev(ip).await;
    let (result, reason) = match result {
        IprevResult::Pass => ("pass", None),
        IprevResult::TempError(_) => ("temperror", Some("DNS gave no answer")),
        IprevResult::Fail(_) => ("fail", Some("its name has other addresses")),
        // The name is there and leads nowhere: the lookups are complete and do not match.
        IprevResult::PermError(_) if ptr.is_some() => ("fail", Some("its name has no address")),
        IprevResult::PermError(_) | IprevResult::None => ("permerror", Some("no name")),
    };
    let name = ptr.as_ref().and_then(|names| names.first());
    let name = name.map(|name| name.trim_end_matches('.'));
    Finding::new("iprev", result)
        .because(reason.or(name).unwrap_or_default())
        .of("policy.iprev", ip.to_string())
}

/// What SPF says of both identities of a mail.
#[derive(Debug, Clone)]
pub(super) struct Spf {
    helo: SpfOutput,
    /// `None`: the reverse path is null, and HELO counts (RFC 7208 section 2.4).
    mail: Option<(String, SpfOutput)>,
}

impl Spf {
    /// Checks both at the same time.
    pub(super) async fn check(dns: Arc<Dns>, ip: IpAddr, mail: Identities) -> Self {
        let Identities { helo, from, us } = &mail;
        let of_helo = SpfParameters::verify_ehlo(ip, helo, us);
        let of_mail = SpfParameters::verify_mail_from(ip, helo, us, from);
        let has_sender = !from.is_empty();
        let checked = async {
            match has_sender {
                true => Some((from.clone(), spf(&dns, domain_of(from), of_mail).await)),
                false => None,
            }
        };
        let (helo, mail) = tokio::join!(spf(&dns, helo, of_helo), checked);
        Spf { helo, mail }
    }

    /// It took too long (RFC 7208 section 4.6.4).
    pub(super) fn late(mail: &Identities) -> Self {
        Self::all(SpfResult::TempError, mail)
    }

    /// Nobody knows where the mail comes from.
    pub(super) fn unasked(mail: &Identities) -> Self {
        Self::all(SpfResult::None, mail)
    }

    fn all(result: SpfResult, mail: &Identities) -> Self {
        let of = |domain: &str| SpfOutput::new(domain.to_owned()).with_result(result);
        Spf {
            helo: of(&mail.helo),
            mail: (!mail.from.is_empty()).then(|| (mail.from.clone(), of(domain_of(&mail.from)))),
        }
    }

    /// The domain that DMARC compares with the author's, and its result (RFC 7489 section 4.1).
    pub(super) fn decisive(&self) -> (&str, &SpfOutput) {
        match &self.mail {
            Some((from, output)) => (domain_of(from), output),
            None => (self.helo.domain(), &self.helo),
        }
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let finding = |output: &SpfOutput| {
            let result = match output.result() {
                SpfResult::Pass => "pass",
                SpfResult::Fail => "fail",
                SpfResult::SoftFail => "softfail",
                SpfResult::Neutral => "neutral",
                SpfResult::TempError => "temperror",
                SpfResult::PermError => "permerror",
                SpfResult::None => "none",
            };
            Finding::new("spf", result)
        };
        let helo = finding(&self.helo).of("smtp.helo", self.helo.domain());
        let mail = self.mail.as_ref();
        let mail = mail.map(|(from, output)| finding(output).of("smtp.mailfrom", from));
        mail.into_iter().chain([helo]).collect()
    }
}

/// What the records of a domain say of one identity.
async fn spf(dns: &Dns, domain: &str, asked: SpfParameters<'_>) -> SpfOutput {
    let output = MessageAuthenticator(dns.resolver().clone())
        .verify_spf(asked)
        .await;
    match output.result() {
        SpfResult::None | SpfResult::TempError | SpfResult::PermError => output,
        // The answer is in the cache.
        _ => match dns.texts(domain).await {
            Ok(records) if !is_sound(&records) => output.with_result(SpfResult::PermError),
            _ => output,
        },
    }
}

/// Whether there is one record, and mechanisms are what they may be, which mail-auth does not mind (RFC
/// 7208 sections 4.5 and 4.6).
fn is_sound(records: &[Vec<u8>]) -> bool {
    const MECHANISMS: [&[u8]; 8] = [
        b"all", b"include", b"a", b"mx", b"ptr", b"ip4", b"ip6", b"exists",
    ];
    let terms = |record: &'_ Vec<u8>| {
        let mut terms = record.split(u8::is_ascii_whitespace);
        let is_spf = terms
            .next()
            .is_some_and(|version| version.eq_ignore_ascii_case(b"v=spf1"));
        is_spf.then(|| terms.map(<[u8]>::to_vec).collect::<Vec<_>>())
    };
    let known = |term: &Vec<u8>| {
        let term = term
            .strip_prefix(b"+")
            .or(term.strip_prefix(b"-"))
            .unwrap_or(term);
        let term = term
            .strip_prefix(b"~")
            .or(term.strip_prefix(b"?"))
            .unwrap_or(term);
        let end = term.iter().position(|octet| b":/=".contains(octet));
        let (name, rest) = term.split_at(end.unwrap_or(term.len()));
        // Modifiers may be any (section 6).
        term.is_empty()
            || rest.starts_with(b"=")
            || MECHANISMS
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
    };
    let mut found = records.iter().filter_map(terms);
    found.next().is_none_or(|terms| terms.iter().all(known)) && found.next().is_none()
}

/// What SPF is about.
#[derive(Debug, Clone)]
pub(super) struct Identities {
    /// The name in HELO or EHLO.
    pub helo: String,
    /// The reverse path; empty: null.
    pub from: String,
    /// The name of this server.
    pub us: String,
}

pub(super) fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// What went wrong, in words of our own: those of the library may hold what others wrote.
pub(super) fn reason(error: &Error) -> &'static str {
    use mail_auth::{common::crypto::CryptoError, dkim::DkimError};
    match error {
        Error::Dns(DnsError::Resolver(_)) => "DNS gave no answer",
        Error::Dns(DnsError::RecordNotFound(_)) => "there is no key",
        Error::Dns(DnsError::InvalidRecordType) | Error::ParseError => "the record is malformed",
        Error::Dkim(DkimError::FailedBodyHashMatch) => "the body was changed",
        Error::Dkim(DkimError::SignatureExpired) => "expired",
        Error::Dkim(DkimError::RevokedPublicKey) => "the key is revoked",
        Error::Dkim(DkimError::FailedAuidMatch) => "i= is not of the domain",
        Error::Dkim(DkimError::UnsupportedKeyType) => "the kind of the key is unknown",
        Error::Crypto(CryptoError::IncompatibleAlgorithms) => "the key is of another kind",
        Error::Crypto(_) => "the signature is not of this mail",
        _ => "it cannot be read",
    }
}
