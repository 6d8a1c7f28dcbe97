//! Lists of addresses in the DNS (RFC 5782): who sends junk, and who is known to send none.

mod flags;
mod list;
mod zone;

use std::{net::IpAddr, str::FromStr, sync::Arc};

use futures_util::future::join_all;

pub use flags::{DnsFlags, DnsSettings};
use list::List;
pub use zone::{NotAZone, Zone};

use super::{
    Client, Failed, Judgement, Judging, Known, Mail, Policy, Rcpt, Refusal, Stage, dns::Dns,
    rates::Now,
};

/// What becomes of mail from listed addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Treatment {
    /// Refused.
    #[default]
    Reject,
    /// Put into Junk.
    Quarantine,
    /// Marked with a field.
    Tag,
}

impl FromStr for Treatment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "reject" => Ok(Treatment::Reject),
            "quarantine" => Ok(Treatment::Quarantine),
            "tag" => Ok(Treatment::Tag),
            _ => Err("expected reject, quarantine or tag"),
        }
    }
}

/// A list has the client.
#[derive(Debug)]
struct Listed {
    reason: String,
}

/// Asks lists when a client connects, and treats its mail by what they say.
///
/// Refused are recipients, not the connection: the bounce then says why, and `postmaster` can be
/// reached by who is listed wrongly.
pub struct Dnsbl {
    dns: Arc<Dns>,
    deny: Vec<List>,
    allow: Vec<List>,
    treatment: Treatment,
    now: Now,
}

impl Dnsbl {
    /// Lists to refuse by and lists to trust.
    pub fn new(dns: Arc<Dns>, settings: &DnsSettings, now: Now) -> Self {
        let lists = |zones: &[Zone]| zones.iter().cloned().map(List::new).collect();
        Dnsbl {
            dns,
            deny: lists(&settings.deny),
            allow: lists(&settings.allow),
            treatment: settings.treatment,
            now,
        }
    }

    async fn look_up<'a>(&'a self, client: &Client) -> Result<Judgement, Failed> {
        let Some(ip) = client.ip() else {
            return Ok(Judgement::accept());
        };
        let now = (self.now)();
        let ask = |list: &'a List| list.ask(&self.dns, ip, now);
        let allowing = join_all(self.allow.iter().map(ask));
        let denying = join_all(self.deny.iter().map(ask));
        let (allowing, denying) = tokio::join!(allowing, denying);
        let mut failed = Vec::new();
        // Who is known has nothing to fear from the others.
        for (list, answer) in self.allow.iter().zip(allowing) {
            match answer {
                Ok(Some(_)) => {
                    let by = list.zone.name.clone();
                    client.notes.keep(Known { by });
                    return Ok(Judgement::accept());
                }
                Ok(None) => {}
                Err(error) => failed.push(format!("{}: {error}", list.zone.name)),
            }
        }
        let mut listed = None;
        for (list, answer) in self.deny.iter().zip(denying) {
            match answer {
                Ok(Some(words)) => listed = listed.or(Some(reason(ip, &list.zone, &words))),
                Ok(None) => {}
                Err(error) => failed.push(format!("{}: {error}", list.zone.name)),
            }
        }
        match listed {
            Some(reason) => {
                client.notes.keep(Listed { reason });
                Ok(Judgement::accept())
            }
            None if failed.is_empty() => Ok(Judgement::accept()),
            None => Err(Failed(failed.join("; "))),
        }
    }
}

fn reason(ip: IpAddr, zone: &Zone, words: &str) -> String {
    let text = format!("{ip} is listed by {}", zone.name);
    match words {
        "" => text,
        words => format!("{text}: {words}"),
    }
}

impl Policy for Dnsbl {
    fn name(&self) -> &'static str {
        "dnsbl"
    }

    fn stages(&self) -> &'static [Stage] {
        &[Stage::Connect, Stage::Mail, Stage::Rcpt]
    }

    fn connect<'a>(&'a self, client: &'a Client) -> Judging<'a> {
        Box::pin(self.look_up(client))
    }

    fn mail<'a>(&'a self, mail: &'a Mail) -> Judging<'a> {
        let listed = mail.client.notes.get::<Listed>();
        let judged = match (listed, self.treatment) {
            (Some(listed), Treatment::Quarantine) => Judgement::quarantine(&*listed.reason),
            (Some(listed), Treatment::Tag) => Judgement::accept().field("X-DNSBL", &*listed.reason),
            (None, _) | (_, Treatment::Reject) => Judgement::accept(),
        };
        Box::pin(std::future::ready(Ok(judged)))
    }

    fn rcpt<'a>(&'a self, mail: &'a Mail, rcpt: &'a Rcpt) -> Judging<'a> {
        let listed = mail.client.notes.get::<Listed>();
        let refused = listed
            .filter(|_| self.treatment == Treatment::Reject && !is_postmaster(rcpt))
            .map(|listed| Refusal::new(550, (5, 7, 1), &*listed.reason));
        let judged = refused.map_or_else(Judgement::accept, Judgement::reject);
        Box::pin(std::future::ready(Ok(judged)))
    }
}

fn is_postmaster(rcpt: &Rcpt) -> bool {
    rcpt.to.as_path().local().eq_ignore_ascii_case("postmaster")
}
