//! A handler that fails: whatever it does, its client hears why, and no command stays unanswered.
#![cfg(all(feature = "tokio", feature = "mime"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod served;

use std::{
    future::{pending, ready},
    io,
    ops::Range,
    time::Duration,
};

use bytes::Bytes;
use imap_proto::{
    AppendUid, Change, Code, Handler, ListQuery, Load, MailboxKey, ModSeq, NewMessage, Page, Query,
    Refusal, Reply, Row, Selected, StatusData, StatusItems, StoreChange, Stored, Uid, UidSet,
    Violation,
    wire_core::{
        CloseReason, Shutdown,
        sasl::{Answer, Identity, Request},
    },
};
use served::{config, demo, say_all, start, talk, until};
use tokio::{io::AsyncWriteExt, time::sleep};

/// Which method fails, and how.
#[derive(Debug)]
struct Fails(&'static str, How);

#[derive(Debug, Clone, Copy)]
enum How {
    Panics,
    Refuses,
    /// It never answers.
    Hangs,
}

impl Fails {
    async fn at(&self, method: &str) -> Reply<()> {
        if self.0 != method {
            return Ok(());
        }
        match self.1 {
            How::Panics => panic!("a test's own panic"),
            How::Refuses => Err(io::Error::other("secret path"))?,
            How::Hangs => pending().await,
        }
    }

    fn now(&self, method: &str) {
        assert!(self.0 != method, "a test's own panic");
    }
}

const MAIL: Bytes = Bytes::from_static(b"Subject: a\r\n\r\nHello\r\n");

impl Handler for Fails {
    async fn auth(&mut self, request: Request) -> Answer {
        match self.at("auth").await {
            Ok(()) => demo(&request),
            Err(_) => Answer::TryAgain,
        }
    }

    async fn login(&mut self, _: &Identity) -> Reply<()> {
        self.at("login").await
    }

    async fn list(&mut self, _: &ListQuery, _: &mut imap_proto::Folders) -> Reply<()> {
        self.at("list").await
    }

    async fn status(&mut self, _: &str, _: StatusItems) -> Reply<StatusData> {
        self.at("status").await.map(|()| StatusData::default())
    }

    async fn select(&mut self, _: &str, _: bool) -> Reply<Selected> {
        self.at("select").await?;
        let view = [Uid::MIN].into_iter().collect();
        Ok(Selected::new(MailboxKey(1), 1, Uid::MIN, view))
    }

    fn deselected(&mut self, _: MailboxKey) {
        self.now("deselected");
    }

    async fn load(&mut self, load: &Load, page: &mut Page) -> Reply<()> {
        self.at("load").await?;
        for uid in load.uids.iter() {
            page.push(Row::new(uid).size(MAIL.len() as u64).date(0, 0));
        }
        Ok(())
    }

    async fn read(&mut self, _: Uid, range: Range<u64>) -> Reply<Bytes> {
        self.at("read").await?;
        Ok(MAIL.slice(range.start as usize..))
    }

    async fn search(&mut self, query: &Query) -> Reply<imap_proto::Matches> {
        self.at("search").await?;
        Ok(imap_proto::Matches::evaluate(query))
    }

    async fn store(&mut self, _: &StoreChange, _: &mut Stored) -> Reply<()> {
        self.at("store").await
    }

    async fn expunge(&mut self, uids: &UidSet) -> Reply<(UidSet, ModSeq)> {
        self.at("expunge").await.map(|()| (uids.clone(), 0))
    }

    async fn append(&mut self, _: &str, _: Option<Uid>, _: NewMessage) -> Reply<()> {
        self.at("append").await
    }

    async fn octets(&mut self, _: Bytes) -> Reply<()> {
        self.at("octets").await
    }

    async fn appended(&mut self) -> Reply<AppendUid> {
        self.at("appended").await?;
        let uids = UidSet::from(Uid::new(2).unwrap());
        Ok(AppendUid { validity: 1, uids })
    }

    fn rejected(&mut self, _: &[u8], _: Violation) {
        self.now("rejected");
    }

    async fn changed(&mut self) -> Change {
        if self.0 == "changed" {
            sleep(Duration::from_millis(1)).await;
            panic!("a test's own panic");
        }
        pending().await
    }
}

/// The method, the commands of which the last one fails, and that one's tag.
const TABLE: [(&str, &str, &str); 14] = [
    ("auth", "1 LOGIN a demo\r\n", "1"),
    ("login", "1 LOGIN a demo\r\n", "1"),
    ("list", "1 LOGIN a demo\r\n2 LIST \"\" *\r\n", "2"),
    (
        "status",
        "1 LOGIN a demo\r\n2 STATUS INBOX (MESSAGES)\r\n",
        "2",
    ),
    ("select", "1 LOGIN a demo\r\n2 SELECT INBOX\r\n", "2"),
    (
        "load",
        "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 FETCH 1 FLAGS\r\n",
        "3",
    ),
    (
        "read",
        "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 FETCH 1 BODY.PEEK[TEXT]\r\n",
        "3",
    ),
    (
        "search",
        "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 SEARCH TEXT a\r\n",
        "3",
    ),
    (
        "search",
        "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 SORT (DATE) UTF-8 ALL\r\n",
        "3",
    ),
    (
        "store",
        "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 STORE 1 FLAGS ()\r\n",
        "3",
    ),
    (
        "expunge",
        "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 EXPUNGE\r\n",
        "3",
    ),
    (
        "append",
        "1 LOGIN a demo\r\n2 APPEND INBOX {3+}\r\nabc\r\n",
        "2",
    ),
    (
        "octets",
        "1 LOGIN a demo\r\n2 APPEND INBOX {3+}\r\nabc\r\n",
        "2",
    ),
    (
        "appended",
        "1 LOGIN a demo\r\n2 APPEND INBOX {3+}\r\nabc\r\n",
        "2",
    ),
];

#[tokio::test]
async fn an_error_is_a_no_and_the_session_goes_on() {
    for (method, says, tag) in TABLE {
        let says = format!("{says}8 NOOP\r\n9 LOGOUT\r\n");
        let (said, _) = talk(Fails(method, How::Refuses), says).await;
        let no = format!("\r\n{tag} NO [UNAVAILABLE] ");
        // What is read row by row ends with a NO of its own.
        let no = if method == "read" { "\r\n3 NO " } else { &*no };
        assert_eq!(said.matches(no).count(), 1, "{method}: {said}");
        assert!(said.contains("\r\n8 OK "), "{method}: {said}");
        assert!(!said.contains("secret"), "{method}: {said}");
    }
}

#[tokio::test]
async fn what_never_answers_is_a_no_in_the_end() {
    for (method, says, tag) in TABLE {
        let says = format!("{says}8 NOOP\r\n9 LOGOUT\r\n");
        let (said, _) = talk(Fails(method, How::Hangs), says).await;
        let no = format!("\r\n{tag} NO [UNAVAILABLE] ");
        assert_eq!(said.matches(&no).count(), 1, "{method}: {said}");
        assert!(said.contains("\r\n8 OK "), "{method}: {said}");
    }
}

#[tokio::test]
async fn a_panic_is_told_and_goes_on() {
    for (method, says, tag) in TABLE {
        let fails = Fails(method, How::Panics);
        let (client, served) = start(fails, config(|config| config), 1000, pending());
        let said = say_all(client, format!("{says}8 NOOP\r\n")).await;
        let end = format!("* BYE The server failed\r\n{tag} NO [SERVERBUG] The server failed\r\n");
        assert!(said.ends_with(&end), "{method}: {said}");
        assert!(served.await.unwrap_err().is_panic(), "{method}");
    }
}

// Where nothing is asked there is no command to be answered, but a goodbye.
#[tokio::test]
async fn a_panic_of_what_is_only_told_says_goodbye() {
    for (method, says, before) in [
        ("rejected", "1 LOGIN a demo\r\n2 FOO\r\n", "2 BAD "),
        ("changed", "1 LOGIN a demo\r\n2 SELECT INBOX\r\n", "2 OK "),
        (
            "deselected",
            "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 UNSELECT\r\n",
            "3 OK ",
        ),
    ] {
        let fails = Fails(method, How::Panics);
        let (client, served) = start(fails, config(|config| config), 1000, pending());
        let said = say_all(client, says.to_owned()).await;
        assert!(said.contains(before), "{method}: {said}");
        assert!(
            said.ends_with("* BYE The server failed\r\n"),
            "{method}: {said}"
        );
        assert!(served.await.unwrap_err().is_panic(), "{method}");
    }
}

/// A mailbox that opens slowly.
struct Slow;

impl Handler for Slow {
    async fn auth(&mut self, request: Request) -> Answer {
        demo(&request)
    }

    async fn select(&mut self, _: &str, _: bool) -> Reply<Selected> {
        sleep(Duration::from_millis(1200)).await;
        Err(Refusal::new(Code::InUse, "Somebody else has it"))
    }

    async fn load(&mut self, _: &Load, _: &mut Page) -> Reply<()> {
        Ok(())
    }
}

// imap-9585-4-01
#[tokio::test]
async fn a_client_that_waits_is_told_so() {
    let config = config(|config| {
        let config = config.limits(|limits| limits.decision = Duration::from_secs(10));
        config.keep_alive(Some(Duration::from_secs(1)))
    });
    let (client, served) = start(Slow, config, 1000, pending());
    let says = "1 LOGIN a demo\r\n2 SELECT INBOX\r\n3 LOGOUT\r\n";
    let said = say_all(client, says.to_owned()).await;
    let told = "* OK [INPROGRESS (\"2\" NIL NIL)] Still at it\r\n2 NO [INUSE] ";
    assert!(said.contains(told), "{said}");
    assert_eq!(served.await.unwrap().0.unwrap(), CloseReason::Quit);
}

#[tokio::test]
async fn a_shutdown_says_goodbye() {
    // Nothing is open.
    let (client, served) = start(Slow, config(|config| config), 1000, ready(Shutdown::Drain));
    let said = say_all(client, String::new()).await;
    assert!(
        said.ends_with("* BYE The server is going down\r\n"),
        "{said}"
    );
    assert_eq!(served.await.unwrap().0.unwrap(), CloseReason::Shutdown);

    // A command is.
    for (how, end) in [
        (
            Shutdown::Drain,
            "2 NO [INUSE] Somebody else has it\r\n* BYE The server is going down\r\n",
        ),
        (
            Shutdown::Now,
            "* BYE The server is going down\r\n2 NO [UNAVAILABLE] The server is going down\r\n",
        ),
    ] {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let stopped = async { stopped.await.unwrap() };
        let config = config(|config| config.limits(|limits| limits.decision = served::PATIENCE));
        let (mut client, served) = start(Slow, config, 1000, stopped);
        let mut said = String::new();
        client
            .write_all(b"1 LOGIN a demo\r\n2 SELECT INBOX\r\n")
            .await
            .unwrap();
        until(&mut client, &mut said, "1 OK ").await;
        stop.send(how).unwrap();
        said += &say_all(client, String::new()).await;
        assert!(said.ends_with(end), "{said}");
        assert_eq!(served.await.unwrap().0.unwrap(), CloseReason::Shutdown);
    }
}

#[tokio::test]
async fn who_does_not_log_in_is_sent_away() {
    let config = config(|config| config.limits(|limits| limits.login = Duration::from_millis(40)));
    let (client, served) = start(Slow, config, 1000, pending());
    let said = say_all(client, String::new()).await;
    assert!(
        said.ends_with("* BYE Too long without a command\r\n"),
        "{said}"
    );
    assert_eq!(served.await.unwrap().0.unwrap(), CloseReason::Timeout);
}
