//! What all sessions of a server have in common: what is offered, and every limit.

use std::{sync::Arc, time::Duration};

use wire_core::sasl::{Decoy, Mechanisms};

use crate::{Capabilities, Leniency};

/// The configuration of a server. Built once, shared by all its sessions.
///
/// ```
/// use imap_proto::{Capabilities, Config};
/// use wire_core::sasl::{Mechanism, Mechanisms};
///
/// let passwords = Mechanisms::NONE.with(Mechanism::Plain);
/// let config = Config::builder("imap.example.org")
///     .auth(Mechanisms::NONE, passwords)
///     .capabilities(Capabilities::ALL.without(Capabilities::IDLE))
///     .max_append(50 << 20)
///     .build()?;
/// # Ok::<(), imap_proto::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) host: Box<str>,
    pub(crate) capabilities: Capabilities,
    pub(crate) plain: Mechanisms,
    pub(crate) tls: Mechanisms,
    pub(crate) decoy: Option<Decoy>,
    pub(crate) starttls: bool,
    pub(crate) id: Vec<(Box<str>, Box<str>)>,
    pub(crate) separator: char,
    pub(crate) poll: Option<Duration>,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) syntax: crate::syntax::Limits,
    pub(crate) leniency: Leniency,
    pub(crate) limits: Limits,
}

/// Every bound of a session, with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of one command with its literals, after login. 64 KiB: a UID set of 31 KiB is one
    /// command of a real client, and RFC 7162 section 4 asks for 8 KiB at least.
    pub command: usize,
    /// The same before login. 8 KiB: every login fits, a flood does not.
    pub command_before_login: usize,
    /// Octets of a line of a SASL exchange with its CRLF, and of AUTHENTICATE with an initial
    /// response. 12,290, as RFC 4954 section 4 has it for SMTP: a token with its claims is longer
    /// than any other word before login.
    pub sasl_line: usize,
    /// Octets of one message in APPEND. 64 MiB. Shown to clients as APPENDLIMIT (RFC 7889).
    pub append: u64,
    /// Messages of one APPEND (RFC 3502). 1,000: all of them are stored in one transaction.
    pub messages: u32,
    /// Octets of output, above which no further command is taken and `congested` says so. 64 KiB.
    pub high_water: usize,
    /// Octets of one range that a `Blob` asks for. 64 KiB.
    pub read: u64,
    /// Octets of one message that are held while a `Blob` brings them, where FETCH needs its
    /// structure and the row has neither an outline nor a layout, and where SEARCH looks at its
    /// text. FETCH leaves longer ones out with `[LIMIT]`, SEARCH looks at so many. 32 MiB.
    pub gather: u64,
    /// Octets of keys that SORT and THREAD hold where the session orders messages itself; beyond it
    /// they end NO `[LIMIT]`. 128 MiB: a message takes some 100 to be sorted and some 600 to be
    /// threaded, so that 200,000 of them can be.
    pub sort: u64,
    /// Octets of a mailbox name in UTF-8. 1,000: a path has hardly more, and each of its levels
    /// may become a line of LIST.
    pub name: usize,
    /// Names that one LIST collects. 100,000.
    pub folders: usize,
    /// Changes of different mod-sequences that are kept apart until they can be told; more are
    /// told together. 64.
    pub pending: usize,
    /// Bad commands in a row that end the connection. 20.
    pub errors: u32,
    /// From the greeting to the end of login. 1 minute.
    pub login: Duration,
    /// Between two commands after login, and within IDLE. 30 minutes: RFC 9051 section 5.4 allows
    /// no less.
    pub idle: Duration,
    /// Between two reads within a literal, an upload or an AUTHENTICATE, and before a client takes
    /// anything of an answer that is above `high_water`. 5 minutes.
    pub stall: Duration,
    /// For the answer to a ticket, anew with each row and each octet that goes out for it. Then the
    /// client hears NO `[UNAVAILABLE]`, and the ticket is stale. 2 minutes.
    pub decision: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            command: 64 << 10,
            command_before_login: 8 << 10,
            sasl_line: 12_290,
            append: 64 << 20,
            messages: 1000,
            high_water: 64 << 10,
            read: 64 << 10,
            gather: 32 << 20,
            sort: 128 << 20,
            name: 1000,
            folders: 100_000,
            pending: 64,
            errors: 20,
            login: Duration::from_secs(60),
            idle: Duration::from_secs(30 * 60),
            stall: Duration::from_secs(5 * 60),
            decision: Duration::from_secs(120),
        }
    }
}

impl Config {
    /// A configuration for the server of this name: everything offered, passwords only inside TLS,
    /// no STARTTLS.
    pub fn builder(host: &str) -> Builder {
        Builder {
            config: Config {
                host: host.into(),
                capabilities: Capabilities::ALL,
                plain: Mechanisms::NONE,
                tls: Mechanisms::PLAINTEXT,
                decoy: None,
                starttls: false,
                id: Vec::new(),
                separator: '/',
                poll: None,
                keep_alive: Some(Duration::from_secs(12)),
                syntax: crate::syntax::Limits::DEFAULT,
                leniency: Leniency::NONE,
                limits: Limits::default(),
            },
        }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The hierarchy separator.
    pub fn separator(&self) -> char {
        self.separator
    }
}

/// Collects what is not the default.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    config: Config,
}

