//! Takes mail from a transfer agent by LMTP, and prints a line of JSON for each: its envelope, the Email
//! object of JMAP, and what is wrong with it. The other end of the pipe need not know what MIME is.
//!
//! ```text
//! cargo run -p small --example lmtp-to-jsonl [ADDRESS] | while read -r mail; do ...; done
//! ```
//!
//! A mail is answered with 250 when its line is written, and lost if whoever reads the pipe loses it.

use std::{
    env,
    io::{self, Write},
};

use mime_core::{Layout, Limits};
use serde_json::json;
use small::show;
use smtp_proto::{
    Capabilities, Config, Envelope, Handler, Outcome, Reply, Session, Verdict, serve,
};
use wire_core::{Chunk, Peer, driver::Clock};

/// What a mail may be long: it is held in memory.
const MOST: u64 = 10 << 20;

#[derive(Default)]
struct Printer {
    mail: Vec<u8>,
    layout: Layout,
}

impl Handler for Printer {
    async fn data(&mut self, _: &Envelope) -> Verdict {
        self.mail.clear();
        Verdict::Accept
    }

    async fn chunk(&mut self, chunk: Chunk<'_>) -> Result<(), Reply<'static>> {
        chunk
            .runs()
            .for_each(|run| self.mail.extend_from_slice(run));
        Ok(())
    }

    async fn end(&mut self, envelope: Envelope, _: u64) -> Outcome {
        match self.print(&envelope) {
            Ok(()) => Outcome::Accept,
            // Nobody reads any more: the agent keeps the mail.
            Err(_) => Outcome::Reply(Reply::new(451, (4, 3, 0), "The line was not written")),
        }
    }
}

impl Printer {
    fn print(&mut self, envelope: &Envelope) -> io::Result<()> {
        let message = self.layout.parse(&self.mail, &Limits::DEFAULT);
        let mut line = show::value(message)?;
        let to = envelope.recipients.iter().map(|to| to.address.as_str());
        line["envelope"] = json!({
            "mailFrom": envelope.from.as_str(),
            "rcptTo": to.collect::<Vec<_>>(),
        });
        let mut out = io::stdout().lock();
        show::json_line(&line, &mut out)?;
        out.flush()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut limits = smtp_proto::Limits::default();
    limits.message = MOST;
    let config = Config::builder("localhost")
        .lmtp(true)
        .offer(Capabilities::DEFAULT)
        .limits(limits)
        .build()?;
    let (listener, clock) = (
        small::listen_on_tokio(env::args().nth(1), "127.0.0.1:2424")?,
        Clock::new(),
    );
    loop {
        let (stream, from) = listener.accept().await?;
        let (peer, entropy) = (Peer::new(Some(from)), small::entropy()?);
        let session = Session::new(config.clone(), peer, entropy, clock.now());
        tokio::spawn(async move { serve(stream, session, &mut Printer::default(), &clock).await });
    }
}
