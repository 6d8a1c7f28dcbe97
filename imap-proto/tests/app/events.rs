//! What the session asks, as what is owed, and in the words of a transcript.

use super::*;

impl App {
    pub(super) fn take(&mut self, event: Event<'_>, record: &mut Record) -> Option<Owed> {
        record.event(show(&event));
        let name = |mailbox: &Mailbox<'_>| mailbox.name().to_owned();
        Some(match event {
            Event::Auth { ticket, request } => Owed::Auth(ticket, request),
            Event::Login { ticket, .. } => Owed::Login(ticket),
            Event::Select {
                ticket,
                mailbox,
                read_only,
            } => Owed::Select(ticket, name(&mailbox), read_only),
            Event::List { ticket, query } => Owed::List(ticket, query),
            Event::Status {
                ticket, mailbox, ..
            } => Owed::Status(ticket, name(&mailbox)),
            Event::Create {
                ticket,
                mailbox,
                special_use,
            } => Owed::Create(ticket, name(&mailbox), special_use),
            Event::Delete { ticket, mailbox } => Owed::Delete(ticket, name(&mailbox)),
            Event::Rename { ticket, from, to } => Owed::Rename(ticket, name(&from), name(&to)),
            Event::Subscribe {
                ticket,
                mailbox,
                on,
            } => Owed::Subscribe(ticket, name(&mailbox), on),
            Event::Namespace { ticket } => Owed::Namespace(ticket),
            Event::Load { ticket, load } => Owed::Load(ticket, load, None),
            Event::Store { ticket, change } => Owed::Store(ticket, change),
            Event::Search { ticket, query } => Owed::Search(ticket, query),
            Event::Sort { ticket, query, .. } => Owed::Sort(ticket, query),
            Event::Thread { ticket, query, .. } => Owed::Thread(ticket, query),
            Event::Copy {
                ticket,
                uids,
                to,
                moves,
            } => Owed::Copy(ticket, uids, name(&to), moves),
            Event::Expunge { ticket, uids } => Owed::Expunge(ticket, uids),
            Event::Sync { ticket, since, .. } => Owed::Sync(ticket, since),
            Event::Append { ticket, mailbox } => {
                self.upload = Some((ticket, name(&mailbox), None));
                return None;
            }
            Event::Replace {
                ticket,
                uid,
                mailbox,
            } => {
                self.upload = Some((ticket, name(&mailbox), Some(uid)));
                return None;
            }
            Event::Message(message) => {
                self.messages.push((message, Vec::new()));
                Owed::More
            }
            Event::Chunk(octets) => {
                record.octets("chunk", octets);
                self.messages
                    .last_mut()
                    .unwrap()
                    .1
                    .extend_from_slice(octets);
                return None;
            }
            Event::AppendEnd => Owed::Append,
            Event::AppendAborted => {
                self.upload = None;
                self.messages.clear();
                self.owed.clear();
                return None;
            }
            Event::Unauthenticated => return None,
            Event::Deselected { .. } => {
                self.selected = None;
                return None;
            }
            _ => return None,
        })
    }
}

/// An event in a few words.
fn show(event: &Event<'_>) -> String {
    match event {
        Event::Auth {
            request: Request::Password { user, .. },
            ..
        } => format!("auth {user}"),
        Event::Auth { .. } => "auth".to_owned(),
        Event::Login { identity, .. } => format!("login {}", identity.account()),
        Event::Id(pairs) => format!("id {}", pairs.iter().count()),
        Event::Select {
            mailbox, read_only, ..
        } => {
            format!(
                "{} {}",
                if *read_only { "examine" } else { "select" },
                mailbox.name()
            )
        }
        Event::Deselected { mailbox } => format!("deselected {}", mailbox.0),
        Event::List { query, .. } => format!("list {:?}", query.prefix()),
        Event::Status { mailbox, items, .. } => format!("status {} {items:?}", mailbox.name()),
        Event::Create { mailbox, .. } => format!("create {}", mailbox.name()),
        Event::Delete { mailbox, .. } => format!("delete {}", mailbox.name()),
        Event::Rename { from, to, .. } => format!("rename {} {}", from.name(), to.name()),
        Event::Subscribe { mailbox, on, .. } => format!("subscribe {} {on}", mailbox.name()),
        Event::Load { load, .. } => {
            let gone = load.vanished.as_ref().map(|uids| format!(" gone {uids}"));
            let since = load.changed_since.map(|since| format!(" since {since}"));
            let (gone, since) = (gone.unwrap_or_default(), since.unwrap_or_default());
            format!("load {} {:?}{since}{gone}", load.uids, load.why)
        }
        Event::Store { change, .. } => format!("store {} {:?}", change.uids, change.how),
        Event::Search { query, .. } => format!("search {:?}", query.among()),
        Event::Sort { query, by, .. } => format!("sort {:?} {by:?}", query.among()),
        Event::Thread {
            query, threading, ..
        } => format!("thread {:?} {threading:?}", query.among()),
        Event::Copy {
            uids, to, moves, ..
        } => format!("copy {uids} {} {moves}", to.name()),
        Event::Expunge { uids, .. } => format!("expunge {uids}"),
        Event::Sync { since, .. } => format!("sync {since}"),
        Event::Append { mailbox, .. } => format!("append {}", mailbox.name()),
        Event::Replace { uid, mailbox, .. } => format!("replace {uid} {}", mailbox.name()),
        Event::Unauthenticated => "unauthenticated".to_owned(),
        Event::Message(message) => {
            let flags: Vec<_> = message.flags.system.names().collect();
            let binary = if message.binary { " binary" } else { "" };
            let utf8 = if message.utf8 { " utf8" } else { "" };
            format!(
                "message {} [{}]{binary}{utf8}",
                message.size,
                flags.join(" ")
            )
        }
        Event::Chunk(_) => "chunks".to_owned(),
        Event::MessageEnd => "message-end".to_owned(),
        Event::AppendEnd => "append-end".to_owned(),
        Event::AppendAborted => "append-aborted".to_owned(),
        Event::LoginFailed(failed) => {
            let user = failed.user.as_deref().unwrap_or_default();
            let mechanism = failed.mechanism.map_or("own", sasl::Mechanism::name);
            format!("login failed {user} {mechanism} {:?}", failed.why)
        }
        Event::Rejected { line, why } => format!("rejected {} {why:?}", line.escape_ascii()),
        _ => "other".to_owned(),
    }
}
