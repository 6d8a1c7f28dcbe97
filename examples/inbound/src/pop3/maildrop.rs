//! An INBOX that one POP3 session has for itself.

use std::{ops::Range, sync::Arc, time::Duration};

use crate::store::{Directory, Error, Lease, MailboxId, Result, Store, Stored, Uid, Uids};

/// How long a maildrop stays locked without a sign of life of its session.
pub const LOCKED: Duration = Duration::from_secs(120);
/// Octets of small messages that are read at once.
const AT_ONCE: usize = 128 * 1024;

/// A maildrop that is this session's alone (RFC 1939 section 4), as it was when the session began: 12
/// octets a message. Unlocked on drop.
pub struct Locked {
    store: Arc<dyn Store>,
    lease: Lease,
    mailbox: MailboxId,
    validity: u32,
    /// Of message `n` at `n - 1`, ascending.
    uids: Vec<Uid>,
    /// As POP3 counts them, in the same places.
    octets: Vec<u64>,
}

impl Locked {
    /// Locks the account's INBOX and reads what is in it.
    pub async fn open(
        directory: &dyn Directory,
        store: Arc<dyn Store>,
        account: &str,
    ) -> Result<Self> {
        let account = directory.account(account).await?;
        let account = account.ok_or(Error::NotFound)?;
        let name = format!("maildrop/{}", account.id.0);
        let mut locked = Locked {
            lease: store.lease(&name, LOCKED).await?,
            store,
            mailbox: MailboxId(0),
            validity: 0,
            uids: Vec::new(),
            octets: Vec::new(),
        };
        let selected = locked.store.select(account.id, "INBOX").await?;
        locked.mailbox = selected.mailbox.id;
        locked.validity = selected.counts.uid_validity.0;
        let expected = selected.counts.messages as usize;
        locked.uids.reserve_exact(expected);
        locked.octets.reserve_exact(expected);
        let mut after = None;
        loop {
            let page = locked.store.maildrop(locked.mailbox, after).await?;
            locked.uids.extend(page.items.iter().map(|(uid, _)| *uid));
            locked
                .octets
                .extend(page.items.iter().map(|(_, octets)| *octets));
            after = page.next;
            if after.is_none() {
                return Ok(locked);
            }
        }
    }

    pub fn messages(&self) -> u32 {
        u32::try_from(self.uids.len()).unwrap_or(u32::MAX)
    }

    pub fn total_octets(&self) -> u64 {
        self.octets.iter().sum()
    }

    pub fn octets(&self, number: u32) -> Option<u64> {
        self.octets.get(index(number)?).copied()
    }

    /// Names the message in every session: no mailbox has the validity of another one, and no
    /// message in it the UID of another one.
    pub fn unique_id(&self, number: u32) -> Option<String> {
        let uid = self.uids.get(index(number)?)?;
        Some(format!("{:08x}{:08x}", self.validity, uid.0))
    }

    /// The octets of messages, from the first number on, or where they are. Those that IMAP has
    /// removed are not there any more.
    pub async fn contents(&self, numbers: Range<u32>) -> Result<Vec<(u32, Stored)>> {
        let uids = index(numbers.start)
            .zip(index(numbers.end))
            .and_then(|(start, end)| self.uids.get(start..end.min(self.uids.len())))
            .unwrap_or_default();
        let (Some(first), Some(last)) = (uids.first(), uids.last()) else {
            return Err(Error::NotFound);
        };
        // No UID between them is of a later message.
        let run = Uids::from_runs(vec![first.0..=last.0]);
        let found = self.store.contents(self.mailbox, &run, AT_ONCE).await?;
        let number = |uid| {
            let place = uids.binary_search(&uid).ok()?;
            numbers.start.checked_add(u32::try_from(place).ok()?)
        };
        let numbered = found
            .into_iter()
            .filter_map(|(uid, stored)| Some((number(uid)?, stored)));
        Ok(numbered.collect())
    }

    pub async fn renew(&self) -> Result<()> {
        self.store.renew(&self.lease).await
    }

