//! A command as it stands on the wire: borrowed, checked, nothing resolved.
//!
//! Lists (flags, fetch items, search keys, sequence sets) are slices of the command that the parser
//! has already walked once. Their iterators walk the same octets again and therefore cannot fail;
//! nothing is allocated for any of them.

use super::append::{Append, Replace};
use super::fetch::Fetch;
use super::id::IdPairs;
use super::list::{List, Lsub};
use super::listed::Atoms;
use super::search::Search;
use super::select::Select;
use super::set::SequenceSet;
use super::sort::{Sort, Thread};
use super::store::Store;
use super::string::{Credential, Str};
use crate::special_use::SpecialUse;
use crate::status::StatusItems;

/// One command: RFC 9051 section 9, `command`.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// What every completion of this command repeats, octet for octet.
    pub tag: &'a str,
    /// The command and its arguments.
    pub body: Body<'a>,
}

/// The commands of RFC 9051 and of the RFC 3501 it replaced, with the extensions served here.
///
/// A name such as `mailbox` is the string of the client: [`crate::Mailbox::from_wire`] decodes it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Body<'a> {
    /// `CAPABILITY`: RFC 9051 section 6.1.1.
    Capability,
    /// `NOOP`: RFC 9051 section 6.1.2.
    Noop,
    /// `LOGOUT`: RFC 9051 section 6.1.3.
    Logout,
    /// `ID`: RFC 2971. `NIL` is an empty list.
    Id(IdPairs<'a>),
    /// `ENABLE`: RFC 9051 section 6.3.1.
    Enable(Atoms<'a>),
    /// `STARTTLS`: RFC 9051 section 6.2.1.
    StartTls,
    /// `LOGIN`: RFC 9051 section 6.2.3.
    Login {
        /// Whose mail.
        user: Str<'a>,
        /// Not printed by `Debug`.
        password: Credential<'a>,
    },
    /// `AUTHENTICATE`: RFC 9051 section 6.2.2.
    Authenticate {
        /// The SASL mechanism, in the case the client wrote.
        mechanism: &'a str,
        /// The initial response, still in base64; `=` is an empty one.
        initial: Option<Credential<'a>>,
    },
    /// `UNAUTHENTICATE`: RFC 8437.
    Unauthenticate,
    /// `NAMESPACE`: RFC 9051 section 6.3.10.
    Namespace,
    /// `LIST`, plain or extended: RFC 9051 section 6.3.9.
    List(List<'a>),
    /// `LSUB`: RFC 3501 section 6.3.9.
    Lsub(Lsub<'a>),
    /// `STATUS`: RFC 9051 section 6.3.11.
    Status {
        /// Need not be selected.
        mailbox: Str<'a>,
        /// At least one.
        items: StatusItems,
    },
    /// `CREATE`: RFC 9051 section 6.3.4, with the `USE` parameter of RFC 6154.
    Create {
        /// A trailing separator only declares an intent.
        mailbox: Str<'a>,
        /// Empty without `USE`.
        special_use: SpecialUse,
        /// `USE` named a use nobody has defined: RFC 6154 section 3 wants NO `[USEATTR]`.
        unknown_use: bool,
    },
    /// `DELETE`: RFC 9051 section 6.3.5.
    Delete {
        /// Never INBOX, which the session refuses.
        mailbox: Str<'a>,
    },
    /// `RENAME`: RFC 9051 section 6.3.6.
    Rename {
        /// INBOX here moves its messages away.
        from: Str<'a>,
        /// The new name.
        to: Str<'a>,
    },
    /// `SUBSCRIBE`: RFC 9051 section 6.3.7.
    Subscribe {
        /// The mailbox need not exist.
        mailbox: Str<'a>,
    },
    /// `UNSUBSCRIBE`: RFC 9051 section 6.3.8.
    Unsubscribe {
        /// The mailbox need not exist.
        mailbox: Str<'a>,
    },
    /// `SELECT` and `EXAMINE`: RFC 9051 sections 6.3.2 and 6.3.3.
    Select(Select<'a>),
    /// `APPEND` up to the octets of the message: RFC 9051 section 6.3.12.
    Append(Append<'a>),
    /// `REPLACE` up to the octets of the message: RFC 8508.
    Replace(Replace<'a>),
    /// `IDLE`: RFC 9051 section 6.3.13. [`super::is_done`] knows the line that ends it.
    Idle,
    /// `CHECK`: RFC 3501 section 6.4.1.
    Check,
    /// `CLOSE`: RFC 9051 section 6.4.1.
    Close,
    /// `UNSELECT`: RFC 9051 section 6.4.2.
    Unselect,
    /// `EXPUNGE`, and `UID EXPUNGE` of RFC 9051 section 6.4.9.
    Expunge {
        /// `UID EXPUNGE`: only these.
        uids: Option<SequenceSet<'a>>,
    },
    /// `SEARCH`: RFC 9051 section 6.4.4.
    Search(Search<'a>),
    /// `SORT`: RFC 5256.
    Sort(Sort<'a>),
    /// `THREAD`: RFC 5256.
    Thread(Thread<'a>),
    /// `FETCH`: RFC 9051 section 6.4.5.
    Fetch(Fetch<'a>),
    /// `STORE`: RFC 9051 section 6.4.6.
    Store(Store<'a>),
    /// `COPY` and `MOVE`: RFC 9051 sections 6.4.7 and 6.4.8.
    Copy {
        /// The `UID` form.
        uid: bool,
        /// Which messages.
        set: SequenceSet<'a>,
        /// Where to.
        mailbox: Str<'a>,
        /// `MOVE`.
        moves: bool,
    },
}
