//! A message is recent in one session: the first that may write and is told of it.

mod support;

use support::{Client, Server, deliver};

const OPEN: &[&str] = &["--allow-plaintext-auth"];

fn deliver_some(server: &Server, from: usize, messages: usize) {
    for number in from..from + messages {
        let text = format!("Message-ID: <{number}@client.example>\r\n\r\nnumber {number}\r\n");
        deliver(server, &["demo@example.org"], &text);
    }
}

fn login(server: &Server) -> Client {
    let mut imap = server.connect("imap");
    imap.until("* OK");
    imap.say("l LOGIN demo demo", "l OK");
    imap
}

/// The last number that was told with this word.
fn number(lines: &[String], word: &str) -> Option<usize> {
    let told = |line: &String| line.strip_prefix("* ")?.strip_suffix(word)?.parse().ok();
    lines.iter().rev().find_map(told)
}

/// The number of recent messages, when a mailbox is opened.
fn open(imap: &mut Client, command: &str) -> usize {
    let lines = imap.ask(&format!("o {command} INBOX"), "o OK");
    number(&lines, " RECENT").unwrap()
}

fn status(imap: &mut Client) -> String {
    let lines = imap.ask("t STATUS INBOX (RECENT)", "t OK");
    let line = lines.iter().find(|line| line.contains("STATUS")).unwrap();
    line.clone()
}

fn recent(imap: &mut Client) -> String {
    let lines = imap.ask("r SEARCH RECENT", "r OK");
    lines[0].clone()
}

// imap-3501-2.3.2-01
#[test]
fn the_first_that_may_write_has_them_and_no_later_one() {
    let server = Server::start(OPEN);
    deliver_some(&server, 1, 3);
    let mut reader = login(&server);
    assert_eq!(status(&mut reader), "* STATUS INBOX (RECENT 3)");
    assert_eq!(open(&mut reader, "EXAMINE"), 3);
    assert_eq!(recent(&mut reader), "* SEARCH 1 2 3");
    let mut first = login(&server);
    assert_eq!(open(&mut first, "SELECT"), 3);
    let lines = first.ask("f FETCH 3 FLAGS", "f OK");
    assert_eq!(lines[0], "* 3 FETCH (FLAGS (\\Recent))");
    let mut second = login(&server);
    assert_eq!(open(&mut second, "SELECT"), 0);
    assert_eq!(recent(&mut second), "* SEARCH");
    assert_eq!(status(&mut reader), "* STATUS INBOX (RECENT 0)");
    // Another opening of the same mailbox is another session's.
    assert_eq!(open(&mut first, "SELECT"), 0);

    // After a restart nobody is told again; what came in between is recent once.
    let (_, data) = server.stop();
    let server = Server::start_in(data, OPEN);
    deliver_some(&server, 4, 1);
    let mut back = login(&server);
    assert_eq!(open(&mut back, "SELECT"), 1);
    assert_eq!(recent(&mut back), "* SEARCH 4");
    assert_eq!(open(&mut back, "SELECT"), 0);
}

#[test]
fn of_what_arrives_while_many_look_each_is_recent_once() {
    let server = Server::start(OPEN);
    let mut clients: Vec<Client> = (0..5).map(|_| login(&server)).collect();
    for (at, client) in clients.iter_mut().enumerate() {
        // One of them only looks.
        open(client, if at == 0 { "EXAMINE" } else { "SELECT" });
    }
    let many = 12;
    deliver_some(&server, 1, many);
    let mut seen = vec![0; many + 1];
    for (at, client) in clients.iter_mut().enumerate() {
        while number(&client.ask("n NOOP", "n OK"), " EXISTS") != Some(many) {
            if client.ask("u UID SEARCH ALL", "u OK")[0].ends_with(" 12") {
                break;
            }
        }
        let line = recent(client);
        let of_this: Vec<usize> = line
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        for uid in of_this.iter().filter(|_| at > 0) {
            seen[*uid] += 1;
        }
    }
    assert_eq!(seen[1..], vec![1; many], "each is recent to one session");
    let mut late = login(&server);
    assert_eq!(open(&mut late, "SELECT"), 0);
}

#[test]
fn of_many_that_open_it_at_once_one_gets_each() {
    let server = Server::start(OPEN);
    for round in 0..3 {
        deliver_some(&server, 1 + round * 4, 4);
        let told: usize = std::thread::scope(|scope| {
            let opening = (0..8).map(|_| {
                scope.spawn(|| {
                    let mut imap = login(&server);
                    open(&mut imap, "SELECT")
                })
            });
            let opening: Vec<_> = opening.collect();
            opening.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(told, 4);
    }
}

#[test]
fn what_is_copied_and_appended_is_recent_where_it_goes() {
    let server = Server::start(OPEN);
    deliver_some(&server, 1, 2);
    let mut imap = login(&server);
    imap.say("1 CREATE Work", "1 OK");
    open(&mut imap, "SELECT");
    imap.say("2 COPY 1:2 Work", "2 OK");
    imap.say("3 APPEND Work {8+}\r\n\r\nhello\r", "3 OK");
    let lines = imap.ask("4 LIST \"\" Work RETURN (STATUS (RECENT))", "4 OK");
    assert!(
        lines.contains(&"* STATUS Work (RECENT 3)".to_owned()),
        "{lines:?}"
    );
    // Into the mailbox that is open: it is this session that hears of it.
    imap.say("5 APPEND INBOX {8+}\r\n\r\nhello\r", "5 OK");
    for _ in 0..200 {
        imap.ask("6 NOOP", "6 OK");
        if recent(&mut imap) == "* SEARCH 1 2 3" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{}", recent(&mut imap));
}
