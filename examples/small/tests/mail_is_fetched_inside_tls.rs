//! The importer and TLS, at once or by STLS.

#[path = "support/tls.rs"]
mod tls;

use std::{net::SocketAddr, thread};

use pop3_proto::{Config, Deleted, Handler, Maildrop, Octets, Refusal, Row, Session, serve};
use small::{
    import::Account,
    pop3::{Security, Server, trust},
    tickets::Tickets,
};
use tempfile::TempDir;
use tls::Rustls;
use tokio::net::TcpListener;
use wire_core::{
    Entropy, Peer,
    driver::{Acceptor, Clock},
    sasl::{Answer, Identity, Request},
};

const MAIL: &[u8] = b"Subject: secret\r\n\r\nHi!\r\n";

struct One;

impl Handler for One {
    type Message = &'static [u8];

    async fn auth(&mut self, request: Request) -> Answer {
        small::demo_login(&request)
    }

    async fn login(&mut self, _: &Identity) -> Result<Maildrop<Vec<Row>>, Refusal> {
        Ok(Maildrop::Table(vec![(Octets::of(MAIL), "1".to_owned())]))
    }

    async fn open(&mut self, _: u32, _: bool) -> Result<(u64, &'static [u8]), Refusal> {
        Ok((Octets::of(MAIL), MAIL))
    }

    async fn commit(&mut self, deleted: Deleted) -> Result<(), Refusal> {
        assert_eq!(deleted.len(), 1);
        Ok(())
    }
}

/// Serves two connections: one in TLS at once, one by STLS. Its certificate is for `localhost`.
fn server() -> (String, SocketAddr, thread::JoinHandle<()>) {
    let (tls, certificate) = Rustls::localhost();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            let clock = Clock::new();
            let stls = Config::builder("localhost").stls(true).build().unwrap();
            let session = |peer| Session::new(stls.clone(), peer, Entropy([7; 32]), clock.now());
            let (stream, _) = listener.accept().await.unwrap();
            let (stream, info) = tls.accept(stream).await.unwrap();
            let peer = Peer::default().tls(info);
            serve(stream, session(peer), &mut One, &clock)
                .await
                .unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let session = session(Peer::default());
            serve(stream, session, &mut One, &clock)
                .tls(&tls)
                .await
                .unwrap();
            // Who does not trust us hangs up.
            let (stream, _) = listener.accept().await.unwrap();
            assert!(tls.accept(stream).await.is_err());
        });
    });
    (certificate, address, served)
}

#[test]
fn at_once_and_by_stls_and_only_from_whom_it_trusts() {
    let (certificate, address, served) = server();
    let desk = TempDir::new().unwrap();
    let mut tickets = Tickets::open(&desk.path().join("desk")).unwrap();
    let ca = desk.path().join("ca.pem");
    std::fs::write(&ca, certificate).unwrap();
    let trusted = trust(Some(&ca)).unwrap();
    let securities = [
        (Security::Tls(trusted.clone()), Ok((1, 0))),
        (Security::Stls(trusted), Ok((0, 1))),
        (Security::Tls(trust(None).unwrap()), Err("TLS: ")),
    ];
    for (security, expected) in securities {
        let account = Account {
            server: Server {
                host: "localhost".to_owned(),
                port: address.port(),
                security,
            },
            user: "demo".to_owned(),
            password: "demo".to_owned(),
            keep: false,
        };
        match (account.import(&mut tickets, |_| {}), expected) {
            (Ok(imported), Ok(expected)) => assert_eq!((imported.made, imported.known), expected),
            (Err(failed), Err(layer)) => assert!(failed.to_string().starts_with(layer), "{failed}"),
            (imported, _) => panic!("{imported:?}"),
        }
    }
    served.join().unwrap();
}
