//! The defects that take reading values and bodies.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use memchr::{memchr, memchr_iter, memmem};

use crate::body::BodyDecoder;
use crate::defect::{Defect, Found};
use crate::field::address::Address;
use crate::field::lex::{Lexer, Token};
use crate::field::param::Params;
use crate::field::{Field, text};
use crate::message::{Message, Part};
use crate::name::Name;
use crate::node::{Encoding, Kind};

impl<'a> Message<'a> {
    /// Reads everything and lists what is wrong: the defects of the layout, then those of octets,
    /// values and bodies. At most `max` of them.
    ///
    /// It costs about as much as decoding the message: it is for filters and imports, not for each
    /// mail that is shown. Each kind is listed once for each field or body.
    ///
    /// ```
    /// use mime_core::{Defect, Layout, Limits};
    /// let mut layout = Layout::new();
    /// let message = layout.parse(b"From: a <b@c.example> <d@e.example>\r\n\r\n", &Limits::DEFAULT);
    /// assert_eq!(message.layout().defects().count(), 0);
    /// assert_eq!(message.audit(10)[0].kind, Defect::MalformedAddress);
    /// ```
    pub fn audit(&self, max: usize) -> Vec<Found> {
        let mut audit = Audit {
            found: Vec::new(),
            max,
        };
        self.layout().defects().for_each(|found| audit.push(found));
        audit.octets(self);
        for part in self.parts() {
            for field in part.header() {
                audit.field(&part, field);
            }
            audit.senders(&part);
            audit.filename(&part);
            audit.body(&part);
        }
        audit.found
    }
}

struct Audit {
    found: Vec<Found>,
    max: usize,
}

impl Audit {
    fn push(&mut self, found: Found) {
        if self.found.len() < self.max {
            self.found.push(found);
        }
    }

    fn add(&mut self, kind: Defect, part: &Part<'_>, at: u32, field: Option<Name>) {
        self.push(Found {
            kind,
            at,
            part: part.id(),
            field,
        });
    }

    /// The first NUL, bare CR and bare LF of the message.
    fn octets(&mut self, message: &Message<'_>) {
        let msg = message.raw();
        let is = |i: Option<usize>, b: u8| i.and_then(|i| msg.get(i)) == Some(&b);
        let bare_cr = memchr_iter(b'\r', msg).find(|i| !is(i.checked_add(1), b'\n'));
        let bare_lf = memchr_iter(b'\n', msg).find(|i| !is(i.checked_sub(1), b'\r'));
        let places = [
            (Defect::Nul, memchr(0, msg)),
            (Defect::BareCr, bare_cr),
            (Defect::BareLf, bare_lf),
        ];
        for (kind, at) in places {
            if let Some(at) = at {
                let at = at as u32;
                let holds = |part: &Part<'_>| part.entity_slice().range().contains(&(at as usize));
                let part = message
                    .parts()
                    .filter(holds)
                    .last()
                    .unwrap_or(message.root());
                self.add(kind, &part, at, None);
            }
        }
    }

    fn field(&mut self, part: &Part<'_>, field: Field<'_>) {
        let at = field.offset().unwrap_or(0);
        let name = Some(field.name()).filter(|name| *name != Name::Other);
        let mut add = |kind: Defect| self.add(kind, part, at, name);
        if str::from_utf8(field.raw()).is_err() {
            add(Defect::InvalidUtf8);
        }
        match field.name() {
            Name::From | Name::Sender | Name::ReplyTo | Name::To | Name::Cc | Name::Bcc => {
                addresses(field, &mut add);
            }
            Name::Date if field.date().is_none() => add(Defect::MalformedDate),
            Name::ContentType => {
                if let Some(media) = field.media_type() {
                    params(field, media.params(), &mut add);
                }
            }
            Name::ContentDisposition => {
                if let Some(disposition) = field.disposition() {
                    params(field, disposition.params(), &mut add);
                }
            }
            Name::Subject | Name::ContentDescription | Name::Other => {
                let value = text::unfold(field.value_raw());
                let words = memmem::find(&value, b"=?").is_some();
                if words && text::decode(&value, &mut String::new()) {
                    add(Defect::ControlInText);
                }
            }
            _ => {}
        }
    }

