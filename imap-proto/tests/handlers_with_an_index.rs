//! A handler whose store finds, orders and threads by itself, and whose changes come back to it.
#![cfg(all(feature = "tokio", feature = "mime"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod served;

use std::collections::VecDeque;

use imap_proto::{
    AppendUid, Change, Handler, Load, MailboxKey, Matches, ModSeq, NewMessage, Page, Query, Reply,
    Row, Rows, Selected, SortBy, StoreChange, Stored, System, Threading, Threads, Uid, UidSet,
    wire_core::sasl::{Answer, Request},
};
use served::{demo, talk};

const KEY: MailboxKey = MailboxKey(1);

fn uids(numbers: &[u32]) -> Vec<Uid> {
    numbers.iter().copied().filter_map(Uid::new).collect()
}

fn set(numbers: &[u32]) -> UidSet {
    uids(numbers).into_iter().collect()
}

/// Three messages, all alike. What it changes it hears of itself.
#[derive(Default)]
struct Indexed {
    /// Only SEARCH has an index.
    searches_only: bool,
    loads: u32,
    modseq: ModSeq,
    changes: VecDeque<Change>,
}

impl Indexed {
    fn tell(&mut self, change: impl FnOnce(Change) -> Change) {
        self.modseq += 1;
        self.changes
            .push_back(change(Change::new(KEY, self.modseq)));
    }
}

impl Handler for Indexed {
    async fn auth(&mut self, request: Request) -> Answer {
        demo(&request)
    }

    async fn select(&mut self, _: &str, _: bool) -> Reply<Selected> {
        self.modseq = 1;
        let view = uids(&[1, 2, 3]).into_iter().collect();
        Ok(Selected::new(KEY, 1, Uid::MIN, view).modseq(1))
    }

    async fn load(&mut self, load: &Load, page: &mut Page) -> Reply<()> {
        self.loads += 1;
        for uid in load.uids.iter() {
            let row = Row::new(uid)
                .flags(System::NONE)
                .modseq(1)
                .size(u64::from(uid.get()));
            page.push(row.date(-i64::from(uid.get()), 0));
        }
        Ok(())
    }

    async fn search(&mut self, _: &Query) -> Reply<Matches> {
        Ok(Matches::Found(set(&[2, 3])))
    }

    async fn sort(&mut self, query: &Query, by: &SortBy) -> Reply<Matches<Vec<Uid>>> {
        let _ = by;
        Ok(match self.searches_only {
            false => Matches::Found(uids(&[3, 1])),
            true => Matches::Evaluate {
                sure: set(&[2, 3]),
                among: query.among().difference(&set(&[1, 2, 3])),
            },
        })
    }

    async fn thread(&mut self, _: &Query, how: Threading) -> Reply<Matches<Threads>> {
        assert_eq!(how, Threading::References);
        let mut threads = Threads::new();
        threads.push(0, Uid::new(2).unwrap());
        threads.push(1, Uid::new(1).unwrap());
        Ok(Matches::Found(threads))
    }

    async fn store(&mut self, change: &StoreChange, stored: &mut Stored) -> Reply<()> {
        self.tell(|told| told.changed(&change.uids));
        stored.took(self.modseq);
        for uid in change.uids.iter() {
            stored.row(uid, change.flags.clone(), self.modseq);
        }
        assert_ne!(change.rows, Rows::ModSeq);
        Ok(())
    }

    async fn expunge(&mut self, _: &UidSet) -> Reply<(UidSet, ModSeq)> {
        self.tell(|told| told.vanished(&set(&[2])));
        Ok((set(&[2]), self.modseq))
    }

    async fn append(&mut self, _: &str, _: Option<Uid>, _: NewMessage) -> Reply<()> {
        Ok(())
    }

    async fn octets(&mut self, _: bytes::Bytes) -> Reply<()> {
        Ok(())
    }

    async fn appended(&mut self) -> Reply<AppendUid> {
        self.tell(|told| told.added(&set(&[4])));
        Ok(AppendUid {
            validity: 1,
            uids: set(&[4]),
        })
    }

    async fn changed(&mut self) -> Change {
        match self.changes.pop_front() {
            Some(change) => change,
            None => std::future::pending().await,
        }
    }
}

const OPEN: &str = "1 LOGIN a demo\r\n2 SELECT INBOX\r\n";

#[tokio::test]
async fn what_an_index_says_is_not_looked_at() {
    let says = "3 SEARCH TEXT a\r\n4 SORT (SIZE) UTF-8 ALL\r\n5 THREAD REFERENCES UTF-8 ALL\r\n\
                6 LOGOUT\r\n";
    let (said, handler) = talk(Indexed::default(), format!("{OPEN}{says}")).await;
    for answer in [
        "* SEARCH 2 3\r\n3 OK ",
        "* SORT 3 1\r\n4 OK ",
        "* THREAD (2 1)\r\n5 OK ",
    ] {
        assert!(said.contains(answer), "{said}");
    }
    assert_eq!(handler.loads, 0);
}

#[tokio::test]
async fn what_an_index_finds_is_put_in_order() {
    let handler = Indexed {
        searches_only: true,
        ..Indexed::default()
    };
    let says = "3 SORT (ARRIVAL) UTF-8 TEXT a\r\n4 LOGOUT\r\n";
    let (said, handler) = talk(handler, format!("{OPEN}{says}")).await;
    assert!(said.contains("* SORT 3 2\r\n3 OK "), "{said}");
    assert_eq!(handler.loads, 1);
}

// Its changes are noted before its answers: a message is there when the client hears that it was put
// there, and of what it did silently it hears nothing.
#[tokio::test]
async fn a_clients_own_changes_come_with_its_answers() {
    let says = "3 APPEND INBOX {3+}\r\nabc\r\n4 STORE 1 +FLAGS.SILENT (\\Seen)\r\n5 NOOP\r\n\
                6 STORE 1 +FLAGS (\\Flagged)\r\n7 EXPUNGE\r\n8 NOOP\r\n9 LOGOUT\r\n";
    let (said, _) = talk(Indexed::default(), format!("{OPEN}{says}")).await;
    let (_, said) = said.split_once("\r\n2 OK ").unwrap();
    let (_, said) = said.split_once("\r\n").unwrap();
    assert_eq!(
        said,
        "* 4 EXISTS\r\n* 0 RECENT\r\n3 OK [APPENDUID 1 4] Stored\r\n4 OK Done\r\n5 OK Done\r\n\
         * 1 FETCH (FLAGS (\\Flagged))\r\n6 OK Done\r\n* 2 EXPUNGE\r\n7 OK Done\r\n8 OK Done\r\n\
         * BYE Until next time\r\n9 OK Done\r\n"
    );
}
