#![doc = include_str!("../README.md")]

mod address;
mod attributes;
mod calendar;
mod capabilities;
pub mod client;
#[cfg(feature = "codec")]
pub mod codec;
mod command;
mod config;
mod envelope;
mod event;
mod extensions;
mod grammar;
pub mod kind;
mod leniency;
mod limits;
mod own_replies;
mod params;
mod path;
mod raw_mechanisms;
mod reply;
#[cfg(feature = "tokio")]
mod serve;
mod session;
mod trace;

pub use address::{Address, AddressError};
pub use attributes::{Attribute, Attributes, Told};
pub use capabilities::Capabilities;
pub use command::{Command, Initial};
pub use config::{Builder, Config, ConfigError, EarlyTalk};
pub use event::{Dropped, Event, MessageId, RcptId, Verb, Violation};
pub use kind::Accept;
pub use leniency::Leniency;
pub use limits::{Limits, Timeouts};
pub use params::{Body, ByMode, DeliverBy, MailParams, Notify, RcptParams, Ret, Rrvs};
pub use path::Path;
pub use reply::Reply;
#[cfg(feature = "tokio")]
pub use serve::{Envelope, Handler, Outcome, RawAnswer, Recipient, Verdict, serve};
pub use session::Session;
pub use trace::Trace;
pub use wire_core::{
    self,
    text::{BareNewline, EightBit, LongLine, Nul},
};
