//! The end of a message: judged, stored, answered.

use std::{result, sync::Arc};

use smtp_proto::{RcptId, Reply};
use tracing::{info, warn};
use wire_core::Ticket;

use super::{
    Accepted, Body, Done, Smtp, Transaction, kind,
    replies::{DELIVERED, later, store_reply},
    targets::targets,
};
use crate::{
    config::Service,
    policy::{Mail, Marks, Message, Policies},
    server::Shared,
    spool::{Spool, Spooled},
    store::{Delivered, Delivery, Envelope, Error},
};

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
        let Some(Transaction {
            mail,
            recipients,
            marks: of_message,
            body: Body::Open(spool),
            ..
        }) = self.transaction.take()
        else {
            self.session.refuse(
                ticket,
                Reply::new(451, (4, 3, 0), "The message was not kept"),
            );
            return;
        };
        info!(
            octets,
            from = mail.from.as_str(),
            recipients = recipients.len(),
            "message received"
        );
        let mut marks = self.marks_so_far();
        marks.add(of_message);
        // Which targets belong to which recipient: a group has several.
        let counts = recipients
            .iter()
            .map(|r| (r.rcpt, r.mailboxes.len()))
            .collect();
        let ending = Ending {
            mail,
            recipients,
            marks,
            spool,
            octets,
        };
        let shared = self.shared.clone();
        self.jobs.start(ticket.id(), async move {
            Done::Delivered(ticket, counts, ending.run(&shared).await)
        });
    }

    pub(super) fn delivered(
        &mut self,
        ticket: Ticket<kind::End>,
        counts: Vec<(RcptId, usize)>,
        delivered: result::Result<Delivered, Undelivered>,
    ) {
        let Delivered { each, receipt } = match delivered {
            Ok(delivered) => delivered,
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
        for placed in each.iter().flatten() {
            info!(
                mailbox = placed.mailbox.0,
                uid = placed.uid.0,
                again = placed.again,
                "delivered"
            );
        }
        let mut each = each.into_iter();
        let results: Vec<_> = counts
            .into_iter()
            .map(|(rcpt, count)| {
                // A group is one recipient: it has the message when all of it has.
                (
                    rcpt,
                    each.by_ref().take(count).filter_map(Result::err).last(),
                )
            })
            .collect();
        self.answer(ticket, results);
        self.unconfirmed
            .push_back((self.session.final_replies(), receipt));
    }

    /// Says what became of each recipient.
    fn answer(&mut self, ticket: Ticket<kind::End>, results: Vec<(RcptId, Option<Error>)>) {
        if self.service == Service::Lmtp {
            for (rcpt, failed) in results {
                self.session
                    .result(&ticket, rcpt, failed.map_or(DELIVERED, store_reply));
            }
            let rest = Reply::new(451, (4, 3, 0), "No result for this recipient");
            self.session.finish(ticket, rest);
            return;
        }
        // One reply for all: who has it already is not given it twice when the peer tries again.
        match results.into_iter().find_map(|(_, failed)| failed) {
            None => self.session.reply(ticket, DELIVERED),
            Some(error) => self.session.refuse(ticket, later(error)),
        };
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

/// A message that is complete.
struct Ending {
    mail: Arc<Mail>,
    recipients: Vec<Accepted>,
    marks: Marks,
    spool: Spool,
    octets: u64,
}

impl Ending {
    async fn run(mut self, shared: &Shared) -> result::Result<Delivered, Undelivered> {
        let Spooled {
            blob,
            digest,
            parsed,
            header_taken,
        } = self.spool.finish().await?;
        let message = Message {
            to: self.recipients.iter().map(|r| r.address.clone()).collect(),
            mail: self.mail.clone(),
            header: parsed.header,
            facts: parsed.facts,
            layout: parsed.layout,
            octets: self.octets,
        };
        self.marks
            .add(judge(&shared.policies, &message, header_taken).await?);
        let to = targets(&*shared.store, &self.recipients, &self.marks).await?;
        let delivery = Delivery {
            blob,
            layout: message.layout,
            envelope: Arc::new(envelope(&self.mail)),
            digest,
            facts: message.facts,
            to,
        };
        Ok(shared.store.deliver(delivery).await?)
    }
}

/// Asks the policies that come last.
async fn judge(
    policies: &Policies,
    message: &Message,
    header_taken: bool,
) -> result::Result<Marks, Reply<'static>> {
    let mut marks = Marks::default();
    // A message without a blank line has its header complete at its end only.
    if !header_taken {
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
