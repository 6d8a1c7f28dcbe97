//! SASL mechanisms of the application's own, by name.

use std::{collections::HashSet, sync::Arc};

use wire_core::sasl::Mechanisms;

/// So many fit into the line of EHLO, with all of the session's.
const MOST: usize = 16;

#[derive(Debug, Clone, Default)]
pub(crate) struct RawMechanisms(Vec<Arc<str>>);

impl RawMechanisms {
    pub(crate) const NONE: &'static Self = &RawMechanisms(Vec::new());

    pub(crate) fn new(names: &[&str]) -> Self {
        RawMechanisms(names.iter().copied().map(Arc::from).collect())
    }

    /// What is wrong with them, beside those of the session.
    pub(crate) fn fault(&self, ours: Mechanisms) -> Option<&'static str> {
        let once: HashSet<_> = self.iter().collect();
        if self.0.len() > MOST {
            Some("more than EHLO has room for")
        } else if !self.iter().all(is_name) {
            Some("no name of a mechanism (RFC 4422 section 3.1)")
        } else if ours.iter().any(|mechanism| once.contains(mechanism.name())) {
            Some("the session offers one of that name")
        } else if once.len() < self.0.len() {
            Some("one comes twice")
        } else {
            None
        }
    }

    /// Without regard to case.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&Arc<str>> {
        let same = |known: &&Arc<str>| known.as_bytes().eq_ignore_ascii_case(name);
        self.0.iter().find(same)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Arc::as_ref)
    }
}

/// 1 to 20 capitals, digits, hyphens and underscores.
fn is_name(name: &str) -> bool {
    let sign = |octet| matches!(octet, b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_');
    (1..=20).contains(&name.len()) && name.bytes().all(sign)
}
