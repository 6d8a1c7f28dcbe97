//! The sink of `smtp-sink` on tokio: a handler of one method.
//! `cargo run -p small --example smtp-sink-tokio [ADDRESS]`

use std::env;

use smtp_proto::{Config, Envelope, Handler, Outcome, Session, serve};
use wire_core::{Peer, driver::Clock};

struct Sink;

impl Handler for Sink {
    async fn end(&mut self, mail: Envelope, octets: u64) -> Outcome {
        println!("{} octets={octets}", small::envelope(&mail));
        Outcome::Accept
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let (listener, clock) = (
        small::listen_on_tokio(env::args().nth(1), "127.0.0.1:2525")?,
        Clock::new(),
    );
    loop {
        let (stream, from) = listener.accept().await?;
        let (peer, entropy) = (Peer::new(Some(from)), small::entropy()?);
        let session = Session::new(Config::sink(), peer, entropy, clock.now());
        tokio::spawn(async move { serve(stream, session, &mut Sink, &clock).await });
    }
}
