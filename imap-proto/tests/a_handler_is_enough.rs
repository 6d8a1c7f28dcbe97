//! `serve` over a stream in memory: rows with back-pressure, uploads, news within IDLE, late answers.
#![cfg(all(feature = "tokio", feature = "mime"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod served;

use std::{future::pending, ops::Range, time::Duration};

use bytes::Bytes;
use imap_proto::{
    AppendUid, Change, Code, Flags, Handler, Load, MailboxKey, NewMessage, Page, Refusal, Reply,
    Row, Selected, Stored, System, Uid, UidSet, Violation,
    wire_core::{
        CloseReason,
        sasl::{Answer, Request},
    },
};
use served::{config, demo, start, talk, until};
use tokio::{io::AsyncWriteExt, sync::mpsc};

/// A mailbox of `count` large mails.
#[derive(Default)]
struct Mails {
    count: u32,
    uploads: Vec<Vec<u8>>,
    aborted: u32,
    rejected: u32,
    changes: Option<mpsc::UnboundedReceiver<Change>>,
    /// SELECT takes longer than it is waited for.
    slow: bool,
}

const KEY: MailboxKey = MailboxKey(1);
const SIZE: u64 = 100_000;

fn uid(n: u32) -> Uid {
    Uid::new(n).unwrap()
}

impl Handler for Mails {
    async fn auth(&mut self, request: Request) -> Answer {
        demo(&request)
    }

