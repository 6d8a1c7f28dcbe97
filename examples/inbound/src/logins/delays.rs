//! What wrong passwords cost: time, more of it each time.

use std::{net::IpAddr, sync::Arc, time::Duration};

use wire_core::{Time, sasl::Secret};

use crate::{
    moments::Moments,
    places::{Place, Places},
    policy::{Network, Prefixes, rates::Now},
};

/// What each table remembers at once, 1 MiB a table. Whoever fills one is forgotten last: what is
/// forgotten first is what would be over first.
const KEYS: usize = 1 << 16;
/// Wrong passwords that are counted: the delay is at its longest before, and this is how far it has
/// to come down.
const COUNTED: u64 = 64;
/// Wrong passwords that cost nothing: of one account from one network, as people mistype; of one
/// network, where many people may be; of one account from all networks that are not known to it.
const FREE: Table<u64> = Table {
    pair: 3,
    network: 12,
    account: 24,
};
/// After how long one of them is forgotten.
const FORGOTTEN: Table<Duration> = Table {
    pair: Duration::from_secs(300),
    network: Duration::from_secs(120),
    account: Duration::from_secs(60),
};
/// The first delay; each further wrong password doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// How long a network that an account logged in from is known to it.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the same wrong password counts once: a mail client that was not told of a new password
/// tries the old one for ever.
const REPEATED: Duration = Duration::from_secs(24 * 3600);
/// Logins that one network may have under way: each holds a task and a connection.
const AT_ONCE: u32 = 32;

/// One thing for each of what is counted.
struct Table<T> {
    pair: T,
    network: T,
    account: T,
}

/// An account as the client names it, known or not, and where the client is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pair {
    network: Option<Network>,
    account: Box<str>,
}

/// Who waits behind one another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Crowd {
    /// All of a network.
    Network(Network),
    /// Those of an account there.
    Pair(Pair),
}

/// Counts wrong passwords, for all protocols.
///
/// A login waits *before* its password is looked at, so that a right one takes as long as a wrong
/// one. How long depends on the wrong passwords so far, which are counted three times: for the
/// network, for the account, and for the account from that network; the longest delay holds. Logins
/// that are delayed wait behind one another, so more connections do not make more guesses.
///
/// - A network that the account has logged in from is *known* to it: only what went wrong for the two
///   together counts. So nobody can keep an owner out, neither from elsewhere nor by guessing at
///   other accounts from behind the same address.
/// - A right login is no excuse for a network: it makes the account forget what came from there, and
///   nothing else. An attacker with an account of his own gains nothing by using it in between.
pub struct Delays {
    /// `None`: nobody is delayed.
    longest: Option<Duration>,
    /// Clients on loopback share nothing but the address: they are users of a webmailer.
    judge_loopback: bool,
    /// When all wrong passwords are forgotten.
    wrong: Table<Moments>,
    known: Moments,
    guesses: Moments,
    /// When the next of a crowd is looked at.
    turns: Moments,
    places: Arc<Places<Crowd>>,
    now: Now,
}

/// There are too many logins, or it would take too long: try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many logins at once")]
pub struct Crowded;

/// A login under way. Dropping it after [`begin`](Turn::begin) counts as a wrong password.
pub struct Turn {
    delays: Arc<Delays>,
    pair: Pair,
    crowd: Crowd,
    wait: Duration,
    guess: Option<u64>,
    begun: bool,
    _place: Place<Crowd>,
}

impl Delays {
    /// Nothing has gone wrong yet. `longest`: the longest delay, or none at all.
    pub fn new(longest: Option<Duration>, judge_loopback: bool, now: Now) -> Self {
        let moments = || Moments::new(KEYS);
        Delays {
            longest,
            judge_loopback,
            wrong: Table {
                pair: moments(),
                network: moments(),
                account: moments(),
            },
            known: moments(),
            guesses: moments(),
            turns: moments(),
            places: Arc::default(),
            now,
        }
    }

    /// A login of `account` begins: wait for as long as it says, then begin.
    ///
    /// # Errors
    /// Too many are under way or wait.
    pub fn enter(self: &Arc<Self>, client: Option<IpAddr>, account: &str) -> Result<Turn, Crowded> {
        let now = (self.now)();
        let spared = client.is_some_and(|ip| ip.to_canonical().is_loopback());
        let spared = spared && !self.judge_loopback;
        let pair = Pair {
            network: client.map(|ip| Prefixes::MACHINE.of(ip)),
            account: account.into(),
        };
        let known = self.known.get(&pair, now) > now;
        let crowd = match pair.network {
            Some(network) if !spared && !known => Crowd::Network(network),
            _ => Crowd::Pair(pair.clone()),
        };
        let place = self.places.take(crowd.clone(), AT_ONCE).ok_or(Crowded)?;
        let delay = self.delay(&pair, &crowd, known, now);
        let at = self.turn(&crowd, delay, now)?;
        Ok(Turn {
            delays: self.clone(),
            pair,
            crowd,
            wait: at.since(now),
            guess: None,
            begun: false,
            _place: place,
        })
    }

