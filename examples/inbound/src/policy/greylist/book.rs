//! What greylisting remembers, in a small database of its own.
//!
//! A commit writes to the log of the database and waits for no disk: a killed process loses nothing,
//! a power cut the last moments, and what is lost costs a sender one more try.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::log::Log;
use crate::policy::Network;

/// When a retry counts, and how long it is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// A retry sooner than this is too soon.
    pub delay: Duration,
    /// A retry later than this is a first try. Default: a day (RFC 6647 section 5).
    pub window: Duration,
    /// What has passed is forgotten when it was not seen for so long. Default: 36 days, so that
    /// monthly mail passes; RFC 6647 section 5 asks for a week at least.
    pub lifetime: Duration,
}

impl Times {
    /// The defaults with this delay.
    pub const fn with_delay(delay: Duration) -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Times {
            delay,
            window: Duration::from_secs(DAY),
            lifetime: Duration::from_secs(36 * DAY),
        }
    }
}

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Triplets. Above that those are forgotten first that never came back.
    pub triplets: u32,
    /// Triplets of one network that did not come back yet, so that none can push out all others.
    pub waiting: u32,
    /// As many triplets that came back prove a network.
    pub proof: u32,
}

impl Default for Room {
    /// About 100 MB, 1,000 of one network, and 5 to prove it.
    fn default() -> Self {
        Room {
            triplets: 1_000_000,
            waiting: 1_000,
            proof: 5,
        }
    }
}

/// What is to be done with a triplet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// It comes through.
    Pass,
    /// It may come back after so long.
    Wait(Duration),
}

/// The database.
pub struct Book {
    db: Connection,
    log: Log,
    times: Times,
    room: Room,
    triplets: u32,
    /// Triplets since the last cleaning.
    new: u32,
}

