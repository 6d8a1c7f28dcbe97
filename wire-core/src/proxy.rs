//! The PROXY protocol, versions 1 and 2: who really connected, told by a proxy in front.
//!
//! It comes before the session and before TLS, once, and only from peers that the caller trusts
//! with it. A pure function that never reads past the header: what follows may be a TLS handshake.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;

/// A caller's buffer must be able to hold this many octets. Version 1 takes at most 107; a version
/// 2 header with longer extensions is refused.
pub const LIMIT: usize = 536;

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const V1_LIMIT: usize = 107;
const V1_LEAST: usize = b"PROXY UNKNOWN\r\n".len();

/// What a proxy says of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// Who connected to the proxy; `None` where that is no IP address, or not known.
    pub source: Option<SocketAddr>,
    /// What it connected to.
    pub destination: Option<SocketAddr>,
    /// The proxy speaks for itself (a health check): the socket's own addresses hold.
    pub local: bool,
    /// The extensions of version 2, as they came.
    pub extensions: Bytes,
    /// How many octets of the input the header was.
    pub length: usize,
}

/// What the octets seen so far are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A whole header. The session begins [`Header::length`] octets on.
    Header(Header),
    /// The beginning of one. Read at most so many octets more: there may be no more of it.
    More(usize),
}

/// The octets are no PROXY header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a PROXY header (octet {at})")]
pub struct NotProxy {
    /// The first octet that does not fit.
    pub at: usize,
}

/// Reads a header from the beginning of a connection.
///
/// ```
/// use wire_core::proxy::{self, Parsed};
///
/// let input = b"PROXY TCP4 192.0.2.1 192.0.2.9 40000 25\r\nEHLO";
/// let Ok(Parsed::Header(header)) = proxy::parse(input) else { panic!() };
/// assert_eq!(header.source, Some("192.0.2.1:40000".parse().unwrap()));
/// assert_eq!(&input[header.length..], b"EHLO");
/// assert_eq!(proxy::parse(b"PROX"), Ok(Parsed::More(11)));
/// assert!(proxy::parse(b"EHLO a.example\r\n").is_err());
/// ```
///
/// # Errors
/// [`NotProxy`] as soon as an octet cannot belong to a header. Close the connection: a peer that
/// is trusted to send one and does not cannot be told apart from one that forges it.
pub fn parse(input: &[u8]) -> Result<Parsed, NotProxy> {
    match input.first() {
        None => Ok(Parsed::More(V1_LEAST)),
        Some(b'P') => version_1(input),
        Some(_) => version_2(input),
    }
}

fn version_1(input: &[u8]) -> Result<Parsed, NotProxy> {
    expect_prefix(input, b"PROXY ")?;
    let within = input.get(..V1_LIMIT).unwrap_or(input);
    let Some(lf) = memchr::memchr(b'\n', within) else {
        return match input.len() < V1_LIMIT {
            true => Ok(Parsed::More(V1_LEAST.saturating_sub(input.len()).max(1))),
            false => Err(NotProxy { at: V1_LIMIT }),
        };
    };
    let line = within.get(..lf).and_then(|line| line.strip_suffix(b"\r"));
    let line = line.ok_or(NotProxy { at: lf })?;
    let mut header = Header {
        source: None,
        destination: None,
        local: false,
        extensions: Bytes::new(),
        length: lf + 1,
    };
    let fields = line.get(b"PROXY ".len()..).unwrap_or_default();
    if fields == b"UNKNOWN" || fields.starts_with(b"UNKNOWN ") {
        return Ok(Parsed::Header(header));
    }
    let text = core::str::from_utf8(fields).map_err(|_| NotProxy { at: 6 })?;
    let (source, destination) = addresses(text).ok_or(NotProxy { at: 6 })?;
    header.source = Some(source);
    header.destination = Some(destination);
    Ok(Parsed::Header(header))
}

