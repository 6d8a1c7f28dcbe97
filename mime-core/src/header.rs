//! A header: the fields of one part.

use alloc::borrow::Cow;

use memchr::memrchr;

use crate::field::address::Addresses;
use crate::field::date::DateTime;
use crate::field::lex::{Lexer, Token};
use crate::field::msgid::{MsgId, MsgIds};
use crate::field::{Field, FromField, is_row_of};
use crate::name::Name;
use crate::rows::FieldRow;
use crate::scan::lines::{self, Line};

/// The fields of one part, in their order.
///
/// It comes from a message, from a stored outline (which holds the fields of
/// [`Name::is_outlined`] and no others), or from bare octets by [`Header::new`].
/// Duplicates are the caller's decision: [`first`](Self::first), [`last`](Self::last),
/// [`only`](Self::only), [`all`](Self::all).
///
/// ```
/// use mime_core::{Header, Name};
/// let header = Header::new(b"From: a@example.org\r\nSubject: one\r\n two\r\nSubject: x\r\n\r\n");
/// assert_eq!(header.subject().as_deref(), Some("one two"));
/// assert!(header.only(Name::Subject).is_none());
/// assert_eq!(header.named("SUBJECT").count(), 2);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    rows: Rows<'a>,
    octets: &'a [u8],
    base: Base,
}

#[derive(Clone, Copy, Debug)]
enum Rows<'a> {
    Table(&'a [FieldRow]),
    /// Read from `octets` when asked for, from this offset on.
    Lazy(usize),
}

/// What turns an offset in `octets` into one of the message.
#[derive(Clone, Copy, Debug)]
enum Base {
    Add(u32),
    /// The octets are copies out of their places.
    Lost,
}

impl<'a> Header<'a> {
    /// The header in these octets, up to its blank line.
    pub fn new(octets: &'a [u8]) -> Self {
        Self::lazy(octets, 0, true)
    }

    /// `message`: what may stand before the header of a message is skipped.
    pub(crate) fn lazy(octets: &'a [u8], base: u32, message: bool) -> Self {
        let start = if message {
            lines::preamble::<true>(octets).map_or(0, |preamble| preamble.end)
        } else {
            0
        };
        Header {
            rows: Rows::Lazy(start),
            octets,
            base: Base::Add(base),
        }
    }

    /// The header in these octets, which start at this offset of the message; `None` if they are
    /// not of the message.
    pub(crate) fn block(octets: &'a [u8], at: Option<u32>) -> Self {
        Header {
            rows: Rows::Lazy(0),
            octets,
            base: at.map_or(Base::Lost, Base::Add),
        }
    }

    pub(crate) fn table(rows: &'a [FieldRow], octets: &'a [u8], copies: bool) -> Self {
        let base = if copies { Base::Lost } else { Base::Add(0) };
        Header {
            rows: Rows::Table(rows),
            octets,
            base,
        }
    }

    /// All fields.
    pub fn iter(&self) -> Fields<'a> {
        let at = match self.rows {
            Rows::Table(_) => 0,
            Rows::Lazy(start) => start,
        };
        Fields {
            header: *self,
            at,
            back: None,
        }
    }

    /// All fields of this name.
    pub fn all(&self, name: Name) -> impl DoubleEndedIterator<Item = Field<'a>> + Clone + use<'a> {
        self.iter().filter(move |field| field.is(name))
    }

    /// The first of this name.
    pub fn first(&self, name: Name) -> Option<Field<'a>> {
        match self.rows {
            Rows::Table(rows) if name != Name::Other => {
                let row = rows.iter().find(|row| is_row_of(row, name))?;
                Some(self.iter().row(row))
            }
            _ => self.all(name).next(),
        }
    }

    /// The last of this name.
    pub fn last(&self, name: Name) -> Option<Field<'a>> {
        match self.rows {
            Rows::Table(rows) if name != Name::Other => {
                let row = rows.iter().rfind(|row| is_row_of(row, name))?;
                Some(self.iter().row(row))
            }
            _ => self.all(name).next_back(),
        }
    }

    /// The one of this name; `None` if it is absent or repeated.
    pub fn only(&self, name: Name) -> Option<Field<'a>> {
        let mut all = self.all(name);
        let field = all.next()?;
        all.next().is_none().then_some(field)
    }

    /// All fields of any name, compared without regard to case.
    pub fn named<'n>(&self, name: &'n str) -> impl Iterator<Item = Field<'a>> + use<'a, 'n> {
        self.iter()
            .filter(move |field| field.is_named(name.as_bytes()))
    }

    /// The fields of these names, in the order of the header: IMAP's `HEADER.FIELDS` (RFC 9051
    /// section 6.4.5.1). The blank line that a server sends after them is the caller's.
    ///
    /// ```
    /// # use mime_core::Header;
    /// let header = Header::new(b"From: a\r\nTo: b\r\nX-Y: c\r\n\r\n");
    /// let raw: Vec<_> = header.selected(&["x-y", "FROM"]).map(|f| f.raw()).collect();
    /// assert_eq!(raw, [&b"From: a\r\n"[..], b"X-Y: c\r\n"]);
    /// ```
    pub fn selected<'n, N: AsRef<[u8]>>(
        &self,
        names: &'n [N],
    ) -> impl Iterator<Item = Field<'a>> + use<'a, 'n, N> {
        let wanted = |field: &Field<'a>| names.iter().any(|n| field.is_named(n.as_ref()));
        self.iter().filter(wanted)
    }

    /// The fields of all but these names: IMAP's `HEADER.FIELDS.NOT`.
    pub fn without<'n, N: AsRef<[u8]>>(
        &self,
        names: &'n [N],
    ) -> impl Iterator<Item = Field<'a>> + use<'a, 'n, N> {
        let wanted = |field: &Field<'a>| !names.iter().any(|n| field.is_named(n.as_ref()));
        self.iter().filter(wanted)
    }

    /// The first field that `T` reads, as `T`.
    pub fn get<T: FromField<'a>>(&self) -> Option<T> {
        self.named(T::NAME).next().map(T::from_field)
    }

    /// The text of the first Subject.
    pub fn subject(&self) -> Option<Cow<'a, str>> {
        self.first(Name::Subject).map(|field| field.text())
    }

    /// What is in the first From; nothing if there is none.
    pub fn from(&self) -> Addresses<'a> {
        self.first(Name::From)
            .map_or(Addresses::new(b""), |field| field.addresses())
    }

    /// The first Date, if it is a date.
    pub fn date(&self) -> Option<DateTime> {
        self.first(Name::Date).and_then(|field| field.date())
    }

    /// The id in the first Message-ID.
    pub fn message_id(&self) -> Option<MsgId<'a>> {
        self.first(Name::MessageId)
            .and_then(|field| field.ids().next())
    }

    /// Major and minor number of the first MIME-Version (RFC 2045 section 4), if it has them. No
    /// part is read otherwise for it.
    pub fn mime_version(&self) -> Option<(u32, u32)> {
        let value = self.first(Name::MimeVersion)?.value_raw();
        let mut tokens = Lexer::new(value).filter(|token| !matches!(token, Token::Comment(_)));
        let mut next = || tokens.next();
        let (major, dot, minor) = (next()?, next()?, next()?);
        let number = |token| match token {
            Token::Atom(digits) if digits.iter().all(u8::is_ascii_digit) => {
                str::from_utf8(digits).ok()?.parse().ok()
            }
            _ => None,
        };
        let version = (number(major)?, number(minor)?);
        (dot == Token::Special(b'.') && next().is_none()).then_some(version)
    }

    /// The ids in the first References.
    pub fn references(&self) -> MsgIds<'a> {
        self.first(Name::References)
            .map_or(MsgIds::new(b""), |field| field.ids())
    }
}

