//! Inputs of the measurements: made here, the same in every run.
//!
//! `cargo bench -p letterslot-benches` measures; `cargo test -p letterslot-benches --benches` runs
//! each measurement once.

/// A mail of two parts, as one person writes to another.
pub fn small_mail(number: usize) -> Vec<u8> {
    format!(
        "Received: from mx.example.net (mx.example.net [192.0.2.{octet}])\r\n\
         \tby mail.example.org with ESMTPS id {number:08x};\r\n\
         \tSat, 21 Nov 2026 01:00:00 +0000\r\n\
         From: =?utf-8?Q?J=C3=B6rg_{number}?= <joerg{number}@example.net>\r\n\
         To: demo@example.org, \"Doe, Jane\" <jane@example.org>\r\n\
         Subject: Plans for day {number}\r\n\
         Date: Sat, 21 Nov 2026 01:00:00 +0000\r\n\
         Message-ID: <{number}@example.net>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=\"cut-{number}\"\r\n\
         \r\n\
         --cut-{number}\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\
         \r\n\
         {text}\
         --cut-{number}\r\n\
         Content-Type: text/html; charset=utf-8\r\n\
         \r\n\
         <p>{text}</p>\r\n\
         --cut-{number}--\r\n",
        octet = number % 250,
        text =
            "See you at the caf=C3=A9, as always, a little after the clock strikes.\r\n".repeat(12),
    )
    .into_bytes()
}

/// Mails of a mailbox.
pub fn small_mails() -> Vec<Vec<u8>> {
    (0..1000).map(small_mail).collect()
}

/// A text, and an attachment of 10 MB in base64.
pub fn large_attachment() -> Vec<u8> {
    let mut mail = b"From: a@example.org\r\n\
        Content-Type: multipart/mixed; boundary=cut\r\n\
        \r\n\
        --cut\r\n\
        \r\n\
        See the file.\r\n\
        --cut\r\n\
        Content-Type: application/octet-stream; name=file\r\n\
        Content-Transfer-Encoding: base64\r\n\
        \r\n"
        .to_vec();
    mail.extend_from_slice(&lines(10_000_000));
    mail.extend_from_slice(b"--cut--\r\n");
    mail
}

/// So many parts beside each other, the multipart not counted.
pub fn many_parts(parts: usize) -> Vec<u8> {
    let part = b"--cut\r\nContent-Type: text/plain\r\n\r\nA part.\r\n";
    let mut mail = b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n".to_vec();
    mail.extend(part.repeat(parts));
    mail.extend_from_slice(b"--cut--\r\n");
    mail
}

/// So many header fields, of which some are folded.
pub fn long_header(fields: usize) -> Vec<u8> {
    let mut mail = Vec::new();
    for n in 0..fields {
        let field = format!("X-Field-{n}: a value of some length\r\n\tthat goes on; n={n}\r\n");
        mail.extend_from_slice(field.as_bytes());
    }
    mail.extend_from_slice(b"\r\nbody\r\n");
    mail
}

/// Multiparts in multiparts, so many levels deep.
pub fn deep_nesting(levels: usize) -> Vec<u8> {
    let mut mail = Vec::new();
    for n in 0..levels {
        let header =
            format!("Content-Type: multipart/mixed; boundary=level-{n}\r\n\r\n--level-{n}\r\n");
        mail.extend_from_slice(header.as_bytes());
    }
    mail.extend_from_slice(b"\r\nbody\r\n");
    for n in (0..levels).rev() {
        mail.extend_from_slice(format!("--level-{n}--\r\n").as_bytes());
    }
    mail
}

/// Lines of 76 columns, at least so many octets of them.
pub fn lines(octets: usize) -> Vec<u8> {
    let mut line =
        b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0".to_vec();
    line.truncate(76);
    line.extend_from_slice(b"\r\n");
    line.repeat(octets.div_ceil(line.len()))
}

/// A client's side of a session that brings one message of 1 kB.
pub fn smtp_client() -> Vec<u8> {
    let mut octets = b"EHLO client.example\r\n\
        MAIL FROM:<a@example.net> SIZE=1000\r\n\
        RCPT TO:<demo@example.org>\r\n\
        DATA\r\n"
        .to_vec();
    octets.extend_from_slice(&lines(1000));
    octets.extend_from_slice(b".\r\nQUIT\r\n");
    octets
}

/// A set of so many ranges with gaps between them, as a client writes what it knows.
pub fn imap_set(ranges: usize) -> String {
    let range = |n: usize| format!("{}:{}", 100_000 + 20 * n, 100_007 + 20 * n);
    let all: Vec<_> = (0..ranges).map(range).collect();
    all.join(",")
}

/// Commands in the mix that a mail client sends, without their CRLF.
pub const IMAP_COMMANDS: [&[u8]; 12] = [
    b"a1 LOGIN demo demo",
    b"a2 CAPABILITY",
    b"a3 LIST (SUBSCRIBED) \"\" (\"INBOX\" \"Archive/%\") RETURN (CHILDREN STATUS (MESSAGES UNSEEN))",
    b"a4 SELECT INBOX (CONDSTORE)",
    b"a5 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 715194045007)",
    b"a6 FETCH 1:200 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
    b"a7 UID FETCH 4,7:9,12 (UID BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date References)])",
    b"a8 UID FETCH 17 BODY.PEEK[1.2]<0.65536>",
    b"a9 UID STORE 17,20:25 (UNCHANGEDSINCE 12) +FLAGS.SILENT (\\Seen $Forwarded)",
    b"a10 UID SEARCH RETURN (MIN COUNT) OR FROM joerg SUBJECT plans SINCE 1-Nov-2026 NOT DELETED",
    b"a11 APPEND Drafts (\\Draft) \"21-Nov-2026 01:00:00 +0000\" {1024}",
    b"a12 IDLE",
];