    fn delay(&self, pair: &Pair, crowd: &Crowd, known: bool, now: Time) -> Duration {
        let Some(longest) = self.longest else {
            return Duration::ZERO;
        };
        let over = |until: Time, free: u64, forgotten: Duration| {
            count(until, forgotten, now).saturating_sub(free)
        };
        let of_pair = over(self.wrong.pair.get(pair, now), FREE.pair, FORGOTTEN.pair);
        let of_network = match crowd {
            Crowd::Network(network) => {
                let until = self.wrong.network.get(network, now);
                over(until, FREE.network, FORGOTTEN.network)
            }
            Crowd::Pair(_) => 0,
        };
        let of_account = match known {
            // Nobody's, so nobody's account is guessed at.
            _ if pair.account.is_empty() => 0,
            false => {
                let until = self.wrong.account.get(&pair.account, now);
                over(until, FREE.account, FORGOTTEN.account)
            }
            true => 0,
        };
        match of_pair.max(of_network).max(of_account) {
            0 => Duration::ZERO,
            over => {
                let doubled = 1u32.checked_shl(over as u32 - 1).unwrap_or(u32::MAX);
                FIRST.saturating_mul(doubled).min(longest)
            }
        }
    }

    /// The next turn of the crowd that is `delay` after the one before.
    fn turn(&self, crowd: &Crowd, delay: Duration, now: Time) -> Result<Time, Crowded> {
        if delay.is_zero() {
            return Ok(now);
        }
        // Who would wait for more than the second to come has gone away by then.
        let patience = delay.saturating_mul(2);
        self.turns.change(crowd, now, |last| {
            let at = last + delay;
            match at.since(now) > patience {
                true => Err(Crowded),
                false => Ok((at, at)),
            }
        })
    }

    fn count_wrong(&self, pair: &Pair, crowd: &Crowd) {
        let now = (self.now)();
        let wrong = &self.wrong;
        add(&wrong.pair, pair, FORGOTTEN.pair, now);
        add(&wrong.account, &pair.account, FORGOTTEN.account, now);
        if let Crowd::Network(network) = crowd {
            add(&wrong.network, network, FORGOTTEN.network, now);
        }
    }
}

/// How many wrong passwords are not forgotten.
fn count(until: Time, forgotten: Duration, now: Time) -> u64 {
    let left = until.since(now).as_micros();
    u64::try_from(left.div_ceil(forgotten.as_micros().max(1))).unwrap_or(COUNTED)
}

fn add(table: &Moments, key: &impl std::hash::Hash, forgotten: Duration, now: Time) {
    let most = now + forgotten.saturating_mul(COUNTED as u32);
    let added =
        |until: Time| Ok::<_, std::convert::Infallible>(((until + forgotten).min(most), ()));
    let Ok(()) = table.change(key, now, added);
}

impl Turn {
    /// How long it waits before its password is looked at.
    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// Its time has come: from now on it has to be said how it ended. `guess` is the password that
    /// is looked at, where there is one to see.
    pub fn begin(&mut self, guess: Option<&Secret>) {
        let print = |guess: &Secret| self.delays.guesses.print(&(&self.pair, guess.expose()));
        self.guess = guess.map(print);
        self.begun = true;
    }

    /// The password was right.
    pub fn right(mut self) {
        self.begun = false;
        let now = (self.delays.now)();
        self.delays.wrong.pair.forget(&self.pair);
        self.delays.known.set(&self.pair, now, now + KNOWN);
    }

    /// It was not found out: a database is away.
    pub fn void(mut self) {
        self.begun = false;
    }

    fn wrong(&self) {
        if let Some(guess) = self.guess {
            let now = (self.delays.now)();
            let repeated = self.delays.guesses.get(&guess, now) > now;
            self.delays.guesses.set(&guess, now, now + REPEATED);
            if repeated {
                return;
            }
        }
        self.delays.count_wrong(&self.pair, &self.crowd);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.begun {
            self.wrong();
        }
    }
}

#[cfg(test)]
mod tests;
