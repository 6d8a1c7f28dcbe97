//! The importer: one ticket a mail, however often it is killed.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::Value;
use small::{
    import::{Account, Imported},
    pop3::{Failed, Security, Server},
    tickets::{Key, Tickets},
};
use support::{Server as Example, example};
use tempfile::TempDir;

fn account(address: &str) -> Account {
    let (host, port) = address.rsplit_once(':').unwrap();
    Account {
        server: Server {
            host: host.to_owned(),
            port: port.parse().unwrap(),
            security: Security::Nothing,
        },
        user: "demo".to_owned(),
        password: "demo".to_owned(),
        keep: false,
    }
}

/// Takes all tickets away, as a reader would. Each is whole.
fn take(desk: &Path) -> Vec<Value> {
    let Ok(folder) = fs::read_dir(desk.join("tickets")) else {
        return Vec::new();
    };
    let paths = folder.map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            let ticket: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let id = ticket["id"].as_str().unwrap();
            assert_eq!(path.file_stem().unwrap().to_str(), Some(id));
            assert!(desk.join(ticket["mail"].as_str().unwrap()).exists());
            fs::remove_file(path).unwrap();
            ticket
        })
        .collect()
}

fn maildir(mails: impl Iterator<Item = String>) -> TempDir {
    let dir = TempDir::new().unwrap();
    for part in ["cur", "new"] {
        fs::create_dir(dir.path().join(part)).unwrap();
    }
    for (number, mail) in mails.enumerate() {
        fs::write(dir.path().join(format!("new/{number:05}.host")), mail).unwrap();
    }
    dir
}

type Script = &'static [(&'static str, &'static str)];

/// A server that says these replies to these commands, once for each connection.
fn scripted(script: Script, connections: usize) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = thread::spawn(move || {
        for _ in 0..connections {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            for (command, reply) in script {
                let mut line = String::new();
                if !command.is_empty() {
                    stream.read_line(&mut line).unwrap();
                }
                assert_eq!(line.trim_end(), *command);
                stream.get_mut().write_all(reply.as_bytes()).unwrap();
            }
        }
    });
    (address, served)
}

#[test]
fn a_ticket_tells_what_a_mail_says() {
    let letter = "From: =?utf-8?q?Ann_M=C3=BCller?= <ann@example.org>\nSubject: Broken\n \
                  printer\nDate: Sat, 21 Nov 2026 09:00:00 +0100\nMessage-ID: <1@example.org>\n\
                  Content-Type: multipart/mixed; boundary=b\n\n--b\n\nIt  makes\nnoise.\n--b\n\
                  Content-Type: image/png\nContent-Disposition: attachment; filename=noise.png\n\
                  Content-Transfer-Encoding: base64\n\nAAAA\n--b--\n";
    let large = format!("X: {}\n\ntext\n", "x".repeat(600_000));
    let mails = [
        letter,
        "no header at all",
        &large,
        "Content-Type: text/html\n\n<p>Hi &amp; ho",
    ];
    let (drop, desk) = (
        maildir(mails.map(String::from).into_iter()),
        TempDir::new().unwrap(),
    );
    let server = Example::start("pop3-maildrop", &[drop.path().to_str().unwrap()]);
    let mut tickets = Tickets::open(desk.path()).unwrap();
    let mut made = Vec::new();
    let imported =
        account(server.address()).import(&mut tickets, |ticket| made.push(ticket.clone()));
    assert_eq!(imported.unwrap().made, 4);
    let first = &made[0];
    assert_eq!(first["subject"], "Broken printer");
    assert_eq!(first["from"][0]["name"], "Ann Müller");
    assert_eq!(first["from"][0]["email"], "ann@example.org");
    assert_eq!(first["date"], "2026-11-21T09:00:00+01:00");
    assert_eq!(first["messageId"][0], "1@example.org");
    assert_eq!(first["preview"], "It makes noise.");
    assert_eq!(first["attachments"][0]["name"], "noise.png");
    assert_eq!(first["attachments"][0]["type"], "image/png");
    let mail = fs::read_to_string(desk.path().join(first["mail"].as_str().unwrap()));
    assert_eq!(mail.unwrap().replace("\r\n", "\n"), letter);
    assert_eq!(made[1]["subject"], Value::Null);
    assert_eq!(made[2]["octets"], large.len() + 3);
    assert_eq!(made[3]["preview"], "Hi & ho");
    assert_eq!(take(desk.path()).len(), 4);
    assert_eq!(fs::read_dir(drop.path().join("new")).unwrap().count(), 0);
}

