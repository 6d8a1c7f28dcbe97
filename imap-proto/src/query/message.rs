//! A message that is at hand, as the subject of a search.

use std::ops::ControlFlow;

use memchr::memmem;
use mime_core::{Header, Kind, Layout, Limits, Message, Outline};

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

/// The texts of a message that [`Key::Header`], [`Key::Text`] and [`Key::Body`] are looked for in, one
/// after the other, until `each` breaks off: what a store puts into an index of its own.
///
/// `raw` is the whole message, parsed here. First come the fields of its header, each as `Name: value`
/// with encoded words decoded; then the decoded text of each text part, and the fields of each message
/// within. A field or a text is one piece, however long.
///
/// A key of these three kinds whose text is not empty holds only for messages with a piece that
/// holds the key's text, both in the form of [`casemap`](crate::casemap). So an index over the pieces in this
/// form may be asked which messages can match, and [`Session::evaluate`](crate::Session::evaluate) which of these do.
/// (Of a message longer than [`Limits::gather`](crate::Limits::gather) the session sees only the beginning.)
///
/// ```
/// use std::ops::ControlFlow;
///
/// let mut texts = Vec::new();
/// let raw = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8=";
/// imap_proto::searched_texts(raw, |text| {
///     texts.push(text.to_owned());
///     ControlFlow::Continue(())
/// });
/// assert_eq!(texts, ["Subject: Grüße", "Content-Transfer-Encoding: base64", "Hello"]);
/// ```
///
/// [`Key::Header`]: crate::Key::Header
/// [`Key::Text`]: crate::Key::Text
/// [`Key::Body`]: crate::Key::Body
pub fn searched_texts(raw: &[u8], mut each: impl FnMut(&str) -> ControlFlow<()>) {
    let mut layout = Layout::new();
    let message = layout.parse(raw, &Limits::DEFAULT);
    if header_texts(message.header(), &mut each).is_continue() {
        // Broken off or through: there is no more either way.
        let _ = body_texts(message, &mut each);
    }
}

fn header_holds(header: Header<'_>, needle: &Needle<'_>) -> bool {
    header_texts(header, &mut |text| needle.stop_at(text)).is_break()
}

fn body_holds(message: Message<'_>, needle: &Needle<'_>) -> bool {
    body_texts(message, &mut |text| needle.stop_at(text)).is_break()
}

fn header_texts(
    header: Header<'_>,
    each: &mut impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    header.iter().try_for_each(|field| {
        let name = String::from_utf8_lossy(field.name_raw());
        each(&format!("{name}: {}", field.text()))
    })
}

/// Every text, decoded; of messages within also the header.
fn body_texts(
    message: Message<'_>,
    each: &mut impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    message.parts().try_for_each(|part| {
        if part.kind() == Kind::Text {
            each(&part.text())?;
        }
        match part.parent().map(|parent| parent.kind()) {
            Some(Kind::Message) => header_texts(part.header(), each),
            _ => ControlFlow::Continue(()),
        }
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

    fn stop_at(&self, text: &str) -> ControlFlow<()> {
        match self.is_in(text) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
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

    /// Octets that are a message of several kinds of parts, more often than not.
    fn mails() -> impl Strategy<Value = Vec<u8>> {
        let word = prop::sample::select(vec![
            "caf\u{e9}",
            "CAFE\u{301}",
            "stra\u{df}e",
            "\u{fb01}n",
            "\u{130}x",
            "=?utf-8?q?caf=C3=A9?=",
            "two words",
            "=?iso-8859-1?b?4eLj?=",
            "=\r\n",
            "=C3=A9",
            "SGVsbG8gV29ybGQ=",
            "\r\n",
            "\r\n\r\n",
            "\r\n ",
        ]);
        let line = prop::sample::select(vec![
            "Subject: ",
            "From: ",
            "X-Own: ",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\n",
            "Content-Type: multipart/mixed; boundary=b\r\n",
            "Content-Type: message/rfc822\r\n",
            "\r\n--b\r\n",
            "\r\n--b--\r\n",
            "Content-Type: application/x\r\n",
        ]);
        prop::collection::vec(prop_oneof![word, line], 0..30)
            .prop_map(|parts| parts.concat().into_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What a key holds for has a piece with the text of the key: no index misses a message.
        #[test]
        fn the_texts_for_an_index_hold_what_matches(mail in mails(), key in "[a-zé\u{df} ]{1,6}|fi|i|: ") {
            let mut layout = Layout::new();
            let row = Row::new(Uid::MIN);
            let message = Some(layout.parse(&mail, &Limits::DEFAULT));
            let subject = Mail { row: &row, now: None, outline: None, message };
            let keys = [
                subject.text(&key), subject.body(&key), subject.header("subject", &key), subject.header("x-own", &key),
            ];
            let mut found = false;
            let folded = crate::casemap(&key);
            searched_texts(&mail, |text| {
                found |= memmem::find(&crate::casemap(text), &folded).is_some();
                ControlFlow::Continue(())
            });
            prop_assert_eq!(keys.first().copied().flatten(), Some(found));
            prop_assert!(found || !keys.contains(&Some(true)));
        }

        #[test]
        fn windows_do_not_hide_a_needle(before in 0..20_000usize, needle in "[a-zé]{1,40}") {
            let text = format!("{}{}", "é".repeat(before), needle.to_uppercase());
            prop_assert!(Needle::new(&needle).is_in(&text));
            let absent = needle + "!";
            prop_assert!(!Needle::new(&absent).is_in(&text));
        }
    }
}
