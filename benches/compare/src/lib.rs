//! What the comparison and its tests count with.

pub mod count;
