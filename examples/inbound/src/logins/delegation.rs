//! Who may act as somebody else.

use std::{collections::HashMap, sync::Arc};

/// Who may act as whom: nobody as anybody, unless it was said. Names are whole login names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delegation {
    /// The domains whose accounts a master may act as; `None`: all.
    masters: HashMap<Arc<str>, Option<Vec<Arc<str>>>>,
    /// Those who may act as an owner.
    delegates: HashMap<Arc<str>, Vec<Arc<str>>>,
}

impl Delegation {
    /// Lets `master` act as every account of `domains`, or of all domains.
    pub fn add_master(&mut self, master: Arc<str>, domains: Option<Vec<Arc<str>>>) {
        let known = self
            .masters
            .entry(master)
            .or_insert_with(|| Some(Vec::new()));
        match (known.as_mut(), domains) {
            (Some(known), Some(more)) => known.extend(more),
            _ => *known = None,
        }
    }

    /// Lets `delegate` act as `owner`.
    pub fn add_delegate(&mut self, owner: Arc<str>, delegate: Arc<str>) {
        self.delegates.entry(owner).or_default().push(delegate);
    }

    /// Whether `user` may act as `account`. Says so without asking whether there is such an account:
    /// who may not cannot find it out.
    ///
    /// ```
    /// use inbound::logins::Delegation;
    ///
    /// let mut delegation = Delegation::default();
    /// delegation.add_master("root@example.org".into(), Some(vec!["example.org".into()]));
    /// assert!(delegation.allows("root@example.org", "ada@example.org"));
    /// assert!(!delegation.allows("root@example.org", "ada@example.com"));
    /// assert!(!delegation.allows("ada@example.org", "root@example.org"));
    /// ```
    pub fn allows(&self, user: &str, account: &str) -> bool {
        let domain = account.rsplit_once('@').map_or("", |(_, domain)| domain);
        let of_domain = |domains: &Option<Vec<Arc<str>>>| match domains {
            Some(domains) => domains.iter().any(|known| **known == *domain),
            None => true,
        };
        self.masters.get(user).is_some_and(of_domain)
            || self
                .delegates
                .get(account)
                .is_some_and(|known| known.iter().any(|known| **known == *user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_allowed() {
        let mut delegation = Delegation::default();
        delegation.add_master("root@a.example".into(), None);
        delegation.add_master("desk@a.example".into(), Some(vec!["a.example".into()]));
        delegation.add_master("desk@a.example".into(), Some(vec!["b.example".into()]));
        delegation.add_delegate("boss@a.example".into(), "aide@a.example".into());
        delegation.add_delegate("boss@a.example".into(), "temp@b.example".into());
        let table = [
            ("root@a.example", "ada@c.example", true),
            ("desk@a.example", "ada@a.example", true),
            ("desk@a.example", "ada@b.example", true),
            ("desk@a.example", "ada@c.example", false),
            ("desk@a.example", "ada@x.a.example", false),
            ("desk@a.example", "a.example", false),
            ("desk@b.example", "ada@a.example", false),
            ("aide@a.example", "boss@a.example", true),
            ("temp@b.example", "boss@a.example", true),
            ("boss@a.example", "aide@a.example", false),
            ("aide@a.example", "ada@a.example", false),
            ("", "boss@a.example", false),
            ("aide@a.example", "", false),
        ];
        for (user, account, allowed) in table {
            assert_eq!(
                delegation.allows(user, account),
                allowed,
                "{user} as {account}"
            );
        }
    }

    #[test]
    fn more_domains_never_narrow_a_master_of_all() {
        let mut delegation = Delegation::default();
        delegation.add_master("root@a.example".into(), None);
        delegation.add_master("root@a.example".into(), Some(vec!["a.example".into()]));
        assert!(delegation.allows("root@a.example", "ada@c.example"));
    }
}
