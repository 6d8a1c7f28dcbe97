//! What the three protocols put round the octets of a mechanism: base64 on lines.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::Secret;

/// What the client sent in reply to a challenge.
#[derive(Debug)]
pub enum Reply {
    /// Decoded octets.
    Data(Secret),
    /// `*`: it gives up (RFC 4954 section 4, RFC 5034 section 4, RFC 9051 section 6.2.2).
    Cancel,
}

/// The line is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not base64")]
pub struct Malformed;

/// Reads a line that answers a challenge, without its CRLF.
///
/// # Errors
/// [`Malformed`] for anything but canonical base64 or `*`.
pub fn reply(line: &[u8]) -> Result<Reply, Malformed> {
    match line {
        b"*" => Ok(Reply::Cancel),
        _ => decode(line).map(Reply::Data),
    }
}

/// Reads an initial response: `=` is an empty one (RFC 4954 section 4).
///
/// # Errors
/// [`Malformed`] for anything but canonical base64 or `=`.
pub fn initial(argument: &[u8]) -> Result<Secret, Malformed> {
    match argument {
        b"=" => Ok(Secret::new(Vec::new())),
        _ => decode(argument),
    }
}

/// The base64 text of a challenge.
///
/// ```
/// assert_eq!(wire_core::sasl::line::challenge(b"Username:"), "VXNlcm5hbWU6");
/// ```
pub fn challenge(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

fn decode(text: &[u8]) -> Result<Secret, Malformed> {
    STANDARD
        .decode(text)
        .map(Secret::new)
        .map_err(|_| Malformed)
}
