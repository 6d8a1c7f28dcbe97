//! What a session is told instead of asking: the time and some randomness.

use core::{fmt, ops::Add, time::Duration};

/// Microseconds on a clock of the caller's choice that never steps back.
///
/// Made from an integer, so that a test, a fuzzer, wasm or a snapshot can make one too; half the
/// size of `std::time::Instant`. All arithmetic saturates.
///
/// ```
/// use std::time::Duration;
/// use wire_core::Time;
///
/// let start = Time::from_micros(1_000_000);
/// let later = start + Duration::from_secs(5);
/// assert_eq!(later.since(start), Duration::from_secs(5));
/// assert_eq!(start.since(later), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The beginning of the clock.
    pub const ZERO: Time = Time(0);

    /// The time `us` microseconds after the beginning of the clock.
    pub const fn from_micros(us: u64) -> Self {
        Time(us)
    }

    /// Microseconds since the beginning of the clock.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, duration: Duration) -> Time {
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Time(self.0.saturating_add(us))
    }
}

/// 32 octets from the caller's random generator, once per session.
///
/// Nonces, APOP stamps and the tag of the tickets are derived from it. `Debug` prints `***`.
#[derive(Clone)]
pub struct Entropy(pub [u8; 32]);

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
