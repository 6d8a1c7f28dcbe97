//! The command line of what asks the DNS.

use std::net::{AddrParseError, SocketAddr};

use clap::Args;

use super::{Treatment, Zone};
use crate::{config::Mistake, policy::flags::parse};

/// What is asked of the DNS.
#[derive(Debug, Clone, Args)]
pub struct DnsFlags {
    /// The DNS server to ask. Default: those of the system.
    #[arg(long, value_name = "ADDR")]
    pub resolver: Option<String>,
    /// A DNS list of addresses that send junk (RFC 5782), and the codes that count if not all do; may
    /// be repeated. `postmaster` is reached from everywhere.
    #[arg(long, value_name = "ZONE[=CODE,...]")]
    pub dnsbl: Vec<String>,
    /// A DNS list of addresses that send none: other lists and greylisting spare them; may be
    /// repeated.
    #[arg(long, value_name = "ZONE[=CODE,...]")]
    pub dnswl: Vec<String>,
    /// What becomes of mail from listed addresses: reject, quarantine or tag.
    #[arg(long, value_name = "WHAT", default_value = "reject")]
    pub dnsbl_treatment: String,
}

/// The same, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsSettings {
    /// The DNS server to ask; `None`: those of the system.
    pub resolver: Option<SocketAddr>,
    /// Lists to refuse by.
    pub deny: Vec<Zone>,
    /// Lists to trust.
    pub allow: Vec<Zone>,
    /// What becomes of mail from listed addresses.
    pub treatment: Treatment,
}

impl DnsFlags {
    /// Checks them.
    ///
    /// # Errors
    /// The first flag that makes no sense.
    pub fn check(&self) -> Result<DnsSettings, Mistake> {
        let zones = |flag: &str, all: &[String]| -> Result<Vec<Zone>, Mistake> {
            all.iter().map(|text| parse(flag, text)).collect()
        };
        Ok(DnsSettings {
            resolver: self.resolver.as_deref().map(resolver).transpose()?,
            deny: zones("--dnsbl", &self.dnsbl)?,
            allow: zones("--dnswl", &self.dnswl)?,
            treatment: parse("--dnsbl-treatment", &self.dnsbl_treatment)?,
        })
    }
}

/// `address` or `address:port`.
fn resolver(text: &str) -> Result<SocketAddr, Mistake> {
    let cause = format_args!("{text:?} is not an address like 192.0.2.53 or 127.0.0.1:5353");
    text.parse()
        .or_else(|_| Ok(SocketAddr::new(text.parse()?, 53)))
        .map_err(|_: AddrParseError| Mistake::new("--resolver", cause))
}
