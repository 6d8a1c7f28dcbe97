//! Mails by dice: sound ones, and odd ones made from them. The same seed gives the same mail.

/// A sequence of numbers (splitmix64), the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`; 0 if that is 0.
    pub(crate) fn roll(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.roll(n) == 0
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())]
    }
}

/// A mail without a flaw.
pub(crate) fn sound(seed: u64) -> Vec<u8> {
    let dice = &mut Dice::new(seed);
    let mut out = String::new();
    header(dice, &mut out);
    out.push_str("MIME-Version: 1.0\r\n");
    entity(dice, 0, &mut out);
    out.into_bytes()
}

/// A mail with one to three changes that no sender should make.
pub(crate) fn odd(seed: u64) -> Vec<u8> {
    let mut mail = sound(seed);
    let dice = &mut Dice::new(!seed);
    for _ in 0..=dice.roll(3) {
        change(dice, &mut mail);
    }
    mail
}

fn header(dice: &mut Dice, out: &mut String) {
    let from = mailbox(dice);
    *out += &format!("From: {from}\r\n");
    let to: Vec<_> = (0..=dice.roll(3)).map(|_| mailbox(dice)).collect();
    let to = to.join(dice.pick(&[", ", ",", ",\r\n ", " , "]));
    match dice.roll(6) {
        0 => *out += "To: undisclosed-recipients:;\r\n",
        1 => *out += &format!("To: some people: {to};\r\n"),
        _ => *out += &format!("To: {to}\r\n"),
    }
    *out += &format!("Subject: {}\r\nDate: {}\r\n", subject(dice), date(dice));
    *out += &format!("Message-ID: <{}@example.org>\r\n", dice.roll(1 << 30));
    if dice.one_in(3) {
        *out += "Received: from a.example by b.example;\r\n\tSat, 21 Nov 2026 01:00:00 +0000\r\n";
    }
}

fn mailbox(dice: &mut Dice) -> String {
    let spec = dice.pick(&[
        "a@b.example",
        "first.last@mail.example",
        "x+tag@y.example",
        "\"quoted local\"@b.example",
        "n@[127.0.0.1]",
        "o'neil@b.example",
    ]);
    match dice.roll(10) {
        0 => spec.to_string(),
        8 => format!("{spec} (A Comment)"),
        9 => format!("John Q. Public <{spec}>"),
        1 => format!("<{spec}>"),
        2 => format!("Plain Name <{spec}>"),
        3 => format!("\"Name, Quoted\" <{spec}>"),
        4 => format!("=?utf-8?q?J=C3=B6rg?= <{spec}>"),
        5 => format!("=?iso-8859-1?B?SvZyZw==?= =?iso-8859-1?q?_Zwei?= <{spec}>"),
        6 => format!("\"With \\\"Marks\\\"\" <{spec}>"),
        _ => format!("Jörg Umlaut <{spec}>"),
    }
}

fn subject(dice: &mut Dice) -> String {
    dice.pick(&[
        "plain words",
        "folded\r\n words",
        "=?utf-8?q?caf=C3=A9?=",
        "=?utf-8?b?Y2Fmw6k=?= and more",
        "=?utf-8?q?one?= =?utf-8?q?_two?=",
        "=?utf-8?q?one?=\r\n =?iso-8859-1?q?=E9?= x",
        "=?UTF-8?Q?under_score?= (=?utf-8?q?b?=)",
        "=?koi8-r?b?8NLJ18XU?=",
        "raw café",
        "a: colon; and, others",
        "",
        "=?utf-8*en?q?language?=",
    ])
    .to_string()
}

fn date(dice: &mut Dice) -> String {
    dice.pick(&[
        "Sat, 21 Nov 2026 01:02:03 +0000",
        "Sat, 21 Nov 2026 01:02:03 -0530",
        "21 Nov 2026 01:02 +0100",
        "Sat, 21 Nov 2026 01:02:03 +0000 (UTC)",
        "Sat, 21 Nov 2026 01:02:03 GMT",
        "Sat, 21 Nov 2026 01:02:03 EST",
        "Sat,  1 Nov 2026 01:02:03 +0000",
        "Fri, 21 Nov 97 09:55:06 -0600",
        "Sat, 21 Nov 2026 01:02:03 -0000",
    ])
    .to_string()
}

