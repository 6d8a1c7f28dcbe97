//! IMAP over the store: UIDs and mod-sequences in, rows out.

mod ahead;
mod convert;
mod flags;
mod loading;
mod search;
mod upload;
mod work;

use std::{collections::VecDeque, sync::Arc};

use imap_proto::{Change, Code, CopyUid, Event, Mailbox, Namespaces, No, Session, Violation, kind};
use tokio::task::AbortHandle;
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
    store::{AccountId, Error, Keywords, MailboxId, ModSeq, Raised, Result, Watch},
};

pub use flags::{ImapFlags, Settings};

use convert::{key, refusal, stored_uid, uids_of};
use loading::Loading;
use upload::Upload;
use work::{News, Opened, Stored};

/// An IMAP session with the store it reads.
pub struct Imap {
    session: Session,
    shared: Arc<Shared>,
    jobs: Jobs<Done>,
    door: Door,
    account: Option<AccountId>,
    /// Waits for the end of the password that opened the session.
    following: Option<Watching>,
    open: Option<Open>,
    loading: Option<Loading>,
    /// Loads that wait for their turn.
    loads: VecDeque<Loading>,
    upload: Option<Upload>,
}

/// The selected mailbox.
struct Open {
    id: MailboxId,
    read_only: bool,
    keywords: Keywords,
    /// Something in it changed.
    raised: Raised,
    /// Waits for changes until it is dropped.
    watching: Watching,
}

struct Watching(AbortHandle);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a job brings back.
pub enum Done {
    Checked(Ticket<kind::Auth>, Asked),
    LoggedIn(Ticket<kind::Login>, std::result::Result<Admission, Fault>),
    Lapsed(Lapse),
    Selected(Ticket<kind::Select>, bool, Result<Opened>),
    Listed(Ticket<kind::List>, Result<Vec<work::Listed>>),
    Counted(Ticket<kind::Status>, Result<imap_proto::StatusData>),
    Created(Ticket<kind::Create>, Result<Option<MailboxId>>),
    Changed(Ticket<kind::Done>, Result<()>),
    Rows(Result<loading::Rows>),
    Octets(Result<loading::Octets>),
    Looked(ahead::Looked),
    Stored(Ticket<kind::Store>, Result<Stored>),
    Copied(Ticket<kind::Copy>, Result<CopyUid>),
    Expunged(Ticket<kind::Expunge>, Result<crate::store::Expunged>),
    Upload(upload::Progress),
    Searched(search::Narrowed),
    Woken(MailboxId, Result<Box<dyn Watch>>),
    Synced(Ticket<kind::Sync>, Result<News>),
}

impl Imap {
    pub fn new(session: Session, shared: Arc<Shared>, door: Door) -> Self {
        Imap {
            session,
            shared,
            jobs: Jobs::default(),
            door,
            account: None,
            following: None,
            open: None,
            loading: None,
            loads: VecDeque::new(),
            upload: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Auth { ticket, request } => self.check(ticket, request),
            Event::Login { ticket, identity } => self.login(ticket, identity),
            Event::LoginFailed(failed) => self.door.failed(&failed),
            Event::Rejected { line, why } => {
                match why {
                    Violation::TlsRequired => self.door.no_tls(),
                    _ => self.door.broken_off(),
                }
                info!(line = %line.escape_ascii(), ?why, "refused");
            }
            Event::Deselected { .. } => self.open = None,
            Event::AppendAborted => self.upload = None,
            Event::Unauthenticated => {
                self.account = None;
                self.following = None;
            }
            event => match self.account {
                Some(account) => self.authenticated(account, event),
                None => self.session.decline(event),
            },
        }
    }

