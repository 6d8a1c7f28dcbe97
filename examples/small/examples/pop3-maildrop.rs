//! A POP3 server over a Maildir, a folder of `.eml` files or an mbox file. Log in as `demo` with
//! `demo`.
//!
//! `cargo run -p small --example pop3-maildrop PATH [ADDRESS]`

use std::{env, error::Error, io, sync::Arc};

use pop3_proto::{Config, Deleted, Handler, Maildrop, Refusal, RespCode, Row, Session, serve};
use small::MailStore;
use tokio::{
    fs::File,
    io::{AsyncReadExt, Take},
    sync::{Mutex, OwnedMutexGuard},
    task::spawn_blocking,
};
use wire_core::{
    Peer,
    driver::Clock,
    sasl::{Answer, Identity, Request},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: pop3-maildrop PATH [ADDRESS]";
    let store = MailStore::new(env::args().nth(1).ok_or(usage)?);
    let store = Arc::new(Mutex::new(store));
    // Without TLS: for this machine only.
    let config = Config::builder("localhost")
        .plaintext_logins(true)
        .build()?;
    let listener = small::listen_on_tokio(env::args().nth(2), "127.0.0.1:1110")?;
    let clock = Clock::new();
    loop {
        let (stream, from) = listener.accept().await?;
        let (peer, entropy) = (Peer::new(Some(from)), small::entropy()?);
        let session = Session::new(config.clone(), peer, entropy, clock.now());
        let store = store.clone();
        tokio::spawn(async move {
            let mut client = Client { store, open: None };
            serve(stream, session, &mut client, &clock).await
        });
    }
}

struct Client {
    store: Arc<Mutex<MailStore>>,
    /// The store, while this client has it: one at a time (RFC 1939 section 4).
    open: Option<OwnedMutexGuard<MailStore>>,
}

impl Handler for Client {
    type Message = Take<File>;

    async fn auth(&mut self, request: Request) -> Answer {
        small::demo_login(&request)
    }

    async fn login(&mut self, _: &Identity) -> Result<Maildrop<Vec<Row>>, Refusal> {
        let store = self.store.clone().try_lock_owned();
        let mut store = store.map_err(|_| Refusal::new(RespCode::InUse, "It is in use"))?;
        let read = spawn_blocking(move || store.read().map(|()| store)).await;
        let store = read.map_err(io::Error::other).flatten();
        let store = store.map_err(unreadable)?;
        let rows = store
            .mails
            .iter()
            .map(|mail| (mail.octets, mail.uid.clone()));
        let rows = rows.collect();
        self.open = Some(store);
        Ok(Maildrop::Table(rows))
    }

    async fn open(&mut self, number: u32, _: bool) -> Result<(u64, Take<File>), Refusal> {
        let mail = self.open.as_ref().and_then(|store| store.mail(number));
        let mail = mail.ok_or("There is no such mail")?;
        let (file, length) = mail.open().map_err(unreadable)?;
        Ok((mail.octets, File::from_std(file).take(length)))
    }

    async fn commit(&mut self, deleted: Deleted) -> Result<(), Refusal> {
        let Some(store) = self.open.take() else {
            return Ok(());
        };
        let removed = spawn_blocking(move || store.remove(&deleted)).await;
        let removed = removed.map_err(io::Error::other).flatten();
        removed.map_err(|_| Refusal::new(RespCode::SysTemp, "Not all are removed"))
    }
}

fn unreadable(_: io::Error) -> Refusal {
    Refusal::new(RespCode::SysTemp, "It cannot be read")
}
