//! One list: what is asked of it, and what its answers mean.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

/// The most of a list's own words that a client is told.
const TEXT: usize = 200;

/// A zone of the DNS that lists addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its domain, without a dot at its end.
    pub name: Arc<str>,
    /// The codes that count; none of them: all.
    pub codes: Vec<Ipv4Addr>,
}

/// What a list looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a domain, or a domain and codes like bl.example=127.0.0.2,127.0.0.4")]
pub struct NotAZone;

impl FromStr for Zone {
    type Err = NotAZone;

    fn from_str(text: &str) -> Result<Self, NotAZone> {
        let (name, codes) = match text.split_once('=') {
            Some((name, codes)) => (name, codes.split(',').collect()),
            None => (text, Vec::new()),
        };
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let label = |label: &str| {
            let inner = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
            (1..=63).contains(&label.len()) && label.bytes().all(inner)
        };
        // The longest question: 32 digits of IPv6, each with a dot.
        if name.len() > 253 - 64 || !name.split('.').all(label) {
            return Err(NotAZone);
        }
        let codes: Vec<Ipv4Addr> = codes
            .into_iter()
            .map(|code| code.parse().map_err(|_| NotAZone))
            .collect::<Result<_, _>>()?;
        if !codes.iter().all(|code| meaning(*code) == Meaning::Listed) {
            return Err(NotAZone);
        }
        Ok(Zone {
            name: name.into(),
            codes,
        })
    }
}

impl Zone {
    /// The name to ask for an address: its parts turned round, in front of the zone
    /// (RFC 5782 sections 2.1 and 2.4).
    pub fn question(&self, ip: IpAddr) -> String {
        match ip.to_canonical() {
            IpAddr::V4(ip) => self.question_v4(ip),
            IpAddr::V6(ip) => self.question_v6(ip),
        }
    }

    pub(super) fn question_v4(&self, ip: Ipv4Addr) -> String {
        let [a, b, c, d] = ip.octets();
        format!("{d}.{c}.{b}.{a}.{}", self.name)
    }

    /// The name of an IPv4 address in a list of IPv6: the test entries of such a list have it.
    pub(super) fn question_mapped(&self, ip: Ipv4Addr) -> String {
        self.question_v6(ip.to_ipv6_mapped())
    }

    fn question_v6(&self, ip: Ipv6Addr) -> String {
        let mut name = String::with_capacity(64 + self.name.len());
        for octet in ip.octets().iter().rev() {
            let (high, low) = (octet >> 4, octet & 15);
            name.push_str(&format!("{low:x}.{high:x}."));
        }
        name + &self.name
    }

    /// Whether these addresses list anything, whatever the code.
    pub(super) fn lists(&self, found: &[Ipv4Addr]) -> bool {
        found.iter().any(|code| meaning(*code) == Meaning::Listed)
    }

    /// What the addresses say that were found.
    pub fn answer(&self, found: &[Ipv4Addr]) -> Answer {
        let mut answer = Answer::NotListed;
        for code in found {
            match meaning(*code) {
                Meaning::Listed if self.codes.is_empty() || self.codes.contains(code) => {
                    return Answer::Listed(*code);
                }
                Meaning::Listed => {}
                Meaning::Odd => answer = Answer::Odd(*code),
            }
        }
        answer
    }
}

/// What a list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The address is listed.
    Listed(Ipv4Addr),
    /// It is not.
    NotListed,
    /// The list, or somebody in its place, says something that is no answer.
    Odd(Ipv4Addr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Listed,
    Odd,
}

/// RFC 5782 section 2.1 gives lists 127.0.0.0/8. 127.0.0.1 is what a broken list or a resolver that
/// "helps" would say, and lists tell by 127.255.255.0/24 that they do not answer this client.
fn meaning(code: Ipv4Addr) -> Meaning {
    match code.octets() {
        [127, 255, 255, _] | [127, 0, 0, 1] => Meaning::Odd,
        [127, ..] => Meaning::Listed,
        _ => Meaning::Odd,
    }
}

