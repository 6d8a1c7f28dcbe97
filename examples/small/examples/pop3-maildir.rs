//! A POP3 server over a folder of `.eml` files or a Maildir. Log in as `demo` with `demo`.
//!
//! `cargo run -p small --example pop3-maildir DIR [ADDRESS]`

use std::{
    env,
    fs::File,
    io::{self, Read},
    net::TcpStream,
    sync::{Arc, Mutex, MutexGuard},
};

use pop3_proto::{Config, Event, Maildrop, OpenMessage, RespCode, Session};
use small::{Clock, Folder, blocking};
use wire_core::{Buffer, Next, Peer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = env::args()
        .nth(1)
        .ok_or("usage: pop3-maildir DIR [ADDRESS]")?;
    let folder = Arc::new(Mutex::new(Folder::new(dir)));
    // Without TLS: for this machine only.
    let config = Config::builder("localhost")
        .plaintext_logins(true)
        .build()?;
    let listener = small::listen(env::args().nth(2), "127.0.0.1:1110")?;
    blocking::serve_all(listener, move |stream| {
        serve(stream, config.clone(), &folder)
    })?;
    Ok(())
}

fn serve(mut stream: TcpStream, config: Arc<Config>, folder: &Mutex<Folder>) -> io::Result<()> {
    let (clock, mut buffer) = (Clock::start(), Buffer::new());
    let peer = Peer::new(stream.peer_addr().ok());
    let mut session = Session::new(config, peer, small::entropy()?, clock.now());
    let mut maildrop = None; // the folder, while this session has it
    loop {
        let mut input = buffer.filled();
        let before = input.len();
        let mut wants = None;
        match session.next(clock.now(), &mut input) {
            Next::Event(Event::Auth { ticket, request }) => {
                session.authenticate(ticket, small::demo_login(&request));
            }
            Next::Event(Event::Login { ticket, .. }) => match open(folder) {
                Ok(open) => {
                    let rows = open.mails.iter().map(|mail| (mail.octets, &mail.uid));
                    session.open_maildrop(ticket, Maildrop::Table(rows));
                    maildrop = Some(open);
                }
                Err((code, text)) => {
                    session.refuse(ticket, Some(code), text);
                }
            },
            Next::Event(
                Event::Retr { ticket, message }
                | Event::Top {
                    ticket, message, ..
                },
            ) => match maildrop.as_deref().and_then(|folder| folder.open(message)) {
                Some((mail, file)) => {
                    let writer = session.begin_message(ticket, mail.octets);
                    send(&clock, &mut session, &mut stream, writer, file)?;
                }
                None => {
                    session.refuse(ticket, Some(RespCode::SysTemp), "It cannot be read");
                }
            },
            Next::Event(Event::Commit { ticket, deleted }) => {
                let removed = maildrop.as_deref().map(|folder| folder.remove(&deleted));
                let result = removed
                    .unwrap_or(Ok(()))
                    .map_err(|_| "Some are not removed");
                session.committed(ticket, result);
            }
            Next::Event(other) => session.decline(other),
            Next::Wait(what) => wants = Some(what),
            Next::Closed(_) | Next::StartTls(_) | Next::Deflate(_) => return Ok(()),
        }
        let taken = before - input.len();
        buffer.consume(taken);
        if let Some(wants) = wants {
            blocking::turn(&clock, &mut session, &mut stream, &mut buffer, wants)?;
        }
    }
}

/// One session at a time has the folder (RFC 1939 section 4).
fn open(folder: &Mutex<Folder>) -> Result<MutexGuard<'_, Folder>, (RespCode, &'static str)> {
    let mut folder = folder
        .try_lock()
        .map_err(|_| (RespCode::InUse, "It is in use"))?;
    folder
        .read()
        .map_err(|_| (RespCode::SysTemp, "It cannot be read"))?;
    Ok(folder)
}

fn send(
    clock: &Clock,
    session: &mut Session,
    stream: &mut TcpStream,
    mut writer: OpenMessage,
    mut file: File,
) -> io::Result<()> {
    let mut block = vec![0; 64 << 10];
    let mut read = file.read(&mut block)?;
    while read > 0 && !writer.is_full(session) {
        let mut rest = &block[..read];
        while !rest.is_empty() {
            rest = &rest[writer.write(session, rest)..];
            blocking::flush(clock, session, stream)?;
        }
        read = file.read(&mut block)?;
    }
    writer.end(session);
    Ok(())
}
