//! Detached writers, and how the session learns that one was lost.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use wire_core::{CloseReason, TicketId};

use super::Session;

/// The highest number of a writer that was dropped before its end. Shared with the writers; made
/// with the first one.
#[derive(Debug, Default)]
pub(super) struct Writers {
    lost: Option<Arc<AtomicU32>>,
}

/// Part of a writer. Dropped without `finish`, it tells the session.
#[derive(Debug)]
pub(super) struct Guard {
    id: TicketId,
    /// `None` once finished, or for a writer that was stale from the beginning.
    lost: Option<Arc<AtomicU32>>,
}

impl Writers {
    pub(super) fn guard(&mut self, id: TicketId) -> Guard {
        Guard {
            id,
            lost: Some(self.lost.get_or_insert_default().clone()),
        }
    }
}

impl Guard {
    pub(super) fn stale(id: TicketId) -> Self {
        Guard { id, lost: None }
    }

    pub(super) fn id(&self) -> TicketId {
        self.id
    }

    pub(super) fn finish(&mut self) {
        self.lost = None;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(lost) = self.lost.take() {
            // Numbers grow, so an older writer that is dropped late hides nothing.
            lost.fetch_max(self.id.number(), Ordering::Release);
        }
    }
}

impl Session {
    /// Nobody can finish the reply that a lost writer began: the client must not take it for whole.
    pub(super) fn notice_lost_writer(&mut self) {
        let lost = self
            .writers
            .lost
            .as_ref()
            .map_or(0, |lost| lost.load(Ordering::Acquire));
        if self.open.is_some_and(|id| id.number() == lost) {
            self.cut(CloseReason::Aborted);
        }
    }
}