    /// RFC 5322 section 3.6.2: several authors name the one who sent it.
    fn senders(&mut self, part: &Part<'_>) {
        let header = part.header();
        let Some(from) = header.first(Name::From) else {
            return;
        };
        if header.first(Name::Sender).is_none() && from.addresses().mailboxes().nth(1).is_some() {
            let at = from.offset().unwrap_or(0);
            self.add(Defect::MultipleFrom, part, at, Some(Name::From));
        }
    }

    fn filename(&mut self, part: &Part<'_>) {
        let names = part
            .disposition()
            .into_iter()
            .flat_map(|d| d.param_readings("filename"));
        let more = part.media_type().param_readings("name");
        let mut all: Vec<Cow<'_, str>> = names.chain(more).map(text::decode_words).collect();
        all.sort_unstable();
        all.dedup();
        let at = part.header_slice().start;
        let mut add = |on: bool, kind| {
            if on {
                self.add(kind, part, at, None);
            }
        };
        add(all.len() > 1, Defect::ConflictingFilename);
        add(
            all.iter().any(|name| is_unsafe(name)),
            Defect::UnsafeFilename,
        );
        add(
            all.iter().any(|name| name.contains(is_bidi)),
            Defect::BidiControl,
        );
    }

    fn body(&mut self, part: &Part<'_>) {
        let kind = match part.encoding() {
            Encoding::Base64 => Defect::MalformedBase64,
            Encoding::QuotedPrintable => Defect::MalformedQuotedPrintable,
            Encoding::Identity | Encoding::Other => return,
        };
        if matches!(part.kind(), Kind::Multipart | Kind::Message) {
            return;
        }
        let mut decoder: BodyDecoder = part.decoder();
        let (mut rest, mut out) = (part.raw_body(), [0; 1024]);
        while !rest.is_empty() {
            let step = decoder.push(rest, &mut out);
            rest = rest.get(step.read..).unwrap_or(&[]);
        }
        decoder.finish(&mut out);
        let report = decoder.report();
        if !report.is_clean() {
            let problem = report.first_problem.unwrap_or(0) as u32;
            self.add(
                kind,
                part,
                part.body_slice().start.saturating_add(problem),
                None,
            );
        }
    }
}

fn addresses(field: Field<'_>, add: &mut impl FnMut(Defect)) {
    let (mut junk, mut encoded) = (false, false);
    let is_encoded = |octets: &[u8]| memmem::find(octets, b"=?").is_some();
    for address in field.addresses() {
        match address {
            Address::Junk(raw) => {
                junk = true;
                encoded |= is_encoded(raw) && memchr(b'@', raw).is_some();
            }
            Address::Mailbox(mailbox) => {
                encoded |= is_encoded(&mailbox.local()) || is_encoded(&mailbox.domain());
            }
            _ => {}
        }
    }
    let open = Lexer::new(field.value_raw()).any(|token| matches!(token, Token::Open(_)));
    let all = [
        (junk, Defect::MalformedAddress),
        (encoded, Defect::EncodedWordInAddress),
        (open, Defect::Unterminated),
    ];
    all.into_iter()
        .filter(|(on, _)| *on)
        .for_each(|(_, kind)| add(kind));
}

fn params(field: Field<'_>, params: Params<'_>, add: &mut impl FnMut(Defect)) {
    params.flaws().for_each(&mut *add);
    if Lexer::new(field.value_raw())
        .any(|token| matches!(token, Token::Open(b) if b.starts_with(b"\"")))
    {
        add(Defect::Unterminated);
    }
}

/// Not to be used as a name in a folder.
fn is_unsafe(name: &str) -> bool {
    name.contains(['/', '\\', ':', '\u{fffd}'])
        || name.contains(char::is_control)
        || name.is_empty()
        || name.starts_with('.')
}

/// Characters that change the direction of writing.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}
