//! Replies as a client reads them, against a few lines of other code.

use smtp_proto::client::{BadReply, Replies, Reply, ReplyLimits};

use crate::Dice;

/// However the octets are cut, the replies are those of the reference; what they say can be passed
/// on, kept and read again; and nothing is read behind a 220 to STARTTLS.
pub fn smtp_replies(data: &[u8]) {
    let mut limits = ReplyLimits::default();
    (limits.line, limits.reply) = (512, 1500);
    let expected = reference(data);
    let whole = read(vec![data], &limits, false);
    assert_eq!(whole, expected);
    assert_eq!(read(Dice::of(data).cut(data), &limits, false), expected);
    let single = data.chunks(1).collect();
    assert_eq!(read(single, &limits, false), expected);

    let (sealed, error) = read(Dice::of(data).cut(data), &limits, true);
    if expected
        .0
        .first()
        .is_some_and(|raw| raw.starts_with(b"220"))
    {
        assert_eq!(sealed[..], expected.0[..1], "read behind the 220");
        let more = data.len() > sealed[0].len();
        assert_eq!(error, more.then_some((0, BadReply::Plaintext)));
    } else {
        assert_eq!((sealed, error), expected);
    }
}

/// The octets of each reply, and what is wrong with the last one.
type Read = (Vec<Vec<u8>>, Option<(usize, BadReply)>);

fn read(pieces: Vec<&[u8]>, limits: &ReplyLimits, tls: bool) -> Read {
    let mut replies = Replies::with_limits(limits.clone());
    if tls {
        replies.expect_tls();
    }
    let (mut found, mut window) = (Vec::new(), Vec::new());
    for piece in pieces {
        window.extend_from_slice(piece);
        let mut rest = &window[..];
        loop {
            match replies.next(&mut rest) {
                Ok(Some(reply)) => {
                    understood(reply);
                    found.push(reply.raw().to_vec());
                }
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(replies.next(&mut rest), Err(error), "an error stays");
                    assert_eq!(replies.resume_tls(&[]), Err(error));
                    return (found, Some((error.at, error.why)));
                }
            }
        }
        assert!(
            rest.len() <= replies.input_limit(),
            "more is held than allowed"
        );
        let taken = window.len() - rest.len();
        window.drain(..taken);
    }
    (found, None)
}

/// The parts of a reply fit together, and survive being written by a server.
fn understood(reply: Reply<'_>) {
    assert!(
        reply
            .lines()
            .all(|line| !line.contains(&b'\n') && !line.contains(&b'\r'))
    );
    if let Some((class, subject, detail)) = reply.enhanced() {
        assert!(u16::from(class) == reply.code() / 100 && subject < 1000 && detail < 1000);
    }
    if let Some(path) = reply.forward_path() {
        assert!(!path.is_null() && !path.as_str().contains(char::is_control));
    }
    let extensions = reply.extensions();
    let names: Vec<_> = extensions.iter().map(|(name, _)| name.to_owned()).collect();
    assert!(names.len() < reply.lines().count());
    assert!(names.iter().all(|name| extensions.get(name).is_some()));
    let kept = extensions.clone().into_owned();
    assert_eq!(
        (kept.size(), kept.limits()),
        (extensions.size(), extensions.limits())
    );
    assert_eq!(kept.capabilities(), extensions.capabilities());

    // A session writes 510 octets a line.
    if reply
        .raw()
        .split(|octet| *octet == b'\n')
        .any(|line| line.len() > 200)
    {
        return;
    }
    let passed = reply.to_reply();
    let wire = format!("{passed}\r\n");
    let mut rest = wire.as_bytes();
    let again = Replies::new().next(&mut rest);
    let again = again.expect("no reply").expect("no whole reply");
    assert!(rest.is_empty());
    assert_eq!(again.code(), reply.code());
    // Written by the server, read by the client, the same.
    let written = format!("{}\r\n", again.to_reply());
    assert_eq!(written, wire);
    if reply
        .raw()
        .iter()
        .all(|octet| matches!(octet, b' '..=b'~' | b'\r' | b'\n'))
    {
        assert_eq!(
            (again.text(), again.enhanced()),
            (reply.text(), reply.enhanced())
        );
        assert_eq!(again.severity(), reply.severity());
    }
}

/// RFC 5321 section 4.2, line by line.
fn reference(data: &[u8]) -> Read {
    let (mut found, mut start, mut at, mut first) = (Vec::new(), 0, 0, None);
    loop {
        let line_start = at - start;
        let rest = &data[at..];
        let end = rest.iter().position(|octet| b"\r\n".contains(octet));
        let error = |at, why| Some((at, why));
        let line = match end {
            // The end of the line has to fit, too.
            None if rest.len() >= 512 => return (found, error(line_start, BadReply::LineTooLong)),
            None => return (found, None),
            // A CR in the last place is too late, whatever comes behind it.
            Some(end) if end > 511 || (end == 511 && rest[end] == b'\r') => {
                return (found, error(line_start, BadReply::LineTooLong));
            }
            Some(end) => match &rest[end..] {
                [b'\r', b'\n', ..] => &rest[..end],
                [b'\r'] => return (found, None),
                _ => return (found, error(line_start + end, BadReply::BareNewline)),
            },
        };
        let digits = line.get(..3).filter(|d| d.iter().all(u8::is_ascii_digit));
        let Some(digits) = digits else {
            return (found, error(line_start, BadReply::NoCode));
        };
        if !(b'2'..=b'5').contains(&digits[0]) {
            return (found, error(line_start, BadReply::OutOfRange));
        }
        if *first.get_or_insert(digits) != digits {
            return (found, error(line_start, BadReply::CodeChanged));
        }
        if !matches!(line.get(3), None | Some(b' ' | b'-')) {
            return (found, error(line_start + 3, BadReply::NoMark));
        }
        at += line.len() + 2;
        if line_start > 0 && at - start > 1500 {
            return (found, error(line_start, BadReply::ReplyTooLong));
        }
        if line.get(3) != Some(&b'-') {
            found.push(data[start..at].to_vec());
            (start, first) = (at, None);
        }
    }
}
