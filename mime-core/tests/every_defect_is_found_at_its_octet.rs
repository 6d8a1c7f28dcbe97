//! Each kind of defect, made on purpose, and the octet that it points to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Defect, Found, Layout, Limits};

/// Stands before the octet that is meant, and is no part of the mail.
const MARK: &[u8] = b"~>";

/// What a mail needs to be sound.
const HEAD: &[u8] = b"From: a@b.example\r\nDate: Sat, 21 Nov 2026 01:00:00 +0000\r\n\
    MIME-Version: 1.0\r\n";

/// Fields and bodies, behind [`HEAD`].
const PARTS: &[(Defect, &[u8])] = &[
    (
        Defect::NearDelimiter,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx~>--b\r\n\r\ny\r\n--b--",
    ),
    (Defect::PaddedEncoding, b"Content-Transfer-Encoding: base64~> \t\r\n\r\n"),
    (Defect::UndeclaredCharset, b"Content-Transfer-Encoding: 8bit\r\n\r\ncaf~>\xc3\xa9\r\n"),
    (Defect::UndeclaredCharset, b"Content-Transfer-Encoding: base64\r\n\r\n~>Y2Fmw6kK\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: ~>=?iso-8,859-1?q?x?=\r\n\r\n"),
    (Defect::MissingBlankLine, b"X: y\r\n~>text without a colon\r\n\r\nbody"),
    (Defect::SpaceBeforeColon, b"~>Subject : x\r\n\r\n"),
    (Defect::DuplicateField, b"~>From: c@d.example\r\n\r\n"),
    (Defect::DuplicateField, b"Content-Type: text/plain\r\n~>Content-Type: text/html\r\n\r\n"),
    (Defect::MalformedHeaderLine, b"~>Sub ject: x\r\n\r\n"),
    (Defect::MalformedHeaderLine, b"~>From\0: c@d.example\r\n\r\n"),
    (Defect::MalformedEncoding, b"~>Content-Transfer-Encoding: base64 x\r\n\r\n"),
    (Defect::MalformedEncoding, b"~>Content-Transfer-Encoding: \"base64\"\r\n\r\n"),
    (Defect::MalformedEncoding, b"~>Content-Transfer-Encoding:\r\n\r\n"),
    (Defect::UnknownEncoding, b"~>Content-Transfer-Encoding: base-64\r\n\r\n"),
    (Defect::CommentInMime, b"Content-Transfer-Encoding: ~>(7bit) base64\r\n\r\n"),
    (Defect::CommentInMime, b"Content-Type: text/plain; charset=~>(x)utf-8\r\n\r\n"),
    (Defect::EmptyValue, b"Content-Type: text/plain; ~>charset=; format=flowed\r\n\r\n"),
    (Defect::EmptyValue, b"To:~>\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain ~>charset=utf-8\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain; charset=utf-8 ~>name=x\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain; name=a ~>b.txt\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain; name=a~>:b\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain; ~>x; charset=utf-8\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain; ~>\"x;y\"; charset=utf-8\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain; name=\"a\"~>b; charset=utf-8\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain; charset~> =utf-8\r\n\r\n"),
    (Defect::MalformedParameter, b"Content-Type: text/plain~>, text/html; charset=utf-8\r\n\r\n"),
    (Defect::Unterminated, b"Content-Type: text/plain; name=~>\"x\r\n\r\n"),
    (Defect::DuplicateParameter, b"Content-Type: text/plain; charset=a; ~>CHARSET=b\r\n\r\n"),
    (Defect::ParameterGap, b"Content-Type: text/plain; name*0=a; ~>name*2=b\r\n\r\n"),
    (Defect::ParameterGap, b"Content-Type: text/plain; ~>name*1=a\r\n\r\n"),
    (Defect::ParameterSection, b"Content-Type: text/plain; ~>name*01=a\r\n\r\n"),
    (Defect::ParameterEncoding, b"Content-Type: text/plain; name*=utf-8''a~>%2z\r\n\r\n"),
    (Defect::ParameterEncoding, b"Content-Type: text/plain; name*=~>a%20b\r\n\r\n"),
    (
        Defect::ConflictingParameter,
        b"Content-Type: text/plain; charset=utf-8; ~>charset*=us-ascii''utf-7\r\n\r\n",
    ),
    (Defect::EncodedWordInParameter, b"Content-Type: image/png; name=\"~>=?utf-8?q?x?=\"\r\n\r\n"),
    (
        Defect::ConflictingFilename,
        b"Content-Disposition: attachment; filename=a.txt; ~>filename*=utf-8''a.exe\r\n\r\n",
    ),
    (
        Defect::ConflictingFilename,
        b"Content-Type: image/png; ~>name=b.exe\r\n\
          Content-Disposition: attachment; filename=a.png\r\n\r\n",
    ),
    (Defect::UnsafeFilename, b"Content-Disposition: attachment; ~>filename=\"../x\"\r\n\r\n"),
    (Defect::UnsafeFilename, b"Content-Disposition: attachment; ~>filename=aux.txt\r\n\r\n"),
    (Defect::UnsafeFilename, b"Content-Disposition: attachment; ~>filename=\"a.exe \"\r\n\r\n"),
    (
        Defect::BidiControl,
        b"Content-Disposition: attachment; ~>filename*=utf-8''a%E2%80%AEgpj.exe\r\n\r\n",
    ),
    (Defect::BidiControl, b"Subject: ~>=?utf-8?q?a=E2=80=AEb?=\r\n\r\n"),
    (Defect::MalformedDisposition, b"Content-Disposition: ~>; filename=x\r\n\r\n"),
    (Defect::MalformedDisposition, b"Content-Disposition: ~>filename=x\r\n\r\n"),
    (Defect::MalformedType, b"Content-Type:~> multipart\r\n\r\n"),
    (Defect::UnknownCharset, b"Content-Type: text/plain; charset=~>x-nobody\r\n\r\n"),
    (Defect::Utf7, b"Content-Type: text/html; charset=~>utf-7\r\n\r\n+ADw-b+AD4-"),
    (Defect::PartialMessage, b"~>Content-Type: message/partial; id=x; number=1\r\n\r\n"),
    (Defect::ExternalBody, b"~>Content-Type: message/external-body; access-type=x\r\n\r\n"),
    (
        Defect::UnknownMultipart,
        b"~>Content-Type: multipart/nobody; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n",
    ),
    // Boundaries and delimiters.
    (Defect::NoBoundary, b"Content-Type:~> multipart/mixed\r\n\r\n--b\r\n\r\n--b--\r\n"),
    (Defect::InvalidBoundary, b"Content-Type:~> multipart/mixed; boundary=\"\"\r\n\r\n"),
    (
        Defect::InvalidBoundary,
        b"Content-Type:~> multipart/mixed; boundary=\"b\0c\"\r\n\r\n--b\0c\r\n\r\n--b\0c--\r\n",
    ),
    (
        Defect::DuplicateParameter,
        b"Content-Type:~> multipart/mixed; boundary=b; boundary=c\r\n\r\n--b\r\n\r\n--b--\r\n",
    ),
    (
        Defect::EncodedBoundary,
        b"Content-Type: multipart/mixed; ~>boundary*0=b; boundary*1=c\r\n\r\n--bc\r\n\r\n--bc--\r\n",
    ),
    (
        Defect::EncodedBoundary,
        b"Content-Type: multipart/mixed; boundary=\"~>=?x?q?b?=\"\r\n\r\n--b\r\n\r\n--b--\r\n",
    ),
    (
        Defect::EncodedBoundary,
        b"Content-Type: multipart/mixed; boundary=b; ~>boundary*=utf-8''c\r\n\r\n--b\r\n\r\n--b--",
    ),
    (
        Defect::EscapedBoundary,
        b"Content-Type: multipart/mixed; boundary=\"b~>\\c\"\r\n\r\n--bc\r\n\r\n--bc--\r\n",
    ),
    (
        Defect::EscapedBoundary,
        b"Content-Type: multipart/mixed; boundary=\"b~>\r\n c\"\r\n\r\n--b c\r\n\r\n--b c--\r\n",
    ),
    (
        Defect::SpacedBoundary,
        b"Content-Type: multipart/mixed; boundary=\"b~> \"\r\n\r\n--b\r\n\r\n--b--\r\n",
    ),
    (
        Defect::SpacedBoundary,
        b"Content-Type: multipart/mixed; boundary=\"~> b\"\r\n\r\n-- b\r\n\r\n-- b--\r\n",
    ),
    (
        Defect::CommentInMime,
        b"Content-Type: multipart/mixed; boundary=b~>(c)\r\n\r\n--b\r\n\r\n--b--\r\n",
    ),
    (Defect::NoDelimiter, b"~>Content-Type: multipart/mixed; boundary=b\r\n\r\n--c\r\n\r\n--c--"),
    (Defect::MissingClose, b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx~>"),
    (
        Defect::RepeatedBoundary,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
          ~>Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b--\r\n",
    ),
    (
        Defect::BoundaryPrefix,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
          Content-Type:~> multipart/mixed; boundary=bc\r\n\r\n--bc\r\n\r\n--bc--\r\n--b--\r\n",
    ),
    (
        Defect::NearDelimiter,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n~>--bc\r\n\r\ny\r\n--b--",
    ),
    (
        Defect::NearDelimiter,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n~>--b x\r\n\r\nx\r\n--b\r\n\r\n--b--",
    ),
    (
        Defect::PaddedDelimiter,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n~>--b \t\r\n\r\nx\r\n--b--\r\n",
    ),
    (
        Defect::DelimiterAfterClose,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n~>--b\r\n\r\nx",
    ),
    (
        Defect::Epilogue,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n\r\n~>footer\r\n",
    ),
    (
        Defect::MissingBlankLine,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: y\r\n~>--b--\r\n",
    ),
    (
        Defect::EncodedMultipart,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n~>Content-Type: \
          multipart/mixed; boundary=c\r\nContent-Transfer-Encoding: base64\r\n\r\n--c\r\n\r\n--c--\
          \r\n--b--",
    ),
    (
        Defect::EncodedMessage,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n~>Content-Type: \
          message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nWDogeQ0KDQo=\r\n--b--",
    ),
    // Octets.
    (Defect::Nul, b"Subject: x~>\0y\r\n\r\n"),
    (Defect::BareCr, b"Subject: x~>\rFrom: c@d.example\r\n\r\n"),
    (Defect::BareLf, b"Subject: x~>\n\r\n"),
    (Defect::MixedLineEnds, b"Subject: x~>\n\r\n"),
    (Defect::LoneDot, b"\r\nx\n~>.\r\nMAIL FROM:<>\r\n"),
    (Defect::LoneDot, b"\r\nx\r~>.\r\ry"),
    (Defect::NonAsciiHeader, b"Subject: caf~>\xc3\xa9\r\n\r\n"),
    (Defect::InvalidUtf8, b"Subject: caf~>\xe9\r\n\r\n"),
    (Defect::BlankFold, b"Subject: x\r\n~> \r\n\tFrom: c@d.example\r\n\r\n"),
    (Defect::BlankFold, b"Subject: x\r\n~> \r\nX: y\r\n\r\n"),
    // Bodies.
    (Defect::MalformedBase64, b"Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n~>!YWJj\r\n"),
    (Defect::MalformedBase64, b"Content-Transfer-Encoding: base64\r\n\r\nYWJjYW~>"),
    (Defect::DataAfterPadding, b"Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n~>YWJj\r\n"),
    (
        Defect::MalformedQuotedPrintable,
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db~>=zz\r\n",
    ),
    (Defect::EightBitBody, b"\r\ncaf~>\xc3\xa9\r\n"),
    (Defect::EightBitBody, b"Content-Transfer-Encoding: 7bit\r\n\r\ncaf~>\xe9\r\n"),
    (Defect::InlineAttachment, b"\r\nhello\r\n~>begin 644 x.exe\r\n#86)C\r\n`\r\nend\r\n"),
    (Defect::InlineAttachment, b"\r\n~>=ybegin line=128 size=1 name=x\r\nk\r\n=yend size=1\r\n"),
    (
        Defect::InlineAttachment,
        b"Content-Transfer-Encoding: base64\r\n\r\n~>eApiZWdpbiA2NDQgeC5leGUK\r\n",
    ),
    // Encoded words.
    (Defect::ControlInText, b"Subject: ~>=?utf-8?q?a=0D=0AFrom:_b?=\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: x ~>=?utf-8?q?a\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: ~>=?utf-8?q?a b?=\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: ~>=?utf-8?x?a?=\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: ~>=?x-nobody?q?a?=\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: ~>=?utf-8?q?a=?=\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: ~>=?utf-8?b?YQ?=\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"Subject: a~>=?utf-8?q?b?=\r\n\r\n"),
    (Defect::MalformedEncodedWord, b"To: ~>=?utf-8?q?a?=b <a@b.example>\r\n\r\n"),
    // Addresses.
    (Defect::MalformedAddress, b"To: a@b.example, ~>c d\r\n\r\n"),
    (Defect::TwoAddresses, b"To: Spoof <a@legit.example> ~><b@evil.example>\r\n\r\n"),
    (Defect::TwoAddresses, b"To: a@legit.example ~><b@evil.example>\r\n\r\n"),
    (Defect::TwoAddresses, b"To: <a@legit.example> b~>@evil.example\r\n\r\n"),
    (Defect::AddressInName, b"To: ~>\"a@legit.example\" <b@evil.example>\r\n\r\n"),
    (Defect::AddressInName, b"To: ~>=?utf-8?q?a=40legit=2Eexample?= <b@evil.example>\r\n\r\n"),
    (Defect::SourceRoute, b"To: <~>@legit.example,@x.example:b@evil.example>\r\n\r\n"),
    (Defect::CommentInAddress, b"To: <b@evil.example~>(@legit.example)>\r\n\r\n"),
    (Defect::CommentInAddress, b"To: b~>(x)@evil.example\r\n\r\n"),
    (Defect::CommentInAddress, b"To: b@evil~>(x).example\r\n\r\n"),
    (Defect::CommentInAddress, b"To: b@~>(x)evil.example\r\n\r\n"),
    (Defect::AtInLocalPart, b"To: ~>\"a@legit.example\"@evil.example\r\n\r\n"),
    (Defect::SemicolonList, b"To: a@b.example~>; c@d.example\r\n\r\n"),
    (Defect::EncodedWordInAddress, b"To: ~>=?utf-8?q?a?=@b.example\r\n\r\n"),
    (Defect::EncodedWordInAddress, b"To: <a@~>=?utf-8?q?b?=.example>\r\n\r\n"),
    (Defect::EncodedWordInQuotes, b"To: \"~>=?utf-8?q?x?=\" <a@b.example>\r\n\r\n"),
    (Defect::MultipleSender, b"Sender: a@b.example, ~>c@d.example\r\n\r\n"),
    (Defect::GroupAsSender, b"Sender: ~>g: a@b.example;\r\n\r\n"),
    (Defect::Unterminated, b"To: ~>\"a <a@b.example>\r\n\r\n"),
    (Defect::BidiControl, b"To: ~>\xe2\x80\xaea <a@b.example>\r\n\r\n"),
];

/// Whole mails.
const MAILS: &[(Defect, &[u8])] = &[
    (
        Defect::MboxLine,
        b"~>From a@b.example Sat Nov 21 01:00:00 2026\r\nX: y\r\n\r\n",
    ),
    (Defect::ByteOrderMark, b"~>\xef\xbb\xbfSubject: x\r\n\r\n"),
    (
        Defect::MultipleFrom,
        b"From: a@b.example, ~>c@d.example\r\n\r\n",
    ),
    (Defect::EmptyValue, b"From:~>\r\n\r\n"),
    (Defect::MissingField, b"~>From: a@b.example\r\n\r\n"),
    (
        Defect::MissingField,
        b"~>Date: Sat, 21 Nov 2026 01:00:00 +0000\r\n\r\n",
    ),
    (
        Defect::MissingMimeVersion,
        b"X: y\r\n~>Content-Type: text/plain\r\n\r\n",
    ),
    (Defect::UnknownMimeVersion, b"~>MIME-Version: 2.0\r\n\r\n"),
    (
        Defect::MalformedDate,
        b"Date: ~>31 Feb 2026 01:00 +0000\r\n\r\n",
    ),
    (
        Defect::MalformedHeaderLine,
        b"~> From: a@b.example\r\nTo: c@d.example\r\n\r\n",
    ),
];

fn audit(mail: &[u8], limits: &Limits) -> Vec<Found> {
    Layout::new().parse(mail, limits).audit(100)
}

/// The mail without its mark, and where that was.
fn unmarked(marked: &[u8]) -> (Vec<u8>, usize) {
    let mut places = memchr::memmem::find_iter(marked, MARK);
    let at = places.next().expect("a mark");
    assert_eq!(
        places.next(),
        None,
        "two marks in {:?}",
        marked.escape_ascii()
    );
    ([&marked[..at], &marked[at + MARK.len()..]].concat(), at)
}

#[test]
fn it_points_to_the_octet_that_is_meant() {
    let parts = PARTS
        .iter()
        .map(|(kind, part)| (*kind, [HEAD, part].concat()));
    let mails = MAILS.iter().map(|(kind, mail)| (*kind, mail.to_vec()));
    for (kind, marked) in parts.chain(mails) {
        let (mail, at) = unmarked(&marked);
        let found = audit(&mail, &Limits::DEFAULT);
        let places: Vec<_> = found
            .iter()
            .filter(|f| f.kind == kind)
            .map(|f| f.at)
            .collect();
        let shown = marked.escape_ascii();
        assert!(
            places.contains(&(at as u32)),
            "{kind}: not {at} in {shown}: {found:?}"
        );
    }
}

#[test]
fn every_kind_is_made_here() {
    let long = [HEAD, b"X: ", &[b'x'; 1000], b"\r\n\r\n"].concat();
    let nest = b"Content-Type: message/rfc822\r\n\r\n".repeat(3);
    let parts = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b--";
    let limited = [
        (Defect::LineTooLong, &long[..], Limits::DEFAULT, HEAD.len()),
        (
            Defect::TooDeep,
            &nest,
            Limits::DEFAULT.depth(1),
            nest.len() / 3,
        ),
        (Defect::TooManyParts, parts, Limits::DEFAULT.parts(2), 52),
        (
            Defect::TooManyFields,
            b"A: b\r\nC: d\r\n\r\n",
            Limits::DEFAULT.fields(1),
            6,
        ),
        (
            Defect::FieldTooLong,
            b"A: b\r\nC: de\r\n\r\n",
            Limits::DEFAULT.field_bytes(6),
            6,
        ),
        (
            Defect::TooManyParameters,
            b"Content-Type: multipart/mixed; boundary=b; a=b\r\n\r\n--b--",
            Limits::DEFAULT.params(1),
            13,
        ),
        (
            Defect::TooLarge,
            b"A: b\r\n\r\n",
            Limits::DEFAULT.octets(3),
            0,
        ),
    ];
    for (kind, mail, limits, at) in &limited {
        let found = audit(mail, limits);
        let same = |f: &Found| f.kind == *kind && f.at as usize == *at;
        assert!(found.iter().any(same), "{kind}: not {at}: {found:?}");
    }
    let params = [HEAD, b"Content-Type: text/plain", &b"; a=b".repeat(1001)].concat();
    let found = audit(&params, &Limits::DEFAULT);
    let last = params.len() - "a=b".len();
    let same = |f: &Found| f.kind == Defect::TooManyParameters && f.at as usize == last;
    assert!(found.iter().any(same), "{found:?}");
    let made = PARTS.iter().chain(MAILS).map(|row| row.0);
    let made: Vec<_> = made
        .chain(limited.map(|row| row.0))
        .chain([Defect::TooManyParameters])
        .collect();
    for kind in Defect::ALL {
        assert!(made.contains(kind), "{kind} is made by no row");
    }
}

#[test]
fn sound_mail_has_none() {
    let bodies: &[&[u8]] = &[
        b"Subject: =?utf-8?q?caf=C3=A9?= (=?utf-8?b?YWI=?=) x=?\r\n\r\n.x\r\n.\r\nbegin with this\r\n",
        b"To: \"A, B\" <a@b.example> (c), g: x@y.example, \"z z\"@y.example;, c.d@[127.0.0.1]\r\n\
          Cc: =?utf-8?q?a?= =?utf-8?q?b?= (x) <a@b.example>, a@b.example (Name)\r\n\
          Content-Type: text/plain; charset=\"utf-8\"; format=flowed;\r\n\tdelsp=yes\r\n\
          Content-Transfer-Encoding: 8bit\r\n\r\ncaf\xc3\xa9\r\n",
        b"Content-Type: multipart/mixed;\r\n boundary=\"=_b c\"\r\n\r\nFor old readers.\r\n--=_b c\r\n\
          Content-Type: application/octet-stream; name*0*=utf-8''a%20; name*1=b.txt\r\n\
          Content-Disposition: attachment; filename=\"a b.txt\"\r\n\
          Content-Transfer-Encoding: binary\r\n\r\n\0\r\n.\n\r\xff- -\r\n--=_b c--\r\n",
    ];
    for body in bodies {
        let mail = [HEAD, body].concat();
        assert_eq!(
            audit(&mail, &Limits::DEFAULT),
            [],
            "{}",
            mail.escape_ascii()
        );
        let lf = mail.replace_all(b"\r\n", b"\n");
        let found = audit(&lf, &Limits::DEFAULT);
        assert!(found.iter().all(|f| f.kind == Defect::BareLf), "{found:?}");
    }
}

trait Replace {
    fn replace_all(&self, from: &[u8], to: &[u8]) -> Vec<u8>;
}

impl Replace for Vec<u8> {
    fn replace_all(&self, from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = &self[..];
        while let Some(at) = memchr::memmem::find(rest, from) {
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(to);
            rest = &rest[at + from.len()..];
        }
        out.extend_from_slice(rest);
        out
    }
}

/// At most `max`, and each kind once for each field or body.
#[test]
fn an_audit_is_bounded() {
    let mail = [
        HEAD,
        &b"To: <a@b> <c@d> <e@f>, x, y, z\r\n".repeat(1000),
        b"\r\n",
    ]
    .concat();
    for max in [0, 1, 7, 100] {
        let message = &mut Layout::new();
        let found = message.parse(&mail, &Limits::DEFAULT).audit(max);
        assert_eq!(found.len(), max);
    }
    let once = [HEAD, b"To: <a@b> <c@d> <e@f>, x, y, z\r\n\r\n"].concat();
    let kinds: Vec<_> = audit(&once, &Limits::DEFAULT)
        .iter()
        .map(|f| f.kind)
        .collect();
    assert_eq!(kinds, [Defect::TwoAddresses, Defect::MalformedAddress]);
}

/// DEFECTS.md lists the kinds that exist, each with its severity.
#[test]
fn the_list_is_complete() {
    let list = include_str!("../DEFECTS.md");
    let mut rows: Vec<_> = list
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for kind in Defect::ALL {
        let row = format!("| `{kind}` | {:?} | ", kind.severity());
        let before = rows.len();
        rows.retain(|line| !line.starts_with(&row));
        assert_eq!(before - rows.len(), 1, "no row, or two: {row}");
    }
    assert_eq!(rows, <[&str; 0]>::default());
}
