//! The PROXY header: read exactly, or refused at the first octet that does not fit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use proptest::prelude::*;
use wire_core::{
    Peer,
    proxy::{self, NotProxy, Parsed},
};

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn header(input: &[u8]) -> proxy::Header {
    match proxy::parse(input) {
        Ok(Parsed::Header(header)) => header,
        other => panic!("{other:?}"),
    }
}

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16).to_be_bytes();
    [SIGNATURE, &[command, family], &length, body].concat()
}

#[test]
fn version_1_tells_both_ends() {
    let found = header(b"PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n");
    assert_eq!(found.source, Some("[2001:db8::1]:65535".parse().unwrap()));
    assert_eq!(found.destination, Some("[2001:db8::2]:0".parse().unwrap()));
    assert!(!found.local);
}

#[test]
fn version_1_may_know_nothing() {
    for line in ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"] {
        let found = header(line.as_bytes());
        assert!(!found.local && found.source.is_none());
        assert_eq!(found.length, line.len());
        // Nobody may pass for the proxy itself.
        let peer = Peer::new(Some("203.0.113.9:7".parse().unwrap())).trusted();
        let peer = peer.through(&found);
        assert!(peer.remote.is_none() && peer.proxied && !peer.trusted);
    }
}

#[test]
fn version_1_is_exact() {
    for line in [
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
        "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
        "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY \r\n",
        "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    ] {
        assert!(proxy::parse(line.as_bytes()).is_err(), "{line}");
    }
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(100));
    assert_eq!(proxy::parse(long.as_bytes()), Err(NotProxy { at: 107 }));
}

#[test]
fn version_2_tells_both_ends_and_its_extensions() {
    let body = [
        &[192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0, 25][..],
        b"\x04\0\x01x",
    ]
    .concat();
    let mut input = v2(0x21, 0x11, &body);
    let length = input.len();
    input.extend_from_slice(b"EHLO");
    let found = header(&input);
    assert_eq!(found.source, Some("192.0.2.1:40000".parse().unwrap()));
    assert_eq!(found.destination, Some("192.0.2.2:25".parse().unwrap()));
    assert_eq!(&found.extensions[..], b"\x04\0\x01x");
    assert_eq!(found.length, length);
}

#[test]
fn a_health_check_leaves_the_peer_as_it_is() {
    let peer = Peer::new(Some("203.0.113.9:7".parse().unwrap())).trusted();
    let found = header(&v2(0x20, 0x11, &[1; 12]));
    assert!(found.local && found.source.is_none());
    let same = peer.clone().through(&found);
    assert_eq!(same.remote, peer.remote);
    assert!(same.trusted && !same.proxied);
    let told = header(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    let peer = peer.trusted().through(&told);
    assert_eq!(peer.remote, told.source);
    assert!(peer.proxied && !peer.trusted);
}

#[test]
fn version_2_is_exact() {
    assert!(proxy::parse(&v2(0x11, 0x11, &[0; 12])).is_err());
    assert!(proxy::parse(&v2(0x22, 0x11, &[0; 12])).is_err());
    assert!(proxy::parse(&v2(0x21, 0x41, &[0; 12])).is_err());
    assert!(proxy::parse(&v2(0x21, 0x11, &[0; 11])).is_err());
    assert!(proxy::parse(&v2(0x21, 0x21, &[0; 35])).is_err());
    assert!(proxy::parse(&v2(0x21, 0x31, &[0; 215])).is_err());
    assert!(proxy::parse(&v2(0x21, 0x11, &[0; 600])).is_err());
    assert!(header(&v2(0x21, 0x31, &[0; 216])).source.is_none());
}

proptest! {
    #[test]
    fn a_header_is_never_read_past(
        version_2 in any::<bool>(),
        source: std::net::SocketAddrV4,
        destination: std::net::SocketAddrV4,
        extensions in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let input = if version_2 {
            let ports = [source.port().to_be_bytes(), destination.port().to_be_bytes()].concat();
            let addresses = [source.ip().octets(), destination.ip().octets()].concat();
            v2(0x21, 0x11, &[addresses, ports, extensions].concat())
        } else {
            let (s, d) = (source, destination);
            format!("PROXY TCP4 {} {} {} {}\r\n", s.ip(), d.ip(), s.port(), d.port()).into_bytes()
        };
        let mut seen = 0;
        // A reader that takes no more than it was told to ends exactly at the header's end.
        let found = loop {
            match proxy::parse(&input[..seen]) {
                Ok(Parsed::More(n)) => { prop_assert!(n > 0); seen += n; prop_assert!(seen <= input.len()); }
                Ok(Parsed::Header(header)) => break header,
                Err(error) => panic!("{error}"),
            }
        };
        prop_assert_eq!(found.length, seen);
        prop_assert_eq!(seen, input.len());
        prop_assert_eq!(found.source, Some(source.into()));
        prop_assert_eq!(found.destination, Some(destination.into()));
    }

    #[test]
    fn any_octets_have_an_answer(input in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = proxy::parse(&input);
        let _ = proxy::parse(&[SIGNATURE, &input].concat());
        let _ = proxy::parse(&[&b"PROXY "[..], &input].concat());
    }
}
