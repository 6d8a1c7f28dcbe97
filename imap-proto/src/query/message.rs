//! A message that is at hand, as the subject of a search.

use std::{borrow::Cow, ops::ControlFlow};

use memchr::memmem;
use mime_core::{Field, Header, Kind, Layout, Limits, Message, Name, Outline, Part, thread};

use super::Subject;
use crate::casemap::fold;
use crate::flags::FlagList;
use crate::row::Row;
use crate::uid::{ModSeq, Uid};

/// A row of the store with as much of its message as there is.
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
        let header = self.outline()?.header();
        if let Some(date) = header.date() {
            return Some(Some((date.unix(), date.offset_minutes.unwrap_or(0))));
        }
        // The day counts alone: a time or a zone that is none does not take it away.
        let day = || thread::sent_date(header.first(Name::Date)?.value_raw());
        Some(day().map(|unix| (unix, 0)))
    }

    fn header(&self, name: &str, text: &str) -> Option<bool> {
        let outline = self.outline()?;
        let kept = || KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(name));
        if !outline.is_complete() && !kept() {
            return None;
        }
        let needle = Needle::new(text);
        let mut fields = outline.header().named(name);
        let mut stop = |text: &str| needle.stop_at(text);
        Some(fields.any(|field| field_texts(&field, &mut stop).is_break()))
    }

    fn body(&self, text: &str) -> Option<bool> {
        let needle = Needle::new(text);
        if needle.is_empty() {
            return Some(true);
        }
        let mut stop = |text: &str| needle.stop_at(text);
        Some(body_texts(self.message?, &mut stop).is_break())
    }

    fn text(&self, text: &str) -> Option<bool> {
        let needle = Needle::new(text);
        if needle.is_empty() {
            return Some(true);
        }
        let message = self.message?;
        let mut stop = |text: &str| needle.stop_at(text);
        let in_header = all_header_texts(message, &mut stop).is_break();
        Some(in_header || body_texts(message, &mut stop).is_break())
    }
}

/// The texts of a message that [`Key::Header`], [`Key::Text`] and [`Key::Body`] are looked for in, one
/// after the other, until `each` breaks off: what a store puts into an index of its own.
///
/// `raw` is the whole message, parsed here. First come the fields of its header and of those of its parts, each
/// as `Name: value` with encoded words decoded, and again in the other forms that it is found by; then
/// the decoded text of each part that can be read. A field or a text is one piece, however long.
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
    if all_header_texts(message, &mut each).is_continue() {
        // Broken off or through: there is no more either way.
        let _ = body_texts(message, &mut each);
    }
}

/// RFC 9051 section 6.4.4: `TEXT` looks into MIME header fields too.
fn all_header_texts(
    message: Message<'_>,
    each: &mut impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    message.parts().try_for_each(|part| {
        part.header().iter().try_for_each(|field| {
            let name = String::from_utf8_lossy(field.name_raw());
            field_texts(&field, &mut |text| each(&format!("{name}: {text}")))
        })
    })
}

/// What a field says, and then the other forms in which it may be looked for.
fn field_texts(
    field: &Field<'_>,
    each: &mut impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let text = field.text();
    each(&text)?;
    if let Cow::Owned(line) = one_space(&text) {
        each(&line)?;
    }
    if let Some(decoded) = words_apart(field.value_raw()).filter(|decoded| *decoded != text) {
        each(&decoded)?;
    }
    if memchr::memchr(b'(', field.value_raw()).is_some() && is_of_addresses(field) {
        let mut mailboxes = field.addresses().mailboxes();
        return mailboxes.try_for_each(|mailbox| match mailbox.addr_spec() {
            Some(address) => each(&address),
            None => ControlFlow::Continue(()),
        });
    }
    ControlFlow::Continue(())
}

/// A line with one space for each run of white space: it does not matter where a field was folded.
fn one_space(line: &str) -> Cow<'_, str> {
    if !line.contains("  ") && !line.contains('\t') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            ' ' | '\t' if out.ends_with(' ') => {}
            ' ' | '\t' => out.push(' '),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Encoded words that touch a quotation mark, a bracket or a comma: RFC 2047 section 5 allows some of
