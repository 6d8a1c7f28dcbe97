//! POP3 over the mailbox that IMAP calls INBOX.

mod ahead;
mod maildrop;
mod sending;
mod surrogate;

use std::{collections::VecDeque, sync::Arc};

use pop3_proto::{
    Columns, Deleted, Event, Maildrop, Octets, OpenList, RespCode, Session, Violation, kind,
};
use tracing::{Span, info, warn};
use wire_core::{
    Endpoint, Next, Ticket, TicketId, Time, TlsInfo, Upgrade,
    sasl::{Identity, Mechanism, Request},
};

use crate::{
    connection::Talk,
    jobs::Jobs,
    logins::{Admission, Asked, Door, Fault, Footing, Lapse},
    server::Shared,
    store::{Error, Result, Stored},
};
use ahead::Ahead;
use maildrop::{LOCKED, Locked};
use sending::{Opened, Sending, Sent};

/// A POP3 session with the mailbox it serves.
pub struct Pop3 {
    session: Session,
    shared: Arc<Shared>,
    jobs: Jobs<Done>,
    door: Door,
    maildrop: Option<Arc<Locked>>,
    ahead: Ahead,
    sending: Option<Sending>,
    /// A listing that the client has not read so far.
    listing: Option<(OpenList, Columns)>,
}

/// A message that was looked for, and what was read behind it.
pub struct Found {
    number: u32,
    message: Opened,
    more: Vec<(u32, Stored)>,
}

/// What a job brings back.
pub enum Done {
    Checked(Ticket<kind::Auth>, Asked),
    Refused(Ticket<kind::Login>, Fault),
    Opened(Ticket<kind::Login>, Result<Locked>, Option<Footing>),
    Lapsed(Lapse),
    Found(Ticket<kind::Message>, Result<Found>),
    Read(Result<bytes::Bytes>),
    Committed(Ticket<kind::Commit>, Result<()>),
    Renewed(Result<()>),
}

impl Pop3 {
    pub fn new(session: Session, shared: Arc<Shared>, door: Door) -> Self {
        Pop3 {
            session,
            shared,
            jobs: Jobs::default(),
            door,
            maildrop: None,
            ahead: Ahead::default(),
            sending: None,
            listing: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Auth { ticket, request } => self.check(ticket, request),
            Event::Login { ticket, identity } => self.open(ticket, identity),
            Event::LoginFailed(failed) => self.door.failed(&failed),
            Event::List {
                ticket, columns, ..
            } => {
                self.listing = Some((self.session.begin_list(ticket), columns));
                self.list();
            }
            Event::Retr { ticket, message }
            | Event::Top {
                ticket, message, ..
            } => {
                self.find(ticket, message);
            }
            Event::Commit { ticket, deleted } => self.commit(ticket, deleted),
            Event::Rejected { line, why } => {
                match why {
                    Violation::TlsRequired => self.door.no_tls(),
                    _ => self.door.broken_off(),
                }
                info!(line = %line.escape_ascii(), ?why, "refused");
            }
            other => self.session.decline(other),
        }
    }

    fn check(&mut self, ticket: Ticket<kind::Auth>, request: Request) {
        let asked = self.door.ask(request);
        self.jobs.start(
            ticket.id(),
            async move { Done::Checked(ticket, asked.await) },
        );
    }

    fn open(&mut self, ticket: Ticket<kind::Login>, identity: Identity) {
        let span = Span::current();
        span.record("auth", identity.mechanism.map_or("PASS", Mechanism::name));
        span.record("mailbox", "INBOX");
        let shared = self.shared.clone();
        let admitted = self.door.admit(identity);
        self.jobs.start(ticket.id(), async move {
            match admitted.await {
                Ok(Admission { account, footing }) => {
                    let (directory, store) = (&*shared.directory, shared.store.clone());
                    let locked = Locked::open(directory, store, &account.name).await;
                    Done::Opened(ticket, locked, footing)
                }
                Err(fault) => Done::Refused(ticket, fault),
            }
        });
    }

    /// Ends the session when the password that opened it is taken away.
    fn follow(&mut self, footing: Option<Footing>) {
        if let Some(footing) = footing {
            self.jobs
                .background(async move { Done::Lapsed(footing.lapse().await) });
        }
    }

