//! An IMAP server with one mailbox in memory, on tokio. Log in as `demo` with `demo`, as often as
//! you like: each session sees what the others do, also within IDLE.
//!
//! `cargo run -p small --example imap-memory [ADDRESS]`

use std::{io, pin::pin, sync::Arc};

use imap_proto::{Config, Session};
use small::{Client, Inbox};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use wire_core::{
    Buffer, Next, Peer,
    driver::{Clock, Turn, turn},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let inbox = Inbox::shared();
    // Without TLS: for this machine only.
    let config = Config::builder("localhost").plaintext_logins(true);
    let config = config.max_append(10 << 20).build()?;
    let listener = small::listen_on_tokio("127.0.0.1:1143")?;
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
    let (clock, mut buffer) = (Clock::new(), Buffer::new());
    let peer = Peer::new(stream.peer_addr().ok());
    let mut session = Session::new(config, peer, small::entropy()?, clock.now());
    loop {
        let mut input = buffer.filled();
        let before = input.len();
        let mut wants = None;
        match session.next(clock.now(), &mut input) {
            Next::Event(event) => client.handle(&mut session, event),
            // Rows go out as fast as the peer reads them.
            Next::Wait(_) if client.give_rows(&mut session) => {}
            Next::Wait(what) => wants = Some(what),
            // Neither STARTTLS nor compression is offered.
            Next::Closed(_) | Next::StartTls(_) | Next::Deflate(_) => {
                return stream.shutdown().await;
            }
        }
        let taken = before - input.len();
        buffer.consume(taken);
        let Some(wants) = wants else { continue };
        let change = pin!(client.change());
        let turned = turn(
            &clock,
            &mut session,
            &mut stream,
            &mut buffer,
            wants,
            change,
        )
        .await?;
        if let Turn::Answer(change) = turned {
            small::note(&mut session, &change);
        }
    }
}