impl<'a> IntoIterator for Header<'a> {
    type Item = Field<'a>;
    type IntoIter = Fields<'a>;

    fn into_iter(self) -> Fields<'a> {
        self.iter()
    }
}

/// An iterator of fields, from both ends. From the back, bare octets are read once to find their end.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    header: Header<'a>,
    /// The next octet; of a table the rows that are left are kept.
    at: usize,
    /// The octet after the last field; `None` if it has not been looked for.
    back: Option<usize>,
}

impl<'a> Fields<'a> {
    #[inline]
    fn field(&self, start: usize, end: usize, colon: usize, name: Name) -> Field<'a> {
        let raw = self.header.octets.get(start..end).unwrap_or(&[]);
        let at = match self.header.base {
            Base::Add(base) => Some(base.saturating_add(start as u32)),
            Base::Lost => None,
        };
        Field::new(raw, colon, name, at)
    }
}

impl<'a> Fields<'a> {
    #[inline]
    fn row(&self, row: &FieldRow) -> Field<'a> {
        let (start, end, colon, name) = crate::field::parts_of(row);
        self.field(start, end, colon, name)
    }

    fn line(&self, start: usize, colon: usize, end: usize) -> Field<'a> {
        let name = self.header.octets.get(start..start + colon).unwrap_or(&[]);
        self.field(start, end, colon, Name::of(name.trim_ascii_end()))
    }

    /// Where the blank line is, or the end.
    fn find_back(&self) -> usize {
        let mut at = self.at;
        loop {
            match lines::read(self.header.octets, at) {
                Line::End | Line::Blank(_) => return at,
                Line::Garbage { end } | Line::Field { end, .. } => at = end,
            }
        }
    }

    /// Where the line with its folds starts that ends at `back`.
    fn line_before(&self, back: usize) -> usize {
        let mut start = back;
        loop {
            let before = self.header.octets.get(self.at..start.saturating_sub(1));
            let line_end = before.and_then(|before| memrchr(b'\n', before));
            let Some(line_end) = line_end else {
                return self.at;
            };
            start = self.at + line_end + 1;
            // RFC 5322 section 2.2.3: it goes on with the line before.
            if !matches!(self.header.octets.get(start), Some(b' ' | b'\t')) {
                return start;
            }
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        if let Rows::Table(rows) = &mut self.header.rows {
            let (row, rest) = rows.split_first()?;
            *rows = rest;
            return Some(self.row(row));
        }
        self.next_line()
    }
}

impl<'a> Fields<'a> {
    /// The next field of bare octets.
    fn next_line(&mut self) -> Option<Field<'a>> {
        loop {
            let start = self.at;
            if self.back.is_some_and(|back| start >= back) {
                return None;
            }
            match lines::read(self.header.octets, start) {
                Line::End | Line::Blank(_) => return None,
                Line::Garbage { end } => self.at = end,
                Line::Field { colon, end, .. } => {
                    self.at = end;
                    return Some(self.line(start, colon, end));
                }
            }
        }
    }
}

impl DoubleEndedIterator for Fields<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if let Rows::Table(rows) = &mut self.header.rows {
            let (row, rest) = rows.split_last()?;
            *rows = rest;
            return Some(self.row(row));
        }
        loop {
            let back = self.back.unwrap_or_else(|| self.find_back());
            self.back = Some(back);
            if self.at >= back {
                return None;
            }
            let start = self.line_before(back);
            self.back = Some(start);
            if let Line::Field { colon, end, .. } = lines::read(self.header.octets, start) {
                return Some(self.line(start, colon, end));
            }
        }
    }
}
