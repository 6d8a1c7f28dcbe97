//! Argon2 in memory that is kept: given back each time, the many MiB of a hash stay with the allocator, once
//! for each thread that ever made one.

use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version, password_hash::phc::Output};

/// As many are kept; no more run at once than there are cores.
const KEPT: usize = 16;

static IDLE: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// The hash of a password, made as `stored` was. `None`: it names no way that there is.
pub fn hash_as(stored: &PasswordHash, password: &[u8]) -> Option<PasswordHash> {
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map(Version::try_from).transpose().ok()?;
    let params = Params::try_from(stored).ok()?;
    let mut octets = [0; Output::MAX_LENGTH];
    let octets = octets.get_mut(..stored.hash.as_ref()?.len())?;

    let mut memory = idle().pop().unwrap_or_default();
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
    let salt = stored.salt.as_ref()?;
    let made = argon2.hash_password_into_with_memory(password, salt, octets, &mut memory);
    keep(memory);

    made.ok()?;
    Some(PasswordHash {
        hash: Some(Output::new(octets).ok()?),
        ..stored.clone()
    })
}

fn idle() -> std::sync::MutexGuard<'static, Vec<Vec<Block>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(memory: Vec<Block>) {
    let mut idle = idle();
    if idle.len() < KEPT {
        idle.push(memory);
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;

    use super::*;

    #[test]
    fn used_memory_makes_the_same_hash() {
        let costs = |kib| Params::new(kib, 2, 1, None).unwrap();
        for (kib, password) in [(64, "a"), (256, "b"), (64, "a"), (1024, "c"), (64, "d")] {
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, costs(kib));
            let fresh = argon2.hash_password(password.as_bytes()).unwrap();
            assert_eq!(hash_as(&fresh, password.as_bytes()).unwrap(), fresh);
            assert_ne!(hash_as(&fresh, b"other").unwrap(), fresh);
        }
    }
}
