//! One connection from its first octet to its last, whatever it speaks.

use std::{io, pin::pin, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
};
use wire_core::{
    Buffer, CloseReason, Endpoint, Next, Shutdown, TicketId, Time, TlsInfo, Upgrade, Wants,
    driver::{Clock, NoProxy, Turn, turn},
};

use crate::{
    jobs::{Finished, Jobs},
    stream::Stream,
    tls::Handshake,
};

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);
/// How long a peer may go on talking to a server that has said goodbye.
const LINGER: Duration = Duration::from_secs(1);

/// What the server as a whole is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It serves.
    Serving,
    /// It finishes what is open.
    Draining,
    /// It ends.
    Ending,
}

/// A session with the application that decides for it.
pub trait Talk: Send {
    /// What a job brings back.
    type Done: Send + 'static;

    /// The session and the jobs that it waits for.
    fn parts(&mut self) -> (&mut (dyn Endpoint + Send), &mut Jobs<Self::Done>);

    /// One call of the session's `next`; an event is handled on the way.
    fn step(&mut self, now: Time, input: &mut &[u8]) -> Next<()>;

    /// Is a job on its way without which no more input may be taken?
    fn busy(&self) -> bool {
        false
    }

    /// Puts out what is at hand. True: something was, so look at the session again.
    fn pump(&mut self) -> bool {
        false
    }

    /// A job is done.
    fn finish(&mut self, done: Self::Done);

    /// The job that held this ticket died.
    fn forfeit(&mut self, ticket: TicketId);

    /// The handshake is done.
    fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo);
}

/// How a connection was lost, by the layer that noticed.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// The network.
    #[error("tcp: {0}")]
    Tcp(#[from] io::Error),
    /// The PROXY header of a proxy.
    #[error("proxy: {0}")]
    Proxy(#[from] NoProxy),
    /// The handshake.
    #[error("tls: {0}")]
    Tls(io::Error),
    /// The session waited for work that will never be done.
    #[error("server: a job died")]
    Job,
    /// The session asked for what this server does not offer.
    #[error("session: {0} is not served")]
    Unserved(&'static str),
}

/// Reads what comes behind the last words, some of it. A socket that is closed with octets unread is
/// reset, and a peer that is still sending would not hear why it was sent away.
async fn hear_out(io: &mut Stream) -> io::Result<()> {
    let mut unheard = [0; 4096];
    for _ in 0..256 {
        if io.read(&mut unheard).await? == 0 {
            break;
        }
    }
    Ok(())
}

enum Wake<D> {
    Finished(Finished<D>),
    Phase,
}

/// Serves until the connection is over.
///
/// # Errors
/// The stream broke, or a handshake failed.
pub async fn run<T: Talk>(
    talk: &mut T,
    mut io: Stream,
    handshake: &Handshake,
    clock: Clock,
    mut phase: watch::Receiver<Phase>,
) -> Result<CloseReason, Lost> {
    let mut buffer = Buffer::new();
    loop {
        let mut input = buffer.filled();
        let before = input.len();
        let next = match talk.busy() {
            true => Next::Wait(Wants::ANSWER),
            false => talk.step(clock.now(), &mut input),
        };
        let taken = before - input.len();
        buffer.consume(taken);
        let wants = match next {
            Next::Event(()) => continue,
            Next::Wait(wants) => wants,
            Next::StartTls(upgrade) => {
                buffer.clear();
                let (inside, info) = io.accept_tls(handshake).await.map_err(Lost::Tls)?;
                io = inside;
                talk.resume_tls(upgrade, info);
                continue;
            }
            Next::Deflate(_) => return Err(Lost::Unserved("COMPRESS")),
            Next::Closed(reason) => {
                // Best effort: the peer may be gone, and the reason is known already.
                let _ = tokio::time::timeout(GOODBYE, io.shutdown()).await;
                let _ = tokio::time::timeout(LINGER, hear_out(&mut io)).await;
                return Ok(reason);
            }
        };
        if talk.pump() {
            continue;
        }
        if buffer.filled().is_empty() {
            buffer.release();
        }
        let turned = {
            let (endpoint, jobs) = talk.parts();
            let wake = async {
                tokio::select! {
                    finished = jobs.next() => Wake::Finished(finished),
                    Ok(()) = phase.changed() => Wake::Phase,
                }
            };
            turn(&clock, endpoint, &mut io, &mut buffer, wants, pin!(wake)).await?
        };
        match turned {
            Turn::Moved => {}
            Turn::External(_) => return Err(Lost::Unserved("sendfile")),
            Turn::Answer(Wake::Finished(Finished::Done(done))) => talk.finish(done),
            Turn::Answer(Wake::Finished(Finished::Lost(ticket))) => talk.forfeit(ticket),
            Turn::Answer(Wake::Finished(Finished::Died)) => return Err(Lost::Job),
            Turn::Answer(Wake::Phase) => {
                let phase = *phase.borrow();
                talk.parts().0.shutdown(match phase {
                    Phase::Serving | Phase::Draining => Shutdown::Drain,
                    Phase::Ending => Shutdown::Now,
                });
            }
        }
    }
}
