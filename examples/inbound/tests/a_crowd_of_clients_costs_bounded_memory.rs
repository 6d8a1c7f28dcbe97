//! Hundreds of thousands of addresses: what policies remember of them has an end.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use inbound::{
    config::Service,
    policy::{
        Client, Mail, Notes, Policy, Prefixes, Rcpt,
        greylist::{Greylist, Room, Times},
        rates::{Allowed, Rate, Rates},
    },
};
use wire_core::{Peer, Time};

const CROWD: u32 = 500_000;

/// They measure one process: one at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Octets of this process in memory, where the system tells.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}

fn address(n: u32) -> IpAddr {
    match n % 2 {
        0 => Ipv4Addr::from_bits(0x0a00_0000 + n).into(),
        _ => Ipv6Addr::from_bits((0x2001_0db8 << 96) + (u128::from(n) << 64)).into(),
    }
}

fn mail(n: u32) -> Mail {
    let peer = Peer::new(Some(SocketAddr::new(address(n), 40_000)));
    Mail {
        client: Arc::new(Client::new(Service::Smtp, &peer)),
        hello: None,
        login: None,
        tls: None,
        from: format!("{n}@example.com").parse().unwrap(),
        size: None,
        params: Box::default(),
        notes: Notes::default(),
    }
}

#[tokio::test]
async fn rates_of_a_crowd_fit_their_tables() {
    let rate = Some(Rate::new(3, Duration::from_secs(3600)));
    let allowed = Allowed {
        at_once: Some(1),
        connections: rate,
        messages: rate,
        sender: rate,
        account: rate,
        prefixes: Prefixes::MACHINE,
    };
    let _alone = ALONE.lock().await;
    let before = resident();
    let rates = Rates::new(&allowed, Arc::new(|| Time::ZERO));
    for n in 0..CROWD {
        let mail = mail(n);
        rates.connect(&mail.client).await.unwrap();
        rates.mail(&mail).await.unwrap();
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before);
        println!("{CROWD} addresses: {} KiB", grown >> 10);
        // Three tables of 4 MiB were used, and connections that are closed are forgotten.
        assert!(grown < 24 << 20, "{grown}");
    }
}

#[tokio::test]
async fn greylisting_of_a_crowd_has_an_end() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let room = Room {
        triplets: 20_000,
        ..Room::default()
    };
    let times = Times::with_delay(Duration::from_secs(60));
    let today = Arc::new(|| 1_800_000_000);
    let greylist = Greylist::open(folder.path(), times, room, today).unwrap();
    let rcpt = Rcpt {
        to: "demo@example.org".parse().unwrap(),
        params: Box::default(),
    };
    let before = resident();
    for n in 0..CROWD / 10 {
        // One in 256 of IPv4 is a new network, each of IPv6.
        greylist.rcpt(&mail(n), &rcpt).await.unwrap();
    }
    let octets = |name: &str| fs::metadata(folder.path().join(name)).map_or(0, |file| file.len());
    let disk = octets("greylist.sqlite") + octets("greylist.sqlite-wal");
    println!(
        "{} triplets of {}: {} KiB",
        room.triplets,
        CROWD / 10,
        disk >> 10
    );
    // The log is begun anew from time to time, and may be longer by what comes meanwhile.
    assert!(disk < 64 << 20, "{disk}");
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after.saturating_sub(before) < 16 << 20);
    }
}
