//! Threads: which mails belong together.
//!
//! There are two ways to them, and both begin with the [`Keys`] of each mail.
//!
//! - [`Algorithm::thread`] makes the threads of a list of mails, as IMAP's THREAD wants them (RFC
//!   5256): ORDEREDSUBJECT, REFERENCES and REFS. It needs all of them at once.
//! - [`assign`] keeps threads as mail comes in, with a table of the application. In whatever order
//!   mails come, the same mails end in one thread. [`Plan`] is the same in two steps, for a database
//!   that is asked asynchronously.
//!
//! ```
//! use mime_core::thread::{Algorithm, Keys};
//! use mime_core::Header;
//! let mails: [&[u8]; 3] = [
//!     b"Message-ID: <1@a>\r\nSubject: lunch\r\n\r\n",
//!     b"Message-ID: <2@a>\r\nSubject: else\r\n\r\n",
//!     b"Message-ID: <3@a>\r\nReferences: <1@a>\r\nSubject: Re: lunch\r\n\r\n",
//! ];
//! let entries = (1..).zip(mails).map(|(n, mail)| (n, Keys::of(Header::new(mail)), i64::from(n)));
//! let threads = Algorithm::References.thread(entries);
//! let rows: Vec<_> = threads.rows().iter().map(|row| (row.message.unwrap(), row.depth)).collect();
//! assert_eq!(rows, [(1, 0), (3, 1), (2, 0)]);
//! ```

mod assign;
mod date;
mod keys;
mod merge;
mod ordered;
mod references;
mod rows;
mod subject;

pub use assign::{Plan, Store, assign};
pub use date::sent_date;
pub use keys::{Keys, MAX_REFERENCES};
pub use rows::{Row, Step, Threads};
pub use subject::BaseSubject;

use alloc::vec::Vec;

use crate::octets::spells;

/// How threads are made of a list of mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// By base subject alone; the first mail of a thread is the parent of all others. Threads are
    /// in the order of their first mails (RFC 5256 section 3).
    OrderedSubject,
    /// By References and In-Reply-To, then by base subject for threads that these do not join.
    /// Threads are in the order of their first mails (RFC 5256 section 3).
    References,
    /// By References and In-Reply-To alone. Threads are in the order of their latest mails
    /// (draft-ietf-morg-inthread).
    Refs,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 3] = [
        Algorithm::OrderedSubject,
        Algorithm::References,
        Algorithm::Refs,
    ];

    /// What IMAP calls it: `THREAD=` and this is the capability.
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::OrderedSubject => "ORDEREDSUBJECT",
            Algorithm::References => "REFERENCES",
            Algorithm::Refs => "REFS",
        }
    }

    /// The algorithm of this name, without regard to case.
    pub fn of(name: &[u8]) -> Option<Algorithm> {
        match () {
            _ if spells(name, b"orderedsubject") => Some(Algorithm::OrderedSubject),
            _ if spells(name, b"references") => Some(Algorithm::References),
            _ if spells(name, b"refs") => Some(Algorithm::Refs),
            _ => None,
        }
    }

    /// The threads of these mails, each given with its keys and its sent date in seconds since
    /// 1970: that of [`sent_date`], or INTERNALDATE where there is none (RFC 5256 section 2.2). They
    /// come in the order of the mailbox, which decides between equal
    /// dates.
    ///
    /// It takes n log n time and room for the mails and the ids they name, of each mail at most
    /// [`MAX_REFERENCES`]. It never recurses, and no References make a loop. A mailbox made to have
    /// loops looked for all over again is cut short: then single mails are not linked to their
    /// parents.
    pub fn thread<'a, T: Copy>(
        self,
        mails: impl IntoIterator<Item = (T, Keys<'a>, i64)>,
    ) -> Threads<T> {
        let (mut messages, mut keys, mut dates) = (Vec::new(), Vec::new(), Vec::new());
        for (message, key, date) in mails {
            messages.push(message);
            keys.push(key);
            dates.push(date);
        }
        let forest = match self {
            Algorithm::OrderedSubject => ordered::forest(&keys, &dates),
            Algorithm::References => references::by_subject_too(&keys, &dates),
            Algorithm::Refs => references::by_latest(&keys, &dates),
        };
        Threads::new(&forest, &messages)
    }
}
