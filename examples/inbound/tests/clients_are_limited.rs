//! One client cannot take what belongs to all: connections at once, connections and messages in a time.

mod support;

use support::{Client, Server, command};

fn refused(mut client: Client) -> String {
    let said = client.line();
    assert!(client.is_closed(), "{said}");
    said
}

fn welcome(mut client: Client) -> Client {
    client.until("220 ");
    client.say("EHLO client.example", "250 ");
    client
}

/// MAIL, and what is said to it; the message goes no further.
fn mail(client: &mut Client, from: &str) -> String {
    let said = client.say(&format!("MAIL FROM:<{from}>"), "");
    client.say("RSET", "250 ");
    said
}

#[test]
fn an_address_opens_so_many_connections_at_once() {
    let server = Server::start(&["--judge-loopback", "--max-connections", "2"]);
    let one = welcome(server.connect_from("127.0.0.2", "smtp"));
    let two = welcome(server.connect_from("127.0.0.2", "submission"));
    let said = refused(server.connect_from("127.0.0.2", "smtp"));
    assert_eq!(
        said,
        "421 [rate] more than 2 connections at once from your address"
    );
    // Others are served, and so is the same one when it has closed one.
    let mut other = welcome(server.connect_from("127.0.0.3", "smtp"));
    assert!(mail(&mut other, "a@example.com").starts_with("250 "));
    drop(one);
    let mut again = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        let mut client = server.connect_from("127.0.0.2", "smtp");
        client.line().starts_with("220 ").then_some(client)
    });
    again.as_mut().unwrap().say("QUIT", "221 ");
    drop(two);
}

#[test]
fn an_address_opens_so_many_connections_in_a_time() {
    let flags = ["--judge-loopback", "--connection-rate", "3/h"];
    let server = Server::start(&flags);
    for _ in 0..3 {
        welcome(server.connect_from("127.0.0.2", "smtp")).say("QUIT", "221 ");
    }
    let said = refused(server.connect_from("127.0.0.2", "smtp"));
    assert!(
        said.starts_with("421 [rate] more than 3 in 3600 seconds: connections"),
        "{said}"
    );
    welcome(server.connect_from("127.0.0.3", "smtp"));
    // A mail transfer agent of one's own is not a client to be held up.
    let mut lmtp = server.connect_from("127.0.0.2", "lmtp");
    lmtp.until("220 ");
}

#[test]
fn an_address_and_a_sender_bring_so_many_messages() {
    let flags = [
        "--judge-loopback",
        "--message-rate",
        "5/h",
        "--sender-rate",
        "2/h",
    ];
    let server = Server::start(&flags);
    let mut client = welcome(server.connect_from("127.0.0.2", "smtp"));
    let senders = ["a", "A", "a", "b", "", "", "c"].map(|name| match name {
        "" => String::new(),
        name => format!("{name}@example.com"),
    });
    let said = senders.map(|from| mail(&mut client, &from));
    let codes = said.clone().map(|said| said[..3].to_owned());
    assert_eq!(codes, ["250", "250", "450", "250", "250", "450", "450"]);
    assert!(
        said[2].contains("[rate] more than 2 in 3600 seconds: messages of this sender"),
        "{said:?}"
    );
    assert!(
        said[5].contains("[rate] more than 5 in 3600 seconds: messages from your address"),
        "{said:?}"
    );
}

#[test]
fn an_account_submits_so_many_messages() {
    let flags = [
        "--judge-loopback",
        "--allow-plaintext-auth",
        "--account-rate",
        "2/h",
        "--message-rate",
        "1/h",
    ];
    let server = Server::start(&flags);
    let log_in = |from| {
        let mut client = welcome(server.connect_from(from, "submission"));
        client.say("AUTH PLAIN AGRlbW8AZGVtbw==", "235 ");
        client
    };
    let mut one = log_in("127.0.0.2");
    let mut two = log_in("127.0.0.3");
    assert!(mail(&mut one, "demo@example.org").starts_with("250 "));
    assert!(mail(&mut two, "demo@example.org").starts_with("250 "));
    let said = mail(&mut one, "demo@example.org");
    assert!(
        said.starts_with("450 4.7.1 [rate] more than 2 in 3600 seconds: messages of your account"),
        "{said}"
    );
}

#[test]
fn a_content_filter_is_not_limited_but_those_it_speaks_for_are() {
    let flags = [
        "--judge-loopback",
        "--max-connections",
        "1",
        "--trust",
        "127.0.0.8",
    ];
    let server = Server::start(&flags);
    let filter = || welcome(server.connect_from("127.0.0.8", "smtp"));
    let (mut one, mut two, mut three) = (filter(), filter(), filter());
    one.say("XCLIENT ADDR=192.0.2.1", "220 ");
    let said = two.say("XCLIENT ADDR=192.0.2.1", "");
    assert!(
        said.starts_with("421 [rate] more than 1 connections"),
        "{said}"
    );
    three.say("XCLIENT ADDR=192.0.2.2", "220 ");
}

#[test]
fn clients_on_this_machine_are_not_limited() {
    let server = Server::start(&["--max-connections", "1", "--message-rate", "1/d"]);
    let mut both = [(); 2].map(|()| server.smtp("smtp"));
    for client in &mut both {
        for _ in 0..5 {
            assert!(mail(client, "a@example.com").starts_with("250 "));
        }
    }
}

#[test]
fn decisions_are_logged_with_stage_policy_and_reason() {
    let flags = ["--judge-loopback", "--message-rate", "1/h"];
    let server = Server::start_logging(&flags);
    let mut client = welcome(server.connect_from("127.0.0.2", "smtp"));
    mail(&mut client, "a@example.com");
    mail(&mut client, "a@example.com");
    let log = server.stop_and_read_log();
    let decisions: Vec<_> = log
        .lines()
        .filter(|line| line.contains("policy=\"rate\""))
        .collect();
    assert_eq!(decisions.len(), 1, "{log}");
    for part in ["tempfail", "stage=mail", "reason=\"more than 1 in 3600"] {
        assert!(decisions[0].contains(part), "{decisions:?}");
    }
}

#[test]
fn a_limit_that_makes_no_sense_is_a_mistake() {
    let table = [
        ("--max-connections", "0"),
        ("--max-connections", "many"),
        ("--connection-rate", "10"),
        ("--message-rate", "0/m"),
        ("--sender-rate", "1/fortnight"),
        ("--account-rate", ""),
        ("--address-bits", "33,64"),
        ("--address-bits", "24"),
        ("--resolver", "nowhere"),
    ];
    let data = tempfile::tempdir().unwrap();
    for (flag, value) in table {
        let done = command(data.path(), &[flag, value]).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(
            done.status.code() == Some(2) && said.starts_with(&format!("inbound: {flag}: ")),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
