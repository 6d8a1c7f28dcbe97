//! A time for each of many keys, in a table of fixed size.

use std::{
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Mutex, PoisonError},
};

use wire_core::Time;

/// Places of a set: one of these is given up for a newcomer.
const WAYS: usize = 8;

/// Fingerprints of keys, 0 for none, then their times.
///
/// Whole numbers, so that a new table is zero pages that cost nothing until they are used.
type Set = [u64; 2 * WAYS];

/// Until when something holds, for each key, in a table that never grows. What is over needs no place.
///
/// A newcomer to a set without a free place takes that of the key whose time ends soonest, so the
/// least is forgotten. To be forgotten, a key needs eight others of its own set that hold longer, and
/// which ones share its set nobody can know, since the hash is keyed.
pub struct Moments {
    hasher: RandomState,
    sets: Mutex<Vec<Set>>,
}

impl Moments {
    /// Room for about so many keys at once, 16 octets each.
    pub fn new(keys: usize) -> Self {
        Moments {
            hasher: RandomState::new(),
            sets: Mutex::new(vec![[0; 2 * WAYS]; keys.div_ceil(WAYS).max(1)]),
        }
    }

    /// The time of a key; `now` where it is over or was never set.
    pub fn get(&self, key: &impl Hash, now: Time) -> Time {
        self.of(key, |set, print| {
            let (prints, times) = set.split_at(WAYS);
            let own = prints.iter().position(|known| *known == print);
            let time = own.and_then(|way| times.get(way)).copied();
            now.max(Time::from_micros(time.unwrap_or(0)))
        })
    }

    /// Gives the time of a key, as [`get`](Self::get) does, to `change`, and keeps what it says. On an
    /// error nothing changes.
    ///
    /// # Errors
    /// What `change` says.
    pub fn change<T, E>(
        &self,
        key: &impl Hash,
        now: Time,
        change: impl FnOnce(Time) -> Result<(Time, T), E>,
    ) -> Result<T, E> {
        self.of(key, |set, print| {
            let (prints, times) = set.split_at_mut(WAYS);
            let own = prints.iter().position(|known| *known == print);
            let soonest = || (0..WAYS).min_by_key(|way| times.get(*way).copied());
            let way = own.or_else(soonest).unwrap_or(0);
            let time = own.and_then(|way| times.get(way)).copied();
            let (then, told) = change(now.max(Time::from_micros(time.unwrap_or(0))))?;
            if let (Some(known), Some(time)) = (prints.get_mut(way), times.get_mut(way)) {
                (*known, *time) = (print, then.as_micros());
            }
            Ok(told)
        })
    }

    /// Sets the time of a key.
    pub fn set(&self, key: &impl Hash, now: Time, until: Time) {
        let set = |_| Ok::<_, std::convert::Infallible>((until, ()));
        let Ok(()) = self.change(key, now, set);
    }

    /// What stands for a key that must not be kept itself. It is a key, too.
    pub fn print(&self, key: &impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Forgets a key.
    pub fn forget(&self, key: &impl Hash) {
        self.of(key, |set, print| {
            let (prints, times) = set.split_at_mut(WAYS);
            for (known, time) in prints.iter_mut().zip(times) {
                if *known == print {
                    (*known, *time) = (0, 0);
                }
            }
        });
    }

    fn of<T>(&self, key: &impl Hash, with: impl FnOnce(&mut Set, u64) -> T) -> T {
        let print = self.hasher.hash_one(key).max(1);
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        // The high bits of the product: each set is as likely as any other.
        let at = (u128::from(print) * sets.len() as u128) >> 64;
        match sets.get_mut(at as usize) {
            Some(set) => with(set, print),
            // There is no such place.
            None => with(&mut [0; 2 * WAYS], print),
        }
    }
}

impl fmt::Debug for Moments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moments").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn the_table_never_grows() {
        let moments = Moments::new(4096);
        let octets = || std::mem::size_of_val(&**moments.sets.lock().unwrap());
        assert_eq!(octets(), 16 * 4096);
        for key in 0..500_000u64 {
            moments.set(&key, Time::ZERO, Time::from_micros(key));
        }
        assert_eq!(octets(), 16 * 4096);
    }

    proptest! {
        /// Against a map, with so few keys that none is given up.
        #[test]
        fn a_time_is_kept_until_it_is_over(
            steps in prop::collection::vec((0u8..8, 0u64..50, 0u64..9, any::<bool>()), 1..100),
        ) {
            let moments = Moments::new(1);
            let (mut model, mut now) = (HashMap::new(), 0);
            for (key, until, pass, forget) in steps {
                now += pass;
                let time = Time::from_micros(now);
                if forget {
                    moments.forget(&key);
                    model.remove(&key);
                } else {
                    moments.set(&key, time, Time::from_micros(until));
                    model.insert(key, until);
                }
                for key in 0u8..8 {
                    let wanted = now.max(model.get(&key).copied().unwrap_or(0));
                    prop_assert_eq!(moments.get(&key, time).as_micros(), wanted);
                }
            }
        }
    }
}
