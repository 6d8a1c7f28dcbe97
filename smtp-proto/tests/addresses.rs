//! The grammar of addresses as a table (RFC 5321 section 4.1.2, section 4.1.3; RFC 6531).
// smtp-5321-4.1.2-01 smtp-5321-4.1.2-02 smtp-5321-4.1.2-04 smtp-5321-4.1.3-01
// smtp-5321-4.5.3.1.1-01 smtp-5321-4.5.3.1.2-01
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use smtp_proto::{Address, Leniency};

#[test]
fn mailboxes_and_their_parts() {
    let long = format!("{}@example.org", "a".repeat(300));
    let domain = [&"b".repeat(63)[..]; 3].join(".") + "." + &"c".repeat(63);
    let wide = format!("a@{domain}");
    assert_eq!(domain.len(), 255);
    for (text, local, host) in [
        ("a@example.org", "a", Some("example.org")),
        ("a.b.c@example.org", "a.b.c", Some("example.org")),
        ("Postmaster", "Postmaster", None),
        ("", "", None),
        ("\"a b\"@x.example", "a b", Some("x.example")),
        ("\"a@b\"@x.example", "a@b", Some("x.example")),
        ("\"a\\\"b\\\\\"@x.example", "a\"b\\", Some("x.example")),
        ("\"\\a\\ \"@x.example", "a ", Some("x.example")),
        ("\"\"@x.example", "", Some("x.example")),
        ("\"<>,;:\"@x.example", "<>,;:", Some("x.example")),
        (
            "!#$%&'*+-/=?^_`{|}~@x.example",
            "!#$%&'*+-/=?^_`{|}~",
            Some("x.example"),
        ),
        ("a@localhost", "a", Some("localhost")),
        ("a@1.2", "a", Some("1.2")),
        ("a@[192.0.2.1]", "a", Some("[192.0.2.1]")),
        ("a@[IPv6:2001:db8::1]", "a", Some("[IPv6:2001:db8::1]")),
        (
            "a@[ipv6:::ffff:192.0.2.1]",
            "a",
            Some("[ipv6:::ffff:192.0.2.1]"),
        ),
        ("a@[x-y:any@thing]", "a", Some("[x-y:any@thing]")),
        ("zoë@bücher.example", "zoë", Some("bücher.example")),
        ("\"zoë \"@x.example", "zoë ", Some("x.example")),
        (&long, &long[..300], Some("example.org")),
        (&wide, "a", Some(&domain)),
    ] {
        let address: Address = text.parse().unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(address.as_str(), text);
        assert_eq!(address.as_path().local(), local, "{text}");
        assert_eq!(address.as_path().domain(), host, "{text}");
        assert_eq!(address.as_path().to_address(), address);
    }
}

#[test]
fn what_is_no_mailbox() {
    let wide = format!("a@{}", [&"b".repeat(63)[..]; 4].join(".") + ".c");
    let label = format!("a@{}.example", "b".repeat(64));
    let endless = format!("{}@b", "a".repeat(1 << 16));
    for text in [
        "a",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "a b@c",
        ".a@b",
        "a.@b",
        "a..b@c",
        "a@-b",
        "a@b-",
        "a@b.",
        "a@.b",
        "a@b..c",
        "a@b_c",
        "\"a@b",
        "a\"b@c",
        "\"a\"b@c",
        "\"a\\\"@b",
        "\"a\"\"b\"@c",
        "a@[1.2.3]",
        "a@[1.2.3.4",
        "a@[01.2.3.4]",
        "a@[IPv6:1:2]",
        "a@[IPv6:]",
        "a@[x-:y]",
        "a@[x:]",
        "a@[:y]",
        "a@[]",
        "a@[x:a b]",
        "<a@b>",
        "a@b>",
        "a,b@c",
        "a;b@c",
        "a\r\nb@c",
        "a@b\r\n",
        "a@b\n",
        "\"a\rb\"@c",
        "\"a\0b\"@c",
        "a\u{7f}@b",
        "a\u{85}@b",
        "a\u{2028}@b",
        "\"\\\u{e9}\"@b",
        "a@b ",
        " a@b",
        "a\t@b",
        &wide,
        &label,
        &endless,
    ] {
        assert!(text.parse::<Address>().is_err(), "{text:?}");
    }
}

#[test]
fn the_same_mailbox_in_other_words() {
    let same = |a: &str, b: &str| {
        let (a, b): (Address, Address) = (a.parse().unwrap(), b.parse().unwrap());
        a.as_path().is_same(&b.as_path())
    };
    assert!(same("joe@example.org", "\"joe\"@EXAMPLE.org"));
    assert!(same("\"j\\oe\"@example.org", "joe@example.org"));
    assert!(same("postmaster", "POSTMASTER"));
    assert!(same("", ""));
    assert!(!same("joe@example.org", "Joe@example.org"));
    assert!(!same("postmaster", "postmaster@example.org"));
    assert!(!same("", "\"\"@example.org"));
}

#[test]
fn a_habit_opens_what_it_names_and_no_more() {
    let all = [
        Leniency::SPACES,
        Leniency::BARE_PATHS,
        Leniency::LOOSE_DOTS,
        Leniency::UNDERSCORES,
        Leniency::UNQUALIFIED,
        Leniency::ANY_HELLO,
    ];
    for (text, needed) in [
        (".a@b", Some(Leniency::LOOSE_DOTS)),
        ("a.@b", Some(Leniency::LOOSE_DOTS)),
        ("a..b@c", Some(Leniency::LOOSE_DOTS)),
        ("..a...b..@c", Some(Leniency::LOOSE_DOTS)),
        ("a@b_c", Some(Leniency::UNDERSCORES)),
        ("a@_.b", Some(Leniency::UNDERSCORES)),
        ("bob", Some(Leniency::UNQUALIFIED)),
        ("\"b b\"", Some(Leniency::UNQUALIFIED)),
        (".@b", None),
        ("..@b", None),
        ("@b", None),
        ("a@b..c", None),
        ("a@.b", None),
        ("a@b.", None),
        ("a@_-", None),
        ("a@", None),
        ("a b@c", None),
        (" a@b", None),
        ("<a@b>", None),
        ("a@b@c", None),
        ("\"a\"b@c", None),
        ("a\r\n@b", None),
        ("b\0b", None),
    ] {
        for habit in all {
            let taken = Address::parse_lenient(text, habit).is_ok();
            assert_eq!(taken, needed == Some(habit), "{text:?} {habit:?}");
        }
        let every = all.into_iter().fold(Leniency::NONE, Leniency::with);
        let taken = Address::parse_lenient(text, every).is_ok();
        assert_eq!(taken, needed.is_some(), "{text:?}");
    }
    let bob = Address::parse_lenient("bob", Leniency::UNQUALIFIED).unwrap();
    assert!(!bob.as_path().is_postmaster());
    assert_eq!(bob.as_path().domain(), None);
    assert_eq!(bob.as_path().local(), "bob");
}
