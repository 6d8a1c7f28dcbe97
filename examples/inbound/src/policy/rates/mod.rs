//! How much one client may do: connections at once, connections and messages in a time.

mod buckets;

use std::{net::IpAddr, sync::Arc, time::Duration};

use wire_core::Time;

pub use buckets::{Buckets, NotARate, Rate};

use super::{Client, Judgement, Judging, Mail, Network, Policy, Prefixes, Refusal, Round, Stage};
use crate::{config::Service, places::Places};

/// Clients that a table remembers at once: 4 MiB a table, and more than a server of 10,000
/// connections sees in the minute that its rates are about.
const CLIENTS: usize = 1 << 18;

/// The longest that somebody near its rate is held up.
const SLOWEST: Duration = Duration::from_secs(1);

/// Where the time comes from.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// What is allowed. `None`: anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Connections of one address at the same time.
    pub at_once: Option<u32>,
    /// Connections of one address.
    pub connections: Option<Rate>,
    /// Messages from one address.
    pub messages: Option<Rate>,
    /// Messages of one envelope sender from one address.
    pub sender: Option<Rate>,
    /// Messages of one account, wherever from.
    pub account: Option<Rate>,
    /// What one address is.
    pub prefixes: Prefixes,
}

/// The rates of clients and accounts.
///
/// Who has logged in is counted by account. Who has not is counted by address; its envelope sender
/// is anybody's claim, so it is counted by address too: nobody can use up the rate of another.
pub struct Rates {
    prefixes: Prefixes,
    open: Option<(u32, Arc<Places<Network>>)>,
    connections: Option<Buckets>,
    messages: Option<Buckets>,
    sender: Option<Buckets>,
    account: Option<Buckets>,
    now: Now,
}

impl Rates {
    /// All of them at rest.
    pub fn new(allowed: &Allowed, now: Now) -> Self {
        let buckets = |rate: Option<Rate>| rate.map(|rate| Buckets::new(rate, CLIENTS));
        Rates {
            prefixes: allowed.prefixes,
            open: allowed.at_once.map(|most| (most, Arc::default())),
            connections: buckets(allowed.connections),
            messages: buckets(allowed.messages),
            sender: buckets(allowed.sender),
            account: buckets(allowed.account),
            now,
        }
    }

    fn judge_connection(&self, client: &Client, ip: IpAddr) -> Judgement {
        let network = self.prefixes.of(ip);
        if let Some((most, open)) = &self.open {
            match open.take(network, *most) {
                // Given back when the connection is over, and its notes with it.
                Some(place) => drop(client.notes.keep(place)),
                None => {
                    let text = format!("more than {most} connections at once from your address");
                    return Judgement::tempfail(Refusal::new(421, (4, 7, 0), text));
                }
            }
        }
        self.take(&self.connections, &network, "connections from your address")
    }

    fn judge_message(&self, mail: &Mail) -> Judgement {
        if let Some(login) = &mail.login {
            return self.take(&self.account, &login.account, "messages of your account");
        }
        let Some(ip) = mail.client.ip() else {
            return Judgement::accept();
        };
        let network = self.prefixes.of(ip);
        let by_address = self.take(&self.messages, &network, "messages from your address");
        if by_address.verdict().is_refusal() || mail.from.as_path().is_null() {
            return by_address;
        }
        let sender = mail.from.as_str().to_ascii_lowercase();
        let by_sender = self.take(&self.sender, &(network, sender), "messages of this sender");
        match by_sender.verdict().is_refusal() {
            true => by_sender,
            false => by_sender.slow_down(by_address.slow()),
        }
    }

    fn take(&self, from: &Option<Buckets>, key: &impl std::hash::Hash, what: &str) -> Judgement {
        let Some(buckets) = from else {
            return Judgement::accept();
        };
        match buckets.take(key, (self.now)()) {
            Ok(left) => Judgement::accept().slow_down(pace(buckets.rate(), left)),
            Err(wait) => {
                let (rate, wait) = (buckets.rate(), whole_seconds(wait));
                let text = format!("more than {rate}: {what}; try again in {wait} seconds");
                Judgement::tempfail(Refusal::new(450, (4, 7, 1), text))
            }
        }
    }
}

