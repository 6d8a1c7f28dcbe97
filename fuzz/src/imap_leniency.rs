//! Spaces that are too many, and what stands between two messages of APPEND.

use imap_proto::syntax::{Limits, Problem, next_message, parse, parse_with_spaces};

/// The lenient reader takes all that the strict one takes, as the same, and nothing more but
/// commands with spaces; without those it reads no other command. What announces a message is read
/// alike alone and behind APPEND.
pub fn imap_leniency(data: &[u8]) {
    let limits = Limits::DEFAULT;
    let (strict, lenient) = (parse(data, &limits), parse_with_spaces(data, &limits));
    match (&strict, &lenient) {
        (Ok(strict), Ok(lenient)) => {
            assert_eq!(format!("{strict:?}"), format!("{lenient:?}"));
        }
        (Err(error), Ok(_)) => {
            assert_eq!(error.problem, Problem::Spaces);
            assert_eq!(data.get(error.at), Some(&b' '));
            // Without that space it is the same command, or has another one too many.
            let mut fewer = data.to_vec();
            fewer.remove(error.at);
            let again = parse_with_spaces(&fewer, &limits).expect("the same command");
            let lenient = lenient.as_ref().expect("a command");
            assert_eq!(format!("{:?}", again.tag), format!("{:?}", lenient.tag));
        }
        (Err(strict), Err(lenient)) => assert_eq!(strict, lenient),
        (Ok(_), Err(error)) => panic!("{error}"),
    }
    let line = [b" ", data].concat();
    let command = [b"a APPEND x ", data].concat();
    match (
        next_message(&line, false, &limits),
        parse_with_spaces(&command, &limits),
    ) {
        (Ok(message), Ok(command)) => {
            let (message, command) = (format!("{message:?}"), format!("{command:?}"));
            assert!(command.contains(&message), "{command} {message}");
        }
        (Err(a), Err(b)) => assert_eq!(a.problem, b.problem),
        (a, b) => panic!("{a:?} {b:?}"),
    }
}
