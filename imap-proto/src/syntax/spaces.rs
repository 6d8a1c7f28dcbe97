//! Spaces that are too many. The grammar takes runs of them, so that one walk serves both the strict
//! and the lenient reader; here the strict one finds what it must refuse.

/// The first space of a sound command that the grammar does not allow: one that follows another, or
/// the first of those at its end. What stands within strings does not count.
pub(super) fn first_excess(command: &[u8]) -> Option<usize> {
    if !has_suspect(command) {
        return None;
    }
    let mut at = 0;
    while let Some((octet, rest)) = command.get(at..).and_then(<[u8]>::split_first) {
        at = match octet {
            b' ' if rest.iter().all(|octet| *octet == b' ') => return Some(at),
            b' ' if rest.first() == Some(&b' ') => return Some(at + 1),
            b'"' => end_of_quoted(command, at + 1),
            b'\r' => end_of_literal(command, at),
            _ => at + 1,
        };
    }
    None
}

/// Two spaces in a row, or one at the end, be it within a string. Without branches, so that it is
/// done in wide registers.
fn has_suspect(command: &[u8]) -> bool {
    let next = command.get(1..).unwrap_or_default();
    let pairs = command.iter().zip(next);
    let double = pairs.fold(false, |any, (a, b)| any | ((*a == b' ') & (*b == b' ')));
    double || command.last() == Some(&b' ')
}

fn end_of_quoted(command: &[u8], mut at: usize) -> usize {
    while let Some(&octet) = command.get(at) {
        match octet {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// The CR stands behind the `}` of a marker, for a sound command has no other outside of strings.
fn end_of_literal(command: &[u8], cr: usize) -> usize {
    let marker = command.get(..cr).unwrap_or_default();
    let open = memchr::memrchr(b'{', marker).map_or(cr, |open| open + 1);
    let digits = marker.get(open..).unwrap_or_default().iter();
    let octets = digits
        .take_while(|octet| octet.is_ascii_digit())
        .fold(0usize, |n, digit| {
            n.saturating_mul(10)
                .saturating_add(usize::from(digit.wrapping_sub(b'0')))
        });
    cr.saturating_add(2).saturating_add(octets)
}

#[cfg(test)]
mod tests {
    use super::first_excess;

    #[test]
    fn only_spaces_outside_of_strings_count() {
        let table: [(&str, Option<usize>); 13] = [
            ("a NOOP", None),
            ("a NOOP ", Some(6)),
            ("a NOOP  ", Some(6)),
            ("a  NOOP", Some(2)),
            ("a SELECT \"x  y\"", None),
            ("a SELECT \"x  y\" ", Some(15)),
            ("a SELECT \"\\\"  \"", None),
            ("a SELECT \"\\\\\"  x", Some(14)),
            ("a SELECT {3}\r\na  ", None),
            ("a SELECT {3+}\r\na   ", Some(18)),
            ("a LOGIN {2}\r\n   x", None),
            ("a LOGIN {2}\r\n    x", Some(16)),
            ("", None),
        ];
        for (command, expected) in table {
            assert_eq!(first_excess(command.as_bytes()), expected, "{command:?}");
        }
    }
}
