//! Words that are used once.

use crate::Entropy;

/// The nonces of one session's exchanges, made from its entropy.
#[derive(Debug)]
pub struct Nonces {
    #[cfg_attr(not(feature = "crypto"), expect(dead_code))]
    entropy: Entropy,
    #[cfg_attr(not(feature = "crypto"), expect(dead_code))]
    used: u32,
}

impl Nonces {
    /// The entropy must be the session's own.
    pub const fn new(entropy: Entropy) -> Self {
        Nonces { entropy, used: 0 }
    }

    /// 24 characters of base64, of which nobody else knows the next.
    #[cfg(feature = "crypto")]
    pub fn word(&mut self) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};

        self.used = self.used.wrapping_add(1);
        let number = self.used.to_be_bytes();
        let octets = super::crypto::hmac(super::ScramHash::Sha256, &self.entropy.0, &number);
        STANDARD.encode(octets.get(..18).unwrap_or(&octets))
    }
}
