//! What the tests of the policies share.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use wire_core::{Peer, Time};

use super::{Client, Hello, Login, Mail, Notes};
use crate::config::Service;

/// A clock that stands still until it is told.
#[derive(Clone, Default)]
pub(super) struct Hand(Arc<AtomicU64>);

impl Hand {
    pub(super) fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_micros() as u64, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> super::rates::Now {
        let hand = self.0.clone();
        Arc::new(move || Time::from_micros(hand.load(Ordering::Relaxed)))
    }
}

pub(super) fn client(service: Service, ip: &str) -> Arc<Client> {
    let ip: IpAddr = ip.parse().unwrap();
    let peer = Peer::new(Some(SocketAddr::new(ip, 40_000)));
    Arc::new(Client::new(service, &peer))
}

pub(super) fn mail(client: &Arc<Client>, from: &str, login: Option<Login>) -> Mail {
    let hello = Hello {
        name: "client.example".into(),
        extended: true,
        tls: None,
    };
    Mail {
        client: client.clone(),
        hello: Some(Arc::new(hello)),
        login,
        tls: None,
        from: from.parse().unwrap(),
        size: None,
        params: Box::default(),
        notes: Notes::default(),
    }
}
