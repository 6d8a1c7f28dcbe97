//! What a listener offers and demands.

use core::{mem::discriminant, time::Duration};
use std::sync::Arc;

use wire_core::{
    sasl::{Decoy, Mechanisms},
    text::{BareNewline, EightBit, LongLine, Nul, Rules},
};

use crate::{
    Capabilities, Leniency, Limits, Reply, Timeouts, Violation, extensions::Extensions,
    grammar::path, raw_mechanisms::RawMechanisms,
};

/// Checked once, shared by every session of a listener.
///
/// ```
/// use smtp_proto::{Capabilities, Config, Limits};
/// use wire_core::sasl::Mechanisms;
///
/// let mut limits = Limits::default();
/// limits.message = 10 << 20;
/// let config = Config::builder("mx.example.org")
///     .offer(Capabilities::DEFAULT.with(Capabilities::STARTTLS))
///     .auth(Mechanisms::NONE, Mechanisms::PLAINTEXT) // only inside TLS
///     .limits(limits)
///     .build()?;
/// # let _ = config;
/// # Ok::<(), smtp_proto::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) hostname: Box<str>,
    pub(crate) banner: Box<str>,
    pub(crate) lmtp: bool,
    plain: Offer,
    tls: Offer,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) require_tls: bool,
    pub(crate) require_auth: bool,
    pub(crate) leniency: Leniency,
    text: Rules,
    pub(crate) ask_connect: bool,
    pub(crate) greeting_delay: Duration,
    pub(crate) early_talk: EarlyTalk,
    pub(crate) extensions: Extensions,
    pub(crate) decoy: Option<Decoy>,
    raw_mechanisms: [RawMechanisms; 2],
    tarpit: Option<(u16, Duration)>,
    texts: Vec<(Violation, Reply<'static>)>,
}

/// What is on offer, outside or inside TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) capabilities: Capabilities,
    pub(crate) auth: Mechanisms,
}

/// What to do with a client that speaks before the greeting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EarlyTalk {
    /// Tell the application with [`Violation::EarlyTalker`], and go on.
    #[default]
    Report,
    /// Answer 521 in place of the greeting and close.
    Refuse,
}

/// A configuration that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("smtp configuration: {option}: {why}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The option.
    pub option: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Makes a [`Config`].
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    config: Config,
}

impl Config {
    /// Begins with what is safe: the capabilities of [`Capabilities::DEFAULT`], no AUTH, no
    /// STARTTLS, bare line ends refused. `hostname` names the server in its greeting and in
    /// `Received` fields.
    pub fn builder(hostname: &str) -> Builder {
        let offer = Offer {
            capabilities: Capabilities::DEFAULT,
            auth: Mechanisms::NONE,
        };
        Builder {
            config: Config {
                hostname: hostname.into(),
                banner: Box::default(),
                lmtp: false,
                plain: offer,
                tls: offer,
                limits: Limits::default(),
                timeouts: Timeouts::default(),
                require_tls: false,
                require_auth: false,
                leniency: Leniency::NONE,
                text: Rules::default(),
                ask_connect: false,
                greeting_delay: Duration::ZERO,
                early_talk: EarlyTalk::default(),
                extensions: Extensions::default(),
                decoy: None,
                raw_mechanisms: Default::default(),
                tarpit: None,
                texts: Vec::new(),
            },
        }
    }

    /// Every default, as `localhost`, and as many messages as come in a session: for tests and
    /// sinks.
    pub fn sink() -> Arc<Config> {
        let mut config = Self::builder("localhost").config;
        config.limits.transactions = u32::MAX;
        Arc::new(config)
    }

    pub(crate) fn offer(&self, in_tls: bool) -> Offer {
        if !in_tls {
            // RFC 8689 section 2.
            let capabilities = self.plain.capabilities.without(Capabilities::REQUIRETLS);
            let auth = match self.require_tls {
                true => Mechanisms::NONE,
                false => self.plain.auth,
            };
            return Offer { capabilities, auth };
        }
        // RFC 3207 section 4.2: not offered again.
        let capabilities = self.tls.capabilities.without(Capabilities::STARTTLS);
        Offer {
            capabilities,
            ..self.tls
        }
    }

    /// The application's own mechanisms.
    pub(crate) fn raw_mechanisms(&self, in_tls: bool) -> &RawMechanisms {
        let [plain, tls] = &self.raw_mechanisms;
        match in_tls {
            true => tls,
            false if self.require_tls => RawMechanisms::NONE,
            false => plain,
        }
    }

    /// What a message may hold whose MAIL told of octets above 127, or did not.
    pub(crate) fn rules(&self, eight_bit: bool) -> Rules {
        let mut rules = self.text;
        rules.line = self.limits.text_line;
        if eight_bit {
            rules.eight_bit = EightBit::Keep;
        }
        rules
    }

