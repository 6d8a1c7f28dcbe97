//! Hostile mail of any size, to see that the work grows no faster than the mail.

use std::hint::black_box;

use mime_core::{Layout, Limits};

use super::work::{LIFTED, Ours, Side, Task};

/// A way to make mail that costs more than it should.
pub struct Growth {
    /// Its name in the table.
    pub name: &'static str,
    make: fn(usize) -> Vec<u8>,
    /// Units of the smaller of both mails.
    units: usize,
}

/// The header of a message whose only body has this type and encoding.
fn body(kind: &str, encoding: &str, octets: &str) -> Vec<u8> {
    format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{octets}")
        .into_bytes()
}

fn field(name: &str, value: &str) -> Vec<u8> {
    format!("{name}: {value}\r\n\r\nbody\r\n").into_bytes()
}

/// A multipart with this boundary in which `inner` stands.
fn multipart(boundary: &str, inner: &str) -> Vec<u8> {
    format!("Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n{inner}")
        .into_bytes()
}

fn nest(levels: usize, closed: bool) -> Vec<u8> {
    let mut mail = String::new();
    for n in 0..levels {
        mail += &format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    }
    mail += "\r\nbody\r\n";
    for n in (0..if closed { levels } else { 0 }).rev() {
        mail += &format!("--b{n}--\r\n");
    }
    mail.into_bytes()
}

fn sections(order: impl Iterator<Item = usize>) -> Vec<u8> {
    let sections: String = order.map(|n| format!(";\r\n name*{n}*=%41b")).collect();
    field("Content-Type", &format!("a/b{sections}"))
}

/// Damage in every line of base64, at a place of its own.
fn damaged_lines(lines: usize) -> String {
    let line = |n: usize| {
        let mut line = "QUJD".repeat(19);
        line.replace_range(n % 76..n % 76 + 1, "*");
        line + "\r\n"
    };
    (0..lines).map(line).collect()
}

