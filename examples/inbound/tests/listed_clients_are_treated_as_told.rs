//! DNS lists of addresses (RFC 5782): whom they name, whom they know, and what is made of odd answers.
#![cfg(feature = "dns")]

mod support;

use support::{Client, Server, deliver_from, dns::Dns};

/// A list of its own in its right mind: its test entries are as they must be.
const LISTS: &str = "
2.0.0.127.bl.example    A    127.0.0.2
9.0.0.127.bl.example    A    127.0.0.4
9.0.0.127.bl.example    TXT  \"see https://bl.example/?ip=127.0.0.9\"
8.0.0.127.bl.example    A    127.0.0.2
2.0.0.127.wl.example    A    127.0.0.2
8.0.0.127.wl.example    A    127.0.0.3
2.0.0.127.all.example   A    127.0.0.2
*.all.example           A    127.0.0.2
2.0.0.127.sold.example  A    203.0.113.1
*.sold.example          A    203.0.113.1
2.0.0.127.busy.example  A    127.0.0.2
9.0.0.127.busy.example  A    127.255.255.254
1.0.0.127.busy.example  NODATA
broken.example          SERVFAIL
*.broken.example        SERVFAIL
slow.example            SILENCE
*.slow.example          SILENCE
";

fn start(dns: &Dns, more: &[&str]) -> Server {
    let resolver = dns.address().to_string();
    let mut flags = vec!["--judge-loopback", "--resolver", &resolver];
    flags.extend(more);
    Server::start_logging(&flags)
}

/// A client that has said MAIL.
fn client(server: &Server, from: &str) -> Client {
    let mut client = server.connect_from(from, "smtp");
    client.until("220 ");
    client.say("EHLO client.example", "250 ");
    client.say("MAIL FROM:<a@example.com>", "250 ");
    client
}

fn rcpt(client: &mut Client) -> String {
    client.say("RCPT TO:<demo@example.org>", "")
}

#[test]
fn a_listed_client_is_refused_in_the_words_of_the_list() {
    let dns = Dns::start(LISTS);
    let server = start(&dns, &["--dnsbl", "bl.example"]);
    let mut listed = client(&server, "127.0.0.9");
    assert_eq!(
        rcpt(&mut listed),
        "550 5.7.1 [dnsbl] 127.0.0.9 is listed by bl.example: see https://bl.example/?ip=127.0.0.9"
    );
    // Who is listed wrongly can say so.
    listed.say("RCPT TO:<Postmaster@example.org>", "250 ");
    listed.say("RCPT TO:<postmaster>", "250 ");
    assert!(rcpt(&mut client(&server, "127.0.0.7")).starts_with("250 "));
    // The answer was kept, and the list proved itself once.
    rcpt(&mut client(&server, "127.0.0.9"));
    assert_eq!(dns.times_asked("2.0.0.127.bl.example"), 1);
    assert!(dns.times_asked("9.0.0.127.bl.example") <= 2);
}

#[test]
fn clients_of_ipv6_are_looked_up_too() {
    let nibbles = |text: &str, digits: &str| {
        let digits: Vec<_> = digits.chars().rev().map(String::from).collect();
        format!("{}.six.example {text}\n", digits.join("."))
    };
    let mapped = format!("{}ffff7f000002", "0".repeat(20));
    let listed = format!("20010db8{}9", "0".repeat(23));
    let zone = nibbles("A 127.0.0.2", &mapped) + &nibbles("A 127.0.0.3", &listed);
    let dns = Dns::start(&zone);
    let server = start(&dns, &["--dnsbl", "six.example", "--proxy", "127.0.0.7"]);
    for (ip, expected) in [
        (
            "2001:db8::9",
            "550 5.7.1 [dnsbl] 2001:db8::9 is listed by six.example",
        ),
        ("2001:db8::8", "250 "),
    ] {
        let mut client = server.connect_from("127.0.0.7", "smtp");
        client.send(&format!("PROXY TCP6 {ip} 2001:db8::25 40000 25\r\n"));
        client.until("220 ");
        client.say("EHLO client.example", "250 ");
        client.say("MAIL FROM:<a@example.com>", "250 ");
        let said = rcpt(&mut client);
        assert!(said.starts_with(expected), "{said}");
    }
    // The list proved itself by its entries of IPv6.
    assert!(!server.stop_and_read_log().contains("test entry"));
}

