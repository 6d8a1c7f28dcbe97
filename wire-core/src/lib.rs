#![doc = include_str!("../README.md")]

pub mod calendar;
pub mod dot;
#[cfg(feature = "tokio")]
pub mod driver;
pub mod frame;
pub mod proxy;
pub mod sasl;
pub mod text;
#[cfg(feature = "testing")]
pub mod transcript;

mod buffer;
mod chunk;
mod endpoint;
mod named_set;
mod next;
mod output;
mod peer;
mod ticket;
mod time;

pub use buffer::Buffer;
pub use chunk::{Chunk, Runs};
pub use endpoint::{Endpoint, Shutdown};
pub use next::{CloseReason, Deflate, Next, Upgrade, Wants};
pub use output::Output;
pub use peer::{Peer, TlsInfo};
pub use ticket::{Answered, Mint, Ticket, TicketId};
pub use time::{Entropy, Time};
