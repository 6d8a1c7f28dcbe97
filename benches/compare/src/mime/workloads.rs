//! The five workloads, made here: the same octets in every run.

use std::fmt::Write;

/// Messages that are measured together.
pub struct Workload {
    /// Its name in the tables.
    pub name: &'static str,
    /// The messages.
    pub mails: Vec<Vec<u8>>,
}

impl Workload {
    /// Octets of all messages.
    pub fn octets(&self) -> usize {
        self.mails.iter().map(Vec::len).sum()
    }
}

/// All workloads. The last is of real mail and only there beside a checkout of the corpus.
pub fn all() -> Vec<Workload> {
    let one = |name, mail| Workload {
        name,
        mails: vec![mail],
    };
    let mut all = vec![
        Workload {
            name: "a0",
            mails: (0..195).map(small).collect(),
        },
        one("b", attachment()),
        one("c", many_parts()),
        one("d", many_fields()),
        one("e", nested()),
    ];
    let mails = corpus();
    if !mails.is_empty() {
        all.push(Workload {
            name: "a0 (corpus)",
            mails,
        });
    }
    all
}

/// Small real messages, if they are there.
fn corpus() -> Vec<Vec<u8>> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/mime");
    let mut open = vec![std::path::PathBuf::from(root)];
    let mut paths = Vec::new();
    while let Some(path) = open.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => paths.push(path),
        }
    }
    paths.sort();
    let is_mail = |path: &std::path::PathBuf| path.extension().is_none_or(|e| e != "json");
    let mails = paths.iter().filter(|path| is_mail(path));
    let mails = mails.filter_map(|path| std::fs::read(path).ok());
    mails
        .filter(|mail| (200..30_000).contains(&mail.len()))
        .collect()
}

/// One number after the other, without a source of chance.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, among: &[&'a str]) -> &'a str {
        let side = self.roll(among.len() as u64);
        among[side as usize]
    }
}

const WORDS: [&str; 24] = [
    "harbour", "letter", "the", "of", "and", "window", "meeting", "paper", "to", "a", "quickly",
    "morning", "is", "was", "agreed", "in", "garden", "before", "Thursday", "with", "no", "answer",
    "yet", "bridge",
];

const PEOPLE: [&str; 8] = [
    "Ada Brook <ada@brook.example>",
    "\"Stone, Eve\" <eve.stone@mail.example.org>",
    "=?utf-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@mueller.example>",
    "bob@example.com",
    "=?iso-8859-1?B?UmVu6Q==?= Lund <rene@lund.example>",
    "dev-list@lists.example.net",
    "carol@example.org (Carol at work)",
    "\"O'Neil, Dan\" <dan@oneil.example>",
];

