//! File names that can be written to a disk.

use alloc::string::String;

/// Octets of a name. 255: what the file systems in use allow for one name.
const MAX_LEN: usize = 255;
/// Octets of an ending that is kept when a name is cut.
const MAX_ENDING: usize = 32;

/// The name as one component of a path, harmless on any system; `None` if nothing is left of it.
///
/// RFC 2183 section 2.3: what a sender calls a file is not to be trusted. The last component of a path
/// is taken. Control characters, and those that are not seen or turn the direction of text, are left
/// out. What some system gives a meaning becomes `_`. Dots and spaces go from both ends, a name of a
/// device gets a `_` before it, and a name of more than 255 octets is cut before its ending.
///
/// Two files may get the same name, and the name of a file says nothing of what is in it.
///
/// ```
/// use mime_core::safe_filename;
/// assert_eq!(safe_filename("../../etc/passwd").as_deref(), Some("passwd"));
/// assert_eq!(safe_filename("C:\\x\\y").as_deref(), Some("y"));
/// assert_eq!(safe_filename("invoice\u{202e}fdp.exe").as_deref(), Some("invoicefdp.exe"));
/// assert_eq!(safe_filename("aux.txt").as_deref(), Some("_aux.txt"));
/// assert_eq!(safe_filename(".."), None);
/// ```
pub fn safe_filename(name: &str) -> Option<String> {
    let components = name.rsplit(['/', '\\']);
    components.map(component).find(|name| !name.is_empty())
}

fn component(name: &str) -> String {
    let seen = name.chars().filter(|c| !is_unseen(*c));
    let plain: String = seen.map(|c| if is_special(c) { '_' } else { c }).collect();
    let name = plain.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let mut out = String::with_capacity(name.len() + 1);
    if is_device(name) {
        out.push('_');
    }
    out.push_str(name);
    if out.len() > MAX_LEN {
        cut(&mut out);
    }
    out
}

/// Cuts before the ending, if that is short, and not within a character.
fn cut(name: &mut String) {
    let ending = match name.rfind('.') {
        Some(dot) if name.len() - dot <= MAX_ENDING => name.split_off(dot),
        _ => String::new(),
    };
    let mut end = MAX_LEN - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    let kept = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    name.truncate(kept.len());
    name.push_str(&ending);
}

/// Controls, marks of direction (UAX 9), characters without width, line separators, tags.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What parts a path, a stream or a pattern on some system, and what looks like it.
fn is_special(c: char) -> bool {
    matches!(
        c,
        ':' | '*'
            | '?'
            | '"'
            | '<'
            | '>'
            | '|'
            | '\u{2044}'
            | '\u{2215}'
            | '\u{29f8}'
            | '\u{ff0f}'
            | '\u{ff3c}'
            | '\u{ff1a}'
            | '\u{fffd}'
    )
}

/// Names that stand for a device in any folder of Windows, whatever their ending is.
fn is_device(name: &str) -> bool {
    const NAMES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let is = |device: &str| stem.eq_ignore_ascii_case(device);
    let mut end = stem.chars();
    let number = matches!(end.next_back(), Some('0'..='9' | '¹' | '²' | '³'));
    let port = end.as_str();
    NAMES.into_iter().any(is)
        || number && (port.eq_ignore_ascii_case("com") || port.eq_ignore_ascii_case("lpt"))
}
