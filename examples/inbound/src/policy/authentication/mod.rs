//! Who sent a mail, by what the DNS says: SPF, DKIM, DMARC, ARC and iprev through mail-auth, told in
//! one Authentication-Results field (RFC 8601).
//!
//! What needs only the client or the envelope is looked up while the session goes on. Nothing is
//! decided before the mail is complete: only DMARC refuses, since only DMARC is about the author that
//! readers are shown. SPF that fails alone is told and no more (RFC 7489 section 10.1), and so is a
//! chain of ARC.

mod author;
mod begun;
mod results;
mod sender;
mod signatures;

use std::{sync::Arc, time::Duration};

use mail_auth::MessageAuthenticator;
use tokio::sync::Semaphore;

use super::{Client, Failed, Judgement, Judging, Mail, Message, Policy, Refusal, Stage, dns::Dns};
use author::{Author, Wish};
use begun::Begun;
use results::Finding;
use sender::{IPREV_TIME, Identities, SPF_TIME, Spf};
use signatures::Signed;

/// As many checks run at once, each with a few questions under way. The others wait, in their time.
const AT_ONCE: usize = 256;

/// What is done with what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Enforce {
    /// DMARC policies are followed: mail is refused, or goes to Junk.
    Enforce,
    /// Results are told in a field.
    Tag,
    /// Nothing is looked up.
    Off,
}

/// The checks.
pub struct Authentication {
    dns: Arc<Dns>,
    authenticator: MessageAuthenticator,
    /// Room for checks of clients and envelopes.
    begun: Arc<Semaphore>,
    /// Room for checks of messages, which wait for the former.
    messages: Arc<Semaphore>,
    /// Our name in the field.
    authserv_id: String,
    enforce: bool,
}

impl Authentication {
    /// Checks that ask this DNS.
    pub fn new(dns: Arc<Dns>, authserv_id: String, enforce: bool) -> Self {
        Authentication {
            authenticator: MessageAuthenticator(dns.resolver().clone()),
            dns,
            begun: Arc::new(Semaphore::new(AT_ONCE)),
            messages: Arc::new(Semaphore::new(AT_ONCE)),
            authserv_id,
            enforce,
        }
    }

    async fn check(&self, message: &Message) -> Result<(Vec<Finding>, Wish), Failed> {
        let header = message.header.header();
        let (author, signed) = (Author::of(header), Signed::read(header));
        let bodies = signed.hash(&message.raw).await?;
        let alone = signed.one_by_one(&bodies);
        let ((), dkim, arc, spf, iprev) = tokio::join!(
            author.look_ahead(&self.authenticator),
            signatures::verify(&self.authenticator, &alone),
            signed.verify_chain(&self.authenticator, &bodies),
            self.spf(&message.mail),
            self.iprev(&message.mail.client),
        );
        let mut findings: Vec<_> = iprev.into_iter().collect();
        findings.extend(spf.findings());
        findings.extend(signed.findings(&dkim));
        findings.extend(arc);
        let (dmarc, wish) = author.check(&self.authenticator, &dkim, &spf).await;
        findings.extend(dmarc);
        Ok((findings, wish))
    }

    /// What SPF says, begun at MAIL.
    async fn spf(&self, mail: &Mail) -> Spf {
        let identities = self.identities(mail);
        match mail.notes.get::<Begun<Spf>>() {
            Some(begun) => {
                let checked = begun.get().await;
                checked.unwrap_or_else(|| Spf::late(&identities))
            }
            None => Spf::unasked(&identities),
        }
    }

    fn identities(&self, mail: &Mail) -> Identities {
        Identities {
            helo: mail
                .hello
                .as_ref()
                .map_or(String::new(), |hello| hello.name.clone()),
            from: mail.from.as_str().to_owned(),
            us: self.authserv_id.clone(),
        }
    }

    /// What the name of the client says, begun at connect.
    async fn iprev(&self, client: &Client) -> Option<Finding> {
        let (ip, begun) = (client.ip()?, client.notes.get::<Begun<Finding>>()?);
        let late = || Finding::new("iprev", "temperror").of("policy.iprev", ip.to_string());
        Some(begun.get().await.unwrap_or_else(late))
    }

    fn judge(&self, wish: Wish) -> Judgement {
        match wish {
            _ if !self.enforce => Judgement::accept(),
            Wish::Deliver => Judgement::accept(),
            Wish::Quarantine(why) => Judgement::quarantine(why),
            Wish::TryLater(why) => Judgement::tempfail(Refusal::new(451, (4, 7, 1), why)),
            Wish::Reject(why) => Judgement::reject(Refusal::new(550, (5, 7, 1), why)),
        }
    }
}

impl Policy for Authentication {
    fn name(&self) -> &'static str {
        "authentication"
    }

    fn stages(&self) -> &'static [Stage] {
        &[Stage::Connect, Stage::Mail, Stage::End]
    }

    fn patience(&self) -> Duration {
        // Lookups have times of their own, which end before.
        Duration::from_secs(45)
    }

    fn connect<'a>(&'a self, client: &'a Client) -> Judging<'a> {
        if let Some(ip) = client.ip() {
            let check = sender::iprev(self.authenticator.clone(), ip);
            client
                .notes
                .keep(Begun::new(IPREV_TIME, in_room(&self.begun, check)));
        }
        Box::pin(std::future::ready(Ok(Judgement::accept())))
    }

    fn mail<'a>(&'a self, mail: &'a Mail) -> Judging<'a> {
        // A proxy may not know who its client is.
        if let Some(ip) = mail.client.ip() {
            let check = Spf::check(self.dns.clone(), ip, self.identities(mail));
            mail.notes
                .keep(Begun::new(SPF_TIME, in_room(&self.begun, check)));
        }
        Box::pin(std::future::ready(Ok(Judgement::accept())))
    }

    fn end<'a>(&'a self, message: &'a Message) -> Judging<'a> {
        Box::pin(async move {
            let (findings, wish) = in_room(&self.messages, self.check(message)).await?;
            let value = results::value(&self.authserv_id, &findings);
            Ok(self.judge(wish).field("Authentication-Results", value))
        })
    }
}

/// A check that begins when there is room for it.
fn in_room<F: Future>(room: &Arc<Semaphore>, check: F) -> impl Future<Output = F::Output> + use<F> {
    let room = room.clone();
    async move {
        // It is never closed.
        let _permit = room.acquire_owned().await;
        check.await
    }
}

#[cfg(test)]
mod tests;
