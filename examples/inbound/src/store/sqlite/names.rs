//! Names of mailboxes, and of accounts.

use crate::store::{Error, Result};

/// The one name that is the same in any case (RFC 9051 section 5.1).
pub(super) const INBOX: &str = "INBOX";

/// The most octets of a name; clients show far less.
const LONGEST: usize = 1024;

/// The most levels of a name: each can make a mailbox.
const DEEPEST: usize = 32;

/// The name as it is stored: a first level `inbox` in capitals, without the `/` that a client may put
/// behind a name that will have others below it (RFC 9051 section 6.3.4).
///
/// [`Error::Limit`] where the store cannot hold it: too long, too deep, an empty level, a control.
pub(super) fn mailbox(name: &str) -> Result<String> {
    let name = name.strip_suffix('/').unwrap_or(name);
    let levels = name.split('/');
    let bad = name.len() > LONGEST || name.contains(char::is_control);
    if bad || levels.clone().count() > DEEPEST || levels.clone().any(str::is_empty) {
        return Err(Error::Limit);
    }
    match name.split_once('/') {
        None if name.eq_ignore_ascii_case(INBOX) => Ok(INBOX.into()),
        Some((first, below)) if first.eq_ignore_ascii_case(INBOX) => Ok(format!("{INBOX}/{below}")),
        _ => Ok(name.into()),
    }
}

/// The names above a name, from the top: `a`, `a/b` for `a/b/c`.
pub(super) fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').filter_map(|(at, _)| name.get(..at))
}

/// The range of all names below a name, for binary comparison: `/` is followed by `0`.
pub(super) fn below(name: &str) -> (String, String) {
    (format!("{name}/"), format!("{name}0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stored_in_one_form() {
        let table = [
            ("inbox", Ok("INBOX")),
            ("InBox/Sub", Ok("INBOX/Sub")),
            ("inboxes", Ok("inboxes")),
            ("a/b/", Ok("a/b")),
            ("a/Inbox", Ok("a/Inbox")),
            ("", Err(Error::Limit)),
            ("/", Err(Error::Limit)),
            ("/a", Err(Error::Limit)),
            ("a//b", Err(Error::Limit)),
            ("a\nb", Err(Error::Limit)),
        ];
        for (name, stored) in table {
            assert_eq!(mailbox(name), stored.map(String::from), "{name:?}");
        }
        assert_eq!(mailbox(&"x".repeat(1025)), Err(Error::Limit));
        assert_eq!(mailbox(&["a"; 33].join("/")), Err(Error::Limit));
    }

    #[test]
    fn above_lists_every_level() {
        assert_eq!(above("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(above("a").count(), 0);
    }
}
