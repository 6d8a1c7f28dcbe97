//! The sink of `smtp-sink` on tokio, with `serve` and a handler.
//!
//! `cargo run -p small --example smtp-sink-tokio [ADDRESS]`

use std::{env, error::Error};

use smtp_proto::{Config, Envelope, Handler, Outcome, Session, serve};
use tokio::net::TcpListener;
use wire_core::{Peer, driver::Clock};

struct Sink;

impl Handler for Sink {
    async fn end(&mut self, envelope: Envelope, octets: u64) -> Outcome {
        let to: Vec<_> = envelope
            .recipients
            .iter()
            .map(|to| to.address.as_str())
            .collect();
        println!(
            "from=<{}> to=<{}> octets={octets}",
            envelope.from,
            to.join(">,<")
        );
        Outcome::Accept
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (config, clock) = (Config::sink(), Clock::new());
    let listener = small::listen(env::args().nth(1), "127.0.0.1:2525")?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, from) = listener.accept().await?;
        let (peer, entropy) = (Peer::new(Some(from)), small::entropy()?);
        let session = Session::new(config.clone(), peer, entropy, clock.now());
        tokio::spawn(async move { serve(stream, session, &mut Sink, &clock).await });
    }
}
