//! A session on a tokio stream, with an application that answers by `async` methods.

mod answers;
mod asked;
mod handler;

use core::{future::Future, pin::pin};
use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use wire_core::{
    CloseReason, Ticket, Wants,
    driver::{Acceptor, Clock, Connection, End, Step},
};

use crate::{Blob, Load, Need, Noted, Session, UidSet, kind};
pub use answers::{Folders, Matches, Page, Refusal, Reply, Stored};
use asked::{Asked, Evaluated};
pub use handler::Handler;

/// Rows that are asked for at once where none of their octets is wanted.
const ROWS: u32 = 256;
/// The same where some are.
const MESSAGES: u32 = 16;

/// Serves a session on a stream to its end, and says why it ended. `clock` is the one that made the
/// session's `now`.
///
/// Decisions that wait hold up neither the clock nor the stream. Dropping this future ends the
/// session without a word.
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
/// # Errors
/// What the stream gives. STARTTLS, if the session offers it: see [`serve_tls`].
pub async fn serve<S, H>(
    mut stream: S,
    mut session: Session,
    handler: &mut H,
    clock: &Clock,
) -> io::Result<CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    H: Handler,
{
    let serving = Serving::new(&mut stream, &mut session, clock);
    serving.run(handler).await?.closed()
}

/// The same, with STARTTLS.
///
/// # Errors
/// What the stream or the handshake gives.
pub async fn serve_tls<S, A, H>(
    mut stream: S,
    mut session: Session,
    acceptor: &A,
    handler: &mut H,
    clock: &Clock,
) -> io::Result<CloseReason>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    A: Acceptor<S>,
    H: Handler,
{
    // What was read in plaintext goes with the value that reads it (RFC 9051 section 6.2.1).
    let serving = Serving::new(&mut stream, &mut session, clock);
    let upgrade = match serving.run(handler).await? {
        End::Tls(upgrade) => upgrade,
        end => return end.closed(),
    };
    let (stream, tls) = acceptor.accept(stream).await?;
    session.resume_tls(upgrade, tls);
    serve(stream, session, handler, clock).await
}

/// A session on one stream.
struct Serving<'s, S> {
    connection: Connection<'s, S, Session>,
    /// What happened while a decision was waited for that the session then waited for no more.
    next: Option<Step<Asked>>,
    upload: Option<Upload>,
}

/// An APPEND or REPLACE on its way.
struct Upload {
    ticket: Ticket<kind::Append>,
    mailbox: String,
    replaces: Option<crate::Uid>,
}

