//! What was found, and the field that says so: Authentication-Results (RFC 8601).

use std::fmt::Write;

/// No more octets of a value are written; a domain has 253 at most.
const MOST: usize = 256;
/// Where lines are folded (RFC 5322 section 2.1.1).
const LINE: usize = 78;

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// Of the IANA registry of methods.
    method: &'static str,
    /// Of the registry of results.
    result: &'static str,
    /// Why, for people.
    reason: Option<String>,
    /// What was looked at: `ptype.property` and its value.
    properties: Vec<(&'static str, String)>,
}

impl Finding {
    pub(super) fn new(method: &'static str, result: &'static str) -> Self {
        Finding {
            method,
            result,
            reason: None,
            properties: Vec::new(),
        }
    }

    /// Says why. An empty reason is none.
    pub(super) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into()).filter(|reason| !reason.is_empty());
        self
    }

    pub(super) fn of(mut self, property: &'static str, value: impl Into<String>) -> Self {
        self.properties.push((property, value.into()));
        self
    }
}

/// The value of the field, folded. Values may be hostile.
pub(super) fn value(authserv_id: &str, findings: &[Finding]) -> String {
    let mut value = authserv_id.to_owned();
    if findings.is_empty() {
        value.push_str("; none");
    }
    for finding in findings {
        let mut line = format!("{}={}", finding.method, finding.result);
        value.push_str(";\r\n\t");
        if let Some(reason) = &finding.reason {
            let _ = write!(line, " ({})", comment(reason));
        }
        for (property, what) in &finding.properties {
            let property = format!("{property}={}", pvalue(what));
            if line.len() + property.len() + 10 > LINE {
                value.push_str(&line);
                value.push_str("\r\n\t");
                line.clear();
            } else {
                line.push(' ');
            }
            line.push_str(&property);
        }
        value.push_str(&line);
    }
    value
}

/// A value or an address (RFC 8601 section 2.2): as it is where the grammar has it, or quoted.
fn pvalue(value: &str) -> String {
    let value = cut(value);
    let is_plain = |text: &str| {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.+".contains(&octet);
        !text.is_empty() && text.bytes().all(plain)
    };
    let bare = match value.rsplit_once('@') {
        Some((local, domain)) => (local.is_empty() || is_plain(local)) && is_plain(domain),
        None => is_plain(value),
    };
    if bare {
        return value.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push('?'),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Text for a comment: what would end it is left out.
fn comment(text: &str) -> String {
    let shown = |c: &char| !c.is_control() && !"()\\".contains(*c);
    cut(text).chars().filter(shown).collect()
}

fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(MOST);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use mime_core::{Header, Name};

    use super::*;

    #[test]
    fn what_is_written_is_read_back_whatever_it_holds() {
        let long = "x".repeat(5_000);
        let table = [
            "a@b.example",
            "@b.example",
            "2001:db8::1",
            "192.0.2.1",
            "a b@c.example",
            "\"quoted (local)\"@b.example",
            "x; dmarc=pass",
            "x\r\n\tspf=pass",
            "\\\"; dkim=pass header.d=\"",
            "dømi@eksempel.example",
            "dkim=pass",
            "AbC/+=",
            "",
            &long,
        ];
        for hostile in table {
            let findings = [
                Finding::new("spf", "fail")
                    .because(hostile)
                    .of("smtp.mailfrom", hostile),
                Finding::new("dkim", "none")
                    .of("header.d", "d.example")
                    .of("header.b", hostile),
            ];
            let field = format!(
                "Authentication-Results: {}\r\n\r\n",
                value("mx.example.org", &findings)
            );
            let header = Header::new(field.as_bytes());
            assert_eq!(header.iter().count(), 1, "{field}");
            let results = header
                .first(Name::AuthenticationResults)
                .unwrap()
                .auth_results();
            assert_eq!(results.authserv_id().as_deref(), Some("mx.example.org"));
            let read: Vec<_> = results.results().collect();
            let methods: Vec<_> = read.iter().map(|r| (r.method(), r.result())).collect();
            assert_eq!(
                methods,
                [
                    ("spf".into(), "fail".into()),
                    ("dkim".into(), "none".into())
                ],
                "{field}"
            );
            let told: String = cut(hostile)
                .chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect();
            assert_eq!(
                read[0].property("smtp", "mailfrom").as_deref(),
                Some(&*told),
                "{field}"
            );
            assert_eq!(
                read[1].property("header", "b").as_deref(),
                Some(&*told),
                "{field}"
            );
            assert!(field.lines().all(|line| line.len() < 600));
        }
    }

    #[test]
    fn nothing_checked_is_said_so() {
        assert_eq!(value("mx.example.org", &[]), "mx.example.org; none");
        let field = "Authentication-Results: mx.example.org; none\r\n\r\n";
        let header = Header::new(field.as_bytes());
        assert!(
            header
                .first(Name::AuthenticationResults)
                .unwrap()
                .auth_results()
                .is_none()
        );
    }

    #[test]
    fn long_findings_are_folded() {
        let domain = "a-rather-long-name.subdomain.example.com";
        let finding = Finding::new("dkim", "pass")
            .of("header.d", domain)
            .of("header.s", "selector");
        assert_eq!(
            value("mx.example.org", &[finding]),
            "mx.example.org;\r\n\tdkim=pass header.d=a-rather-long-name.subdomain.example.com\r\n\theader.s=selector"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_value_is_taken_for_a_result(hostile in ".{0,60}", id in "[a-z.]{1,20}") {
            let finding = Finding::new("spf", "fail").because(&hostile).of("smtp.mailfrom", &hostile);
            let field = format!("Authentication-Results: {}\r\n\r\n", value(&id, &[finding]));
            let header = Header::new(field.as_bytes());
            let results = header.only(Name::AuthenticationResults).unwrap().auth_results();
            let read: Vec<_> = results.results().collect();
            proptest::prop_assert_eq!(read.len(), 1);
            proptest::prop_assert_eq!(read[0].result(), "fail");
            proptest::prop_assert_eq!(read[0].properties().count(), 1);
        }
    }
}