    fn opened(&mut self, ticket: Ticket<kind::Login>, opened: Result<Locked>) {
        match opened {
            Ok(locked) => {
                let maildrop = Maildrop::lazy(locked.messages(), locked.total_octets());
                info!(messages = locked.messages(), "maildrop open");
                self.session.open_maildrop(ticket, maildrop);
                self.maildrop = Some(Arc::new(locked));
                self.renew();
            }
            Err(Error::InUse) => {
                let text = "Another session has the maildrop";
                self.session.refuse(ticket, Some(RespCode::InUse), text);
            }
            Err(error) => {
                warn!(?error, "maildrop does not open");
                self.session
                    .refuse(ticket, Some(resp_code(error)), "The maildrop does not open");
            }
        }
    }

    /// Keeps the lock, as long as the session has the maildrop.
    fn renew(&mut self) {
        let Some(locked) = self.maildrop.as_ref().map(Arc::downgrade) else {
            return;
        };
        self.jobs.background(async move {
            tokio::time::sleep(LOCKED / 3).await;
            let renewed = match locked.upgrade() {
                Some(locked) => locked.renew().await,
                // It was given back with the session's last word.
                None => Ok(()),
            };
            Done::Renewed(renewed)
        });
    }

    /// Tells as much of a listing as the client reads. True: something was told.
    fn list(&mut self) -> bool {
        let Some((mut list, columns)) = self.listing.take() else {
            return false;
        };
        let first = list.wants();
        while let Some(number) = list.wants() {
            let maildrop = self.maildrop.as_deref();
            let taken = match columns {
                Columns::Sizes => {
                    let octets = maildrop.and_then(|maildrop| maildrop.octets(number));
                    list.size(&mut self.session, octets.unwrap_or_default())
                }
                Columns::Uids => {
                    let id = maildrop.and_then(|maildrop| maildrop.unique_id(number));
                    list.uid(&mut self.session, id.unwrap_or_default().as_bytes())
                }
            };
            if !taken {
                let moved = list.wants() != first;
                self.listing = Some((list, columns));
                return moved;
            }
        }
        list.end(&mut self.session);
        true
    }

    fn find(&mut self, ticket: Ticket<kind::Message>, number: u32) {
        let Some(maildrop) = self.maildrop.clone() else {
            self.session
                .refuse(ticket, Some(RespCode::SysTemp), "No maildrop is open");
            return;
        };
        let at_hand = self.ahead.take(number);
        if let Some(Stored::Octets(octets)) = at_hand {
            return self.send(ticket, number, Opened::small(octets));
        }
        let wanted = self.ahead.wanted(number, maildrop.messages());
        let blobs = self.shared.blobs.clone();
        let job = async move {
            let (message, more) = match at_hand {
                Some(stored) => (stored, Vec::new()),
                None => {
                    let mut more = maildrop.contents(wanted).await?.into_iter();
                    match more.next() {
                        Some((first, message)) if first == number => (message, more.collect()),
                        _ => return Err(Error::NotFound),
                    }
                }
            };
            let message = match message {
                Stored::Octets(octets) => Opened::small(octets),
                Stored::Elsewhere(blob) => Opened::large(blobs.open(&blob).await?).await?,
            };
            Ok(Found {
                number,
                message,
                more,
            })
        };
        self.jobs
            .start(ticket.id(), async move { Done::Found(ticket, job.await) });
    }

    fn found(&mut self, ticket: Ticket<kind::Message>, found: Result<Found>) {
        match found {
            Ok(found) => {
                if !found.more.is_empty() {
                    self.ahead.keep(found.more);
                }
                self.send(ticket, found.number, found.message);
            }
            // IMAP clients may remove what a POP3 session has listed.
            Err(Error::NotFound) => {
                self.session
                    .refuse(ticket, None, "The message was removed meanwhile");
            }
            Err(error) => {
                warn!(?error, "message does not open");
                self.session
                    .refuse(ticket, Some(resp_code(error)), "The message does not open");
            }
        }
    }

