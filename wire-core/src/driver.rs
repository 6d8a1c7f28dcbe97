//! The one driver for tokio streams.
//!
//! It moves octets and waits; what happens is decided by whoever calls `next`. A [`Connection`] is
//! a session on a stream; [`turn`] is the one wait below it.

mod connection;
mod proxy;
mod serving;

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{Buffer, Endpoint, Time, TlsInfo, Wants};
pub use connection::{Connection, End, Step};
pub use proxy::{NoProxy, PROXY_TIMEOUT, read_proxy};
pub use serving::{NoTls, Serving, Talk};

/// Makes [`Time`] from the machine's monotonic clock. One base for all sessions of a process.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    base: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock that begins now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the driver is where the clock is read"
    )]
    pub fn new() -> Self {
        Clock {
            base: Instant::now(),
        }
    }

    /// The time now.
    pub fn now(&self) -> Time {
        Time::ZERO + self.base.elapsed()
    }

    /// The instant of a time; one that is too far away for the machine lies a day ahead.
    pub fn instant(&self, time: Time) -> Instant {
        let after = Duration::from_micros(time.as_micros());
        self.base
            .checked_add(after)
            .unwrap_or(self.base + Duration::from_secs(86_400))
    }
}

/// What a [`turn`] did.
#[derive(Debug)]
pub enum Turn<T> {
    /// Octets moved or time passed: call `next`.
    Moved,
    /// The future that was given as `answers` gave this.
    Answer(T),
    /// Send so many octets yourself, then call
    /// [`advance_external`](Endpoint::advance_external).
    External(u64),
}

/// How long a goodbye may take.
const GOODBYE: core::time::Duration = core::time::Duration::from_secs(5);

/// Closes the sending side of a session that is [closed](crate::Next::Closed), so that a peer inside
/// TLS knows that nothing was cut off. Best effort: the peer may be gone.
pub async fn goodbye<S: AsyncWrite + Unpin>(stream: &mut S) {
    let closed = tokio::io::AsyncWriteExt::shutdown(stream);
    let _ = tokio::time::timeout(GOODBYE, closed).await;
}

/// Writes, reads, waits for an answer and for the deadline at once, and returns after the first
/// that happened.
///
/// A peer that does not read stops neither the clock nor the answers. Input is read, up to the
/// session's limit, also while a decision is open, so that a hang-up is seen. `answers` is polled
/// by reference: it is never dropped half-way. While there is nothing to answer it must be pending.
///
/// Cancel-safe: a future that is dropped has lost no octet.
///
/// # Errors
/// Whatever the stream gives. The connection is over then; there is nobody to tell.
pub async fn turn<S, T, F>(
    clock: &Clock,
    endpoint: &mut (dyn Endpoint + Send),
    io: &mut S,
    buffer: &mut Buffer,
    wants: Wants,
    mut answers: Pin<&mut F>,
) -> io::Result<Turn<T>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = T> + ?Sized,
{
    let deadline = match (wants.until, endpoint.deadline()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let sleep = async {
        match deadline {
            Some(time) => tokio::time::sleep_until(clock.instant(time).into()).await,
            None => std::future::pending().await,
        }
    };
    let mut sleep = std::pin::pin!(sleep);
    std::future::poll_fn(|cx| {
        let wrote = match write(cx, endpoint, io)? {
            Wrote::Hole(n) => return Poll::Ready(Ok(Turn::External(n))),
            Wrote::Some => true,
            Wrote::None => false,
        };
        if let Poll::Ready(answer) = answers.as_mut().poll(cx) {
            return Poll::Ready(Ok(Turn::Answer(answer)));
        }
        if wrote || read(cx, endpoint, io, buffer)? {
            return Poll::Ready(Ok(Turn::Moved));
        }
        if sleep.as_mut().poll(cx).is_ready() {
            endpoint.handle_timeout(clock.now());
            return Poll::Ready(Ok(Turn::Moved));
        }
        Poll::Pending
    })
    .await
}

enum Wrote {
    None,
    Some,
    Hole(u64),
}

fn write<S: AsyncWrite + Unpin>(
    cx: &mut Context<'_>,
    endpoint: &mut (dyn Endpoint + Send),
    io: &mut S,
) -> io::Result<Wrote> {
    let mut wrote = Wrote::None;
    loop {
        let mut slices = [io::IoSlice::new(&[]); 16];
        let filled = endpoint.output_vectored(&mut slices);
        if filled == 0 {
            if let Some(n) = endpoint.external() {
                wrote = Wrote::Hole(n);
            }
            break;
        }
        let io = Pin::new(&mut *io);
        let sent = match slices.get(..filled).unwrap_or_default() {
            [run] => io.poll_write(cx, run),
            runs => io.poll_write_vectored(cx, runs),
        };
        match sent {
            Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(n)) => {
                endpoint.advance_output(n);
                wrote = Wrote::Some;
            }
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => break,
        }
    }
    match Pin::new(&mut *io).poll_flush(cx) {
        Poll::Ready(Err(error)) => Err(error),
        _ => Ok(wrote),
    }
}

/// True when octets or the end of the stream came.
fn read<S: AsyncRead + Unpin>(
    cx: &mut Context<'_>,
    endpoint: &mut (dyn Endpoint + Send),
    io: &mut S,
    buffer: &mut Buffer,
) -> io::Result<bool> {
    if buffer.at_eof() || buffer.filled().len() >= endpoint.input_limit() {
        return Ok(false);
    }
    let spare = buffer.spare(endpoint.input_limit());
    let mut into = ReadBuf::new(spare);
    match Pin::new(io).poll_read(cx, &mut into) {
        Poll::Pending => Ok(false),
        Poll::Ready(Err(error)) => Err(error),
        Poll::Ready(Ok(())) => {
            let n = into.filled().len();
            if n == 0 {
                buffer.set_eof();
                endpoint.handle_eof();
            } else {
                buffer.commit(n);
            }
            Ok(true)
        }
    }
}

/// The TLS stack of the caller: a few lines around tokio-rustls, native-tls or another.
pub trait Acceptor<S>: Send + Sync {
    /// The stream inside TLS.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    /// Shakes hands.
    fn accept(&self, io: S) -> impl Future<Output = io::Result<(Self::Stream, TlsInfo)>> + Send;
}
