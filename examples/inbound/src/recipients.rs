//! Whose an address is.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use smtp_proto::Path;

use crate::store::{
    AccountId, Directory, Lookup, Recipient, Result, Subaddressing, address::domain_name,
};

/// Names that mail can be sent to at every domain. RFC 5321 section 4.5.1 demands the first; of those of
/// RFC 2142 only the second is for every domain. Where nobody has one, its mail goes to the first.
const ROLES: [&str; 2] = ["postmaster", "abuse"];

/// Looks addresses up for the ports that mail comes in by.
#[derive(Clone)]
pub struct Recipients {
    directory: Arc<dyn Directory>,
    /// As A-labels in lower case, never empty.
    domains: Arc<[Arc<str>]>,
    subaddressing: Subaddressing,
}

impl Recipients {
    pub fn new(
        directory: Arc<dyn Directory>,
        domains: &[Arc<str>],
        subaddressing: Subaddressing,
    ) -> Self {
        Recipients {
            directory,
            domains: domains.into(),
            subaddressing,
        }
    }

    /// The address to look up for a path, or `None` where its domain is none of ours. `here` is the
    /// address that the client has connected to: a literal of it stands for the first domain.
    pub fn lookup(&self, path: &Path<'_>, here: Option<IpAddr>) -> Option<Lookup> {
        let domain = match path.domain() {
            // `<Postmaster>`, which needs no domain (RFC 5321 section 4.1.1.3).
            None => self.first_domain()?,
            Some(domain) if is_literal_of(domain, here) => self.first_domain()?,
            Some(domain) => self.own(domain)?,
        };
        Some(Lookup::new(&path.local(), domain, self.subaddressing))
    }

    /// The address to look up for an address of a header, which is not unquoted any more.
    pub fn lookup_in_header(&self, local: &str, domain: &str) -> Option<Lookup> {
        let domain = self.own(domain)?;
        Some(Lookup::new(local, domain, self.subaddressing))
    }

    /// Where a message of `octets` goes.
    ///
    /// # Errors
    /// What the store says.
    pub async fn find(&self, address: &Lookup, octets: u64) -> Result<Recipient> {
        let found = self.directory.resolve(address, octets).await?;
        if found != Recipient::Unknown || !is_role(address) {
            return Ok(found);
        }
        let here = address.at_same_domain("postmaster");
        let found = self.directory.resolve(&here, octets).await?;
        match self.first_domain() {
            Some(first) if found == Recipient::Unknown => {
                let first = Lookup::new("postmaster", first, self.subaddressing);
                self.directory.resolve(&first, octets).await
            }
            _ => Ok(found),
        }
    }

    /// Whether the account may write as this address.
    ///
    /// # Errors
    /// What the store says.
    pub async fn may_write_as(&self, account: AccountId, address: &Lookup) -> Result<bool> {
        self.directory.may_write_as(account, address).await
    }

    fn own(&self, domain: &str) -> Option<&str> {
        let domain = domain_name(domain);
        let own = self.domains.iter().find(|own| ***own == *domain)?;
        Some(own)
    }

    fn first_domain(&self) -> Option<&str> {
        self.domains.first().map(|domain| &**domain)
    }
}

fn is_role(address: &Lookup) -> bool {
    ROLES.contains(&address.user().unwrap_or(address.local()))
}

/// `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3), and we are there.
fn is_literal_of(domain: &str, here: Option<IpAddr>) -> bool {
    let literal = |domain: &str| -> Option<IpAddr> {
        let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
        match inner.split_at_checked(5) {
            Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => {
                address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
            }
            _ => inner.parse().ok().map(IpAddr::V4),
        }
    };
    let (literal, here) = (literal(domain), here);
    literal.is_some_and(|literal| Some(literal.to_canonical()) == here.map(|ip| ip.to_canonical()))
}

#[cfg(test)]
mod tests {
    use smtp_proto::Address;

