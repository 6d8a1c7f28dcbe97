//! What a header lacks, and parts that are not what they hold.

use super::{Audit, name_of, start_of};
use crate::defect::Defect;
use crate::message::Part;
use crate::name::Name;

/// The subtypes of multipart that the registry of media types has.
const MULTIPARTS: [&str; 19] = [
    "mixed",
    "alternative",
    "digest",
    "parallel",
    "related",
    "report",
    "signed",
    "encrypted",
    "form-data",
    "byteranges",
    "appledouble",
    "header-set",
    "multilingual",
    "voice-message",
    "example",
    "vnd.bint.med-plus",
    "x-mixed-replace",
    "x-mixed",
    "x-report",
];

impl<'a> Audit<'a> {
    /// RFC 5322 section 3.6, RFC 2045 section 4: what the header of a message needs.
    pub(super) fn message_fields(&mut self) {
        let root = self.message.root();
        let header = root.header();
        let start = root.header_slice().start as usize;
        for name in [Name::From, Name::Date] {
            self.begin();
            if header.first(name).is_none() {
                self.add(Defect::MissingField, &root, start, Some(name));
            }
        }
        self.begin();
        let version = Some(Name::MimeVersion);
        match header.first(Name::MimeVersion) {
            Some(field) if header.mime_version() != Some((1, 0)) => {
                self.add(Defect::UnknownMimeVersion, &root, start_of(field), version);
            }
            Some(_) => {}
            None => {
                let is_mime =
                    |name: Name| matches!(name, Name::ContentType | Name::ContentTransferEncoding);
                if let Some(field) = header.iter().find(|field| is_mime(field.name())) {
                    self.add(Defect::MissingMimeVersion, &root, start_of(field), version);
                }
            }
        }
    }

    pub(super) fn entity(&mut self, part: &Part<'a>) {
        let media = part.media_type();
        let known = |name: &&str| media.is("multipart", name);
        let kind = if media.is("message", "partial") {
            Defect::PartialMessage
        } else if media.is("message", "external-body") {
            Defect::ExternalBody
        } else if media.is("multipart", "*") && !MULTIPARTS.iter().any(known) {
            Defect::UnknownMultipart
        } else {
            return;
        };
        if let Some(field) = part.field(Name::ContentType) {
            self.add(kind, part, start_of(field), name_of(field));
        }
    }
}
