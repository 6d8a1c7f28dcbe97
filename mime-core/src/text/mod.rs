//! The text of bodies: as its sender wrapped it, and in short.

mod beginning;
pub(crate) mod buf;
pub(crate) mod flowed;
mod gist;
mod preview;