/// Who has used up most of its tokens gets them back while it waits: one that does one thing at a time
/// is slowed to its rate, and not refused.
fn pace(rate: Rate, left: u32) -> Duration {
    match left < rate.tokens() / 4 {
        true => rate.interval().min(SLOWEST),
        false => Duration::ZERO,
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs()
        .saturating_add(u64::from(wait.subsec_nanos() > 0))
}

impl Policy for Rates {
    fn name(&self) -> &'static str {
        "rate"
    }

    fn stages(&self) -> &'static [Stage] {
        &[Stage::Connect, Stage::Mail]
    }

    fn serves(&self, service: Service) -> bool {
        matches!(
            service,
            Service::Smtp | Service::Submission | Service::Smtps
        )
    }

    fn round(&self) -> Round {
        Round::Guard
    }

    fn connect<'a>(&'a self, client: &'a Client) -> Judging<'a> {
        let judged = match client.ip() {
            Some(ip) => self.judge_connection(client, ip),
            None => Judgement::accept(),
        };
        Box::pin(std::future::ready(Ok(judged)))
    }

    fn mail<'a>(&'a self, mail: &'a Mail) -> Judging<'a> {
        Box::pin(std::future::ready(Ok(self.judge_message(mail))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::{
            Login, Verdict,
            testing::{Hand, client, mail},
        },
        store::AccountId,
    };
    use futures_util::FutureExt;

    fn rates(hand: &Hand, change: impl FnOnce(&mut Allowed)) -> Rates {
        let mut allowed = Allowed {
            at_once: None,
            connections: None,
            messages: None,
            sender: None,
            account: None,
            prefixes: Prefixes::MACHINE,
        };
        change(&mut allowed);
        Rates::new(&allowed, hand.now())
    }

    fn said(judging: Judging<'_>) -> Option<String> {
        match judging.now_or_never().unwrap().unwrap().verdict() {
            Verdict::Accept => None,
            Verdict::TempFail(refusal) => Some(refusal.text().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_address_has_so_many_connections_at_once() {
        let hand = Hand::default();
        let rates = rates(&hand, |allowed| allowed.at_once = Some(2));
        let clients: Vec<_> = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"]
            .map(|ip| client(Service::Smtp, ip))
            .into();
        let judged = clients.iter().map(|client| said(rates.connect(client)));
        let judged: Vec<_> = judged.map(|said| said.is_none()).collect();
        assert_eq!(judged, [true, true, false, true]);
        // Asked again, a client does not count twice.
        assert_eq!(said(rates.connect(&clients[3])), None);
        assert_eq!(rates.open.as_ref().unwrap().1.keys(), 2);
        drop(clients);
        assert_eq!(rates.open.as_ref().unwrap().1.keys(), 0);
        assert_eq!(
            said(rates.connect(&client(Service::Smtp, "192.0.2.1"))),
            None
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let hand = Hand::default();
        let rates = rates(&hand, |allowed| allowed.connections = "2/m".parse().ok());
        let connect = |ip| said(rates.connect(&client(Service::Smtp, ip)));
        assert_eq!(connect("2001:db8::1"), None);
        assert_eq!(connect("2001:db8::2"), None);
        let text =
            "more than 2 in 60 seconds: connections from your address; try again in 30 seconds";
        assert_eq!(connect("2001:db8::3").as_deref(), Some(text));
        assert_eq!(connect("2001:db8:0:1::1"), None);
        hand.pass(Duration::from_secs(30));
        assert_eq!(connect("2001:db8::4"), None);
    }

    #[test]
    fn a_sender_is_counted_where_it_comes_from() {
        let hand = Hand::default();
        let rates = rates(&hand, |allowed| allowed.sender = "1/m".parse().ok());
        let (here, there) = ("192.0.2.1", "192.0.2.2");
        let send = |ip, from| said(rates.mail(&mail(&client(Service::Smtp, ip), from, None)));
        assert_eq!(send(here, "a@example.com"), None);
        assert!(send(here, "A@Example.com").is_some());
        assert_eq!(send(here, "b@example.com"), None);
        // Who forges the sender elsewhere uses up nothing of it.
        assert_eq!(send(there, "a@example.com"), None);
        // Bounces have no sender.
        assert_eq!((send(here, ""), send(here, "")), (None, None));
    }

    #[test]
    fn an_account_is_counted_wherever_it_comes_from() {
        let hand = Hand::default();
        let rates = rates(&hand, |allowed| {
            allowed.account = "2/m".parse().ok();
            allowed.messages = "1/h".parse().ok();
        });
        let send = |ip, account| {
            let login = Login {
                account: AccountId(account),
                name: "a@example.org".into(),
            };
            let client = client(Service::Submission, ip);
            said(rates.mail(&mail(&client, "a@example.org", Some(login))))
        };
        assert_eq!(send("192.0.2.1", 1), None);
        assert_eq!(send("192.0.2.2", 1), None);
        assert!(send("192.0.2.3", 1).is_some());
        assert_eq!(send("192.0.2.3", 2), None);
    }

    #[test]
    fn who_comes_near_its_rate_is_slowed_to_it() {
        let hand = Hand::default();
        let rates = rates(&hand, |allowed| allowed.messages = "120/m".parse().ok());
        let client = client(Service::Smtp, "192.0.2.1");
        let mut slowed = 0;
        for _ in 0..1_000 {
            let mail = mail(&client, "a@example.com", None);
            let judged = rates.mail(&mail).now_or_never().unwrap().unwrap();
            assert_eq!(*judged.verdict(), Verdict::Accept);
            hand.pass(judged.slow());
            slowed += u32::from(!judged.slow().is_zero());
        }
        assert!(slowed > 900, "{slowed}");
    }

    #[test]
    fn what_is_off_is_not_counted() {
        let hand = Hand::default();
        let rates = rates(&hand, |_| {});
        let client = client(Service::Smtp, "192.0.2.1");
        for _ in 0..10_000 {
            assert_eq!(said(rates.connect(&client)), None);
            assert_eq!(
                said(rates.mail(&mail(&client, "a@example.com", None))),
                None
            );
        }
    }
}
