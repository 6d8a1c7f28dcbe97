//! The command line of the policies.

use std::{str::FromStr, time::Duration};

use clap::Args;

#[cfg(feature = "mail-auth")]
use super::authentication::Enforce;
use super::{
    Prefixes,
    greylist::Times,
    rates::{Allowed, Rate},
};
use crate::config::Mistake;

/// What clients may do, and what they are checked for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policies")]
pub struct PolicyFlags {
    /// Judges clients on loopback like all others. Without it they are not limited and not looked
    /// up.
    #[arg(long)]
    pub judge_loopback: bool,
    /// SMTP connections of one address at the same time, or off.
    #[arg(long, value_name = "N", default_value = "50")]
    pub max_connections: String,
    /// New SMTP connections of one address: so many a second, minute, hour or day (s, m, h, d), or off.
    #[arg(long, value_name = "N/TIME", default_value = "300/m")]
    pub connection_rate: String,
    /// Messages from one address, or off.
    #[arg(long, value_name = "N/TIME", default_value = "600/m")]
    pub message_rate: String,
    /// Messages of one envelope sender from one address, or off.
    #[arg(long, value_name = "N/TIME", default_value = "300/m")]
    pub sender_rate: String,
    /// Messages that one account submits, or off.
    #[arg(long, value_name = "N/TIME", default_value = "300/m")]
    pub account_rate: String,
    /// The bits of an IPv4 and of an IPv6 address that make one address of the limits above.
    #[arg(long, value_name = "V4,V6", default_value = "32,64")]
    pub address_bits: String,
    /// Asks senders that are not known yet to come back (RFC 6647). Delays their first mail.
    #[arg(long)]
    pub greylist: bool,
    /// After how long they may come back; until a day later.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub greylist_delay: String,
    /// What is asked of the DNS.
    #[cfg(feature = "dns")]
    #[command(flatten)]
    pub dns: super::dnsbl::DnsFlags,
    /// What is done with the results of SPF, DKIM, DMARC, ARC and iprev: DMARC policies are
    /// enforced (mail is refused, or goes to Junk), results are told in Authentication-Results and
    /// nothing more, or nothing is looked up.
    #[cfg(feature = "mail-auth")]
    #[arg(long, value_name = "WHAT", default_value = "enforce")]
    pub authentication: Enforce,
}

/// What the policies were told, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Clients on loopback are judged like all others.
    pub judge_loopback: bool,
    /// What one client may do.
    pub rates: Allowed,
    /// When greylisted mail may come back, if mail is greylisted.
    pub greylist: Option<Times>,
    /// What is asked of the DNS.
    #[cfg(feature = "dns")]
    pub dns: super::dnsbl::DnsSettings,
    /// What is done with the results of SPF, DKIM, DMARC, ARC and iprev.
    #[cfg(feature = "mail-auth")]
    pub authentication: Enforce,
}

impl PolicyFlags {
    /// Checks them.
    ///
    /// # Errors
    /// The first flag that makes no sense.
    pub fn check(&self) -> Result<Settings, Mistake> {
        let rate = |flag, text| or_off::<Rate>(flag, text);
        Ok(Settings {
            judge_loopback: self.judge_loopback,
            rates: Allowed {
                at_once: connections("--max-connections", &self.max_connections)?,
                connections: rate("--connection-rate", &self.connection_rate)?,
                messages: rate("--message-rate", &self.message_rate)?,
                sender: rate("--sender-rate", &self.sender_rate)?,
                account: rate("--account-rate", &self.account_rate)?,
                prefixes: prefixes("--address-bits", &self.address_bits)?,
            },
            greylist: greylist("--greylist-delay", &self.greylist_delay)?.filter(|_| self.greylist),
            #[cfg(feature = "dns")]
            dns: self.dns.check()?,
            #[cfg(feature = "mail-auth")]
            authentication: self.authentication,
        })
    }
}

/// The value of a flag.
pub(super) fn parse<T: FromStr<Err: ToString>>(flag: &str, text: &str) -> Result<T, Mistake> {
    let wrong = |error: T::Err| format!("{text:?}: {}", error.to_string());
    text.parse()
        .map_err(|error| Mistake::new(flag, wrong(error)))
}

fn or_off<T: FromStr<Err: ToString>>(flag: &str, text: &str) -> Result<Option<T>, Mistake> {
    match text {
        "off" => Ok(None),
        text => parse(flag, text).map(Some),
    }
}

fn connections(flag: &str, text: &str) -> Result<Option<u32>, Mistake> {
    match or_off(flag, text)? {
        Some(0) => Err(Mistake::new(flag, "0 connections are none")),
        most => Ok(most),
    }
}

fn greylist(flag: &str, text: &str) -> Result<Option<Times>, Mistake> {
    let seconds: u64 = parse(flag, text)?;
    let times = Times::with_delay(Duration::from_secs(seconds));
    if times.delay < times.window {
        Ok(Some(times))
    } else {
        Err(Mistake::new(flag, "a retry counts for a day only"))
    }
}

fn prefixes(flag: &str, text: &str) -> Result<Prefixes, Mistake> {
    let read = || {
        let (v4, v6) = text.split_once(',')?;
        let (v4, v6) = (v4.parse().ok()?, v6.parse().ok()?);
        (v4 <= 32 && v6 <= 128).then_some(Prefixes { v4, v6 })
    };
    let cause = format_args!("{text:?} is not two numbers like 32,64");
    read().ok_or_else(|| Mistake::new(flag, cause))
}