    fn authenticated(&mut self, account: AccountId, event: Event<'_>) {
        match event {
            Event::Select {
                ticket,
                mailbox,
                read_only,
            } => {
                self.select(account, ticket, &mailbox, read_only);
            }
            Event::List { ticket, query } => {
                let store = self.shared.store.clone();
                self.jobs.start(ticket.id(), async move {
                    Done::Listed(ticket, work::list(&*store, account, &query).await)
                });
            }
            Event::Status {
                ticket,
                mailbox,
                items,
                ..
            } => {
                let (store, name) = (self.shared.store.clone(), mailbox.name().to_owned());
                self.jobs.start(ticket.id(), async move {
                    Done::Counted(ticket, work::status(&*store, account, &name, items).await)
                });
            }
            Event::Create {
                ticket,
                mailbox,
                special_use,
            } => {
                let (store, name) = (self.shared.store.clone(), mailbox.name().to_owned());
                self.jobs.start(ticket.id(), async move {
                    Done::Created(
                        ticket,
                        work::create(store, account, name, special_use).await,
                    )
                });
            }
            Event::Delete { ticket, mailbox } => {
                let name = mailbox.name().to_owned();
                self.change(ticket, move |store| work::delete(store, account, name));
            }
            Event::Rename { ticket, from, to } => {
                let (from, to) = (from.name().to_owned(), to.name().to_owned());
                self.change(ticket, move |store| work::rename(store, account, from, to));
            }
            Event::Subscribe {
                ticket,
                mailbox,
                on,
            } => {
                let name = mailbox.name().to_owned();
                self.change(ticket, move |store| {
                    work::subscribe(store, account, name, on)
                });
            }
            Event::Namespace { ticket } => {
                self.session
                    .namespaces(ticket, &Namespaces::personal("", '/'));
            }
            Event::Append { ticket, mailbox } => {
                self.upload = Some(Upload::new(ticket, account, mailbox.name(), None));
            }
            Event::Replace {
                ticket,
                uid,
                mailbox,
            } => {
                let replaced = self.open.as_ref().map(|open| (open.id, stored_uid(uid)));
                self.upload = Some(Upload::new(ticket, account, mailbox.name(), replaced));
            }
            Event::Message(new) => self.upload_begin(new),
            Event::Chunk(octets) => self.upload_octets(octets),
            Event::MessageEnd => self.upload_message_end(),
            Event::AppendEnd => self.upload_end(),
            event => match &self.open {
                Some(open) => self.selected(account, open.id, open.read_only, event),
                None => self.session.decline(event),
            },
        }
    }

