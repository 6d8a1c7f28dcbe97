//! The structure of one message, from whatever the row has of it: a stored outline, a stored
//! layout, or the octets.

use std::ops::Range;

use crate::{Row, respond::Sink, syntax::SectionText};

#[cfg(feature = "mime")]
pub(super) use with_mime::{Shape, Structured, fields, header_end};
#[cfg(not(feature = "mime"))]
pub(super) use without_mime::{Shape, Structured, fields, header_end};

#[cfg(feature = "mime")]
mod with_mime {
    use mime_core::{
        Encoding, Header, Layout, LayoutRef, Limits, Message, Name, Outline, PartId, Section,
    };

    use super::super::pull::Fields;
    use super::*;
    use crate::respond;

    /// Room for the layout of a message that came without one.
    #[derive(Default)]
    pub(in super::super) struct Structured(Layout);

    /// What is known of the structure.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Shape<'a> {
        outline: Option<Outline<'a>>,
        layout: Option<LayoutRef<'a>>,
        message: Option<Message<'a>>,
        /// Where the header ends, and the message.
        head: Option<(u64, u64)>,
    }

    impl<'a> Shape<'a> {
        /// A stored layout that does not fit the octets is not believed: they are scanned.
        pub(in super::super) fn of(
            row: &Row<'a>,
            wanted: bool,
            room: &'a mut Structured,
        ) -> Shape<'a> {
            let message = row.raw.filter(|_| wanted).map(|raw| {
                let stored = row.layout.and_then(|layout| layout.on(raw).ok());
                stored.unwrap_or_else(|| room.0.parse(raw, &Limits::DEFAULT))
            });
            let of_message = message.map(|message| message.outline());
            let layout = of_message.or(row.outline).map(|outline| outline.layout());
            Shape {
                outline: of_message.or(row.outline),
                layout: layout.or(row.layout),
                message,
                head: row.head.zip(row.size),
            }
        }

        pub(in super::super) fn has_outline(&self) -> bool {
            self.outline.is_some()
        }

        pub(in super::super) fn has_layout(&self) -> bool {
            self.layout.is_some() || self.head.is_some()
        }

        pub(in super::super) fn write_envelope(&self, to: &mut impl Sink, utf8: bool) {
            if let Some(outline) = &self.outline {
                respond::envelope(to, &outline.envelope(), utf8);
            }
        }

        pub(in super::super) fn write_structure(
            &self,
            to: &mut impl Sink,
            extended: bool,
            utf8: bool,
        ) {
            if let Some(outline) = &self.outline {
                respond::body_structure(to, &outline.body_structure(), extended, utf8);
            }
        }

        /// Where a section lies; `None`: there is no such part.
        pub(in super::super) fn section(
            &self,
            path: &[u32],
            text: SectionText<'_>,
        ) -> Option<Range<u64>> {
            if let Some((head, size)) = self.head {
                return match text {
                    _ if !path.is_empty() => None,
                    SectionText::All => Some(0..size),
                    SectionText::Text => Some(head..size),
                    SectionText::Mime => None,
                    _ => Some(0..head),
                };
            }
            let what = match text {
                SectionText::All => Section::Whole,
                SectionText::Text => Section::Text,
                SectionText::Mime => Section::Mime,
                _ => Section::Header,
            };
            let slice = self.layout?.section(path, what)?;
            Some(u64::from(slice.start)..u64::from(slice.end))
        }

        /// Fields that a stored outline has copies of need no octet of the message.
        pub(in super::super) fn write_known_fields(
            &self,
            path: &[u32],
            fields: &Fields,
            to: &mut impl Sink,
        ) -> bool {
            let known = |name: &Vec<u8>| Name::of(name).is_outlined();
            let Some(outline) = self
                .outline
                .filter(|_| self.message.is_none() && !fields.not && !fields.alone)
            else {
                return false;
            };
            let header = outline.section_header(path, Section::Header);
            let Some(header) = header.filter(|_| fields.names.iter().all(known)) else {
                return false;
            };
            fields.write_literal(chosen(header, &fields.names, false), true, to);
            true
        }

        pub(in super::super) fn has_unknown_encoding(&self, path: &[u32]) -> bool {
            let part = self.part(path);
            part.is_some_and(|part| part.encoding() == Encoding::Other)
        }

        /// The body of a part without its transfer encoding; the message itself as it is.
        pub(in super::super) fn decoded(&self, path: &[u32]) -> Option<Vec<u8>> {
            if path.is_empty() {
                return self.message.map(|message| message.raw().to_vec());
            }
            let mut octets = Vec::new();
            let _ = self.part(path)?.decode_into(&mut octets);
            Some(octets)
        }

        /// The beginning of the text; `None`: the message is not at hand.
        pub(in super::super) fn preview<'b>(&self, room: &'b mut String) -> Option<&'b str> {
            /// RFC 8970 section 3.3 recommends it.
            const CHARACTERS: usize = 200;
            Some(self.message?.preview(room, CHARACTERS))
        }

        fn part(&self, path: &[u32]) -> Option<mime_core::Part<'a>> {
            let message = self.message?;
            let id = match path.is_empty() {
                true => PartId::ROOT,
                false => message.layout().section_part(path, Section::Body)?,
            };
            Some(message.part(id))
        }
    }

    /// Where the header of a message ends, of which these are the first octets.
    pub(in super::super) fn header_end(octets: &[u8]) -> u64 {
        let layout = Layout::scan(octets, &Limits::DEFAULT);
        let header = layout.as_ref().section(&[], Section::Header);
        header.map_or(0, |header| u64::from(header.end))
    }

    /// The fields of a header block that have these names, or have not.
    pub(in super::super) fn fields(header: &[u8], names: &[Vec<u8>], not: bool) -> Vec<u8> {
        chosen(Header::new(header), names, not)
    }

    fn chosen(header: Header<'_>, names: &[Vec<u8>], not: bool) -> Vec<u8> {
        let mut octets = Vec::new();
        let mut push = |raw: &[u8]| {
            octets.extend_from_slice(raw);
            if !raw.ends_with(b"\n") {
                octets.extend_from_slice(b"\r\n");
            }
        };
        match not {
            true => header.without(names).for_each(|field| push(field.raw())),
            false => header.selected(names).for_each(|field| push(field.raw())),
        }
        octets
    }
}

