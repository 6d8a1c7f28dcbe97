//! How much of something each of many has at once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// The places that each key has taken. As large as there are places out.
#[derive(Debug)]
pub struct Places<K>(Mutex<HashMap<K, u32>>);

impl<K> Default for Places<K> {
    fn default() -> Self {
        Places(Mutex::new(HashMap::new()))
    }
}

/// One of the places of a key, given back on drop.
#[derive(Debug)]
pub struct Place<K: Hash + Eq> {
    places: Arc<Places<K>>,
    key: K,
}

impl<K: Hash + Eq + Clone> Places<K> {
    /// A place for `key`, which may have `most`; `None`: it has them.
    pub fn take(self: &Arc<Self>, key: K, most: u32) -> Option<Place<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&key).copied().unwrap_or(0);
        if count >= most {
            return None;
        }
        counts.insert(key.clone(), count + 1);
        Some(Place {
            places: self.clone(),
            key,
        })
    }

    /// How many have places.
    #[cfg(test)]
    pub fn keys(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl<K: Hash + Eq> Drop for Place<K> {
    fn drop(&mut self) {
        let mut counts = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.key)),
        }
    }
}