/// The words of a list as far as a client can be told them: printable ASCII, and not too many.
pub fn words(texts: &[Vec<u8>]) -> Option<String> {
    let text: String = texts
        .first()?
        .iter()
        .map(|octet| match octet {
            b' '..=b'~' => char::from(*octet),
            b'\t' | b'\r' | b'\n' => ' ',
            _ => '?',
        })
        .take(TEXT)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(text: &str) -> Zone {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_turned_round() {
        let table = [
            ("192.0.2.99", "99.2.0.192.bl.example"),
            ("::ffff:192.0.2.99", "99.2.0.192.bl.example"),
            (
                "2001:db8:1:2:3:4:567:89ab",
                "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.example",
            ),
        ];
        for (ip, name) in table {
            assert_eq!(zone("BL.example.").question(ip.parse().unwrap()), name);
        }
        // RFC 5782 section 5: `::FFFF:7F00:2`
        assert_eq!(
            zone("bl").question_mapped(Ipv4Addr::new(127, 0, 0, 2)),
            "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl"
        );
    }

    #[test]
    fn only_codes_of_loopback_list() {
        let (all, some) = (zone("bl.example"), zone("bl.example=127.0.0.4,127.0.0.5"));
        let code = |text: &str| text.parse::<Ipv4Addr>().unwrap();
        let table: &[(&[&str], Answer, Answer)] = &[
            (&[], Answer::NotListed, Answer::NotListed),
            (
                &["127.0.0.2"],
                Answer::Listed(code("127.0.0.2")),
                Answer::NotListed,
            ),
            (
                &["127.0.0.2", "127.0.0.4"],
                Answer::Listed(code("127.0.0.2")),
                Answer::Listed(code("127.0.0.4")),
            ),
            (
                &["127.1.2.3"],
                Answer::Listed(code("127.1.2.3")),
                Answer::NotListed,
            ),
            (
                &["127.0.0.1"],
                Answer::Odd(code("127.0.0.1")),
                Answer::Odd(code("127.0.0.1")),
            ),
            (
                &["127.255.255.254"],
                Answer::Odd(code("127.255.255.254")),
                Answer::Odd(code("127.255.255.254")),
            ),
            // The domain was sold, and all its names lead to the buyer.
            (
                &["203.0.113.7"],
                Answer::Odd(code("203.0.113.7")),
                Answer::Odd(code("203.0.113.7")),
            ),
        ];
        for (found, of_all, of_some) in table {
            let found: Vec<_> = found.iter().map(|text| code(text)).collect();
            assert_eq!(all.answer(&found), *of_all, "{found:?}");
            assert_eq!(some.answer(&found), *of_some, "{found:?}");
        }
    }

    #[test]
    fn zones_are_read() {
        let long = format!("{}.example", "a.".repeat(100));
        for text in [
            "",
            ".",
            "a..b",
            "bl example",
            "bl.example=",
            "bl.example=127.0.0.1",
            "bl.example=192.0.2.1",
            "bl.example=127.0.0.2;",
            &long,
        ] {
            assert_eq!(text.parse::<Zone>(), Err(NotAZone), "{text:?}");
        }
        assert_eq!(&*zone("Key_1.BL.example.").name, "key_1.bl.example");
    }

    #[test]
    fn the_words_of_a_list_are_made_harmless() {
        let table: &[(&[&[u8]], Option<&str>)] = &[
            (&[], None),
            (&[b""], None),
            (&[b" \r\n"], None),
            (
                &[b"see https://bl.example/?q=1"],
                Some("see https://bl.example/?q=1"),
            ),
            (&[b"one", b"two"], Some("one")),
            (
                &[b"a\r\n250 ok\x1b[31m\x00\xc3\xa9"],
                Some("a  250 ok?[31m???"),
            ),
        ];
        for (texts, expected) in table {
            let texts: Vec<_> = texts.iter().map(|text| text.to_vec()).collect();
            assert_eq!(words(&texts).as_deref(), *expected);
        }
        assert_eq!(words(&[vec![b'x'; 10_000]]).unwrap().len(), TEXT);
    }
}
