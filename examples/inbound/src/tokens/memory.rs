//! What was said of tokens a moment ago.

use std::{collections::HashMap, time::Instant};

use sha2::{Digest, Sha256};

/// Answers by token, each for a time of its own. No token is kept, only its SHA-256.
///
/// Bounded: what was not asked for since the last `half` of new ones came is forgotten.
#[derive(Debug)]
pub struct Memory<T> {
    half: usize,
    young: HashMap<[u8; 32], (Instant, T)>,
    old: HashMap<[u8; 32], (Instant, T)>,
}

impl<T: Clone> Memory<T> {
    /// For so many tokens.
    pub fn new(most: usize) -> Self {
        Memory {
            half: most.div_ceil(2),
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// What was said, if it still holds.
    pub fn get(&mut self, token: &str, now: Instant) -> Option<T> {
        let key = hash(token);
        if !self.young.contains_key(&key) {
            let (until, answer) = self.old.remove(&key)?;
            self.keep(key, until, answer);
        }
        let (until, answer) = self.young.get(&key)?;
        (*until > now).then(|| answer.clone())
    }

    /// Remembers what was said.
    pub fn put(&mut self, token: &str, until: Instant, answer: T) {
        self.keep(hash(token), until, answer);
    }

    fn keep(&mut self, key: [u8; 32], until: Instant, answer: T) {
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, (until, answer));
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
