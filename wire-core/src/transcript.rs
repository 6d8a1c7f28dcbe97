//! Transcripts as tests: what a client says, what the application decides, what the session must
//! say and tell, written so that it reads like the examples of an RFC.
//!
//! ```text
//! # a comment
//! S: 220 mx.example.org ESMTP
//! C: EHLO client.example
//! = hello client.example
//! ! accept
//! S^ 250
//! @ +5m
//! S^ 421
//! CLOSED Timeout
//! ```
//!
//! | line | what it does |
//! |---|---|
//! | `C: text` | the client sends the text and CRLF; lines that follow each other are one write |
//! | `S: text` | the session's next line of output is this |
//! | `S^ text` | the session's next line of output begins with this |
//! | `= text` | an event that begins with this came; events before it that are not named are passed over |
//! | `! text` | the application decides; the subject knows what the words mean |
//! | `@ +5m` | the clock goes on (`us`, `ms`, `s`, `m`, `h`), with each deadline on the way |
//! | `~` | the client's octets are cut here, although nothing is awaited between |
//! | `TLS` | a handshake: the session must have asked for it |
//! | `EOF` | the client is gone |
//! | `SHUTDOWN drain`, `SHUTDOWN now` | the server goes down |
//! | `SHUTDOWN fault` | what answers for the server failed |
//! | `CLOSED Reason` | the session is over, with this [`CloseReason`](crate::CloseReason) |
//!
//! In `C:` and `S:` lines `<CR>`, `<LF>`, `<NUL>` and `<x80>` stand for one octet, `<9*a>` for a
//! repetition, and `<->` at the end leaves the CRLF out.
//!
//! [`replay`] runs a transcript whole, octet by octet, at every two-way cut of the client's octets,
//! and with the application's answers given as late as possible, and demands the same events and
//! the same output every time.

mod record;
mod run;
mod script;

pub use record::{Mismatch, Record};
pub use run::{Answers, Cuts, Subject, replay, run};