fn entity(dice: &mut Dice, depth: usize, out: &mut String) {
    match dice.roll(10) {
        0..=3 if depth < 4 => multipart(dice, depth, out),
        4 if depth < 4 => {
            *out += "Content-Type: message/rfc822\r\n\r\n";
            header(dice, out);
            entity(dice, depth + 1, out);
        }
        5 | 6 => attachment(dice, out),
        _ => text(dice, out),
    }
}

fn multipart(dice: &mut Dice, depth: usize, out: &mut String) {
    let subtype = dice.pick(&["mixed", "alternative", "related", "digest", "report"]);
    let boundary = format!(
        "{}{}",
        dice.pick(&["b", "=_x", "b c", "----=_Part"]),
        dice.roll(1 << 20)
    );
    let param = match dice.roll(3) {
        0 if boundary.starts_with('b') && !boundary.contains(' ') => boundary.clone(),
        _ => format!("\"{boundary}\""),
    };
    let fold = dice.pick(&[" ", "\r\n ", "\r\n\t"]);
    *out += &format!("Content-Type: multipart/{subtype};{fold}boundary={param}\r\n\r\n");
    if dice.one_in(3) {
        *out += "This is a message with several parts.\r\n";
    }
    for _ in 0..=dice.roll(3) {
        *out += &format!("--{boundary}\r\n");
        if subtype == "digest" {
            *out += "\r\n";
            header(dice, out);
        }
        entity(dice, depth + 1, out);
        *out += "\r\n";
    }
    *out += &format!("--{boundary}--\r\n");
    if dice.one_in(4) {
        *out += "\r\nSomething behind the end.\r\n";
    }
}

fn text(dice: &mut Dice, out: &mut String) {
    let subtype = dice.pick(&["plain", "html", "calendar"]);
    let (charset, encoding, body) = dice.pick(&[
        ("utf-8", "8bit", "Caf\u{e9} zwei\r\n"),
        ("utf-8", "quoted-printable", "Caf=C3=A9 =\r\nzwei=20\r\n"),
        ("utf-8", "base64", "Q2Fmw6kgendlaQ0K\r\n"),
        ("iso-8859-1", "quoted-printable", "Caf=E9\r\n"),
        ("windows-1252", "base64", "gCB6d2VpDQo=\r\n"),
        ("us-ascii", "7bit", "Plain.\r\n\r\nTwo.\r\n"),
        ("koi8-r", "base64", "8NLJ18XU"),
        ("iso-2022-jp", "7bit", "\u{1b}$B$\"\u{1b}(B\r\n"),
        ("us-ascii", "7bit", ""),
    ]);
    match dice.roll(5) {
        0 if charset == "us-ascii" => {}
        1 => {
            *out +=
                &format!("Content-Type: text/{subtype}; charset=\"{charset}\"; format=flowed\r\n")
        }
        2 => *out += &format!("Content-type: TEXT/{subtype};\r\n\tCHARSET={charset}\r\n"),
        _ => *out += &format!("Content-Type: text/{subtype}; charset={charset}\r\n"),
    }
    if encoding != "7bit" || dice.one_in(2) {
        *out += &format!("Content-Transfer-Encoding: {encoding}\r\n");
    }
    *out += "\r\n";
    *out += body;
}

