//! Octets that must not be seen.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password or another secret. `Debug` prints `***`, the octets are overwritten on drop,
/// comparison takes the same time wherever the difference is.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the octets over. Copies that the caller made before are the caller's.
    pub fn new(octets: Vec<u8>) -> Self {
        Secret(Zeroizing::new(octets))
    }

    /// The octets, for a password hash.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Are the octets these? Only the length shows in the time it takes.
    pub fn verify(&self, other: &[u8]) -> bool {
        self.0.as_slice().ct_eq(other).into()
    }
}

impl From<&[u8]> for Secret {
    fn from(octets: &[u8]) -> Self {
        Secret::new(octets.to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
