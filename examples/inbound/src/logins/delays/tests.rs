use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;

const LONGEST: u64 = 16;

/// Delays with a clock that stands still until it is told.
struct Fixture {
    delays: Arc<Delays>,
    clock: Arc<AtomicU64>,
}

impl Fixture {
    fn new() -> Self {
        Self::with(Some(Duration::from_secs(LONGEST)), false)
    }

    fn with(longest: Option<Duration>, judge_loopback: bool) -> Self {
        let clock = Arc::<AtomicU64>::default();
        let hand = clock.clone();
        let now: Now = Arc::new(move || Time::from_micros(hand.load(Ordering::Relaxed)));
        Fixture {
            delays: Arc::new(Delays::new(longest, judge_loopback, now)),
            clock,
        }
    }

    fn pass(&self, time: Duration) {
        self.clock
            .fetch_add(time.as_micros() as u64, Ordering::Relaxed);
    }

    fn enter(&self, from: &str, account: &str) -> Result<Turn, Crowded> {
        self.delays.enter(Some(from.parse().unwrap()), account)
    }

    /// The wait of a login that is not made.
    fn wait(&self, from: &str, account: &str) -> u64 {
        let now = Time::from_micros(self.clock.load(Ordering::Relaxed));
        let client = Some(from.parse().unwrap());
        let turn = self.delays.enter(client, account).unwrap();
        self.delays.turns.forget(&turn.crowd);
        assert_eq!(self.delays.turns.get(&turn.crowd, now), now);
        turn.wait().as_secs()
    }

    /// Waits as it is told, and is wrong.
    fn wrong(&self, from: &str, account: &str) -> u64 {
        let mut turn = self.enter(from, account).unwrap();
        let wait = turn.wait();
        self.pass(wait);
        turn.begin(None);
        wait.as_secs()
    }

    fn right(&self, from: &str, account: &str) {
        let mut turn = self.enter(from, account).unwrap();
        self.pass(turn.wait());
        turn.begin(None);
        turn.right();
    }
}

const HERE: &str = "192.0.2.1";
const THERE: &str = "198.51.100.1";

#[test]
fn the_first_wrong_passwords_are_free_then_each_costs_twice_as_much() {
    let fixture = Fixture::new();
    let waits: Vec<u64> = (0..11).map(|_| fixture.wrong(HERE, "ada")).collect();
    assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 16, 16]);
    // Who is right waits as long: it is not known yet.
    assert_eq!(fixture.wait(HERE, "ada"), 16);
    assert_eq!(fixture.wait(HERE, "bob"), 0);
    assert_eq!(fixture.wait(THERE, "ada"), 0);
}

#[test]
fn a_right_login_makes_the_account_forget_what_came_from_there() {
    let fixture = Fixture::new();
    for _ in 0..6 {
        fixture.wrong(HERE, "ada");
    }
    fixture.right(HERE, "ada");
    assert_eq!(fixture.wait(HERE, "ada"), 0);
}

#[test]
fn a_network_cannot_wash_itself_with_an_account_of_its_own() {
    let fixture = Fixture::new();
    let mut waits = Vec::new();
    for guess in 0..20 {
        waits.push(fixture.wrong(HERE, &format!("victim{guess}")));
        fixture.right(HERE, "mallory");
    }
    assert_eq!(waits[..13], [0; 13]);
    assert_eq!(waits[13..], [1, 2, 4, 8, 16, 16, 16]);
    // Who is known there is not hindered.
    assert_eq!(fixture.wait(HERE, "mallory"), 0);
}

#[test]
fn nobody_keeps_an_owner_out() {
    let fixture = Fixture::new();
    fixture.right(HERE, "ada");
    // From a thousand places, and from behind the owner's own address at all others.
    for host in 0..1000u32 {
        fixture.wrong(&format!("10.1.{}.{}", host / 250, host % 250), "ada");
    }
    for other in 0..30 {
        fixture.wrong(HERE, &format!("victim{other}"));
    }
    assert_eq!(fixture.wait(HERE, "ada"), 0);
    assert_eq!(fixture.wait(THERE, "ada"), LONGEST);
    assert_eq!(fixture.wait(HERE, "bob"), LONGEST);
    // Elsewhere she is delayed, let in, and known from then on.
    fixture.right(THERE, "ada");
    assert_eq!(fixture.wait(THERE, "ada"), 0);
}

#[test]
fn the_same_wrong_password_counts_once() {
    let fixture = Fixture::new();
    let guess = |text: &[u8], account| {
        let mut turn = fixture.enter(HERE, account).unwrap();
        fixture.pass(turn.wait());
        turn.begin(Some(&Secret::from(text)));
        drop(turn);
        fixture.wait(HERE, account)
    };
    for _ in 0..100 {
        assert_eq!(guess(b"old", "ada"), 0);
    }
    let waits: Vec<u64> = (0..5).map(|n| guess(&[b'0' + n], "ada")).collect();
    assert_eq!(waits, [0, 0, 1, 2, 4]);
    assert_eq!(guess(b"old", "bob"), 0);
}

