//! SASL exchanges (RFC 4422), for all three protocols.
//!
//! An [`Exchange`] knows a mechanism and nothing of framing: SMTP puts its challenges behind `334`,
//! POP3 and IMAP behind `+ `, all in base64 ([`line`](mod@line)). Nor does it know any password: the
//! application gets one owned [`Request`], wherever the octets came from, and gives an [`Answer`],
//! now or later.
//!
//! ```
//! use wire_core::{Entropy, sasl::{Answer, Context, Exchange, Mechanism, Nonces, Request, Step}};
//!
//! let mut nonces = Nonces::new(Entropy([7; 32]));
//! let context = Context::new(&mut nonces, "mail.example.org");
//! let (mut exchange, step) = Exchange::start(Mechanism::Plain, Some(b"\0demo\0secret"), context);
//! let Step::Ask(Request::Password { user, password }) = step else { panic!() };
//! let answer = if password.verify(b"secret") { Answer::Grant } else { Answer::Deny };
//! let Step::Done { identity, .. } = exchange.answer(answer) else { panic!() };
//! assert_eq!(&*identity.user, "demo");
//! # let _ = user;
//! ```
//!
//! # Mechanisms
//!
//! | | asks for | with the feature |
//! |---|---|---|
//! | PLAIN, LOGIN, a protocol's own command | [`Request::Password`] | |
//! | SCRAM-SHA-1, SCRAM-SHA-256, and -PLUS | [`Request::StoredKeys`] | `crypto` |
//! | CRAM-MD5, APOP | [`Request::SharedSecret`] | `crypto` |
//! | OAUTHBEARER, XOAUTH2 | [`Request::Token`] | |
//! | EXTERNAL | [`Request::Certificate`] | |
//! | ANONYMOUS | [`Request::Anonymous`] | |
//!
//! Whoever names an authorization identity that is not their own is asked about again, with
//! [`Request::ActAs`], when the proof held; so is who names another user than the owner of their token. DIGEST-MD5 is historic (RFC 6331), and not here.

#[cfg(all(test, feature = "crypto"))]
mod cost;
#[cfg(feature = "crypto")]
mod crypto;
mod exchange;
mod gs2;
mod keys;
pub mod line;
mod mechanism;
mod nonce;
mod oauth;
mod plain;
mod prepare;
mod request;
#[cfg(feature = "crypto")]
mod scram;
mod secret;
#[cfg(feature = "crypto")]
mod shared;
mod token_error;

pub use exchange::{Context, Exchange, Step};
pub use keys::{Decoy, NotKeys, ScramHash, StoredKeys};
pub use mechanism::{Mechanism, Mechanisms};
pub use nonce::Nonces;
pub use prepare::prepare;
pub use request::{Answer, FailedLogin, Failure, Identity, Request, SharedDigest};
pub use secret::Secret;
pub use token_error::{TokenError, TokenFault};

/// A user's name: UTF-8, prepared.
fn name(octets: &[u8]) -> Option<Box<str>> {
    prepare(std::str::from_utf8(octets).ok()?).map(Into::into)
}
