//! What a mail says about the thread it belongs to.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::field::Field;
use crate::field::lex::{Lexer, Token, unquote_into};
use crate::field::msgid::{MsgId, MsgIds};
use crate::header::Header;
use crate::limits::Pick;
use crate::name::Name;
use crate::outline::Outline;
use crate::thread::BaseSubject;

/// As many references of one mail count, from the last back: the last are its nearest ancestors.
/// Mail software keeps a few dozen; a hostile mail has no more say than others.
pub const MAX_REFERENCES: usize = 128;

/// What a mail says about the thread it belongs to.
#[derive(Clone, Debug, Default)]
pub struct Keys<'a> {
    id: Option<MsgId<'a>>,
    references: MsgIds<'a>,
    in_reply_to: Option<MsgId<'a>>,
    subject: BaseSubject<'a>,
}

impl<'a> Outline<'a> {
    /// What the message says about the thread it belongs to. A stored outline has it, too.
    pub fn thread_keys(&self) -> Keys<'a> {
        let root = self.root_node();
        Keys::read(root.header(), root.reading().pick)
    }
}

impl<'a> Keys<'a> {
    /// Of a mail with this header; of several fields of one name, the first counts.
    pub fn of(header: Header<'a>) -> Self {
        Keys::read(header, Pick::First)
    }

    /// Of the values of Message-ID, References and In-Reply-To, each with its angle brackets or
    /// empty, and of the decoded subject: what a database may have.
    ///
    /// ```
    /// use mime_core::thread::Keys;
    /// let keys = Keys::new(b"<2@a>", b"<0@a> <1@a>", b"", "Re: lunch");
    /// let refs: Vec<_> = keys.references().collect();
    /// assert_eq!(refs, [&b"0@a"[..], b"1@a"]);
    /// assert_eq!(keys.subject().text(), "lunch");
    /// ```
    pub fn new(
        message_id: &'a [u8],
        references: &'a [u8],
        in_reply_to: &'a [u8],
        subject: impl Into<Cow<'a, str>>,
    ) -> Self {
        Keys {
            id: MsgIds::new(message_id).next(),
            references: MsgIds::new(references),
            in_reply_to: MsgIds::new(in_reply_to).next(),
            subject: BaseSubject::of(subject),
        }
    }

    /// The header is read once.
    fn read(header: Header<'a>, pick: Pick) -> Self {
        let mut fields = [None; 4];
        for field in header {
            let place = match field.name() {
                Name::MessageId => 0,
                Name::References => 1,
                Name::InReplyTo => 2,
                Name::Subject => 3,
                _ => continue,
            };
            if let Some(kept) = fields.get_mut(place)
                && (kept.is_none() || pick == Pick::Last)
            {
                *kept = Some(field);
            }
        }
        let [id, references, in_reply_to, subject] = fields;
        let ids = |field: Option<Field<'a>>| field.map_or(MsgIds::new(b""), |field| field.ids());
        Keys {
            id: ids(id).next(),
            references: ids(references),
            in_reply_to: ids(in_reply_to).next(),
            subject: BaseSubject::of(subject.map_or(Cow::Borrowed(""), |field| field.text())),
        }
    }

    /// Its own id, normalised: see [`MsgId::normalized`].
    pub fn id(&self) -> Option<Cow<'a, [u8]>> {
        self.id.map(MsgId::normalized)
    }

    /// Its ancestors, the oldest first, normalised: the ids of References, or the first of
    /// In-Reply-To if there are none (RFC 5256 section 3). At most [`MAX_REFERENCES`].
    pub fn references(&self) -> impl Iterator<Item = Cow<'a, [u8]>> + use<'a> {
        let count = self.references.count();
        let skipped = self.references.skip(count.saturating_sub(MAX_REFERENCES));
        let instead = self.in_reply_to.filter(|_| count == 0);
        skipped.chain(instead).map(MsgId::normalized)
    }

    /// All ids that tie it to other mails, normalised, each once: its own, its ancestors, and the
    /// first of In-Reply-To. At most [`MAX_REFERENCES`] and two.
    pub fn ids(&self) -> Vec<Cow<'a, [u8]>> {
        let answered = self.in_reply_to.map(MsgId::normalized);
        let mut ids: Vec<_> = self.references().chain(answered).chain(self.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Its base subject.
    pub fn subject(&self) -> &BaseSubject<'a> {
        &self.subject
    }

    /// Whether its subject says that it is a reply or a forward.
    pub fn is_reply(&self) -> bool {
        self.subject.is_reply()
    }
}

impl<'a> MsgId<'a> {
    /// The id without white space, comments and needless quotes, so that two ways to write one id
    /// compare equal (RFC 5256 section 3). The case of letters counts. Allocates only to leave
    /// something out.
    ///
    /// ```
    /// use mime_core::MsgId;
    /// assert_eq!(MsgId(br#""a"@b.example"#).normalized().as_ref(), b"a@b.example");
    /// ```
    pub fn normalized(self) -> Cow<'a, [u8]> {
        let is_plain = |b: &u8| !matches!(b, b'"' | b'(' | b'\\' | 0..=b' ');
        if self.0.iter().all(is_plain) {
            return Cow::Borrowed(self.0);
        }
        let mut out = Vec::with_capacity(self.0.len());
        for token in Lexer::new(self.0) {
            match token {
                Token::Atom(octets) | Token::Literal(octets) | Token::Open(octets) => {
                    out.extend_from_slice(octets);
                }
                Token::Quoted(octets) => unquote_into(octets, &mut out),
                Token::Special(octet) | Token::Control(octet) => out.push(octet),
                Token::Comment(_) => {}
            }
        }
        Cow::Owned(out)
    }
}
