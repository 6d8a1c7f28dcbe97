//! SORT by the library: the keys of each message, kept while the rows pass, and then their order.

use core::cmp::Ordering;

use crate::row::{Need, Row};
use crate::syntax::{SortBy, SortField};
use crate::uid::Uid;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// Its keys are kept.
    Yes,
    /// Its header must be at hand.
    WantsHeader,
    /// There is no room left.
    Full,
}

/// Longer texts are compared by their first so many octets: no mail has the memory for itself.
pub(crate) const MOST_OF_TEXT: usize = 1024;

/// The keys of messages.
#[derive(Debug)]
pub(crate) struct SortTable {
    by: SortBy,
    uids: Vec<Uid>,
    /// As many for each message as there are criteria.
    values: Vec<Value>,
    texts: Vec<u8>,
    /// Octets that all may take.
    limit: u64,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    Number(i64),
    /// A range of `texts`.
    Text(u32, u32),
}

impl SortTable {
    pub(crate) fn new(by: SortBy, limit: u64) -> Self {
        SortTable {
            by,
            uids: Vec::new(),
            values: Vec::new(),
            texts: Vec::new(),
            // Places in `texts` have 32 bits.
            limit: limit.min(u64::from(u32::MAX)),
        }
    }

    pub(crate) fn need(&self) -> Need {
        self.by.iter().fold(Need::NOTHING, |need, key| {
            need | match key.field {
                SortField::Arrival => Need::DATE,
                SortField::Date => Need::DATE | Need::OUTLINE,
                SortField::Size => Need::SIZE,
                _ => Need::OUTLINE,
            }
        })
    }

    /// Keeps the keys of a row.
    pub(crate) fn add(&mut self, row: &Row<'_>) -> Added {
        let by = self.by;
        let (values, texts) = (self.values.len(), self.texts.len());
        for key in by.iter() {
            let Some(value) = self.value(key.field, row) else {
                self.values.truncate(values);
                self.texts.truncate(texts);
                return Added::WantsHeader;
            };
            self.values.push(value);
        }
        self.uids.push(row.uid);
        let held = self.texts.len()
            + self.uids.len() * size_of::<Uid>()
            + self.values.len() * size_of::<Value>();
        match held as u64 <= self.limit {
            true => Added::Yes,
            false => Added::Full,
        }
    }

    fn value(&mut self, field: SortField, row: &Row<'_>) -> Option<Value> {
        let arrival = row.date.map_or(0, |(unix, _)| unix);
        let size = row.raw.map(|raw| raw.len() as u64).or(row.size);
        match field {
            SortField::Arrival => Some(Value::Number(arrival)),
            SortField::Size => {
                let size = i64::try_from(size.unwrap_or(0));
                Some(Value::Number(size.unwrap_or(i64::MAX)))
            }
            _ => header::value(self, field, arrival, row),
        }
    }

    #[cfg_attr(not(feature = "mime"), allow(dead_code))]
    fn text(&mut self, text: &str) -> Value {
        let start = self.texts.len();
        let end = text.floor_char_boundary(MOST_OF_TEXT);
        crate::casemap::fold(text.get(..end).unwrap_or_default(), &mut self.texts);
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Value::Text(place(start), place(self.texts.len()))
    }

    /// The messages in order. imap-5256-3-01: what is alike stays in the order of the mailbox.
    pub(crate) fn sorted(self) -> Vec<Uid> {
        let count = u32::try_from(self.uids.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..count).collect();
        order.sort_unstable_by(|a, b| self.compare(*a as usize, *b as usize));
        let uid = |at: u32| self.uids.get(at as usize).copied();
        order.into_iter().filter_map(uid).collect()
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let width = self.by.iter().len();
        let of = |row: usize| self.values.get(row * width..).unwrap_or_default();
        for ((key, a), b) in self.by.iter().zip(of(a)).zip(of(b)) {
            let order = match (*a, *b) {
                (Value::Number(a), Value::Number(b)) => a.cmp(&b),
                (Value::Text(a, b), Value::Text(c, d)) => self.octets(a, b).cmp(self.octets(c, d)),
                _ => Ordering::Equal,
            };
            match order {
                Ordering::Equal => {}
                _ if key.reverse => return order.reverse(),
                _ => return order,
            }
        }
        self.uids.get(a).cmp(&self.uids.get(b))
    }

    fn octets(&self, from: u32, to: u32) -> &[u8] {
        self.texts
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }
}

