//! Whose word is taken for where mail comes from.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::config::Mistake;

/// Networks of the command line.
#[derive(Debug, Clone, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads `192.0.2.0/24`, `2001:db8::/32` and single addresses.
    ///
    /// # Errors
    /// The first that is no network.
    pub fn new(flag: &'static str, given: &[String]) -> Result<Self, Mistake> {
        let network = |text: &String| {
            let address = text.parse::<IpAddr>().map(IpNet::from);
            address.or_else(|_| text.parse()).map_err(|_| {
                let cause = format_args!("{text:?} is no network like 192.0.2.0/24 or ::1");
                Mistake::new(flag, cause)
            })
        };
        given
            .iter()
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The same, and not everybody.
    ///
    /// # Errors
    /// The first that is no network, or all of them.
    pub fn narrow(flag: &'static str, given: &[String]) -> Result<Self, Mistake> {
        let networks = Self::new(flag, given)?;
        match networks.0.iter().find(|network| network.prefix_len() == 0) {
            Some(all) => Err(Mistake::new(
                flag,
                format_args!("{all} is everybody: anybody could claim to be anybody"),
            )),
            None => Ok(networks),
        }
    }

    /// Is this one of them? An address that is not known is not.
    pub fn have(&self, address: Option<SocketAddr>) -> bool {
        let ip = address.map(|address| address.ip().to_canonical());
        ip.is_some_and(|ip| self.0.iter().any(|network| network.contains(&ip)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_its_networks_only() {
        let given = ["192.0.2.0/24", "2001:db8::/32", "::1", "10.1.2.3"].map(String::from);
        let networks = Networks::narrow("--trust", &given).unwrap();
        for (address, has) in [
            ("192.0.2.255:1", true),
            ("192.0.3.0:1", false),
            ("[2001:db8:ffff::1]:1", true),
            ("[2001:db9::1]:1", false),
            ("[::1]:1", true),
            ("127.0.0.1:1", false),
            ("10.1.2.3:1", true),
            ("10.1.2.4:1", false),
            ("[::ffff:192.0.2.1]:1", true),
        ] {
            assert_eq!(networks.have(address.parse().ok()), has, "{address}");
        }
        assert!(!networks.have(None));
    }

    #[test]
    fn what_is_no_network_is_a_mistake() {
        for wrong in [
            "",
            "example.org",
            "192.0.2.0/33",
            "192.0.2/24",
            "::/129",
            "1.2.3.4/",
        ] {
            assert!(
                Networks::new("--proxy", &[wrong.into()]).is_err(),
                "{wrong}"
            );
        }
        for all in ["0.0.0.0/0", "::/0"] {
            assert!(Networks::new("--proxy", &[all.into()]).is_ok());
            assert!(Networks::narrow("--trust", &[all.into()]).is_err());
        }
    }
}