fn prose(dice: &mut Dice, octets: usize, width: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    while out.len() < octets {
        let word = dice.pick(&WORDS);
        if column + word.len() >= width {
            out.push_str("\r\n");
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out + "\r\n"
}

fn quoted(dice: &mut Dice, octets: usize) -> String {
    let text = prose(dice, octets, 60);
    text.replace("window", "caf=C3=A9")
        .replace("bridge", "br=C3=BCcke =\r\nund")
}

fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (line, chunk) in octets.chunks(57).enumerate() {
        if line > 0 {
            out.push_str("\r\n");
        }
        for group in chunk.chunks(3) {
            let mut three = [0; 3];
            three[..group.len()].copy_from_slice(group);
            let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
            for place in 0..4 {
                let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
                out.push(if place > group.len() {
                    '='
                } else {
                    letter as char
                });
            }
        }
    }
    out + "\r\n"
}

fn noise(dice: &mut Dice, octets: usize) -> Vec<u8> {
    (0..octets).map(|_| dice.roll(256) as u8).collect()
}

/// A mail as people and programs write them: a few trace fields, names in several charsets, and one
/// of eight bodies.
fn small(number: usize) -> Vec<u8> {
    let mut dice = Dice(number as u64 * 7919 + 1);
    let mut mail = String::new();
    for hop in 0..dice.roll(4) {
        let _ = write!(
            mail,
            "Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{}])\r\n\
             \tby relay.example.org (Postfix) with ESMTPS id 4F{number:06X}{hop}\r\n\
             \tfor <demo@example.org>; Sat, 21 Nov 2026 01:0{hop}:00 +0000 (UTC)\r\n",
            dice.roll(250)
        );
    }
    if dice.roll(3) == 0 {
        let signature = base64(&noise(&mut dice, 128)).replace("\r\n", "\r\n\t ");
        let _ = write!(
            mail,
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=one;\r\n\
             \th=from:to:subject:date:message-id; bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=;\r\n\
             \tb={}\r\n",
            signature.trim_end()
        );
    }
    let _ = write!(mail, "From: {}\r\nTo: ", dice.pick(&PEOPLE));
    for person in 0..=dice.roll(3) {
        let _ = write!(
            mail,
            "{}{}",
            if person > 0 { ",\r\n " } else { "" },
            dice.pick(&PEOPLE)
        );
    }
    let subject = match dice.roll(4) {
        0 => "=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?Q?_K=C3=B6ln?=".to_owned(),
        1 => format!(
            "Re: [dev-list] The {} of the {}",
            dice.pick(&WORDS),
            dice.pick(&WORDS)
        ),
        2 => "=?utf-8?B?0J/RgNC40LLQtdGC?= and a longer part of the subject\r\n that was folded"
            .to_owned(),
        _ => format!("Plans for day {number}"),
    };
    let _ = write!(
        mail,
        "\r\nSubject: {subject}\r\nDate: Sat, {} Nov 2026 {:02}:{:02}:07 +0{}00\r\n\
         Message-ID: <{number}.{:08x}@example.net>\r\n",
        1 + dice.roll(28),
        dice.roll(24),
        dice.roll(60),
        dice.roll(9),
        dice.roll(1 << 31),
    );
    if dice.roll(2) == 0 {
        let _ = write!(
            mail,
            "In-Reply-To: <{}@example.org>\r\nReferences: <first.{number}@example.org>\r\n <{}@example.org>\r\n",
            dice.roll(9999),
            dice.roll(9999)
        );
    }
    if dice.roll(3) == 0 {
        mail.push_str(
            "List-Id: Developers <dev.lists.example.net>\r\n\
             List-Unsubscribe: <mailto:leave@lists.example.net>,\r\n <https://lists.example.net/leave>\r\n\
             Precedence: list\r\n",
        );
    }
    let _ = write!(
        mail,
        "X-Mailer: Example Mail 7.{}\r\nMIME-Version: 1.0\r\n",
        dice.roll(20)
    );
    let mut mail = mail.into_bytes();
    body(&mut dice, number, &mut mail);
    mail
}

fn body(dice: &mut Dice, number: usize, mail: &mut Vec<u8>) {
    let cut = format!("----=_Part_{number}_{:08x}", dice.roll(1 << 31));
    let long = 350 + dice.roll(790) as usize;
    let mut add = |text: &str| mail.extend_from_slice(text.as_bytes());
    let plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ";
    match dice.roll(8) {
        0 | 1 => {
            add("Content-Type: text/plain; charset=us-ascii\r\n\r\n");
            add(&prose(dice, long * 2, 72));
        }
        2 => {
            add(&format!("{plain}quoted-printable\r\n\r\n"));
            add(&quoted(dice, long * 2));
        }
        3 => {
            add(&format!("{plain}base64\r\n\r\n"));
            add(&base64(prose(dice, long, 72).as_bytes()));
        }
        4 => {
            add(
                "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
            );
            let text = prose(dice, long * 2, 72);
            mail.extend(text.bytes().map(|b| if b == b'w' { 0xe9 } else { b }));
        }
        5 | 6 => {
            add(&format!(
                "Content-Type: multipart/alternative; boundary=\"{cut}\"\r\n\r\n\
                 This is a message in MIME format.\r\n\r\n--{cut}\r\n{plain}quoted-printable\r\n\r\n"
            ));
            add(&quoted(dice, long));
            add(&format!(
                "\r\n--{cut}\r\nContent-Type: text/html; charset=utf-8\r\n\
                 Content-Transfer-Encoding: 7bit\r\n\r\n<html><body><p>"
            ));
            add(&prose(dice, long, 72));
            add(&format!("</p></body></html>\r\n\r\n--{cut}--\r\n"));
        }
        _ => {
            add(&format!(
                "Content-Type: multipart/mixed;\r\n\tboundary=\"{cut}\"\r\n\r\n--{cut}\r\n{plain}8bit\r\n\r\n"
            ));
            add(&prose(dice, long, 72).replace("window", "Fenster für"));
            add(&format!(
                "\r\n--{cut}\r\nContent-Type: image/png; name=\"plan-{number}.png\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\
                 Content-Disposition: attachment;\r\n filename*=utf-8''pl%C3%A4ne-{number}.png\r\n\
                 Content-ID: <{number}@plans.example>\r\n\r\n"
            ));
            add(&base64(&noise(dice, long)));
            add(&format!("\r\n--{cut}--\r\n"));
        }
    }
}

/// 10 MB with a base64 attachment.
fn attachment() -> Vec<u8> {
    let mut dice = Dice(11);
    let mut mail = b"From: ada@brook.example\r\nTo: bob@example.com\r\nSubject: The file\r\n\
        Date: Sat, 21 Nov 2026 01:00:00 +0000\r\nMessage-ID: <b@brook.example>\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_next_part\"\r\n\r\n\
        --=_next_part\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the file.\r\n\
        --=_next_part\r\nContent-Type: application/octet-stream; name=file.bin\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=file.bin\r\n\r\n"
        .to_vec();
    mail.extend_from_slice(base64(&noise(&mut dice, 7_300_000)).as_bytes());
    mail.extend_from_slice(b"--=_next_part--\r\n");
    mail
}

/// 10,000 parts, 2.4 MB.
fn many_parts() -> Vec<u8> {
    let mut mail = String::from(
        "From: ada@brook.example\r\nTo: bob@example.com\r\nSubject: Many files\r\n\
         Date: Sat, 21 Nov 2026 01:00:00 +0000\r\nMessage-ID: <c@brook.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"----=_Part_2718281\"\r\n\r\n",
    );
    for number in 0..10_000 {
        let _ = write!(
            mail,
            "------=_Part_2718281\r\nContent-Type: text/plain; charset=utf-8; name=\"f{number}.txt\"\r\n\
             Content-Transfer-Encoding: 7bit\r\n\
             Content-Disposition: attachment; filename=\"f{number}.txt\"\r\n\r\n\
             This is the text of file {number}.\r\nIt has a second line.\r\n"
        );
    }
    mail.push_str("------=_Part_2718281--\r\n");
    mail.into_bytes()
}

/// 210 header fields, 40 KB.
fn many_fields() -> Vec<u8> {
    let mut mail = String::new();
    for number in 0..101 {
        let _ = write!(
            mail,
            "Received: from mx{number}.example.org (mx{number}.example.org [192.0.2.{number}])\r\n\
             \tby relay.example.net (Postfix) with ESMTPS id 4F0A{number:04X}\r\n\
             \tfor <demo@example.net>; Sat, 21 Nov 2026 01:00:00 +0000 (UTC)\r\n\
             X-Filter-Result-{number}: score={number}.5 tests=one_of_them,another_of_them,a_third_one \
             rules=none version=3.{number} host=filter{number}.example.net, and what else it has to say \
             about the message\r\n"
        );
    }
    mail.push_str(
        "From: ada@brook.example\r\nTo: bob@example.com\r\nSubject: Many fields\r\n\
         Date: Sat, 21 Nov 2026 01:00:00 +0000\r\nMessage-ID: <d@brook.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\nbody\r\n",
    );
    mail.into_bytes()
}

/// 500 multiparts in each other, 45 KB.
fn nested() -> Vec<u8> {
    let mut mail = String::from(
        "From: ada@brook.example\r\nTo: bob@example.com\r\nSubject: Deep\r\n\
         Date: Sat, 21 Nov 2026 01:00:00 +0000\r\nMessage-ID: <e@brook.example>\r\nMIME-Version: 1.0\r\n",
    );
    for level in 0..500 {
        let _ = write!(
            mail,
            "Content-Type: multipart/mixed; boundary=\"level-{level}-x\"\r\n\r\n--level-{level}-x\r\n"
        );
    }
    mail.push_str("Content-Type: text/plain\r\n\r\nhello\r\n");
    for level in (0..500).rev() {
        let _ = write!(mail, "--level-{level}-x--\r\n");
    }
    mail.into_bytes()
}