#[test]
fn codes_that_do_not_count_list_nobody() {
    let dns = Dns::start(LISTS);
    let server = start(&dns, &["--dnsbl", "bl.example=127.0.0.2,127.0.0.3"]);
    assert!(rcpt(&mut client(&server, "127.0.0.9")).starts_with("250 "));
    assert!(rcpt(&mut client(&server, "127.0.0.8")).starts_with("550 "));
}

#[test]
fn who_is_known_is_not_refused() {
    let dns = Dns::start(LISTS);
    let server = start(&dns, &["--dnsbl", "bl.example", "--dnswl", "wl.example"]);
    assert!(rcpt(&mut client(&server, "127.0.0.8")).starts_with("250 "));
    assert!(rcpt(&mut client(&server, "127.0.0.9")).starts_with("550 "));
}

#[test]
fn a_list_that_lost_its_mind_refuses_nobody() {
    let dns = Dns::start(LISTS);
    for (zone, logged) in [
        ("all.example", "lists what no list may"),
        ("sold.example", "203.0.113.1 is no answer"),
        ("busy.example", "127.255.255.254 is no answer"),
        ("broken.example", "policy failed"),
        ("gone.example", "does not list its test entry"),
    ] {
        let server = start(&dns, &["--dnsbl", zone]);
        assert!(
            rcpt(&mut client(&server, "127.0.0.9")).starts_with("250 "),
            "{zone}"
        );
        let log = server.stop_and_read_log();
        assert!(
            log.contains(logged) && log.contains("dnsbl"),
            "{zone}: {log}"
        );
    }
}

#[test]
fn a_list_that_is_silent_holds_up_no_other() {
    let dns = Dns::start(LISTS);
    let server = start(&dns, &["--dnsbl", "slow.example", "--dnsbl", "bl.example"]);
    assert!(rcpt(&mut client(&server, "127.0.0.9")).contains("listed by bl.example"));
    let started = std::time::Instant::now();
    assert!(rcpt(&mut client(&server, "127.0.0.7")).starts_with("250 "));
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn listed_mail_can_go_to_junk_and_say_why() {
    let dns = Dns::start(LISTS);
    let treat = [
        "--allow-plaintext-auth",
        "--dnsbl",
        "bl.example",
        "--dnsbl-treatment",
    ];
    let server = start(&dns, &[&treat[..], &["quarantine"]].concat());
    let said = deliver_from(
        &server,
        "127.0.0.9",
        &["demo@example.org"],
        "Subject: x\r\n\r\nx",
    );
    assert!(said.starts_with("250 "), "{said}");
    let (mut imap, inbox) = server.imap();
    assert_eq!(inbox, 0);
    let told = imap.ask("2 SELECT Junk", "2 OK").join("\n");
    assert!(told.contains("* 1 EXISTS"), "{told}");
    let mail = imap
        .ask("3 FETCH 1 (FLAGS BODY.PEEK[HEADER])", "3 OK")
        .join("\n");
    assert!(mail.contains("$Junk"), "{mail}");
    assert!(
        mail.contains("X-Quarantined: [dnsbl] 127.0.0.9 is listed by bl.example: see https"),
        "{mail}"
    );

    let server = start(&dns, &[&treat[..], &["tag"]].concat());
    deliver_from(
        &server,
        "127.0.0.9",
        &["demo@example.org"],
        "Subject: x\r\n\r\nx",
    );
    let (mut imap, inbox) = server.imap();
    assert_eq!(inbox, 1);
    let mail = imap.ask("3 FETCH 1 BODY.PEEK[HEADER]", "3 OK").join("\n");
    assert!(
        mail.contains("X-DNSBL: 127.0.0.9 is listed by bl.example"),
        "{mail}"
    );
}

#[test]
fn other_ports_and_this_machine_are_not_looked_up() {
    let dns = Dns::start(LISTS);
    let server = start(&dns, &["--dnsbl", "bl.example"]);
    for port in ["submission", "lmtp"] {
        server.connect_from("127.0.0.9", port).until("220 ");
    }
    assert_eq!(dns.asked(), []);
    let resolver = dns.address().to_string();
    let server = Server::start(&["--resolver", &resolver, "--dnsbl", "bl.example"]);
    assert!(rcpt(&mut client(&server, "127.0.0.9")).starts_with("250 "));
    assert_eq!(dns.asked(), []);
}
