//! See the README.

mod flags;
mod mailbox_name;
mod pattern;
mod special_use;
mod status;
pub mod syntax;
mod uid;
mod view;

pub use flags::{FlagList, Flags, How, Keywords, System};
pub use mailbox_name::{BadName, Mailbox};
pub use special_use::SpecialUse;
pub use status::{StatusData, StatusItems};
pub use uid::{ModSeq, Uid, UidSet};
pub use view::{NoSuchMessage, View, ViewBuilder};
