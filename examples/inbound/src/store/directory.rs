//! Who there is: accounts, addresses, secrets. May be another system.

use super::{AccountId, Answer, Lookup, MailboxId};
use std::{fmt, sync::Arc, time::SystemTime};

use wire_core::sasl::Decoy;

/// One stored secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialId(pub u64);

/// Somebody who can receive mail and log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// The login name, `user@domain`.
    pub name: Arc<str>,
    /// What it may do.
    pub state: AccountState,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountState {
    /// Everything.
    Active,
    /// Mail comes in; nobody logs in.
    ReceiveOnly,
    /// Mail is deferred; nobody logs in.
    Suspended,
    /// As if it were not there.
    Deleting,
}

/// Where mail for an address goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// To these mailboxes: several for a group.
    Mailboxes(Vec<(AccountId, MailboxId)>),
    /// 550: there is no such address.
    Unknown,
    /// 450: there is, but not now.
    TryLater,
    /// 452 4.2.2: a message of this size fits none of them.
    Full,
}

/// What a secret is good for, by bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(pub u32);

/// The names of the scopes.
const SCOPES: [(Scopes, &str); 4] = [
    (Scopes::IMAP, "imap"),
    (Scopes::POP3, "pop3"),
    (Scopes::SUBMISSION, "submission"),
    (Scopes::HTTP, "http"),
];

impl Scopes {
    /// Good for nothing.
    pub const NONE: Self = Self(0);
    /// IMAP.
    pub const IMAP: Self = Self(1);
    /// POP3.
    pub const POP3: Self = Self(2);
    /// Submission.
    pub const SUBMISSION: Self = Self(4);
    /// The HTTP interface.
    pub const HTTP: Self = Self(8);
    /// All of them.
    pub const ALL: Self = Self(15);

    /// The scope of this name.
    ///
    /// ```
    /// use inbound::store::Scopes;
    ///
    /// assert_eq!(Scopes::from_name("imap"), Some(Scopes::IMAP));
    /// assert_eq!(Scopes::ALL.names().collect::<Vec<_>>(), ["imap", "pop3", "submission", "http"]);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let mut known = SCOPES.into_iter();
        known.find_map(|(scope, known)| (known == name).then_some(scope))
    }

    /// The names of what is among them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let among = move |(scope, name): (Self, _)| self.allow(scope).then_some(name);
        SCOPES.into_iter().filter_map(among)
    }

    /// These and the others.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is among them.
    pub const fn allow(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What may be told of a stored secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Which one.
    pub id: CredentialId,
    /// What it was stored under.
    pub label: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// Since when it is there.
    pub created: SystemTime,
    /// Until when it is good.
    pub expires: Option<SystemTime>,
    /// When it was last told to be [used](Directory::used).
    pub last_used: Option<SystemTime>,
}

/// A stored secret to verify a password against.
#[derive(Clone)]
pub struct Secret {
    /// Which one; tell [`Directory::used`] when it matched. A decoy has number 0.
    pub credential: CredentialId,
    /// A hash in PHC string format.
    pub argon2: Arc<str>,
    /// The keys for SCRAM, where it has them.
    pub scram: Option<ScramKeys>,
    /// What it is good for.
    pub scopes: Scopes,
    /// Until when.
    pub expires: Option<SystemTime>,
}

/// The keys that SCRAM needs in the place of a password, in the text form of RFC 5803.
#[derive(Clone)]
pub struct ScramKeys {
    /// For SCRAM-SHA-1.
    pub sha1: Arc<str>,
    /// For SCRAM-SHA-256.
    pub sha256: Arc<str>,
}

/// Prints no key.
impl fmt::Debug for ScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramKeys").finish_non_exhaustive()
    }
}

/// Prints no hash.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

