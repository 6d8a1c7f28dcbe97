//! What a server decides once, for all its sessions.

use std::{sync::Arc, time::Duration};

use wire_core::sasl::{Decoy, Mechanism, Mechanisms};

use crate::Language;

/// The settings of a server. Built once, checked once, shared by its sessions.
///
/// ```
/// use pop3_proto::Config;
///
/// let config = Config::builder("pop.example.org").stls(true).build()?;
/// # let _ = config;
/// # Ok::<(), pop3_proto::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) host: Box<str>,
    pub(crate) implementation: Option<Box<str>>,
    pub(crate) stls: Stls,
    pub(crate) user_pass: bool,
    pub(crate) plaintext: bool,
    pub(crate) auth: Offered,
    pub(crate) decoy: Option<Decoy>,
    pub(crate) apop: bool,
    pub(crate) utf8: Utf8,
    pub(crate) languages: Vec<Language>,
    pub(crate) expire: Option<Policy<Expire>>,
    pub(crate) login_delay: Option<Policy<u32>>,
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: Limits,
}

/// Mechanisms without and with TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offered {
    pub(crate) clear: Mechanisms,
    pub(crate) tls: Mechanisms,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stls {
    Off,
    Offered,
    Required,
}

/// What of UTF-8 is offered (RFC 6856 section 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Utf8 {
    /// Nothing: UTF8 is an unknown command.
    #[default]
    Off,
    /// UTF8: messages may come as they are.
    Messages,
    /// UTF8 USER: names and passwords may be in UTF-8 too, and are prepared (RFC 4013).
    Names,
}

/// How long the server keeps messages (RFC 2449 section 6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expire {
    /// It removes none by itself.
    Never,
    /// So many days; zero: a message that was read may be gone after the session.
    Days(u32),
}

/// A policy that CAPA names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy<T> {
    /// Of every user; or, where it differs by user, the one that promises least.
    pub(crate) value: T,
    pub(crate) by_user: bool,
}

/// How long a session waits for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Autologout: a client that sends no command, or reads nothing of what it asked for, for this
    /// long is cut off. Default and least value: 10 minutes (RFC 1939 section 3).
    pub idle: Duration,
    /// The whole way from the greeting to an opened maildrop, however busy the client is. Default 3
    /// minutes: who has not proved who he is costs little for long.
    pub login: Duration,
    /// How long an event may stay undecided, and a writer without a write. Default 5 minutes.
    pub decision: Duration,
    /// How long the last reply may take to leave. Default 30 seconds.
    pub linger: Duration,
    /// How long the first failed login waits for its reply; the second waits twice as long, and so
    /// on. Default 1 second. Zero: no delay.
    pub failed_login: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            idle: Timeouts::LEAST_IDLE,
            login: Duration::from_secs(180),
            decision: Duration::from_secs(300),
            linger: Duration::from_secs(30),
            failed_login: Duration::from_secs(1),
        }
    }
}

impl Timeouts {
    const LEAST_IDLE: Duration = Duration::from_secs(600);
}

/// How much a session holds, and how much it bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of a command line with its CRLF. Default 512, at least 255 (RFC 2449 section 4).
    pub line: usize,
    /// Octets of an AUTH command or a SASL response with its CRLF. Default 12288 (RFC 4954 section
    /// 4 names this for SMTP); at least `line`.
    pub sasl_line: usize,
    /// Output queued before the session takes no more commands, rows and message octets. Default 32
    /// KiB: whatever the message, a RETR then takes less than 64 KiB. At least 4 KiB.
    pub high_water: usize,
    /// Rejected commands before the session is closed. Default 20.
    pub errors: u16,
    /// Failed logins before the session is closed. Default 3 (NIST SP 800-63B asks for a limit).
    pub failed_logins: u16,
    /// Messages in a [`Maildrop::Table`](crate::Maildrop::Table). Default 1,000,000, which is 12 MB
    /// and the ids; use a lazy maildrop above.
    pub table: u32,
    /// Rows asked for in one [`Event::List`](crate::Event::List). Default 1000.
    pub page: u32,
    /// Runs of messages marked for removal. Default 65,536, which is what marking every second one
    /// of 131,072 messages needs.
    pub deleted_runs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            line: 512,
            sasl_line: 12_288,
            high_water: 32 * 1024,
            errors: 20,
            failed_logins: 3,
            table: 1_000_000,
            page: 1000,
            deleted_runs: 65_536,
        }
    }
}

