//! Framing: where a command ends. It comes before any grammar and is a function of octets only.

mod command;
mod line;

pub use command::{Command, Commands, Literal};
pub use line::{Line, Lines};