/// So many new triplets make it time for cleaning, of so many old ones at most.
const CLEANING: (u32, u32) = (1_000, 20_000);
/// A time that was seen is written anew only after so many seconds: most mail writes nothing.
const COARSE: i64 = 3_600;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS triplet (
        network BLOB NOT NULL,
        pair BLOB NOT NULL,
        passed INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        PRIMARY KEY (network, pair)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS triplet_by_age ON triplet (passed, seen);
    CREATE TABLE IF NOT EXISTS network (
        network BLOB PRIMARY KEY,
        passed INTEGER NOT NULL,
        seen INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS network_by_age ON network (seen);";

impl Book {
    /// Opens the database of this name, or makes it. Blocks.
    ///
    /// # Errors
    /// What the database says.
    pub fn open(file: &Path, times: Times, room: Room) -> rusqlite::Result<Self> {
        let db = Connection::open(file)?;
        // The answer to this pragma is a row.
        db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        db.pragma_update(None, "synchronous", "normal")?;
        db.execute_batch(SCHEMA)?;
        let triplets = db.query_row("SELECT count(*) FROM triplet", [], |row| row.get(0))?;
        Ok(Book {
            log: Log::of(file, &db)?,
            db,
            times,
            room,
            triplets,
            new: 0,
        })
    }

    /// Judges a triplet and remembers it. `now` is in seconds since 1970. Blocks.
    ///
    /// # Errors
    /// What the database says.
    pub fn judge(
        &mut self,
        network: Network,
        sender: &str,
        recipient: &str,
        now: i64,
    ) -> rusqlite::Result<Judged> {
        let network = octets(network);
        if self.is_proven(&network, now)? {
            return Ok(Judged::Pass);
        }
        let pair = pair(sender, recipient);
        let found: Option<(bool, i64)> = self
            .db
            .prepare_cached("SELECT passed, seen FROM triplet WHERE network = ? AND pair = ?")?
            .query_row(params![network, pair], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let age = |seen: i64| u64::try_from(now - seen).map(Duration::from_secs);
        match found.map(|(passed, seen)| (passed, seen, age(seen))) {
            Some((true, seen, Ok(age))) if age <= self.times.lifetime => {
                if now - seen >= COARSE {
                    self.see(&network, &pair, now)?;
                }
                Ok(Judged::Pass)
            }
            Some((false, _, Ok(age))) if age < self.times.delay => {
                Ok(Judged::Wait(self.times.delay - age))
            }
            Some((false, _, Ok(age))) if age <= self.times.window => {
                self.pass(&network, &pair, now)?;
                Ok(Judged::Pass)
            }
            // Too old, or of a clock that was wrong.
            Some(_) => {
                self.begin(&network, &pair, now)?;
                Ok(Judged::Wait(self.times.delay))
            }
            None => {
                self.add(&network, &pair, now)?;
                Ok(Judged::Wait(self.times.delay))
            }
        }
    }

    fn is_proven(&mut self, network: &[u8], now: i64) -> rusqlite::Result<bool> {
        let found: Option<(u32, i64)> = self
            .db
            .prepare_cached("SELECT passed, seen FROM network WHERE network = ?")?
            .query_row([network], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((passed, seen)) = found else {
            return Ok(false);
        };
        let proven = passed >= self.room.proof && seen > since(now, self.times.lifetime);
        if proven && now - seen >= COARSE {
            self.db
                .prepare_cached("UPDATE network SET seen = ? WHERE network = ?")?
                .execute(params![now, network])?;
            self.log.changed();
        }
        Ok(proven)
    }

    fn see(&mut self, network: &[u8], pair: &[u8], now: i64) -> rusqlite::Result<()> {
        self.db
            .prepare_cached("UPDATE triplet SET seen = ? WHERE network = ? AND pair = ?")?
            .execute(params![now, network, pair])?;
        self.log.changed();
        Ok(())
    }

    fn begin(&mut self, network: &[u8], pair: &[u8], now: i64) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "UPDATE triplet SET passed = 0, seen = ? WHERE network = ? AND pair = ?",
            )?
            .execute(params![now, network, pair])?;
        self.log.changed();
        Ok(())
    }

    /// A triplet came back in time: it counts for its network.
    fn pass(&mut self, network: &[u8], pair: &[u8], now: i64) -> rusqlite::Result<()> {
        let forgotten = since(now, self.times.lifetime);
        let tx = self.db.transaction()?;
        tx.prepare_cached(
            "UPDATE triplet SET passed = 1, seen = ? WHERE network = ? AND pair = ?",
        )?
        .execute(params![now, network, pair])?;
        tx.prepare_cached(
            "INSERT INTO network (network, passed, seen) VALUES (?1, 1, ?2)
             ON CONFLICT DO UPDATE SET
                 passed = CASE WHEN seen > ?3 THEN passed + 1 ELSE 1 END, seen = ?2",
        )?
        .execute(params![network, now, forgotten])?;
        tx.commit()?;
        self.log.changed();
        Ok(())
    }

    fn add(&mut self, network: &[u8], pair: &[u8], now: i64) -> rusqlite::Result<()> {
        if self.new >= CLEANING.0 {
            self.new = 0;
            self.forget_old(now)?;
        }
        let waiting: u32 = self
            .db
            .prepare_cached(
                // The plus: not by the index of ages, which all networks share.
                "SELECT count(*) FROM (SELECT 1 FROM triplet
                 WHERE network = ? AND +passed = 0 LIMIT ?)",
            )?
            .query_row(params![network, self.room.waiting], |row| row.get(0))?;
        if waiting >= self.room.waiting {
            return Ok(());
        }
        if self.triplets >= self.room.triplets {
            self.make_room()?;
        }
        self.db
            .prepare_cached(
                "INSERT INTO triplet (network, pair, passed, seen) VALUES (?, ?, 0, ?)",
            )?
            .execute(params![network, pair, now])?;
        self.triplets += 1;
        self.new += 1;
        self.log.changed();
        Ok(())
    }

    /// Forgets what would not count any more.
    fn forget_old(&mut self, now: i64) -> rusqlite::Result<()> {
        for (passed, kept) in [(0, self.times.window), (1, self.times.lifetime)] {
            let gone = self
                .db
                .prepare_cached(
                    "DELETE FROM triplet WHERE (network, pair) IN (SELECT network, pair
                     FROM triplet WHERE passed = ? AND seen < ? LIMIT ?)",
                )?
                .execute(params![passed, since(now, kept), CLEANING.1])?;
            self.triplets = self.triplets.saturating_sub(gone as u32);
        }
        self.db
            .prepare_cached(
                "DELETE FROM network WHERE network IN
                 (SELECT network FROM network WHERE seen < ? LIMIT ?)",
            )?
            .execute(params![since(now, self.times.lifetime), CLEANING.1])?;
        Ok(())
    }

    /// Forgets a hundredth of all: the oldest of those that never came back, then the oldest.
    fn make_room(&mut self) -> rusqlite::Result<()> {
        let gone = self
            .db
            .prepare_cached(
                "DELETE FROM triplet WHERE (network, pair) IN (SELECT network, pair
                 FROM triplet ORDER BY passed, seen LIMIT ?)",
            )?
            .execute([self.room.triplets.div_ceil(100)])?;
        self.triplets = self.triplets.saturating_sub(gone as u32);
        Ok(())
    }
}

