//! The peer's values, written by `respond`: both sides start from the same structure, which stands
//! ready, and end with the same octets.

use imap_codec::imap_types::{
    body::{BasicFields, BodyStructure, Disposition, SpecificFields},
    core::{IString, NString},
    envelope::{Address, Envelope},
    fetch::MessageDataItem,
    flag::{Flag, FlagFetch},
    response::{Data, Response},
};
use imap_proto::{
    System,
    respond::{self, Page, Sink},
};

/// Appends the line of a FETCH response.
pub fn line(out: &mut Vec<u8>, response: &Response<'_>) {
    let Response::Data(Data::Fetch { seq, items }) = response else {
        panic!("no FETCH response: {response:?}");
    };
    let out = &mut Page::new(out);
    out.put(b"* ");
    respond::number(out, seq.get().into());
    let mut before: &[u8] = b" FETCH (";
    for item in items.as_ref() {
        out.put(before);
        data(out, item);
        before = b" ";
    }
    out.put(b")\r\n");
}

fn data(out: &mut impl Sink, item: &MessageDataItem<'_>) {
    match item {
        MessageDataItem::Uid(uid) => {
            out.put(b"UID ");
            respond::number(out, uid.get().into());
        }
        MessageDataItem::Flags(flags) => {
            out.put(b"FLAGS ");
            let flags = flags.iter().map(|flag| match flag {
                FlagFetch::Flag(Flag::Seen) => System::SEEN,
                other => panic!("not in these lines: {other:?}"),
            });
            let flags = flags.fold(System::default(), |all, flag| all | flag);
            respond::flags(out, flags.into(), None);
        }
        MessageDataItem::InternalDate(date) => {
            let date = date.as_ref();
            let minutes = date.offset().local_minus_utc() / 60;
            out.put(b"INTERNALDATE ");
            respond::internal_date(out, date.timestamp(), minutes as i16);
        }
        MessageDataItem::Rfc822Size(size) => {
            out.put(b"RFC822.SIZE ");
            respond::number(out, (*size).into());
        }
        MessageDataItem::Envelope(of) => {
            out.put(b"ENVELOPE ");
            envelope(out, of);
        }
        MessageDataItem::BodyStructure(of) => {
            out.put(b"BODYSTRUCTURE ");
            structure(out, of);
        }
        other => panic!("not in these lines: {other:?}"),
    }
}

fn envelope(out: &mut impl Sink, of: &Envelope<'_>) {
    out.put(b"(");
    nstring(out, &of.date);
    out.put(b" ");
    nstring(out, &of.subject);
    for list in [&of.from, &of.sender, &of.reply_to, &of.to, &of.cc, &of.bcc] {
        addresses(out, list);
    }
    out.put(b" ");
    nstring(out, &of.in_reply_to);
    out.put(b" ");
    nstring(out, &of.message_id);
    out.put(b")");
}

fn addresses(out: &mut impl Sink, list: &[Address<'_>]) {
    if list.is_empty() {
        return out.put(b" NIL");
    }
    out.put(b" (");
    for address in list {
        out.put(b"(");
        nstring(out, &address.name);
        for part in [&address.adl, &address.mailbox, &address.host] {
            out.put(b" ");
            nstring(out, part);
        }
        out.put(b")");
    }
    out.put(b")");
}

fn structure(out: &mut impl Sink, of: &BodyStructure<'_>) {
    out.put(b"(");
    match of {
        BodyStructure::Single {
            body,
            extension_data,
        } => {
            single(out, &body.basic, &body.specific);
            if let Some(extension) = extension_data {
                out.put(b" ");
                nstring(out, &extension.md5);
                placement(out, extension.tail.as_ref());
            }
        }
        BodyStructure::Multi {
            bodies,
            subtype,
            extension_data,
        } => {
            for body in bodies.as_ref() {
                structure(out, body);
            }
            out.put(b" ");
            string(out, subtype);
            if let Some(extension) = extension_data {
                params(out, &extension.parameter_list);
                placement(out, extension.tail.as_ref());
            }
        }
    }
    out.put(b")");
}

fn single(out: &mut impl Sink, basic: &BasicFields<'_>, specific: &SpecificFields<'_>) {
    match specific {
        SpecificFields::Basic { r#type, subtype } => {
            string(out, r#type);
            out.put(b" ");
            string(out, subtype);
        }
        SpecificFields::Message { .. } => out.put(b"\"message\" \"rfc822\""),
        SpecificFields::Text { subtype, .. } => {
            out.put(b"\"text\" ");
            string(out, subtype);
        }
    }
    params(out, &basic.parameter_list);
    out.put(b" ");
    nstring(out, &basic.id);
    out.put(b" ");
    nstring(out, &basic.description);
    out.put(b" ");
    string(out, &basic.content_transfer_encoding);
    out.put(b" ");
    respond::number(out, basic.size.into());
    match specific {
        SpecificFields::Basic { .. } => {}
        SpecificFields::Message {
            envelope: inner,
            body_structure,
            number_of_lines,
        } => {
            out.put(b" ");
            envelope(out, inner);
            out.put(b" ");
            structure(out, body_structure);
            out.put(b" ");
            respond::number(out, (*number_of_lines).into());
        }
        SpecificFields::Text {
            number_of_lines, ..
        } => {
            out.put(b" ");
            respond::number(out, (*number_of_lines).into());
        }
    }
}

/// Disposition, languages and location.
fn placement(out: &mut impl Sink, of: Option<&Disposition<'_>>) {
    let Some(of) = of else { return };
    match &of.disposition {
        Some((kind, list)) => {
            out.put(b" (");
            string(out, kind);
            params(out, list);
            out.put(b")");
        }
        None => out.put(b" NIL"),
    }
    let Some(language) = &of.tail else { return };
    match &language.language[..] {
        [] => out.put(b" NIL"),
        [only] => {
            out.put(b" ");
            string(out, only);
        }
        several => {
            let mut before: &[u8] = b" (";
            for tag in several {
                out.put(before);
                string(out, tag);
                before = b" ";
            }
            out.put(b")");
        }
    }
    if let Some(location) = &language.tail {
        out.put(b" ");
        nstring(out, &location.location);
    }
}

fn params(out: &mut impl Sink, list: &[(IString<'_>, IString<'_>)]) {
    if list.is_empty() {
        return out.put(b" NIL");
    }
    let mut before: &[u8] = b" (";
    for (name, value) in list {
        out.put(before);
        string(out, name);
        out.put(b" ");
        string(out, value);
        before = b" ";
    }
    out.put(b")");
}

fn string(out: &mut impl Sink, text: &IString<'_>) {
    respond::string(out, text.as_ref(), false);
}

fn nstring(out: &mut impl Sink, text: &NString<'_>) {
    respond::nstring(out, text.0.as_ref().map(AsRef::as_ref), false);
}