impl Builder {
    /// What is offered at most. Default: [`Capabilities::ALL`].
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.config.capabilities = capabilities;
        self
    }

    /// The SASL mechanisms without TLS and within. The LOGIN command is open wherever PLAIN or
    /// LOGIN is; elsewhere LOGINDISABLED is shown. Default: none, and PLAIN with LOGIN.
    pub fn auth(mut self, plain: Mechanisms, tls: Mechanisms) -> Self {
        self.config.plain = plain;
        self.config.tls = tls;
        self
    }

    /// What unknown users are made of, where SCRAM is offered: nobody learns from an exchange
    /// which users there are. Needed with SCRAM, without a use else. Default: none.
    pub fn decoy(mut self, decoy: Decoy) -> Self {
        self.config.decoy = Some(decoy);
        self
    }

    /// Whether STARTTLS is offered where TLS is not there yet. Default: no.
    pub fn starttls(mut self, on: bool) -> Self {
        self.config.starttls = on;
        self
    }

    /// One pair of the answer to ID (RFC 2971), such as `name` and the name of the server. Default:
    /// none, and the answer is NIL.
    pub fn id(mut self, field: &str, value: &str) -> Self {
        self.config.id.push((field.into(), value.into()));
        self
    }

    /// The hierarchy separator of all mailbox names: a graphic ASCII character, none of
    /// `* % " \ & ( ) [ ] { }`. Default: `/`.
    pub fn separator(mut self, separator: char) -> Self {
        self.config.separator = separator;
        self
    }

    /// The store tells nobody of changes and must be asked: NOOP, CHECK and IDLE emit
    /// `Event::Sync`, and IDLE again after each such time. Default: the store uses
    /// `Session::notify`.
    pub fn poll(mut self, every: Duration) -> Self {
        self.config.poll = Some(every);
        self
    }

    /// How often a client that waits for the answer to its command hears `* OK [INPROGRESS ...]`, so
    /// that neither it nor a box on the way gives up (RFC 9585). Before login and within a literal
    /// nothing is said. It does not prolong [`Limits::decision`]. Default: 12 seconds; RFC 9585
    /// section 4 recommends 10 to 15. `None`: never.
    pub fn keep_alive(mut self, every: Option<Duration>) -> Self {
        self.config.keep_alive = every;
        self
    }

    /// What one command may ask for. Default: [`syntax::Limits::DEFAULT`](crate::syntax::Limits).
    pub fn syntax(mut self, limits: crate::syntax::Limits) -> Self {
        self.config.syntax = limits;
        self
    }

    /// Habits of clients that are taken although the grammar forbids them. Default:
    /// [`Leniency::NONE`].
    pub fn lenient(mut self, allowed: Leniency) -> Self {
        self.config.leniency = allowed;
        self
    }

    /// Passwords also without TLS: whatever is offered within it. For tests, and for what a proxy
    /// protects.
    pub fn plaintext_logins(mut self, on: bool) -> Self {
        self.config.plain = match on {
            true => self.config.tls,
            false => Mechanisms::NONE,
        };
        self
    }

    /// Changes some of the limits.
    ///
    /// ```
    /// let config = imap_proto::Config::builder("imap.example.org")
    ///     .limits(|limits| limits.errors = 5)
    ///     .build();
    /// # assert!(config.is_ok());
    /// ```
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.config.limits);
        self
    }

    /// Octets of one message in APPEND. Default: 64 MiB.
    pub fn max_append(mut self, octets: u64) -> Self {
        self.config.limits.append = octets;
        self
    }

    /// Checks that the parts fit together.
    ///
    /// # Errors
    ///
    /// Names the first option that cannot be.
    pub fn build(self) -> Result<Arc<Config>, ConfigError> {
        let (config, limits) = (&self.config, &self.config.limits);
        let revisions = Capabilities::IMAP4REV1.with(Capabilities::IMAP4REV2);
        let wrong = |option, reason| Err(ConfigError { option, reason });
        if config.capabilities.without(revisions) == config.capabilities {
            return wrong("capabilities", "neither IMAP4rev1 nor IMAP4rev2 is offered");
        }
        if !config.separator.is_ascii_graphic() || "*%\"\\&()[]{}".contains(config.separator) {
            return wrong(
                "separator",
                "not a printable ASCII character that can be in a name",
            );
        }
        if config.plain.or(config.tls).hides_users() && config.decoy.is_none() {
            return wrong("auth", "SCRAM needs a decoy");
        }
        if limits.command_before_login < 1024 {
            return wrong(
                "command_before_login",
                "less than 1 KiB cannot hold a login",
            );
        }
        if limits.sasl_line < 512 {
            return wrong("sasl_line", "too short for the message of a mechanism");
        }
        if limits.command < limits.command_before_login.max(limits.sasl_line) {
            return wrong("command", "less than before login");
        }
        if limits.idle < Duration::from_secs(30 * 60) {
            return wrong("idle", "less than the 30 minutes of RFC 9051 section 5.4");
        }
        if limits.read == 0 || limits.high_water == 0 {
            return wrong("read, high_water", "too small to make progress");
        }
        if config
            .keep_alive
            .is_some_and(|every| every < Duration::from_secs(1))
        {
            return wrong("keep_alive", "more often than once a second");
        }
        if limits.errors == 0 || limits.pending == 0 {
            return wrong("errors, pending", "zero");
        }
        Ok(Arc::new(self.config))
    }
}

/// A configuration that cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {reason}")]
#[non_exhaustive]
pub struct ConfigError {
    /// Which option.
    pub option: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}