/// `TCP4 source destination source-port destination-port`, one space between.
fn addresses(text: &str) -> Option<(SocketAddr, SocketAddr)> {
    let mut fields = text.split(' ');
    let family = fields.next()?;
    let source: IpAddr = fields.next()?.parse().ok()?;
    let destination: IpAddr = fields.next()?.parse().ok()?;
    let source_port = port(fields.next()?)?;
    let destination_port = port(fields.next()?)?;
    let agreed = match family {
        "TCP4" => source.is_ipv4() && destination.is_ipv4(),
        "TCP6" => source.is_ipv6() && destination.is_ipv6(),
        _ => false,
    };
    (agreed && fields.next().is_none()).then(|| {
        (
            SocketAddr::new(source, source_port),
            SocketAddr::new(destination, destination_port),
        )
    })
}

/// A decimal number without sign or leading zero.
fn port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|octet| octet.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if plain && canonical {
        text.parse().ok()
    } else {
        None
    }
}

fn version_2(input: &[u8]) -> Result<Parsed, NotProxy> {
    expect_prefix(input, SIGNATURE)?;
    let Some((&[version, family, high, low], _)) = input
        .get(SIGNATURE.len()..)
        .and_then(|rest| rest.split_first_chunk::<4>())
    else {
        return Ok(Parsed::More(SIGNATURE.len() + 4 - input.len()));
    };
    let local = match version {
        0x20 => true,
        0x21 => false,
        _ => {
            return Err(NotProxy {
                at: SIGNATURE.len(),
            });
        }
    };
    let length = SIGNATURE.len() + 4 + usize::from(u16::from_be_bytes([high, low]));
    if length > LIMIT {
        return Err(NotProxy {
            at: SIGNATURE.len() + 2,
        });
    }
    let Some(body) = input.get(SIGNATURE.len() + 4..length) else {
        return Ok(Parsed::More(length - input.len()));
    };
    let short = NotProxy {
        at: SIGNATURE.len() + 2,
    };
    let (pair, extensions) = match family {
        // Stream and datagram over IPv4 and IPv6.
        0x11 | 0x12 => split_v4(body).ok_or(short)?,
        0x21 | 0x22 => split_v6(body).ok_or(short)?,
        // Unix sockets: 108 octets a name.
        0x31 | 0x32 => (None, body.get(216..).ok_or(short)?),
        0x00 => (None, body),
        _ if local => (None, body),
        _ => {
            return Err(NotProxy {
                at: SIGNATURE.len() + 1,
            });
        }
    };
    let (source, destination) = match pair {
        Some((source, destination)) if !local => (Some(source), Some(destination)),
        _ => (None, None),
    };
    let extensions = Bytes::copy_from_slice(extensions);
    Ok(Parsed::Header(Header {
        source,
        destination,
        local,
        extensions,
        length,
    }))
}

type Pair = Option<(SocketAddr, SocketAddr)>;

fn split_v4(body: &[u8]) -> Option<(Pair, &[u8])> {
    let (source, rest) = body.split_first_chunk::<4>()?;
    let (destination, rest) = rest.split_first_chunk::<4>()?;
    let (&[a, b, c, d], rest) = rest.split_first_chunk::<4>()?;
    let source = SocketAddr::from((Ipv4Addr::from(*source), u16::from_be_bytes([a, b])));
    let destination = SocketAddr::from((Ipv4Addr::from(*destination), u16::from_be_bytes([c, d])));
    Some((Some((source, destination)), rest))
}

fn split_v6(body: &[u8]) -> Option<(Pair, &[u8])> {
    let (source, rest) = body.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    let (&[a, b, c, d], rest) = rest.split_first_chunk::<4>()?;
    let source = SocketAddr::from((Ipv6Addr::from(*source), u16::from_be_bytes([a, b])));
    let destination = SocketAddr::from((Ipv6Addr::from(*destination), u16::from_be_bytes([c, d])));
    Some((Some((source, destination)), rest))
}

/// Does `input` begin with `prefix`, as far as it goes?
fn expect_prefix(input: &[u8], prefix: &[u8]) -> Result<(), NotProxy> {
    match input
        .iter()
        .zip(prefix)
        .position(|(octet, expected)| octet != expected)
    {
        Some(at) => Err(NotProxy { at }),
        None => Ok(()),
    }
}
