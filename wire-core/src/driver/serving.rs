//! The head of every protocol's `serve`: TLS, a shutdown, and a handler that panics.

use std::{
    any::Any,
    future::{Future, IntoFuture, pending, poll_fn},
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Acceptor, Clock, Connection, End, connection::unsupported, goodbye};
use crate::{CloseReason, Endpoint, Shutdown, TlsInfo, Upgrade, Wants};

/// How long a handshake may take where the session names no deadline.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// A session's loop with the application that decides for it. Each protocol's `serve` has one.
pub trait Talk: Send {
    /// What is driven.
    type Session: Endpoint + Send;

    /// Goes on until the session needs this stream no more, and [closes](Connection::close) it.
    fn run<S>(
        &mut self,
        connection: Connection<'_, S, Self::Session>,
    ) -> impl Future<Output = io::Result<End>> + Send
    where
        S: AsyncRead + AsyncWrite + Unpin + Send;

    /// The handshake is done.
    fn resume_tls(session: &mut Self::Session, upgrade: Upgrade, tls: TlsInfo);
}

/// A session that is served on a stream as soon as this is awaited: until it ends, or the stream
/// breaks.
///
/// Dropped half-way it ends without a word to the peer. Where a method of the application panics,
/// the peer is told that the server failed and hears the end of the session; then the panic goes on.
///
/// # Errors
/// What the stream or the handshake gives. `Unsupported`: the session offers TLS, and no
/// [acceptor](Self::tls) was given. `TimedOut`: a handshake lasted longer than the session waits for
/// a login.
#[must_use = "nothing is served before it is awaited"]
pub struct Serving<'a, S, T: Talk, A = NoTls> {
    stream: S,
    session: T::Session,
    talk: T,
    clock: &'a Clock,
    acceptor: &'a A,
    stop: Stop<'a>,
}

/// Pending again once it has spoken.
type Stop<'a> = Pin<Box<dyn Future<Output = Shutdown> + Send + 'a>>;

impl<'a, S, T: Talk> Serving<'a, S, T> {
    /// To be served: without TLS, and until the peer ends it. `clock` is the one that made the
    /// session's `now`.
    pub fn new(stream: S, session: T::Session, talk: T, clock: &'a Clock) -> Self {
        Serving {
            stream,
            session,
            talk,
            clock,
            acceptor: &NoTls,
            stop: Box::pin(pending()),
        }
    }
}

impl<'a, S, T: Talk, A> Serving<'a, S, T, A> {
    /// The TLS of STARTTLS or STLS. What came in plaintext behind that command is never seen.
    pub fn tls<B>(self, acceptor: &'a B) -> Serving<'a, S, T, B> {
        Serving {
            stream: self.stream,
            session: self.session,
            talk: self.talk,
            clock: self.clock,
            acceptor,
            stop: self.stop,
        }
    }

    /// Shuts the session down when `stop` says so, which may be never. [`Shutdown::Drain`] lets an
    /// open command come to its end; after both ways the session ends with the goodbye of its protocol.
    pub fn until(mut self, stop: impl Future<Output = Shutdown> + Send + 'a) -> Self {
        let mut stop = Some(Box::pin(stop));
        self.stop = Box::pin(poll_fn(move |cx| {
            let said = stop.as_mut().map(|stop| stop.as_mut().poll(cx));
            let said = said.unwrap_or(Poll::Pending);
            stop.take_if(|_| said.is_ready());
            said
        }));
        self
    }
}

impl<'a, S, T, A> IntoFuture for Serving<'a, S, T, A>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'a,
    T: Talk + 'a,
    T::Session: 'a,
    A: Acceptor<S>,
{
    type Output = io::Result<CloseReason>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(serve(self))
    }
}

async fn serve<S, T, A>(serving: Serving<'_, S, T, A>) -> io::Result<CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    T: Talk,
    A: Acceptor<S>,
{
    let Serving {
        mut stream,
        mut session,
        mut talk,
        clock,
        acceptor,
        mut stop,
    } = serving;
    // What was read in plaintext goes with the connection that read it.
    let end = run(&mut stream, &mut session, &mut talk, clock, &mut stop).await?;
    let upgrade = match end {
        End::Tls(upgrade) => upgrade,
        end => return end.closed(),
    };
    let deadline = session.deadline().unwrap_or(clock.now() + HANDSHAKE);
    let handshake =
        tokio::time::timeout_at(clock.instant(deadline).into(), acceptor.accept(stream));
    let Ok(shaken) = handshake.await else {
        let late = "the TLS handshake took too long";
        return Err(io::Error::new(io::ErrorKind::TimedOut, late));
    };
    let (mut stream, tls) = shaken?;
    T::resume_tls(&mut session, upgrade, tls);
    run(&mut stream, &mut session, &mut talk, clock, &mut stop)
        .await?
        .closed()
}

/// One stream to its end.
async fn run<S, T>(
    stream: &mut S,
    session: &mut T::Session,
    talk: &mut T,
    clock: &Clock,
    stop: &mut Stop<'_>,
) -> io::Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    T: Talk,
{
    let connection = Connection::new(&mut *stream, &mut *session, clock).until(stop.as_mut());
    let panic = match caught(talk.run(connection)).await {
        Ok(end) => return end,
        Err(panic) => panic,
    };
    session.shutdown(Shutdown::Fault);
    let mut connection = Connection::new(&mut *stream, &mut *session, clock);
    while !connection.session.output().is_empty() {
        if connection.turn(Wants::FLUSH).await.is_err() {
            break;
        }
    }
    goodbye(stream).await;
    resume_unwind(panic)
}

/// What the future gives, or the panic that it ended with.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(panic)),
        },
    )
    .await
}

/// No TLS: what [`Serving`] begins with.
#[derive(Debug, Clone, Copy)]
pub struct NoTls;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Acceptor<S> for NoTls {
    type Stream = S;

    async fn accept(&self, _: S) -> io::Result<(S, TlsInfo)> {
        Err(unsupported("TLS is offered, and there is no acceptor"))
    }
}
