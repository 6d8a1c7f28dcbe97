//! What mail gets on top that says who sent it, and what becomes of forged mail, over sockets.
#![cfg(feature = "mail-auth")]

mod support;

use support::{Server, dns::Dns, signer::Signer};

const ZONE: &str = include_str!("data/senders.zone");
/// SPF of the zone lets this one send, and not the other.
const FRIEND: &str = "192.0.2.2";
const STRANGER: &str = "192.0.2.3";

struct World {
    dns: Dns,
    server: Server,
}

impl World {
    fn new(more: &[&str]) -> Self {
        let dns = Dns::start(ZONE);
        let address = dns.address().to_string();
        let mut flags = vec![
            "--allow-plaintext-auth",
            "--resolver",
            &address,
            "--trust",
            "127.0.0.1",
        ];
        flags.extend(more);
        let server = Server::start(&flags);
        World { dns, server }
    }

    /// The reply to the end of the mail.
    fn deliver(&self, client: &str, sender: &str, mail: &str) -> String {
        let mut smtp = self.server.smtp("smtp");
        smtp.say(&format!("XCLIENT ADDR={client}"), "220 ");
        smtp.say("EHLO mail.pass.example", "250 ");
        smtp.say(&format!("MAIL FROM:<{sender}>"), "250 ");
        smtp.say("RCPT TO:<demo@example.org>", "250 ");
        smtp.say("DATA", "354 ");
        let reply = smtp.say(&format!("{mail}."), "");
        smtp.say("QUIT", "221 ");
        reply
    }

    /// All mail of the inbox, as POP3 gives it.
    fn inbox(&self) -> Vec<String> {
        let mut pop3 = self.server.pop3();
        pop3.until("+OK");
        let count = pop3.listing("LIST").len() - 1;
        let read = |at| {
            pop3.listing(&format!("RETR {at}"))
                .split_off(1)
                .join("\r\n")
                + "\r\n"
        };
        (1..=count).map(read).collect()
    }

    /// The mail in Junk.
    fn junk(&self) -> usize {
        let (mut imap, _) = self.server.imap();
        let told = imap.ask("3 STATUS Junk (MESSAGES)", "3 ").join("\n");
        let count = told
            .split_once("(MESSAGES ")
            .and_then(|(_, rest)| rest.split_once(')'));
        count.map_or(0, |(count, _)| count.parse().unwrap())
    }
}

fn mail(from: &str) -> String {
    format!("From: {from}\r\nTo: demo@example.org\r\nSubject: hi\r\n\r\nHello\r\n")
}

/// The field that the server wrote, unfolded.
fn results(mail: &str) -> String {
    let start = mail
        .find("Authentication-Results: mx.example.org;")
        .unwrap();
    let field = mail[start..].split_inclusive("\r\n");
    let folds = field
        .enumerate()
        .take_while(|(at, line)| *at == 0 || line.starts_with('\t'));
    folds.map(|(_, line)| line.trim_end()).collect()
}