/// A setting that makes no sense, alone or with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {reason}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The builder's method, or the field of [`Limits`] or [`Timeouts`].
    pub option: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Config {
    /// Settings for the server `host`, its name as clients know it.
    ///
    /// The defaults are safe: logins with a plaintext password need TLS, which is either there when
    /// the session begins (port 995) or comes with [`stls`](Builder::stls).
    pub fn builder(host: &str) -> Builder {
        Builder {
            config: Config {
                host: host.into(),
                implementation: None,
                stls: Stls::Off,
                user_pass: true,
                plaintext: false,
                auth: Offered {
                    clear: Mechanisms::NONE,
                    tls: Mechanisms::PLAINTEXT,
                },
                decoy: None,
                apop: false,
                utf8: Utf8::Off,
                languages: Vec::new(),
                expire: None,
                login_delay: None,
                timeouts: Timeouts::default(),
                limits: Limits::default(),
            },
            auth: None,
        }
    }
}

/// Collects settings for a [`Config`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    config: Config,
    auth: Option<Offered>,
}

impl Builder {
    /// Offers STLS (RFC 2595 section 4). `required`: no login of any kind before it.
    pub fn stls(mut self, required: bool) -> Self {
        self.config.stls = if required {
            Stls::Required
        } else {
            Stls::Offered
        };
        self
    }

    /// The SASL mechanisms to offer without and with TLS. Default: none, and PLAIN with LOGIN.
    pub fn auth(mut self, clear: Mechanisms, tls: Mechanisms) -> Self {
        self.auth = Some(Offered { clear, tls });
        self
    }

    /// What unknown users are made of, where SCRAM is offered: nobody learns from an exchange
    /// which users there are.
    pub fn decoy(mut self, decoy: Decoy) -> Self {
        self.config.decoy = Some(decoy);
        self
    }

    /// Whether USER and PASS are offered. Default: yes, under the rule of
    /// [`plaintext_logins`](Self::plaintext_logins).
    pub fn user_pass(mut self, on: bool) -> Self {
        self.config.user_pass = on;
        self
    }

    /// Whether APOP is offered (RFC 1939 section 7): its application must know the passwords
    /// themselves. Default: no.
    pub fn apop(mut self, on: bool) -> Self {
        self.config.apop = on;
        self
    }

    /// Whether UTF8 is offered (RFC 6856 section 2). Default: no. With yes, look at
    /// [`Session::utf8`](crate::Session::utf8) before a message is sent.
    pub fn utf8(mut self, utf8: Utf8) -> Self {
        self.config.utf8 = utf8;
        self
    }

    /// A language that replies can be in, beside English; the first one is what `LANG *` gives.
    /// Each call adds one. Default: none, and LANG is not offered (RFC 6856 section 3).
    pub fn language(mut self, language: Language) -> Self {
        self.config.languages.push(language);
        self
    }

    /// Whether a password may cross the network in the clear. Default: no (RFC 5034 section 4).
    /// With yes, and without [`auth`](Self::auth), PLAIN and LOGIN are offered without TLS too.
    pub fn plaintext_logins(mut self, allow: bool) -> Self {
        self.config.plaintext = allow;
        self
    }

    /// The IMPLEMENTATION that CAPA names (RFC 2449 section 6.9). Default: not said.
    pub fn implementation(mut self, name: &str) -> Self {
        self.config.implementation = Some(name.into());
        self
    }

    /// The EXPIRE that CAPA names (RFC 2449 section 6.7). Default: not said.
    pub fn expire(mut self, expire: Expire) -> Self {
        self.config.expire = Some(Policy {
            value: expire,
            by_user: false,
        });
        self
    }

    /// The least EXPIRE that a user may have: CAPA names it with USER before login, and after it
    /// what [`Session::set_expire`](crate::Session::set_expire) was told.
    pub fn expire_by_user(mut self, least: Expire) -> Self {
        self.config.expire = Some(Policy {
            value: least,
            by_user: true,
        });
        self
    }

    /// The LOGIN-DELAY in seconds that CAPA names (RFC 2449 section 6.5). The application holds
    /// clients to it: it refuses [`Event::Login`](crate::Event::Login) with
    /// [`RespCode::LoginDelay`](crate::RespCode::LoginDelay).
    pub fn login_delay(mut self, seconds: u32) -> Self {
        self.config.login_delay = Some(Policy {
            value: seconds,
            by_user: false,
        });
        self
    }

    /// The greatest LOGIN-DELAY that a user may have: CAPA names it with USER before login, and
    /// after it what [`Session::set_login_delay`](crate::Session::set_login_delay) was told.
    pub fn login_delay_by_user(mut self, greatest: u32) -> Self {
        self.config.login_delay = Some(Policy {
            value: greatest,
            by_user: true,
        });
        self
    }

    /// Changes timeouts.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use pop3_proto::Config;
    /// let config = Config::builder("host").timeouts(|t| t.login = Duration::from_secs(60)).build();
    /// # assert!(config.is_ok());
    /// ```
    pub fn timeouts(mut self, change: impl FnOnce(&mut Timeouts)) -> Self {
        change(&mut self.config.timeouts);
        self
    }

    /// Autologout; see [`Timeouts::idle`].
    pub fn idle(self, idle: Duration) -> Self {
        self.timeouts(|timeouts| timeouts.idle = idle)
    }

