//! Addresses that are one client for our purposes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How many bits of an address tell one client from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefixes {
    /// Of IPv4: at most 32.
    pub v4: u8,
    /// Of IPv6: at most 128.
    pub v6: u8,
}

impl Prefixes {
    /// One machine: an IPv4 address, or the /64 that a machine with IPv6 chooses its addresses from.
    pub const MACHINE: Self = Prefixes { v4: 32, v6: 64 };
    /// A cluster of outgoing servers (RFC 6647 section 5).
    pub const CLUSTER: Self = Prefixes { v4: 24, v6: 64 };

    /// The network of an address.
    pub fn of(self, ip: IpAddr) -> Network {
        Network(match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.v4.min(32)));
                Ipv4Addr::from_bits(ip.to_bits() & mask.unwrap_or(0)).into()
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.v6.min(128)));
                Ipv6Addr::from_bits(ip.to_bits() & mask.unwrap_or(0)).into()
            }
        })
    }
}

/// The first address of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(pub IpAddr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_the_first_bits_of_an_address() {
        let table = [
            (32, 64, "192.0.2.77", "192.0.2.77"),
            (24, 64, "192.0.2.77", "192.0.2.0"),
            (0, 0, "192.0.2.77", "0.0.0.0"),
            (24, 64, "::ffff:192.0.2.77", "192.0.2.0"),
            (32, 64, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            (32, 128, "2001:db8::6", "2001:db8::6"),
            (32, 0, "2001:db8::6", "::"),
            (99, 255, "2001:db8::6", "2001:db8::6"),
        ];
        for (v4, v6, ip, network) in table {
            let found = Prefixes { v4, v6 }.of(ip.parse().unwrap());
            assert_eq!(
                found.0,
                network.parse::<IpAddr>().unwrap(),
                "{ip}/{v4}/{v6}"
            );
        }
    }
}
