//! How sessions and transactions end.

use wire_core::{CloseReason, TicketId, Time};

use super::{
    Session, Stage,
    replies::{Ask, Due},
};
use crate::{Capabilities, Dropped, Reply, envelope::Transaction, own_replies};

impl Session {
    /// Moves the replies that may leave to the output.
    pub(super) fn release(&mut self, now: Option<Time>) {
        while self.closing.is_none()
            && let Some(due) = self.replies.due(now)
        {
            self.write(due);
        }
    }

    /// The transaction is gone, and the application will hear of it unless it has.
    pub(super) fn drop_transaction(&mut self, why: Dropped) {
        if let Transaction::Open(envelope) = std::mem::take(&mut self.transaction) {
            self.dropped = Some((envelope.message, why));
        }
    }

    /// The same, but its data still comes, or its client still talks of it.
    pub(super) fn refuse_transaction(&mut self, reply: Reply<'static>, why: Dropped) {
        let Transaction::Open(envelope) = &mut self.transaction else {
            return;
        };
        self.dropped = Some((envelope.message, why));
        self.replies.settle_recipients(&reply);
        self.transaction = Transaction::Refused {
            reply: Box::new(reply),
            recipients: std::mem::take(&mut envelope.accepted),
            utf8: envelope.smtputf8,
        };
    }

    /// Ends the session: ready replies go out, the first open command gets this one, later ones
    /// nothing. All tickets are stale.
    pub(super) fn cut(&mut self, reply: Reply<'_>, reason: CloseReason) {
        if self.closing.is_some() {
            return;
        }
        while let Some(due) = self.replies.ready() {
            self.write(due);
        }
        if self.closing.is_some() {
            return;
        }
        // Behind the 220 to STARTTLS nothing may be said in plaintext.
        if !matches!(self.stage, Stage::Tls { .. }) {
            let enhanced = !matches!(
                self.stage,
                Stage::Greeting { .. } | Stage::Connecting { .. }
            );
            self.put(&reply, enhanced, self.transaction.utf8());
        }
        self.close(reason);
    }

    /// Ends the session without a word.
    pub(super) fn close(&mut self, reason: CloseReason) {
        self.drop_transaction(match reason {
            CloseReason::Timeout | CloseReason::DecisionTimeout => Dropped::Timeout,
            CloseReason::Eof | CloseReason::EofInBody | CloseReason::Quit => Dropped::Eof,
            _ => Dropped::Shutdown,
        });
        self.replies.clear();
        self.closing = Some(reason);
    }

    /// The peer takes nothing more: what is queued is thrown away.
    pub(super) fn abandon(&mut self, reason: CloseReason) {
        self.output.clear();
        self.finals.abandon();
        if self.closing.is_none() {
            self.close(reason);
        }
    }

    /// A ticket was lost or is late: its command gets a 4yz.
    pub(super) fn give_up(&mut self, id: TicketId) {
        match self.replies.find(id) {
            None => {}
            Some(Ask::Connect) => self.cut(own_replies::NOT_NOW, CloseReason::DecisionTimeout),
            Some(Ask::Auth | Ask::RawAuth | Ask::Login) => {
                self.stage = Stage::Command;
                self.replies.settle(id, own_replies::SASL_LATER);
            }
            Some(ask) => {
                match ask {
                    Ask::Mail | Ask::Data | Ask::End | Ask::EndFor(_) => {
                        self.drop_transaction(Dropped::Timeout);
                    }
                    // The chunk is on its way whatever happens.
                    Ask::Begin => {
                        self.refuse_transaction(own_replies::LOCAL_ERROR, Dropped::Timeout);
                    }
                    _ => {}
                }
                self.replies.settle(id, own_replies::LOCAL_ERROR);
            }
        }
    }

    fn write(&mut self, due: Due) {
        if due.ask == Ask::Begin {
            return;
        }
        // RFC 2034 section 3.
        let enhanced = !matches!(due.ask, Ask::Connect | Ask::Hello);
        self.put(&due.reply, enhanced, due.utf8);
        if let Ask::End | Ask::EndFor(_) = due.ask {
            self.finals.queued(self.output.cost());
        }
        let close = due
            .close
            .or(due.reply.closes().then_some(CloseReason::Aborted));
        if let Some(reason) = close {
            self.close(reason);
        }
    }

    fn put(&mut self, reply: &Reply<'_>, enhanced: bool, utf8: bool) {
        // Not of the session's offer: the configuration decides, so that HELO is served alike.
        let offer = self.config.offer(self.peer.tls.is_some()).capabilities;
        let enhanced = enhanced && offer.contains(Capabilities::ENHANCED_STATUS_CODES);
        reply.write(&mut self.output, enhanced, utf8);
    }
}
