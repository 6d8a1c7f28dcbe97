//! Domains, accounts and aliases of the command line.

use std::sync::Arc;

use super::Mistake;
use crate::store::{Subaddressing, address};

/// What may stand before a detail: the atext of RFC 5322 that is no letter and no digit.
const SEPARATORS: &str = "!#$%&'*+-/=?^_`{|}~.";

/// A password account of the command line.
#[derive(Clone)]
pub struct AccountLine {
    /// The login name, `user@domain`, as it is compared.
    pub name: String,
    /// The password.
    pub password: String,
}

/// An address of the command line that leads to accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasLine {
    /// Its local part; `*` takes what nobody else does.
    pub local: String,
    /// Its domain.
    pub domain: String,
    /// Login names; none takes the address away.
    pub accounts: Vec<String>,
}

/// The domains of `--domain`, and those that the accounts bring along.
pub(super) fn domains(mut given: Vec<Arc<str>>, accounts: &[AccountLine]) -> Vec<Arc<str>> {
    for account in accounts {
        let Some((_, domain)) = account.name.rsplit_once('@') else {
            continue;
        };
        if !given.iter().any(|known| **known == *domain) {
            given.push(domain.into());
        }
    }
    given
}

pub(super) fn domain(name: &str) -> Result<Arc<str>, Mistake> {
    let label = |label: &str| {
        let inner = label
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let labels = address::domain_name(name);
    if labels.len() <= 253 && labels.split('.').all(label) {
        Ok(labels.into())
    } else {
        Err(Mistake::new(
            "--domain",
            format_args!("{name:?} is not a domain name"),
        ))
    }
}

pub(super) fn account(line: &str, default_domain: &str) -> Result<AccountLine, Mistake> {
    // The line holds a password: it is not repeated.
    let wrong = |cause: &str| Mistake::new("--account", cause);
    let (name, password) = line
        .split_once(':')
        .ok_or_else(|| wrong("expected user@domain:password, found no ':'"))?;
    if password.is_empty() {
        return Err(wrong("the password is empty"));
    }
    let name = login_name(name, default_domain).map_err(wrong)?;
    if name.starts_with("*@") {
        return Err(wrong("* is the catch-all, see --alias"));
    }
    Ok(AccountLine {
        name,
        password: password.into(),
    })
}

/// `ADDRESS=ACCOUNT,...`
pub(super) fn alias(line: &str, domains: &[Arc<str>]) -> Result<AliasLine, Mistake> {
    let wrong = |cause: String| Mistake::new("--alias", format_args!("{line:?}: {cause}"));
    // A local part may hold an equals sign.
    let split = line
        .split_once('@')
        .and_then(|(local, rest)| Some((local, rest.split_once('=')?)));
    let Some((local, (host, accounts))) = split else {
        return Err(wrong("expected address@domain=account,...".into()));
    };
    plain(local).map_err(|cause| wrong(cause.into()))?;
    let host = domain(host).map_err(|_| wrong("the domain is not a domain name".into()))?;
    if !domains.contains(&host) {
        return Err(wrong(format!("{host} is not served, see --domain")));
    }
    let default_domain = domains.first().map_or("", |domain| domain);
    let accounts = accounts
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| login_name(name, default_domain).map_err(|cause| wrong(cause.into())))
        .collect::<Result<_, _>>()?;
    Ok(AliasLine {
        local: address::local_part(local).into(),
        domain: (*host).into(),
        accounts,
    })
}

pub(super) fn subaddressing(separator: &str, mailboxes: bool) -> Result<Subaddressing, Mistake> {
    let mut chars = separator.chars();
    let separator = match (separator, chars.next(), chars.next()) {
        ("off", ..) => None,
        (_, Some(one), None) if SEPARATORS.contains(one) => Some(one),
        _ => {
            let cause = format!("{separator:?} is not one of {SEPARATORS} or off");
            return Err(Mistake::new("--detail-separator", cause));
        }
    };
    if mailboxes && separator.is_none() {
        let cause = "needs a --detail-separator";
        return Err(Mistake::new("--detail-mailboxes", cause));
    }
    Ok(Subaddressing {
        separator,
        mailboxes,
    })
}

/// A whole login name, as it is compared, from one that may lack its domain.
pub(crate) fn login_name(name: &str, default_domain: &str) -> Result<String, &'static str> {
    let (user, host) = name.rsplit_once('@').unwrap_or((name, default_domain));
    let host = domain(host).map_err(|_| "the domain is not a domain name")?;
    plain(user)?;
    Ok(address::login_name(&format!("{user}@{host}")))
}

/// A local part that needs no quotes.
fn plain(local: &str) -> Result<(), &'static str> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "\"<>()[],;:\\@".contains(c);
    if local.is_empty() || local.len() > 64 || local.contains(odd) {
        return Err("the user name must be a plain local part of 1 to 64 octets");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_an_address_and_accounts() {
        let domains: Vec<Arc<str>> = vec!["example.org".into(), "example.net".into()];
        let table = [
            (
                "info@example.org=ada",
                Some("info@example.org=ada@example.org"),
            ),
            (
                "Info@Example.NET=Ada@example.net,bob",
                Some("info@example.net=ada@example.net,bob@example.org"),
            ),
            ("*@example.org=ada", Some("*@example.org=ada@example.org")),
            (
                "a=b@example.org=ada",
                Some("a=b@example.org=ada@example.org"),
            ),
            ("gone@example.org=", Some("gone@example.org=")),
            ("info=ada", None),
            ("info@example.org", None),
            ("info@example.com=ada", None),
            ("@example.org=ada", None),
            ("in fo@example.org=ada", None),
            ("info@example.org=a b", None),
            ("info@example.org=ada@-", None),
        ];
        for (line, wanted) in table {
            let read = alias(line, &domains).ok();
            let read = read.map(|a| format!("{}@{}={}", a.local, a.domain, a.accounts.join(",")));
            assert_eq!(read.as_deref(), wanted, "{line}");
        }
    }

    #[test]
    fn a_domain_may_come_as_u_labels() {
        let table = [
            ("Example.ORG", Some("example.org")),
            ("m\u{fc}nchen.example", Some("xn--mnchen-3ya.example")),
            ("m\u{fc} nchen.example", None),
            ("-a.example", None),
            ("a..example", None),
            ("", None),
        ];
        for (name, wanted) in table {
            assert_eq!(domain(name).ok().as_deref(), wanted, "{name}");
        }
    }
}
