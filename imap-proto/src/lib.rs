//! See the README.

mod flags;
mod special_use;
mod status;
pub mod syntax;
mod uid;

pub use flags::{FlagList, Flags, Keywords, System};
pub use special_use::SpecialUse;
pub use status::{StatusData, StatusItems};
pub use uid::{ModSeq, Uid, UidSet};