    /// The reply that was set for a violation, whatever its position.
    pub(crate) fn text(&self, of: Violation) -> Option<&Reply<'static>> {
        let same = |(set, _): &&(Violation, _)| discriminant(set) == discriminant(&of);
        self.texts.iter().rev().find(same).map(|(_, reply)| reply)
    }

    /// How long the reply to the `errors`th fault is held back.
    pub(crate) fn tarpit(&self, errors: u16) -> Duration {
        match self.tarpit {
            Some((after, delay)) if errors > after => delay,
            _ => Duration::ZERO,
        }
    }

    fn fault(&self) -> Result<(), ConfigError> {
        let fail = |option, why| Err(ConfigError { option, why });
        if !path::is_hello(self.hostname.as_bytes()) {
            return fail("hostname", "no domain and no address literal");
        }
        if let Some(option) = self.limits.fault().or(self.timeouts.fault()) {
            return fail(option, "out of its range");
        }
        for offer in [self.plain, self.tls] {
            let has = |capability| offer.capabilities.contains(capability);
            if has(Capabilities::SMTPUTF8) && !has(Capabilities::EIGHT_BIT_MIME) {
                return fail("offer", "SMTPUTF8 needs 8BITMIME (RFC 6531 section 3.1)");
            }
            if has(Capabilities::BINARYMIME) && !has(Capabilities::CHUNKING) {
                return fail("offer", "BINARYMIME needs CHUNKING (RFC 3030 section 3)");
            }
            if has(Capabilities::BINARYMIME) && !has(Capabilities::EIGHT_BIT_MIME) {
                return fail("offer", "BINARYMIME needs 8BITMIME (RFC 3030 section 3)");
            }
            if has(Capabilities::PRDR) && self.lmtp {
                return fail(
                    "offer",
                    "LMTP has no PRDR: it answers for each recipient by itself",
                );
            }
            let lmtp = Capabilities::PIPELINING.with(Capabilities::ENHANCED_STATUS_CODES);
            if self.lmtp && !has(lmtp) {
                return fail(
                    "offer",
                    "LMTP needs PIPELINING and ENHANCEDSTATUSCODES (RFC 2033)",
                );
            }
        }
        if let Some(option) = self.extensions.fault() {
            return fail(option, "out of its range");
        }
        for (raw, offer) in self.raw_mechanisms.iter().zip([self.plain, self.tls]) {
            if let Some(why) = raw.fault(offer.auth) {
                return fail("raw_mechanisms", why);
            }
        }
        let raw = self.raw_mechanisms.iter().any(|raw| !raw.is_empty());
        if self.require_auth && !raw && self.plain.auth.is_empty() && self.tls.auth.is_empty() {
            return fail("require_auth", "no mechanism is offered");
        }
        let auth = self.plain.auth.or(self.tls.auth);
        if auth.hides_users() && self.decoy.is_none() {
            return fail("auth", "SCRAM needs a decoy");
        }
        if self.require_tls && !self.plain.capabilities.contains(Capabilities::STARTTLS) {
            return fail("require_tls", "STARTTLS is not offered");
        }
        if self
            .texts
            .iter()
            .any(|(_, reply)| !matches!(reply.class(), 4 | 5) || !reply.is_valid())
        {
            return fail("text", "no 4yz and no 5yz reply");
        }
        Ok(())
    }
}

impl Builder {
    /// LMTP (RFC 2033): LHLO in place of EHLO, a reply for each recipient at the end of a message.
    pub fn lmtp(mut self, on: bool) -> Self {
        self.config.lmtp = on;
        self
    }

    /// What is offered, both outside and inside TLS (where STARTTLS is left out).
    pub fn offer(mut self, capabilities: Capabilities) -> Self {
        self.config.plain.capabilities = capabilities;
        self.config.tls.capabilities = capabilities;
        self
    }

    /// What is offered inside TLS, where that is not the same. Call it after
    /// [`offer`](Self::offer).
    pub fn offer_in_tls(mut self, capabilities: Capabilities) -> Self {
        self.config.tls.capabilities = capabilities;
        self
    }

    /// The SASL mechanisms outside and inside TLS. To name a plaintext mechanism in `plain` is to
    /// send passwords in clear.
    pub fn auth(mut self, plain: Mechanisms, tls: Mechanisms) -> Self {
        self.config.plain.auth = plain;
        self.config.tls.auth = tls;
        self
    }

