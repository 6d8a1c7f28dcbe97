//! Clients that a trusted proxy speaks for.

use std::sync::Arc;

use smtp_proto::Attributes;
use tracing::{Span, field::display, info};
use wire_core::{Answered, Ticket};

use super::{Smtp, kind};
use crate::policy::{Client, Marks};

impl Smtp {
    /// The session is that of another client from here on. A login that the proxy tells of is not
    /// taken: users log in on the ports for submission.
    pub(super) fn xclient(&mut self, ticket: Ticket<kind::Xclient>, told: Attributes<'_>) {
        info!(attributes = %told.raw().escape_ascii(), "xclient");
        let peer = told.peer(self.session.peer());
        if self.session.accept_xclient(ticket, peer, None) == Answered::Taken {
            self.change_client();
        }
    }

    /// What was found out about one client is not held against, or for, the next one.
    pub(super) fn change_client(&mut self) {
        let peer = self.session.peer();
        if let Some(address) = peer.remote {
            Span::current().record("client", display(address));
        }
        self.client = Arc::new(Client::new(self.service, peer));
        self.of_client = Marks::default();
        self.hello = None;
        self.of_hello = Marks::default();
        self.login = None;
    }
}
