//! An IMAP server with one mailbox in memory, on tokio. Log in as `demo` with `demo`, as often as
//! you like: each session sees what the others do, also within IDLE.
//!
//! `cargo run -p small --example imap-memory [ADDRESS]`

use std::env;

use imap_proto::{Config, Session, serve};
use small::{Client, Inbox};
use wire_core::{Peer, driver::Clock};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let inbox = Inbox::shared();
    // Without TLS: for this machine only.
    let config = Config::builder("localhost").plaintext_logins(true);
    let config = config.max_append(10 << 20).build()?;
    let listener = small::listen_on_tokio(env::args().nth(1), "127.0.0.1:1143")?;
    let clock = Clock::new();
    loop {
        let (stream, peer) = listener.accept().await?;
        let (config, peer) = (config.clone(), Peer::new(Some(peer)));
        let session = Session::new(config, peer, small::entropy()?, clock.now());
        let mut client = Client::of(&inbox);
        tokio::spawn(async move {
            if let Err(error) = serve(stream, session, &mut client, &clock).await {
                eprintln!("connection lost: {error}");
            }
        });
    }
}
