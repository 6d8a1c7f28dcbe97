//! POP3 over the mailbox that IMAP shows: locked, counted, emptied; and nothing is lost on the way.

mod support;

use support::{Client, Server, deliver};

const OPEN: &[&str] = &["--allow-plaintext-auth"];

/// Delivers that many numbered messages.
fn filled(messages: usize) -> Server {
    let server = Server::start(OPEN);
    for number in 1..=messages {
        deliver(&server, &["demo@example.org"], &numbered(number));
    }
    server
}

fn numbered(number: usize) -> String {
    format!("Subject: {number}\r\n\r\nnumber {number}")
}

/// A client that has the maildrop.
fn maildrop(server: &Server) -> Client {
    for _ in 0..100 {
        let mut pop3 = server.pop3();
        if pop3.until("").starts_with("+OK") {
            return pop3;
        }
        // The session before it is not over yet.
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the maildrop stays locked")
}

fn unique_ids(pop3: &mut Client) -> Vec<String> {
    let rows = pop3.listing("UIDL").into_iter().skip(1);
    rows.map(|row| row.split(' ').nth(1).unwrap().to_owned())
        .collect()
}

// pop3-1939-4-02, pop3-1939-4-03, pop3-1939-6-01, pop3-1939-6-03, pop3-1939-7-04
#[test]
fn only_a_quit_removes_and_imap_sees_it_at_once() {
    let server = filled(3);
    let (mut imap, exists) = server.imap();
    assert_eq!(exists, 3);

    let mut first = maildrop(&server);
    let ids = unique_ids(&mut first);
    let mut second = server.pop3();
    second.until("-ERR [IN-USE] ");
    second.say("USER demo", "+OK");
    first.say("DELE 1", "+OK");
    // Gone without a QUIT.
    drop(first);
    let mut pop3 = maildrop(&server);
    assert_eq!(unique_ids(&mut pop3), ids);
    pop3.say("DELE 2", "+OK");
    pop3.say("RSET", "+OK");
    pop3.say("DELE 2", "+OK");
    imap.say("a NOOP", "a OK");
    imap.say("b IDLE", "+");
    pop3.say("QUIT", "+OK");
    imap.until("* 2 EXPUNGE");
    imap.say("DONE", "b OK");

    let mut pop3 = maildrop(&server);
    assert_eq!(unique_ids(&mut pop3), [ids[0].clone(), ids[2].clone()]);
    // What IMAP removes keeps its number, and is not there.
    imap.say(r"c STORE 1 +FLAGS (\Deleted)", "c OK");
    imap.say("d EXPUNGE", "d OK");
    pop3.say("RETR 1", "-ERR The message was removed meanwhile");
    assert!(pop3.listing("RETR 2").contains(&"number 3".to_owned()));
    pop3.say("DELE 1", "+OK");
    pop3.say("QUIT", "+OK");
    assert_eq!(unique_ids(&mut maildrop(&server)), [ids[2].clone()]);
}

/// Appends a message by IMAP, as it is.
fn append(imap: &mut Client, message: &str) {
    imap.say(&format!("a APPEND INBOX {{{}}}", message.len()), "+");
    imap.send(message);
    imap.say("", "a OK");
}

// pop3-1939-11-01, pop3-1939-11-02, pop3-6856-2-01, pop3-6856-5-01
#[test]
fn sizes_are_those_of_what_comes() {
    let server = Server::start(OPEN);
    let (mut imap, _) = server.imap();
    // Else a field in UTF-8 is refused.
    imap.say("a ENABLE UTF8=ACCEPT", "a OK");
    for message in [
        "Subject: cut\r\n\r\nno line end",
        "Subject: unix\n\n.one\n..two\n",
        "Subject: dots\r\n\r\n.\r\n",
        "Subject: Gr\u{fc}\u{df}e\r\n\r\nK\u{f6}ln\r\n",
    ] {
        append(&mut imap, message);
    }
    imap.say("b COPY 1:2 INBOX", "b OK");
    let octets = |pop3: &mut Client, number: usize| {
        let mut lines = pop3.listing(&format!("RETR {number}")).into_iter();
        let told: usize = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let unstuffed =
            lines.map(|line| line.strip_prefix('.').map_or(line.clone(), str::to_owned));
        let text = unstuffed
            .map(|line| format!("{line}\r\n"))
            .collect::<String>();
        assert_eq!(text.len(), told, "message {number}: {text}");
        text
    };

    let mut pop3 = maildrop(&server);
    let listed: Vec<String> = pop3.listing("LIST").split_off(1);
    assert_eq!(listed, ["1 29", "2 30", "3 20", "4 27", "5 29", "6 30"]);
    pop3.say("STAT", "+OK 6 165");
    for number in [1, 2, 3, 5, 6] {
        let told = listed[number - 1].split(' ').nth(1).unwrap();
        assert_eq!(octets(&mut pop3, number).len().to_string(), told);
    }
    // This client has not asked for UTF-8.
    let text = octets(&mut pop3, 4);
    assert_eq!(
        text,
        "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n\r\nK\u{f6}ln\r\n"
    );
    pop3.say("QUIT", "+OK");

    let mut pop3 = server.connect("pop3");
    pop3.until("+OK");
    assert!(pop3.listing("CAPA").contains(&"UTF8".to_owned()));
    pop3.say("UTF8", "+OK");
    pop3.say("USER demo", "+OK");
    pop3.say("PASS demo", "+OK");
    assert_eq!(octets(&mut pop3, 4).len(), 27);
    let top = pop3.listing("TOP 4 0");
    assert_eq!(top[1..], ["Subject: Gr\u{fc}\u{df}e", ""]);
}

/// A reply of several lines that was asked for, without its last line.
fn reply(pop3: &mut Client) -> Vec<String> {
    let mut lines = vec![pop3.until("+OK")];
    loop {
        match pop3.line() {
            line if line == "." => return lines,
            line => lines.push(line),
        }
    }
}

// pop3-2449-6.6-01
#[test]
fn messages_that_are_read_ahead_are_the_right_ones() {
    const MESSAGES: usize = 60;
    let server = filled(MESSAGES);
    let (mut imap, _) = server.imap();
    let large = format!("Subject: large\r\n\r\n{}", ".large\r\n".repeat(100_000));
    append(&mut imap, &large);
    append(&mut imap, &numbered(MESSAGES + 2));
    let mut pop3 = maildrop(&server);
    let all: Vec<usize> = (1..=MESSAGES + 2).collect();
    let backwards: Vec<usize> = all.iter().rev().copied().collect();
    let now_and_then = [1, 2, 3, 9, 10, 11, 5, 5, 6, 61, 62, 62, 1];
    for order in [&all[..], &backwards, &now_and_then] {
        let asked = order
            .iter()
            .map(|number| format!("RETR {number}\r\nTOP {number} 1\r\n"));
        pop3.send(&asked.collect::<String>());
        for number in order {
            for lines in [usize::MAX, 1] {
                let text = reply(&mut pop3);
                let last = text.last().unwrap();
                match number {
                    61 => assert_eq!((text.len() > 100_000, &last[..]), (lines > 1, "..large")),
                    _ => assert_eq!(*last, format!("number {number}")),
                }
            }
        }
    }
    pop3.say("QUIT", "+OK");
}
