//! SASL exchanges (RFC 4422), for all three protocols.
//!
//! An [`Exchange`] knows a mechanism and nothing of framing: SMTP puts its challenges behind `334`,
//! POP3 and IMAP behind `+ `, all in base64 ([`line`](mod@line)). Nor does it know any password: the
//! application gets one owned [`Request`], wherever the octets came from, and gives an [`Answer`],
//! now or later.
//!
//! ```
//! use wire_core::sasl::{Answer, Exchange, Mechanism, Request, Step};
//!
//! let (mut exchange, step) = Exchange::start(Mechanism::Plain, Some(b"\0demo\0secret"));
//! let Step::Ask(Request::Password { user, password }) = step else { panic!() };
//! let answer = if password.verify(b"secret") { Answer::Grant } else { Answer::Deny };
//! let Step::Done { identity, .. } = exchange.answer(answer) else { panic!() };
//! assert_eq!(&*identity.user, "demo");
//! # let _ = user;
//! ```

mod exchange;
pub mod line;
mod mechanism;
mod secret;

pub use exchange::{Answer, Exchange, Failure, Identity, Request, Step};
pub use mechanism::{Mechanism, Mechanisms};
pub use secret::Secret;
