//! Policies at the stages before the message, and at its header.

use std::sync::Arc;

use smtp_proto::{Address, MailParams, MessageId, Reply};
use tracing::info;
use wire_core::{Answered, Ticket};

use super::{Body, Done, Smtp, Transaction, kind};
use crate::{
    policy::{Decision, Hello, Mail, Marks, Notes, Stage},
    spool::Spool,
};

impl Smtp {
    pub(super) fn connected(&mut self, ticket: Ticket<kind::Connect>) {
        let (policies, client) = (self.shared.policies.clone(), self.client.clone());
        self.start(ticket.id(), async move {
            Done::Connected(ticket, policies.connect(&client).await)
        });
    }

    pub(super) fn welcome(&mut self, ticket: Ticket<kind::Connect>, decision: Decision) {
        match decision.into_result() {
            Ok(marks) => {
                self.of_client = marks;
                self.session.accept(ticket);
            }
            Err(reply) => {
                // RFC 5321 sections 3.1 and 3.8: a greeting is refused with one of these.
                let code = if reply.code() < 500 { 421 } else { 554 };
                let reply = Reply::owned(code, reply.enhanced(), reply.text().to_owned());
                self.session.refuse(ticket, reply);
            }
        }
    }

    pub(super) fn hello(&mut self, ticket: Ticket<kind::Hello>, name: &[u8], extended: bool) {
        info!(client = %name.escape_ascii(), "hello");
        // A proxy may have told what its client said.
        let name = self.session.told_helo().map_or(name, str::as_bytes);
        let hello = Hello {
            name: String::from_utf8_lossy(name).into_owned(),
            extended,
            tls: self.session.tls().cloned(),
        };
        let (policies, client) = (self.shared.policies.clone(), self.client.clone());
        self.start(ticket.id(), async move {
            let decision = policies.hello(&client, &hello).await;
            Done::Greeted(ticket, hello, decision)
        });
    }

    pub(super) fn greeted(&mut self, ticket: Ticket<kind::Hello>, hello: Hello, judged: Decision) {
        match judged.into_result() {
            Ok(marks) => {
                if self.session.accept(ticket) == Answered::Taken {
                    self.of_hello = marks;
                    self.hello = Some(Arc::new(hello));
                }
            }
            Err(reply) => {
                self.session.refuse(ticket, reply);
            }
        }
    }

    pub(super) fn mail(
        &mut self,
        ticket: Ticket<kind::Mail>,
        message: MessageId,
        from: Address,
        params: MailParams<'_>,
    ) {
        let mail = Arc::new(Mail {
            client: self.client.clone(),
            hello: self.hello.clone(),
            login: self.login.clone(),
            tls: self.session.tls().cloned(),
            from,
            size: params.size(),
            params: params.to_owned(),
            notes: Notes::default(),
        });
        self.transaction = Some(Transaction::new(message, mail.clone()));
        let policies = self.shared.policies.clone();
        self.start(ticket.id(), async move {
            Done::Begun(ticket, message, policies.mail(&mail).await)
        });
    }

    pub(super) fn begun(&mut self, ticket: Ticket<kind::Mail>, of: MessageId, judged: Decision) {
        match judged.into_result() {
            Ok(marks) => {
                self.session.accept(ticket);
                self.mark(of, marks);
            }
            Err(reply) => {
                self.session.refuse(ticket, reply);
            }
        }
    }

    /// Has the header judged once it is complete. Until then no more input is taken.
    pub(super) fn judge_header(&mut self) {
        if !self.shared.policies.judge(Stage::Header, &self.client) {
            return;
        }
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        let Body::Open(spool) = &mut transaction.body else {
            return;
        };
        let Some(header) = spool.take_header() else {
            return;
        };
        let Body::Open(spool) = std::mem::replace(&mut transaction.body, Body::Away) else {
            return;
        };
        let (mail, message) = (transaction.mail.clone(), transaction.message);
        let policies = self.shared.policies.clone();
        self.background(async move {
            let decision = policies.header(&mail, &header).await;
            Done::HeaderJudged(message, spool, decision)
        });
    }

    pub(super) fn header_judged(&mut self, of: MessageId, spool: Box<Spool>, judged: Decision) {
        let Some(transaction) = self.open(of) else {
            return;
        };
        match judged.into_result() {
            Ok(marks) => {
                transaction.marks.add(marks);
                transaction.body = Body::Open(spool);
                self.flush_if_full();
            }
            Err(reply) => {
                transaction.body = Body::Failed;
                self.session.refuse_message(of, reply);
            }
        }
    }

    fn mark(&mut self, of: MessageId, marks: Marks) {
        if let Some(transaction) = self.open(of) {
            transaction.marks.add(marks);
        }
    }

    /// What every message of this connection is marked with.
    pub(super) fn marks_so_far(&self) -> Marks {
        let mut marks = self.of_client.clone();
        marks.add(self.of_hello.clone());
        marks
    }
}
