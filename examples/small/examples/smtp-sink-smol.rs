//! The sink of `smtp-sink` on smol: the session is the same, only the waiting differs.
//!
//! `cargo run -p small --example smtp-sink-smol [ADDRESS]`

use std::{env, future, io, net::TcpStream, sync::Arc};

use small::{Clock, Sink};
use smol::{Async, Timer, future::FutureExt, io::AsyncReadExt, io::AsyncWriteExt};
use smtp_proto::{Config, Session};
use wire_core::{Buffer, Endpoint, Next, Peer, Wants};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::builder("localhost").build()?;
    let listener = Async::new(small::listen(env::args().nth(1), "127.0.0.1:2525")?)?;
    smol::block_on(async {
        loop {
            let (stream, peer) = listener.accept().await?;
            let (config, peer) = (config.clone(), Peer::new(Some(peer)));
            let serving = async move {
                let served = serve(stream, config, peer).await;
                served.unwrap_or_else(|error| eprintln!("connection lost: {error}"));
            };
            smol::spawn(serving).detach();
        }
    })
}

async fn serve(mut stream: Async<TcpStream>, config: Arc<Config>, peer: Peer) -> io::Result<()> {
    let (clock, mut buffer, mut sink) = (Clock::start(), Buffer::new(), Sink::default());
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
            turn(&clock, &mut session, &mut stream, &mut buffer, wants).await?;
        }
    }
}

/// Writes what is queued, or else reads; wakes up at the deadline.
async fn turn(
    clock: &Clock,
    session: &mut Session,
    stream: &mut Async<TcpStream>,
    buffer: &mut Buffer,
    wants: Wants,
) -> io::Result<()> {
    let deadline = [session.deadline(), wants.until]
        .into_iter()
        .flatten()
        .min();
    let sleeping = async {
        match deadline {
            Some(at) => Timer::after(clock.until(at)).await,
            None => future::pending().await,
        };
        io::Result::Ok(())
    };
    let moving = async {
        if !session.output().is_empty() {
            let n = stream.write(session.output()).await?;
            session.advance_output(n);
        } else if wants.input {
            match stream.read(buffer.spare(session.input_limit())).await? {
                0 => session.handle_eof(),
                n => buffer.commit(n),
            }
        } else {
            future::pending().await
        }
        io::Result::Ok(())
    };
    moving.or(sleeping).await?;
    session.handle_timeout(clock.now());
    Ok(())
}
