//! An IMAP server with one mailbox in memory, on tokio. Log in as `demo` with `demo`, as often as
//! you like: each session sees what the others do, also within IDLE.
//!
//! `cargo run -p small --example imap-memory [ADDRESS]`

use std::{env, io, pin::pin, sync::Arc};

use imap_proto::{Config, Session};
use small::{Client, Inbox};
use tokio::net::TcpStream;
use wire_core::{
    Peer,
    driver::{Clock, Connection, Step},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let inbox = Inbox::shared();
    // Without TLS: for this machine only.
    let config = Config::builder("localhost").plaintext_logins(true);
    let config = config.max_append(10 << 20).build()?;
    let listener = small::listen_on_tokio(env::args().nth(1), "127.0.0.1:1143")?;
    loop {
        let (stream, _) = listener.accept().await?;
        let serving = serve(stream, config.clone(), Client::of(&inbox));
        tokio::spawn(async {
            let served = serving.await;
            served.unwrap_or_else(|error| eprintln!("connection lost: {error}"));
        });
    }
}

async fn serve(mut stream: TcpStream, config: Arc<Config>, mut client: Client) -> io::Result<()> {
    let clock = Clock::new();
    let peer = Peer::new(stream.peer_addr().ok());
    let mut session = Session::new(config, peer, small::entropy()?, clock.now());
    let mut connection = Connection::new(&mut stream, &mut session, &clock);
    loop {
        let step = connection.next(|session, now, input| {
            let next = session.next(now, input);
            next.map(|event| client.handle(session, event))
        });
        match step {
            Step::Event(()) => {}
            // Rows go out as fast as the peer reads them.
            Step::Wait(_) if client.give_rows(connection.session) => {}
            Step::Wait(wants) => {
                let change = pin!(client.change());
                if let Some(change) = connection.turn_or(wants, change).await? {
                    small::note(connection.session, &change);
                }
            }
            // Neither STARTTLS nor compression is offered.
            Step::End(end) => return connection.close(end).await.closed().map(drop),
        }
    }
}
