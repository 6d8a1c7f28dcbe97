//! Lines that begin a signature.

use super::languages::languages;

/// Characters of the longest line by which a mobile program signs.
const LONGEST: usize = 90;

/// Whether a program signed with this line: `Sent from my iPhone`.
pub(super) fn is_program(line: &str) -> bool {
    let line =
        line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '。' | '*' | '_'));
    // It names a device or a program: some letter is large, or it has a number.
    if line.len() > 4 * LONGEST || !names(line) || line.chars().nth(LONGEST).is_some() {
        return false;
    }
    let mut all = languages().flat_map(|language| language.sent_from);
    all.any(|(start, end)| {
        let rest = line.strip_prefix(start);
        rest.is_some_and(|rest| !rest.trim().is_empty() && rest.ends_with(end) && names(rest))
    })
}

/// Whether a device or a program is named: a word that does not look like others.
fn names(rest: &str) -> bool {
    rest.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
}

/// How sure a line begins a signature, by what is on it alone.
pub(super) enum Fence {
    /// `-- ` (RFC 3676 section 4.3).
    Exact,
    /// `--`, or what a telephone makes of it.
    Bare,
    None,
}

pub(super) fn fence(line: &str, spaced: bool) -> Fence {
    match line {
        "--" if spaced => Fence::Exact,
        "--" | "—" | "---" | "- -" => Fence::Bare,
        _ => Fence::None,
    }
}
