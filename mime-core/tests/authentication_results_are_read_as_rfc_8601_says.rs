//! Authentication-Results: every part of the grammar, forgiving forms, and who must not be believed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{AuthResults, Header, Name};

/// All of a value in one line.
fn read(value: &str) -> String {
    let block = format!("Authentication-Results:{value}\r\n\r\n");
    let header = Header::new(block.as_bytes());
    line(
        header
            .first(Name::AuthenticationResults)
            .unwrap()
            .auth_results(),
    )
}

fn line(results: AuthResults<'_>) -> String {
    let number = |n: Option<u32>| n.map_or("?".to_owned(), |n| n.to_string());
    let mut out = format!(
        "{} {}",
        results.authserv_id().unwrap_or("-".into()),
        number(results.version())
    );
    if results.is_none() {
        out += " none";
    }
    for result in results.results() {
        out += &format!(
            "; {}/{}={}",
            result.method(),
            number(result.version()),
            result.result()
        );
        out += &result
            .reason()
            .map(|reason| format!(" because {reason}"))
            .unwrap_or_default();
        for property in result.properties() {
            out += &format!(
                " {}.{}={}",
                property.ptype(),
                property.name(),
                property.value()
            );
            assert!(property.is(&property.ptype().to_ascii_uppercase(), &property.name()));
        }
        for comment in result.comments() {
            out += &format!(" ({comment})");
        }
    }
    out
}

#[test]
fn table() {
    let table = [
        // mime-8601-2.2-01
        (
            " example.com 1; spf=pass smtp.mailfrom=\"a@b\"; dkim=none",
            "example.com 1; spf/1=pass smtp.mailfrom=a@b; dkim/1=none",
        ),
        (" example.com; none", "example.com 1 none"),
        (" example.com 1 (x); (y) NONE (z)", "example.com 1 none"),
        (
            " (a) \"my \\\"host\\\"\" (b) 2 (c);\r\n\tdkim / 1 (d) = (e) pass (f) reason = \"good; \\\"signature\\\"\" (g) header . d (h) = b.example header.i=@b.example",
            "my \"host\" 2; dkim/1=pass because good; \"signature\" header.d=b.example header.i=@b.example (f) (g) (h)",
        ),
        (
            " x; auth/2=pass (cram-md5) smtp.auth=a@b policy.x=\"\"; sender-id=fail header.from=\"a b\"@c.example",
            "x 1; auth/2=pass smtp.auth=a@b policy.x= (cram-md5); sender-id/1=fail header.from=\"a b\"@c.example",
        ),
        (
            " x; dkim=pass header.b=ab/c+d==",
            "x 1; dkim/1=pass header.b=ab/c+d==",
        ),
        // Without an id, without types, as some write it.
        (
            " spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=a.example; dmarc=pass action=none\r\n header.from=a.example;compauth=pass reason=100",
            "- 1; spf/1=pass smtp.mailfrom=a.example (sender IP is 192.0.2.1); dmarc/1=pass .action=none header.from=a.example; compauth/1=pass because 100",
        ),
        // What is broken leaves the rest.
        ("", "- 1"),
        (";", "- 1"),
        (" x", "x 1"),
        (" x y; spf=pass", "x ?; spf/1=pass"),
        (" x 99999999999; spf=pass", "x ?; spf/1=pass"),
        (" x; spf; =pass; dkim=; dmarc=fail", "x 1; dmarc/1=fail"),
        (" x; none; spf=pass", "x 1; spf/1=pass"),
        (" x; spf/y=pass", "x 1; spf/?=pass"),
        (
            " x; spf=pass junk a.b= = \"c\" smtp.helo=y",
            "x 1; spf/1=pass a.b== smtp.helo=y",
        ),
        (" x; spf=pass (open smtp.helo=y", "x 1; spf/1=pass"),
        (
            " x; spf=\"open smtp.helo=y",
            "x 1; spf/1=\"open smtp.helo=y",
        ),
    ];
    for (value, want) in table {
        assert_eq!(read(value), want, "{value:?}");
    }
}

#[test]
fn arc_has_an_instance_before_it() {
    let header = Header::new(
        b"ARC-Authentication-Results: i=2; mx.example; arc=pass (i=1)\r\n\
          ARC-Authentication-Results: i = 3 (x) ; mx.example; none\r\n\
          ARC-Authentication-Results: i=x; spf=pass\r\n\r\n",
    );
    let read: Vec<_> = header
        .all(Name::ArcAuthenticationResults)
        .map(|field| (field.auth_results().instance(), line(field.auth_results())))
        .collect();
    let want = [
        (Some(2), "mx.example 1; arc/1=pass (i=1)".to_owned()),
        (Some(3), "mx.example 1 none".to_owned()),
        (None, "- 1; i/1=x; spf/1=pass".to_owned()),
    ];
    assert_eq!(read, want);
}

#[test]
fn properties_are_found_by_type_and_name() {
    let header =
        Header::new(b"Authentication-Results: x; spf=PASS SMTP.MailFrom=a smtp.mailfrom=b\r\n\r\n");
    let results = header
        .first(Name::AuthenticationResults)
        .unwrap()
        .auth_results();
    let spf = results.results().next().unwrap();
    assert!(spf.is("SPF") && spf.is_pass());
    assert_eq!(spf.property("smtp", "mailfrom").as_deref(), Some("a"));
    assert_eq!(spf.property("header", "mailfrom"), None);
}

/// mime-8601-5-01
#[test]
fn what_claims_to_be_ours_is_named_with_its_place() {
    let ours = [
        "mx.example.org; spf=pass",
        "MX.Example.ORG 1; spf=pass",
        "(c) mx.example.org (d); spf=pass",
        "\"mx.example\\.org\"; spf=pass",
        "mx.example.org.; spf=pass",
        "mx.example.org",
        "mx.example.org 2; spf=pass",
        // Not ours, but nobody can tell.
        "",
        "; spf=pass",
        "spf=pass",
        "other.example 2; spf=pass",
        "other.example mx.example.org; spf=pass",
    ];
    let theirs = [
        "other.example; spf=pass",
        "a.mx.example.org; spf=pass",
        "xmx.example.org 1; none",
    ];
    let mut block = "From: a@b\r\n".to_owned();
    let mut want = Vec::new();
    for value in ours.iter().chain(&theirs) {
        if ours.contains(value) {
            want.push(block.len() as u32);
        }
        block += &format!("Authentication-Results: {value}\r\n");
    }
    block += "X-Authentication-Results: mx.example.org; none\r\n\r\n";
    let header = Header::new(block.as_bytes());
    for id in ["mx.example.org", "MX.EXAMPLE.ORG."] {
        let found: Vec<_> = header
            .untrusted_results(id)
            .map(|field| field.offset().unwrap())
            .collect();
        assert_eq!(found, want);
    }
}
