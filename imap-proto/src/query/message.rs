//! A message that is at hand, as the subject of a search.

use memchr::memmem;
use mime_core::{Header, Kind, Message, Outline};

use super::Subject;
use crate::casemap::fold;
use crate::flags::FlagList;
use crate::row::Row;
use crate::uid::{ModSeq, Uid};

/// A row of the store with as much of its message as there is.
///
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mail<'m> {
    pub(crate) row: &'m Row<'m>,
    /// Unix seconds, if the session was told.
    pub(crate) now: Option<i64>,
    /// Some or all of its header fields.
    pub(crate) outline: Option<Outline<'m>>,
    /// All of it.
    pub(crate) message: Option<Message<'m>>,
}

impl<'m> Mail<'m> {
    fn outline(&self) -> Option<Outline<'m>> {
        self.message
            .map(|message| message.outline())
            .or(self.outline)
    }
}

/// The fields that a stored outline keeps of every message that has them.
const KEPT: [&str; 11] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "date",
    "subject",
    "message-id",
    "in-reply-to",
    "references",
];

impl Subject for Mail<'_> {
    fn uid(&self) -> Uid {
        self.row.uid
    }

    fn flags(&self) -> Option<FlagList<'_>> {
        self.row.flags
    }

    fn modseq(&self) -> Option<ModSeq> {
        self.row.modseq
    }

    fn size(&self) -> Option<u64> {
        self.row.size
    }

    fn date(&self) -> Option<(i64, i16)> {
        self.row.date
    }

    fn save_date(&self) -> Option<Option<(i64, i16)>> {
        Some(self.row.save_date)
    }

    fn email_id(&self) -> Option<Option<&str>> {
        Some(self.row.email_id)
    }

    fn thread_id(&self) -> Option<Option<&str>> {
        Some(self.row.thread_id)
    }

    fn age(&self) -> Option<i64> {
        let (unix, _) = self.row.date?;
        Some(self.now?.saturating_sub(unix))
    }

    fn sent(&self) -> Option<Option<(i64, i16)>> {
        let date = self.outline()?.header().date();
        Some(date.map(|date| (date.unix(), date.offset_minutes.unwrap_or(0))))
    }

    fn header(&self, name: &str, text: &str) -> Option<bool> {
        let outline = self.outline()?;
        let kept = || KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(name));
        if !outline.is_complete() && !kept() {
            return None;
        }
        let needle = Needle::new(text);
        let mut fields = outline.header().named(name);
        Some(fields.any(|field| needle.is_in(&field.text())))
    }

    fn body(&self, text: &str) -> Option<bool> {
        Some(body_holds(self.message?, &Needle::new(text)))
    }

    fn text(&self, text: &str) -> Option<bool> {
        let message = self.message?;
        let needle = Needle::new(text);
        Some(header_holds(message.header(), &needle) || body_holds(message, &needle))
    }
}

fn header_holds(header: Header<'_>, needle: &Needle<'_>) -> bool {
    header.iter().any(|field| {
        let name = String::from_utf8_lossy(field.name_raw());
        needle.is_in(&format!("{name}: {}", field.text()))
    })
}

/// Every text, decoded; of messages within also the header.
fn body_holds(message: Message<'_>, needle: &Needle<'_>) -> bool {
    message.parts().any(|part| {
        let embedded = part
            .parent()
            .is_some_and(|parent| parent.kind() == Kind::Message);
        (part.kind() == Kind::Text && needle.is_in(&part.text()))
            || (embedded && header_holds(part.header(), needle))
    })
}

/// A text to be found whatever the case of its letters.
struct Needle<'n> {
    finder: memmem::Finder<'n>,
}

impl Needle<'_> {
    /// How much of a text is folded at a time, unless the needle is longer.
    const WINDOW: usize = 8 * 1024;

    fn new(text: &str) -> Needle<'static> {
        let mut folded = Vec::with_capacity(text.len());
        fold(text, &mut folded);
        Needle {
            finder: memmem::Finder::new(&folded).into_owned(),
        }
    }

    /// Linear: each window overlaps the last one by less than a needle, which is no longer than it.
    fn is_in(&self, text: &str) -> bool {
        let length = self.finder.needle().len();
        let mut window = Vec::new();
        let mut rest = text;
        loop {
            let (piece, after) = split_near(rest, Self::WINDOW.max(length));
            fold(piece, &mut window);
            if self.finder.find(&window).is_some() {
                return true;
            }
            if after.is_empty() {
                return false;
            }
            window.drain(..window.len().saturating_sub(length.saturating_sub(1)));
            rest = after;
        }
    }
}

/// At least one character, at most so many octets where that is possible.
fn split_near(text: &str, at: usize) -> (&str, &str) {
    let at = text.floor_char_boundary(at);
    text.split_at(at)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use mime_core::{Layout, Limits};
    use proptest::prelude::*;

    use super::*;

    const MAIL: &[u8] = b"From: Caf\xc3\xa9 <a@b.example>\r\nSubject: =?iso-8859-1?Q?caf=E9?= break\r\n\
        X-Foo:\r\nDate: Tue, 1 Feb 1994 23:30:00 -0800\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gV29ybGQgw4k=\r\n";

    fn with_mail<T>(test: impl FnOnce(&Mail<'_>) -> T) -> T {
        let raw = Bytes::from_static(MAIL);
        let mut layout = Layout::new();
        let message = layout.parse(&raw, &Limits::DEFAULT);
        let row = Row::new(Uid::MIN).raw(&raw);
        test(&Mail {
            row: &row,
            now: None,
            outline: None,
            message: Some(message),
        })
    }

    #[test]
    fn text_is_decoded_before_it_is_matched() {
        with_mail(|mail| {
            // imap-9051-6.4.4-06
            assert_eq!(mail.header("subject", "café BREAK"), Some(true));
            assert_eq!(mail.header("Subject", "=?iso"), Some(false));
            assert_eq!(mail.body("world é"), Some(true));
            assert_eq!(mail.body("SGVs"), Some(false));
            // imap-9051-6.4.4-07
            assert_eq!(mail.header("FROM", "CAFÉ"), Some(true));
            assert_eq!(mail.text("hello"), Some(true));
            assert_eq!(mail.text("x-foo:"), Some(true));
            assert_eq!(mail.text("absent"), Some(false));
            // imap-9051-6.4.4-10
            assert_eq!(mail.header("x-foo", ""), Some(true));
            assert_eq!(mail.header("x-bar", ""), Some(false));
            assert_eq!(mail.sent(), Some(Some((760_174_200, -480))));
        });
    }

    #[test]
    fn what_is_not_at_hand_is_not_known() {
        let row = Row::new(Uid::MIN);
        let mail = Mail {
            row: &row,
            now: None,
            outline: None,
            message: None,
        };
        assert_eq!(mail.header("subject", "x"), None);
        assert_eq!(
            (mail.body("x"), mail.text("x"), mail.sent(), mail.size()),
            (None, None, None, None)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn windows_do_not_hide_a_needle(before in 0..20_000usize, needle in "[a-zé]{1,40}") {
            let text = format!("{}{}", "é".repeat(before), needle.to_uppercase());
            prop_assert!(Needle::new(&needle).is_in(&text));
            let absent = needle + "!";
            prop_assert!(!Needle::new(&absent).is_in(&text));
        }
    }
}
