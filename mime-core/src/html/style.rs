//! What of a tag hides its content, or how it sets it.

use super::token::Tag;

/// What holds for an element and, if not undone, for all that is inside of it.
pub(crate) mod flag {
    /// Not shown, whatever is inside of it.
    pub(crate) const HIDDEN: u8 = 1;
    /// Letters without size: what has a size again is shown again.
    pub(crate) const TINY: u8 = 2;
    /// White space as it is.
    pub(crate) const PRE: u8 = 4;
}

/// The flags of an element that is inside of elements with these flags.
pub(crate) fn flags(tag: &Tag<'_>, around: u8) -> u8 {
    let mut flags = around;
    let (mut flat, mut clipped) = (false, false);
    for (name, value) in tag.attributes() {
        if name.eq_ignore_ascii_case("hidden") {
            flags |= flag::HIDDEN;
        }
        if !name.eq_ignore_ascii_case("style") {
            continue;
        }
        for (name, value) in declarations(value) {
            let is = |word: &str| value.eq_ignore_ascii_case(word);
            match name {
                _ if property(name, "display") && is("none") => flags |= flag::HIDDEN,
                _ if property(name, "visibility") && is("hidden") => flags |= flag::HIDDEN,
                _ if property(name, "mso-hide") && is("all") => flags |= flag::HIDDEN,
                _ if property(name, "opacity") && is_zero(value) => flags |= flag::HIDDEN,
                _ if property(name, "font-size") => {
                    let tiny = if is_zero(value) { flag::TINY } else { 0 };
                    flags = flags & !flag::TINY | tiny;
                }
                _ if property(name, "max-height") || property(name, "height") => {
                    flat |= is_zero(value);
                }
                _ if property(name, "overflow") => clipped |= is("hidden"),
                _ if property(name, "white-space") => {
                    let pre = if is("pre") || is("pre-wrap") || is("pre-line") || is("break-spaces")
                    {
                        flag::PRE
                    } else {
                        0
                    };
                    flags = flags & !flag::PRE | pre;
                }
                _ => {}
            }
        }
    }
    if flat && clipped {
        flags |= flag::HIDDEN;
    }
    flags
}

/// Whether a paragraph has no empty lines around it: as Word writes them, or by its style.
pub(crate) fn is_tight(tag: &Tag<'_>) -> bool {
    let class = tag.attribute("class").unwrap_or_default();
    let style = tag.attribute("style").unwrap_or_default();
    let zero = |value: &str| value.split_ascii_whitespace().all(is_zero);
    let side = |side: &str| declarations(style).any(|(n, v)| property(n, side) && zero(v));
    class.trim_ascii_start().starts_with("Mso")
        || side("margin")
        || side("margin-top") && side("margin-bottom")
}

/// The names and values of a style, without `!important`.
pub(crate) fn declarations(style: &str) -> impl Iterator<Item = (&str, &str)> {
    style.split(';').filter_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        let value = value.split('!').next().unwrap_or_default();
        Some((name.trim_ascii(), value.trim_ascii()))
    })
}

fn property(name: &str, lower: &str) -> bool {
    name.eq_ignore_ascii_case(lower)
}

/// Whether a length or number is zero: `0`, `0px`, `0.0em`.
fn is_zero(value: &str) -> bool {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
    number.contains('0') && number.bytes().all(|b| matches!(b, b'0' | b'.'))
}
