//! Files that a body holds and MIME does not show: within text, or in a `winmail.dat`.

mod crc32;
pub(crate) mod inline;
pub(crate) mod tnef;
pub(crate) mod yenc;
