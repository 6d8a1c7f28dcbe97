//! All policies, asked together.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::join_all};
use tracing::{debug, info, warn};

use super::{
    Client, Decision, Failed, Fallback, HeaderBlock, Hello, Judgement, Judging, Mail, Message,
    Policy, Rcpt, Refusal, Round, Stage, Verdict,
};
use crate::config::Service;

const ROUNDS: [Round; 3] = [Round::Guard, Round::Check, Round::Last];

/// The policies of a server. Cheap to clone.
#[derive(Clone, Default)]
pub struct Policies {
    all: Arc<[Arc<dyn Policy>]>,
    judges_local: bool,
}

impl Policies {
    /// No policy may think longer than this at one stage: half of what a client waits for a reply to
    /// MAIL goes to three rounds (RFC 5321 section 4.5.3.2).
    pub const PATIENCE: Duration = Duration::from_secs(50);

    /// These policies. `judges_local`: clients on loopback are strangers like all others.
    pub fn new(all: Vec<Arc<dyn Policy>>, judges_local: bool) -> Self {
        Policies {
            all: all.into(),
            judges_local,
        }
    }

    /// Whether any policy wants to be asked at this stage on this port.
    pub fn ask_at(&self, stage: Stage, service: Service) -> bool {
        self.all
            .iter()
            .any(|policy| policy.serves(service) && policy.stages().contains(&stage))
    }

    /// Whether any policy has an opinion on this client at this stage.
    pub fn judge(&self, stage: Stage, client: &Client) -> bool {
        self.of(stage, client).next().is_some()
    }

    /// A client has connected.
    pub async fn connect(&self, client: &Client) -> Decision {
        self.ask(Stage::Connect, client, |policy| policy.connect(client))
            .await
    }

    /// A client introduces itself.
    pub async fn hello(&self, client: &Client, hello: &Hello) -> Decision {
        self.ask(Stage::Hello, client, |policy| policy.hello(client, hello))
            .await
    }

    /// A message begins.
    pub async fn mail(&self, mail: &Mail) -> Decision {
        self.ask(Stage::Mail, &mail.client, |policy| policy.mail(mail))
            .await
    }

    /// A message has a recipient.
    pub async fn rcpt(&self, mail: &Mail, rcpt: &Rcpt) -> Decision {
        self.ask(Stage::Rcpt, &mail.client, |policy| policy.rcpt(mail, rcpt))
            .await
    }

    /// The header of a message is complete.
    pub async fn header(&self, mail: &Mail, header: &HeaderBlock) -> Decision {
        let client = &mail.client;
        self.ask(Stage::Header, client, |policy| policy.header(mail, header))
            .await
    }

    /// A message is complete.
    pub async fn end(&self, message: &Message) -> Decision {
        let client = &message.mail.client;
        self.ask(Stage::End, client, |policy| policy.end(message))
            .await
    }

    fn of(&self, stage: Stage, client: &Client) -> impl Iterator<Item = &dyn Policy> {
        // Who speaks for others is no stranger: those it speaks for are judged.
        let local = client.trusted || client.is_local() && !self.judges_local;
        self.all
            .iter()
            .map(|policy| &**policy)
            .filter(move |policy| {
                policy.stages().contains(&stage)
                    && policy.serves(client.service)
                    && !(local && policy.spares_local())
            })
    }

    async fn ask<'a>(
        &'a self,
        stage: Stage,
        client: &Client,
        question: impl Fn(&'a dyn Policy) -> Judging<'a>,
    ) -> Decision {
        let mut decision = Decision::default();
        for round in ROUNDS {
            let asked: Vec<_> = self
                .of(stage, client)
                .filter(|policy| policy.round() == round)
                .collect();
            let judging = asked.iter().map(|policy| judge(*policy, &question));
            let judged = join_all(judging).await;
            for (policy, judged) in asked.into_iter().zip(judged) {
                let judgement = judged.unwrap_or_else(|failed| fall_back(stage, policy, &failed));
                log(stage, policy.name(), &judgement);
                decision.add(policy.name(), judgement);
            }
            if decision.is_refusal() {
                break;
            }
        }
        if !decision.slow().is_zero() {
            tokio::time::sleep(decision.slow()).await;
        }
        decision
    }
}

/// Asks one policy, whatever it does.
async fn judge<'a>(
    policy: &'a dyn Policy,
    question: &impl Fn(&'a dyn Policy) -> Judging<'a>,
) -> Result<Judgement, Failed> {
    // The question is part of what may panic.
    let judging = AssertUnwindSafe(async { question(policy).await }).catch_unwind();
    let patience = policy.patience().min(Policies::PATIENCE);
    match tokio::time::timeout(patience, judging).await {
        Ok(Ok(judged)) => judged,
        Ok(Err(_)) => Err(Failed("it panicked".into())),
        Err(_) => Err(Failed(format!("no answer in {patience:?}"))),
    }
}

fn fall_back(stage: Stage, policy: &dyn Policy, failed: &Failed) -> Judgement {
    warn!(%stage, policy = policy.name(), reason = ?failed.0, fallback = ?policy.fallback(), "policy failed");
    match policy.fallback() {
        Fallback::Open => Judgement::accept(),
        Fallback::TempFail => {
            Judgement::tempfail(Refusal::new(451, (4, 3, 0), "cannot tell now, try again"))
        }
    }
}

/// One line a decision. Reasons may hold what others wrote: they are escaped.
fn log(stage: Stage, policy: &str, judgement: &Judgement) {
    match judgement.verdict() {
        Verdict::Accept if judgement.is_plain() => debug!(%stage, policy, "accept"),
        Verdict::Accept => info!(%stage, policy, added = ?judgement, "accept"),
        Verdict::Quarantine(reason) => info!(%stage, policy, ?reason, "quarantine"),
        Verdict::TempFail(why) => info!(%stage, policy, reason = ?why.text(), "tempfail"),
        Verdict::Reject(why) => info!(%stage, policy, reason = ?why.text(), "reject"),
    }
}