    fn selected(
        &mut self,
        account: AccountId,
        mailbox: MailboxId,
        read_only: bool,
        event: Event<'_>,
    ) {
        let store = self.shared.store.clone();
        match event {
            Event::Load { ticket, load } => {
                self.loads.push_back(Loading::new(ticket, load, mailbox));
            }
            Event::Store { ticket, change } => {
                self.jobs.start(ticket.id(), async move {
                    Done::Stored(ticket, work::flag(&*store, account, mailbox, change).await)
                });
            }
            Event::Search { ticket, query } => self.search(mailbox, ticket, query),
            Event::Sort { ticket, query, .. } => self.search(mailbox, ticket, query),
            Event::Thread { ticket, query, .. } => self.search(mailbox, ticket, query),
            Event::Copy {
                ticket,
                uids,
                to,
                moves,
            } => {
                let to = to.name().to_owned();
                self.jobs.start(ticket.id(), async move {
                    let copied = work::copy(&*store, account, mailbox, uids, to, moves).await;
                    Done::Copied(ticket, copied)
                });
            }
            Event::Expunge { ticket, uids } => {
                self.jobs.start(ticket.id(), async move {
                    let expunged = store.expunge(mailbox, uids_of(&uids), true, None).await;
                    Done::Expunged(ticket, expunged)
                });
            }
            Event::Sync { ticket, since, .. } => {
                self.jobs.start(ticket.id(), async move {
                    let news = work::news(&*store, mailbox, ModSeq(since), read_only).await;
                    Done::Synced(ticket, news)
                });
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

    fn login(&mut self, ticket: Ticket<kind::Login>, identity: Identity) {
        Span::current().record("auth", identity.mechanism.map_or("LOGIN", Mechanism::name));
        let admitted = self.door.admit(identity);
        self.jobs.start(ticket.id(), async move {
            Done::LoggedIn(ticket, admitted.await)
        });
    }

    /// Ends the session when the password that opened it is taken away.
    fn follow(&mut self, footing: Option<Footing>) {
        self.following = footing.map(|footing| {
            let lapse = async move { Done::Lapsed(footing.lapse().await) };
            Watching(self.jobs.background(lapse))
        });
    }

    fn select(
        &mut self,
        account: AccountId,
        ticket: Ticket<kind::Select>,
        mailbox: &Mailbox<'_>,
        read_only: bool,
    ) {
        let (store, name) = (self.shared.store.clone(), mailbox.name().to_owned());
        self.jobs.start(ticket.id(), async move {
            let opened = work::open(&*store, account, &name, read_only).await;
            Done::Selected(ticket, read_only, opened)
        });
    }

    /// A change to the tree of mailboxes, which has nothing to say but whether it was made.
    fn change<F, J>(&mut self, ticket: Ticket<kind::Done>, job: F)
    where
        F: FnOnce(Arc<dyn crate::store::Store>) -> J,
        J: Future<Output = Result<()>> + Send + 'static,
    {
        let job = job(self.shared.store.clone());
        self.jobs
            .start(ticket.id(), async move { Done::Changed(ticket, job.await) });
    }

    fn opened(&mut self, ticket: Ticket<kind::Select>, read_only: bool, opened: Result<Opened>) {
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => return self.no(ticket, error),
        };
        Span::current().record("mailbox", tracing::field::debug(&opened.mailbox.name));
        let id = opened.mailbox.id;
        let watch = self.shared.store.watch(crate::store::Scope::Mailbox(id));
        self.open = Some(Open {
            id,
            read_only,
            keywords: opened.keywords.clone(),
            raised: watch.raised(),
            watching: self.watch(id, watch),
        });
        self.session.selected(ticket, opened.selected(read_only));
    }

    /// Waits until something is new in the mailbox.
    fn watch(&mut self, id: MailboxId, mut watch: Box<dyn Watch>) -> Watching {
        Watching(self.jobs.background(async move {
            let woken = watch.changed().await;
            Done::Woken(id, woken.map(|()| watch))
        }))
    }

    /// It was: [`Imap::look`] has seen it, and the session asks what it is when it can use the answer.
    fn woken(&mut self, id: MailboxId, watch: Result<Box<dyn Watch>>) {
        if self.open.as_ref().is_none_or(|open| open.id != id) {
            return;
        }
        let watching = match watch {
            Ok(watch) => self.watch(id, watch),
            Err(error) => return self.deaf(&error),
        };
        if let Some(open) = &mut self.open {
            open.watching = watching;
        }
    }

    /// Was something committed? Then the next completion comes after the news: whoever was told of a
    /// delivery, or has just appended a message, finds it here.
    fn look(&mut self) {
        if let Some(open) = &self.open
            && open.raised.lower()
        {
            let hint = Change::hint(key(open.id), imap_proto::ModSeq::MAX);
            self.session.notify(&hint);
        }
    }

    fn synced(&mut self, ticket: Ticket<kind::Sync>, news: Result<News>) {
        let news = match news {
            Ok(news) => news,
            Err(error) => return self.deaf(&error),
        };
        if let (Some(open), Some(keywords)) = (&mut self.open, news.keywords) {
            open.keywords = keywords;
        }
        self.session.synced(ticket, &news.change);
    }

    /// A client that cannot be told what changes must not go on with numbers that are wrong.
    fn deaf(&mut self, error: &Error) {
        if matches!(error, Error::NotFound) {
            return self.session.abort("The mailbox was deleted");
        }
        warn!(?error, "the mailbox cannot be followed");
        self.session
            .abort("The mailbox cannot be followed any more");
    }

    fn stored(&mut self, ticket: Ticket<kind::Store>, stored: Result<Stored>) {
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => return self.no(ticket, error),
        };
        if !stored.changed.is_empty() {
            self.session.store_took(&ticket, stored.modseq.0);
        }
        for entry in &stored.rows {
            let words: Vec<&str> = stored.keywords.of(entry.flags).collect();
            let flags = convert::flag_list(entry.flags, &words);
            if let Some(uid) = convert::uid(entry.uid) {
                self.session.stored(&ticket, uid, flags, entry.modseq.0);
            }
        }
        if stored.rows.is_empty() {
            let changed = convert::uid_set(&stored.changed);
            self.session.stored_all(&ticket, &changed, stored.modseq.0);
        }
        for uid in stored.modified.iter().filter_map(convert::uid) {
            self.session.store_conflict(&ticket, uid);
        }
        if let Some(open) = &mut self.open {
            open.keywords = stored.keywords;
        }
        self.session.store_done(ticket);
    }

    fn no<K>(&mut self, ticket: Ticket<K>, error: Error) {
        if !matches!(error, Error::NotFound | Error::Exists | Error::OverQuota) {
            warn!(?error, "refused by the store");
        }
        self.session.refuse(ticket, refusal(error));
    }

    /// For COPY, MOVE and APPEND: a mailbox that is not there may be made (RFC 9051 section 6.4.7).
    fn no_try_create<K>(&mut self, ticket: Ticket<K>, error: Error) {
        match error {
            Error::NotFound => {
                let no = No::new(Code::TryCreate, "There is no such mailbox");
                self.session.refuse(ticket, no);
            }
            error => self.no(ticket, error),
        }
    }
}

/// Who still needs what `--lenient` allows?
impl Drop for Imap {
    fn drop(&mut self) {
        for (habit, uses) in self.session.leniency_used() {
            for habit in habit.names() {
                info!(habit, uses, "taken beyond the grammar");
            }
        }
    }
}

impl Talk for Imap {
    type Done = Done;

