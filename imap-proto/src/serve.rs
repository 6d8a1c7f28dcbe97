//! A session on a tokio stream, with an application that answers by `async` methods.

mod answers;
mod asked;
mod handler;
mod page;
mod rows;
mod upload;

use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use wire_core::{
    TlsInfo, Upgrade, Wants,
    driver::{Clock, Connection, End, Serving, Step, Talk},
};

use crate::{Change, Noted, Session};
pub use answers::{Folders, Matches, Refusal, Reply, Stored};
use asked::Asked;
pub use handler::Handler;
pub use page::Page;
use upload::Upload;

/// Serves a session on a stream: awaited, to its end, of which it gives the reason. `clock` is the
/// one that made the session's `now`.
///
/// [`Serving::tls`] brings the TLS of STARTTLS, [`Serving::until`] a shutdown with a goodbye. Decisions
/// that wait hold up neither the clock nor the stream.
///
/// ```
/// # use std::time::Duration;
/// # use bytes::Bytes;
/// # use imap_proto::{
/// #     serve, Config, Handler, Load, MailboxKey, Page, Reply, Row, Selected, Session, System, Uid,
/// # };
/// # use wire_core::{driver::Clock, CloseReason, Entropy, Peer, sasl::{Answer, Request}};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// const MAIL: Bytes = Bytes::from_static(b"Subject: hello\r\n\r\nHi!\r\n");
///
/// struct One;
/// impl Handler for One {
///     async fn auth(&mut self, request: Request) -> Answer {
///         match request {
///             Request::Password { password, .. } if password.verify(b"demo") => Answer::Grant,
///             _ => Answer::Deny,
///         }
///     }
///     async fn select(&mut self, _: &str, _: bool) -> Reply<Selected> {
///         let view = [Uid::MIN].into_iter().collect();
///         Ok(Selected::new(MailboxKey(1), 1, Uid::MIN, view).read_only())
///     }
///     async fn load(&mut self, load: &Load, page: &mut Page) -> Reply<()> {
///         for uid in load.uids.iter() {
///             page.push(Row::new(uid).flags(System::SEEN).size(24).date(0, 0).raw(&MAIL));
///         }
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::builder("localhost").plaintext_logins(true).build()?;
/// let (mut client, server) = tokio::io::duplex(4096);
/// let clock = Clock::new();
/// let session = Session::new(config, Peer::default(), Entropy([7; 32]), clock.now());
/// client.write_all(b"1 LOGIN a demo\r\n2 EXAMINE INBOX\r\n3 FETCH 1 BODY[TEXT]\r\n4 LOGOUT\r\n").await?;
/// let reason = serve(server, session, &mut One, &clock).await?;
/// assert_eq!(reason, CloseReason::Quit);
/// let mut said = String::new();
/// client.read_to_string(&mut said).await?;
/// assert!(said.contains("* 1 FETCH (BODY[TEXT] \"Hi!") || said.contains("{5}\r\nHi!\r\n"));
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

/// Changes that are noted before an answer. What is left is told a little later.
const CHANGES: u32 = 256;

/// A session on one stream.
struct Exchange<'s, S> {
    connection: Connection<'s, S, Session>,
    /// What happened while a decision was waited for that the session then waited for no more.
    next: Option<Step<Asked>>,
    upload: Option<Upload>,
}

