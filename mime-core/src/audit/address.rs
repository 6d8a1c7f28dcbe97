//! Address fields: whose mail two readers see.

use memchr::{memchr, memmem};

use super::words::{is_word, malformed_word};
use super::{Audit, is_blank, value_of};
use crate::defect::Defect;
use crate::field::Field;
use crate::field::address::Address;
use crate::field::lex::{Lexer, Token};
use crate::message::Part;
use crate::name::Name;

/// What was seen since the last comma.
#[derive(Default)]
struct Member<'a> {
    begun: Option<&'a [u8]>,
    /// Between angle brackets, or behind them.
    inside: bool,
    angle: bool,
    at_sign: bool,
    /// The last token, if nothing stands between it and what comes now.
    last: Option<(Token<'a>, &'a [u8])>,
    /// A comment behind something that may be an address.
    comment: Option<&'a [u8]>,
}

impl<'a> Audit<'a> {
    pub(super) fn addresses(&mut self, part: &Part<'a>, field: Field<'a>) {
        if is_blank(field) {
            self.add_in(Defect::EmptyValue, part, field, value_of(field));
            return;
        }
        self.address_tokens(part, field);
        self.mailboxes(part, field);
    }

    fn address_tokens(&mut self, part: &Part<'a>, field: Field<'a>) {
        let value = field.value_raw();
        let sender = matches!(field.name(), Name::From | Name::Sender);
        let mut member = Member::default();
        let (mut in_group, mut words_from) = (false, 0);
        let mut lexer = Lexer::new(value);
        while let Some(token) = lexer.next() {
            let to = lexer.at();
            let from = to.saturating_sub(len(token));
            let octets = value.get(from..to).unwrap_or(&[]);
            if let Token::Quoted(_) | Token::Comment(_) = token {
                self.words(part, field, value.get(words_from..from));
                words_from = to;
            }
            match token {
                Token::Special(b',') if !member.inside => member = Member::default(),
                Token::Special(b';') if !member.inside => {
                    if !core::mem::take(&mut in_group) {
                        self.add_in(Defect::SemicolonList, part, field, octets);
                    }
                    member = Member::default();
                }
                Token::Special(b':') if !member.inside && !member.at_sign => {
                    in_group = true;
                    if sender {
                        let name = member.begun.unwrap_or(octets);
                        self.add_in(Defect::GroupAsSender, part, field, name);
                    }
                    member = Member::default();
                }
                Token::Open(_) => self.add_in(Defect::Unterminated, part, field, octets),
                _ => {
                    self.member_token(part, field, &member, token, octets);
                    member.step(token, octets);
                }
            }
        }
        self.words(part, field, value.get(words_from..));
    }

    fn member_token(
        &mut self,
        part: &Part<'a>,
        field: Field<'a>,
        member: &Member<'a>,
        token: Token<'a>,
        octets: &'a [u8],
    ) {
        let last = member.last.map(|(token, _)| token);
        let kind = match token {
            Token::Special(b'<') if member.angle || member.at_sign => Defect::TwoAddresses,
            Token::Special(b'@') if !member.inside && (member.angle || member.at_sign) => {
                Defect::TwoAddresses
            }
            Token::Special(b'@' | b',') if last == Some(Token::Special(b'<')) => {
                Defect::SourceRoute
            }
            Token::Comment(_) if member.inside || last == Some(Token::Special(b'@')) => {
                Defect::CommentInAddress
            }
            Token::Special(b'@') => return self.local_part(part, field, member),
            Token::Special(b'.') if member.at_sign => {
                if let Some(comment) = member.comment {
                    self.add_in(Defect::CommentInAddress, part, field, comment);
                }
                return;
            }
            Token::Atom(word) if member.inside || last == Some(Token::Special(b'@')) => {
                let Some(at) = memmem::find(word, b"=?") else {
                    return;
                };
                let word = word.get(at..).unwrap_or(word);
                return self.add_in(Defect::EncodedWordInAddress, part, field, word);
            }
            Token::Quoted(inner) => {
                let word = memmem::find(inner, b"=?").and_then(|at| inner.get(at..));
                if let Some(word) = word.filter(|word| is_word(word)) {
                    self.add_in(Defect::EncodedWordInQuotes, part, field, word);
                }
                return;
            }
            _ => return,
        };
        self.add_in(kind, part, field, octets);
    }