#[cfg(feature = "mime")]
pub(crate) mod header {
    use std::borrow::Cow;

    use memchr::memmem;
    use mime_core::{Address, Field, Header, Layout, Limits, Name, Section, thread};

    use super::{SortField, SortTable, Value};
    use crate::row::Row;

    /// The header of a row, if it is at hand.
    pub(crate) fn of<'r>(row: &Row<'r>) -> Option<Header<'r>> {
        match row.outline {
            Some(outline) => Some(outline.header()),
            None => row.raw.map(|raw| Header::new(block(raw))),
        }
    }

    /// The octets of the header. They may end before the blank line: a line that is no field is the
    /// first of the body.
    fn block(raw: &[u8]) -> &[u8] {
        let head = up_to_blank(raw);
        let layout = Layout::scan(head, &Limits::DEFAULT);
        let header = layout.as_ref().section(&[], Section::Header);
        let header = header.and_then(|header| head.get(header.range()));
        header.unwrap_or_default()
    }

    fn up_to_blank(raw: &[u8]) -> &[u8] {
        let ends = [(&b"\n\r\n"[..], &b"\r\n"[..]), (b"\n\n", b"\n")];
        ends.iter().fold(raw, |head, (blank, alone)| {
            let end = match head.starts_with(alone) {
                true => Some(alone.len()),
                false => memmem::find(head, blank).map(|at| at + blank.len()),
            };
            end.and_then(|end| head.get(..end)).unwrap_or(head)
        })
    }

    /// RFC 5256 section 2.2: the Date field, or when the message came.
    pub(crate) fn sent(header: Header<'_>, arrival: i64) -> i64 {
        let field = header.first(Name::Date);
        let date = field.and_then(|field| thread::sent_date(field.value_raw()));
        date.unwrap_or(arrival)
    }

    pub(super) fn value(
        table: &mut SortTable,
        field: SortField,
        arrival: i64,
        row: &Row<'_>,
    ) -> Option<Value> {
        let header = of(row)?;
        Some(match field {
            SortField::Date => Value::Number(sent(header, arrival)),
            SortField::Subject => {
                let subject = header.first(Name::Subject).map(|field| field.text());
                let base = thread::BaseSubject::of(subject.unwrap_or_default());
                table.text(base.text())
            }
            SortField::Cc => table.text(&local(header.first(Name::Cc))),
            SortField::From => table.text(&local(header.first(Name::From))),
            SortField::To => table.text(&local(header.first(Name::To))),
            SortField::DisplayFrom => table.text(&display(header.first(Name::From))),
            SortField::DisplayTo => table.text(&display(header.first(Name::To))),
            SortField::Arrival | SortField::Size => Value::Number(arrival),
        })
    }

    /// What ENVELOPE has as the mailbox of the first address.
    fn local(field: Option<Field<'_>>) -> Cow<'_, str> {
        match field.and_then(|field| field.addresses().next()) {
            Some(Address::Mailbox(mailbox)) => lossy(mailbox.local()),
            Some(Address::GroupStart(name)) => lossy(name.unquoted()),
            _ => Cow::Borrowed(""),
        }
    }

    /// RFC 5957 section 3.
    fn display(field: Option<Field<'_>>) -> Cow<'_, str> {
        match field.and_then(|field| field.addresses().next()) {
            Some(Address::Mailbox(mailbox)) => {
                let name = mailbox.name().map(|name| name.decoded());
                match name.or_else(|| mailbox.comment()) {
                    Some(name) if !name.is_empty() => name,
                    _ => {
                        let (local, domain) = (lossy(mailbox.local()), lossy(mailbox.domain()));
                        Cow::Owned(format!("{local}@{domain}"))
                    }
                }
            }
            Some(Address::GroupStart(name)) => name.decoded(),
            Some(Address::Junk(text)) => String::from_utf8_lossy(text.trim_ascii()),
            _ => Cow::Borrowed(""),
        }
    }

    fn lossy(octets: Cow<'_, [u8]>) -> Cow<'_, str> {
        match octets {
            Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
            Cow::Owned(octets) => Cow::Owned(String::from_utf8_lossy(&octets).into_owned()),
        }
    }
}

/// Without the parser no header can be read.
#[cfg(not(feature = "mime"))]
mod header {
    use super::{SortField, SortTable, Value};
    use crate::row::Row;

    pub(super) fn value(_: &mut SortTable, _: SortField, _: i64, _: &Row<'_>) -> Option<Value> {
        None
    }
}