/// All of them.
pub const ALL: &[Growth] = &[
    grow("nest, never closed", 500, |n| nest(n, false)),
    grow("nest, closed", 500, |n| nest(n, true)),
    grow("nest of one boundary", 500, |n| {
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
            .repeat(n)
            .into_bytes()
    }),
    grow("boundaries that never come", 1000, |n| {
        multipart("b", &"--c\r\n".repeat(n))
    }),
    grow("longer and longer boundaries", 1000, |n| {
        multipart("b", &"--bb\r\n".repeat(n))
    }),
    grow("never in 50 open multiparts", 1000, |n| {
        [nest(50, false), "--b7x\r\n".repeat(n).into_bytes()].concat()
    }),
    grow("parts of nothing", 1000, |n| {
        multipart("b", &"--b\r\n".repeat(n))
    }),
    grow("parts with a header", 500, |n| {
        multipart(
            "b",
            &"Content-Type: text/html; a=b\r\n\r\nx\r\n--b\r\n".repeat(n),
        )
    }),
    grow("message in message", 1000, |n| {
        "Content-Type: message/rfc822\r\n\r\n"
            .repeat(n)
            .into_bytes()
    }),
    grow("header of many fields", 1000, |n| {
        "A: b\r\n".repeat(n).into_bytes()
    }),
    grow("header of one field again", 500, |n| {
        "Content-Type: a/b\r\n".repeat(n).into_bytes()
    }),
    grow("authors in many fields", 500, |n| {
        "From: a@b,c@d\r\n".repeat(n).into_bytes()
    }),
    grow("binary behind many fields", 1000, |n| {
        let fields = "A: b\r\n".repeat(n);
        body("a/b", &format!("binary\r\n{fields}"), &"\0\n".repeat(n))
    }),
    grow("field of many folds", 1000, |n| {
        field("Subject", &"x\r\n ".repeat(n))
    }),
    grow("lines without colon", 1000, |n| {
        "garbage\r\n".repeat(n).into_bytes()
    }),
    grow("=?", 2000, |n| field("Subject", &"=?".repeat(n))),
    grow("=?a?q?", 1000, |n| field("Subject", &"=?a?q?".repeat(n))),
    grow("=?a?q? apart", 1000, |n| {
        field("Subject", &"=?a?q? ".repeat(n))
    }),
    grow("encoded words", 500, |n| {
        field("Subject", &"=?utf-8?q?=C3=A9?= ".repeat(n))
    }),
    grow("encoded words of two charsets", 300, |n| {
        field("Subject", &"=?utf-8?b?w6k=?= =?big5?q?=a4=a4?= ".repeat(n))
    }),
    grow("sections of RFC 2231", 400, |n| sections(0..n)),
    grow("sections, last first", 400, |n| sections((0..n).rev())),
    grow("sections, all the same", 400, |n| {
        sections(std::iter::repeat_n(0, n))
    }),
    grow("parameters", 500, |n| {
        field("Content-Disposition", &format!("a{}", ";a=b".repeat(n)))
    }),
    grow("parameters without value", 1000, |n| {
        field("Content-Type", &format!("a/b{}", ";a(".repeat(n)))
    }),
    grow("parameters without end", 1000, |n| {
        field("Content-Type", &format!("a/b{}", ";a=\"".repeat(n)))
    }),
    grow("( in From", 3000, |n| field("From", &"(".repeat(n))),
    grow("nested comments", 1500, |n| {
        field("From", &format!("{}{} a@b", "(".repeat(n), ")".repeat(n)))
    }),
    grow("comments in Date", 1000, |n| {
        field("Date", &"(a)".repeat(n))
    }),
    grow("comments in Received", 1000, |n| {
        field("Received", &";(a)".repeat(n))
    }),
    grow("( in Content-Type", 3000, |n| {
        field("Content-Type", &"(a".repeat(n))
    }),
    grow("references", 1000, |n| {
        field("References", &"<a@b> ".repeat(n))
    }),
    grow("references never closed", 3000, |n| {
        field("References", &"<".repeat(n))
    }),
    grow("addresses", 1000, |n| field("To", &"a@b,".repeat(n))),
    grow("addresses without end", 1000, |n| {
        field("To", &"a <b@".repeat(n))
    }),
    grow("groups", 1000, |n| field("To", &"g:a@b;".repeat(n))),
    grow("groups never closed", 1000, |n| {
        field("To", &"g:".repeat(n))
    }),
    grow("quotes", 2000, |n| field("To", &"\"\\".repeat(n))),
    grow("base64, sound", 500, |n| {
        body("a/b", "base64", &("QUJD".repeat(19) + "\r\n").repeat(n))
    }),
    grow("base64, one line", 5000, |n| {
        body("a/b", "base64", &"QUJD".repeat(n))
    }),
    grow("base64, damaged lines", 500, |n| {
        body("a/b", "base64", &damaged_lines(n))
    }),
    grow("base64, padding", 5000, |n| {
        body("a/b", "base64", &"=".repeat(n))
    }),
    grow("base64, short lines", 2000, |n| {
        body("a/b", "base64", &"QUJD\r\n".repeat(n))
    }),
    grow("quoted-printable", 2000, |n| {
        body("text/plain", "quoted-printable", &"a=C3=A9".repeat(n))
    }),
    grow("quoted-printable, =", 5000, |n| {
        body("text/plain", "quoted-printable", &"=".repeat(n))
    }),
    grow("quoted-printable, spaces", 5000, |n| {
        body("text/plain", "quoted-printable", &" ".repeat(n))
    }),
    grow("quoted-printable, soft", 2000, |n| {
        body("text/plain", "quoted-printable", &"= \r\n".repeat(n))
    }),
    grow("uuencode", 500, |n| {
        body(
            "a/b",
            "x-uuencode",
            &format!("begin 644 a\r\n{}", "#86)C\r\n".repeat(n)),
        )
    }),
    grow("UTF-7", 2000, |n| {
        body("text/plain; charset=utf-7", "7bit", &"+AOk-".repeat(n))
    }),
    grow("UTF-8, broken", 5000, |n| {
        body("text/plain; charset=utf-8", "8bit", &"\u{e9}".repeat(n))
    }),
    grow("latin1", 5000, |n| {
        body("text/plain; charset=latin1", "8bit", &"\u{e9}".repeat(n))
    }),
    grow("ISO-2022-JP", 2000, |n| {
        body(
            "text/plain; charset=iso-2022-jp",
            "7bit",
            &"\x1b$B$\"\x1b(B".repeat(n),
        )
    }),
];

const fn grow(name: &'static str, units: usize, make: fn(usize) -> Vec<u8>) -> Growth {
    Growth { name, make, units }
}

impl Growth {
    /// The mail, and one four times its size.
    pub fn mails(&self) -> [Vec<u8>; 2] {
        [(self.make)(self.units), (self.make)(self.units * 4)]
    }
}

/// What is done with hostile mail, and within which limits.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// It is scanned.
    Scan,
    /// It is scanned and all of it is read.
    Read,
    /// The same without limits.
    ReadLifted,
}

impl Work {
    /// Each of them.
    pub const ALL: [Work; 3] = [Work::Scan, Work::Read, Work::ReadLifted];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Work::Scan => "scan",
            Work::Read => "read",
            Work::ReadLifted => "lifted",
        }
    }

    /// Does it, with nothing in store.
    pub fn run(self, mail: &[u8]) {
        let limits = match self {
            Work::Scan => {
                black_box(Layout::scan(mail, &Limits::DEFAULT));
                return;
            }
            Work::Read => Limits::DEFAULT,
            Work::ReadLifted => LIFTED,
        };
        Ours::with_limits(limits).run(mail, Task::All);
        let mut layout = Layout::new();
        let message = layout.parse(mail, &limits);
        let mut stored = Vec::new();
        message.outline().write(&mut stored);
        // Without a bound, also of what is scanned within the limits.
        let audit = message.audit(usize::MAX);
        black_box((message.bodies(), message.body_structure().walk().count()));
        black_box((stored, audit));
    }
}
