//! The beginning of a message, in one line.

use alloc::string::String;

use memchr::memchr;

use crate::bodies::Bodies;
use crate::html::ToText;
use crate::layout::PartId;
use crate::message::{Message, Part};
use crate::node::Kind;
use crate::text::beginning::Beginning;
use crate::text::gist::Gist;

/// Encoded octets that are looked at in all: text of which so much is quoted, or empty, has
/// nothing to show.
const LOOK: usize = 64 * 1024;
/// The same for HTML, of which newsletters begin with that much style.
const LOOK_HTML: usize = 256 * 1024;
/// What is decoded of HTML at first, and how much more each time that this was not enough.
const FIRST_HTML: usize = 4 * 1024;
const MORE_HTML: usize = 4;
/// A line longer than this is taken in pieces.
const LINE: usize = 1024;

impl<'a> Message<'a> {
    /// The beginning of the text in at most `chars` characters, written to `buf`: what lists of
    /// mail show below the subject. IMAP wants 200 (RFC 8970 section 3.3), JMAP at most 256 (RFC
    /// 8621 section 4.1.4).
    ///
    /// White space is collapsed; quotes and the line that introduces them, signatures, ruled lines
    /// and characters that are not seen are left out. What HTML hides is kept: its first line is
    /// made for this. If there is nothing but quotes, those are shown. Empty if there is no text,
    /// as in an encrypted message.
    ///
    /// It decodes no more than it needs, and at most 64 KiB of a body, 256 KiB of HTML: a long
    /// message costs as much as a short one. It allocates a few KiB.
    ///
    /// ```
    /// use mime_core::{Layout, Limits};
    /// let msg = b"\r\nYes,\r\n  please.\r\n\r\nOn 21 Nov 2026 Ann wrote:\r\n> Tea?\r\n-- \r\nBob\r\n";
    /// let mut layout = Layout::new();
    /// let message = layout.parse(msg, &Limits::DEFAULT);
    /// let mut buf = String::new();
    /// assert_eq!(message.preview(&mut buf, 200), "Yes, please.");
    /// assert_eq!(message.preview(&mut buf, 3), "Yes");
    /// ```
    pub fn preview<'b>(&self, buf: &'b mut String, chars: usize) -> &'b str {
        self.preview_of(&self.bodies(), buf, chars)
    }

    /// The same, of parts that are already sorted.
    pub(crate) fn preview_of<'b>(
        &self,
        bodies: &Bodies,
        buf: &'b mut String,
        chars: usize,
    ) -> &'b str {
        let same = bodies.text == bodies.html;
        let other: &[PartId] = if same { &[] } else { &bodies.html };
        for quotes in [false, true] {
            // An alternative may be empty where the other one is not.
            for parts in [&bodies.text, other] {
                if self.gist(parts, buf, chars, quotes) {
                    return buf;
                }
            }
        }
        buf
    }

    /// Whether there was anything to write.
    fn gist(&self, parts: &[PartId], buf: &mut String, chars: usize, quotes: bool) -> bool {
        let mut gist = Gist::new(buf, chars, quotes);
        let (mut look, mut look_html) = (LOOK, LOOK_HTML);
        for part in parts.iter().map(|id| self.part(*id)) {
            if gist.is_full() {
                break;
            }
            if part.kind() != Kind::Text {
                continue;
            }
            gist.begin(part.flow());
            if part.media_type().is("text", "html") {
                look_html -= html(part, &mut gist, look_html, chars);
            } else {
                look -= plain(part, &mut gist, look);
            }
        }
        gist.finish()
    }
}

/// Gives lines to `gist` as long as it wants them; the octets read, at most `most`.
fn plain(part: Part<'_>, gist: &mut Gist<'_>, most: usize) -> usize {
    let mut beginning = Beginning::of(part, most);
    let all = beginning.left();
    let mut text = String::new();
    let mut starts = true;
    while !gist.is_done() && beginning.read(&mut text) {
        let mut rest = &*text;
        while !gist.is_done()
            && let Some((line, after)) = piece(rest, beginning.left() == 0)
        {
            let ends = line.ends_with('\n');
            gist.take(line_of(line), starts, ends);
            (starts, rest) = (ends, after);
        }
        let done = text.len() - rest.len();
        text.drain(..done);
    }
    all - beginning.left()
}

