//! A session on a tokio stream, with an application that answers by `async` methods.

mod handler;

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use wire_core::{
    Ticket, TlsInfo, Upgrade, Wants,
    driver::{Clock, Connection, End, Serving, Step, Talk},
    sasl::{Identity, Request},
};

use crate::{Columns, Deleted, Event, Session, kind};
pub use handler::{Handler, Refusal, Row};

/// Octets of a message that are read at once.
const PIECE: usize = 32 << 10;

/// Serves a session on a stream: awaited, to its end, of which it gives the reason. `clock` is the
/// one that made the session's `now`.
///
/// [`Serving::tls`] brings the TLS of STLS, [`Serving::until`] a shutdown with a goodbye. Decisions
/// that wait hold up neither the clock nor the stream.
///
/// ```
/// # use pop3_proto::{serve, Config, Handler, Maildrop, Octets, Refusal, Row, Session};
/// # use wire_core::{driver::Clock, CloseReason, Entropy, Peer, sasl::{Answer, Identity, Request}};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// const MAIL: &[u8] = b"Subject: hello\r\n\r\nHi!\r\n";
///
/// struct One;
/// impl Handler for One {
///     type Message = &'static [u8];
///     async fn auth(&mut self, request: Request) -> Answer {
///         match request {
///             Request::Password { password, .. } if password.verify(b"demo") => Answer::Grant,
///             _ => Answer::Deny,
///         }
///     }
///     async fn login(&mut self, _: &Identity) -> Result<Maildrop<Vec<Row>>, Refusal> {
///         Ok(Maildrop::Table(vec![(Octets::of(MAIL), "1".to_owned())]))
///     }
///     async fn open(&mut self, _: u32, _: bool) -> Result<(u64, &'static [u8]), Refusal> {
///         Ok((Octets::of(MAIL), MAIL))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::builder("localhost").plaintext_logins(true).build()?;
/// let (mut client, server) = tokio::io::duplex(4096);
/// let clock = Clock::new();
/// let session = Session::new(config, Peer::default(), Entropy([7; 32]), clock.now());
/// client.write_all(b"USER a\r\nPASS demo\r\nRETR 1\r\nQUIT\r\n").await?;
/// let reason = serve(server, session, &mut One, &clock).await?;
/// assert_eq!(reason, CloseReason::Quit);
/// let mut said = String::new();
/// client.read_to_string(&mut said).await?;
/// assert!(said.ends_with("+OK 23 octets\r\nSubject: hello\r\n\r\nHi!\r\n.\r\n+OK Bye\r\n"));
/// # Ok(()) }
/// ```
///
pub fn serve<'a, S, H>(
    stream: S,
    session: Session,
    handler: &'a mut H,
    clock: &'a Clock,
) -> Serving<'a, S, impl Talk<Session = Session> + 'a>
where
    H: Handler,
{
    Serving::new(stream, session, With(handler), clock)
}

/// What `serve` goes round with.
struct With<'h, H>(&'h mut H);

impl<H: Handler> Talk for With<'_, H> {
    type Session = Session;

    async fn run<S>(&mut self, connection: Connection<'_, S, Session>) -> io::Result<End>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        Exchange::on(connection).run(self.0).await
    }

    fn resume_tls(session: &mut Session, upgrade: Upgrade, tls: TlsInfo) {
        session.resume_tls(upgrade, tls);
    }
}

/// A session on one stream.
struct Exchange<'s, S>(Connection<'s, S, Session>);

/// An event without what it borrows of the buffer: the buffer goes on while a method decides.
enum Asked {
    Connect(Ticket<kind::Connect>),
    Auth(Ticket<kind::Auth>, Request),
    Login(Ticket<kind::Login>, Identity),
    Rows(Ticket<kind::List>, core::ops::Range<u32>, Columns),
    Message(Ticket<kind::Message>, u32),
    Commit(Ticket<kind::Commit>, Deleted),
    Nothing,
}

