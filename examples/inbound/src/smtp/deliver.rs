//! The end of a message: judged, stored, answered.

use std::{result, sync::Arc};

use smtp_proto::{Address, RcptId, Reply};
use tracing::{info, warn};
use wire_core::{Answered, Ticket};

use super::{
    Body, Done, Smtp, Transaction, kind,
    replies::{DELIVERED, DELIVERED_TO_SOME, later, store_reply},
    targets::{Share, Targets, targets},
};
use crate::{
    config::Service,
    parsed::{Parsed, facts_of},
    policy::{Mail, Marks, Message, Policies, Stage},
    server::Shared,
    spool::{Spool, Spooled},
    store::{Delivered, Delivery, Envelope, Error, Placed},
};

/// What became of a message, and whose each part of that is.
pub(crate) struct Outcome {
    delivered: Delivered,
    shares: Vec<Share>,
}

/// Why a message was not delivered.
pub(crate) enum Undelivered {
    /// A policy refused it.
    Refused(Reply<'static>),
    /// The store failed.
    Failed(Error),
}

impl From<Error> for Undelivered {
    fn from(error: Error) -> Self {
        Undelivered::Failed(error)
    }
}

impl From<Reply<'static>> for Undelivered {
    fn from(reply: Reply<'static>) -> Self {
        Undelivered::Refused(reply)
    }
}

impl Smtp {
    pub(super) fn deliver(&mut self, ticket: Ticket<kind::End>, octets: u64) {
        let Some((transaction, spool)) = self.transaction.take().and_then(Transaction::ended)
        else {
            self.session.refuse(
                ticket,
                Reply::new(451, (4, 3, 0), "The message was not kept"),
            );
            return;
        };
        info!(
            octets,
            from = transaction.mail.from.as_str(),
            recipients = transaction.recipients.len(),
            "message received"
        );
        let ending = Ending {
            before: self.marks_so_far(),
            service: self.service,
            transaction,
            spool,
        };
        let shared = self.shared.clone();
        self.jobs.start(ticket.id(), async move {
            Done::Delivered(ticket, ending.run(&shared).await)
        });
    }

    pub(super) fn delivered(
        &mut self,
        ticket: Ticket<kind::End>,
        outcome: result::Result<Outcome, Undelivered>,
    ) {
        let Outcome { delivered, shares } = match outcome {
            Ok(outcome) => outcome,
            Err(Undelivered::Refused(reply)) => {
                self.session.refuse(ticket, reply);
                return;
            }
            Err(Undelivered::Failed(error)) => {
                warn!(?error, "message not delivered");
                self.session.refuse(ticket, store_reply(error));
                return;
            }
        };
        let Delivered { each, receipt } = delivered;
        for placed in each.iter().flatten() {
            info!(
                mailbox = placed.mailbox.0,
                uid = placed.uid.0,
                again = placed.again,
                "delivered"
            );
        }
        let fates: Vec<_> = shares
            .iter()
            .map(|share| (share.rcpt, fate(share, &each)))
            .collect();
        let settled = self.answer(ticket, &fates);
        // Who is told to try again for all of them is asked to repeat what some have already.
        if settled {
            self.unconfirmed
                .push_back((self.session.final_replies(), receipt));
        }
    }

    /// Says what became of each recipient, to clients that hear of each, and of the whole. Whether
    /// those who have the message are done with.
    fn answer(&mut self, ticket: Ticket<kind::End>, fates: &[(RcptId, Option<Error>)]) -> bool {
        let mut each_hears = false;
        for (rcpt, failed) in fates {
            let reply = failed.map_or(DELIVERED, store_reply);
            each_hears |= self.session.result(&ticket, *rcpt, reply) == Answered::Taken;
        }
        let failed = fates.iter().filter_map(|(_, failed)| *failed);
        let all_failed = failed.clone().count() == fates.len();
        // What may go well another time comes first.
        let whole = match failed.map(store_reply).min_by_key(Reply::code) {
            None => DELIVERED,
            Some(reply) if all_failed => reply,
            Some(_) if each_hears => DELIVERED_TO_SOME,
            // Who has it already is not given it twice when the peer tries again.
            Some(reply) => later(reply),
        };
        // In LMTP the last recipient's reply has completed the answer, and this is for nobody.
        let settled = each_hears || whole.is_positive();
        self.session.finish(ticket, whole);
        settled
    }