impl<'s, S> Exchange<'s, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn on(connection: Connection<'s, S, Session>) -> Self {
        Exchange {
            connection,
            next: None,
            upload: None,
        }
    }

    async fn run<H: Handler>(mut self, handler: &mut H) -> io::Result<End> {
        loop {
            let next = match self.next.take() {
                Some(next) => next,
                None => asked::next(&mut self.connection),
            };
            match next {
                Step::Event(asked) => self.answer(handler, asked).await?,
                Step::Wait(wants) => self.wait(handler, wants).await?,
                Step::End(end) => {
                    self.append_aborted(handler);
                    return Ok(self.connection.close(end).await);
                }
            }
        }
    }

    /// Waits for the client, and for changes that it may be told of.
    async fn wait<H: Handler>(&mut self, handler: &mut H, wants: Wants) -> io::Result<()> {
        if !wants.input || self.connection.session.selected_mailbox().is_none() {
            return self.connection.turn(wants).await;
        }
        let changed = pin!(handler.changed());
        if let Some(change) = self.connection.turn_or(wants, changed).await? {
            self.note(&change);
        }
        Ok(())
    }

    /// Notes the changes that are known already. Before a command of the client that changed
    /// something is answered: then its completion tells of that, and a highest mod-sequence that
    /// holds.
    async fn hear<H: Handler>(&mut self, handler: &mut H) {
        if self.connection.session.selected_mailbox().is_none() {
            return;
        }
        for _ in 0..CHANGES {
            let mut changed = pin!(handler.changed());
            let known = poll_fn(|cx| Poll::Ready(changed.as_mut().poll(cx))).await;
            match known {
                Poll::Ready(change) => self.note(&change),
                Poll::Pending => return,
            }
        }
    }

    fn note(&mut self, change: &Change) {
        if self.connection.session.notify(change) == Noted::OutOfOrder {
            let why = "The mailbox changed in a way that needs a new start";
            self.connection.session.abort(why);
        }
    }

    async fn answer<H: Handler>(&mut self, handler: &mut H, asked: Asked) -> io::Result<()> {
        macro_rules! decided {
            ($ticket:expr, $decision:expr, $value:pat => $answer:expr) => {
                match self.decide($decision).await? {
                    Some(Ok($value)) => {
                        $answer;
                    }
                    Some(Err(why)) => {
                        self.connection.session.refuse($ticket, why.no());
                    }
                    None => {}
                }
            };
        }
        macro_rules! session {
            () => {
                self.connection.session
            };
        }
        match asked {
            Asked::Nothing => {}
            Asked::Told(told) => told.tell(handler),
            Asked::Auth(ticket, request) => {
                if let Some(answer) = self.decide(handler.auth(request)).await? {
                    session!().authenticate(ticket, answer);
                }
            }
            Asked::Login(ticket, identity) => {
                decided!(ticket, handler.login(&identity), () => session!().accept(ticket));
            }
            Asked::List(ticket, query) => {
                let mut folders = Folders::default();
                decided!(ticket, handler.list(&query, &mut folders), () => {
                    for folder in folders.iter() {
                        session!().folder(&ticket, folder);
                    }
                    session!().listed(ticket)
                });
            }
            Asked::Status(ticket, name, items) => {
                let status = handler.status(&name, items);
                decided!(ticket, status, status => session!().status(ticket, status));
            }
            Asked::Namespace(ticket) => {
                decided!(ticket, handler.namespaces(), given => {
                    let own = || session!().own_namespace();
                    let namespaces = given.unwrap_or_else(own);
                    session!().namespaces(ticket, &namespaces)
                });
            }
            Asked::Select(ticket, name, read_only) => {
                let opened = handler.select(&name, read_only);
                decided!(ticket, opened, opened => session!().selected(ticket, opened));
            }
            Asked::Load(ticket, load) => self.load(handler, ticket, load).await?,
            Asked::Search(ticket, query) => {
                decided!(ticket, handler.search(&query), matches => match matches {
                    Matches::Found(uids) => session!().found(ticket, &uids),
                    Matches::Evaluate { sure, among } => {
                        session!().evaluate(ticket, &sure, &among)
                    }
                });
            }
            Asked::Sort(ticket, query, by) => {
                decided!(ticket, handler.sort(&query, &by), matches => match matches {
                    Matches::Found(order) => session!().sorted(ticket, &order),
                    Matches::Evaluate { sure, among } => {
                        session!().evaluate(ticket, &sure, &among)
                    }
                });
            }
            Asked::Thread(ticket, query, threading) => {
                decided!(ticket, handler.thread(&query, threading), matches => match matches {
                    Matches::Found(threads) => session!().threaded(ticket, &threads),
                    Matches::Evaluate { sure, among } => {
                        session!().evaluate(ticket, &sure, &among)
                    }
                });
            }
            Asked::Store(ticket, change) => {
                let mut stored = Stored::default();
                decided!(ticket, handler.store(&change, &mut stored), () => {
                    self.hear(handler).await;
                    stored.tell(session!(), ticket)
                });
            }
            Asked::Copy(ticket, uids, to, moves) => {
                let copied = handler.copy(&uids, &to, moves);
                decided!(ticket, copied, copied => {
                    self.hear(handler).await;
                    session!().copied(ticket, copied)
                });
            }
            Asked::Expunge(ticket, uids) => {
                let expunged = handler.expunge(&uids);
                decided!(ticket, expunged, (gone, at) => {
                    self.hear(handler).await;
                    session!().expunged(ticket, &gone, at)
                });
            }
            Asked::Create(ticket, name, special_use) => {
                let created = handler.create(&name, special_use);
                decided!(ticket, created, key => session!().created(ticket, key));
            }
            Asked::Delete(ticket, name) => {
                decided!(ticket, handler.delete(&name), () => session!().accept(ticket));
            }
            Asked::Rename(ticket, from, to) => {
                decided!(ticket, handler.rename(&from, &to), () => session!().accept(ticket));
            }
            Asked::Subscribe(ticket, name, on) => {
                decided!(ticket, handler.subscribe(&name, on), () => session!().accept(ticket));
            }
            Asked::Sync(ticket, mailbox, since) => {
                let change = handler.sync(mailbox, since);
                decided!(ticket, change, change => session!().synced(ticket, &change));
            }
            Asked::Append(upload) => self.upload = Some(upload),
            Asked::Message(message) => self.message(handler, message).await?,
            Asked::Octets(octets) => self.octets(handler, octets).await?,
            Asked::AppendEnd => self.append_end(handler).await?,
            Asked::AppendAborted => self.append_aborted(handler),
        }
        Ok(())
    }

    /// Waits for a decision while the connection goes on. `None`: the session did not wait so long;
    /// what it came to instead is next.
    async fn decide<T>(&mut self, decision: impl Future<Output = T>) -> io::Result<Option<T>> {
        let instead = &mut self.next;
        let meanwhile = |connection: &mut Connection<'s, S, Session>| {
            match asked::next(connection) {
                Step::Wait(wants) if !wants.input => return Some(wants),
                other => *instead = Some(other),
            }
            None
        };
        self.connection.decide(decision, meanwhile).await
    }

    /// Lets the client read. False: its command is over.
    async fn flush(&mut self) -> io::Result<bool> {
        match asked::next(&mut self.connection) {
            Step::Wait(wants) if !wants.input => {
                self.connection.turn(wants).await?;
                Ok(true)
            }
            other => {
                self.next = Some(other);
                Ok(false)
            }
        }
    }
}