    /// What stands before an at sign.
    fn local_part(&mut self, part: &Part<'a>, field: Field<'a>, member: &Member<'a>) {
        if let Some(comment) = member.comment {
            self.add_in(Defect::CommentInAddress, part, field, comment);
        }
        match member.last {
            Some((Token::Quoted(inner), octets)) if memchr(b'@', inner).is_some() => {
                self.add_in(Defect::AtInLocalPart, part, field, octets);
            }
            Some((Token::Atom(word), _)) => {
                if let Some(at) = memmem::find(word, b"=?") {
                    let word = word.get(at..).unwrap_or(word);
                    self.add_in(Defect::EncodedWordInAddress, part, field, word);
                }
            }
            _ => {}
        }
    }

    /// What the addresses are, after all.
    fn mailboxes(&mut self, part: &Part<'a>, field: Field<'a>) {
        let mut mailboxes = 0;
        for address in field.addresses() {
            let name = match address {
                Address::Junk(raw) => {
                    self.add_in(Defect::MalformedAddress, part, field, raw);
                    let word = memmem::find(raw, b"=?").and_then(|at| raw.get(at..));
                    if let Some(word) = word.filter(|_| memchr(b'@', raw).is_some()) {
                        self.add_in(Defect::EncodedWordInAddress, part, field, word);
                    }
                    continue;
                }
                Address::Mailbox(mailbox) => {
                    mailboxes += 1;
                    if mailboxes == 2 {
                        self.second_mailbox(part, field, mailbox.local_raw());
                    }
                    let Some(name) = mailbox.name() else { continue };
                    let decoded = name.decoded();
                    let same = |spec: &str| decoded.contains(spec);
                    if decoded.contains('@') && !mailbox.addr_spec().as_deref().is_some_and(same) {
                        self.add_in(Defect::AddressInName, part, field, name.raw());
                    }
                    name
                }
                Address::GroupStart(name) => name,
                _ => continue,
            };
            if name.decoded().contains(super::filename::is_bidi) {
                self.add_in(Defect::BidiControl, part, field, name.raw());
            }
        }
    }

    /// RFC 5322 section 3.6.2: several authors name the one who sent it, and that is one.
    fn second_mailbox(&mut self, part: &Part<'a>, field: Field<'a>, local: &'a [u8]) {
        let mut has_sender = || {
            let look = || part.header().first(Name::Sender).is_some();
            *self.has_sender.get_or_insert_with(look)
        };
        let kind = match field.name() {
            Name::From if !has_sender() => Defect::MultipleFrom,
            Name::Sender => Defect::MultipleSender,
            _ => return,
        };
        self.add_in(kind, part, field, local);
    }

    fn words(&mut self, part: &Part<'a>, field: Field<'a>, octets: Option<&'a [u8]>) {
        if let Some(word) = octets.and_then(malformed_word) {
            self.add_in(Defect::MalformedEncodedWord, part, field, word);
        }
    }
}

impl<'a> Member<'a> {
    fn step(&mut self, token: Token<'a>, octets: &'a [u8]) {
        self.begun.get_or_insert(octets);
        match token {
            Token::Special(b'<') => (self.inside, self.angle) = (true, true),
            Token::Special(b'>') => self.inside = false,
            Token::Special(b'@') if !self.inside => self.at_sign = true,
            _ => {}
        }
        self.comment = match token {
            Token::Comment(_) if self.last.is_some() => Some(octets),
            _ => None,
        };
        if !matches!(token, Token::Comment(_)) {
            self.last = Some((token, octets));
        }
    }
}

/// How many octets a token has on the wire.
fn len(token: Token<'_>) -> usize {
    match token {
        Token::Atom(octets) | Token::Literal(octets) | Token::Open(octets) => octets.len(),
        Token::Quoted(inner) | Token::Comment(inner) => inner.len() + 2,
        Token::Special(_) | Token::Control(_) => 1,
    }
}
