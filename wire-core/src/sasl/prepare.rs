//! Names and passwords in the one form in which they can be compared.

use std::borrow::Cow;

/// Prepares a name or a password (RFC 4013, SASLprep): `I<SOFT HYPHEN>X` is `IX`, `ª` is `a`.
/// Passwords are to be stored in this form, names to be compared in it. ASCII stays as it is.
///
/// A text with characters that are younger than the tables of SASLprep passes unchanged: who chose an
/// emoji may log in with it.
///
/// `None`: empty, or with characters that are prohibited: controls, private ones, those that change
/// the direction of writing. Without the feature `crypto`, which has the tables, only ASCII controls
/// are known, and nothing is changed.
///
/// ```
/// use wire_core::sasl::prepare;
///
/// assert_eq!(prepare("tim").as_deref(), Some("tim"));
/// assert_eq!(prepare("I\u{ad}X").as_deref(), Some("IX"));
/// assert_eq!(prepare("\u{7}"), None);
/// # #[cfg(feature = "crypto")] {
/// assert_eq!(prepare("\u{202e}mit"), None);
/// assert_eq!(prepare("tim🫠").as_deref(), Some("tim🫠"));
/// assert_eq!(prepare("tim🫠\u{e000}"), None);
/// # }
/// assert_eq!(prepare(""), None);
/// ```
pub fn prepare(text: &str) -> Option<Cow<'_, str>> {
    let prepared = match text.is_ascii() {
        true => Cow::Borrowed(text),
        false => profile(text)?,
    };
    let sound = !prepared.is_empty() && !prepared.chars().any(char::is_control);
    sound.then_some(prepared)
}

#[cfg(feature = "crypto")]
fn profile(text: &str) -> Option<Cow<'_, str>> {
    use stringprep::tables::unassigned_code_point;
    match stringprep::saslprep(text) {
        Ok(prepared) => Some(prepared),
        Err(_) => {
            let is_young = text.chars().any(unassigned_code_point);
            (is_young && !text.chars().any(is_prohibited)).then_some(Cow::Borrowed(text))
        }
    }
}

/// RFC 4013 section 2.3, but for spaces, which are mapped.
#[cfg(feature = "crypto")]
fn is_prohibited(c: char) -> bool {
    use stringprep::tables;
    tables::non_ascii_control_character(c)
        || tables::private_use(c)
        || tables::non_character_code_point(c)
        || tables::inappropriate_for_plain_text(c)
        || tables::inappropriate_for_canonical_representation(c)
        || tables::change_display_properties_or_deprecated(c)
        || tables::tagging_character(c)
}

/// Names are compared as they come.
#[cfg(not(feature = "crypto"))]
fn profile(text: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(text))
}
