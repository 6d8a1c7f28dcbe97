//! One list, asked.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tracing::warn;
use wire_core::Time;

use super::zone::{Answer, Zone, words};
use crate::policy::dns::{Dns, NotAnswered};

/// How long a list may take. What others said by then still counts.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a list has to prove that it is in its right mind.
const PROBED: Duration = Duration::from_secs(3600);

/// The entry that every list has, and the one that none has (RFC 5782 section 5).
const ALWAYS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const NEVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);

/// A zone, and what its test entries said last.
pub(super) struct List {
    pub(super) zone: Zone,
    v4: Mutex<Option<Probe>>,
    v6: Mutex<Option<Probe>>,
}

#[derive(Clone, Copy)]
struct Probe {
    at: Time,
    lists_all: bool,
}

impl List {
    pub(super) fn new(zone: Zone) -> Self {
        List {
            zone,
            v4: Mutex::default(),
            v6: Mutex::default(),
        }
    }

    /// What the list says of an address that it has; nothing, if it has no words for it.
    pub(super) async fn ask(
        &self,
        dns: &Dns,
        ip: IpAddr,
        now: Time,
    ) -> Result<Option<String>, NotAnswered> {
        let asking = async {
            if self.lists_all(dns, ip, now).await? {
                return Ok(None);
            }
            let question = self.zone.question(ip);
            match self.zone.answer(&dns.addresses(&question).await?) {
                Answer::NotListed => Ok(None),
                Answer::Odd(code) => Err(NotAnswered(format!("{code} is no answer"))),
                Answer::Listed(_) => {
                    let texts = dns.texts(&question).await.unwrap_or_default();
                    Ok(Some(words(&texts).unwrap_or_default()))
                }
            }
        };
        let late = || NotAnswered(format!("no answer in {PATIENCE:?}"));
        let answer = tokio::time::timeout(PATIENCE, asking).await;
        answer.unwrap_or_else(|_| Err(late()))
    }

    /// A list that has what it must not have would refuse everybody: it is not asked.
    async fn lists_all(&self, dns: &Dns, ip: IpAddr, now: Time) -> Result<bool, NotAnswered> {
        let (probe, of) = match ip {
            IpAddr::V4(_) => (&self.v4, Zone::question_v4 as fn(&Zone, Ipv4Addr) -> String),
            IpAddr::V6(_) => (&self.v6, Zone::question_mapped as _),
        };
        let last = *probe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last
            && now.since(last.at) < PROBED
        {
            return Ok(last.lists_all);
        }
        let (always, never) = (of(&self.zone, ALWAYS), of(&self.zone, NEVER));
        let (always, never) = tokio::try_join!(dns.addresses(&always), dns.addresses(&never))?;
        let (always, never) = (self.zone.lists(&always), self.zone.lists(&never));
        let zone = &*self.zone.name;
        if never {
            warn!(policy = "dnsbl", zone, "lists what no list may: not asked");
        } else if !always {
            warn!(policy = "dnsbl", zone, "does not list its test entry");
        }
        *probe.lock().unwrap_or_else(PoisonError::into_inner) = Some(Probe {
            at: now,
            lists_all: never,
        });
        Ok(never)
    }
}