/// them in names of addresses, and readers show what all of them stand for.
fn words_apart(value: &[u8]) -> Option<String> {
    memmem::find(value, b"=?")?;
    let apart = |octet: &u8| match octet {
        b'"' | b'<' | b'>' | b'(' | b')' | b',' | b';' | b':' => b' ',
        other => *other,
    };
    let name = b"x:".iter().copied();
    let apart: Vec<u8> = name.chain(value.iter().map(apart)).collect();
    let field = Header::new(&apart).iter().next()?;
    Some(one_space(&field.text()).into_owned())
}

/// Whether comments may part an address of this field.
fn is_of_addresses(field: &Field<'_>) -> bool {
    matches!(
        field.name(),
        Name::From | Name::Sender | Name::ReplyTo | Name::To | Name::Cc | Name::Bcc
    )
}

/// Every text, decoded, and what else can be read as one.
fn body_texts(
    message: Message<'_>,
    each: &mut impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut read = message.parts().filter(is_read);
    read.try_for_each(|part| each(&part.text()))
}

/// Text, reports (message/delivery-status and others), and what has no structure to be shown by.
fn is_read(part: &Part<'_>) -> bool {
    match part.kind() {
        Kind::Text => true,
        Kind::Leaf => {
            let media = part.media_type();
            media.is("message", "*") || media.is("multipart", "*")
        }
        _ => false,
    }
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

    fn is_empty(&self) -> bool {
        self.finder.needle().is_empty()
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

    const PARTS: &[u8] = b"Subject: one\r\n\ttwo\r\n  three\r\n\
        To: \"=?utf-8?Q?K=C3=A4the?=\" <k@b.example>, =?utf-8?Q?Caf=C3=A9?=: e(c)@ (d) f.example;\r\n\
        Date: Sat, 21 Nov 2026 25:00:00 +9999\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html\r\n\r\nwords in html\r\n\
        --b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\
        --b\r\nContent-Type: image/gif; name=cat.gif\r\n\r\nGIF89a\r\n\
        --b\r\nContent-Type: multipart/lost\r\n\r\n--x\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: enclosed\r\n\r\nletter\r\n--b--\r\n";

    fn with_mail<T>(test: impl FnOnce(&Mail<'_>) -> T) -> T {
        with(MAIL, test)
    }

    fn with<T>(mail: &'static [u8], test: impl FnOnce(&Mail<'_>) -> T) -> T {
        let raw = Bytes::from_static(mail);
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

    /// RFC 9051 section 6.4.4: `TEXT` is the header, fields of MIME and the body, `BODY` no field.
    #[test]
    fn fields_of_parts_are_text_and_not_body() {
        let table = [
            ("words in HTML", true, true),
            ("action: failed", true, true),
            ("--x", true, true),
            ("letter", true, true),
            ("GIF89a", false, false),
            ("text/html", true, false),
            ("cat.gif", true, false),
            ("Subject: enclosed", true, false),
            ("one two three", true, false),
            ("", true, true),
        ];
        with(PARTS, |mail| {
            for (text, in_text, in_body) in table {
                let found = (mail.text(text), mail.body(text));
                assert_eq!(found, (Some(in_text), Some(in_body)), "{text}");
            }
        });
    }

    #[test]
    fn neither_folds_nor_punctuation_hide_a_field() {
        with(PARTS, |mail| {
            for subject in ["one two three", "one\ttwo", "two  three", ""] {
                assert_eq!(mail.header("subject", subject), Some(true), "{subject}");
            }
            assert_eq!(mail.header("subject", "onetwo"), Some(false));
            // RFC 2047 section 5 allows the second and forbids the first, which is sent all the same.
            for name in ["käthe", "CAFÉ", "k@b.example", "=?utf-8?Q?K", "e@f.example"] {
                assert_eq!(mail.header("to", name), Some(true), "{name}");
            }
        });
    }

    /// Time and zone are disregarded, so they may be nonsense.
    #[test]
    fn a_day_counts_without_a_time() {
        with(PARTS, |mail| {
            assert_eq!(mail.sent(), Some(Some((1_795_219_200, 0))));
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
