//! Bodies: transfer encodings and charsets.

pub(crate) mod base64;
pub(crate) mod charset;
mod decoder;
mod quoted_printable;
pub mod utf7;
pub(crate) mod uuencode;
mod yenc;

pub use decoder::{BodyDecoder, DecodeReport, Step};