    async fn select(&mut self, mailbox: &str, _: bool) -> Reply<Selected> {
        if self.slow {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        if mailbox != "INBOX" {
            return Err(Refusal::new(Code::NonExistent, "No such mailbox"));
        }
        let view = (1..=self.count).map(uid).collect();
        Ok(Selected::new(KEY, 1, uid(self.count + 1), view))
    }

    async fn load(&mut self, load: &Load, page: &mut Page) -> Reply<()> {
        tokio::task::yield_now().await;
        assert!(load.uids.len() <= 256);
        for uid in load.uids.iter().filter(|uid| uid.get() <= self.count) {
            page.push(Row::new(uid).flags(System::SEEN).size(SIZE).date(0, 0));
        }
        Ok(())
    }

    async fn read(&mut self, uid: Uid, range: Range<u64>) -> Reply<Bytes> {
        tokio::task::yield_now().await;
        if uid.get() == 13 {
            return Err(Refusal::new(Code::Corruption, "Gone"));
        }
        // No more than a part of what is wanted.
        let end = range.end.min(range.start + 10_000);
        let octet = |at: u64| {
            if at % 100 == 99 {
                b'\n'
            } else if at % 100 == 98 {
                b'\r'
            } else {
                b'x'
            }
        };
        Ok((range.start..end).map(octet).collect())
    }

    async fn store(&mut self, change: &imap_proto::StoreChange, stored: &mut Stored) -> Reply<()> {
        for uid in change.uids.iter() {
            let mut flags = Flags::default();
            flags.apply(change.how, &change.flags);
            stored.row(uid, flags, 0);
        }
        Ok(())
    }

    async fn expunge(&mut self, uids: &UidSet) -> Reply<(UidSet, u64)> {
        Ok((uids.clone(), 0))
    }

    async fn append(&mut self, mailbox: &str, _: Option<Uid>, new: NewMessage) -> Reply<()> {
        tokio::task::yield_now().await;
        if mailbox != "INBOX" {
            return Err(Refusal::new(Code::TryCreate, "No such mailbox"));
        }
        self.uploads.push(Vec::with_capacity(new.size as usize));
        Ok(())
    }

    async fn octets(&mut self, octets: Bytes) -> Reply<()> {
        tokio::task::yield_now().await;
        let upload = self.uploads.last_mut().unwrap();
        if upload.len() + octets.len() > 300_000 {
            return Err(Refusal::new(Code::OverQuota, "Full"));
        }
        upload.extend_from_slice(&octets);
        Ok(())
    }

    async fn appended(&mut self) -> Reply<AppendUid> {
        tokio::task::yield_now().await;
        let uids = (1..)
            .take(self.uploads.len())
            .map(|n| uid(self.count + n))
            .collect();
        Ok(AppendUid { validity: 1, uids })
    }

    fn append_aborted(&mut self) {
        self.uploads.clear();
        self.aborted += 1;
    }

    async fn changed(&mut self) -> Change {
        match &mut self.changes {
            Some(changes) => changes.recv().await.unwrap(),
            None => std::future::pending().await,
        }
    }

    fn rejected(&mut self, _: &[u8], _: Violation) {
        self.rejected += 1;
    }
}

fn mails(count: u32) -> Mails {
    Mails {
        count,
        ..Mails::default()
    }
}

#[tokio::test]
async fn rows_are_pulled_as_the_client_reads() {
    let says = "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 FETCH 1:3 (UID BODY.PEEK[])\r\n\
                4 FETCH 1:* (FLAGS)\r\n5 FETCH 12:14 (BODY.PEEK[]<0.5>)\r\n\
                6 STORE 2 +FLAGS (\\Deleted)\r\n7 EXPUNGE\r\n8 SELECT nope\r\n9 LOGOUT\r\n";
    let (said, _) = talk(mails(1000), says.to_owned()).await;
    assert_eq!(
        said.matches(&format!("BODY[] {{{SIZE}}}\r\nxxx")).count(),
        3
    );
    assert_eq!(said.matches(" FETCH (FLAGS (\\Seen))\r\n").count(), 1000);
    assert!(said.contains("* 12 FETCH (BODY[]<0> ") && said.contains("* 14 FETCH (BODY[]<0> "));
    assert!(!said.contains("* 13 FETCH (BODY[]<0> ") && said.contains("5 NO "));
    assert!(
        said.contains("* 2 FETCH (FLAGS (\\Deleted))\r\n"),
        "{said:.0}"
    );
    assert!(said.contains("8 NO [NONEXISTENT] No such mailbox\r\n"));
    assert!(said.ends_with("9 OK Done\r\n"));
}

#[tokio::test]
async fn uploads_are_stored_all_or_none() {
    let big = "x".repeat(150_000);
    let says = format!(
        "1 LOGIN a demo\r\n2 APPEND nope {{3+}}\r\nabc\r\n\
         3 APPEND INBOX {{150000+}}\r\n{big} {{5+}}\r\nhello\r\n\
         4 APPEND INBOX {{150000+}}\r\n{big} {{400000+}}\r\n{big}{big}{}\r\n5 LOGOUT\r\n",
        "x".repeat(100_000)
    );
    let (said, mails) = talk(mails(3), says).await;
    assert!(said.contains("2 NO [TRYCREATE] "), "{said}");
    assert!(said.contains("3 OK [APPENDUID 1 4:5] "), "{said}");
    assert!(said.contains("4 NO [OVERQUOTA] Full"), "{said}");
    assert!(said.ends_with("5 OK Done\r\n"), "{said}");
    assert_eq!((mails.aborted, mails.uploads.len()), (2, 0));
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_thrown_away() {
    let (mut client, served) = start(mails(1), config(|config| config), 1000, pending());
    client
        .write_all(b"1 LOGIN a demo\r\n2 APPEND INBOX {9+}\r\nabc")
        .await
        .unwrap();
    tokio::task::yield_now().await;
    drop(client);
    let (reason, mails) = served.await.unwrap();
    assert!(!matches!(reason, Ok(CloseReason::Quit)));
    assert_eq!((mails.aborted, mails.uploads.len()), (1, 0));
}

#[tokio::test]
async fn news_come_within_idle() {
    let (tell, changes) = mpsc::unbounded_channel();
    let mut mails = mails(2);
    mails.changes = Some(changes);
    let (mut client, served) = start(mails, config(|config| config), 1000, pending());
    client
        .write_all(b"1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 IDLE\r\n")
        .await
        .unwrap();
    let mut said = String::new();
    until(&mut client, &mut said, "+ idling\r\n").await;
    tell.send(Change::new(KEY, 0).added(&uid(3).into()))
        .unwrap();
    until(&mut client, &mut said, "* 3 EXISTS\r\n").await;
    tell.send(Change::new(KEY, 0).vanished(&uid(1).into()))
        .unwrap();
    until(&mut client, &mut said, "* 1 EXPUNGE\r\n").await;
    client.write_all(b"DONE\r\n4 LOGOUT\r\n").await.unwrap();
    until(&mut client, &mut said, "4 OK Done\r\n").await;
    served.await.unwrap().0.unwrap();
}

// What was pipelined behind a question that is answered too late is served.
#[tokio::test]
async fn a_late_answer_holds_nothing_up() {
    let mut slow = mails(1);
    slow.slow = true;
    let says = "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 LIST \"\" *\r\n4 FOO\r\n5 LOGOUT\r\n";
    let (said, mails) = talk(slow, says.to_owned()).await;
    assert!(said.contains("2 NO [UNAVAILABLE] "), "{said}");
    assert!(
        said.contains("* LIST (\\HasNoChildren) \"/\" INBOX\r\n3 OK "),
        "{said}"
    );
    assert!(said.contains("4 BAD ") && mails.rejected == 1, "{said}");
}
