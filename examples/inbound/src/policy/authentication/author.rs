//! Whether the author of a mail is who its From says, and what the author's domain wants done
//! otherwise: DMARC (RFC 7489; policies are found as in RFC 9989).

use std::time::Duration;

use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, MessageAuthenticator,
    SpfResult,
    common::to_a_label,
    dmarc::{Policy, verify::DmarcParameters},
};
use mime_core::{Header, Name};

use super::{
    results::Finding,
    sender::{Spf, reason},
};

/// As many domains a From may name; mail that is protected names one.
const DOMAINS: usize = 4;
/// How long the records of a domain may take.
const TIME: Duration = Duration::from_secs(12);

/// What is to become of a mail, by rising strictness.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    /// Nothing.
    Deliver,
    /// To Junk.
    Quarantine(String),
    /// Whether it is forged cannot be told now, and it matters.
    TryLater(String),
    /// It is forged, and its author's domain wants it refused.
    Reject(String),
}

/// The domains of the author.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Author {
    /// A-labels in lower case, each once.
    domains: Vec<String>,
    /// What is wrong with it.
    fault: Option<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    NoDomain,
    SeveralFields,
    TooManyDomains,
}

impl Author {
    pub(super) fn of(header: Header<'_>) -> Self {
        let mut author = Author {
            domains: Vec::new(),
            fault: None,
        };
        let addresses = header
            .all(Name::From)
            .flat_map(|field| field.addresses().mailboxes());
        for mailbox in addresses {
            let domain = mailbox.domain();
            let domain = String::from_utf8_lossy(&domain);
            match to_a_label(domain.trim_end_matches('.')).into_owned() {
                // RFC 7489 section 6.6.1: no meaningful domain, so there is nothing to ask for.
                domain if domain.is_empty() || domain.starts_with('[') => {}
                domain if !is_domain(&domain) => author.fault = Some(Fault::NoDomain),
                domain if author.domains.contains(&domain) => {}
                domain if author.domains.len() < DOMAINS => author.domains.push(domain),
                _ => author.fault = Some(Fault::TooManyDomains),
            }
        }
        let mut fields = header.all(Name::From);
        if fields.clone().any(|field| has_control(field.value_raw())) {
            author.fault = Some(Fault::NoDomain);
        }
        if fields.nth(1).is_some() {
            author.fault = Some(Fault::SeveralFields);
        }
        author
    }

    /// Asks for what DMARC will ask for, so that the answer is known when it does.
    pub(super) async fn look_ahead(&self, dns: &MessageAuthenticator) {
        for domain in &self.domains {
            let asked = dns.txt_raw_lookup(format!("_dmarc.{domain}."));
            let _ = tokio::time::timeout(TIME, asked).await;
        }
    }

    /// Checks each domain. The strictest wish counts (RFC 7489 section 6.6.1).
    pub(super) async fn check(
        &self,
        dns: &MessageAuthenticator,
        dkim: &[DkimOutput<'_>],
        spf: &Spf,
    ) -> (Vec<Finding>, Wish) {
        let mut findings = Vec::new();
        let mut strictest = Wish::Deliver;
        for domain in &self.domains {
            let (finding, wish) = check(dns, domain, dkim, spf).await;
            findings.push(finding);
            strictest = strictest.max(wish);
        }
        if let Some(fault) = self.fault {
            let (reason, wish) = fault.told();
            findings.push(Finding::new("dmarc", "permerror").because(reason));
            strictest = strictest.max(wish);
        }
        if findings.is_empty() {
            findings.push(Finding::new("dmarc", "none"));
        }
        (findings, strictest)
    }
}

impl Fault {
    fn told(self) -> (&'static str, Wish) {
        match self {
            // Whatever is shown as the author, nobody can be asked for it.
            Fault::NoDomain => {
                let reason = "the domain in From is none";
                (reason, Wish::Quarantine(reason.into()))
            }
            Fault::TooManyDomains => {
                let reason = "From names too many domains";
                (reason, Wish::Quarantine(reason.into()))
            }
            // Readers show one of them, and not all the same.
            Fault::SeveralFields => {
                let reason = "there are several From fields";
                (reason, Wish::Reject(reason.into()))
            }
        }
    }
}

/// Readers differ in where an address with such an octet ends.
fn has_control(value: &[u8]) -> bool {
    let allowed = |octet: &u8| b"\r\n\t".contains(octet) || !octet.is_ascii_control();
    !value.iter().all(allowed)
}

/// Letters, digits, hyphens and underscores between dots.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
        (1..=63).contains(&label.len()) && label.bytes().all(inner)
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

async fn check(
    dns: &MessageAuthenticator,
    domain: &str,
    dkim: &[DkimOutput<'_>],
    spf: &Spf,
) -> (Finding, Wish) {
    let author = AuthenticatedMessage {
        from: vec![format!("author@{domain}")],
        ..AuthenticatedMessage::default()
    };
    let (spf_domain, spf_output) = spf.decisive();
    let asked = DmarcParameters::new(&author, dkim, spf_domain, spf_output);
    let told = |result| Finding::new("dmarc", result).of("header.from", domain);
    let passes = passes_exactly(domain, dkim, spf);
    let Ok(output) = tokio::time::timeout(TIME, dns.verify_dmarc(asked)).await else {
        return (
            told("temperror").because("DNS gave no answer"),
            unknown(domain, passes),
        );
    };
    let policy = output.dmarc_record().map(|_| output.policy());
    let wanted = policy.map_or(String::new(), |policy| format!("p={policy}"));
    match output.result() {
        DmarcResult::Pass => (told("pass").because(wanted), Wish::Deliver),
        DmarcResult::None => (told("none"), Wish::Deliver),
        DmarcResult::PermError(error) => (told("permerror").because(reason(&error)), Wish::Deliver),
        DmarcResult::TempError(_) => {
            let wish = match policy {
                Some(Policy::None | Policy::Unspecified) => Wish::Deliver,
                // RFC 7489 section 6.6.2: the policy cannot be applied. A later try can tell.
                Some(_) => unknown(domain, false),
                None => unknown(domain, passes),
            };
            (told("temperror").because("DNS gave no answer"), wish)
        }
        DmarcResult::Fail(_) => (told("fail").because(wanted), unwanted(domain, &output)),
    }
}

fn unwanted(domain: &str, output: &DmarcOutput) -> Wish {
    let text = |wants| format!("not authenticated as from {domain}, which wants such mail {wants}");
    match output.policy() {
        Policy::Reject => Wish::Reject(text("refused")),
        Policy::Quarantine => Wish::Quarantine(text("quarantined")),
        Policy::None | Policy::Unspecified => Wish::Deliver,
    }
}

/// RFC 7489 section 6.6.3 leaves open what a failing DNS comes to. The answer could refuse the mail,
/// and whoever sends it tries again: so not now, unless the mail would pass whatever the answer is.
fn unknown(domain: &str, passes: bool) -> Wish {
    match passes {
        true => Wish::Deliver,
        false => Wish::TryLater(format!(
            "whether this is from {domain} cannot be told now, try again"
        )),
    }
}

/// Is the very domain of the author authenticated? That passes under every policy.
fn passes_exactly(domain: &str, dkim: &[DkimOutput<'_>], spf: &Spf) -> bool {
    let by_dkim = dkim.iter().any(|output| {
        let signer = output.signature().map(|signature| to_a_label(&signature.d));
        *output.result() == DkimResult::Pass && signer.is_some_and(|signer| signer == domain)
    });
    let (spf_domain, output) = spf.decisive();
    by_dkim || output.result() == SpfResult::Pass && to_a_label(spf_domain) == domain
}
