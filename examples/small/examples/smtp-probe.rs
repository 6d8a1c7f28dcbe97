//! Asks an SMTP server what it can do, on `std::net`.
//!
//! `cargo run -p small --example smtp-probe [ADDRESS]`

use std::{env, io, io::Read, io::Write, net::TcpStream, time::Duration};

use smtp_proto::{Capabilities, client::Replies, client::Reply};
use wire_core::Buffer;

fn main() -> io::Result<()> {
    let address = env::args().nth(1);
    let stream = TcpStream::connect(address.as_deref().unwrap_or("127.0.0.1:2525"))?;
    stream.set_read_timeout(Some(Duration::from_secs(300)))?;
    let mut server = (stream, Replies::new(), Buffer::new());
    hear(&mut server, |greeting| {
        println!("{} {:?}", greeting.code(), greeting.text());
    })?;
    server.0.write_all(b"EHLO localhost\r\n")?;
    hear(&mut server, |hello| {
        println!("{} {:?}", hello.code(), hello.domain().unwrap_or("no name"));
        let offered = hello.extensions();
        let names: Vec<_> = offered.mechanism_names().collect();
        println!("TLS: {}", offered.has(Capabilities::STARTTLS));
        println!("mechanisms: {}", names.join(" "));
        println!("octets of a mail: {:?}", offered.size());
        for (keyword, parameters) in offered.iter() {
            println!("- {keyword} {}", parameters.as_str().escape_debug());
        }
    })?;
    server.0.write_all(b"QUIT\r\n")?;
    hear(&mut server, |bye| println!("{}", bye.code()))
}

/// Waits for the next reply, and looks at it.
fn hear(
    (stream, replies, buffer): &mut (TcpStream, Replies, Buffer),
    look: impl FnOnce(Reply<'_>),
) -> io::Result<()> {
    loop {
        let mut input = buffer.filled();
        let before = input.len();
        if let Some(reply) = replies.next(&mut input).map_err(io::Error::other)? {
            look(reply);
            let taken = before - input.len();
            buffer.consume(taken);
            return Ok(());
        }
        match stream.read(buffer.spare(replies.input_limit()))? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => buffer.commit(n),
        }
    }
}
