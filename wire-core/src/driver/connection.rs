//! A session on a stream: what the `serve` of each protocol goes round.

use std::{
    fmt,
    future::{Future, pending, poll_fn},
    io,
    pin::{Pin, pin},
    task::Poll,
};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Clock, Turn, goodbye, turn};
use crate::{Buffer, CloseReason, Deflate, Endpoint, Next, Shutdown, Time, Upgrade, Wants};

/// A session, the stream that it is spoken on, and what was read of it and not yet taken. That goes
/// with this value: what a peer sent in plaintext behind STARTTLS is never seen inside TLS.
/// The loop round it is in the crate's README.
pub struct Connection<'s, S, E> {
    /// The session. Whoever answers it calls [`next`](Self::next) again.
    pub session: &'s mut E,
    stream: &'s mut S,
    clock: &'s Clock,
    buffer: Buffer,
    stop: Option<Stop<'s>>,
}

/// Says when and how the session is to be shut down.
type Stop<'s> = Pin<&'s mut (dyn Future<Output = Shutdown> + Send + 's)>;

/// What one call of a session came to: [`Next`], by what a connection does about it.
#[derive(Debug)]
#[must_use]
pub enum Step<T> {
    /// Something happened.
    Event(T),
    /// Nothing can happen before one of these things does.
    Wait(Wants),
    /// The session needs this stream no more.
    End(End),
}

/// How a session is done with its stream.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// For good.
    Closed(CloseReason),
    /// It goes on inside TLS.
    Tls(Upgrade),
    /// It goes on deflated.
    Deflate(Deflate),
}

impl End {
    /// The reason, where neither TLS nor compression can follow.
    ///
    /// # Errors
    /// `Unsupported`, where one does.
    pub fn closed(self) -> io::Result<CloseReason> {
        match self {
            End::Closed(reason) => Ok(reason),
            End::Tls(_) => Err(unsupported("TLS is offered, and nobody shakes hands")),
            End::Deflate(_) => Err(unsupported("compression is offered, and nobody deflates")),
        }
    }
}

/// What woke a connection that waits.
enum Woken<T> {
    Answer(T),
    Stop(Shutdown),
}

pub(super) fn unsupported(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}

impl<T> From<Next<T>> for Step<T> {
    fn from(next: Next<T>) -> Self {
        match next {
            Next::Event(event) => Step::Event(event),
            Next::Wait(wants) => Step::Wait(wants),
            Next::StartTls(upgrade) => Step::End(End::Tls(upgrade)),
            Next::Deflate(deflate) => Step::End(End::Deflate(deflate)),
            Next::Closed(reason) => Step::End(End::Closed(reason)),
        }
    }
}

impl<'s, S, E> Connection<'s, S, E>
where
    S: AsyncRead + AsyncWrite + Unpin,
    E: Endpoint + Send,
{
    /// Nothing has been read. `clock` is the one that made the session's `now`.
    pub fn new(stream: &'s mut S, session: &'s mut E, clock: &'s Clock) -> Self {
        Connection {
            session,
            stream,
            clock,
            buffer: Buffer::new(),
            stop: None,
        }
    }

    /// Shuts the session down when `stop` says so. It is polled in every wait, and not again after it
    /// has spoken.
    #[must_use]
    pub fn until(mut self, stop: Pin<&'s mut (dyn Future<Output = Shutdown> + Send + 's)>) -> Self {
        self.stop = Some(stop);
        self
    }

    /// One call of the session: `next` calls its method of that name with these arguments, and makes
    /// of its event what can outlive the input.
    pub fn next<T>(&mut self, next: impl FnOnce(&mut E, Time, &mut &[u8]) -> Next<T>) -> Step<T> {
        let (session, now, mut input) = self.shown();
        let next = next(session, now, &mut input);
        let left = input.len();
        self.keep(left);
        next.into()
    }

    /// The same by hand, for those who wait while an event borrows the input: the arguments of one
    /// call. Behind it comes [`keep`](Self::keep).
    pub fn shown(&mut self) -> (&mut E, Time, &[u8]) {
        (self.session, self.clock.now(), self.buffer.filled())
    }

    /// The time now, by the connection's clock.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The session took all but the last `left` octets of the input.
    pub fn keep(&mut self, left: usize) {
        let taken = self.buffer.filled().len().saturating_sub(left);
        self.buffer.consume(taken);
    }

    /// Writes, reads and waits for the deadline: one [`turn`] in which nothing is decided.
    ///
    /// # Errors
    /// What the stream gives. `Unsupported` where the output has a hole
    /// ([`external`](Endpoint::external)): there is nobody to fill it.
    pub async fn turn(&mut self, wants: Wants) -> io::Result<()> {
        let nobody = pin!(pending::<()>());
        self.turn_or(wants, nobody).await?;
        Ok(())
    }

    /// The same, or what `answers` gave, if that came first.
    ///
    /// # Errors
    /// As of [`turn`](Self::turn).
    pub async fn turn_or<T, F>(
        &mut self,
        wants: Wants,
        mut answers: Pin<&mut F>,
    ) -> io::Result<Option<T>>
    where
        F: Future<Output = T> + ?Sized,
    {
        let (stream, buffer, stop) = (&mut *self.stream, &mut self.buffer, &mut self.stop);
        let woken = pin!(poll_fn(|cx| {
            let how = stop.as_mut().map(|stop| stop.as_mut().poll(cx));
            if let Some(Poll::Ready(how)) = how {
                return Poll::Ready(Woken::Stop(how));
            }
            answers.as_mut().poll(cx).map(Woken::Answer)
        }));
        match turn(self.clock, self.session, stream, buffer, wants, woken).await? {
            Turn::Moved => Ok(None),
            Turn::Answer(Woken::Answer(answer)) => Ok(Some(answer)),
            Turn::Answer(Woken::Stop(how)) => {
                self.stop = None;
                self.session.shutdown(how);
                Ok(None)
            }
            Turn::External(_) => Err(unsupported("the output has a hole that nobody fills")),
        }
    }

    /// Waits for a decision while the connection goes on: a hang-up is seen and the deadline kept.
    ///
    /// `meanwhile` calls the session until that waits, and says for what; `None` when the session
    /// waits for this decision no more, which then is dropped and given as `None`.
    ///
    /// # Errors
    /// As of [`turn`](Self::turn).
    pub async fn decide<T>(
        &mut self,
        decision: impl Future<Output = T>,
        mut meanwhile: impl FnMut(&mut Self) -> Option<Wants>,
    ) -> io::Result<Option<T>> {
        let mut decision = pin!(decision);
        // Most are ready at once, and need no look at the stream.
        let at_once = poll_fn(|cx| Poll::Ready(decision.as_mut().poll(cx))).await;
        if let Poll::Ready(value) = at_once {
            return Ok(Some(value));
        }
        while let Some(wants) = meanwhile(self) {
            if let Some(value) = self.turn_or(wants, decision.as_mut()).await? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Ends it: says [`goodbye`] on a stream that is closed for good, and hands `end` back.
    pub async fn close(self, end: End) -> End {
        if let End::Closed(_) = end {
            goodbye(self.stream).await;
        }
        end
    }
}

impl<S, E: fmt::Debug> fmt::Debug for Connection<'_, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("session", &self.session)
            .field("buffer", &self.buffer)
            .finish_non_exhaustive()
    }
}
