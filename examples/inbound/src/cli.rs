//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    imap::ImapFlags, logins::LoginFlags, password::PasswordCommand, policy::PolicyFlags,
    tokens::TokenFlags,
};

// Where `--help` shows a flag.
const ADDRESSES: &str = "Addresses";
const PORTS: &str = "Ports (ADDR is address:port, a port of loopback, or off)";
const TLS: &str = "TLS and passwords";
const NETWORKS: &str =
    "Networks that speak for others (NET is 192.0.2.0/24, 2001:db8::/32 or one address)";

/// A whole incoming mail server: SMTP, submission, LMTP, IMAP and POP3 over one store.
#[derive(Debug, Parser)]
#[command(name = "inbound", version)]
pub struct Cli {
    /// What to do; without it, `serve` with its defaults.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// How to serve; `None`: that is not what to do.
    pub fn serve(self) -> Option<Serve> {
        match self.command() {
            Command::Serve(serve) => Some(*serve),
            Command::Password(_) => None,
        }
    }

    /// What to do.
    pub fn command(self) -> Command {
        match self.command {
            Some(command) => command,
            None => Cli::parse_from(["inbound", "serve"]).command(),
        }
    }
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves until SIGTERM or Ctrl-C.
    Serve(Box<Serve>),
    /// Makes, lists and revokes further passwords of an account: one for each of its devices.
    ///
    /// Works while a server serves the data folder, at once, and while none does.
    #[command(subcommand)]
    Password(PasswordCommand),
}

/// Where and for whom to serve. A port given as `off` is not opened.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Serve {
    /// Where mail and certificates are kept.
    #[arg(long, value_name = "DIR", default_value = "./inbound-data")]
    pub data: PathBuf,
    /// A domain to receive mail for; may be repeated. A login name without a domain belongs to
    /// the first one. Default: example.org.
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// An account and its password; may be repeated. Default: demo@example.org:demo.
    #[arg(long, value_name = "USER@DOMAIN:PASSWORD")]
    pub account: Vec<String>,
    /// The largest message that is taken.
    #[arg(long, value_name = "BYTES", default_value = "52428800")]
    pub max_message_size: u64,
    /// Keeps no index of the texts of mails, and removes one that is there. SEARCH finds the same with it and
    /// without it; without it every mail that may match is read.
    #[arg(long)]
    pub no_search_index: bool,
    /// Mail for ADDRESS goes to these accounts, and no longer to others; to nobody where none is named.
    /// May be repeated. `*@example.org=...` takes what nobody else at that domain does (catch-all).
    #[arg(long, value_name = "ADDRESS=ACCOUNT,...", help_heading = ADDRESSES)]
    pub alias: Vec<String>,
    /// What stands before the detail of user+detail@example.org, whose mail is for user@example.org;
    /// one of !#$%&'*+-/=?^_`{|}~. or off.
    #[arg(long, value_name = "CHARACTER", default_value = "+", help_heading = ADDRESSES)]
    pub detail_separator: String,
    /// Delivers mail for user+detail@example.org to the mailbox `detail`, where the account has it and
    /// it is no special one like Sent or Junk. Without this it goes to INBOX.
    #[arg(long, help_heading = ADDRESSES)]
    pub detail_mailboxes: bool,
    /// Mail from other servers.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2525", help_heading = PORTS)]
    pub smtp: String,
    /// Mail from users, with STARTTLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2587", help_heading = PORTS)]
    pub submission: String,
    /// Mail from a mail transfer agent of one's own.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2424", help_heading = PORTS)]
    pub lmtp: String,
    /// Reading, with STARTTLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1143", help_heading = PORTS)]
    pub imap: String,
    /// Fetching, with STLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1110", help_heading = PORTS)]
    pub pop3: String,
    /// Health of the server, for monitoring.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", help_heading = PORTS)]
    pub http: String,
    /// Mail from users, inside TLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2465", help_heading = PORTS)]
    pub smtps: String,
    /// Reading, inside TLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1993", help_heading = PORTS)]
    pub imaps: String,
    /// Fetching, inside TLS.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1995", help_heading = PORTS)]
    pub pop3s: String,
    /// The certificate chain, PEM. Default: self-signed, kept in the data folder.
    #[arg(long, value_name = "FILE", help_heading = TLS)]
    pub tls_cert: Option<PathBuf>,
    /// The private key, PEM.
    #[arg(long, value_name = "FILE", help_heading = TLS)]
    pub tls_key: Option<PathBuf>,
    /// Takes passwords without TLS: for tests on one machine.
    #[arg(long, help_heading = TLS)]
    pub allow_plaintext_auth: bool,
    /// Connections from this network begin with a PROXY header (version 1 or 2), on every port but
    /// HTTP; one without it is closed. From elsewhere a header is refused. May be repeated.
    #[arg(long, value_name = "NET", help_heading = NETWORKS)]
    pub proxy: Vec<String>,
    /// Clients in this network may say on the SMTP and LMTP ports who they speak for, with XCLIENT and
    /// XFORWARD: content filters of one's own. May be repeated.
    #[arg(long, value_name = "NET", help_heading = NETWORKS)]
    pub trust: Vec<String>,
    /// Habits of clients that are taken although the RFCs forbid them, by comma, or none. Of SMTP (RFC 5321):
    /// smtp:spaces, bare-paths, loose-dots, underscores, unqualified, any-hello. Of IMAP (RFC 9051):
    /// imap:spaces, empty-lines, bare-lf, open-ends, extended-list, raw-headers (8-bit header fields in
    /// APPEND, for mail that is moved here from another server). Each use is logged.
    #[arg(
        long,
        value_name = "HABITS",
        value_delimiter = ',',
        default_value = "smtp:spaces"
    )]
    pub lenient: Vec<String>,
    /// Who may log in as whom.
    #[command(flatten)]
    pub logins: LoginFlags,
    /// Whose tokens open accounts.
    #[command(flatten)]
    pub tokens: TokenFlags,
    /// What clients may do.
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// How patient IMAP is.
    #[command(flatten)]
    pub imap_flags: ImapFlags,
}
