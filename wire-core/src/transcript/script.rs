//! The text of a transcript, read.

use core::time::Duration;

use crate::{Shutdown, transcript::Mismatch};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Client(Vec<u8>),
    Cut,
    Server { text: Vec<u8>, whole: bool },
    Event(String),
    Decide(String),
    Clock(Duration),
    Tls,
    Eof,
    Shutdown(Shutdown),
    Closed(String),
}

/// The steps with the numbers of their lines.
pub(super) fn read(text: &str) -> Result<Vec<(usize, Step)>, Mismatch> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim_start()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| match step(line) {
            Some(step) => Ok((number, step)),
            None => Err(Mismatch {
                line: number,
                expected: "a line of a transcript".to_owned(),
                found: line.to_owned(),
                run: "reading".to_owned(),
            }),
        })
        .collect()
}

fn step(line: &str) -> Option<Step> {
    let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
    Some(match mark {
        "C:" => Step::Client(octets(rest, true)?),
        "S:" => Step::Server {
            text: octets(rest, false)?,
            whole: true,
        },
        "S^" => Step::Server {
            text: octets(rest, false)?,
            whole: false,
        },
        "=" => Step::Event(rest.to_owned()),
        "!" => Step::Decide(rest.to_owned()),
        "@" => Step::Clock(duration(rest.trim().strip_prefix('+')?)?),
        "~" => Step::Cut,
        "TLS" => Step::Tls,
        "EOF" => Step::Eof,
        "SHUTDOWN" if rest == "drain" => Step::Shutdown(Shutdown::Drain),
        "SHUTDOWN" if rest == "fault" => Step::Shutdown(Shutdown::Fault),
        "SHUTDOWN" if rest == "now" => Step::Shutdown(Shutdown::Now),
        "CLOSED" => Step::Closed(rest.trim().to_owned()),
        _ => return None,
    })
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "us" => Duration::from_micros(number),
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number * 60),
        "h" => Duration::from_secs(number * 3600),
        _ => return None,
    })
}

/// The octets that a line stands for.
fn octets(text: &str, crlf: bool) -> Option<Vec<u8>> {
    let (text, crlf) = match text.strip_suffix("<->") {
        Some(text) => (text, false),
        None => (text, crlf),
    };
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        octets.extend_from_slice(before.as_bytes());
        match after
            .split_once('>')
            .and_then(|(name, after)| Some((escape(name)?, after)))
        {
            Some((escaped, after)) => {
                octets.extend_from_slice(&escaped);
                rest = after;
            }
            None => {
                octets.push(b'<');
                rest = after;
            }
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    if crlf {
        octets.extend_from_slice(b"\r\n");
    }
    Some(octets)
}

fn escape(name: &str) -> Option<Vec<u8>> {
    match name {
        "CR" => return Some(b"\r".to_vec()),
        "LF" => return Some(b"\n".to_vec()),
        "NUL" => return Some(b"\0".to_vec()),
        _ => {}
    }
    if let Some(hex) = name.strip_prefix('x').filter(|hex| hex.len() == 2) {
        return u8::from_str_radix(hex, 16).ok().map(|octet| vec![octet]);
    }
    let (times, what) = name.split_once('*')?;
    Some(what.repeat(times.parse().ok()?).into_bytes())
}
