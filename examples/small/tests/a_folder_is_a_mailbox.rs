//! The read-only IMAP server of a folder, with a client.

mod support;

use std::fs;

use support::Server;

#[test]
fn a_folder_is_read_and_searched_and_never_written() {
    let folder = tempfile::tempdir().unwrap();
    for n in 1..=40 {
        let mail = format!(
            "Subject: number {n}\r\n\r\n{}",
            "Hello again.\r\n".repeat(n * 20)
        );
        fs::write(folder.path().join(format!("{n:02}.eml")), mail).unwrap();
    }
    let server = Server::start("imap-folder", &[folder.path().to_str().unwrap()]);
    let mut client = server.connect();
    client.until("* OK");
    client.say("a LOGIN demo demo", "a OK");
    let listed = client.say("b LIST \"\" *", "b OK");
    assert!(
        listed.contains("* LIST (\\HasNoChildren) \"/\" INBOX\r\n"),
        "{listed}"
    );
    assert!(
        client
            .say("c SELECT other", "c NO")
            .contains("[NONEXISTENT]")
    );
    let opened = client.say("d SELECT INBOX", "d OK");
    assert!(
        opened.contains("* 40 EXISTS\r\n") && opened.contains("[READ-ONLY]"),
        "{opened}"
    );
    let fetched = client.say("e UID FETCH 1:* (RFC822.SIZE ENVELOPE BODY.PEEK[])", "e OK");
    assert_eq!(fetched.matches(" FETCH (").count(), 40);
    assert!(fetched.contains("\"number 40\""));
    let found = client.say("f SEARCH SUBJECT \"number 7\"", "f OK");
    assert!(found.contains("* SEARCH 7\r\n"), "{found}");
    client.say("g STORE 1 +FLAGS (\\Deleted)", "g NO");
    client.say("h APPEND INBOX {3+}\r\nabc", "h NO");
    client.say("i NOOP", "i OK");
    client.say("j LOGOUT", "j OK");
    assert_eq!(client.rest(), "");
}
