//! Events without what they borrow of the buffer: it goes on while a method decides.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use wire_core::{
    Ticket,
    driver::{Connection, Step},
    sasl::{FailedLogin, Identity, Request},
};

use super::{Handler, upload::Upload};
use crate::{
    Event, ListQuery, Load, Mailbox, MailboxKey, ModSeq, NewMessage, Query, Session, SortBy,
    SpecialUse, StatusItems, StoreChange, Threading, UidSet, Violation, kind,
};

/// What is to be answered.
pub(super) enum Asked {
    Auth(Ticket<kind::Auth>, Request),
    Login(Ticket<kind::Login>, Identity),
    List(Ticket<kind::List>, ListQuery),
    Status(Ticket<kind::Status>, String, StatusItems),
    Namespace(Ticket<kind::Namespace>),
    Select(Ticket<kind::Select>, String, bool),
    Load(Ticket<kind::Load>, Load),
    Search(Ticket<kind::Search>, Query),
    Sort(Ticket<kind::Sort>, Query, SortBy),
    Thread(Ticket<kind::Thread>, Query, Threading),
    Store(Ticket<kind::Store>, StoreChange),
    Copy(Ticket<kind::Copy>, UidSet, String, bool),
    Expunge(Ticket<kind::Expunge>, UidSet),
    Create(Ticket<kind::Create>, String, SpecialUse),
    Delete(Ticket<kind::Done>, String),
    Rename(Ticket<kind::Done>, String, String),
    Subscribe(Ticket<kind::Done>, String, bool),
    Sync(Ticket<kind::Sync>, MailboxKey, ModSeq),
    Append(Upload),
    Message(NewMessage),
    Octets(Bytes),
    AppendEnd,
    AppendAborted,
    Told(Told),
    Nothing,
}

/// What nobody has to answer.
pub(super) enum Told {
    Deselected(MailboxKey),
    Unauthenticated,
    Identified(Vec<(String, Option<String>)>),
    LoginFailed(FailedLogin),
    Rejected(Vec<u8>, Violation),
}

impl Told {
    pub(super) fn tell<H: Handler>(self, handler: &mut H) {
        match self {
            Told::Deselected(mailbox) => handler.deselected(mailbox),
            Told::Unauthenticated => handler.logout(),
            Told::Identified(fields) => handler.identified(&fields),
            Told::LoginFailed(failed) => handler.login_failed(&failed),
            Told::Rejected(line, why) => handler.rejected(&line, why),
        }
    }
}

/// One call of the session.
pub(super) fn next<S>(connection: &mut Connection<'_, S, Session>) -> Step<Asked>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    connection.next(|session, now, input| session.next(now, input).map(Asked::of))
}

impl Asked {
    fn of(event: Event<'_>) -> Self {
        let name = |mailbox: Mailbox<'_>| mailbox.name().to_owned();
        match event {
            Event::Auth { ticket, request } => Asked::Auth(ticket, request),
            Event::Login { ticket, identity } => Asked::Login(ticket, identity),
            Event::List { ticket, query } => Asked::List(ticket, query),
            Event::Status {
                ticket,
                mailbox,
                items,
            } => Asked::Status(ticket, name(mailbox), items),
            Event::Namespace { ticket } => Asked::Namespace(ticket),
            Event::Select {
                ticket,
                mailbox,
                read_only,
                ..
            } => Asked::Select(ticket, name(mailbox), read_only),
            Event::Load { ticket, load } => Asked::Load(ticket, load),
            Event::Search { ticket, query } => Asked::Search(ticket, query),
            Event::Sort { ticket, query, by } => Asked::Sort(ticket, query, by),
            Event::Thread {
                ticket,
                query,
                threading,
            } => Asked::Thread(ticket, query, threading),
            Event::Store { ticket, change } => Asked::Store(ticket, change),
            Event::Copy {
                ticket,
                uids,
                to,
                moves,
            } => Asked::Copy(ticket, uids, name(to), moves),
            Event::Expunge { ticket, uids } => Asked::Expunge(ticket, uids),
            Event::Create {
                ticket,
                mailbox,
                special_use,
            } => Asked::Create(ticket, name(mailbox), special_use),
            Event::Delete { ticket, mailbox } => Asked::Delete(ticket, name(mailbox)),
            Event::Rename { ticket, from, to } => Asked::Rename(ticket, name(from), name(to)),
            Event::Subscribe {
                ticket,
                mailbox,
                on,
            } => Asked::Subscribe(ticket, name(mailbox), on),
            Event::Sync {
                ticket,
                mailbox,
                since,
            } => Asked::Sync(ticket, mailbox, since),
            Event::Append { ticket, mailbox } => Asked::Append(Upload {
                ticket,
                mailbox: name(mailbox),
                replaces: None,
            }),
            Event::Replace {
                ticket,
                uid,
                mailbox,
            } => Asked::Append(Upload {
                ticket,
                mailbox: name(mailbox),
                replaces: Some(uid),
            }),
            Event::Message(message) => Asked::Message(message),
            Event::Chunk(octets) => Asked::Octets(Bytes::copy_from_slice(octets)),
            Event::AppendEnd => Asked::AppendEnd,
            Event::AppendAborted => Asked::AppendAborted,
            Event::Deselected { mailbox } => Asked::Told(Told::Deselected(mailbox)),
            Event::Unauthenticated => Asked::Told(Told::Unauthenticated),
            Event::Id(pairs) => Asked::Told(Told::Identified(
                pairs
                    .iter()
                    .map(|pair| {
                        let text = |text: crate::syntax::Str<'_>| {
                            String::from_utf8_lossy(&text.to_bytes()).into_owned()
                        };
                        (text(pair.field), pair.value.map(text))
                    })
                    .collect(),
            )),
            Event::LoginFailed(failed) => Asked::Told(Told::LoginFailed(failed)),
            Event::Rejected { line, why } => Asked::Told(Told::Rejected(line.to_vec(), why)),
            Event::MessageEnd => Asked::Nothing,
        }
    }
}
