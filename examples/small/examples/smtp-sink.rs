//! An SMTP server that takes every mail and prints its envelope and size, on `std::net`.
//!
//! `cargo run -p small --example smtp-sink [ADDRESS]`, then
//! `curl --crlf smtp://127.0.0.1:2525 --mail-from a@example.org --mail-rcpt b@example.org -T mail.eml`.

use std::{env, io, net::TcpStream, sync::Arc};

use small::{Clock, Sink, blocking};
use smtp_proto::{Config, Session};
use wire_core::{Buffer, Next, Peer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::builder("localhost").build()?;
    let listener = small::listen(env::args().nth(1), "127.0.0.1:2525")?;
    blocking::serve_all(listener, move |stream| serve(stream, config.clone()))?;
    Ok(())
}

fn serve(mut stream: TcpStream, config: Arc<Config>) -> io::Result<()> {
    let (clock, mut buffer, mut sink) = (Clock::start(), Buffer::new(), Sink::default());
    let peer = Peer::new(stream.peer_addr().ok());
    let mut session = Session::new(config, peer, small::entropy()?, clock.now());
    loop {
        let mut input = buffer.filled();
        let before = input.len();
        let mut wants = None;
        match session.next(clock.now(), &mut input) {
            Next::Event(event) => sink.handle(&mut session, event),
            Next::Wait(what) => wants = Some(what),
            // STARTTLS is not offered.
            Next::Closed(_) | Next::StartTls(_) | Next::Deflate(_) => return Ok(()),
        }
        let taken = before - input.len();
        buffer.consume(taken);
        if let Some(wants) = wants {
            blocking::turn(&clock, &mut session, &mut stream, &mut buffer, wants)?;
        }
    }
}
