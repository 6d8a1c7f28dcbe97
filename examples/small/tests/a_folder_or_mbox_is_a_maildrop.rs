//! The POP3 server: what an importer gets, and when files go.

mod support;

use std::{
    env, fs,
    io::Write,
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
        let dir = env::temp_dir().join(format!("pop3-maildrop-{}-{number}", process::id()));
        for (name, text) in files {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Dir(dir)
    }

    fn serve(&self) -> Server {
        Server::start("pop3-maildrop", &[self.0.to_str().unwrap()])
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
    assert_eq!(first.lines().nth(3).unwrap().len(), "3 ".len() + 64);
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

const MBOX: &str = "From a@x Sat Nov 21 01:00:00 2026\nSubject: 1\n\none\n\n\
                    From b@x Sat Nov 21 02:00:00 2026\nSubject: 2\n\n.two\n\n\
                    From a@x Sat Nov 21 01:00:00 2026\nSubject: 1\n\none\n\n\
                    From c@x Sat Nov 21 03:00:00 2026\nSubject: 3\n\nthree\n";

fn serve_mbox(dir: &Dir) -> Server {
    Server::start("pop3-maildrop", &[dir.0.join("mbox").to_str().unwrap()])
}

fn unique_ids(client: &mut Client) -> Vec<String> {
    let listed = client.say("UIDL", ".");
    let rows = listed.lines().filter_map(|row| row.split_once(' '));
    rows.skip(1).map(|(_, uid)| uid.to_owned()).collect()
}

#[test]
fn an_mbox_file_is_a_maildrop() {
    let dir = Dir::with(&[("mbox", MBOX)]);
    let server = serve_mbox(&dir);
    let mut client = log_in(&server);
    assert_eq!(client.say("STAT", "+OK"), "+OK 4 79\r\n");
    let second = client.say("RETR 2", ".\r");
    assert!(second.ends_with("octets\r\nSubject: 2\r\n\r\n..two\r\n.\r\n"));
    let ids = unique_ids(&mut client);
    assert_eq!(ids[0], ids[2], "copies may share an id");
    assert!(ids[0] != ids[1] && ids[1] != ids[3]);
}

#[test]
fn mails_leave_an_mbox_file_with_quit_and_the_rest_keeps_its_ids() {
    let dir = Dir::with(&[("mbox", MBOX)]);
    let server = serve_mbox(&dir);
    let mut lost = log_in(&server);
    lost.say("DELE 1", "+OK");
    drop(lost);
    let mut client = log_in(&server);
    let ids = unique_ids(&mut client);
    client.say("DELE 1", "+OK");
    client.say("DELE 4", "+OK");
    // A delivery while the session is open.
    let mut mbox = fs::OpenOptions::new();
    let mut mbox = mbox.append(true).open(dir.0.join("mbox")).unwrap();
    let delivered = "\nFrom d@x Sat Nov 21 04:00:00 2026\nSubject: 4\n\nfour\n";
    mbox.write_all(delivered.as_bytes()).unwrap();
    assert!(client.say("QUIT", "+OK").starts_with("+OK"));
    let rest = &MBOX[MBOX.find("From b@x").unwrap()..MBOX.find("\nFrom c@x").unwrap()];
    let left = fs::read_to_string(dir.0.join("mbox")).unwrap();
    assert_eq!(left, format!("{rest}{delivered}"));
    let mut client = log_in(&server);
    let left = unique_ids(&mut client);
    assert_eq!(left[..2], ids[1..3]);
    for number in 1..=3 {
        client.say(&format!("DELE {number}"), "+OK");
    }
    mbox = fs::OpenOptions::new()
        .append(true)
        .open(dir.0.join("mbox"))
        .unwrap();
    mbox.write_all(delivered.as_bytes()).unwrap();
    client.say("QUIT", "+OK");
    assert_eq!(unique_ids(&mut log_in(&server)), left[2..]);
}

#[test]
fn an_mbox_file_that_is_locked_loses_nothing() {
    let dir = Dir::with(&[("mbox", MBOX), ("mbox.lock", "")]);
    let server = serve_mbox(&dir);
    let mut client = log_in(&server);
    client.say("DELE 1", "+OK");
    assert!(client.say("QUIT", "-ERR").starts_with("-ERR [SYS/TEMP]"));
    assert_eq!(fs::read_to_string(dir.0.join("mbox")).unwrap(), MBOX);
    assert!(dir.has("mbox.lock"));
}
