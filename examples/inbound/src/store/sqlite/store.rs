//! [`Store`] and [`Directory`] over the engine: each method one transaction.

use super::{
    Sqlite, accounts, append, changes, contents, copy, counters, deliver, events, expunge, flag,
    keywords, leases::Taken, mailboxes, maildrop, messages, recent, search_index, secrets, tidy,
};
use crate::store::{
    Account, AccountId, Answer, BlobId, Changes, Copied, Counts, Credential, CredentialId, Cursor,
    Delivered, Delivery, Directory, Entry, Expunged, FlagOp, Flagged, Keywords, Lease, Lookup,
    Mailbox, MailboxId, MailboxOp, ModSeq, New, NewSecret, OutEvent, Page, Quota, Receipt,
    Recipient, Result, Scope, Secret, Selected, Sought, Staged, Store, Stored, Tidied, Uid, Uids,
    Want, Watch, blobs::Place,
};
use std::time::{Duration, SystemTime};
use wire_core::sasl::Decoy;

/// Of SCRAM: some hundredths of a second for a client and for who makes the keys, and for each guess of who
/// steals them. Clients on Cyrus SASL (mbsync) give up above 65,536.
const ITERATIONS: u32 = 65_536;

/// What a content brings to the writer: a file is durable already.
fn octets_of(blob: &Staged) -> usize {
    match &blob.place {
        Place::Inline(octets) => octets.len(),
        Place::File(_) => 0,
    }
}

impl Directory for Sqlite {
    fn resolve<'a>(&'a self, address: &'a Lookup, octets: u64) -> Answer<'a, Recipient> {
        let address = address.clone();
        self.read(move |db| accounts::resolve(db, &address, octets))
    }

    fn may_write_as<'a>(&'a self, account: AccountId, address: &'a Lookup) -> Answer<'a, bool> {
        let address = address.clone();
        self.read(move |db| accounts::may_write_as(db, account, &address))
    }

    fn account<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Account>> {
        let name = name.to_owned();
        self.read(move |db| accounts::by_name(db, &name))
    }

    fn secrets<'a>(&'a self, name: &'a str) -> Answer<'a, (Option<Account>, Vec<Secret>)> {
        let (name, key) = (name.to_owned(), self.engine.identity.decoy_key);
        self.read(move |db| secrets::find(db, &name, &key))
    }

    fn decoy(&self) -> Decoy {
        Decoy::new(self.engine.identity.decoy_key).iterations(ITERATIONS)
    }

    fn used(&self, credential: CredentialId, at: SystemTime) {
        self.write_later(move |tx| secrets::used(tx, credential, at));
    }

    fn ensure_account<'a>(&'a self, name: &'a str) -> Answer<'a, Account> {
        let name = name.to_owned();
        self.write(0, move |tx| accounts::ensure(tx, &name))
    }

    fn add_address<'a>(
        &'a self,
        account: AccountId,
        local: &'a str,
        domain: &'a str,
    ) -> Answer<'a, ()> {
        let (local, domain) = (local.to_owned(), domain.to_owned());
        self.write(0, move |tx| {
            accounts::add_address(tx, account, &local, &domain)
        })
    }

    fn set_address<'a>(
        &'a self,
        local: &'a str,
        domain: &'a str,
        accounts: &'a [AccountId],
    ) -> Answer<'a, ()> {
        let (local, domain, accounts) = (local.to_owned(), domain.to_owned(), accounts.to_vec());
        self.write(0, move |tx| {
            accounts::set_address(tx, &local, &domain, &accounts)
        })
    }

    fn set_secret<'a>(
        &'a self,
        account: AccountId,
        label: &'a str,
        secret: NewSecret,
    ) -> Answer<'a, CredentialId> {
        let label = label.to_owned();
        self.write(0, move |tx| secrets::set(tx, account, &label, &secret))
    }

    fn add_secret<'a>(
        &'a self,
        account: AccountId,
        label: &'a str,
        secret: NewSecret,
    ) -> Answer<'a, CredentialId> {
        let label = label.to_owned();
        self.write(0, move |tx| secrets::add(tx, account, &label, &secret))
    }

    fn credentials(&self, account: AccountId) -> Answer<'_, Vec<Credential>> {
        self.read(move |db| secrets::list(db, account))
    }

    fn is_stored(&self, credential: CredentialId) -> Answer<'_, bool> {
        self.read(move |db| secrets::is_stored(db, credential))
    }

    fn revoke(&self, credential: CredentialId) -> Answer<'_, ()> {
        self.write(0, move |tx| secrets::revoke(tx, credential))
    }
}

