//! Bodies: transfer encodings and charsets.

pub(crate) mod base64;
mod base64_lines;
pub(crate) mod charset;
mod decoder;
mod quoted_printable;
mod sink;
pub mod utf7;
pub(crate) mod uuencode;
mod yenc;

pub(crate) use sink::Sink;

pub use decoder::{BodyDecoder, DecodeReport, Step};
