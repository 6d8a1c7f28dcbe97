//! The POP3 server: what an importer gets, and when files go.

mod support;

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use support::{Client, Server};

/// A folder that goes with the test.
struct Dir(PathBuf);

impl Dir {
    fn with(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = env::temp_dir().join(format!("pop3-maildir-{}-{number}", process::id()));
        for (name, text) in files {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Dir(dir)
    }

    fn serve(&self) -> Server {
        Server::start("pop3-maildir", &[self.0.to_str().unwrap()])
    }

    fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A session before this one may still hold the folder: its server has yet to see the hang-up.
fn log_in(server: &Server) -> Client {
    for _ in 0..200 {
        let mut client = server.connect();
        client.until("+OK");
        client.say("USER demo", "+OK");
        client.send("PASS demo\r\n");
        if client.line().starts_with("+OK") {
            return client;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the folder stays locked");
}

#[test]
fn mails_are_listed_and_sent_in_the_order_of_their_names() {
    let dir = Dir::with(&[
        ("b.eml", "B\n.\n"),
        ("a.eml", "A"),
        ("notes.txt", "no mail"),
    ]);
    let server = dir.serve();
    let mut client = log_in(&server);
    assert_eq!(client.say("STAT", "+OK"), "+OK 2 9\r\n");
    assert!(client.say("LIST", ".").ends_with("\r\n1 3\r\n2 6\r\n.\r\n"));
    assert!(
        client
            .say("UIDL", ".")
            .ends_with("\r\n1 a.eml\r\n2 b.eml\r\n.\r\n")
    );
    assert!(
        client
            .say("RETR 1", ".\r")
            .ends_with("octets\r\nA\r\n.\r\n")
    );
    assert!(
        client
            .say("RETR 2", ".\r")
            .ends_with("octets\r\nB\r\n..\r\n.\r\n")
    );
}

#[test]
fn a_maildir_has_the_same_ids_whatever_its_flags() {
    let long = format!("new/{}", "long".repeat(30));
    let dir = Dir::with(&[
        ("cur/1.host:2,S", "one\n"),
        ("new/2.host", "two\n"),
        (&long, "x\n"),
    ]);
    let server = dir.serve();
    let first = log_in(&server).say("UIDL", ".");
    assert!(first.contains("\r\n1 1.host\r\n2 2.host\r\n3 "), "{first}");
    assert_eq!(first.lines().nth(3).unwrap().len(), "3 ".len() + 32);
    assert_eq!(log_in(&server).say("UIDL", "."), first);
}

#[test]
fn files_go_with_quit_and_only_then() {
    let dir = Dir::with(&[("a.eml", "A\n"), ("b.eml", "B\n")]);
    let server = dir.serve();
    let mut lost = log_in(&server);
    lost.say("DELE 1", "+OK");
    drop(lost);
    let mut client = log_in(&server);
    assert!(dir.has("a.eml"));
    client.say("DELE 2", "+OK");
    assert!(dir.has("b.eml"));
    client.say("QUIT", "+OK");
    assert!(dir.has("a.eml"));
    assert!(!dir.has("b.eml"));
}

#[test]
fn one_session_at_a_time_has_the_folder() {
    let dir = Dir::with(&[("a.eml", "A\n")]);
    let server = dir.serve();
    let _first = log_in(&server);
    let mut second = server.connect();
    second.until("+OK");
    second.say("USER demo", "+OK");
    assert!(second.say("PASS demo", "-ERR").contains("[IN-USE]"));
}

#[test]
fn a_wrong_password_opens_nothing() {
    let dir = Dir::with(&[("a.eml", "A\n")]);
    let server = dir.serve();
    let mut client = server.connect();
    client.until("+OK");
    client.say("USER demo", "+OK");
    client.say("PASS guess", "-ERR");
    client.say("STAT", "-ERR");
}

#[test]
fn a_large_mail_comes_whole() {
    let text = format!("{}\n", "0123456789".repeat(7)).repeat(20_000);
    let dir = Dir::with(&[("a.eml", &text)]);
    let server = dir.serve();
    let sent = log_in(&server).say("RETR 1", ".\r");
    let body = sent.split_once("\r\n").unwrap().1;
    assert_eq!(
        body.strip_suffix(".\r\n").unwrap().replace("\r\n", "\n"),
        text
    );
}
