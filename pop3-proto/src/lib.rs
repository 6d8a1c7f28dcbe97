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
#[cfg(feature = "tokio")]
mod serve;
mod session;
mod wanted;

pub use config::{Builder, Config, ConfigError, Expire, Limits, Timeouts, Utf8};
pub use deleted::Deleted;
pub use event::{Columns, Event, Violation, kind};
pub use language::Language;
pub use maildrop::Maildrop;
pub use octets::Octets;
pub use reply::RespCode;
#[cfg(feature = "tokio")]
pub use serve::{Handler, Refusal, Row, serve};
pub use session::{OpenList, OpenMessage, Session};
pub use wire_core;
