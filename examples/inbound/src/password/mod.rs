//! Passwords for devices: `inbound password`, and what it does to the directory.

mod control;
mod flags;
mod generate;
mod order;

pub use control::Control;
pub use flags::{PasswordCommand, run};
pub use order::{Keeper, Listed, Order, Outcome};
