//! A session as a codec of tokio-util, for programs that live in a world of `Framed`: tests and
//! simple sinks. Feature `codec`.
//!
//! [`Framed`](tokio_util::codec::Framed) reads, calls the [`Codec`], and gives its [`Item`]s; an
//! answer is a closure over the [`Session`], and whatever the session has to say leaves with it.
//! Send an answer, or [`flush`], after each item and before the next one is asked for, and once at
//! the beginning: the server speaks first.
//!
//! ```
//! use futures_util::{SinkExt, StreamExt};
//! use smtp_proto::{Config, Session, codec::{Codec, Item, flush}};
//! use tokio_util::codec::Framed;
//! use wire_core::{Entropy, Peer, Time};
//!
//! async fn sink(stream: tokio::io::DuplexStream) -> std::io::Result<Vec<u8>> {
//!     let (peer, entropy) = (Peer::default(), Entropy([7; 32])); // fresh ones, but in a test
//!     let session = Session::new(Config::sink(), peer, entropy, Time::ZERO);
//!     let mut framed = Framed::new(stream, Codec::new(session));
//!     let mut message = Vec::new();
//!     framed.send(flush).await?;
//!     while let Some(item) = framed.next().await {
//!         match item? {
//!             Item::Mail { ticket, .. } => framed.send(|s: &mut Session| s.accept(ticket)).await?,
//!             Item::Rcpt { ticket, .. } => framed.send(|s: &mut Session| s.accept(ticket)).await?,
//!             Item::Data { ticket, .. } => framed.send(|s: &mut Session| s.accept(ticket)).await?,
//!             Item::Chunk(octets) => message.extend_from_slice(&octets),
//!             Item::End { ticket, .. } => framed.send(|s: &mut Session| s.accept(ticket)).await?,
//!             Item::Closed(_) => break,
//!             _ => framed.send(flush).await?,
//!         }
//!     }
//!     Ok(message)
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! # use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! # let (mut client, server) = tokio::io::duplex(4096);
//! # client.write_all(b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nHello\r\n.\r\nQUIT\r\n").await?;
//! # assert_eq!(sink(server).await?, b"Hello\r\n");
//! # let mut said = String::new();
//! # client.read_to_string(&mut said).await?;
//! # assert!(said.starts_with("220 ") && said.ends_with("221 2.0.0 Bye\r\n"), "{said}");
//! # Ok(()) }
//! ```
//!
//! What it cannot do, since a `Framed` has no place for it:
//!
//! - **No deadlines.** It has no clock: nobody is timed out, and delays (of a greeting, of a tarpit)
//!   are not waited for. Put a timeout around the connection.
//! - **No STARTTLS.** It is not offered, since the buffer with what came in plaintext is
//!   `Framed`'s; a client that asks for it all the same ends the connection with an error.
//! - **No answers later.** Who asks for the next item with a ticket unanswered gets an error: a
//!   `Framed` would read on without bound, and not look again when the answer is there.
//! - Chunks are copied, once.
//!
//! On a socket that anybody can reach, use [`serve`](crate::serve), or drive the session by
//! [`turn`](wire_core::driver::turn).

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};
use wire_core::{
    CloseReason, Endpoint, Next, Ticket, Time, Wants,
    sasl::{Mechanisms, Request},
};

use crate::{Capabilities, Dropped, Envelope, Event, MessageId, Recipient, Session, kind};

/// A session behind a `Framed`: see the [module](self).
#[derive(Debug)]
pub struct Codec {
    session: Session,
    /// Goes on only to where a delay ends.
    now: Time,
    /// [`Item::Flush`] was given and nothing was sent since.
    told: bool,
    eof: bool,
    closed: bool,
}

/// What happened: an [`Event`] without a borrow. Events that are not here are
/// [declined](Session::decline) by the codec, which lets every client greet and log in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Item {
    /// [`Event::Auth`]. Answer with [`Session::authenticate`].
    Auth {
        /// Not for `accept`.
        ticket: Ticket<kind::Auth>,
        /// What it needs.
        request: Request,
    },
    /// [`Event::Mail`].
    Mail {
        /// Yes opens the transaction.
        ticket: Ticket<kind::Mail>,
        /// The message.
        message: MessageId,
        /// Its envelope, without recipients yet.
        envelope: Envelope,
    },
    /// [`Event::Rcpt`].
    Rcpt {
        /// Yes adds it.
        ticket: Ticket<kind::Rcpt>,
        /// The open message.
        message: MessageId,
        /// The recipient.
        recipient: Recipient,
    },
    /// [`Event::Data`].
    Data {
        /// Yes lets it come.
        ticket: Ticket<kind::Data>,
        /// The open message.
        message: MessageId,
    },
    /// Octets of the message.
    Chunk(Bytes),
    /// [`Event::End`].
    End {
        /// Yes takes responsibility for it.
        ticket: Ticket<kind::End>,
        /// The open message.
        message: MessageId,
        /// Its octets.
        octets: u64,
    },
    /// [`Event::Dropped`]: throw away what was kept of the message.
    Dropped {
        /// The message.
        message: MessageId,
        /// Why.
        why: Dropped,
    },
    /// The session has something to say: [`flush`].
    Flush,
    /// The session is over. Close the stream.
    Closed(CloseReason),
}