fn attachment(dice: &mut Dice, out: &mut String) {
    let kind = dice.pick(&["application/octet-stream", "image/png", "application/pdf"]);
    let name = dice.pick(&[
        "",
        "=plain.txt",
        "=\"with space.txt\"",
        "=\"a \\\"b\\\".txt\"",
        "*=utf-8''caf%C3%A9.txt",
        "*=iso-8859-1'fr'caf%E9.txt",
        "*0=one;\r\n NAME*1=\" two.txt\"",
        "*0*=utf-8''caf%C3%A9;\r\n NAME*1=.txt",
    ]);
    let param = |base: &str| match name {
        "" => String::new(),
        name => format!("; {base}{}", name.replace("NAME", base)),
    };
    *out += &format!("Content-Type: {kind}");
    if dice.one_in(3) {
        *out += &param("name");
    }
    *out += "\r\n";
    if dice.one_in(2) {
        let kind = dice.pick(&["attachment", "inline", "Attachment"]);
        *out += &format!("Content-Disposition: {kind}{}\r\n", param("filename"));
    }
    let body = dice.pick(&["AAECAwQFBgcICQ==\r\n", "AAEC\r\nAwQF\r\n", "QUJD", ""]);
    *out += &format!("Content-Transfer-Encoding: base64\r\n\r\n{body}");
}

fn change(dice: &mut Dice, mail: &mut Vec<u8>) {
    const OCTETS: &[u8] = b"\"()<>;:=?\0\r\n \t@,*'%-\xe9\xc3\\A!";
    const PIECES: &[&[u8]] = &[
        b"=?utf-8?q?x",
        b"<c@d.example>",
        b"(comment)",
        b"; charset=utf-16",
        b"; boundary=other",
        b"; filename=other.exe",
        b"\r\nContent-Type: text/html\r\nX:",
        b"\r\nContent-Transfer-Encoding: base64\r\nX:",
        b"\r\nContent-Transfer-Encoding: (x) base64\r\nX:",
        b"\r\nFrom: other@evil.example\r\nX:",
        b"\r\n \r\n",
        b"\r\n\r\n",
        b"--",
        b"==",
        b"%41",
        b"*0*",
    ];
    let at = dice.roll(mail.len());
    match dice.roll(12) {
        0 => *mail = with_lf(mail),
        1 => one_line_end(dice, mail, b"\n"),
        2 => one_line_end(dice, mail, b"\r"),
        3 => lines(dice, mail, |_, _| ()),
        4 => lines(dice, mail, |line, out| out.extend([line, line].concat())),
        5 => lines(dice, mail, |line, out| {
            out.extend([line.trim_ascii_end(), b" \t\r\n"].concat());
        }),
        6 => lines(dice, mail, |line, out| {
            let text = String::from_utf8_lossy(line).replacen(':', " :", 1);
            out.extend(text.replacen("; ", " ", 1).into_bytes());
        }),
        7 => mail.truncate(at),
        8 => drop(mail.splice(at..(at + 1).min(mail.len()), [])),
        9 | 10 => drop(mail.splice(at..at, [dice.pick(OCTETS)])),
        _ => drop(mail.splice(at..at, dice.pick(PIECES).iter().copied())),
    }
}

fn with_lf(mail: &[u8]) -> Vec<u8> {
    mail.iter().copied().filter(|b| *b != b'\r').collect()
}

fn one_line_end(dice: &mut Dice, mail: &mut Vec<u8>, end: &[u8]) {
    let ends: Vec<_> = (0..mail.len())
        .filter(|at| mail[*at..].starts_with(b"\r\n"))
        .collect();
    if !ends.is_empty() {
        let at = dice.pick(&ends);
        mail.splice(at..at + 2, end.iter().copied());
    }
}

/// Does something to one of the lines.
fn lines(dice: &mut Dice, mail: &mut Vec<u8>, change: fn(&[u8], &mut Vec<u8>)) {
    let count = mail.split_inclusive(|b| *b == b'\n').count();
    let chosen = dice.roll(count);
    let mut out = Vec::new();
    for (n, line) in mail.split_inclusive(|b| *b == b'\n').enumerate() {
        match n == chosen {
            true => change(line, &mut out),
            false => out.extend_from_slice(line),
        }
    }
    *mail = out;
}
