//! Replies in the client's language (RFC 6856 section 3).

/// A language that replies can be in.
///
/// ```
/// use pop3_proto::{Config, Language};
///
/// let german = Language::new("de", "Deutsch", |text| match text {
///     "Wrong name or password" => Some("Name oder Passwort ist falsch"),
///     "Bye" => Some("Auf Wiedersehen"),
///     _ => None,
/// });
/// let config = Config::builder("pop.example.org").language(german).build()?;
/// # let _ = config;
/// # Ok::<(), pop3_proto::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Language {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) translate: fn(&str) -> Option<&'static str>,
}

impl Language {
    /// What every server speaks.
    pub(crate) const ENGLISH: Language = Language::new("en", "English", |_| None);

    /// A language by its tag (RFC 5646), such as `sv-FI`, and its name in itself. `translate` gives
    /// the words for an English text; what it does not know stays in English. Texts that the
    /// application gives are asked for as well.
    pub const fn new(
        tag: &'static str,
        name: &'static str,
        translate: fn(&str) -> Option<&'static str>,
    ) -> Self {
        Language {
            tag,
            name,
            translate,
        }
    }

    /// Is it what a range asks for (RFC 4647 section 3.3.1, basic filtering)?
    pub(crate) fn matches(&self, range: &[u8]) -> bool {
        match self.tag.as_bytes().split_at_checked(range.len()) {
            Some((head, rest)) => {
                head.eq_ignore_ascii_case(range) && matches!(rest.first(), None | Some(b'-'))
            }
            None => false,
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        let subtag = |tag: &str| {
            (1..=8).contains(&tag.len()) && tag.bytes().all(|octet| octet.is_ascii_alphanumeric())
        };
        self.tag.split('-').all(subtag) && !self.name.chars().any(char::is_control)
    }
}