#[test]
fn a_signed_mail_and_a_forged_one_are_told_apart() {
    let world = World::new(&["--authentication", "tag"]);
    let signer = Signer::ed25519("pass.example", "s");
    world.dns.add(&signer.record());
    let honest = signer.sign(&mail("Ann <ann@pass.example>"));
    let forged = format!(
        "Authentication-Results: mx.example.org; dmarc=pass header.from=pass.example\r\n\
         Authentication-Results: mx.elsewhere.example; dmarc=pass\r\n{}",
        mail("Ann <ann@pass.example>")
    );
    assert!(
        world
            .deliver(FRIEND, "ann@pass.example", &honest)
            .starts_with("250 ")
    );
    assert!(
        world
            .deliver(STRANGER, "ann@pass.example", &forged)
            .starts_with("250 ")
    );

    let inbox = world.inbox();
    // The trace stands above what was sent, which is as it was.
    assert!(
        inbox[0].starts_with(
            "Return-Path: <ann@pass.example>\r\nAuthentication-Results: mx.example.org;"
        )
    );
    assert!(inbox[0].ends_with(&honest), "{}", inbox[0]);
    let honest = results(&inbox[0]);
    for part in [
        "spf=pass smtp.mailfrom=ann@pass.example",
        "dkim=pass header.d=pass.example header.s=s header.b=",
        "dmarc=pass (p=reject) header.from=pass.example",
        "iprev=pass (mail.pass.example) policy.iprev=192.0.2.2",
    ] {
        assert!(honest.contains(part), "{part} is not in {honest}");
    }
    let told = results(&inbox[1]);
    for part in [
        "spf=fail",
        "dkim=none",
        "dmarc=fail (p=reject) header.from=pass.example",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    // What others say of it stays; what was said in our name is gone.
    assert_eq!(
        inbox[1]
            .matches("Authentication-Results: mx.example.org")
            .count(),
        1
    );
    assert!(inbox[1].contains("Authentication-Results: mx.elsewhere.example; dmarc=pass\r\n"));
}

#[test]
fn the_wishes_of_an_authors_domain_are_followed() {
    let world = World::new(&[]);
    let reply = world.deliver(STRANGER, "a@free.example", &mail("a@reject.example"));
    assert!(reply.starts_with("550 5.7.1 "), "{reply}");
    let reply = world.deliver(STRANGER, "a@free.example", &mail("a@lost.example"));
    assert!(reply.starts_with("451 4.7.1 "), "{reply}");
    let reply = world.deliver(STRANGER, "a@free.example", &mail("a@quarantine.example"));
    assert!(reply.starts_with("250 "), "{reply}");
    let reply = world.deliver(STRANGER, "a@fail.example", &mail("a@free.example"));
    assert!(reply.starts_with("250 "), "{reply}");

    let inbox = world.inbox();
    assert_eq!((inbox.len(), world.junk()), (1, 1));
    assert!(results(&inbox[0]).contains("spf=fail smtp.mailfrom=a@fail.example"));
}

#[test]
fn large_mail_is_checked_all_of_it() {
    let world = World::new(&[]);
    let signer = Signer::rsa("reject.example", "s");
    world.dns.add(&signer.record());
    let lines = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789\r\n";
    let signed = signer.sign(&(mail("a@reject.example") + &lines.repeat(50_000)));
    let (head, _) = signed.rsplit_once("0123456789\r\n").unwrap();
    let changed = format!("{head}0123456780\r\n");
    let reply = world.deliver(STRANGER, "a@free.example", &changed);
    assert!(reply.starts_with("550 5.7.1 "), "{reply}");
    let reply = world.deliver(STRANGER, "a@free.example", &signed);
    assert!(reply.starts_with("250 "), "{reply}");
    let inbox = world.inbox();
    assert!(inbox.len() == 1 && inbox[0].ends_with(&signed));
    assert!(results(&inbox[0]).contains("dmarc=pass"));
    // Lists and readers see the stored form.
    let (mut imap, _) = world.server.imap();
    let size = imap.say("3 FETCH 1 RFC822.SIZE", "* 1 FETCH");
    assert!(
        size.contains(&format!("RFC822.SIZE {}", inbox[0].len())),
        "{size}"
    );
}

#[test]
fn neither_this_machine_nor_who_logs_in_is_looked_up() {
    let dns = Dns::start(ZONE);
    let address = dns.address().to_string();
    let server = Server::start(&["--allow-plaintext-auth", "--resolver", &address]);
    support::deliver(&server, &["demo@example.org"], &mail("a@reject.example"));
    let mut smtp = server.smtp("submission");
    smtp.say("AUTH PLAIN AGRlbW8AZGVtbw==", "235 ");
    smtp.say("MAIL FROM:<demo@example.org>", "250 ");
    smtp.say("RCPT TO:<demo@example.org>", "250 ");
    smtp.say("DATA", "354 ");
    smtp.say(&format!("{}.", mail("demo@example.org")), "250 ");
    let mut pop3 = server.pop3();
    pop3.until("+OK");
    for at in [1, 2] {
        let mail = pop3.listing(&format!("RETR {at}")).join("\n");
        assert!(!mail.contains("Authentication-Results"), "{mail}");
    }
    assert_eq!(dns.asked(), []);
}