fn since(now: i64, ago: Duration) -> i64 {
    now.saturating_sub_unsigned(ago.as_secs())
}

fn octets(network: Network) -> Vec<u8> {
    match network.0 {
        std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
        std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// Sender and recipient in 16 octets, however long they are. Letter case makes no difference.
fn pair(sender: &str, recipient: &str) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update(sender.to_lowercase());
    // No address holds this octet.
    hasher.update([0]);
    hasher.update(recipient.to_lowercase());
    let digest = hasher.finalize();
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Prefixes;

    const MINUTE: i64 = 60;
    const DAY: i64 = 24 * 60 * MINUTE;
    const START: i64 = 1_800_000_000;

    struct Rig {
        book: Book,
        folder: tempfile::TempDir,
    }

    impl Rig {
        fn new(room: Room) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let book = Self::open(&folder, room);
            Rig { book, folder }
        }

        fn open(folder: &tempfile::TempDir, room: Room) -> Book {
            let times = Times::with_delay(Duration::from_secs(60));
            Book::open(&folder.path().join("book"), times, room).unwrap()
        }

        fn try_at(&mut self, ip: &str, from: &str, at: i64) -> Judged {
            let network = Prefixes::CLUSTER.of(ip.parse().unwrap());
            self.book
                .judge(network, from, "demo@example.org", START + at)
                .unwrap()
        }
    }

    fn wait(seconds: u64) -> Judged {
        Judged::Wait(Duration::from_secs(seconds))
    }

    #[test]
    fn a_retry_counts_between_delay_and_window() {
        let mut rig = Rig::new(Room::default());
        let mut at = |at| rig.try_at("192.0.2.1", "a@example.com", at);
        assert_eq!(at(0), wait(60));
        assert_eq!(at(20), wait(40));
        assert_eq!(at(59), wait(1));
        assert_eq!(at(60), Judged::Pass);
        assert_eq!(at(61), Judged::Pass);
        // Seen in time, it is remembered from then on.
        assert_eq!(at(36 * DAY), Judged::Pass);
        assert_eq!(at(71 * DAY), Judged::Pass);
        assert_eq!(at(71 * DAY + 36 * DAY + 1), wait(60));
    }

    #[test]
    fn a_retry_after_the_window_is_a_first_try() {
        let mut rig = Rig::new(Room::default());
        let mut at = |at| rig.try_at("192.0.2.1", "a@example.com", at);
        assert_eq!(at(0), wait(60));
        assert_eq!(at(DAY + 1), wait(60));
        assert_eq!(at(DAY + 1 + MINUTE), Judged::Pass);
    }

    #[test]
    fn a_triplet_is_network_sender_and_recipient() {
        let mut rig = Rig::new(Room::default());
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 0), wait(60));
        assert_eq!(rig.try_at("192.0.2.99", "A@Example.com", 60), Judged::Pass);
        assert_eq!(rig.try_at("192.0.3.1", "a@example.com", 60), wait(60));
        assert_eq!(rig.try_at("192.0.2.1", "b@example.com", 60), wait(60));
        let network = Prefixes::CLUSTER.of("192.0.2.1".parse().unwrap());
        let other = rig
            .book
            .judge(network, "a@example.com", "x@example.org", START + 60);
        assert_eq!(other.unwrap(), wait(60));
        assert_eq!(rig.try_at("2001:db8::1", "a@example.com", 0), wait(60));
        assert_eq!(rig.try_at("2001:db8::2", "a@example.com", 60), Judged::Pass);
    }

    #[test]
    fn a_network_that_came_back_often_is_proven() {
        let mut rig = Rig::new(Room::default());
        for n in 0..5 {
            let from = format!("{n}@example.com");
            assert_eq!(rig.try_at("192.0.2.1", &from, n * 100), wait(60));
            assert_eq!(rig.try_at("192.0.2.1", &from, n * 100 + 60), Judged::Pass);
            // The same again proves nothing.
            assert_eq!(rig.try_at("192.0.2.1", &from, n * 100 + 61), Judged::Pass);
        }
        assert_eq!(
            rig.try_at("192.0.2.200", "new@example.com", 1_000),
            Judged::Pass
        );
        assert_eq!(rig.try_at("192.0.3.1", "new@example.com", 1_000), wait(60));
        // Until it was not seen for its lifetime.
        let later = 1_000 + 37 * DAY;
        assert_eq!(rig.try_at("192.0.2.1", "new@example.com", later), wait(60));
        assert_eq!(
            rig.try_at("192.0.2.1", "new@example.com", later + 60),
            Judged::Pass
        );
        assert_eq!(
            rig.try_at("192.0.2.1", "next@example.com", later + 61),
            wait(60)
        );
    }

    #[test]
    fn what_was_remembered_survives_a_start() {
        let mut rig = Rig::new(Room::default());
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 0), wait(60));
        rig.book = Rig::open(&rig.folder, Room::default());
        assert_eq!(rig.book.triplets, 1);
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 60), Judged::Pass);
    }

    #[test]
    fn a_clock_that_was_wrong_does_no_harm() {
        let mut rig = Rig::new(Room::default());
        assert_eq!(
            rig.try_at("192.0.2.1", "a@example.com", 100 * DAY),
            wait(60)
        );
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 0), wait(60));
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 60), Judged::Pass);
    }

    #[test]
    fn a_flood_of_one_network_leaves_the_others_their_place() {
        let room = Room {
            triplets: 500,
            waiting: 100,
            proof: 5,
        };
        let mut rig = Rig::new(room);
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 0), wait(60));
        for n in 0..2_000 {
            assert_eq!(
                rig.try_at("192.0.9.1", &format!("{n}@bad.example"), 1),
                wait(60)
            );
        }
        assert_eq!(rig.book.triplets, 101);
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 60), Judged::Pass);
    }

    #[test]
    fn a_flood_of_many_networks_is_forgotten_before_what_came_back() {
        let room = Room {
            triplets: 500,
            waiting: 100,
            proof: 5,
        };
        let mut rig = Rig::new(room);
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 0), wait(60));
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 60), Judged::Pass);
        for n in 0..3_000 {
            let ip = format!("10.{}.{}.1", n / 256, n % 256);
            assert_eq!(rig.try_at(&ip, "x@bad.example", 61), wait(60));
            assert!(rig.book.triplets <= 500);
        }
        let counted: u32 = rig
            .book
            .db
            .query_row("SELECT count(*) FROM triplet", [], |row| row.get(0))
            .unwrap();
        assert_eq!(counted, rig.book.triplets);
        assert_eq!(rig.try_at("192.0.2.1", "a@example.com", 62), Judged::Pass);
    }

    #[test]
    fn old_triplets_are_cleaned_away() {
        let mut rig = Rig::new(Room::default());
        for n in 0..1_500 {
            let ip = format!("10.{}.{}.1", n / 256, n % 256);
            rig.try_at(&ip, "x@bad.example", 0);
        }
        for n in 0..1_500 {
            let ip = format!("11.{}.{}.1", n / 256, n % 256);
            rig.try_at(&ip, "x@bad.example", 2 * DAY);
        }
        assert_eq!(rig.book.triplets, 1_500);
    }
}
