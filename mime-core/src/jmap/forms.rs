//! Header fields in the forms of RFC 8621 section 4.1.2.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap, ser::SerializeSeq};

use super::property::{Form, Wanted};
use crate::field::Field;
use crate::field::address::{Address, Addresses, Mailbox};
use crate::field::date::DateTime;
use crate::field::text;
use crate::header::Header;

/// A list. Its length is counted first, because not every format takes one without.
pub(super) fn list<I: Iterator<Item: Serialize> + Clone>(items: I) -> impl Serialize {
    List(items)
}

struct List<I>(I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for List<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.0.clone().count()))?;
        for item in self.0.clone() {
            seq.serialize_element(&item)?;
        }
        seq.end()
    }
}

/// What is a string when it is shown.
pub(super) struct Shown<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// `headers`: all fields, raw.
pub(super) struct Headers<'a>(pub(super) Header<'a>);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct EmailHeader<'a> {
            name: Cow<'a, str>,
            value: Cow<'a, str>,
        }
        let headers = self.0.iter().map(|field| EmailHeader {
            name: String::from_utf8_lossy(field.name_raw()),
            value: raw(field),
        });
        list(headers).serialize(serializer)
    }
}

/// `header:*`: the values of the fields of one name.
pub(super) struct Values<'a> {
    header: Header<'a>,
    wanted: Wanted<'a>,
}

impl<'a> Values<'a> {
    pub(super) fn of(header: Header<'a>, wanted: Wanted<'a>) -> Self {
        Values { header, wanted }
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Wanted { name, form, all } = self.wanted;
        let named = |field: &Field<'_>| field.is_named(name.as_bytes());
        let mut values = self
            .header
            .iter()
            .filter(named)
            .map(|field| Value { field, form });
        match all {
            true => list(values).serialize(serializer),
            false => values.next_back().serialize(serializer),
        }
    }
}

struct Value<'a> {
    field: Field<'a>,
    form: Form,
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let field = self.field;
        match self.form {
            Form::Raw => raw(field).serialize(serializer),
            Form::Text => text(field).serialize(serializer),
            Form::Addresses => list(addresses(field.addresses())).serialize(serializer),
            Form::GroupedAddresses => {
                let rest = field.addresses();
                list(Groups { rest }).serialize(serializer)
            }
            Form::MessageIds => {
                some(field.ids().map(|id| text::without_space(id.0))).serialize(serializer)
            }
            Form::Date => field.date().map(date).serialize(serializer),
            Form::Urls => some(field.list().map(|uri| uri.uri())).serialize(serializer),
        }
    }
}

/// A list that is null if nothing is in it: nothing could be read.
fn some<I: Iterator<Item: Serialize> + Clone>(items: I) -> Option<impl Serialize> {
    items.clone().next().map(|_| list(items))
}

/// RFC 8621 section 4.1.2.1: the octets between the colon and the last line end, without NUL.
fn raw(field: Field<'_>) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(without_line_end(field.value_raw()));
    match text.contains('\0') {
        false => text,
        true => Cow::Owned(text.replace('\0', "")),
    }
}

fn without_line_end(value: &[u8]) -> &[u8] {
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    value.strip_suffix(b"\r").unwrap_or(value)
}

/// RFC 8621 section 4.1.2.2: control characters out of encoded words are dropped.
fn text(field: Field<'_>) -> Cow<'_, str> {
    let value = without_line_end(field.value_raw()).trim_ascii_start();
    if !text::has_words(value) {
        return text::unstructured(value);
    }
    let mut out = String::with_capacity(value.len());
    text::decode_with(&text::unfold(value), &mut out, DROPPED);
    Cow::Owned(out)
}

/// What control characters out of encoded words become.
const DROPPED: &str = "";

/// RFC 8620 section 1.4. A zone that is not known is taken for UTC; a leap second is given as the
/// second before it, since few readers take one.
fn date(date: DateTime) -> String {
    let date = DateTime {
        second: date.second.min(59),
        offset_minutes: date.offset_minutes.or(Some(0)),
        ..date
    };
    date.to_rfc3339()
}

/// RFC 8621 section 4.1.2.3.
#[derive(Serialize)]
struct EmailAddress<'a> {
    name: Option<Cow<'a, str>>,
    email: Cow<'a, str>,
}

fn addresses<'a>(
    addresses: impl Iterator<Item = Address<'a>> + Clone,
) -> impl Iterator<Item = EmailAddress<'a>> + Clone {
    addresses.filter_map(|address| match address {
        Address::Mailbox(mailbox) => Some(EmailAddress::of(mailbox)),
        Address::Junk(junk) => Some(EmailAddress::of_junk(junk)),
        Address::GroupStart(_) | Address::GroupEnd => None,
    })
}

impl<'a> EmailAddress<'a> {
    fn of(mailbox: Mailbox<'a>) -> Self {
        let name = mailbox.name().map(|name| name.decoded_with(DROPPED));
        let name = name.or_else(|| mailbox.comment()).map(trimmed);
        let email = mailbox.addr_spec().unwrap_or_default();
        EmailAddress { name, email }
    }

    /// A word may be the beginning of an address that somebody writes. Whatever has more in it is
    /// shown, but no mail can be sent there.
    fn of_junk(junk: &'a [u8]) -> Self {
        let text = text::unstructured(junk);
        let is_word = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(c);
        let email = text.chars().all(is_word) && text.matches('@').count() < 2;
        match email {
            true => EmailAddress {
                name: None,
                email: text,
            },
            false => EmailAddress {
                name: Some(text),
                email: Cow::Borrowed(""),
            },
        }
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().into()),
    }
}

/// RFC 8621 section 4.1.2.4: neighbours that are in no group are a group without a name.
#[derive(Clone)]
struct Groups<'a> {
    rest: Addresses<'a>,
}

struct Group<'a> {
    name: Option<Cow<'a, str>>,
    /// Its members, with what follows the end of the group.
    members: Addresses<'a>,
}

impl<'a> Iterator for Groups<'a> {
    type Item = Group<'a>;

    fn next(&mut self) -> Option<Group<'a>> {
        let (mut name, mut members) = (None, self.rest);
        match self.rest.next()? {
            Address::GroupStart(phrase) => {
                name = Some(trimmed(phrase.decoded_with(DROPPED)));
                members = self.rest;
                self.rest
                    .find(|address| matches!(address, Address::GroupEnd));
            }
            Address::GroupEnd => {}
            Address::Mailbox(_) | Address::Junk(_) => {
                let mut ahead = self.rest;
                while ahead.next().is_some_and(is_member) {
                    self.rest = ahead;
                }
            }
        }
        Some(Group { name, members })
    }
}

fn is_member(address: Address<'_>) -> bool {
    matches!(address, Address::Mailbox(_) | Address::Junk(_))
}

impl Serialize for Group<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.members.take_while(|address| is_member(*address));
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("addresses", &list(addresses(members)))?;
        map.end()
    }
}
