//! The mails of a folder, one a file, as an INBOX that can be read. Log in with the password `demo`.
//!
//! `cargo run -p small --example imap-folder FOLDER [ADDRESS]`

use std::{env, fs, io, path::PathBuf, time::UNIX_EPOCH};

use imap_proto::{Code, Config, Handler, Load, MailboxKey, Page, Refusal, Reply};
use imap_proto::{Row, Selected, Session, System, Uid, serve};
use wire_core::{Peer, driver::Clock, sasl::Answer, sasl::Request};

/// The files in the order of their names: the nth has the UID n while the folder stays as it is.
struct Mails(PathBuf, Vec<PathBuf>);

impl Handler for Mails {
    async fn auth(&mut self, request: Request) -> Answer {
        small::demo_login(&request)
    }

    async fn select(&mut self, mailbox: &str, _: bool) -> Reply<Selected> {
        if mailbox != "INBOX" {
            return Err(Refusal::new(Code::NonExistent, "There is only INBOX"));
        }
        let files = fs::read_dir(&self.0)?.map(|entry| Ok(entry?.path()));
        self.1 = files.collect::<io::Result<_>>()?;
        self.1.retain(|path| path.is_file());
        self.1.sort();
        let changed = fs::metadata(&self.0)?.modified()?;
        let changed = changed.duration_since(UNIX_EPOCH);
        let validity = changed.map_or(1, |since| since.as_secs() as u32);
        let uids = (1..=self.1.len() as u32).filter_map(Uid::new);
        Ok(Selected::new(MailboxKey(1), validity, Uid::MIN, uids.collect()).read_only())
    }

    async fn load(&mut self, load: &Load, page: &mut Page) -> Reply<()> {
        for uid in load.uids.iter() {
            if let Some(Ok(mail)) = self.1.get(uid.get() as usize - 1).map(fs::read) {
                let row = Row::new(uid).flags(System::NONE).size(mail.len() as u64);
                page.push(row.date(0, 0).raw(&mail.into()));
            }
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("which folder?")?);
    let config = Config::builder("localhost").plaintext_logins(true);
    let config = config.build()?;
    let listener = small::listen_on_tokio(env::args().nth(2), "127.0.0.1:1143")?;
    let clock = Clock::new();
    loop {
        let (stream, peer) = listener.accept().await?;
        let (config, peer) = (config.clone(), Peer::new(Some(peer)));
        let session = Session::new(config, peer, small::entropy()?, clock.now());
        let mut mails = Mails(folder.clone(), Vec::new());
        tokio::spawn(async move { serve(stream, session, &mut mails, &clock).await });
    }
}
