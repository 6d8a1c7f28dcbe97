//! Message disposition notifications (RFC 8098, RFC 3798, RFC 6533 section 5).

use alloc::borrow::Cow;

use crate::field::lex::{self, Lexer, Token};
use crate::field::msgid::MsgId;
use crate::header::Header;
use crate::report::Parts;
use crate::report::group::{self, Block, Typed};

/// What a reader, or their software, did with a mail.
#[derive(Clone, Copy, Debug)]
pub struct Notification<'a> {
    parts: Parts<'a>,
    body: Block<'a>,
}

impl<'a> Notification<'a> {
    pub(super) fn new(parts: Parts<'a>, body: Block<'a>) -> Self {
        Notification { parts, body }
    }

    /// The parts that the report is made of.
    pub fn parts(&self) -> Parts<'a> {
        self.parts
    }

    /// Its fields.
    pub fn fields(&self) -> Header<'a> {
        self.body.groups().next().unwrap_or_default().header()
    }

    /// Reporting-UA: the name of the software, often with its product behind a semicolon.
    pub fn reporting_ua(&self) -> Option<Cow<'a, str>> {
        group::text(self.fields(), "Reporting-UA")
    }

    /// MDN-Gateway: who translated the notification of another mail system.
    pub fn gateway(&self) -> Option<Typed<'a>> {
        group::typed(self.fields(), "MDN-Gateway")
    }

    /// Original-Recipient: what the sender gave as ORCPT.
    pub fn original_recipient(&self) -> Option<Typed<'a>> {
        group::typed(self.fields(), "Original-Recipient")
    }

    /// Final-Recipient: whose mail it was.
    pub fn final_recipient(&self) -> Option<Typed<'a>> {
        group::typed(self.fields(), "Final-Recipient")
    }

    /// Original-Message-ID: of the mail that the notification is about.
    pub fn original_message_id(&self) -> Option<MsgId<'a>> {
        group::field(self.fields(), "Original-Message-ID")?
            .ids()
            .next()
    }

    /// Disposition: what was done.
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        Disposition::parse(group::field(self.fields(), "Disposition")?.value_raw())
    }

    /// What went wrong: the texts of the fields Error, and of Failure and Warning, which older
    /// software writes (RFC 3798).
    pub fn errors(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let errors = self.fields().iter().filter(|field| {
            let mut names = ["Error", "Failure", "Warning"].iter();
            names.any(|name| field.is_named(name.as_bytes()))
        });
        errors.map(|field| field.text())
    }
}

/// What was done with a mail (RFC 8098 section 3.2.6).
#[derive(Clone, Copy, Debug)]
pub struct Disposition<'a> {
    automatic: bool,
    sent_automatically: bool,
    kind: &'a [u8],
    /// What stands behind the semicolon.
    rest: &'a [u8],
}

impl<'a> Disposition<'a> {
    /// `mode / mode ; kind [/ modifier {, modifier}]`, with white space and comments anywhere. Old
    /// software leaves out the modes.
    fn parse(value: &'a [u8]) -> Option<Self> {
        let mut tokens = Lexer::new(value);
        tokens.find(|token| *token == Token::Special(b';'))?;
        let (modes, rest) = value.split_at_checked(tokens.at())?;
        let mut modes = words(modes);
        let mut is = |name: &[u8]| {
            let mode = modes.next();
            mode.is_some_and(|mode| mode.eq_ignore_ascii_case(name))
        };
        Some(Disposition {
            automatic: !is(b"manual-action"),
            sent_automatically: !is(b"mdn-sent-manually"),
            kind: words(rest).next()?,
            rest,
        })
    }

    /// Whether software did it by itself (`automatic-action`), and no person asked for it.
    pub fn is_automatic(&self) -> bool {
        self.automatic
    }

    /// Whether the notification was sent without asking (`MDN-sent-automatically`).
    pub fn is_sent_automatically(&self) -> bool {
        self.sent_automatically
    }

    /// What was done; `None` for a word that no standard knows.
    pub fn kind(&self) -> Option<Disposed> {
        Disposed::of(self.kind)
    }

    /// The word that says what was done, as it stands.
    pub fn kind_raw(&self) -> &'a [u8] {
        self.kind
    }

    /// What else is said of it: `error` and others.
    pub fn modifiers(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        words(self.rest).skip(1)
    }

    /// Whether the modifiers say that it went wrong.
    pub fn is_error(&self) -> bool {
        self.modifiers()
            .any(|word| word.eq_ignore_ascii_case(b"error"))
    }
}

/// The words between slashes and commas. For the lexer the slash is part of a word.
fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let words = lex::atoms(value).flat_map(|atom| atom.split(|b| *b == b'/'));
    words.filter(|word| !word.is_empty())
}

/// What was done with a mail, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Disposed {
    /// It was shown; nobody knows whether it was read.
    Displayed,
    /// It was deleted, perhaps after it was displayed.
    Deleted,
    /// It was sent on, printed or faxed.
    Dispatched,
    /// It was processed without being displayed.
    Processed,
    /// The recipient does not want to tell (RFC 2298; later standards have it no more).
    Denied,
    /// No sensible notification could be made (RFC 2298; later standards have it no more).
    Failed,
}

impl Disposed {
    fn of(word: &[u8]) -> Option<Disposed> {
        const WORDS: [(&[u8], Disposed); 6] = [
            (b"displayed", Disposed::Displayed),
            (b"deleted", Disposed::Deleted),
            (b"dispatched", Disposed::Dispatched),
            (b"processed", Disposed::Processed),
            (b"denied", Disposed::Denied),
            (b"failed", Disposed::Failed),
        ];
        let mut words = WORDS.iter();
        let named = words.find(|(name, _)| name.eq_ignore_ascii_case(word));
        named.map(|(_, kind)| *kind)
    }
}
