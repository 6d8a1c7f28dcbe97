//! Mailboxes as LIST shows them.

use crate::{SpecialUse, StatusData};

/// One mailbox for the answer to `Event::List`.
///
/// Give every mailbox of the user (or those under [`ListQuery::prefix`](crate::ListQuery::prefix)),
/// in any order, and the names that are subscribed but do not exist. Patterns, INBOX in any case,
/// missing parents, `\HasChildren`, CHILDINFO and RECURSIVEMATCH are the session's work.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'a> {
    pub(crate) name: &'a str,
    pub(crate) subscribed: bool,
    pub(crate) no_select: bool,
    pub(crate) non_existent: bool,
    pub(crate) special_use: SpecialUse,
    pub(crate) status: Option<StatusData>,
}

impl<'a> Folder<'a> {
    /// A mailbox that exists and can be selected. The name is UTF-8, with the separator of the
    /// `Config` between its levels.
    pub fn new(name: &'a str) -> Self {
        Folder {
            name,
            subscribed: false,
            no_select: false,
            non_existent: false,
            special_use: SpecialUse::NONE,
            status: None,
        }
    }

    /// The user has subscribed to it.
    #[must_use]
    pub fn subscribed(mut self) -> Self {
        self.subscribed = true;
        self
    }

    /// It only has inferiors; it cannot be selected.
    #[must_use]
    pub fn no_select(mut self) -> Self {
        self.no_select = true;
        self
    }

    /// There is no such mailbox: the name is subscribed, or only has inferiors.
    #[must_use]
    pub fn non_existent(mut self) -> Self {
        self.non_existent = true;
        self
    }

    /// What it is for.
    #[must_use]
    pub fn special_use(mut self, special_use: SpecialUse) -> Self {
        self.special_use = special_use;
        self
    }

    /// Its numbers, where [`ListQuery::status`](crate::ListQuery::status) asks for them.
    #[must_use]
    pub fn status(mut self, status: StatusData) -> Self {
        self.status = Some(status);
        self
    }
}

/// The prefixes of RFC 2342, each with its separator: the answer to `Event::Namespace`.
///
/// ```
/// use imap_proto::Namespaces;
/// let own = Namespaces::personal("", '/');
/// let more = own.clone().other("Other/", '/').shared("Public/", '/');
/// # let _ = more;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespaces {
    pub(crate) personal: Vec<(String, char)>,
    pub(crate) other: Vec<(String, char)>,
    pub(crate) shared: Vec<(String, char)>,
}

impl Namespaces {
    /// The user's own mailboxes.
    pub fn personal(prefix: &str, separator: char) -> Self {
        let personal = vec![(prefix.to_owned(), separator)];
        Namespaces {
            personal,
            other: Vec::new(),
            shared: Vec::new(),
        }
    }

    /// Mailboxes of other users.
    #[must_use]
    pub fn other(mut self, prefix: &str, separator: char) -> Self {
        self.other.push((prefix.to_owned(), separator));
        self
    }

    /// Mailboxes of nobody in particular.
    #[must_use]
    pub fn shared(mut self, prefix: &str, separator: char) -> Self {
        self.shared.push((prefix.to_owned(), separator));
        self
    }
}
