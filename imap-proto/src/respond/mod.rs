//! The serialiser: data into the words of RFC 9051 section 9.
//!
//! Nothing that is put in, whatever octets it holds, can come out malformed: a string that fits into
//! quotes is quoted, any other becomes a literal; a keyword that is no atom is left out; a date
//! beyond four digits of a year is cut to them. Everything is pushed run by run into a [`Sink`];
//! nothing is allocated.
//!
//! `utf8` says that the client enabled IMAP4rev2 or UTF8=ACCEPT: only then may quoted strings hold
//! UTF-8 (RFC 6855 section 3).

mod data;
#[cfg(feature = "mime")]
mod envelope;
#[cfg_attr(
    not(feature = "mime"),
    allow(dead_code, reason = "what structures alone repeat")
)]
mod page;
mod string;
#[cfg(feature = "mime")]
mod structure;
mod threads;

pub use data::{flags, internal_date, number, object_id, section, status, uid_set};
pub(crate) use data::{is_object_id, runs};
#[cfg(feature = "mime")]
pub use envelope::envelope;
pub use page::Page;
pub use string::{Sink, astring, literal_head, mailbox, nstring, string};
#[cfg(feature = "mime")]
pub use structure::body_structure;
pub use threads::threads;
