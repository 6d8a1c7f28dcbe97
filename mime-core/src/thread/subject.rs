//! The base subject (RFC 5256 section 2.1).

use alloc::borrow::Cow;
use alloc::string::String;

/// A subject without what mail software puts around it: `Re:`, `Fwd:`, `[list]`, `(fwd)`,
/// `[Fwd: ...]`.
///
/// ```
/// use mime_core::thread::BaseSubject;
/// let base = BaseSubject::of("Re: [list] Fwd: [x] lunch (fwd)");
/// assert_eq!(base.text(), "lunch");
/// assert!(base.is_reply());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BaseSubject<'a> {
    text: Cow<'a, str>,
    is_reply: bool,
}

impl<'a> BaseSubject<'a> {
    /// Of a subject whose encoded words are decoded: see [`Field::text`](crate::Field::text).
    /// Linear; allocates only if white space has to be changed.
    pub fn of(subject: impl Into<Cow<'a, str>>) -> Self {
        match with_single_spaces(subject.into()) {
            Cow::Borrowed(subject) => {
                let (base, is_reply) = base_of(subject);
                BaseSubject {
                    text: Cow::Borrowed(base),
                    is_reply,
                }
            }
            Cow::Owned(subject) => {
                let (base, is_reply) = base_of(&subject);
                BaseSubject {
                    text: Cow::Owned(base.into()),
                    is_reply,
                }
            }
        }
    }

    /// The text; may be empty.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether something said that it is a reply or a forward: `Re:`, `Fw:`, `Fwd:`, `(fwd)`,
    /// `[Fwd: ...]`. Words of other languages are not known to the algorithm.
    pub fn is_reply(&self) -> bool {
        self.is_reply
    }

    /// What two base subjects are compared by: the text without regard to case, by the mapping
    /// that Unicode gives for single characters. Composed and decomposed characters differ.
    pub fn key(&self) -> String {
        self.text.chars().flat_map(char::to_uppercase).collect()
    }

    /// The text.
    pub fn into_text(self) -> Cow<'a, str> {
        self.text
    }
}

/// Step 1: tabs and folds become spaces, several spaces one.
fn with_single_spaces(subject: Cow<'_, str>) -> Cow<'_, str> {
    let octets = subject.as_bytes();
    let is_other = |b: &u8| matches!(b, b'\t' | b'\r' | b'\n');
    let single = !octets.iter().any(is_other) && !subject.contains("  ");
    if single {
        return subject;
    }
    let mut out = String::with_capacity(subject.len());
    for c in subject.chars() {
        match c {
            ' ' | '\t' | '\r' | '\n' if out.ends_with(' ') => {}
            ' ' | '\t' | '\r' | '\n' => out.push(' '),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Steps 2 to 6.
fn base_of(mut subject: &str) -> (&str, bool) {
    let mut is_reply = false;
    loop {
        let trailed = without_trailers(subject);
        is_reply |= trailed.1;
        let led = without_leaders(trailed.0);
        is_reply |= led.1;
        // Step 6.
        let inner = after(led.0, "[fwd:").and_then(|rest| rest.strip_suffix(']'));
        let Some(inner) = inner else {
            return (led.0, is_reply);
        };
        is_reply = true;
        subject = inner;
    }
}

/// Step 2: `(fwd)` and white space at the end.
fn without_trailers(mut subject: &str) -> (&str, bool) {
    let mut any = false;
    loop {
        subject = subject.trim_end_matches(' ');
        let Some((before, last)) = subject.split_at_checked(subject.len().wrapping_sub(5)) else {
            return (subject, any);
        };
        if !last.eq_ignore_ascii_case("(fwd)") {
            return (subject, any);
        }
        subject = before;
        any = true;
    }
}

/// Steps 3 to 5: `Re:` and its like, with blobs before them; blobs, unless one is all there is.
///
/// A run of blobs is looked at once: what follows it decides for all of them.
fn without_leaders(mut subject: &str) -> (&str, bool) {
    let mut any = false;
    loop {
        subject = subject.trim_start_matches(' ');
        let (mut rest, mut last) = (subject, subject);
        while let Some(next) = after_blob(rest) {
            last = rest;
            rest = next;
        }
        if let Some(next) = after_refwd(rest) {
            subject = next;
            any = true;
            continue;
        }
        let base = if rest.is_empty() { last } else { rest };
        return (base, any);
    }
}

/// `re`, `fw` or `fwd`, white space, perhaps a blob, and a colon.
fn after_refwd(subject: &str) -> Option<&str> {
    let word = ["re", "fwd", "fw"];
    let rest = word.iter().find_map(|word| after(subject, word))?;
    let rest = rest.trim_start_matches(' ');
    after_blob(rest).unwrap_or(rest).strip_prefix(':')
}

/// Brackets without brackets between them, and white space.
fn after_blob(subject: &str) -> Option<&str> {
    let inner = subject.strip_prefix('[')?;
    let end = memchr::memchr2(b'[', b']', inner.as_bytes())?;
    let rest = inner.get(end..)?.strip_prefix(']')?;
    Some(rest.trim_start_matches(' '))
}

/// What follows this word, which counts without regard to case.
fn after<'a>(subject: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = subject.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}
