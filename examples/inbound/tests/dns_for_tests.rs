//! The DNS server that other tests ask: what it answers is what its zone says.

mod support;

use std::net::UdpSocket;

use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
};
use support::dns::Dns;

fn ask(dns: &Dns, name: &str, kind: RecordType) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_secs(5)))
        .unwrap();
    let mut question = Message::new(7, MessageType::Query, OpCode::Query);
    question.add_query(Query::query(
        Name::from_ascii(format!("{name}.")).unwrap(),
        kind,
    ));
    socket
        .send_to(&question.to_vec().unwrap(), dns.address())
        .unwrap();
    let mut answer = [0; 4096];
    let octets = socket.recv(&mut answer).unwrap();
    Message::from_vec(&answer[..octets]).unwrap()
}

#[test]
fn names_codes_aliases_and_wildcards_are_answered() {
    let dns = Dns::start(
        r#"
        # Columns may be aligned.
        www.example.com     CNAME     mail.example.com
        mail.example.com    A         192.0.2.1
        example.com         MX        10 mail.example.com
        example.com         TXT       "v=spf1 mx -all"
        broken.example      SERVFAIL
        empty.example       NODATA
        *.any.example       A         127.0.0.2
        "#,
    );
    let table = [
        ("mail.example.com", RecordType::A, ResponseCode::NoError, 1),
        ("MAIL.example.com", RecordType::A, ResponseCode::NoError, 1),
        ("www.example.com", RecordType::A, ResponseCode::NoError, 2),
        ("example.com", RecordType::TXT, ResponseCode::NoError, 1),
        ("example.com", RecordType::MX, ResponseCode::NoError, 1),
        ("example.com", RecordType::A, ResponseCode::NoError, 0),
        ("com", RecordType::A, ResponseCode::NoError, 0),
        ("empty.example", RecordType::A, ResponseCode::NoError, 0),
        ("broken.example", RecordType::TXT, ResponseCode::ServFail, 0),
        ("a.b.any.example", RecordType::A, ResponseCode::NoError, 1),
        ("none.example", RecordType::A, ResponseCode::NXDomain, 0),
    ];
    for (name, kind, code, answers) in table {
        let answer = ask(&dns, name, kind);
        let got = (answer.metadata.response_code, answer.answers.len());
        assert_eq!(got, (code, answers), "{name} {kind}");
    }
    assert_eq!(dns.times_asked("mail.example.com"), 2);
}

#[test]
fn what_is_too_long_for_udp_is_cut() {
    let dns = Dns::start("");
    dns.add(&format!("long.example TXT \"{}\"", "x".repeat(2000)));
    let answer = ask(&dns, "long.example", RecordType::TXT);
    assert!(answer.metadata.truncation && answer.answers.is_empty());
}
