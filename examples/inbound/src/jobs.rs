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
    /// It died, and nobody can say what waits for it: end the connection.
    Died,
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

    /// The next that ends; pending while none runs. One that was aborted is not told.
    /// Cancel-safe.
    pub async fn next(&mut self) -> Finished<T> {
        loop {
            match self.running.join_next_with_id().await {
                None => std::future::pending().await,
                Some(Ok((id, done))) => {
                    self.tickets.remove(&id);
                    return Finished::Done(done);
                }
                Some(Err(error)) => match self.tickets.remove(&error.id()) {
                    Some(ticket) => return Finished::Lost(ticket),
                    None if error.is_cancelled() => {}
                    None => return Finished::Died,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire_core::{Entropy, Mint};

    #[tokio::test]
    async fn a_job_that_dies_loses_its_ticket() {
        let (mut jobs, mut mint) = (Jobs::<u8>::default(), Mint::new(&Entropy([1; 32])));
        let (lost, done) = (mint.id(), mint.id());
        jobs.start(lost, async { panic!("on purpose") });
        assert!(matches!(jobs.next().await, Finished::Lost(id) if id == lost));
        jobs.start(done, async { 7 });
        assert!(matches!(jobs.next().await, Finished::Done(7)));
    }

    #[tokio::test]
    async fn a_job_without_a_ticket_is_missed_unless_it_was_aborted() {
        let mut jobs = Jobs::<u8>::default();
        jobs.background(std::future::pending()).abort();
        jobs.background(async { panic!("on purpose") });
        assert!(matches!(jobs.next().await, Finished::Died));
        jobs.background(async { 7 });
        assert!(matches!(jobs.next().await, Finished::Done(7)));
    }
}
