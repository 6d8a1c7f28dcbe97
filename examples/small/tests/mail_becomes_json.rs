//! A transfer agent's mail comes out as lines of JSON.

mod support;

use serde_json::Value;
use support::Server;

#[test]
fn with_its_envelope_and_a_reply_for_each_recipient() {
    let mut server = Server::start("lmtp-to-jsonl", &[]);
    let mut client = server.connect();
    client.until("220 ");
    client.say("LHLO agent.example", "250 ");
    for number in 0..2 {
        client.say("MAIL FROM:<a@example.org>", "250 ");
        client.say("RCPT TO:<b@example.org>", "250 ");
        client.say("RCPT TO:<c@example.org>", "250 ");
        client.say("DATA", "354 ");
        client.say(
            &format!("Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?= {number}\r\n\r\n..dots\r\n."),
            "250 ",
        );
        client.until("250 ");
        let line: Value = serde_json::from_str(&server.line()).unwrap();
        assert_eq!(line["envelope"]["mailFrom"], "a@example.org");
        assert_eq!(line["envelope"]["rcptTo"][1], "c@example.org");
        assert_eq!(line["email"]["subject"], format!("grüße {number}"));
        assert_eq!(line["email"]["preview"], ".dots");
    }
    client.say("QUIT", "221 ");
}
