//! The text of bodies: as its sender wrapped it, and in short.

pub(crate) mod flowed;
