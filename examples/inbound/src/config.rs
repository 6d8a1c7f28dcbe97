//! What the command line asks for, checked.

mod addresses;
mod habits;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

pub(crate) use addresses::login_name as whole_login_name;
pub use addresses::{AccountLine, AliasLine};

pub use habits::Habits;

use crate::{
    cli::Serve, imap, logins, networks::Networks, policy::Settings, store::Subaddressing, tokens,
};

/// The limits of the limit: a server takes at least 64 KiB (RFC 5321 section 4.5.3.1.7), and stored
/// layouts count in 32 bits.
const OCTETS: std::ops::RangeInclusive<u64> = 64 * 1024..=u32::MAX as u64;

/// A mistake on the command line or in what it names: the flag and what is wrong. One line.
#[derive(Debug, thiserror::Error)]
#[error("{flag}: {cause}")]
pub struct Mistake {
    /// The flag to look at.
    pub flag: String,
    /// What is wrong with it.
    pub cause: String,
}

impl Mistake {
    /// A mistake of this flag.
    pub fn new(flag: impl Into<String>, cause: impl ToString) -> Self {
        // Causes come from elsewhere: one line, whatever they hold.
        let cause = cause
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        Mistake {
            flag: flag.into(),
            cause,
        }
    }
}

/// What a port speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Mail from other servers.
    Smtp,
    /// Mail from users, with STARTTLS.
    Submission,
    /// Mail from users, inside TLS.
    Smtps,
    /// Mail from a mail transfer agent of one's own.
    Lmtp,
    /// Reading.
    Imap,
    /// Reading, inside TLS.
    Imaps,
    /// Fetching.
    Pop3,
    /// Fetching, inside TLS.
    Pop3s,
    /// Health.
    Http,
}

impl Service {
    /// The name of the flag and of the protocol in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Service::Smtp => "smtp",
            Service::Submission => "submission",
            Service::Smtps => "smtps",
            Service::Lmtp => "lmtp",
            Service::Imap => "imap",
            Service::Imaps => "imaps",
            Service::Pop3 => "pop3",
            Service::Pop3s => "pop3s",
            Service::Http => "http",
        }
    }

    /// Do clients that are trusted say here who they speak for? Not where users log in: a proxy's
    /// word is no password.
    pub const fn takes_word(self) -> bool {
        matches!(self, Service::Smtp | Service::Lmtp)
    }

    /// Does the connection begin inside TLS?
    pub const fn implicit_tls(self) -> bool {
        matches!(self, Service::Smtps | Service::Imaps | Service::Pop3s)
    }
}

/// The certificate to serve with.
#[derive(Debug, Clone)]
pub enum Certificate {
    /// Made at the first start and kept in the data folder.
    SelfSigned,
    /// These PEM files.
    Files {
        /// The chain.
        chain: PathBuf,
        /// The private key.
        key: PathBuf,
    },
}

/// Everything a server needs to know to start.
#[derive(Clone)]
pub struct Config {
    /// Where mail and certificates are kept.
    pub data: PathBuf,
    /// The domains that mail is received for, as A-labels in lower case; never empty.
    pub domains: Vec<Arc<str>>,
    /// The accounts to make sure of.
    pub accounts: Vec<AccountLine>,
    /// Further addresses.
    pub aliases: Vec<AliasLine>,
    /// What `user+detail` means.
    pub subaddressing: Subaddressing,
    /// The ports to open.
    pub listen: Vec<(Service, SocketAddr)>,
    /// The certificate.
    pub certificate: Certificate,
    /// The largest message that is taken.
    pub max_message_size: u64,
    /// Keeps an index for searches.
    pub search_index: bool,
    /// Takes passwords without TLS.
    pub allow_plaintext_auth: bool,
    /// Who may act as whom, and what wrong passwords cost.
    pub logins: logins::Settings,
    /// What OAuth tokens are judged by, where they are taken.
    pub tokens: Option<tokens::Settings>,
    /// Whose connections begin with a PROXY header.
    pub proxies: Networks,
    /// Who may use XCLIENT and XFORWARD.
    pub trusted: Networks,
    /// What of the grammars need not be kept.
    pub habits: Habits,
    /// What clients are judged by.
    pub policy: Settings,
    /// How patient IMAP is.
    pub imap: imap::Settings,
}