#[test]
fn more_connections_make_no_more_guesses() {
    let fixture = Fixture::new();
    for _ in 0..20 {
        fixture.wrong(HERE, "ada");
    }
    let first = fixture.enter(HERE, "ada").unwrap();
    let second = fixture.enter(HERE, "ada").unwrap();
    assert_eq!(first.wait().as_secs(), 16);
    assert_eq!(second.wait().as_secs(), 32);
    assert_eq!(fixture.enter(HERE, "ada").err(), Some(Crowded));
    assert!(fixture.enter(THERE, "ada").is_ok());
    fixture.pass(Duration::from_secs(16));
    assert_eq!(fixture.enter(HERE, "ada").unwrap().wait().as_secs(), 32);
}

#[test]
fn a_network_has_so_many_logins_under_way() {
    let fixture = Fixture::new();
    let enter = |n: usize| fixture.enter(HERE, &format!("user{n}"));
    let held: Vec<Turn> = (0..32).map(|n| enter(n).unwrap()).collect();
    assert!(enter(32).is_err());
    // Not somebody who is known there, nor anybody elsewhere.
    assert!(fixture.enter(THERE, "ada").is_ok());
    drop(held);
    assert!(enter(32).is_ok());
    assert_eq!(fixture.delays.places.keys(), 0);
}

#[test]
fn a_network_of_ipv6_is_one_address_and_ipv4_is_the_same_inside_ipv6() {
    let fixture = Fixture::new();
    for host in 1..=6 {
        fixture.wrong(&format!("2001:db8::{host}"), "ada");
    }
    assert_eq!(fixture.wait("2001:db8::ffff", "ada"), 4);
    assert_eq!(fixture.wait("2001:db8:0:1::1", "ada"), 0);
    for _ in 0..6 {
        fixture.wrong(HERE, "bob");
    }
    assert_eq!(fixture.wait("::ffff:192.0.2.1", "bob"), 4);
}

#[test]
fn users_of_a_webmailer_share_nothing_but_the_address() {
    for (judged, wait) in [(false, 0), (true, 16)] {
        let fixture = Fixture::with(Some(Duration::from_secs(LONGEST)), judged);
        for user in 0..20 {
            fixture.wrong("127.0.0.1", &format!("user{user}"));
        }
        assert_eq!(fixture.wait("127.0.0.1", "ada"), wait);
        for _ in 0..6 {
            fixture.wrong("127.0.0.1", "bob");
        }
        assert_eq!(fixture.wait("127.0.0.1", "bob"), wait.max(4));
    }
}

#[test]
fn only_what_was_looked_at_counts() {
    let fixture = Fixture::new();
    for _ in 0..20 {
        drop(fixture.enter(HERE, "ada").unwrap());
        let mut turn = fixture.enter(HERE, "ada").unwrap();
        turn.begin(None);
        turn.void();
    }
    assert_eq!(fixture.wait(HERE, "ada"), 0);
    // Who goes away before the answer has guessed all the same.
    for _ in 0..4 {
        fixture.enter(HERE, "ada").unwrap().begin(None);
    }
    assert_eq!(fixture.wait(HERE, "ada"), 1);
}

#[test]
fn without_a_limit_nobody_is_delayed() {
    let fixture = Fixture::with(None, false);
    for _ in 0..100 {
        assert_eq!(fixture.wrong(HERE, "ada"), 0);
    }
}

#[test]
fn a_client_without_an_address_is_counted_by_its_account() {
    let fixture = Fixture::new();
    let enter = |account| fixture.delays.enter(None, account).unwrap();
    for _ in 0..6 {
        let mut turn = enter("ada");
        fixture.pass(turn.wait());
        turn.begin(None);
    }
    assert_eq!(enter("ada").wait().as_secs(), 4);
    assert_eq!(enter("bob").wait().as_secs(), 0);
}

proptest! {
    /// Whatever happens, in whatever order: a wait is never longer than two turns, a count never above
    /// its bound, and all is forgotten in the end.
    #[test]
    fn delays_are_bounded_and_decay(
        steps in prop::collection::vec((0u8..6, 0u8..4, 0u8..4, 0u64..400), 1..200),
    ) {
        let fixture = Fixture::new();
        let mut held = Vec::new();
        for (what, network, account, seconds) in steps {
            let (from, account) = (format!("192.0.2.{network}"), format!("user{account}"));
            if what == 0 {
                fixture.pass(Duration::from_secs(seconds));
                held.clear();
                continue;
            }
            let Ok(mut turn) = fixture.enter(&from, &account) else { continue };
            prop_assert!(turn.wait() <= Duration::from_secs(2 * LONGEST));
            let now = (fixture.delays.now)();
            let until = fixture.delays.wrong.pair.get(&turn.pair, now);
            prop_assert!(count(until, FORGOTTEN.pair, now) <= COUNTED);
            turn.begin(None);
            match what {
                1 => turn.right(),
                2 => turn.void(),
                3 => held.push(turn),
                _ => drop(turn),
            }
        }
        drop(held);
        fixture.pass(FORGOTTEN.pair * COUNTED as u32);
        for network in 0..4 {
            for account in 0..4 {
                let (from, account) = (format!("192.0.2.{network}"), format!("user{account}"));
                prop_assert_eq!(fixture.wait(&from, &account), 0);
            }
        }
    }
}