    /// Sends a message; its header in ASCII, unless the client has asked for UTF-8.
    fn send(&mut self, ticket: Ticket<kind::Message>, number: u32, mut opened: Opened) {
        let maildrop = self.maildrop.as_ref();
        let mut octets = maildrop.and_then(|all| all.octets(number)).unwrap_or(0);
        let mut ready = VecDeque::with_capacity(2);
        if !self.session.utf8()
            && let Some((length, header)) = surrogate::of(&opened.first)
        {
            let replaced = Octets::of(&opened.first.split_to(length));
            octets = octets.saturating_sub(replaced) + Octets::of(&header);
            ready.push_back(header.into());
        }
        ready.push_back(opened.first);
        let message = self.session.begin_message(ticket, octets);
        self.sending = Some(Sending::new(message, ready, opened.rest));
        self.go_on();
    }

    /// Goes on with the message. True: something went out.
    fn go_on(&mut self) -> bool {
        let Some(sending) = self.sending.take() else {
            return false;
        };
        match sending.go_on(&mut self.session) {
            Sent::All => true,
            Sent::Some(mut sending, moved) => {
                if let Some(block) = sending.wanted() {
                    self.jobs.background(async move { Done::Read(block.await) });
                }
                self.sending = Some(sending);
                moved
            }
        }
    }

    fn read(&mut self, octets: Result<bytes::Bytes>) {
        match (octets, &mut self.sending) {
            (Ok(octets), Some(sending)) => sending.add(octets),
            (Ok(_), None) => {}
            (Err(error), _) => {
                warn!(?error, "message does not read");
                // Dropping the writer ends the connection: half a message must not look whole.
                self.sending = None;
            }
        }
    }

    fn commit(&mut self, ticket: Ticket<kind::Commit>, deleted: Deleted) {
        let Some(maildrop) = self.maildrop.take() else {
            self.session
                .refuse(ticket, Some(RespCode::SysTemp), "No maildrop is open");
            return;
        };
        self.jobs.start(ticket.id(), async move {
            Done::Committed(ticket, maildrop.remove(deleted.numbers()).await)
        });
    }
}

impl Talk for Pop3 {
    type Done = Done;

    fn parts(&mut self) -> (&mut (dyn Endpoint + Send), &mut Jobs<Done>) {
        (&mut self.session, &mut self.jobs)
    }

    fn step(&mut self, now: Time, input: &mut &[u8]) -> Next<()> {
        let next = self.session.next(now, input);
        next.map(|event| self.event(event))
    }

    fn pump(&mut self) -> bool {
        self.list() | self.go_on()
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Checked(ticket, asked) => {
                let answer = self.door.answered(asked);
                self.session.authenticate(ticket, answer);
            }
            Done::Refused(ticket, fault) => {
                let (code, text) = not_admitted(fault);
                self.session.refuse(ticket, Some(code), text);
            }
            Done::Opened(ticket, opened, footing) => {
                let is_open = opened.is_ok();
                self.opened(ticket, opened);
                self.follow(footing.filter(|_| is_open));
            }
            Done::Lapsed(lapse) => {
                info!(?lapse, "the password of the session is gone");
                self.session.abort(lapse.text());
            }
            Done::Found(ticket, found) => self.found(ticket, found),
            Done::Read(octets) => self.read(octets),
            Done::Committed(ticket, Ok(())) => {
                self.session.committed(ticket, Ok(()));
            }
            Done::Committed(ticket, Err(error)) => {
                warn!(?error, "deletions were not made");
                self.session.committed(ticket, Err("Nothing was removed"));
            }
            Done::Renewed(Ok(())) => {
                self.ahead.tidy();
                self.renew();
            }
            Done::Renewed(Err(error)) => {
                warn!(?error, "the lock of the maildrop was lost");
                self.session.abort("The lock of the maildrop was lost");
            }
        }
    }

    fn forfeit(&mut self, ticket: TicketId) {
        self.session.forfeit(ticket);
    }

    fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) {
        Span::current().record("tls", tls.protocol.unwrap_or("unknown"));
        self.session.resume_tls(upgrade, tls);
    }
}

/// The same answers as a session gives to a failed proof.
fn not_admitted(fault: Fault) -> (RespCode, &'static str) {
    match fault {
        Fault::Expired => (RespCode::Auth, "Password has expired"),
        Fault::Disabled => (RespCode::Auth, "Account is disabled"),
        _ if fault.is_temporary() => (RespCode::SysTemp, "Authentication is not available"),
        _ => (RespCode::Auth, "Wrong name or password"),
    }
}

fn resp_code(error: Error) -> RespCode {
    match error {
        Error::Corrupt | Error::Denied => RespCode::SysPerm,
        _ => RespCode::SysTemp,
    }
}
