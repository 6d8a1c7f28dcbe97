//! Thirty commands of mail clients, framed and parsed.

use std::hint::black_box;

use imap_codec::{CommandCodec, decode::Decoder, imap_types::command::Command as PeerCommand};
use imap_proto::syntax::{Limits, parse};
use wire_core::frame::{Command, Commands};

use crate::task::{Task, Unit};

/// As they come on the wire. Only what the peer knows, too.
const ALL: [&[u8]; 30] = [
    b"a1 CAPABILITY\r\n",
    b"a2 NOOP\r\n",
    b"a3 LOGOUT\r\n",
    b"a4 LOGIN alice@example.org \"correct horse battery\"\r\n",
    b"a5 AUTHENTICATE PLAIN\r\n",
    b"a6 SELECT INBOX\r\n",
    b"a7 EXAMINE \"Archive/2026\"\r\n",
    b"a8 CREATE \"Lists/rust users\"\r\n",
    b"a9 DELETE Old\r\n",
    b"a10 RENAME Old New\r\n",
    b"a11 SUBSCRIBE Lists/rust\r\n",
    b"a12 LIST \"\" \"*\"\r\n",
    b"a13 LSUB \"\" %\r\n",
    b"a14 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)\r\n",
    b"a15 IDLE\r\n",
    b"a16 FETCH 1:* (UID FLAGS)\r\n",
    b"a17 UID FETCH 1:* FLAGS\r\n",
    b"a18 FETCH 1:200 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n",
    b"a19 UID FETCH 4,7:9,12 (UID BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date Message-ID References)])\r\n",
    b"a20 UID FETCH 17 BODY.PEEK[1.2]<0.65536>\r\n",
    b"a21 UID FETCH 17 (BODY.PEEK[1.MIME] BODY.PEEK[2])\r\n",
    b"a22 UID STORE 17,20:25 +FLAGS.SILENT (\\Seen $Forwarded)\r\n",
    b"a23 STORE 3 FLAGS (\\Deleted)\r\n",
    b"a24 UID SEARCH UNSEEN SINCE 1-Nov-2026\r\n",
    b"a25 SEARCH OR FROM joerg SUBJECT \"summer plans\" NOT DELETED\r\n",
    b"a26 UID SEARCH UID 1:4000 NOT SEEN KEYWORD $Work LARGER 100000\r\n",
    b"a27 UID COPY 17:25 Archive/2026\r\n",
    b"a28 UID MOVE 3,5,8 Trash\r\n",
    b"a29 EXPUNGE\r\n",
    b"a30 LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n",
];

pub fn tasks() -> Vec<Task> {
    vec![Task {
        name: "thirty commands",
        unit: Unit::Commands,
        units: ALL.len(),
        goal: None,
        ours: Box::new(|| {
            for command in ALL {
                ours(black_box(command), |line| {
                    let _ = black_box(parse(line, &Limits::DEFAULT));
                });
            }
        }),
        peer: Some(Box::new(|| {
            for command in ALL {
                black_box(peer(black_box(command)));
            }
        })),
    }]
}

/// Both read every command to its end, with the same tag and as the same command.
pub fn check() {
    for command in ALL {
        let theirs = peer(command);
        let mut seen = 0;
        ours(command, |line| {
            let parsed = parse(line, &Limits::DEFAULT).expect("a command");
            let theirs_body = format!("{:?}", theirs.body);
            let mine = format!("{:?}", parsed.body);
            assert_eq!(parsed.tag, theirs.tag.as_ref());
            // EXAMINE and MOVE are a SELECT and a COPY of ours.
            let same = match word(&theirs_body) {
                "Examine" => mine.starts_with("Select") && mine.contains("read_only: true"),
                "Move" => mine.starts_with("Copy") && mine.contains("moves: true"),
                name => word(&mine) == name,
            };
            assert!(same, "{mine} {theirs_body}");
            seen += 1;
        });
        assert_eq!(seen, 1);
    }
    println!("  30 commands: the same tags and commands");
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphabetic());
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

pub fn ours<'i>(command: &'i [u8], whole: impl FnOnce(&'i [u8])) {
    let mut frame = Commands::new();
    let mut input = command;
    loop {
        match frame.next(&mut input, 64 << 10) {
            Some(Command::Whole(line)) => return whole(line),
            Some(Command::Literal { .. }) => frame.gather(),
            _ => return,
        }
    }
}

pub fn peer(command: &[u8]) -> PeerCommand<'_> {
    let (rest, parsed) = CommandCodec::default().decode(command).expect("a command");
    assert!(rest.is_empty());
    parsed
}
