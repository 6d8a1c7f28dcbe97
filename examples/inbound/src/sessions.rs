//! What the sessions of each port offer.

use std::{sync::Arc, time::Duration};

use pop3_proto::{Expire, Utf8};
use smtp_proto::{Capabilities, Reply, Violation};
use wire_core::{
    Entropy, Peer, Time,
    sasl::{Decoy, Mechanisms},
};

use crate::{
    config::{Config, Mistake, Service},
    policy::{Policies, Stage},
};

/// Sessions are told of changes. NOOP asks all the same, so that it tells what was committed before
/// it; IDLE asks so seldom that it costs nothing.
const ASK_AGAIN: Duration = Duration::from_secs(300);

/// What every port that takes mail does. Nothing is on offer that this server does not do:
///
/// - no DSN, DELIVERBY, FUTURERELEASE, MT-PRIORITY, REQUIRETLS, ETRN: it sends nothing, so it sends no
///   report, holds nothing back and hurries nothing on;
/// - no BINARYMIME: POP3 and most of IMAP show lines of text;
/// - no EXPN: who is in a group is nobody's business.
const TAKES: Capabilities = Capabilities::DEFAULT
    .with(Capabilities::STARTTLS)
    .with(Capabilities::LIMITS);

/// The configurations, one a kind of port, checked once.
pub struct Sessions {
    smtp: Arc<smtp_proto::Config>,
    submission: Arc<smtp_proto::Config>,
    lmtp: Arc<smtp_proto::Config>,
    imap: Arc<imap_proto::Config>,
    pop3: Arc<pop3_proto::Config>,
}

impl Sessions {
    /// Makes them from the command line.
    ///
    /// # Errors
    /// A value that a protocol cannot take.
    pub fn new(config: &Config, policies: &Policies, decoy: &Decoy) -> Result<Self, Mistake> {
        let ask = |service, builder: smtp_proto::Builder| match policies
            .ask_at(Stage::Connect, service)
        {
            true => builder.ask_connect(),
            false => builder,
        };
        Ok(Sessions {
            smtp: smtp(config, TAKES.with(Capabilities::PRDR), |builder| {
                ask(Service::Smtp, builder)
            })?,
            submission: smtp(config, TAKES, |builder| {
                ask(Service::Submission, submission(config, builder, decoy))
            })?,
            lmtp: smtp(config, TAKES, |builder| {
                ask(Service::Lmtp, builder.lmtp(true))
            })?,
            imap: imap(config, decoy)?,
            pop3: pop3(config, decoy)?,
        })
    }

    /// A session of an SMTP or LMTP port.
    pub fn smtp(
        &self,
        service: Service,
        peer: Peer,
        entropy: Entropy,
        now: Time,
    ) -> smtp_proto::Session {
        let config = match service {
            Service::Submission | Service::Smtps => &self.submission,
            Service::Lmtp => &self.lmtp,
            _ => &self.smtp,
        };
        smtp_proto::Session::new(config.clone(), peer, entropy, now)
    }

    /// A session of an IMAP port.
    pub fn imap(&self, peer: Peer, entropy: Entropy, now: Time) -> imap_proto::Session {
        let mut session = imap_proto::Session::new(self.imap.clone(), peer, entropy, now);
        session.clock(crate::policy::unix_now(), now);
        session
    }

    /// A session of a POP3 port.
    pub fn pop3(&self, peer: Peer, entropy: Entropy, now: Time) -> pop3_proto::Session {
        pop3_proto::Session::new(self.pop3.clone(), peer, entropy, now)
    }
}

/// Mechanisms without and inside TLS.
fn mechanisms(config: &Config) -> (Mechanisms, Mechanisms) {
    let passwords = Mechanisms::PLAINTEXT.or(Mechanisms::SCRAM);
    let all = match config.tokens {
        Some(_) => passwords.or(Mechanisms::TOKENS),
        None => passwords,
    };
    (
        if config.allow_plaintext_auth {
            all
        } else {
            Mechanisms::NONE
        },
        all,
    )
}

fn smtp(
    config: &Config,
    offer: Capabilities,
    more: impl FnOnce(smtp_proto::Builder) -> smtp_proto::Builder,
) -> Result<Arc<smtp_proto::Config>, Mistake> {
    let mut limits = smtp_proto::Limits::default();
    limits.message = config.max_message_size;
    let trusted = Capabilities::XCLIENT.with(Capabilities::XFORWARD);
    let builder = smtp_proto::Config::builder(&config.hostname())
        .offer(offer.with(trusted))
        .lenient(config.habits.smtp)
        .limits(limits)
        // Real mail has both, and nothing here stumbles over them.
        .nul(smtp_proto::Nul::Keep)
        .long_lines(smtp_proto::LongLine::Keep);
    more(builder)
        .build()
        .map_err(|error| Mistake::new("--domain", error))
}

fn submission(config: &Config, builder: smtp_proto::Builder, decoy: &Decoy) -> smtp_proto::Builder {
    let (plain, tls) = mechanisms(config);
    let needs = |of, text| (of, Reply::new(530, (5, 7, 0), text));
    let texts = [
        needs(
            Violation::TlsRequired,
            "STARTTLS first, passwords and mail go inside TLS here",
        ),
        needs(
            Violation::AuthRequired,
            "AUTH first, this port is for users (other servers bring mail to the SMTP port)",
        ),
    ];
    let builder = texts
        .into_iter()
        .fold(builder, |builder, (of, reply)| builder.text(of, reply));
    let builder = builder.auth(plain, tls).decoy(decoy.clone()).require_auth();
    if config.allow_plaintext_auth {
        builder
    } else {
        builder.require_tls()
    }
}

fn pop3(config: &Config, decoy: &Decoy) -> Result<Arc<pop3_proto::Config>, Mistake> {
    let (plain, tls) = mechanisms(config);
    pop3_proto::Config::builder(&config.hostname())
        .auth(plain, tls)
        .decoy(decoy.clone())
        .plaintext_logins(config.allow_plaintext_auth)
        .stls(false)
        .utf8(Utf8::Messages)
        .expire(Expire::Never)
        // Of a large message it is blocks of the store that wait, not copies.
        .limits(|limits| limits.high_water = 64 * 1024)
        .implementation("inbound")
        .build()
        .map_err(|error| Mistake::new("--domain", error))
}

fn imap(config: &Config, decoy: &Decoy) -> Result<Arc<imap_proto::Config>, Mistake> {
    let (plain, tls) = mechanisms(config);
    imap_proto::Config::builder(&config.hostname())
        .auth(plain, tls)
        .decoy(decoy.clone())
        .starttls(true)
        .id("name", "inbound")
        .lenient(config.habits.imap)
        .max_append(config.max_message_size)
        .poll(ASK_AGAIN)
        .keep_alive(Some(config.imap.progress))
        .limits(|limits| {
            limits.login = config.imap.login;
            limits.stall = config.imap.stall;
        })
        .build()
        .map_err(|error| Mistake::new("--domain", error))
}