/// A secret to store. The caller hashes: it decides when and on which thread.
#[derive(Clone)]
pub struct NewSecret {
    /// A hash in PHC string format.
    pub argon2: String,
    /// The keys for SCRAM, with the salt of [`Directory::decoy`].
    pub scram: Option<ScramKeys>,
    /// What it is good for.
    pub scopes: Scopes,
    /// Until when.
    pub expires: Option<SystemTime>,
}

/// Prints no hash.
impl fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSecret")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Who there is. Names are compared as [`address`](super::address) says; a login name is complete,
/// `user@domain`.
pub trait Directory: Send + Sync + 'static {
    /// Where a message of `octets` for this address goes.
    ///
    /// The first of these that exists: the address itself, that of the [user](Lookup::user) without the
    /// detail, the catch-all `*@domain`. It goes to INBOX; with a detail that names a
    /// [mailbox](Lookup::mailbox), to that one where the account has it and it has no special use.
    fn resolve<'a>(&'a self, address: &'a Lookup, octets: u64) -> Answer<'a, Recipient>;

    /// Whether the account may write as this address: mail for it comes to the account, too.
    ///
    /// Whoever has the catch-all of a domain may write as every address of it that is nobody else's.
    fn may_write_as<'a>(&'a self, account: AccountId, address: &'a Lookup) -> Answer<'a, bool>;

    /// The account of a login name.
    fn account<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Account>>;

    /// The secrets to try a password against, never none.
    ///
    /// An unknown name, or an account without a secret, gets a decoy of the same shape that no password
    /// matches and that is the same each time. So verify first and look at the account afterwards, and
    /// a stranger learns nothing from the time it takes.
    fn secrets<'a>(&'a self, name: &'a str) -> Answer<'a, (Option<Account>, Vec<Secret>)>;

    /// What SCRAM makes of who does not exist, and where the salt of who does comes from: an account
    /// has one salt for all its passwords, and nobody can tell which names are accounts.
    fn decoy(&self) -> Decoy;

    /// Notes that a secret was used. Written with the next transaction; never waited for.
    fn used(&self, credential: CredentialId, at: SystemTime);

    /// Makes sure that the account is there, with its address, INBOX and the usual special-use mailboxes.
    /// What is there already stays as it is. It has no secret yet. [`Error::Denied`](super::Error::Denied)
    /// where the name is not `user@domain`.
    fn ensure_account<'a>(&'a self, name: &'a str) -> Answer<'a, Account>;

    /// Lets mail for `local@domain` go to the account; `*` as local part is the catch-all.
    fn add_address<'a>(
        &'a self,
        account: AccountId,
        local: &'a str,
        domain: &'a str,
    ) -> Answer<'a, ()>;

    /// Lets mail for `local@domain` go to these accounts and no others; to nobody where there are none.
    fn set_address<'a>(
        &'a self,
        local: &'a str,
        domain: &'a str,
        accounts: &'a [AccountId],
    ) -> Answer<'a, ()>;

    /// Stores a secret under a label, in the place of the one that had this label.
    fn set_secret<'a>(
        &'a self,
        account: AccountId,
        label: &'a str,
        secret: NewSecret,
    ) -> Answer<'a, CredentialId>;

    /// Stores a secret under a label that none has.
    /// [`Error::Exists`](super::Error::Exists) where one has it;
    /// [`Error::Limit`](super::Error::Limit) where the account has 64, which is more than anybody
    /// tells apart, and few enough for SCRAM to try all.
    fn add_secret<'a>(
        &'a self,
        account: AccountId,
        label: &'a str,
        secret: NewSecret,
    ) -> Answer<'a, CredentialId>;

    /// What secrets an account has, by label.
    fn credentials(&self, account: AccountId) -> Answer<'_, Vec<Credential>>;

    /// Whether a secret is there.
    fn is_stored(&self, credential: CredentialId) -> Answer<'_, bool>;

    /// Removes a secret.
    fn revoke(&self, credential: CredentialId) -> Answer<'_, ()>;
}