impl Store for Sqlite {
    fn deliver(&self, delivery: Delivery) -> Answer<'_, Delivered> {
        self.write(octets_of(&delivery.blob), move |tx| {
            deliver::deliver(tx, &delivery)
        })
    }

    fn confirm(&self, receipt: Receipt) {
        self.write_later(move |tx| deliver::confirm(tx, &receipt));
    }

    fn mailboxes(&self, viewer: AccountId) -> Answer<'_, Vec<Mailbox>> {
        self.read(move |db| mailboxes::list(db, viewer))
    }

    fn subscriptions(&self, viewer: AccountId) -> Answer<'_, Vec<String>> {
        self.read(move |db| mailboxes::subscriptions(db, viewer))
    }

    fn counts<'a>(&'a self, viewer: AccountId, of: &'a [MailboxId]) -> Answer<'a, Vec<Counts>> {
        let of = of.to_vec();
        self.read(move |db| messages::counts(db, viewer, &of))
    }

    fn change_mailboxes(
        &self,
        viewer: AccountId,
        ops: Vec<MailboxOp>,
    ) -> Answer<'_, Vec<Option<MailboxId>>> {
        self.write(0, move |tx| mailboxes::change(tx, viewer, &ops))
    }

    fn select<'a>(&'a self, viewer: AccountId, name: &'a str) -> Answer<'a, Selected> {
        let name = name.to_owned();
        self.read(move |db| messages::select(db, viewer, &name))
    }

    fn take_recent(&self, of: MailboxId, through: Uid) -> Answer<'_, u64> {
        self.write(0, move |tx| recent::take(tx, of, through))
    }

    fn recent(&self, of: MailboxId) -> Answer<'_, u32> {
        self.read(move |db| recent::count(db, of))
    }

    fn uids(&self, of: MailboxId, after: Option<Uid>) -> Answer<'_, Page<Uids>> {
        self.read(move |db| messages::uids(db, of, after))
    }

    fn entries<'a>(
        &'a self,
        of: MailboxId,
        uids: &'a Uids,
        want: Want,
        since: Option<ModSeq>,
    ) -> Answer<'a, Page<Vec<Entry>>> {
        let uids = uids.clone();
        self.read(move |db| messages::entries(db, of, &uids, want, since))
    }

    fn keep_preview(&self, of: BlobId, text: String) {
        self.write_later(move |tx| contents::keep_preview(tx, of, &text));
    }

    fn maildrop(&self, of: MailboxId, after: Option<Uid>) -> Answer<'_, Page<Vec<(Uid, u64)>>> {
        self.read(move |db| maildrop::list(db, of, after))
    }

    fn contents<'a>(
        &'a self,
        of: MailboxId,
        uids: &'a Uids,
        most: usize,
    ) -> Answer<'a, Vec<(Uid, Stored)>> {
        let uids = uids.clone();
        self.read(move |db| maildrop::contents(db, of, &uids, most))
    }

    fn may_hold<'a>(
        &'a self,
        of: MailboxId,
        uids: &'a Uids,
        sought: &'a Sought,
    ) -> Answer<'a, Uids> {
        Box::pin(search_index::may_hold(self, of, uids, sought))
    }

    fn append(
        &self,
        to: MailboxId,
        all: Vec<New>,
        replaces: Option<(MailboxId, Uid)>,
    ) -> Answer<'_, Copied> {
        let octets = all.iter().map(|new| octets_of(&new.blob)).sum();
        self.write(octets, move |tx| append::append(tx, to, &all, replaces))
    }

    fn copy(
        &self,
        from: MailboxId,
        uids: Uids,
        to: MailboxId,
        and_remove: bool,
    ) -> Answer<'_, Copied> {
        self.write(0, move |tx| copy::copy(tx, from, &uids, to, and_remove))
    }

    fn flag(
        &self,
        of: MailboxId,
        uids: Uids,
        op: FlagOp,
        unchanged_since: Option<ModSeq>,
    ) -> Answer<'_, Flagged> {
        Box::pin(self.flag_all(of, uids, op, unchanged_since))
    }

    fn expunge(
        &self,
        of: MailboxId,
        uids: Uids,
        only_deleted: bool,
        fence: Option<Lease>,
    ) -> Answer<'_, Expunged> {
        self.write(0, move |tx| {
            expunge::expunge(tx, of, &uids, only_deleted, fence.as_ref())
        })
    }

    fn keyword<'a>(&'a self, owner: AccountId, names: &'a [&'a str]) -> Answer<'a, Keywords> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Box::pin(async move {
            // Most often all are there, and nothing has to be written.
            let known = self.read(move |db| keywords::all(db, owner)).await?;
            match names.iter().all(|name| known.flag(name).is_some()) {
                true => Ok(known),
                false => {
                    self.write(0, move |tx| keywords::ensure(tx, owner, &names))
                        .await
                }
            }
        })
    }

    fn changes(&self, of: MailboxId, since: ModSeq, most: usize) -> Answer<'_, Changes> {
        self.read(move |db| changes::changes(db, of, since, most))
    }

    fn vanished(&self, of: MailboxId, since: ModSeq) -> Answer<'_, Uids> {
        self.read(move |db| changes::vanished_since(db, of, since))
    }

    fn watch(&self, scope: Scope) -> Box<dyn Watch> {
        self.engine.hub.watch(scope)
    }

    fn head(&self) -> Answer<'_, Cursor> {
        let identity = self.engine.identity.clone();
        self.read(move |db| events::head(db, &identity))
    }

    fn events<'a>(
        &'a self,
        scope: Scope,
        after: &'a Cursor,
        most: usize,
    ) -> Answer<'a, Vec<OutEvent>> {
        let (identity, after) = (self.engine.identity.clone(), after.clone());
        self.read(move |db| events::read(db, &identity, scope, &after, most))
    }

    fn lease<'a>(&'a self, name: &'a str, lasts: Duration) -> Answer<'a, Lease> {
        let (name, leases) = (name.to_owned(), self.engine.leases.clone());
        let taken = self.write(0, move |_| Taken::take(leases, &name, lasts));
        Box::pin(async move { Ok(taken.await?.arrived()) })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> Answer<'a, ()> {
        let lease = lease.clone();
        self.write(0, move |tx| tx.leases.renew(&lease))
    }

    fn give_back(&self, lease: Lease) {
        self.engine.leases.give_back(&lease);
    }

    fn quota(&self, of: AccountId) -> Answer<'_, Quota> {
        self.read(move |db| counters::quota(db, of))
    }

    fn set_quota(
        &self,
        of: AccountId,
        octets: Option<u64>,
        messages: Option<u64>,
    ) -> Answer<'_, ()> {
        self.write(0, move |tx| counters::set_quota(tx, of, octets, messages))
    }

    fn tidy(&self, budget: Duration) -> Answer<'_, Tidied> {
        Box::pin(tidy::tidy(self, budget))
    }
}

impl Sqlite {
    /// Bulk changes in several transactions, so that they do not stop deliveries.
    async fn flag_all(
        &self,
        of: MailboxId,
        uids: Uids,
        op: FlagOp,
        unchanged_since: Option<ModSeq>,
    ) -> Result<Flagged> {
        let mut left = uids;
        let mut all: Option<Flagged> = None;
        loop {
            let part = left.clone();
            let (flagged, next) = self
                .write(0, move |tx| flag::flag(tx, of, &part, op, unchanged_since))
                .await?;
            let sum = match all.take() {
                None => flagged,
                Some(before) => joined(before, flagged),
            };
            match next {
                Some(last) => left = left.after(last),
                None => return Ok(sum),
            }
            all = Some(sum);
        }
    }
}

fn joined(a: Flagged, b: Flagged) -> Flagged {
    let join =
        |a: &Uids, b: &Uids| Uids::from_runs(a.runs().iter().chain(b.runs()).cloned().collect());
    Flagged {
        modseq: a.modseq.max(b.modseq),
        done: join(&a.done, &b.done),
        changed: Uids::default(),
        modified: join(&a.modified, &b.modified),
        gone: join(&a.gone, &b.gone),
    }
}
