#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]

mod command;
mod config;
mod deleted;
mod event;
mod language;
mod line;
mod maildrop;
mod octets;
mod reply;
mod session;
mod wanted;

pub use config::{Builder, Config, ConfigError, Expire, Limits, Timeouts, Utf8};
pub use deleted::Deleted;
pub use event::{Columns, Event, Violation, kind};
pub use language::Language;
pub use maildrop::Maildrop;
pub use octets::Octets;
pub use reply::RespCode;
pub use session::{OpenList, OpenMessage, Session};
pub use wire_core;
