//! Work that a session waits for, beside its connection.

use std::{collections::HashMap, future::Future};

use tokio::task::{AbortHandle, Id, JoinSet};
use wire_core::TicketId;

/// Futures that answer tickets. Those that are left are cancelled on drop.
pub struct Jobs<T> {
    running: JoinSet<T>,
    tickets: HashMap<Id, TicketId>,
}

/// What became of a job.
pub enum Finished<T> {
    /// It gave this.
    Done(T),
    /// It died, and its ticket with it: forfeit that.
    Lost(TicketId),
}

impl<T> Default for Jobs<T> {
    fn default() -> Self {
        Jobs {
            running: JoinSet::new(),
            tickets: HashMap::new(),
        }
    }
}

impl<T: Send + 'static> Jobs<T> {
    /// Runs `job`, which answers `ticket`, in the span of the session.
    pub fn start(&mut self, ticket: TicketId, job: impl Future<Output = T> + Send + 'static) {
        let job = tracing::Instrument::in_current_span(job);
        let handle = self.running.spawn(job);
        self.tickets.insert(handle.id(), ticket);
    }

    /// Runs `job`, which answers no ticket.
    pub fn background(&mut self, job: impl Future<Output = T> + Send + 'static) -> AbortHandle {
        self.running
            .spawn(tracing::Instrument::in_current_span(job))
    }

    /// The next that ends; pending while none runs. Cancel-safe.
    pub async fn next(&mut self) -> Finished<T> {
        loop {
            let (id, finished) = match self.running.join_next_with_id().await {
                None => std::future::pending().await,
                Some(Ok((id, done))) => (id, Some(done)),
                Some(Err(error)) => (error.id(), None),
            };
            let ticket = self.tickets.remove(&id);
            match (finished, ticket) {
                (Some(done), _) => return Finished::Done(done),
                (None, Some(ticket)) => return Finished::Lost(ticket),
                (None, None) => {}
            }
        }
    }
}