/// Without the parser no structure is known: what needs it is left out.
#[cfg(not(feature = "mime"))]
mod without_mime {
    use super::super::pull::Fields;
    use super::*;

    #[derive(Default)]
    pub(in super::super) struct Structured(());

    #[derive(Clone, Copy)]
    pub(in super::super) struct Shape<'a>(std::marker::PhantomData<&'a ()>);

    impl<'a> Shape<'a> {
        pub(in super::super) fn of(_: &Row<'a>, _: bool, _: &'a mut Structured) -> Shape<'a> {
            Shape(std::marker::PhantomData)
        }

        pub(in super::super) fn has_outline(&self) -> bool {
            false
        }

        pub(in super::super) fn has_layout(&self) -> bool {
            false
        }

        pub(in super::super) fn write_envelope(&self, _: &mut impl Sink, _: bool) {}

        pub(in super::super) fn write_structure(&self, _: &mut impl Sink, _: bool, _: bool) {}

        pub(in super::super) fn section(
            &self,
            _: &[u32],
            _: SectionText<'_>,
        ) -> Option<Range<u64>> {
            None
        }

        pub(in super::super) fn write_known_fields(
            &self,
            _: &[u32],
            _: &Fields,
            _: &mut impl Sink,
        ) -> bool {
            false
        }

        pub(in super::super) fn has_unknown_encoding(&self, _: &[u32]) -> bool {
            false
        }

        pub(in super::super) fn decoded(&self, _: &[u32]) -> Option<Vec<u8>> {
            None
        }

        pub(in super::super) fn preview<'b>(&self, _: &'b mut String) -> Option<&'b str> {
            None
        }
    }

    pub(in super::super) fn header_end(_: &[u8]) -> u64 {
        0
    }

    pub(in super::super) fn fields(_: &[u8], _: &[Vec<u8>], _: bool) -> Vec<u8> {
        Vec::new()
    }
}
