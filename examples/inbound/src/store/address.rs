//! Addresses as they are compared.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::AsciiDenyList;

/// How the detail of `user+detail` is set apart (RFC 5233), and what it is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subaddressing {
    /// What stands between the user and the detail; `None` where there are no details.
    pub separator: Option<char>,
    /// The detail may name a mailbox. Then whoever knows an address can put mail into any mailbox of that
    /// account that has no special use.
    pub mailboxes: bool,
}

impl Default for Subaddressing {
    fn default() -> Self {
        Subaddressing {
            separator: Some('+'),
            mailboxes: false,
        }
    }
}

/// An address to look up. Two spellings of one address are equal here: the local part in any case and
/// either normal form, the domain in any case and as A-labels or U-labels (RFC 5890).
///
/// ```
/// use inbound::store::{Lookup, Subaddressing};
///
/// let lookup = Lookup::new("Ada+Lists", "Example.ORG", Subaddressing::default());
/// assert_eq!((lookup.local(), lookup.domain()), ("ada+lists", "example.org"));
/// assert_eq!(lookup.user(), Some("ada"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    local: String,
    domain: String,
    /// Where the separator stands in `local`, and the detail as it was written.
    detail: Option<(usize, String)>,
    mailboxes: bool,
}

impl Lookup {
    /// Both parts as a client wrote them, the local part without quotes.
    pub fn new(local: &str, domain: &str, subaddressing: Subaddressing) -> Self {
        let folded = local_part(local).into_owned();
        let detail = subaddressing.separator.and_then(|separator| {
            let (user, _) = folded.split_once(separator)?;
            let (_, detail) = local.split_once(separator)?;
            (!user.is_empty()).then(|| (user.len(), detail.to_owned()))
        });
        Lookup {
            local: folded,
            domain: domain_name(domain).into_owned(),
            detail,
            mailboxes: subaddressing.mailboxes,
        }
    }

    /// The whole local part.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain, as A-labels.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The local part without its detail, where it has one.
    pub fn user(&self) -> Option<&str> {
        let (end, _) = self.detail.as_ref()?;
        self.local.get(..*end)
    }

    /// The mailbox that the detail names, where it may.
    pub fn mailbox(&self) -> Option<&str> {
        let (_, detail) = self.detail.as_ref().filter(|_| self.mailboxes)?;
        Some(detail).filter(|name| !name.is_empty()).map(|s| &**s)
    }

    /// The same in another local part, without a detail.
    pub fn at_same_domain(&self, local: &str) -> Self {
        Lookup {
            local: local_part(local).into_owned(),
            domain: self.domain.clone(),
            detail: None,
            mailboxes: false,
        }
    }
}

/// A local part as it is compared: lower case, in normal form C.
///
/// RFC 5321 section 2.4 leaves that to the host that delivers. Nobody wants `Ada` and `ada` to be two.
pub fn local_part(local: &str) -> Cow<'_, str> {
    if local.is_ascii() {
        return lower(local);
    }
    let composed = ComposingNormalizerBorrowed::new_nfc();
    let lower = composed.normalize(local).to_lowercase();
    Cow::Owned(composed.normalize(&lower).into_owned())
}

/// A domain as it is compared: A-labels in lower case. What is no domain name is only put in lower case.
pub fn domain_name(domain: &str) -> Cow<'_, str> {
    if domain.is_ascii() {
        return lower(domain);
    }
    match idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::STD3) {
        Ok(ascii) => ascii,
        Err(_) => Cow::Owned(domain.to_lowercase()),
    }
}

/// A login name, `user@domain`, as it is compared.
pub fn login_name(name: &str) -> String {
    match name.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{}", local_part(local), domain_name(domain)),
        None => local_part(name).into_owned(),
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|octet| octet.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        let table = [
            ("Ada", "Example.ORG", "ada@example.org"),
            // A composed and a decomposed letter, in either case.
            ("Zo\u{eb}", "example.org", "zo\u{eb}@example.org"),
            ("ZOE\u{308}", "example.org", "zo\u{eb}@example.org"),
            ("a b", "example.org", "a b@example.org"),
            ("a", "M\u{fc}nchen.example", "a@xn--mnchen-3ya.example"),
            ("a", "mu\u{308}nchen.EXAMPLE", "a@xn--mnchen-3ya.example"),
            ("a", "XN--MNCHEN-3YA.example", "a@xn--mnchen-3ya.example"),
            // UTS 46 maps the ideographic full stop to a dot.
            (
                "a",
                "m\u{fc}nchen\u{3002}example",
                "a@xn--mnchen-3ya.example",
            ),
            // No domain name: it can match nothing, and does no harm.
            ("a", "\u{fc} \u{dc}", "a@\u{fc} \u{fc}"),
        ];
        for (local, domain, form) in table {
            let lookup = Lookup::new(local, domain, Subaddressing::default());
            let whole = format!("{}@{}", lookup.local(), lookup.domain());
            assert_eq!(whole, form);
            assert_eq!(login_name(&format!("{local}@{domain}")), form);
            assert_eq!(login_name(form), form, "a form is its own form");
        }
    }

    #[test]
    fn a_detail_begins_at_the_first_separator() {
        let with = |separator| Subaddressing {
            separator,
            mailboxes: true,
        };
        let table = [
            ("ada", Some('+'), None, None),
            ("ada+Lists", Some('+'), Some("ada"), Some("Lists")),
            ("Ada+a+b", Some('+'), Some("ada"), Some("a+b")),
            ("ada+", Some('+'), Some("ada"), None),
            ("+lists", Some('+'), None, None),
            ("+", Some('+'), None, None),
            ("ada-lists", Some('+'), None, None),
            ("ada-lists", Some('-'), Some("ada"), Some("lists")),
            ("ada+lists", None, None, None),
            // A letter whose lower case is longer.
            ("\u{130}+X", Some('+'), Some("i\u{307}"), Some("X")),
        ];
        for (local, separator, user, mailbox) in table {
            let lookup = Lookup::new(local, "example.org", with(separator));
            assert_eq!(
                (lookup.user(), lookup.mailbox()),
                (user, mailbox),
                "{local}"
            );
        }
        let lookup = Lookup::new("ada+lists", "example.org", Subaddressing::default());
        assert_eq!(lookup.mailbox(), None, "not without being asked for");
    }
}
