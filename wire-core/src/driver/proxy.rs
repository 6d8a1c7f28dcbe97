//! The PROXY header at the beginning of a tokio stream.

use std::{io, time::Duration};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::proxy::{Header, LIMIT, NotProxy, Parsed, parse};

/// Time enough for a header whose first packet was lost and sent again.
pub const PROXY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no PROXY header. Close the connection: who is behind it is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoProxy {
    /// It begins with something else.
    #[error(transparent)]
    Malformed(#[from] NotProxy),
    /// The peer closed the connection before the header's end.
    #[error("the connection ended after {read} octets of the PROXY header")]
    Eof {
        /// Octets that came; none of a check whether the port is open.
        read: usize,
    },
    /// It was not there in time.
    #[error("no PROXY header in time")]
    Late,
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads the PROXY header of a connection that a trusted proxy opened, before its TLS handshake and
/// its session. All of it must come `within` that time ([`PROXY_TIMEOUT`]), however it drips.
///
/// What stands behind the header stays in the stream: no octet of it is read. So a header of version
/// 1 is read in small pieces; it allocates nothing but what the header itself holds. Whether a peer
/// may send one is not asked here: call it for all connections of a proxy, and for no others.
///
/// Not cancel-safe: octets that were read are lost with the future.
///
/// ```
/// use tokio::io::AsyncReadExt;
/// use wire_core::{Peer, driver::{self, PROXY_TIMEOUT}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.9 40000 25\r\nEHLO client.example\r\n";
/// let header = driver::read_proxy(&mut stream, PROXY_TIMEOUT).await?;
/// let peer = Peer::new(Some("203.0.113.9:3333".parse()?)).through(&header);
/// assert_eq!(peer.remote, Some("192.0.2.1:40000".parse()?));
/// assert_eq!(stream, b"EHLO client.example\r\n");
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`NoProxy`]; of the stream nothing is known then but that it has to be closed.
pub async fn read_proxy<S>(stream: &mut S, within: Duration) -> Result<Header, NoProxy>
where
    S: AsyncRead + Unpin,
{
    match tokio::time::timeout(within, read(stream)).await {
        Ok(header) => header,
        Err(_) => Err(NoProxy::Late),
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Header, NoProxy> {
    let mut octets = [0; LIMIT];
    let mut read = 0;
    loop {
        let more = match parse(octets.get(..read).unwrap_or_default())? {
            Parsed::Header(header) => return Ok(header),
            Parsed::More(more) => more,
        };
        // A header within the limit never asks for more than there is room.
        let room = octets.get_mut(read..read + more).unwrap_or_default();
        match stream.read(room).await? {
            0 => return Err(NoProxy::Eof { read }),
            n => read += n,
        }
    }
}
