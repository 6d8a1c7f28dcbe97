//! The defects that take reading values and bodies.

mod address;
mod body;
mod boundary;
mod entity;
mod filename;
mod octets;
mod param;
mod words;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::defect::{Defect, Found};
use crate::field::Field;
use crate::layout::PartId;
use crate::message::{Message, Part};
use crate::name::Name;
use crate::section::Slice;

impl<'a> Message<'a> {
    /// Reads everything and lists what is wrong: the defects of the layout, then those of octets,
    /// delimiters, values and bodies. At most `max` of them.
    ///
    /// It costs about as much as decoding the message, and no memory that grows with bodies: it is
    /// for filters and imports, not for each mail that is shown. Each kind is listed once for each
    /// field or body, with the offset of the first octet that makes it. A message that is encoded
    /// is not looked into: audit [`Part::embedded`] for that.
    ///
    /// ```
    /// use mime_core::{Defect, Layout, Limits, Severity};
    /// let msg = b"From: a <b@c.example> <d@e.example>\r\nDate: Sat, 21 Nov 2026 01:00 +0000\r\n\r\n";
    /// let mut layout = Layout::new();
    /// let message = layout.parse(msg, &Limits::DEFAULT);
    /// assert_eq!(message.layout().defects().count(), 0);
    /// let found = message.audit(10)[0];
    /// assert_eq!(found.kind, Defect::TwoAddresses);
    /// assert_eq!(found.kind.severity(), Severity::Ambiguous);
    /// assert!(msg[found.at as usize..].starts_with(b"<d@e.example>"));
    /// ```
    pub fn audit(&self, max: usize) -> Vec<Found> {
        let mut audit = Audit {
            message: *self,
            found: Vec::new(),
            max,
            since: 0,
            repeating: BTreeSet::new(),
            binary: Vec::new(),
            has_sender: None,
        };
        for found in self.layout().defects() {
            if found.kind == Defect::DuplicateParameter {
                audit.repeating.insert(found.part);
            }
            audit.push(found);
        }
        audit.begin();
        audit.octets();
        audit.delimiters();
        audit.message_fields();
        for part in self.parts() {
            if audit.found.len() >= max {
                break;
            }
            audit.has_sender = None;
            for field in part.header() {
                audit.field(&part, field);
            }
            audit.part(&part);
        }
        audit.found
    }
}

struct Audit<'a> {
    message: Message<'a>,
    found: Vec<Found>,
    max: usize,
    /// Where the defects of the field or body begin that is being read.
    since: usize,
    /// The parts in which [`Defect::DuplicateParameter`] is listed: once for all their fields.
    repeating: BTreeSet<PartId>,
    /// The binary bodies, in order.
    binary: Vec<Slice>,
    /// Whether the part that is being read has a Sender, once that is known.
    has_sender: Option<bool>,
}

impl<'a> Audit<'a> {
    fn push(&mut self, found: Found) {
        if self.found.len() < self.max {
            self.found.push(found);
        }
    }

    /// A new field or body: each kind may be listed again.
    fn begin(&mut self) {
        self.since = self.found.len();
    }

    /// Lists a kind for the field or body that is being read, the first time only.
    fn add(&mut self, kind: Defect, part: &Part<'a>, at: usize, field: Option<Name>) {
        let listed = self.found.get(self.since..).unwrap_or(&[]);
        if !listed.iter().any(|found| found.kind == kind) {
            self.push(Found {
                kind,
                at: at as u32,
                part: part.id(),
                field,
            });
        }
    }

    /// The same, for something in a field; `octets` are of the message.
    fn add_in(&mut self, kind: Defect, part: &Part<'a>, field: Field<'a>, octets: &'a [u8]) {
        let at = self.offset(octets).unwrap_or_else(|| start_of(field));
        self.add(kind, part, at, name_of(field));
    }

    /// Where these octets of the message are in it.
    fn offset(&self, octets: &'a [u8]) -> Option<usize> {
        let raw = self.message.raw();
        let at = octets.as_ptr().addr().checked_sub(raw.as_ptr().addr())?;
        (at + octets.len() <= raw.len()).then_some(at)
    }

    fn field(&mut self, part: &Part<'a>, field: Field<'a>) {
        self.begin();
        self.field_octets(part, field);
        match field.name() {
            Name::From | Name::Sender | Name::ReplyTo | Name::To | Name::Cc | Name::Bcc => {
                self.addresses(part, field);
            }
            Name::Date if field.date().is_none() => {
                self.add_in(Defect::MalformedDate, part, field, value_of(field));
            }
            Name::ContentType | Name::ContentDisposition => self.params(part, field),
            Name::ContentTransferEncoding => self.encoding(part, field),
            Name::Subject | Name::ContentDescription | Name::Other => self.text(part, field),
            _ => {}
        }
    }

    fn part(&mut self, part: &Part<'a>) {
        self.begin();
        self.entity(part);
        self.filenames(part);
        self.body(part);
    }
}

fn start_of(field: Field<'_>) -> usize {
    field.offset().unwrap_or(0) as usize
}

fn name_of(field: Field<'_>) -> Option<Name> {
    Some(field.name()).filter(|name| *name != Name::Other)
}

/// The value, from its first octet that is no white space; all of it, if there is none.
fn value_of<'a>(field: Field<'a>) -> &'a [u8] {
    let value = field.value_raw();
    let trimmed = value.trim_ascii_start();
    if trimmed.is_empty() { value } else { trimmed }
}

fn is_blank(field: Field<'_>) -> bool {
    field.value_raw().trim_ascii().is_empty()
}