    /// SASL mechanisms of the application's own, outside and inside TLS: their steps come as
    /// [`Event::RawAuth`](crate::Event::RawAuth), in the framing and within the limits of the
    /// session's own. One that shows a secret belongs inside TLS only. EHLO lists them behind the
    /// session's; at most 16.
    ///
    /// A name is 1 to 20 capitals, digits, hyphens and underscores (RFC 4422 section 3.1), and none
    /// that [`auth`](Self::auth) offers.
    ///
    /// ```
    /// # use smtp_proto::Config;
    /// let config = Config::builder("mx.example.org").raw_mechanisms(&[], &["X-TICKET"]);
    /// assert!(config.build().is_ok());
    /// ```
    pub fn raw_mechanisms(mut self, plain: &[&str], tls: &[&str]) -> Self {
        self.config.raw_mechanisms = [plain, tls].map(RawMechanisms::new);
        self
    }

    /// What unknown users are made of, where SCRAM is offered: nobody learns from an exchange
    /// which users there are.
    pub fn decoy(mut self, decoy: Decoy) -> Self {
        self.config.decoy = Some(decoy);
        self
    }

    /// How much. Default [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// How long. Default [`Timeouts::default`].
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.config.timeouts = timeouts;
        self
    }

    /// No mail and no AUTH outside TLS: 530 (RFC 3207 section 4).
    pub fn require_tls(mut self) -> Self {
        self.config.require_tls = true;
        self
    }

    /// No mail without AUTH: 530 (RFC 4954 section 6). For submission.
    pub fn require_auth(mut self) -> Self {
        self.config.require_auth = true;
        self
    }

    /// Habits of clients that are taken although the grammar forbids them. Default
    /// [`Leniency::NONE`].
    pub fn lenient(mut self, allowed: Leniency) -> Self {
        self.config.leniency = allowed;
        self
    }

    /// What to do with a CR or LF in a message that stands alone. Default
    /// [`BareNewline::Reject`].
    pub fn bare_newline(mut self, policy: BareNewline) -> Self {
        self.config.text.bare_newline = policy;
        self
    }

    /// What to do with a NUL in a message. Default [`Nul::Reject`]; a server that takes mail from
    /// anywhere keeps it.
    pub fn nul(mut self, policy: Nul) -> Self {
        self.config.text.nul = policy;
        self
    }

    /// What to do with a line of a message over [`Limits::text_line`]. Default [`LongLine::Reject`];
    /// a server that takes mail from anywhere keeps it, since much of it has such lines.
    pub fn long_lines(mut self, policy: LongLine) -> Self {
        self.config.text.long_line = policy;
        self
    }

    /// What to do with octets above 127 in a message whose MAIL had none of `BODY=8BITMIME`,
    /// `BODY=BINARYMIME` and SMTPUTF8. Default [`EightBit::Keep`].
    pub fn eight_bit(mut self, policy: EightBit) -> Self {
        self.config.text.eight_bit = policy;
        self
    }

    /// Ask with [`Event::Connect`](crate::Event::Connect) before the greeting.
    pub fn ask_connect(mut self) -> Self {
        self.config.ask_connect = true;
        self
    }

    /// Hold the greeting back; clients that do not wait for it give themselves away.
    pub fn greeting_delay(mut self, delay: Duration, early: EarlyTalk) -> Self {
        self.config.greeting_delay = delay;
        self.config.early_talk = early;
        self
    }

    /// Hold each reply to a fault back, after so many of them.
    pub fn tarpit(mut self, after_errors: u16, delay: Duration) -> Self {
        self.config.tarpit = Some((after_errors, delay));
        self
    }

    /// The reply to a violation, in place of the session's own. Its position, where it has one,
    /// does not matter.
    pub fn text(mut self, of: Violation, reply: Reply<'static>) -> Self {
        self.config.texts.push((of, reply));
        self
    }

    /// The least time of `BY=`, in seconds; what asks for less with `R` is refused. Default 0: none
    /// (RFC 2852 section 4).
    pub fn deliver_by(mut self, least: u32) -> Self {
        self.config.extensions.deliver_by = least;
        self
    }

    /// How long a message may be held, in seconds, and until when, in seconds since 1970; what asks
    /// for more is refused. Default 30 days, and no date (RFC 4865 section 4).
    pub fn future_release(mut self, longest: u32, until: i64) -> Self {
        self.config.extensions.hold_for = longest;
        self.config.extensions.hold_until = until;
        self
    }

    /// What NO-SOLICITING lists, by comma (RFC 3865 section 3). Default: nothing.
    pub fn no_soliciting(mut self, words: &str) -> Self {
        self.config.extensions.no_soliciting = words.into();
        self
    }

    /// Text of the greeting behind the host name and the protocol.
    pub fn banner(mut self, text: &str) -> Self {
        self.config.banner = text.into();
        self
    }

    /// Checks it.
    ///
    /// # Errors
    /// The first option that cannot work, alone or with the others.
    pub fn build(self) -> Result<Arc<Config>, ConfigError> {
        self.config.fault()?;
        Ok(Arc::new(self.config))
    }
}
