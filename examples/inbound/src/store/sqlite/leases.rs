//! Leases: who alone may do something, and until when.
//!
//! They live in memory: only one process has the store, and a lease of an earlier start is void. They are
//! taken and checked on the writer's thread, so whoever gets a lease sees what its last holder did. Time
//! is a clock that never goes back. The upper half of a fencing number is the epoch, so it grows from one
//! start to the next.

use super::sql::Done;
use crate::store::{Error, Lease};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// All leases.
pub(super) struct Leases {
    table: Mutex<Table>,
}

struct Table {
    last_fence: u64,
    held: HashMap<Arc<str>, Held>,
}

struct Held {
    fence: u64,
    until: Option<Instant>,
}

impl Held {
    /// A time too far away to be counted never comes.
    fn is_over(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

impl Leases {
    pub(super) fn new(epoch: u64) -> Self {
        Self {
            table: Mutex::new(Table {
                last_fence: epoch << 32,
                held: HashMap::new(),
            }),
        }
    }

    fn take(&self, name: &str, lasts: Duration) -> Done<Lease> {
        let now = Instant::now();
        let mut table = self.lock();
        table.held.retain(|_, held| !held.is_over(now));
        if table.held.contains_key(name) {
            return Err(Error::InUse.into());
        }
        table.last_fence += 1;
        let (name, fence) = (Arc::<str>::from(name), table.last_fence);
        table.held.insert(
            name.clone(),
            Held {
                fence,
                until: now.checked_add(lasts),
            },
        );
        Ok(Lease { name, fence, lasts })
    }

    pub(super) fn renew(&self, lease: &Lease) -> Done<()> {
        let now = Instant::now();
        let mut table = self.lock();
        let held = table
            .held
            .get_mut(&lease.name)
            .filter(|held| held.fence == lease.fence);
        let held = held
            .filter(|held| !held.is_over(now))
            .ok_or(Error::Fenced)?;
        held.until = now.checked_add(lease.lasts);
        Ok(())
    }

    /// Whether the lease still holds.
    pub(super) fn check(&self, lease: &Lease) -> Done<()> {
        let now = Instant::now();
        let table = self.lock();
        let held = table
            .held
            .get(&lease.name)
            .filter(|held| held.fence == lease.fence);
        held.filter(|held| !held.is_over(now))
            .ok_or(Error::Fenced)?;
        Ok(())
    }

    pub(super) fn give_back(&self, lease: &Lease) {
        let mut table = self.lock();
        if table
            .held
            .get(&lease.name)
            .is_some_and(|held| held.fence == lease.fence)
        {
            table.held.remove(&lease.name);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease on its way to whoever asked for it. Lost on the way, it is free again.
pub(super) struct Taken {
    leases: Arc<Leases>,
    lease: Lease,
    arrived: bool,
}

impl Taken {
    pub(super) fn take(leases: Arc<Leases>, name: &str, lasts: Duration) -> Done<Self> {
        let lease = leases.take(name, lasts)?;
        Ok(Self {
            leases,
            lease,
            arrived: false,
        })
    }

    pub(super) fn arrived(mut self) -> Lease {
        self.arrived = true;
        self.lease.clone()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.arrived {
            self.leases.give_back(&self.lease);
        }
    }
}