    /// Tells the store which final replies the peer was seen to read.
    pub(super) fn confirm(&mut self) {
        let confirmed = self.session.confirmed();
        while let Some((_, receipt)) = self
            .unconfirmed
            .pop_front_if(|(reply, _)| *reply <= confirmed)
        {
            self.shared.store.confirm(receipt);
        }
    }
}

impl Transaction {
    /// It with its message, if that was kept.
    fn ended(mut self) -> Option<(Self, Box<Spool>)> {
        match std::mem::replace(&mut self.body, Body::None) {
            Body::Open(spool) => Some((self, spool)),
            Body::None | Body::Away | Body::Failed => None,
        }
    }

    fn addresses(&self) -> Vec<Address> {
        self.recipients.iter().map(|r| r.address.clone()).collect()
    }
}

/// A message that is complete.
struct Ending {
    transaction: Transaction,
    /// The marks of the connection.
    before: Marks,
    service: Service,
    spool: Box<Spool>,
}

impl Ending {
    async fn run(self, shared: &Shared) -> result::Result<Outcome, Undelivered> {
        let Ending {
            mut transaction,
            before,
            service,
            spool,
        } = self;
        let mut received = spool.end().await?;
        let policies = &shared.policies;
        let client = &transaction.mail.client;
        // A message without a blank line has its header complete at its end only.
        let header = !received.header_taken && policies.judge(Stage::Header, client);
        let judged = header || policies.judge(Stage::End, client);
        if let Some(raw) = received.raw().filter(|_| judged) {
            let message = Message {
                to: transaction.addresses(),
                mail: transaction.mail.clone(),
                header: raw.header().clone(),
                facts: facts_of(raw.header().header()),
                raw,
            };
            let marks = judge(policies, &message, header).await?;
            transaction.marks.add(marks);
        }
        if let Some(head) = received.head() {
            let marks = transaction.all_marks(before.clone());
            transaction
                .trace
                .put_on(head, &marks, &shared.config, service);
        }
        let mut marks = before;
        marks.add(transaction.marks);
        let Targets { all, shares } =
            targets(&*shared.store, &transaction.recipients, &marks).await?;
        let Spooled {
            blob,
            digest,
            parsed: Parsed { layout, facts },
        } = received.keep().await?;
        let delivery = Delivery {
            blob,
            layout,
            envelope: Arc::new(envelope(&transaction.mail)),
            digest,
            facts,
            to: all,
        };
        let delivered = shared.store.deliver(delivery).await?;
        Ok(Outcome { delivered, shares })
    }
}

/// What went wrong for a recipient. A group has the message when all of it has.
fn fate(share: &Share, each: &[result::Result<Placed, Error>]) -> Option<Error> {
    let mut of_share = share.targets.iter().filter_map(|at| each.get(*at));
    of_share.find_map(|placed| placed.as_ref().err().copied())
}

/// Asks the policies that come last; `header`: it was not judged yet.
async fn judge(
    policies: &Policies,
    message: &Message,
    header: bool,
) -> result::Result<Marks, Reply<'static>> {
    let mut marks = Marks::default();
    if header {
        let decision = policies.header(&message.mail, &message.header).await;
        marks.add(decision.into_result()?);
    }
    marks.add(policies.end(message).await.into_result()?);
    Ok(marks)
}

fn envelope(mail: &Mail) -> Envelope {
    Envelope {
        from: mail.from.as_str().as_bytes().to_vec().into(),
        peer: mail.client.ip(),
        authenticated: mail.login.as_ref().map(|login| login.account),
    }
}