impl Config {
    /// Checks the command line.
    ///
    /// # Errors
    /// The first flag that makes no sense.
    pub fn from_cli(cli: Serve) -> Result<Self, Mistake> {
        let given: Vec<Arc<str>> = cli
            .domain
            .iter()
            .map(|name| addresses::domain(name))
            .collect::<Result<_, _>>()?;
        let default_domain = given
            .first()
            .cloned()
            .unwrap_or_else(|| "example.org".into());
        let accounts = match cli.account.as_slice() {
            [] => vec![AccountLine {
                name: format!("demo@{default_domain}"),
                password: "demo".into(),
            }],
            lines => lines
                .iter()
                .map(|line| addresses::account(line, &default_domain))
                .collect::<Result<_, _>>()?,
        };
        let domains = addresses::domains(given, &accounts);
        let aliases = cli
            .alias
            .iter()
            .map(|line| addresses::alias(line, &domains))
            .collect::<Result<_, _>>()?;
        Ok(Config {
            domains,
            aliases,
            subaddressing: addresses::subaddressing(&cli.detail_separator, cli.detail_mailboxes)?,
            listen: listeners(&cli)?,
            certificate: certificate(cli.tls_cert, cli.tls_key)?,
            proxies: Networks::new("--proxy", &cli.proxy)?,
            trusted: Networks::narrow("--trust", &cli.trust)?,
            habits: Habits::named(&cli.lenient)?,
            max_message_size: message_size(cli.max_message_size)?,
            search_index: !cli.no_search_index,
            data: cli.data,
            accounts,
            allow_plaintext_auth: cli.allow_plaintext_auth,
            logins: cli
                .logins
                .check(&default_domain, cli.policy.judge_loopback)?,
            tokens: cli.tokens.check()?,
            policy: cli.policy.check()?,
            imap: cli.imap_flags.check()?,
        })
    }

    /// The domain that a login name without one belongs to.
    pub fn first_domain(&self) -> &str {
        self.domains.first().map_or("localhost", |domain| domain)
    }

    /// The name that the server greets with.
    pub fn hostname(&self) -> String {
        format!("mx.{}", self.first_domain())
    }
}

fn listeners(cli: &Serve) -> Result<Vec<(Service, SocketAddr)>, Mistake> {
    let flags = [
        (Service::Smtp, &cli.smtp),
        (Service::Submission, &cli.submission),
        (Service::Lmtp, &cli.lmtp),
        (Service::Imap, &cli.imap),
        (Service::Pop3, &cli.pop3),
        (Service::Http, &cli.http),
        (Service::Smtps, &cli.smtps),
        (Service::Imaps, &cli.imaps),
        (Service::Pop3s, &cli.pop3s),
    ];
    let mut listen = Vec::new();
    for (service, text) in flags {
        if text == "off" {
            continue;
        }
        let address = address(service, text)?;
        if service == Service::Lmtp && address.port() == 25 {
            return Err(Mistake::new(
                "--lmtp",
                "LMTP is never served on port 25 (RFC 2033)",
            ));
        }
        listen.push((service, address));
    }
    Ok(listen)
}

/// `address:port`, or a port on loopback.
fn address(service: Service, text: &str) -> Result<SocketAddr, Mistake> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse().map_err(|_| {
        let cause = format_args!("{text:?} is not an address like 127.0.0.1:2525, a port or off");
        Mistake::new(format!("--{}", service.name()), cause)
    })
}

fn certificate(chain: Option<PathBuf>, key: Option<PathBuf>) -> Result<Certificate, Mistake> {
    match (chain, key) {
        (None, None) => Ok(Certificate::SelfSigned),
        (Some(chain), Some(key)) => Ok(Certificate::Files { chain, key }),
        (Some(_), None) => Err(Mistake::new("--tls-cert", "needs --tls-key beside it")),
        (None, Some(_)) => Err(Mistake::new("--tls-key", "needs --tls-cert beside it")),
    }
}

fn message_size(octets: u64) -> Result<u64, Mistake> {
    if OCTETS.contains(&octets) {
        return Ok(octets);
    }
    let (least, most) = (OCTETS.start(), OCTETS.end());
    Err(Mistake::new(
        "--max-message-size",
        format_args!("{octets} is not in {least}..={most}"),
    ))
}
