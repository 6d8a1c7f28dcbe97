//! What a refusal comes to, for each kind of question.

use wire_core::{TicketId, sasl::Failure};

use super::{
    Session,
    stage::{Asked, Updates},
};
use crate::{Code, Event, No};

impl Session {
    /// The client's command ends NO. What it had begun is undone where it can be.
    pub(super) fn refuse_asked(&mut self, asked: Asked, no: No<'_>) {
        match asked {
            Asked::Auth(_) if no.code == Code::AuthenticationFailed => {
                self.refuse_login(Failure::Denied);
            }
            Asked::Auth(_) | Asked::Login(_) => {
                self.no(no);
                self.count_error();
            }
            // imap-9051-6.3.2-05: nothing is selected any more, and what came early is for nobody.
            Asked::Select { .. } => {
                self.early = Vec::new();
                self.no(no);
            }
            Asked::Fetch(fetching) if fetching.opens.is_some() => {
                self.deselect();
                self.updates = Updates::None;
                self.no(no);
            }
            Asked::Search(searching) | Asked::Evaluate(searching) => {
                self.search_failed(&searching);
                self.no(no);
            }
            _ => self.no(no),
        }
    }
}

impl Event<'_> {
    /// The ticket that the event holds, if it holds one.
    pub(super) fn ticket(&self) -> Option<TicketId> {
        Some(match self {
            Event::Auth { ticket, .. } => ticket.id(),
            Event::Login { ticket, .. } => ticket.id(),
            Event::Select { ticket, .. } => ticket.id(),
            Event::List { ticket, .. } => ticket.id(),
            Event::Status { ticket, .. } => ticket.id(),
            Event::Create { ticket, .. } => ticket.id(),
            Event::Delete { ticket, .. } => ticket.id(),
            Event::Rename { ticket, .. } => ticket.id(),
            Event::Subscribe { ticket, .. } => ticket.id(),
            Event::Namespace { ticket } => ticket.id(),
            Event::Load { ticket, .. } => ticket.id(),
            Event::Store { ticket, .. } => ticket.id(),
            Event::Search { ticket, .. } => ticket.id(),
            Event::Sort { ticket, .. } => ticket.id(),
            Event::Thread { ticket, .. } => ticket.id(),
            Event::Copy { ticket, .. } => ticket.id(),
            Event::Expunge { ticket, .. } => ticket.id(),
            Event::Sync { ticket, .. } => ticket.id(),
            Event::Append { ticket, .. } => ticket.id(),
            Event::Replace { ticket, .. } => ticket.id(),
            Event::Id(_) | Event::Deselected { .. } | Event::Message(_) | Event::Chunk(_) => {
                return None;
            }
            Event::MessageEnd | Event::AppendEnd | Event::AppendAborted => return None,
            Event::LoginFailed(_) | Event::Unauthenticated | Event::Rejected { .. } => return None,
        })
    }
}
