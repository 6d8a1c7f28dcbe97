//! The numbers of parts.

use mime_core::{Message, Section};

/// What IMAP calls the parts (RFC 9051 section 6.4.5.1): `1.2`, or `TEXT` for a multipart that has
/// no number of its own because it is all of a message.
pub fn part_paths(message: Message<'_>) -> Vec<String> {
    let mut paths = Vec::with_capacity(message.parts().len());
    let mut sections = message.section_paths();
    while let Some((_, numbers, section)) = sections.next() {
        let numbers = numbers.iter().map(u32::to_string);
        let text = (section == Section::Text).then(|| "TEXT".to_owned());
        paths.push(numbers.chain(text).collect::<Vec<_>>().join("."));
    }
    paths
}