    fn parts(&mut self) -> (&mut (dyn Endpoint + Send), &mut Jobs<Done>) {
        (&mut self.session, &mut self.jobs)
    }

    fn step(&mut self, now: Time, input: &mut &[u8]) -> Next<()> {
        self.look();
        let next = self.session.next(now, input);
        next.map(|event| self.event(event))
    }

    fn busy(&self) -> bool {
        self.upload.as_ref().is_some_and(Upload::is_busy)
    }

    fn pump(&mut self) -> bool {
        self.load_on()
    }

    fn finish(&mut self, done: Done) {
        self.look();
        match done {
            Done::Checked(ticket, asked) => {
                let answer = self.door.answered(asked);
                self.session.authenticate(ticket, answer);
            }
            Done::LoggedIn(ticket, Ok(admission)) => {
                self.account = Some(admission.account.id);
                self.session.accept(ticket);
                self.follow(admission.footing);
            }
            Done::LoggedIn(ticket, Err(fault)) => {
                self.session.refuse(ticket, convert::not_admitted(fault));
            }
            Done::Lapsed(lapse) => {
                info!(?lapse, "the password of the session is gone");
                self.session.abort(lapse.text());
            }
            Done::Selected(ticket, read_only, opened) => self.opened(ticket, read_only, opened),
            Done::Listed(ticket, Ok(listed)) => {
                for folder in &listed {
                    self.session.folder(&ticket, folder.as_folder());
                }
                self.session.listed(ticket);
            }
            Done::Listed(ticket, Err(error)) => self.no(ticket, error),
            Done::Counted(ticket, Ok(status)) => {
                self.session.status(ticket, status);
            }
            Done::Counted(ticket, Err(error)) => self.no(ticket, error),
            Done::Created(ticket, Ok(Some(id))) => {
                self.session.created(ticket, key(id));
            }
            Done::Created(ticket, Ok(None)) => {
                self.session.accept(ticket);
            }
            Done::Created(ticket, Err(error)) => self.no(ticket, error),
            Done::Changed(ticket, Ok(())) => {
                self.session.accept(ticket);
            }
            Done::Changed(ticket, Err(error)) => self.no(ticket, error),
            Done::Rows(rows) => self.rows(rows),
            Done::Octets(octets) => self.octets(octets),
            Done::Looked(looked) => self.looked(looked),
            Done::Stored(ticket, stored) => self.stored(ticket, stored),
            Done::Copied(ticket, Ok(copied)) => {
                self.session.copied(ticket, copied);
            }
            Done::Copied(ticket, Err(error)) => self.no_try_create(ticket, error),
            Done::Expunged(ticket, Ok(expunged)) => {
                let uids = convert::uid_set(&expunged.uids);
                self.session.expunged(ticket, &uids, expunged.modseq.0);
            }
            Done::Expunged(ticket, Err(error)) => self.no(ticket, error),
            Done::Searched(narrowed) => self.searched(narrowed),
            Done::Upload(progress) => self.upload_on(progress),
            Done::Woken(id, watch) => self.woken(id, watch),
            Done::Synced(ticket, news) => self.synced(ticket, news),
        }
    }

    fn forfeit(&mut self, ticket: TicketId) {
        self.upload.take_if(|upload| upload.answers(ticket));
        self.session.forfeit(ticket);
    }

    fn resume_tls(&mut self, upgrade: Upgrade, tls: TlsInfo) {
        Span::current().record("tls", tls.protocol.unwrap_or("unknown"));
        self.session.resume_tls(upgrade, tls);
    }
}