impl<'s, S> Exchange<'s, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn on(connection: Connection<'s, S, Session>) -> Self {
        Exchange(connection)
    }

    async fn run<H: Handler>(mut self, handler: &mut H) -> io::Result<End> {
        loop {
            match next(&mut self.0, |event| tell(handler, event)) {
                Step::Event(asked) => self.answer(handler, asked).await?,
                Step::Wait(wants) => self.0.turn(wants).await?,
                Step::End(end) => return Ok(self.0.close(end).await),
            }
        }
    }

    async fn answer<H: Handler>(&mut self, handler: &mut H, asked: Asked) -> io::Result<()> {
        match asked {
            Asked::Nothing => {}
            Asked::Connect(ticket) => {
                let peer = self.0.session.peer().clone();
                match self.decide(handler.connect(&peer)).await? {
                    Some(Ok(())) => drop(self.0.session.accept(ticket)),
                    Some(Err(why)) => self.refuse(ticket, &why),
                    None => {}
                }
            }
            Asked::Auth(ticket, request) => {
                if let Some(answer) = self.decide(handler.auth(request)).await? {
                    self.0.session.authenticate(ticket, answer);
                }
            }
            Asked::Login(ticket, identity) => match self.decide(handler.login(&identity)).await? {
                Some(Ok(maildrop)) => drop(self.0.session.open_maildrop(ticket, maildrop)),
                Some(Err(why)) => self.refuse(ticket, &why),
                None => {}
            },
            Asked::Rows(ticket, messages, columns) => {
                let rows = handler.rows(messages.clone(), columns);
                match self.decide(rows).await? {
                    Some(Ok(rows)) => self.list(ticket, messages.start, columns, &rows).await?,
                    Some(Err(why)) => self.refuse(ticket, &why),
                    None => {}
                }
            }
            Asked::Message(ticket, number) => {
                let utf8 = self.0.session.utf8();
                match self.decide(handler.open(number, utf8)).await? {
                    Some(Ok((octets, message))) => {
                        if let Err(error) = self.send(ticket, octets, message).await? {
                            handler.unreadable(number, error);
                        }
                    }
                    Some(Err(why)) => self.refuse(ticket, &why),
                    None => {}
                }
            }
            Asked::Commit(ticket, deleted) => match self.decide(handler.commit(deleted)).await? {
                Some(Ok(())) => drop(self.0.session.committed(ticket, Ok(()))),
                Some(Err(why)) => self.refuse(ticket, &why),
                None => {}
            },
        }
        Ok(())
    }

    fn refuse<K>(&mut self, ticket: Ticket<K>, why: &Refusal) {
        self.0.session.refuse(ticket, why.code, &why.text);
    }

    /// `None`: the session did not wait so long.
    async fn decide<T>(&mut self, decision: impl Future<Output = T>) -> io::Result<Option<T>> {
        self.0.decide(decision, waits).await
    }

    /// Lets the client read. False: it will read no more.
    async fn flush(&mut self) -> io::Result<bool> {
        match waits(&mut self.0) {
            Some(wants) => self.0.turn(wants).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn list(
        &mut self,
        ticket: Ticket<kind::List>,
        first: u32,
        columns: Columns,
        rows: &[Row],
    ) -> io::Result<()> {
        let mut list = self.0.session.begin_list(ticket);
        while let Some(number) = list.wants() {
            let row = rows.get(number.saturating_sub(first) as usize);
            // Dropped, the writer cuts the connection: a part is not the whole.
            let Some((octets, uid)) = row else {
                return Ok(());
            };
            let taken = match columns {
                Columns::Sizes => list.size(self.0.session, *octets),
                Columns::Uids => list.uid(self.0.session, uid.as_bytes()),
            };
            if !taken && !self.flush().await? {
                return Ok(());
            }
        }
        list.end(self.0.session);
        Ok(())
    }

    /// The inner error is that of the message.
    async fn send(
        &mut self,
        ticket: Ticket<kind::Message>,
        octets: u64,
        mut source: impl AsyncRead + Unpin,
    ) -> io::Result<io::Result<()>> {
        let mut message = self.0.session.begin_message(ticket, octets);
        let mut piece = vec![0; PIECE];
        while !message.is_full(self.0.session) {
            let read = match self.decide(source.read(&mut piece)).await? {
                Some(Ok(0)) => break,
                Some(Ok(read)) => read,
                Some(Err(error)) => return Ok(Err(error)),
                None => return Ok(Ok(())),
            };
            let mut rest = piece.get(..read).unwrap_or_default();
            while !rest.is_empty() {
                let taken = message.write(self.0.session, rest);
                rest = rest.get(taken..).unwrap_or_default();
                if taken == 0 && !self.flush().await? {
                    return Ok(Ok(()));
                }
            }
        }
        message.end(self.0.session);
        Ok(Ok(()))
    }
}

/// What nobody has to answer.
fn tell<H: Handler>(handler: &mut H, event: Event<'_>) {
    match event {
        Event::LoginFailed(failed) => handler.login_failed(&failed),
        Event::Rejected { line, why } => handler.rejected(line, why),
        _ => {}
    }
}

/// One call of the session. What nobody has to answer goes to `tell`.
fn next<S>(connection: &mut Connection<'_, S, Session>, tell: impl FnOnce(Event<'_>)) -> Step<Asked>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    connection.next(|session, now, input| {
        session.next(now, input).map(|event| match event {
            event @ (Event::LoginFailed(_) | Event::Rejected { .. }) => {
                tell(event);
                Asked::Nothing
            }
            event => Asked::of(session, event),
        })
    })
}

/// What the session waits for. It takes no command while a decision is open or a message is sent: it
/// waits, or it is over.
fn waits<S>(connection: &mut Connection<'_, S, Session>) -> Option<Wants>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match next(connection, |_| {}) {
        Step::Wait(wants) => Some(wants),
        Step::Event(_) | Step::End(_) => None,
    }
}

impl Asked {
    fn of(session: &mut Session, event: Event<'_>) -> Self {
        match event {
            Event::Connect { ticket } => Asked::Connect(ticket),
            Event::Auth { ticket, request } => Asked::Auth(ticket, request),
            Event::Login { ticket, identity } => Asked::Login(ticket, identity),
            Event::List {
                ticket,
                messages,
                columns,
            } => Asked::Rows(ticket, messages, columns),
            Event::Retr { ticket, message }
            | Event::Top {
                ticket, message, ..
            } => Asked::Message(ticket, message),
            Event::Commit { ticket, deleted } => Asked::Commit(ticket, deleted),
            other => {
                session.decline(other);
                Asked::Nothing
            }
        }
    }
}
