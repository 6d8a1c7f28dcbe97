//! A handler behind `serve`, on a stream in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub
)]

use std::{future::Future, io, sync::Arc, time::Duration};

use imap_proto::{
    Builder, Config, Handler, Session, serve,
    wire_core::{
        CloseReason, Entropy, Peer, Shutdown,
        driver::Clock,
        sasl::{Answer, Request},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    task::JoinHandle,
};

/// What serving came to, and the handler.
pub type Served<H> = JoinHandle<(io::Result<CloseReason>, H)>;

/// No test waits longer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Any user with the password `demo`.
pub fn demo(request: &Request) -> Answer {
    match request {
        Request::Password { password, .. } if password.verify(b"demo") => Answer::Grant,
        _ => Answer::Deny,
    }
}

/// Passwords in plaintext, and not long to decide.
pub fn config(more: impl FnOnce(Builder) -> Builder) -> Arc<Config> {
    let config = Config::builder("localhost")
        .plaintext_logins(true)
        .limits(|limits| limits.decision = Duration::from_millis(50));
    more(config).build().unwrap()
}

/// Serves on a stream that holds so many octets.
pub fn start<H: Handler + 'static>(
    mut handler: H,
    config: Arc<Config>,
    octets: usize,
    stop: impl Future<Output = Shutdown> + Send + 'static,
) -> (DuplexStream, Served<H>) {
    let (client, server) = tokio::io::duplex(octets);
    let served = tokio::spawn(async move {
        let clock = Clock::new();
        let session = Session::new(config, Peer::default(), Entropy([7; 32]), clock.now());
        let reason = serve(server, session, &mut handler, &clock)
            .until(stop)
            .await;
        (reason, handler)
    });
    (client, served)
}

/// Says all at once, and hears all that is said.
pub async fn say_all(client: DuplexStream, says: String) -> String {
    let (mut from, mut to) = tokio::io::split(client);
    let says = tokio::spawn(async move {
        to.write_all(says.as_bytes()).await.unwrap();
        to
    });
    let mut said = Vec::new();
    let heard = tokio::time::timeout(PATIENCE, from.read_to_end(&mut said)).await;
    let said = String::from_utf8_lossy(&said).into_owned();
    heard.expect(&said).unwrap();
    drop(says.await.unwrap());
    said
}

/// The same with a handler, which must have heard a LOGOUT.
pub async fn talk<H: Handler + 'static>(handler: H, says: String) -> (String, H) {
    let (client, served) = start(
        handler,
        config(|config| config),
        1000,
        std::future::pending(),
    );
    let said = say_all(client, says).await;
    let (reason, handler) = served.await.unwrap();
    assert_eq!(reason.unwrap(), CloseReason::Quit, "{said}");
    (said, handler)
}

/// Reads until this was said.
pub async fn until(client: &mut DuplexStream, said: &mut String, what: &str) {
    let mut piece = [0; 256];
    while !said.contains(what) {
        let read = tokio::time::timeout(PATIENCE, client.read(&mut piece));
        let read = read.await.expect(said).unwrap();
        assert!(read > 0, "{said}");
        said.push_str(str::from_utf8(&piece[..read]).unwrap());
    }
}
