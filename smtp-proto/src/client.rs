//! What a server says, read by its client: for a proxy, a relay, a probe or a test.
//!
//! [`Replies`] takes replies off the octets of a server, without I/O and without a copy;
//! [`Reply::extensions`] reads the answer to EHLO. What is sent is yours to write.
//!
//! ```
//! use smtp_proto::{Capabilities, client::Replies};
//!
//! let mut replies = Replies::new();
//! let mut input: &[u8] = b"220 mx.example ESMTP\r\n250-mx.example\r\n250-SIZE 5000\r\n250 STAR";
//! let greeting = replies.next(&mut input)?.unwrap();
//! assert_eq!((greeting.code(), greeting.domain()), (220, Some("mx.example")));
//!
//! assert_eq!(replies.next(&mut input)?, None); // it is not complete yet
//! let mut input: &[u8] = b"250-mx.example\r\n250-SIZE 5000\r\n250 STARTTLS\r\n";
//! let hello = replies.next(&mut input)?.unwrap();
//! let extensions = hello.extensions();
//! assert!(extensions.has(Capabilities::STARTTLS));
//! assert_eq!(extensions.size(), Some(5000));
//! # Ok::<(), smtp_proto::client::ReplyError>(())
//! ```
//!
//! # STARTTLS
//!
//! What a server seems to have said in plaintext behind its 220 to STARTTLS was put there by
//! somebody else, and must never be read as if it had come through TLS. Who tells the parser that
//! STARTTLS was sent cannot fall for it: behind the 220 nothing more is read until the handshake is
//! done and the rest of the plaintext was shown to be empty.
//!
//! ```
//! use smtp_proto::client::{BadReply, Replies};
//!
//! let mut replies = Replies::new();
//! replies.expect_tls(); // as STARTTLS is sent
//! let mut input: &[u8] = b"220 Go ahead\r\n250 You are logged in\r\n";
//! let ready = replies.next(&mut input)?.unwrap();
//! assert_eq!(ready.code(), 220);
//! // .. the handshake ..
//! let injected = replies.resume_tls(input).unwrap_err();
//! assert_eq!(injected.why, BadReply::Plaintext);
//! # Ok::<(), smtp_proto::client::ReplyError>(())
//! ```
//!
//! What EHLO told before TLS is void then: ask again (RFC 3207 section 4.2).

mod error;
mod extensions;
mod replies;
mod reply;

pub use error::{BadReply, ReplyError};
pub use extensions::{Extensions, FutureRelease, TransactionLimits, Words};
pub use replies::{Replies, ReplyLimits};
pub use reply::{Lines, Reply, Severity};
