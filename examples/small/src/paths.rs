//! The numbers of parts.

use mime_core::{Kind, Message};

/// What IMAP calls the parts (RFC 9051 section 6.4.5.1): `1.2`, or `TEXT` for a multipart that has
/// no number of its own because it is all of a message.
pub fn part_paths(message: Message<'_>) -> Vec<String> {
    let mut numbers = vec![String::new(); message.parts().len()];
    let mut paths = Vec::with_capacity(numbers.len());
    for part in message.parts() {
        let number = std::mem::take(&mut numbers[part.id().index() as usize]);
        let within = |child: &str| match &*number {
            "" => child.to_owned(),
            number => format!("{number}.{child}"),
        };
        let is_message = part
            .parent()
            .is_none_or(|parent| parent.kind() == Kind::Message);
        let path = match (is_message, part.kind()) {
            (false, _) => number.clone(),
            (true, Kind::Multipart) => within("TEXT"),
            (true, _) => within("1"),
        };
        for (child, n) in part.children().zip(1..) {
            numbers[child.id().index() as usize] = match part.kind() {
                Kind::Message => path.clone(),
                _ => within(&n.to_string()),
            };
        }
        paths.push(path);
    }
    paths
}