/// Sends what the session has to say, and answers nothing.
pub fn flush(session: &mut Session) {
    let _ = session;
}

impl Codec {
    /// A codec of a session that was just made. Its greeting leaves with what is sent first.
    pub fn new(session: Session) -> Self {
        let mut codec = Codec {
            session,
            now: Time::ZERO,
            told: false,
            eof: false,
            closed: false,
        };
        // Until the greeting is there, or else a fault that `decode` will find again.
        let _ = codec.decode(&mut BytesMut::new());
        codec.told = false;
        codec
    }

    /// The session, to look at.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// One call of the session, and how many octets it took.
    fn step(&mut self, input: &[u8]) -> (Step, usize) {
        let mut rest = input;
        let step = match self.session.next(self.now, &mut rest) {
            Next::Event(event) => match self.item(event) {
                Some(item) => Step::Item(item),
                None => Step::Again,
            },
            Next::Wait(wants) => Step::Wait(wants),
            Next::Closed(reason) => Step::Closed(reason),
            Next::StartTls(_) | Next::Deflate(_) => Step::Unsupported,
        };
        (step, input.len() - rest.len())
    }

    fn item(&mut self, event: Event<'_>) -> Option<Item> {
        Some(match event {
            Event::Hello { ticket, .. } => {
                let (hide, none) = (Capabilities::STARTTLS, Mechanisms::NONE);
                self.session.accept_hello(ticket, hide, none, None);
                return None;
            }
            Event::Auth { ticket, request } => Item::Auth { ticket, request },
            Event::Mail {
                ticket,
                message,
                from,
                params,
            } => {
                let forwarded = self.session.forwarded();
                Item::Mail {
                    ticket,
                    message,
                    envelope: Envelope::new(from, params, forwarded),
                }
            }
            Event::Rcpt {
                ticket,
                message,
                rcpt,
                to,
                params,
            } => Item::Rcpt {
                ticket,
                message,
                recipient: Recipient::new(rcpt, to, params),
            },
            Event::Data {
                ticket, message, ..
            } => Item::Data { ticket, message },
            Event::Chunk(chunk) => {
                let mut octets = Vec::with_capacity(chunk.len());
                chunk.append_to(&mut octets);
                Item::Chunk(octets.into())
            }
            Event::End {
                ticket,
                message,
                octets,
                ..
            } => Item::End {
                ticket,
                message,
                octets,
            },
            Event::Dropped { message, why } => Item::Dropped { message, why },
            other => {
                self.session.decline(other);
                return None;
            }
        })
    }

    /// What a wait comes to where neither a clock nor an answer can end it.
    fn wait(&mut self, wants: Wants) -> io::Result<Waited> {
        if wants.answer {
            return Err(misuse("an item was not answered"));
        }
        let unsent = !self.session.output().is_empty();
        if unsent && !self.told {
            self.told = true;
            return Ok(Waited::Unsent);
        }
        if unsent && !wants.input {
            return Err(misuse("what the session says was not sent"));
        }
        match wants.until.filter(|until| *until > self.now) {
            Some(until) => self.now = until,
            None if wants.input || self.eof => return Ok(Waited::Input),
            None => return Err(misuse("the session waits for nothing")),
        }
        Ok(Waited::Time)
    }
}

enum Step {
    Item(Item),
    Again,
    Wait(Wants),
    Closed(CloseReason),
    Unsupported,
}

enum Waited {
    Unsent,
    Input,
    /// A delay is over.
    Time,
}

fn misuse(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

impl Decoder for Codec {
    type Item = Item;
    type Error = io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> io::Result<Option<Item>> {
        loop {
            if self.closed {
                src.clear();
                return Ok(None);
            }
            let (step, taken) = self.step(src);
            src.advance(taken);
            match step {
                Step::Item(item) => return Ok(Some(item)),
                Step::Again => {}
                Step::Wait(wants) => match self.wait(wants)? {
                    Waited::Unsent => return Ok(Some(Item::Flush)),
                    Waited::Input => return Ok(None),
                    Waited::Time => {}
                },
                Step::Closed(reason) => {
                    self.closed = true;
                    return Ok(Some(Item::Closed(reason)));
                }
                Step::Unsupported => {
                    self.closed = true;
                    return Err(io::ErrorKind::Unsupported.into());
                }
            }
        }
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> io::Result<Option<Item>> {
        self.eof = true;
        self.session.handle_eof();
        self.decode(src)
    }
}

/// An answer: it is given, and what the session says leaves.
impl<F, R> Encoder<F> for Codec
where
    F: FnOnce(&mut Session) -> R,
{
    type Error = io::Error;

    fn encode(&mut self, answer: F, dst: &mut BytesMut) -> io::Result<()> {
        answer(&mut self.session);
        while !self.session.output().is_empty() {
            let octets = self.session.output();
            let n = octets.len();
            dst.extend_from_slice(octets);
            self.session.advance_output(n);
        }
        self.told = false;
        Ok(())
    }
}
