//! One-file programs on the Letterslot crates.