#[test]
fn killed_ten_times_it_makes_each_ticket_once() {
    let mails = std::env::var("IMPORT_MAILS").map_or(110, |mails| mails.parse().unwrap());
    let drop = maildir((0..mails).map(|number| format!("Subject: {number}\n\nmail {number}\n")));
    let desk = TempDir::new().unwrap();
    let server = Example::start("pop3-maildrop", &[drop.path().to_str().unwrap()]);
    let port = server.address().rsplit_once(':').unwrap().1.to_owned();
    let start = || {
        let mut importer = example("pop3-import");
        importer.args([
            "--security",
            "none",
            "--once",
            "--port",
            &port,
            "127.0.0.1",
            "demo",
        ]);
        importer.arg(desk.path()).env("POP3_PASSWORD", "demo");
        importer
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let ended = AtomicBool::new(false);
    let subjects = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut subjects = BTreeMap::new();
            loop {
                let last = ended.load(Ordering::SeqCst);
                for ticket in take(desk.path()) {
                    let subject = ticket["subject"].as_str().unwrap().to_owned();
                    *subjects.entry(subject).or_insert(0) += 1;
                }
                if last {
                    return subjects;
                }
                thread::sleep(Duration::from_millis(3));
            }
        });
        let mut dice = u64::from(std::process::id()) << 20 | 1;
        let mut roll = |sides: u64| {
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695);
            (dice >> 33) % sides
        };
        for kill in 1..=10 {
            let mut importer = start();
            let mut told = BufReader::new(importer.stdout.take().unwrap()).lines();
            let tickets = roll(mails / 11) as usize;
            let told = told.by_ref().take(tickets).filter(Result::is_ok).count();
            thread::sleep(Duration::from_micros(roll(4000)));
            importer.kill().unwrap();
            let status = importer.wait().unwrap();
            println!("kill {kill}: {told} tickets were told of, {status}");
            assert!(!status.success(), "it ended before it was killed");
        }
        let last = start().wait_with_output().unwrap();
        assert!(last.status.success());
        let last = String::from_utf8(last.stdout).unwrap();
        println!("at last: {}", last.lines().last().unwrap());
        ended.store(true, Ordering::SeqCst);
        reader.join().unwrap()
    });
    let twice = subjects.values().filter(|count| **count != 1).count();
    println!("{mails} mails, {} tickets, {twice} twice", subjects.len());
    assert_eq!((subjects.len() as u64, twice), (mails, 0));
    assert_eq!(fs::read_dir(drop.path().join("new")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(desk.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn whatever_a_crash_leaves_is_brought_to_an_end() {
    let mail = |tickets: &mut Tickets| {
        let mut mail = tickets.begin().unwrap();
        mail.add(b"Subject: x\r\n\r\n").unwrap();
        tickets.make(&Key::Uid("1".into()), mail).unwrap()
    };
    // What there is of a ticket: written, noted, handed over. And how many come of it in the end.
    for (written, noted, handed, more) in [
        (false, false, false, 1),
        (true, false, false, 1),
        (true, true, false, 1),
        (false, true, true, 1),
        (false, true, false, 0), // a reader took it
    ] {
        let desk = TempDir::new().unwrap();
        let mut tickets = Tickets::open(desk.path()).unwrap();
        let made = mail(&mut tickets).unwrap();
        drop(tickets);
        let id = made["id"].as_str().unwrap();
        let path = |folder: &str| desk.path().join(folder).join(format!("{id}.json"));
        if written {
            fs::copy(path("tickets"), path("tmp")).unwrap();
            fs::write(desk.path().join("tmp/mail"), "Sub").unwrap();
        }
        if !noted {
            fs::remove_file(desk.path().join("seen").join(id)).unwrap();
        }
        if !handed {
            fs::remove_file(path("tickets")).unwrap();
        }
        let mut tickets = Tickets::open(desk.path()).unwrap();
        if !tickets.has(&Key::Uid("1".into())) {
            assert!(mail(&mut tickets).is_some());
        }
        assert!(mail(&mut tickets).is_none());
        let state = (written, noted, handed);
        assert_eq!(take(desk.path()).len(), more, "{state:?}");
        assert_eq!(
            fs::read_dir(desk.path().join("tmp")).unwrap().count(),
            1,
            "{state:?}"
        );
    }
}

#[test]
fn one_importer_has_a_folder() {
    let desk = TempDir::new().unwrap();
    let _first = Tickets::open(desk.path()).unwrap();
    assert!(Tickets::open(desk.path()).is_err());
}

#[test]
fn without_unique_ids_the_octets_tell() {
    let (address, served) = scripted(
        &[
            ("", "+OK\r\n"),
            ("USER demo", "+OK\r\n"),
            ("PASS demo", "+OK\r\n"),
            ("UIDL", "-ERR what\r\n"),
            ("STAT", "+OK 2 20\r\n"),
            ("RETR 1", "+OK\r\nSubject: a\r\n\r\n..\r\n.\r\n"),
            ("RETR 2", "+OK\r\nSubject: b\r\n\r\n.\r\n"),
            ("QUIT", "+OK\r\n"),
        ],
        2,
    );
    let desk = TempDir::new().unwrap();
    let mut tickets = Tickets::open(desk.path()).unwrap();
    let mut account = account(&address);
    account.keep = true;
    for (made, known) in [(2, 0), (0, 2)] {
        let imported = account.import(&mut tickets, |_| {}).unwrap();
        assert_eq!(
            (imported.made, imported.known, imported.left),
            (made, known, 0)
        );
    }
    served.join().unwrap();
    assert_eq!(take(desk.path()).len(), 2);
}

#[test]
fn an_id_for_several_mails_hides_none() {
    let (address, served) = scripted(
        &[
            ("", "+OK\r\n"),
            ("USER demo", "+OK\r\n"),
            ("PASS demo", "+OK\r\n"),
            (
                "UIDL",
                "+OK\r\n1 same\r\n2 same\r\n3 same\r\n4\r\n5 own\r\n.\r\n",
            ),
            ("RETR 1", "+OK\r\nSubject: a\r\n\r\n.\r\n"),
            ("DELE 1", "+OK\r\n"),
            ("RETR 2", "+OK\r\nSubject: b\r\n\r\n.\r\n"),
            ("DELE 2", "+OK\r\n"),
            ("RETR 3", "+OK\r\nSubject: a\r\n\r\n.\r\n"),
            ("DELE 3", "+OK\r\n"),
            ("RETR 4", "+OK\r\nSubject: d\r\n\r\n.\r\n"),
            ("DELE 4", "+OK\r\n"),
            ("RETR 5", "-ERR [SYS/TEMP] not now\r\n"),
            ("QUIT", "+OK\r\n"),
        ],
        1,
    );
    let desk = TempDir::new().unwrap();
    let mut tickets = Tickets::open(desk.path()).unwrap();
    let imported = account(&address).import(&mut tickets, |_| {}).unwrap();
    served.join().unwrap();
    let Imported {
        made, known, left, ..
    } = imported;
    assert_eq!((made, known, left), (3, 1, 1));
    assert_eq!(take(desk.path()).len(), 3);
}

#[test]
fn a_failure_names_its_layer() {
    let desk = TempDir::new().unwrap();
    let mut tickets = Tickets::open(desk.path()).unwrap();
    let mut failure = |account: &Account| {
        let failed = account.import(&mut tickets, |_| {}).unwrap_err();
        (failed.to_string(), failed.is_final())
    };
    let tls = Security::Tls(small::pop3::trust(None).unwrap());
    let stls = Security::Stls(small::pop3::trust(None).unwrap());

    let (said, _) = failure(&account("name.invalid:110"));
    assert!(said.starts_with("DNS: "), "{said}");

    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (said, _) = failure(&account(&closed.to_string()));
    assert!(said.starts_with("TCP: "), "{said}");

    let cases: [(Script, Option<Security>, &str, bool); 9] = [
        (&[("", "+OK plain\r\n")], Some(tls), "TLS: ", false),
        (
            &[("", "+OK\r\n"), ("STLS", "-ERR no\r\n")],
            Some(stls.clone()),
            "TLS: the server says no",
            false,
        ),
        (
            &[("", "+OK\r\n"), ("STLS", "+OK\r\n+OK smuggled\r\n")],
            Some(stls),
            "TLS: octets before the handshake",
            false,
        ),
        (
            &[("", "220 smtp\r\n")],
            None,
            "POP3: no reply, but \"220 smtp\"",
            false,
        ),
        (
            &[("", "-ERR [SYS/TEMP] full\r\n")],
            None,
            "POP3: [SYS/TEMP] full",
            false,
        ),
        (
            &[
                ("", "+OK\r\n"),
                ("USER demo", "+OK\r\n"),
                ("PASS demo", "-ERR [AUTH] \x1b[2J\r\n"),
            ],
            None,
            "login: [AUTH] \\x1b[2J",
            true,
        ),
        (
            &[
                ("", "+OK\r\n"),
                ("USER demo", "+OK\r\n"),
                ("PASS demo", "-ERR [IN-USE] wait\r\n"),
            ],
            None,
            "login: [IN-USE] wait",
            false,
        ),
        (
            &[("", "+OK\r\n"), ("USER demo", "+OK")],
            None,
            "TCP: ",
            false,
        ),
        (
            &[
                ("", "+OK\r\n"),
                ("USER demo", "+OK\r\n"),
                ("PASS demo", "+OK\r\n"),
                ("UIDL", "+OK\r\n1 a\r\n.\r\n"),
                ("RETR 1", "+OK\r\nhalf a mail"),
            ],
            None,
            "TCP: ",
            false,
        ),
    ];
    for (script, security, expected, is_final) in cases {
        let (address, served) = scripted(script, 1);
        let mut account = account(&address);
        account.server.security = security.unwrap_or(Security::Nothing);
        let (said, ends) = failure(&account);
        assert!(said.starts_with(expected), "{said}");
        assert_eq!(ends, is_final, "{said}");
        let _ = served.join();
    }

    let disk = Failed::Disk(std::io::ErrorKind::StorageFull.into());
    assert!(disk.to_string().starts_with("disk: "));
    assert_eq!(take(desk.path()).len(), 0);
    drop(TcpStream::connect(closed));
}
