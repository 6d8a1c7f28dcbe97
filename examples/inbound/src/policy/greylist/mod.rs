//! Greylisting (RFC 6647): who is unknown is asked to come back. Senders of junk rarely do.

mod book;
mod log;

use std::{path::Path, sync::Arc, time::Duration};

use tokio::sync::Mutex;

use book::Book;
pub use book::{Judged, Room, Times};

use super::{
    Failed, Judgement, Judging, Known, Mail, Policy, Prefixes, Rcpt, Refusal, Round, Stage,
};

/// The name of its database in the data folder.
pub const FILE: &str = "greylist.sqlite";

/// Where the time comes from, in seconds since 1970: it is kept over starts.
pub type Today = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Delays the first message of a sender to a recipient from a network.
///
/// It is asked last: what others refuse is not remembered. Clients that an allow-list knows are
/// spared, and networks that came back often enough.
pub struct Greylist {
    book: Arc<Mutex<Book>>,
    today: Today,
}

impl Greylist {
    /// With its database in this folder. Blocks.
    ///
    /// # Errors
    /// What the database says.
    pub fn open(folder: &Path, times: Times, room: Room, today: Today) -> rusqlite::Result<Self> {
        let book = Book::open(&folder.join(FILE), times, room)?;
        Ok(Greylist {
            book: Arc::new(Mutex::new(book)),
            today,
        })
    }

    async fn judge(&self, mail: &Mail, rcpt: &Rcpt) -> Result<Judgement, Failed> {
        let ip = match mail.client.ip() {
            Some(ip) if mail.login.is_none() && mail.client.notes.get::<Known>().is_none() => ip,
            _ => return Ok(Judgement::accept()),
        };
        let network = Prefixes::CLUSTER.of(ip);
        let (from, to) = (mail.from.clone(), rcpt.to.clone());
        let now = (self.today)();
        // One at a time, and who waits for its turn holds no thread.
        let mut book = self.book.clone().lock_owned().await;
        let judging = tokio::task::spawn_blocking(move || {
            book.judge(network, from.as_str(), to.as_str(), now)
        });
        match judging.await {
            Ok(Ok(Judged::Pass)) => Ok(Judgement::accept()),
            Ok(Ok(Judged::Wait(wait))) => Ok(Judgement::tempfail(come_back(wait))),
            Ok(Err(error)) => Err(Failed(error.to_string())),
            Err(error) => Err(Failed(error.to_string())),
        }
    }
}

fn come_back(wait: Duration) -> Refusal {
    let text = format!("try again in {} seconds", wait.as_secs().max(1));
    Refusal::new(450, (4, 7, 1), text)
}

impl Policy for Greylist {
    fn name(&self) -> &'static str {
        "greylist"
    }

    fn stages(&self) -> &'static [Stage] {
        &[Stage::Rcpt]
    }

    fn round(&self) -> Round {
        Round::Last
    }

    fn rcpt<'a>(&'a self, mail: &'a Mail, rcpt: &'a Rcpt) -> Judging<'a> {
        Box::pin(self.judge(mail, rcpt))
    }
}
