//! Hints that something may be new, inside this process.

use crate::store::{AccountId, Answer, MailboxId, Scope, Watch};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;

/// What was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Hint {
    pub account: AccountId,
    pub mailbox: MailboxId,
}

/// Who watches what.
#[derive(Default)]
pub(super) struct Hub {
    watchers: Mutex<HashMap<Scope, HashMap<u64, Arc<Notify>>>>,
    next: AtomicU64,
}

impl Hub {
    /// Wakes those who watch any of it, once each: a [`Notify`] keeps one wake-up for later.
    pub(super) fn hint(&self, hints: &[Hint]) {
        if hints.is_empty() {
            return;
        }
        let watchers = self.lock();
        let all = std::iter::once(Scope::All);
        let each = hints
            .iter()
            .flat_map(|h| [Scope::Account(h.account), Scope::Mailbox(h.mailbox)]);
        for scope in all.chain(each) {
            watchers
                .get(&scope)
                .into_iter()
                .flat_map(HashMap::values)
                .for_each(|w| w.notify_one());
        }
    }

    pub(super) fn watch(self: &Arc<Self>, scope: Scope) -> Box<dyn Watch> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut watcher = Watcher {
            hub: self.clone(),
            id,
            woken: Arc::default(),
            scopes: Vec::new(),
        };
        watcher.add(scope);
        Box::new(watcher)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, HashMap<u64, Arc<Notify>>>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watcher {
    hub: Arc<Hub>,
    id: u64,
    woken: Arc<Notify>,
    scopes: Vec<Scope>,
}

impl Watch for Watcher {
    fn changed(&mut self) -> Answer<'_, ()> {
        Box::pin(async {
            self.woken.notified().await;
            Ok(())
        })
    }

    fn add(&mut self, scope: Scope) {
        if !self.scopes.contains(&scope) {
            self.scopes.push(scope);
            self.hub
                .lock()
                .entry(scope)
                .or_default()
                .insert(self.id, self.woken.clone());
        }
    }

    fn remove(&mut self, scope: Scope) {
        self.scopes.retain(|known| *known != scope);
        let mut watchers = self.hub.lock();
        if let Some(those) = watchers.get_mut(&scope) {
            those.remove(&self.id);
            if those.is_empty() {
                watchers.remove(&scope);
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        while let Some(scope) = self.scopes.last().copied() {
            self.remove(scope);
        }
    }
}
