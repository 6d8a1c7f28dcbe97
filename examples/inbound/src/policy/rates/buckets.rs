//! Token buckets.

use std::{fmt, hash::Hash, str::FromStr, time::Duration};

use wire_core::Time;

use crate::moments::Moments;

/// So many in so long. A bucket holds as many tokens: all of them may be taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    tokens: u32,
    per: Duration,
}

impl Rate {
    /// Least 1 token.
    pub const fn new(tokens: u32, per: Duration) -> Self {
        Rate {
            tokens: if tokens == 0 { 1 } else { tokens },
            per,
        }
    }

    /// The tokens of a full bucket.
    pub const fn tokens(self) -> u32 {
        self.tokens
    }

    /// How long one token takes to come back.
    pub fn interval(self) -> Duration {
        (self.per / self.tokens).max(Duration::from_micros(1))
    }

    fn micros(self) -> u64 {
        u64::try_from(self.interval().as_micros()).unwrap_or(u64::MAX)
    }
}

/// What a rate looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a rate like 300/m: a number above 0, and s, m, h or d")]
pub struct NotARate;

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        let (tokens, per) = text.split_once('/').ok_or(NotARate)?;
        let seconds = match per {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return Err(NotARate),
        };
        match tokens.parse() {
            Ok(tokens @ 1..) => Ok(Rate::new(tokens, Duration::from_secs(seconds))),
            _ => Err(NotARate),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} seconds", self.tokens, self.per.as_secs())
    }
}

/// A bucket for each key, in a table that never grows.
///
/// A bucket is one number: when it will be full again. One that is full needs no place.
pub struct Buckets {
    rate: Rate,
    full: Moments,
}

impl Buckets {
    /// Room for about so many keys at once, 16 octets each.
    pub fn new(rate: Rate, keys: usize) -> Self {
        Buckets {
            rate,
            full: Moments::new(keys),
        }
    }

    /// The rate of each bucket.
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes a token of a key, and says how many are left.
    ///
    /// # Errors
    /// There is none; one is there after so long.
    pub fn take(&self, key: &impl Hash, now: Time) -> Result<u32, Duration> {
        let interval = self.rate.micros();
        let depth = interval.saturating_mul(self.rate.tokens.into());
        self.full.change(key, now, |full| {
            let then = full.as_micros().saturating_add(interval);
            let owed = then - now.as_micros();
            if owed > depth {
                return Err(Duration::from_micros(owed - depth));
            }
            // No more than the tokens of a whole bucket.
            Ok((Time::from_micros(then), ((depth - owed) / interval) as u32))
        })
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets")
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000;

    fn at(seconds: u64) -> Time {
        Time::from_micros(seconds * SECOND)
    }

    fn buckets(rate: &str, keys: usize) -> Buckets {
        Buckets::new(rate.parse().unwrap(), keys)
    }

    #[test]
    fn a_full_bucket_can_be_emptied_at_once_and_fills_again() {
        let buckets = buckets("6/m", 8);
        for left in (0..6).rev() {
            assert_eq!(buckets.take(&"a", at(0)), Ok(left));
        }
        assert_eq!(buckets.take(&"a", at(0)), Err(Duration::from_secs(10)));
        assert_eq!(buckets.take(&"a", at(4)), Err(Duration::from_secs(6)));
        assert_eq!(buckets.take(&"b", at(4)), Ok(5));
        assert_eq!(buckets.take(&"a", at(10)), Ok(0));
        assert!(buckets.take(&"a", at(10)).is_err());
        // Full again after a minute, and never more than full.
        let taken = |now| (0..100).filter(|_| buckets.take(&"a", now).is_ok()).count();
        assert_eq!(taken(at(1_000)), 6);
    }

    #[test]
    fn a_refused_client_need_not_wait_longer_for_trying() {
        let buckets = buckets("1/m", 8);
        assert!(buckets.take(&1, at(0)).is_ok());
        for second in 1..60 {
            assert_eq!(
                buckets.take(&1, at(second)),
                Err(Duration::from_secs(60 - second))
            );
        }
        assert!(buckets.take(&1, at(60)).is_ok());
    }

    #[test]
    fn rates_are_read() {
        for (text, rate) in [("1/s", (1, 1)), ("300/m", (300, 60)), ("9/h", (9, 3600))] {
            let (tokens, per) = rate;
            assert_eq!(
                text.parse(),
                Ok(Rate::new(tokens, Duration::from_secs(per)))
            );
        }
        for text in [
            "",
            "1",
            "1/",
            "/m",
            "0/m",
            "-1/m",
            "1/w",
            "1 /m",
            "4294967296/d",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(NotARate), "{text:?}");
        }
    }

    #[test]
    fn a_client_in_debt_is_not_forgotten_for_a_crowd_of_others() {
        let buckets = buckets("10/h", 1024);
        while buckets.take(&"bad", at(0)).is_ok() {}
        // A hundred times more others than there are places, each polite.
        for other in 0..100_000 {
            let _ = buckets.take(&other, at(1));
        }
        assert!(buckets.take(&"bad", at(1)).is_err());
    }

    proptest! {
        /// Against tokens counted one by one.
        #[test]
        fn a_bucket_is_what_it_says(
            tokens in 1u32..20,
            seconds in 1u64..100,
            waits in prop::collection::vec(0u64..30, 1..200),
        ) {
            let rate = Rate::new(tokens, Duration::from_secs(seconds * u64::from(tokens)));
            let buckets = Buckets::new(rate, 8);
            let (mut now, mut last, mut level) = (0u64, 0u64, u64::from(tokens) * seconds);
            for wait in waits {
                now += wait;
                level = (level + now - last).min(u64::from(tokens) * seconds);
                last = now;
                let has = level >= seconds;
                if has {
                    level -= seconds;
                }
                prop_assert_eq!(buckets.take(&"x", at(now)).is_ok(), has);
            }
        }
    }
}
