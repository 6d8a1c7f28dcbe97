//! Logins over the three protocols, and the passwords of devices.
#![allow(dead_code, reason = "each test uses its part")]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use wire_core::sasl::ScramHash;

use crate::support::{Client, Server};

#[path = "../../../../wire-core/tests/sasl_support/scram_client.rs"]
mod scram_client;

/// The ports of users without TLS.
pub const PORTS: [&str; 3] = ["imap", "pop3", "submission"];

/// `inbound password` with these words, for a data folder; its standard input, and what came of it.
pub fn password_with(data: &Path, words: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_inbound"))
        .arg("password")
        .args(words)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It need not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it prints.
pub fn password(data: &Path, words: &[&str]) -> String {
    let output = password_with(data, words, "");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// A client of a port, before it logs in.
pub fn greeted(server: &Server, from: &str, port: &str) -> Client {
    let mut client = server.connect_from(from, port);
    match port {
        "imap" => client.until("* OK"),
        "pop3" => client.until("+OK"),
        _ => {
            client.until("220 ");
            client.say("EHLO client.example", "250 ")
        }
    };
    client
}

/// The reply to PLAIN, without the tag.
pub fn plain(client: &mut Client, port: &str, authzid: &str, user: &str, password: &str) -> String {
    let proof = STANDARD.encode(format!("{authzid}\0{user}\0{password}"));
    begin(client, port, "PLAIN", &proof);
    reply(client, port)
}

/// The reply to SCRAM-SHA-256.
pub fn scram(client: &mut Client, port: &str, authzid: &str, user: &str, password: &str) -> String {
    let mut scram = scram_client::Client::new(ScramHash::Sha256, user, password);
    if !authzid.is_empty() {
        scram.gs2 = format!("n,a={authzid},");
    }
    begin(
        client,
        port,
        "SCRAM-SHA-256",
        &STANDARD.encode(scram.first()),
    );
    let text = challenge(&client.line());
    let (last, verdict) = scram.last(&text);
    client.send(&format!("{}\r\n", STANDARD.encode(last)));
    let line = client.line();
    if !line.starts_with("+ ") && !line.starts_with("334 ") {
        return without_tag(&line, port);
    }
    assert_eq!(challenge(&line), verdict);
    client.send("\r\n");
    reply(client, port)
}

fn begin(client: &mut Client, port: &str, mechanism: &str, initial: &str) {
    let line = match port {
        "imap" => format!("a AUTHENTICATE {mechanism} {initial}\r\n"),
        _ => format!("AUTH {mechanism} {initial}\r\n"),
    };
    client.send(&line);
}

fn challenge(line: &str) -> String {
    let (_, text) = line.split_once(' ').unwrap();
    String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
}

fn reply(client: &mut Client, port: &str) -> String {
    without_tag(&client.line(), port)
}

fn without_tag(line: &str, port: &str) -> String {
    let tag = if port == "imap" { "a " } else { "" };
    line.strip_prefix(tag).unwrap_or(line).to_owned()
}

/// Is it the reply to a login that is complete?
pub fn is_in(reply: &str) -> bool {
    ["OK", "+OK", "235 "]
        .iter()
        .any(|start| reply.starts_with(start))
}

/// Is it the reply to a wrong password?
pub fn is_wrong(reply: &str) -> bool {
    let wrong = [
        "NO [AUTHENTICATIONFAILED]",
        "-ERR [AUTH] Wrong",
        "535 5.7.8",
    ];
    wrong.iter().any(|start| reply.starts_with(start))
}

/// Is it the reply to somebody who may try again?
pub fn is_later(reply: &str) -> bool {
    let later = ["NO [UNAVAILABLE]", "-ERR [SYS/TEMP]", "454 4.7.0"];
    later.iter().any(|start| reply.starts_with(start))
}
