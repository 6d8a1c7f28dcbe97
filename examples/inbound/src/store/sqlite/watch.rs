//! Hints that something may be new, inside this process.

use crate::store::{AccountId, Answer, MailboxId, Raised, Scope, Watch};
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
    watchers: Mutex<HashMap<Scope, HashMap<u64, Arc<Ear>>>>,
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
                .for_each(|ear| ear.hear());
        }
    }

    pub(super) fn watch(self: &Arc<Self>, scope: Scope) -> Box<dyn Watch> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut watcher = Watcher {
            hub: self.clone(),
            id,
            ear: Arc::default(),
            scopes: Vec::new(),
        };
        watcher.add(scope);
        Box::new(watcher)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, HashMap<u64, Arc<Ear>>>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one watcher hears.
#[derive(Default)]
struct Ear {
    raised: Raised,
    woken: Notify,
}

impl Ear {
    fn hear(&self) {
        self.raised.raise();
        self.woken.notify_one();
    }
}

struct Watcher {
    hub: Arc<Hub>,
    id: u64,
    ear: Arc<Ear>,
    scopes: Vec<Scope>,
}

impl Watch for Watcher {
    fn changed(&mut self) -> Answer<'_, ()> {
        Box::pin(async {
            self.ear.woken.notified().await;
            Ok(())
        })
    }

    fn raised(&self) -> Raised {
        self.ear.raised.clone()
    }

    fn add(&mut self, scope: Scope) {
        if !self.scopes.contains(&scope) {
            self.scopes.push(scope);
            self.hub
                .lock()
                .entry(scope)
                .or_default()
                .insert(self.id, self.ear.clone());
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
