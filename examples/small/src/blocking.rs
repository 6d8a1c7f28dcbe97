//! Drives a session on a blocking socket, one thread a connection.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use wire_core::{Buffer, Endpoint, Wants};

use crate::Clock;

/// Serves every connection in a thread of its own.
pub fn serve_all(
    listener: TcpListener,
    serve: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static,
) -> io::Result<()> {
    for stream in listener.incoming() {
        let (stream, serve) = (stream?, serve.clone());
        thread::spawn(move || {
            serve(stream).unwrap_or_else(|error| eprintln!("connection lost: {error}"));
        });
    }
    Ok(())
}

/// Writes what is queued, or else reads, or else waits. Never longer than the session allows.
pub fn turn(
    clock: &Clock,
    session: &mut dyn Endpoint,
    stream: &mut TcpStream,
    buffer: &mut Buffer,
    wants: Wants,
) -> io::Result<()> {
    if !session.output().is_empty() {
        return flush(clock, session, stream);
    }
    let deadline = [session.deadline(), wants.until]
        .into_iter()
        .flatten()
        .min();
    let left = deadline.map(|at| clock.until(at));
    if wants.input {
        stream.set_read_timeout(left)?;
        match stream.read(buffer.spare(session.input_limit())) {
            Ok(0) => session.handle_eof(),
            Ok(n) => buffer.commit(n),
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(error),
        }
    } else {
        thread::sleep(left.unwrap_or(Duration::from_secs(1))); // a tarpit
    }
    session.handle_timeout(clock.now());
    Ok(())
}

/// Writes all that is queued; gives up on a peer that does not read until the deadline.
pub fn flush(clock: &Clock, session: &mut dyn Endpoint, stream: &mut TcpStream) -> io::Result<()> {
    while !session.output().is_empty() {
        stream.set_write_timeout(session.deadline().map(|at| clock.until(at)))?;
        match stream.write(session.output()) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(n) => session.advance_output(n),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        session.handle_timeout(clock.now());
    }
    Ok(())
}

/// Reads of a blocking socket time out as either, depending on the system.
fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