/// The same of HTML: the start of it is made text, and if that is not enough, a longer one.
fn html(part: Part<'_>, gist: &mut Gist<'_>, most: usize, chars: usize) -> usize {
    let before = gist.state();
    let mut beginning = Beginning::of(part, most);
    let all = beginning.left();
    let (mut html, mut text) = (String::new(), String::new());
    let options = ToText::DEFAULT.images(false).hidden(true);
    let (mut enough, mut room) = (FIRST_HTML, chars.saturating_add(FIRST_HTML / 8));
    loop {
        while all - beginning.left() < enough && beginning.read(&mut html) {}
        text.clear();
        let whole = options.limit(room).write(&html, &mut text);
        gist.back_to(before);
        for line in text.lines() {
            if gist.is_done() {
                break;
            }
            gist.take(line, true, true);
        }
        if gist.is_done() || whole && beginning.left() == 0 {
            return all - beginning.left();
        }
        enough = enough.saturating_mul(MORE_HTML);
        room = room.saturating_mul(MORE_HTML);
    }
}

/// The next line of a text, or a piece of a long one; `None` if more of the text is wanted first.
fn piece(text: &str, all: bool) -> Option<(&str, &str)> {
    let line = memchr(b'\n', text.as_bytes()).map(|end| end + 1);
    let len = match line {
        Some(len) if len <= LINE => len,
        None if text.is_empty() || text.len() <= LINE && !all => return None,
        _ => text.floor_char_boundary(LINE),
    };
    text.split_at_checked(len)
}

fn line_of(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::{Layout, Limits};

    /// Octets that are read of a body for a preview of 256 characters.
    fn read(mail: &[u8]) -> usize {
        let mut layout = Layout::new();
        let root = layout.parse(mail, &Limits::DEFAULT).root();
        let mut buf = String::new();
        let mut gist = Gist::new(&mut buf, 256, false);
        gist.begin(root.flow());
        let octets = match root.media_type().is("text", "html") {
            true => html(root, &mut gist, LOOK_HTML, 256),
            false => plain(root, &mut gist, LOOK),
        };
        assert!(gist.finish());
        octets
    }

    fn mail(head: &str, line: &str, size: usize) -> Vec<u8> {
        alloc::format!("{head}\r\n\r\n{}", line.repeat(size / line.len())).into_bytes()
    }

    #[test]
    fn no_more_is_read_of_a_long_body_than_of_a_short_one() {
        for (head, line) in [
            (
                "Content-Transfer-Encoding: base64",
                "TW9yZSBhbmQgbW9yZSwgYW5kIG1vcmUuIA==\r\n",
            ),
            (
                "Content-Transfer-Encoding: quoted-printable",
                "More =C3=A9=\r\n",
            ),
            (
                "Content-Type: text/plain; charset=iso-2022-jp",
                "More and more.\r\n",
            ),
            ("Content-Type: text/plain; format=flowed", "More \r\n"),
            ("X: y", "More"),
        ] {
            let short = read(&mail(head, line, 10_000));
            assert!(short < 2_500, "{head}: {short}");
            assert_eq!(read(&mail(head, line, 10_000_000)), short, "{head}");
        }
        let line = "<p>More</p>\n";
        assert_eq!(
            read(&mail("Content-Type: text/html", line, 10_000_000)),
            FIRST_HTML
        );
    }

    #[test]
    fn what_has_nothing_to_show_is_not_read_to_its_end() {
        let long = mail("Subject: x", "> a\r\n", 10_000_000);
        let mut layout = Layout::new();
        let message = layout.parse(&long, &Limits::DEFAULT);
        let mut buf = String::new();
        let mut gist = Gist::new(&mut buf, 256, false);
        assert_eq!(plain(message.root(), &mut gist, LOOK), LOOK);
        assert!(!gist.finish());
        assert!(message.preview(&mut buf, 5).starts_with("a a a"));
    }
}