    use super::*;
    use crate::store::sqlite::{Limits, Sqlite};

    fn recipients(folder: &tempfile::TempDir) -> (Recipients, Arc<Sqlite>) {
        let store = Sqlite::open(folder.path(), Limits::default()).unwrap();
        let store = Arc::new(store);
        let domains = ["example.org", "xn--mnchen-3ya.example"].map(Arc::from);
        let recipients = Recipients::new(store.clone(), &domains, Subaddressing::default());
        (recipients, store)
    }

    #[tokio::test]
    async fn an_address_has_many_spellings_and_one_form() {
        let folder = tempfile::tempdir().unwrap();
        let (recipients, _) = recipients(&folder);
        let here = Some("::ffff:192.0.2.1".parse().unwrap());
        let table = [
            ("ada@example.org", Some("ada@example.org")),
            ("ADA@EXAMPLE.ORG", Some("ada@example.org")),
            ("\"ada\"@example.org", Some("ada@example.org")),
            ("\"a\\da+x\"@example.org", Some("ada+x@example.org")),
            ("\"a b\"@example.org", Some("a b@example.org")),
            (
                "ada@m\u{fc}nchen.example",
                Some("ada@xn--mnchen-3ya.example"),
            ),
            (
                "ada@xn--MNCHEN-3YA.example",
                Some("ada@xn--mnchen-3ya.example"),
            ),
            ("Postmaster", Some("postmaster@example.org")),
            ("ada@[192.0.2.1]", Some("ada@example.org")),
            ("ada@[IPv6:::ffff:192.0.2.1]", Some("ada@example.org")),
            ("ada@[192.0.2.2]", None),
            ("ada@[IPv6:::1]", None),
            ("ada@[x:192.0.2.1]", None),
            ("ada@example.com", None),
            ("ada@sub.example.org", None),
            // A percent hack and a bang path are local parts like any other.
            (
                "ada%example.com@example.org",
                Some("ada%example.com@example.org"),
            ),
            (
                "example.com!ada@example.org",
                Some("example.com!ada@example.org"),
            ),
        ];
        for (address, form) in table {
            let address: Address = address.parse().unwrap();
            let lookup = recipients.lookup(&address.as_path(), here);
            let found = lookup.map(|to| format!("{}@{}", to.local(), to.domain()));
            assert_eq!(found.as_deref(), form, "{address}");
        }
    }

    #[tokio::test]
    async fn postmaster_and_abuse_are_always_somebody() {
        let folder = tempfile::tempdir().unwrap();
        let (recipients, store) = recipients(&folder);
        let find = async |address: &str| {
            let address: Address = address.parse().unwrap();
            let lookup = recipients.lookup(&address.as_path(), None).unwrap();
            match recipients.find(&lookup, 1).await.unwrap() {
                Recipient::Mailboxes(found) => Some(found[0].0),
                _ => None,
            }
        };
        assert_eq!(find("postmaster").await, None, "there is nobody at all");
        let ada = store.ensure_account("ada@example.org").await.unwrap().id;
        let bob = store
            .ensure_account("bob@m\u{fc}nchen.example")
            .await
            .unwrap();
        store
            .add_address(ada, "postmaster", "example.org")
            .await
            .unwrap();
        let table = [
            ("Postmaster", ada),
            ("postMASTER@example.org", ada),
            ("abuse@example.org", ada),
            ("abuse+x@example.org", ada),
            ("postmaster@m\u{fc}nchen.example", ada),
        ];
        for (address, account) in table {
            assert_eq!(find(address).await, Some(account), "{address}");
        }
        assert_eq!(find("webmaster@example.org").await, None);
        store
            .set_address("abuse", "xn--mnchen-3ya.example", &[bob.id])
            .await
            .unwrap();
        assert_eq!(find("abuse@m\u{fc}nchen.example").await, Some(bob.id));
        assert_eq!(find("postmaster@m\u{fc}nchen.example").await, Some(ada));
    }
}
