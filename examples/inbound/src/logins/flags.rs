//! The command line of logins.

use std::{sync::Arc, time::Duration};

use clap::Args;

use super::{Delegation, Settings};
use crate::{
    config::{Mistake, whole_login_name},
    store::address,
};

/// The longest delay that a client can be made to wait for: some give up after half a minute.
const LONGEST: u64 = 25;

/// The longest that a proven password is known, in seconds.
const MEMORY: u64 = 3600;

/// Who may act as whom, and what wrong passwords cost.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logins")]
pub struct LoginFlags {
    /// The longest delay of a login after wrong passwords of its address and its account, in seconds,
    /// or off. The first few cost nothing, then it is one second, and twice as much each time.
    #[arg(long, value_name = "SECONDS", default_value = "16")]
    pub max_login_delay: String,
    /// How long a password that was right is known again without a hash, in seconds, at most 3600; 0: never.
    /// One that is changed or revoked is not known from then on.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub login_memory: u64,
    /// An account that may act as others: of the domains named, or of all. It logs in with a password
    /// of its own and names the other account as authorization identity (SASL authzid). May be repeated.
    #[arg(long, value_name = "ACCOUNT[:DOMAIN,...]")]
    pub master_user: Vec<String>,
    /// Accounts that may act as OWNER, in the same way. May be repeated.
    #[arg(long, value_name = "OWNER=ACCOUNT,...")]
    pub delegate: Vec<String>,
}

impl LoginFlags {
    /// Checks them. A name without a domain belongs to `first_domain`.
    ///
    /// # Errors
    /// The first flag that makes no sense.
    pub fn check(&self, first_domain: &str, judge_loopback: bool) -> Result<Settings, Mistake> {
        let mut delegation = Delegation::default();
        for line in &self.master_user {
            let (name, domains) = match line.split_once(':') {
                Some((name, domains)) => (name, Some(domains)),
                None => (&**line, None),
            };
            let wrong =
                |cause: &str| Mistake::new("--master-user", format_args!("{line:?}: {cause}"));
            let name = whole_login_name(name, first_domain).map_err(wrong)?;
            let domains: Option<Vec<Arc<str>>> = domains.map(|domains| {
                let domains = domains.split(',').filter(|domain| !domain.is_empty());
                domains
                    .map(|domain| address::domain_name(domain).into())
                    .collect()
            });
            if domains.as_ref().is_some_and(Vec::is_empty) {
                return Err(wrong("no domain behind the colon"));
            }
            delegation.add_master(name.into(), domains);
        }
        for line in &self.delegate {
            let wrong = |cause: &str| Mistake::new("--delegate", format_args!("{line:?}: {cause}"));
            let (owner, delegates) = line
                .split_once('=')
                .ok_or_else(|| wrong("expected owner=account,..."))?;
            let owner: Arc<str> = whole_login_name(owner, first_domain).map_err(wrong)?.into();
            for delegate in delegates.split(',') {
                let delegate = whole_login_name(delegate, first_domain).map_err(wrong)?;
                delegation.add_delegate(owner.clone(), delegate.into());
            }
        }
        Ok(Settings {
            longest_delay: self.longest_delay()?,
            judge_loopback,
            memory: self.memory()?,
            delegation,
        })
    }

    fn memory(&self) -> Result<Duration, Mistake> {
        match self.login_memory {
            seconds @ 0..=MEMORY => Ok(Duration::from_secs(seconds)),
            seconds => Err(Mistake::new(
                "--login-memory",
                format_args!("{seconds} is not in 0..={MEMORY}"),
            )),
        }
    }

    fn longest_delay(&self) -> Result<Option<Duration>, Mistake> {
        match self.max_login_delay.as_str() {
            "off" => Ok(None),
            text => match text.parse() {
                Ok(seconds @ 1..=LONGEST) => Ok(Some(Duration::from_secs(seconds))),
                _ => Err(Mistake::new(
                    "--max-login-delay",
                    format_args!("{text:?} is not in 1..={LONGEST}, nor off"),
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(max: &str, masters: &[&str], delegates: &[&str]) -> Result<Settings, String> {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let flags = LoginFlags {
            max_login_delay: max.to_owned(),
            login_memory: 60,
            master_user: owned(masters),
            delegate: owned(delegates),
        };
        flags
            .check("example.org", false)
            .map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn names_are_whole_and_domains_are_compared_as_elsewhere() {
        let settings = check(
            "16",
            &["Root", "desk@b.example:B.Example"],
            &["boss=Aide,t@b.example"],
        );
        let allows = |user, account| settings.as_ref().unwrap().delegation.allows(user, account);
        assert!(allows("root@example.org", "x@anywhere.example"));
        assert!(allows("desk@b.example", "x@b.example"));
        assert!(!allows("desk@b.example", "x@example.org"));
        assert!(allows("aide@example.org", "boss@example.org"));
        assert!(allows("t@b.example", "boss@example.org"));
        let settings = settings.as_ref().unwrap();
        assert_eq!(settings.longest_delay, Some(Duration::from_secs(16)));
        assert_eq!(check("off", &[], &[]).unwrap().longest_delay, None);
    }

    #[test]
    fn mistakes_name_the_flag() {
        let table: [(&str, &[&str], &[&str], &str); 8] = [
            ("0", &[], &[], "--max-login-delay: "),
            ("26", &[], &[], "--max-login-delay: "),
            ("-1", &[], &[], "--max-login-delay: "),
            ("", &[], &[], "--max-login-delay: "),
            ("16", &["root:"], &[], "--master-user: "),
            ("16", &[""], &[], "--master-user: "),
            ("16", &[], &["boss"], "--delegate: "),
            ("16", &[], &["boss="], "--delegate: "),
        ];
        for (max, masters, delegates, start) in table {
            let said = check(max, masters, delegates).unwrap_err();
            assert!(said.starts_with(start), "{said}");
        }
    }
}
