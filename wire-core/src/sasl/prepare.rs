//! Names and passwords in the one form in which they can be compared.

use std::borrow::Cow;

/// Prepares a name or a password (RFC 4013, SASLprep): `I<SOFT HYPHEN>X` is `IX`, `ª` is `a`.
/// Passwords are to be stored in this form, names to be compared in it. ASCII stays as it is.
///
/// Characters that are younger than the tables of SASLprep pass unchanged: who chose an emoji may
/// log in with it.
///
/// `None`: empty, or with a control in it.
///
/// ```
/// use wire_core::sasl::prepare;
///
/// assert_eq!(prepare("tim").as_deref(), Some("tim"));
/// assert_eq!(prepare("I\u{ad}X").as_deref(), Some("IX"));
/// assert_eq!(prepare("\u{7}"), None);
/// assert_eq!(prepare(""), None);
/// ```
pub fn prepare(text: &str) -> Option<Cow<'_, str>> {
    let prepared = match text.is_ascii() {
        true => Cow::Borrowed(text),
        false => profile(text),
    };
    let sound = !prepared.is_empty() && !prepared.chars().any(char::is_control);
    sound.then_some(prepared)
}

#[cfg(feature = "crypto")]
fn profile(text: &str) -> Cow<'_, str> {
    stringprep::saslprep(text).unwrap_or(Cow::Borrowed(text))
}

/// Without the tables names are compared as they come.
#[cfg(not(feature = "crypto"))]
fn profile(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}
