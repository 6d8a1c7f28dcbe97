//! ENVELOPE: RFC 9051 section 7.5.2.

use std::borrow::Cow;

use mime_core::{Address, Envelope, Field};

use super::Page;
use super::string::{Sink, nstring, string};

/// The ten fields of an ENVELOPE, in parentheses.
///
/// What is no address by any grammar is given as a name without a mailbox, so that the user sees it
/// and nobody writes to it.
///
/// ```
/// use mime_core::{Layout, Limits};
///
/// let mut layout = Layout::new();
/// let message = layout.parse(b"From: A <a@b.example>\r\nSubject:\r\n\r\n", &Limits::DEFAULT);
/// let mut out = Vec::new();
/// imap_proto::respond::envelope(&mut out, &message.envelope(), false);
/// assert_eq!(
///     String::from_utf8(out).unwrap(),
///     r#"(NIL "" (("A" NIL "a" "b.example")) (("A" NIL "a" "b.example")) (("A" NIL "a" "b.example"))"#
///         .to_owned() + " NIL NIL NIL NIL NIL)"
/// );
/// ```
pub fn envelope(out: &mut impl Sink, envelope: &Envelope<'_>, utf8: bool) {
    write(&mut Page::new(out), envelope, utf8);
}

pub(super) fn write(out: &mut Page<'_, impl Sink>, envelope: &Envelope<'_>, utf8: bool) {
    out.put(b"(");
    line(out, envelope.date, utf8);
    out.put(b" ");
    line(out, envelope.subject, utf8);
    out.put(b" ");
    let start = out.here();
    addresses(out, envelope.from, utf8);
    let end = out.here();
    // Sender and Reply-To mostly are From again: its list is read once.
    let is_from = |field: Option<Field<'_>>| {
        field.map(|field| field.raw().as_ptr()) == envelope.from.map(|from| from.raw().as_ptr())
    };
    for list in [envelope.sender(), envelope.reply_to()] {
        out.put(b" ");
        if !(is_from(list) && out.repeat(start, end)) {
            addresses(out, list, utf8);
        }
    }
    for list in [envelope.to, envelope.cc, envelope.bcc] {
        out.put(b" ");
        addresses(out, list, utf8);
    }
    out.put(b" ");
    line(out, envelope.in_reply_to, utf8);
    out.put(b" ");
    line(out, envelope.message_id, utf8);
    out.put(b")");
}

fn line(out: &mut impl Sink, field: Option<Field<'_>>, utf8: bool) {
    let value = field.map(|field| field.unfolded());
    nstring(out, value.as_deref(), utf8);
}

/// A list of addresses is never empty: without one it is NIL.
fn addresses(out: &mut impl Sink, field: Option<Field<'_>>, utf8: bool) {
    let Some(mut rest) = field.map(|field| field.addresses()) else {
        return out.put(b"NIL");
    };
    let Some(first) = rest.next() else {
        return out.put(b"NIL");
    };
    out.put(b"((");
    address(out, first, utf8);
    for each in rest {
        out.put(b")(");
        address(out, each, utf8);
    }
    out.put(b"))");
}

/// Name, source route, mailbox and host; a group begins without a host and ends without anything.
fn address(out: &mut impl Sink, address: Address<'_>, utf8: bool) {
    let (name, route, mailbox, host) = match address {
        Address::Mailbox(mailbox) => {
            let comment = || match mailbox.comment()? {
                Cow::Borrowed(text) => Some(Cow::Borrowed(text.as_bytes())),
                Cow::Owned(text) => Some(Cow::Owned(text.into_bytes())),
            };
            let name = mailbox.name().map(|name| name.unquoted()).or_else(comment);
            let (local, domain) = (mailbox.local(), mailbox.domain());
            (name, mailbox.route(), Some(local), Some(domain))
        }
        Address::GroupStart(name) => (None, None, Some(name.unquoted()), None),
        Address::Junk(text) => {
            let nothing = || Some(Cow::Borrowed(&b""[..]));
            let name = Cow::Borrowed(text.trim_ascii());
            (Some(name), None, nothing(), nothing())
        }
        _ => (None, None, None, None),
    };
    nstring(out, name.as_deref(), utf8);
    match route {
        None => out.put(b" NIL "),
        Some(route) => {
            out.put(b" ");
            string(out, &route, utf8);
            out.put(b" ");
        }
    }
    nstring(out, mailbox.as_deref(), utf8);
    out.put(b" ");
    nstring(out, host.as_deref(), utf8);
}
