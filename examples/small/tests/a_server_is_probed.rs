//! The probe against a sink, and against what is no SMTP server.

mod support;

use std::{io::Write, net::TcpListener, process::Stdio, thread};

use support::{Server, example};

fn probe(address: &str) -> (String, String, bool) {
    let mut probe = example("smtp-probe");
    let probe = probe
        .arg(address)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = probe.output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.success(),
    )
}

#[test]
fn what_a_sink_offers_is_printed() {
    let server = Server::start("smtp-sink", &[]);
    let (printed, _, well) = probe(server.address());
    assert!(well);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[..2], ["220 \"localhost ESMTP\"", "250 \"localhost\""]);
    assert_eq!(
        lines[2..5],
        [
            "TLS: false",
            "mechanisms: ",
            "octets of a mail: Some(36700160)"
        ]
    );
    assert!(lines.contains(&"- PIPELINING ") && lines.contains(&"- SIZE 36700160"));
    assert_eq!(lines.last(), Some(&"221"));
}

#[test]
fn what_is_no_server_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let other = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH\r\n").unwrap();
    });
    let (printed, error, well) = probe(&address);
    other.join().unwrap();
    assert!(!well && printed.is_empty());
    assert!(error.contains("NoCode"), "{error}");
}
