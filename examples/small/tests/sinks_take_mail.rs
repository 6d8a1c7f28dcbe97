//! The SMTP sinks: what they take, and what they survive.

mod support;

use support::Server;

const SINKS: [&str; 3] = ["smtp-sink", "smtp-sink-smol", "smtp-sink-tokio"];

#[test]
fn the_envelope_and_the_size_are_printed() {
    for sink in SINKS {
        let mut server = Server::start(sink, &[]);
        let mut client = server.connect();
        client.until("220 ");
        client.say("EHLO client.example", "250 ");
        client.say("MAIL FROM:<a@example.org>", "250 ");
        client.say("RCPT TO:<b@example.org>", "250 ");
        client.say("RCPT TO:<c@example.org>", "250 ");
        client.say("DATA", "354 ");
        client.say("Subject: dots\r\n\r\n..\r\n.", "250 ");
        let printed = server.line();
        assert_eq!(
            printed,
            "from=<a@example.org> to=<b@example.org>,<c@example.org> octets=20"
        );
        client.say("QUIT", "221 ");
        assert_eq!(client.rest(), "");
    }
}

#[test]
fn commands_may_come_all_at_once_or_octet_by_octet() {
    let commands = "EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n";
    for sink in SINKS {
        let mut server = Server::start(sink, &[]);
        let (mut whole, mut cut) = (server.connect(), server.connect());
        whole.until("220 ");
        cut.until("220 ");
        whole.send(commands);
        whole.until("354 ");
        commands.bytes().for_each(|octet| cut.send([octet]));
        cut.until("354 ");
        for client in [&mut whole, &mut cut] {
            client.say("x\r\n.", "250 ");
            assert_eq!(server.line(), "from=<> to=<b@example.org> octets=3");
        }
    }
}

#[test]
fn junk_and_hang_ups_harm_nobody_else() {
    for sink in SINKS {
        let server = Server::start(sink, &[]);
        let mut patient = server.connect();
        patient.until("220 ");
        let mut junk = server.connect();
        junk.until("220 ");
        junk.say("\0\u{ff}GET / HTTP/9", "5");
        junk.say(&"x".repeat(100_000), "5");
        let mut hung_up = server.connect();
        hung_up.send("EHLO c.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@exa");
        drop(hung_up);
        drop(junk);
        patient.say("NOOP", "250 ");
        server.connect().until("220 ");
    }
}
