#![cfg_attr(feature = "mime", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "mime"),
    doc = "IMAP server sessions without I/O. The README's example needs the feature `mime`."
)]

mod capability;
mod casemap;
mod change;
mod config;
mod event;
mod flags;
mod folder;
mod leniency;
mod mailbox_name;
mod no;
mod pattern;
mod query;
pub mod respond;
mod row;
mod selected;
#[cfg(feature = "tokio")]
mod serve;
mod session;
mod sorting;
mod special_use;
mod status;
pub mod syntax;
mod threads;
mod transfer;
mod uid;
mod view;

pub use wire_core;

pub use capability::Capabilities;
pub use casemap::casemap;
pub use change::{Change, Noted, Rows, StoreChange};
pub use config::{Builder, Config, ConfigError, Limits};
pub use event::{Event, Violation, kind};
pub use flags::{FlagList, Flags, Keywords, System};
pub use folder::{Folder, Namespaces};
pub use leniency::Leniency;
pub use mailbox_name::{BadName, Mailbox};
pub use no::{Code, No};
#[cfg(feature = "mime")]
pub use query::searched_texts;
pub use query::{Key, KeyList, KeyRef, Query, Subject, Unsearchable, Want};
pub use row::{Load, Need, Row, Why};
pub use selected::{MailboxKey, Selected};
#[cfg(feature = "tokio")]
pub use serve::{Folders, Handler, Matches, Page, Refusal, Reply, Stored, serve};
pub use session::{Blob, Evaluable, Failed, ListQuery, Plain, Session};
pub use special_use::SpecialUse;
pub use status::{StatusData, StatusItems};
pub use syntax::{How, SortBy, SortField, SortKey, Threading};
pub use threads::Threads;
pub use transfer::{AppendUid, CopyUid, NewMessage};
pub use uid::{ModSeq, Uid, UidSet};
pub use view::{NoSuchMessage, View, ViewBuilder};
