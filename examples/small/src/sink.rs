//! What the SMTP sinks do with mail: nothing, but say that it came.

use smtp_proto::{Event, Session};

/// The envelope of the open message. Holds no octet of the message itself.
#[derive(Debug, Default)]
pub struct Sink {
    from: String,
    to: Vec<String>,
}

impl Sink {
    /// Answers an event; whatever is not about a message is declined.
    pub fn handle(&mut self, session: &mut Session, event: Event<'_>) {
        match event {
            Event::Mail { ticket, from, .. } => {
                self.from = from.as_str().to_owned();
                self.to.clear();
                session.accept(ticket);
            }
            Event::Rcpt { ticket, to, .. } => {
                self.to.push(to.as_str().to_owned());
                session.accept(ticket);
            }
            Event::Data { ticket, .. } => {
                session.accept(ticket);
            }
            Event::Chunk(_) => {}
            Event::End { ticket, octets, .. } => {
                let (from, to) = (&self.from, self.to.join(">,<"));
                println!("from=<{from}> to=<{to}> octets={octets}");
                session.accept(ticket);
            }
            other => session.decline(other),
        }
    }
}
