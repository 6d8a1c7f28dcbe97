//! The store's words in those of IMAP, and back.

use imap_proto::{
    Code, FlagList, MailboxKey, No, SpecialUse, StatusData, System, Uid as ImapUid, UidSet,
};

use crate::{
    logins::Fault,
    store::{self, Counts, Error, Flags, Keywords, MailboxId, Uid, Uids},
};

/// A mailbox number is never used again, so it names the incarnation.
pub fn key(id: MailboxId) -> MailboxKey {
    MailboxKey(id.0.into())
}

pub fn uid(uid: Uid) -> Option<ImapUid> {
    ImapUid::new(uid.0)
}

pub fn stored_uid(uid: ImapUid) -> Uid {
    Uid(uid.get())
}

pub fn uid_set(uids: &Uids) -> UidSet {
    let mut set = UidSet::new();
    for run in uids.runs() {
        set.insert_range(run.clone());
    }
    set
}

pub fn uids_of(set: &UidSet) -> Uids {
    Uids::from_runs(set.ranges().collect())
}

const SYSTEM: [(Flags, System); 5] = [
    (Flags::SEEN, System::SEEN),
    (Flags::ANSWERED, System::ANSWERED),
    (Flags::FLAGGED, System::FLAGGED),
    (Flags::DELETED, System::DELETED),
    (Flags::DRAFT, System::DRAFT),
];

/// Flags with their words, which [`Keywords::of`] gives.
pub fn flag_list<'w>(flags: Flags, words: &'w [&'w str]) -> FlagList<'w> {
    let held = SYSTEM.into_iter().filter(|(flag, _)| flags.has(*flag));
    let system = held.fold(System::default(), |all, (_, system)| all | system);
    FlagList {
        system,
        keywords: imap_proto::Keywords::Strs(words),
    }
}

/// The bits of flags whose words are all in the dictionary; others are left out.
pub fn flags_of(flags: &imap_proto::Flags, keywords: &Keywords) -> Flags {
    let system = SYSTEM
        .into_iter()
        .filter(|(_, system)| flags.system.has(*system));
    let words = flags.keywords.iter().filter_map(|word| keywords.flag(word));
    system
        .map(|(flag, _)| flag)
        .chain(words)
        .fold(Flags::default(), |all, flag| all | flag)
}

pub fn status(id: MailboxId, counts: &Counts) -> StatusData {
    let mut status = StatusData::default();
    status.messages = Some(counts.messages);
    status.uid_next = next_uid(counts);
    status.uid_validity = Some(counts.uid_validity.0);
    status.unseen = Some(counts.unseen);
    status.deleted = Some(counts.deleted);
    status.size = Some(counts.octets);
    status.modseq = Some(counts.highest.0);
    status.key = Some(key(id));
    status
}

/// The last UID there is stands for "none left".
pub fn next_uid(counts: &Counts) -> Option<ImapUid> {
    capped(counts.uid_next)
}

/// A UID that may be one too many.
pub fn capped(uid: u64) -> Option<ImapUid> {
    ImapUid::new(u32::try_from(uid).unwrap_or(u32::MAX))
}

const USES: [(store::SpecialUse, SpecialUse); 8] = [
    (store::SpecialUse::ALL, SpecialUse::ALL),
    (store::SpecialUse::ARCHIVE, SpecialUse::ARCHIVE),
    (store::SpecialUse::DRAFTS, SpecialUse::DRAFTS),
    (store::SpecialUse::FLAGGED, SpecialUse::FLAGGED),
    (store::SpecialUse::JUNK, SpecialUse::JUNK),
    (store::SpecialUse::SENT, SpecialUse::SENT),
    (store::SpecialUse::TRASH, SpecialUse::TRASH),
    (store::SpecialUse::IMPORTANT, SpecialUse::IMPORTANT),
];

pub fn special_use(stored: store::SpecialUse) -> SpecialUse {
    let held = USES.into_iter().filter(|(use_, _)| stored.has(*use_));
    held.fold(SpecialUse::NONE, |all, (_, use_)| all | use_)
}

pub fn stored_use(wanted: SpecialUse) -> store::SpecialUse {
    let held = USES.into_iter().filter(|(_, use_)| wanted.has(*use_));
    store::SpecialUse(held.fold(0, |all, (use_, _)| all | use_.0))
}

/// The same answers as a session gives to a failed proof.
pub fn not_admitted(fault: Fault) -> No<'static> {
    match fault {
        Fault::Expired => No::new(Code::Expired, "The password has expired"),
        Fault::Disabled => No::new(Code::ContactAdmin, "The account is off"),
        _ if fault.is_temporary() => No::new(Code::Unavailable, "Try again later"),
        _ => No::new(Code::AuthenticationFailed, "Wrong user or password"),
    }
}

/// What the client is told of a failure of the store. The reason is in the log.
pub fn refusal(error: Error) -> No<'static> {
    match error {
        Error::NotFound => No::new(Code::NonExistent, "There is no such mailbox"),
        Error::Exists => No::new(Code::AlreadyExists, "There is one of this name already"),
        Error::Denied => No::new(Code::Cannot, "That cannot be done"),
        Error::OverQuota => No::new(Code::OverQuota, "The account is full"),
        Error::Limit => No::new(Code::Limit, "A limit of the server is reached"),
        Error::InUse => No::new(Code::InUse, "It is in use"),
        Error::Corrupt => No::new(Code::Corruption, "The stored message is damaged"),
        _ => No::new(Code::Unavailable, "The store cannot do that now"),
    }
}