impl<'s, S> Serving<'s, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn new(stream: &'s mut S, session: &'s mut Session, clock: &'s Clock) -> Self {
        Serving {
            connection: Connection::new(stream, session, clock),
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
                    if self.upload.take().is_some() {
                        handler.append_aborted();
                    }
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
        if let Some(change) = self.connection.turn_or(wants, changed).await?
            && self.connection.session.notify(&change) == Noted::OutOfOrder
        {
            let why = "The mailbox changed in a way that needs a new start";
            self.connection.session.abort(why);
        }
        Ok(())
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
            Asked::Search(query, ticket) => match self.decide(handler.search(&query)).await? {
                Some(Ok(matches)) => ticket.found(session!(), matches),
                Some(Err(why)) => ticket.refuse(session!(), &why),
                None => {}
            },
            Asked::Store(ticket, change) => {
                let mut stored = Stored::default();
                decided!(ticket, handler.store(&change, &mut stored), () => {
                    for (uid, flags, modseq) in &stored.rows {
                        session!().stored(&ticket, *uid, flags, *modseq);
                    }
                    if let Some((uids, modseq)) = &stored.silent {
                        session!().stored_all(&ticket, uids, *modseq);
                    }
                    for uid in stored.conflicts.iter() {
                        session!().store_conflict(&ticket, uid);
                    }
                    session!().store_done(ticket)
                });
            }
            Asked::Copy(ticket, uids, to, moves) => {
                let copied = handler.copy(&uids, &to, moves);
                decided!(ticket, copied, copied => session!().copied(ticket, copied));
            }
            Asked::Expunge(ticket, uids) => {
                let expunged = handler.expunge(&uids);
                decided!(ticket, expunged, (gone, at) => session!().expunged(ticket, &gone, at));
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
            Asked::AppendEnd => {
                let Some(Upload { ticket, .. }) = self.upload.take() else {
                    return Ok(());
                };
                match self.decide(handler.appended()).await? {
                    Some(Ok(at)) => {
                        session!().appended(ticket, at);
                    }
                    Some(Err(why)) => {
                        session!().refuse(ticket, why.no());
                        handler.append_aborted();
                    }
                    None => handler.append_aborted(),
                }
            }
            Asked::AppendAborted => {
                if self.upload.take().is_some() {
                    handler.append_aborted();
                }
            }
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

    /// Rows page by page, each when the client has read the ones before.
    async fn load<H: Handler>(
        &mut self,
        handler: &mut H,
        ticket: Ticket<kind::Load>,
        mut load: Load,
    ) -> io::Result<()> {
        let size = match load.need.has(Need::BLOB) {
            true => MESSAGES,
            false => ROWS,
        };
        let mut uids = std::mem::take(&mut load.uids);
        loop {
            load.uids = uids.take(size);
            let mut page = Page::default();
            match self.decide(handler.load(&load, &mut page)).await? {
                Some(Ok(())) => {}
                Some(Err(why)) => {
                    self.connection.session.refuse(ticket, why.no());
                    return Ok(());
                }
                None => return Ok(()),
            }
            if let Some(vanished) = &page.vanished {
                self.connection.session.vanished(&ticket, vanished);
            }
            // Asked for once, with the first page.
            load.vanished = None;
            for held in &page.rows {
                while self.connection.session.congested() {
                    if !self.flush().await? {
                        return Ok(());
                    }
                }
                let blob = self.connection.session.row(&ticket, held.row());
                if let Some(blob) = blob
                    && !self.pull(handler, blob).await?
                {
                    return Ok(());
                }
            }
            if uids.is_empty() {
                break;
            }
        }
        self.connection.session.loaded(ticket);
        Ok(())
    }

    /// Octets of a message, as far as they are wanted. False: nobody wants them any more.
    async fn pull<H: Handler>(&mut self, handler: &mut H, mut blob: Blob) -> io::Result<bool> {
        while let Some(range) = blob.want(self.connection.session) {
            let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            let read = self.decide(handler.read(blob.uid(), range.clone())).await?;
            let mut octets = match read {
                Some(Ok(octets)) if !octets.is_empty() => octets,
                Some(_) => {
                    blob.fail(self.connection.session);
                    return Ok(true);
                }
                None => return Ok(false),
            };
            octets.truncate(length);
            let mut at = range.start;
            while !octets.is_empty() {
                let taken = blob.write_bytes(self.connection.session, at, &mut octets);
                at += taken as u64;
                if taken == 0 && !self.flush().await? {
                    return Ok(false);
                }
            }
        }
        blob.end(self.connection.session);
        Ok(true)
    }

    async fn message<H: Handler>(
        &mut self,
        handler: &mut H,
        message: crate::NewMessage,
    ) -> io::Result<()> {
        let Some(upload) = self.upload.take() else {
            return Ok(());
        };
        let room = handler.append(&upload.mailbox, upload.replaces, message);
        match self.decide(room).await? {
            Some(Ok(())) => {
                self.connection.session.append_more(&upload.ticket);
                self.upload = Some(upload);
            }
            Some(Err(why)) => {
                self.connection.session.refuse(upload.ticket, why.no());
                handler.append_aborted();
            }
            None => handler.append_aborted(),
        }
        Ok(())
    }

    /// The session is not asked for more while these octets are written.
    async fn octets<H: Handler>(&mut self, handler: &mut H, octets: Bytes) -> io::Result<()> {
        if self.upload.is_none() {
            return Ok(());
        }
        let wait = |_: &mut Connection<'s, S, Session>| Some(Wants::ANSWER);
        let written = self.connection.decide(handler.octets(octets), wait).await?;
        if let Some(Err(why)) = written
            && let Some(upload) = self.upload.take()
        {
            self.connection.session.refuse(upload.ticket, why.no());
            handler.append_aborted();
        }
        Ok(())
    }
}

impl Evaluated {
    fn found(self, session: &mut Session, matches: Matches) {
        let (sure, among) = match matches {
            Matches::Evaluate { sure, among } => (sure, among),
            Matches::Uids(uids) => match self {
                Evaluated::Search(ticket) => {
                    session.found(ticket, &uids);
                    return;
                }
                _ => (uids, UidSet::new()),
            },
        };
        match self {
            Evaluated::Search(ticket) => session.evaluate(ticket, &sure, &among),
            Evaluated::Sort(ticket) => session.evaluate(ticket, &sure, &among),
            Evaluated::Thread(ticket) => session.evaluate(ticket, &sure, &among),
        };
    }

    fn refuse(self, session: &mut Session, why: &Refusal) {
        match self {
            Evaluated::Search(ticket) => session.refuse(ticket, why.no()),
            Evaluated::Sort(ticket) => session.refuse(ticket, why.no()),
            Evaluated::Thread(ticket) => session.refuse(ticket, why.no()),
        };
    }
}
