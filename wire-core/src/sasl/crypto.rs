//! Digests, by the hash that a mechanism names.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::ScramHash;

/// Overwritten on drop.
pub(super) type Octets = Zeroizing<Vec<u8>>;

pub(super) fn hmac(hash: ScramHash, key: &[u8], message: &[u8]) -> Octets {
    #[cfg(test)]
    count::add(count::Work::HMAC);
    match hash {
        ScramHash::Sha1 => mac::<Hmac<Sha1>>(key, message),
        ScramHash::Sha256 => mac::<Hmac<Sha256>>(key, message),
    }
}

pub(super) fn hmac_md5(key: &[u8], message: &[u8]) -> Octets {
    #[cfg(test)]
    count::add(count::Work::HMAC);
    mac::<Hmac<Md5>>(key, message)
}

pub(super) fn digest(hash: ScramHash, message: &[u8]) -> Octets {
    #[cfg(test)]
    count::add(count::Work::DIGEST);
    Zeroizing::new(match hash {
        ScramHash::Sha1 => Sha1::digest(message).to_vec(),
        ScramHash::Sha256 => Sha256::digest(message).to_vec(),
    })
}

pub(super) fn md5(first: &[u8], second: &[u8]) -> Octets {
    #[cfg(test)]
    count::add(count::Work::DIGEST);
    let mut md5 = Md5::new();
    md5.update(first);
    md5.update(second);
    Zeroizing::new(md5.finalize().to_vec())
}

/// `Hi(password, salt, iterations)` (RFC 5802 section 2.2).
pub(super) fn salted(hash: ScramHash, password: &[u8], salt: &[u8], iterations: u32) -> Octets {
    #[cfg(test)]
    count::add(count::Work::PBKDF2);
    let mut out = Zeroizing::new(vec![0; hash.length()]);
    match hash {
        ScramHash::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut out),
        ScramHash::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut out),
    }
    out
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Octets {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Octets::default();
    };
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

/// What was computed in this thread: what a login costs.
#[cfg(test)]
pub(super) mod count {
    use std::cell::Cell;

    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct Work {
        pub(crate) hmac: u32,
        pub(crate) digest: u32,
        pub(crate) pbkdf2: u32,
    }

    impl Work {
        pub(super) const HMAC: Work = Work {
            hmac: 1,
            digest: 0,
            pbkdf2: 0,
        };
        pub(super) const DIGEST: Work = Work {
            hmac: 0,
            digest: 1,
            pbkdf2: 0,
        };
        pub(super) const PBKDF2: Work = Work {
            hmac: 0,
            digest: 0,
            pbkdf2: 1,
        };
    }

    thread_local! {
        static DONE: Cell<Work> = const { Cell::new(Work { hmac: 0, digest: 0, pbkdf2: 0 }) };
    }

    pub(super) fn add(work: Work) {
        let done = DONE.get();
        DONE.set(Work {
            hmac: done.hmac + work.hmac,
            digest: done.digest + work.digest,
            pbkdf2: done.pbkdf2 + work.pbkdf2,
        });
    }

    /// What it takes to make a value.
    pub(crate) fn work<T>(make: impl FnOnce() -> T) -> (T, Work) {
        DONE.take();
        let made = make();
        (made, DONE.take())
    }
}
