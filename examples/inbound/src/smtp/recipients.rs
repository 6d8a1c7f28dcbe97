//! RCPT: who gets the message.

use smtp_proto::{Address, Path, RcptId, Reply};
use tracing::warn;
use wire_core::{Answered, Ticket};

use super::{
    Accepted, Done, Smtp, kind,
    replies::{self, store_reply},
};
use crate::{
    policy::{Decision, Rcpt},
    store::{Recipient, Result},
};

/// What became of a RCPT.
pub(crate) struct Resolved {
    rcpt: RcptId,
    address: Address,
    found: Result<Recipient>,
    decision: Decision,
}

impl Smtp {
    pub(super) fn resolve(
        &mut self,
        ticket: Ticket<kind::Rcpt>,
        rcpt: RcptId,
        to: Path<'_>,
        params: &[u8],
    ) {
        let Some(transaction) = &self.transaction else {
            let reply = Reply::new(451, (4, 3, 0), "No transaction is open");
            self.session.refuse(ticket, reply);
            return;
        };
        let here = self.client.local.map(|local| local.ip());
        let Some(lookup) = self.shared.recipients.lookup(&to, here) else {
            self.session.refuse(ticket, replies::foreign(self.service));
            return;
        };
        let asked = Rcpt {
            to: to.to_address(),
            params: params.into(),
        };
        let mail = transaction.mail.clone();
        let recipients = self.shared.recipients.clone();
        let policies = self.shared.policies.clone();
        self.start(ticket.id(), async move {
            let octets = mail.size.unwrap_or(0);
            let found = recipients.find(&lookup, octets).await;
            // Only who is known here is judged: what is refused anyway costs no look-up.
            let decision = match &found {
                Ok(Recipient::Mailboxes(_)) => policies.rcpt(&mail, &asked).await,
                _ => Decision::default(),
            };
            let resolved = Resolved {
                rcpt,
                address: asked.to,
                found,
                decision,
            };
            Done::Resolved(ticket, resolved)
        });
    }

    pub(super) fn resolved(&mut self, ticket: Ticket<kind::Rcpt>, resolved: Resolved) {
        let Resolved {
            rcpt,
            address,
            found,
            decision,
        } = resolved;
        let reply = match found.map(|found| (found, decision.into_result())) {
            Ok((Recipient::Mailboxes(mailboxes), Ok(marks))) => {
                let accepted = self.session.accept(ticket) == Answered::Taken;
                if let Some(transaction) = self.transaction.as_mut().filter(|_| accepted) {
                    transaction.recipients.push(Accepted {
                        rcpt,
                        address,
                        mailboxes,
                        marks,
                    });
                }
                return;
            }
            Ok((Recipient::Mailboxes(_), Err(refusal))) => refusal,
            Ok((Recipient::Unknown, _)) => {
                Reply::new(550, (5, 1, 1), "No such mailbox here, look at the spelling")
            }
            Ok((Recipient::Full, _)) => Reply::new(452, (4, 2, 2), "The mailbox is full"),
            Ok((Recipient::TryLater, _)) => {
                Reply::new(450, (4, 2, 1), "The mailbox is not taking mail now")
            }
            Err(error) => {
                warn!(?error, "recipient not resolved");
                store_reply(error)
            }
        };
        self.session.refuse(ticket, reply);
    }
}