    /// Removes all of them, or none where the lock was lost meanwhile.
    pub async fn remove(&self, numbers: impl Iterator<Item = u32>) -> Result<()> {
        let uids: Uids = numbers
            .filter_map(|number| self.uids.get(index(number)?).copied())
            .collect();
        if uids.is_empty() {
            return Ok(());
        }
        let fence = Some(self.lease.clone());
        self.store
            .expunge(self.mailbox, uids, false, fence)
            .await
            .map(drop)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.store.give_back(self.lease.clone());
    }
}

fn index(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Blobs, Facts, Flags, New, sqlite::Sqlite};

    /// Three messages, the second one with line ends of Unix, the third one without a last one.
    async fn mailbox(folder: &std::path::Path) -> Arc<Sqlite> {
        let store = Arc::new(Sqlite::open(folder, Default::default()).unwrap());
        let account = store.ensure_account("a@example.org").await.unwrap();
        let inbox = store.select(account.id, "INBOX").await.unwrap().mailbox.id;
        for text in ["A: b\r\n\r\nc\r\n", "A: b\n\nc\n", "A: b\r\n\r\nc"] {
            let mut writer = store.writer(None).await.unwrap();
            writer.write(text.into()).await.unwrap();
            let new = New {
                blob: writer.finish().await.unwrap(),
                layout: None,
                facts: Facts::default(),
                flags: Flags(0),
                internal: None,
            };
            store.append(inbox, vec![new], None).await.unwrap();
        }
        store
    }

    async fn open(store: &Arc<Sqlite>) -> Result<Locked> {
        Locked::open(&**store, store.clone(), "a@example.org").await
    }

    fn is_octets(stored: &Stored, text: &str) -> bool {
        matches!(stored, Stored::Octets(octets) if octets == text)
    }

    // pop3-1939-4-02, pop3-1939-11-02
    #[tokio::test]
    async fn one_session_has_it_and_octets_are_those_of_the_wire() {
        let folder = tempfile::tempdir().unwrap();
        let store = mailbox(folder.path()).await;
        let first = open(&store).await.unwrap();
        assert_eq!(first.octets, [11, 11, 11]);
        assert_eq!((first.messages(), first.total_octets()), (3, 33));
        assert_eq!(open(&store).await.err(), Some(Error::InUse));
        drop(first);
        assert!(open(&store).await.is_ok());
    }

    // pop3-1939-6-02
    #[tokio::test]
    async fn a_lock_that_was_lost_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = mailbox(folder.path()).await;
        let slow = open(&store).await.unwrap();
        store.give_back(slow.lease.clone());
        assert_eq!(slow.renew().await, Err(Error::Fenced));
        let other = open(&store).await.unwrap();
        let all = || 1..=2;
        assert_eq!(slow.remove(all()).await, Err(Error::Fenced));
        assert_eq!(other.contents(1..4).await.unwrap().len(), 3);
        // Its end does not unlock what is another session's by now.
        drop(slow);
        assert_eq!(other.renew().await, Ok(()));
        assert_eq!(other.remove(all()).await, Ok(()));
        drop(other);
        let next = open(&store).await.unwrap();
        assert_eq!(next.messages(), 1);
        assert!(is_octets(
            &next.contents(1..2).await.unwrap()[0].1,
            "A: b\r\n\r\nc"
        ));
    }

    // pop3-1939-7-04
    #[tokio::test]
    async fn unique_ids_stay_and_what_is_gone_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let store = mailbox(folder.path()).await;
        let before = open(&store).await.unwrap();
        let ids: Vec<_> = (1..=3).map(|n| before.unique_id(n).unwrap()).collect();
        store
            .expunge(before.mailbox, Uids::one(before.uids[1]), false, None)
            .await
            .unwrap();
        let found = before.contents(1..4).await.unwrap();
        assert_eq!(
            found.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
            [1, 3]
        );
        assert!(is_octets(&found[0].1, "A: b\r\n\r\nc\r\n"));
        assert_eq!(before.contents(4..5).await, Err(Error::NotFound));
        drop(before);
        drop(store);
        let store = Arc::new(Sqlite::open(folder.path(), Default::default()).unwrap());
        let after = open(&store).await.unwrap();
        assert_eq!(after.unique_id(1).as_ref(), Some(&ids[0]));
        assert_eq!(after.unique_id(2).as_ref(), Some(&ids[2]));
        assert_eq!(after.unique_id(3), None);
    }
}