    /// Changes limits.
    ///
    /// ```
    /// # use pop3_proto::Config;
    /// let config = Config::builder("host").limits(|l| l.errors = 5).build();
    /// # assert!(config.is_ok());
    /// ```
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.config.limits);
        self
    }

    /// Checks the settings together.
    ///
    /// # Errors
    ///
    /// Names the first setting that makes no sense.
    pub fn build(mut self) -> Result<Arc<Config>, ConfigError> {
        let plaintext = self.config.plaintext;
        self.config.auth = match self.auth {
            Some(auth) if !plaintext && auth.clear.iter().any(Mechanism::plaintext) => {
                let reason = "a plaintext mechanism without TLS needs plaintext_logins(true)";
                return Err(ConfigError {
                    option: "auth",
                    reason,
                });
            }
            Some(auth) => auth,
            None if plaintext => Offered {
                clear: Mechanisms::PLAINTEXT,
                tls: Mechanisms::PLAINTEXT,
            },
            None => self.config.auth,
        };
        match self.config.fault() {
            Some((option, reason)) => Err(ConfigError { option, reason }),
            None => Ok(Arc::new(self.config)),
        }
    }
}

impl Config {
    fn fault(&self) -> Option<(&'static str, &'static str)> {
        let Config {
            timeouts, limits, ..
        } = self;
        let is_token = |text: &str| {
            (1..=255).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_graphic())
        };
        let implementation = self.implementation.as_deref().unwrap_or("unsaid");
        let faults = [
            (
                !is_token(&self.host),
                "host",
                "is not 1 to 255 graphic ASCII characters",
            ),
            (
                !is_token(implementation),
                "implementation",
                "is not 1 to 255 graphic ASCII characters",
            ),
            (
                self.plaintext && self.stls == Stls::Required,
                "plaintext_logins",
                "contradicts stls(true)",
            ),
            (
                timeouts.idle < Timeouts::LEAST_IDLE,
                "idle",
                "is below 10 minutes (RFC 1939 section 3)",
            ),
            (
                self.auth.clear.or(self.auth.tls).hides_users() && self.decoy.is_none(),
                "auth",
                "SCRAM needs a decoy",
            ),
            (
                !self.languages.iter().all(Language::is_sound),
                "language",
                "has no language tag, or a name with controls",
            ),
            (timeouts.login.is_zero(), "login", "is zero"),
            (timeouts.decision.is_zero(), "decision", "is zero"),
            (timeouts.linger.is_zero(), "linger", "is zero"),
            (
                limits.line < 255,
                "line",
                "is below 255 octets (RFC 2449 section 4)",
            ),
            (limits.sasl_line < limits.line, "sasl_line", "is below line"),
            (
                limits.high_water < 4096,
                "high_water",
                "is below 4096 octets",
            ),
            (limits.errors == 0, "errors", "is zero"),
            (limits.failed_logins == 0, "failed_logins", "is zero"),
            (limits.page == 0, "page", "is zero"),
            (
                limits.table == u32::MAX,
                "table",
                "leaves no number after the last",
            ),
            (limits.deleted_runs == 0, "deleted_runs", "is zero"),
        ];
        faults
            .into_iter()
            .find(|(is_fault, ..)| *is_fault)
            .map(|(_, option, reason)| (option, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(builder: Builder) -> Option<&'static str> {
        builder.build().err().map(|error| error.option)
    }

    #[test]
    fn defaults_hold_together() {
        assert_eq!(fault(Config::builder("pop.example.org")), None);
    }

    #[test]
    fn settings_are_checked() {
        let host = || Config::builder("host");
        let plain = Mechanisms::NONE.with(Mechanism::Plain);
        assert_eq!(fault(Config::builder("")), Some("host"));
        assert_eq!(fault(Config::builder("a b")), Some("host"));
        assert_eq!(
            fault(host().implementation("a\r\nb")),
            Some("implementation")
        );
        assert_eq!(fault(host().auth(plain, plain)), Some("auth"));
        assert_eq!(
            fault(host().auth(plain, plain).plaintext_logins(true)),
            None
        );
        assert_eq!(
            fault(host().stls(true).plaintext_logins(true)),
            Some("plaintext_logins")
        );
        assert_eq!(fault(host().idle(Duration::from_secs(599))), Some("idle"));
        assert_eq!(fault(host().limits(|l| l.line = 254)), Some("line"));
        assert_eq!(
            fault(host().limits(|l| l.sasl_line = 300)),
            Some("sasl_line")
        );
        assert_eq!(fault(host().limits(|l| l.page = 0)), Some("page"));
    }

    #[test]
    fn passwords_in_the_clear_have_to_be_allowed() {
        let clear = |builder: Builder| builder.build().unwrap().auth.clear.iter().count();
        assert_eq!(clear(Config::builder("host")), 0);
        assert_eq!(clear(Config::builder("host").plaintext_logins(true)), 2);
    }
}
