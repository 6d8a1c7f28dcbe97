//! Framing: where commands end.

use wire_core::frame::{Command, Commands, Line, Lines};

use crate::Dice;

/// Lines are the same however they are cut, and as a few lines of other code find them.
pub fn frame_lines(data: &[u8]) {
    let Some((limit, data)) = data.split_first() else {
        return;
    };
    let limit = usize::from(*limit).max(2);
    let run = |pieces: &[&[u8]]| {
        let (mut lines, mut window, mut found) = (Lines::new(), Vec::new(), Vec::new());
        for piece in pieces {
            window.extend_from_slice(piece);
            let mut rest = &window[..];
            while let Some(line) = lines.next(&mut rest, limit) {
                found.push(match line {
                    Line::Whole(line) => ("whole", line.to_vec()),
                    Line::TooLong(start) => ("long", start.to_vec()),
                    Line::Bare(before) => {
                        found.push(("bare", before.to_vec()));
                        return found;
                    }
                });
            }
            let taken = window.len() - rest.len();
            window.drain(..taken);
            assert!(window.len() < limit, "a line over the limit is held");
        }
        found
    };
    let whole = run(&[data]);
    assert_eq!(whole, run(&Dice::of(data).cut(data)), "cut differently");
    assert_eq!(whole, reference(data, limit));
}

fn reference(mut data: &[u8], limit: usize) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let end = data.windows(2).position(|pair| pair == b"\r\n");
        let line = end.map_or(data.len(), |end| end + 2);
        let start = &data[..limit.min(end.unwrap_or(data.len()))];
        // A CR in the last place may be half of a line end.
        let behind = end.is_some() && start.len() < limit;
        let sure = start.strip_suffix(b"\r").filter(|_| !behind);
        let bare = |octet: &u8| matches!(octet, b'\r' | b'\n');
        if let Some(at) = sure.unwrap_or(start).iter().position(bare) {
            found.push(("bare", data[..at].to_vec()));
            return found;
        }
        if line > limit || (end.is_none() && line >= limit) {
            found.push(("long", data[..limit].to_vec()));
        } else if let Some(end) = end {
            found.push(("whole", data[..end].to_vec()));
        }
        data = &data[line..];
    }
    found
}

/// IMAP commands are the same however they are cut; a streamed literal has the octets it announced.
pub fn frame_commands(data: &[u8]) {
    let Some((limit, data)) = data.split_first() else {
        return;
    };
    let limit = usize::from(*limit) * 4 + 64;
    let whole = commands(&[data], limit);
    assert_eq!(
        whole,
        commands(&Dice::of(data).cut(data), limit),
        "cut differently"
    );
}

/// Small literals are gathered, others streamed or thrown away, as their length says.
fn commands(pieces: &[&[u8]], limit: usize) -> Vec<String> {
    let (mut frame, mut window, mut found) = (Commands::new(), Vec::new(), Vec::new());
    let (mut streamed, mut announced) = (Vec::new(), 0);
    for piece in pieces {
        window.extend_from_slice(piece);
        let mut rest = &window[..];
        while let Some(command) = frame.next(&mut rest, limit) {
            match command {
                Command::Whole(line) => found.push(format!("whole {}", line.escape_ascii())),
                Command::BareLf(line) => {
                    found.push(format!("bare {}", line.escape_ascii()));
                    return found;
                }
                Command::TooLong(start) => found.push(format!("long {}", start.escape_ascii())),
                Command::Literal { head, literal } => {
                    assert!(head.len() <= limit, "the head is over the limit");
                    found.push(format!("head {} {literal:?}", head.escape_ascii()));
                    announced = literal.octets;
                    match literal.octets % 3 {
                        0 => frame.gather(),
                        1 => frame.stream(&mut rest),
                        _ => frame.discard(&mut rest),
                    }
                }
                Command::Octets(octets) => streamed.extend_from_slice(octets),
                Command::LiteralEnd => {
                    assert_eq!(
                        streamed.len() as u64,
                        announced,
                        "another length than announced"
                    );
                    found.push(format!("literal {}", streamed.escape_ascii()));
                    streamed.clear();
                }
            }
        }
        let taken = window.len() - rest.len();
        window.drain(..taken);
        assert!(window.len() <= limit, "a command over the limit is held");
    }
    found.push(format!("rest {}", streamed.escape_ascii()));
    found
}
