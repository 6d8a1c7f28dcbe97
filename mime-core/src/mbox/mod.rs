//! Mails in one file: the mbox formats (RFC 4155).
//!
//! [`Mbox`] reads a file that is in memory, [`Reader`] one that comes in chunks. [`write()`] appends
//! a mail to a file.
//!
//! A mail begins with a line such as `From joe@example.com Sat Nov 21 01:00:00 2026`, at the
//! beginning of the file or after an empty line, and ends before the empty line of the next one.
//! Lines may end with LF or CRLF. There are several formats, and a file does not say which it is:
//! see [`Variant`].

mod quote;
mod reader;
mod slice;

use alloc::vec::Vec;

use memchr::memchr;

use crate::field::date::DateTime;

pub use quote::{Unquote, unquoted};
pub use reader::{Item, Reader};
pub use slice::{Entry, Mbox};

/// Octets of a `From ` line, without its line end: 1,000. An address has at most 254 (RFC 5321
/// section 4.5.3.1), a date 30. What is longer is text.
const LINE: usize = 1000;

const FROM: &[u8] = b"From ";

/// How the line of a mail is told from text that begins with `From `.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Variant {
    /// RFC 4155 appendix A: nothing is quoted, so only a line with a sender and a date begins a
    /// mail.
    #[default]
    Rfc4155,
    /// Writers put `>` before `From ` in the text. It cannot be told from a `>From ` that was there
    /// before, so it is kept.
    Mboxo,
    /// Writers put one more `>` before `From `, `>From `, `>>From `: [`unquoted`] takes it away.
    Mboxrd,
    /// Nothing is quoted: the field Content-Length tells the length of the body. It counts if a
    /// mail or the end of the file follows there; otherwise the mail ends as in Mboxo.
    ///
    /// A [`Reader`] cannot look so far ahead: what follows instead, up to the next mail, is taken
    /// for text. So do not read with it what others than your own server wrote.
    Mboxcl2,
}

/// The line before a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FromLine<'a> {
    raw: &'a [u8],
}

impl<'a> FromLine<'a> {
    /// As it stands, without its line end. Empty for what is before the first mail of a file.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The address of the sender, of the envelope: what stands before the date.
    pub fn sender(&self) -> &'a [u8] {
        self.split().0
    }

    /// When the mail was received. RFC 4155 says that it is UTC, so that is what it is without a
    /// zone.
    ///
    /// ```
    /// use mime_core::mbox::{Mbox, Variant};
    /// let file = b"From joe@example.com Sat Nov 21 01:00:00 2026\nSubject: hi\n\n";
    /// let mail = Mbox::new(file, Variant::Rfc4155).next().unwrap();
    /// assert_eq!(mail.from_line().sender(), b"joe@example.com");
    /// assert_eq!(mail.from_line().date().unwrap().unix(), 1_795_222_800);
    /// ```
    pub fn date(&self) -> Option<DateTime> {
        let mut words = words(self.split().1).map(|(_, word)| word).skip(1);
        let (month, day, time) = (words.next()?, words.next()?, words.next()?);
        let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
        let (year, zone) = match words.next()? {
            year if is_year(year) => (year, words.next()),
            zone => (words.next()?, Some(zone)),
        };
        let zone = zone.unwrap_or(b"+0000");
        let space = &b" "[..];
        let date = [day, space, month, space, year, space, time, space, zone].concat();
        DateTime::parse(&date)
    }

    /// The sender, and what begins with the day of the week.
    fn split(&self) -> (&'a [u8], &'a [u8]) {
        const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
        let rest = self.raw.get(FROM.len()..).unwrap_or(&[]);
        let day = words(rest).filter(|(_, word)| DAYS.contains(word)).last();
        let at = day.map_or(rest.len(), |(at, _)| at);
        let (sender, date) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        (sender.trim_ascii(), date)
    }

    /// Whether the line begins a mail.
    fn is_separator(&self, variant: Variant) -> bool {
        let whole = || !self.sender().is_empty() && self.date().is_some();
        self.raw.starts_with(FROM) && (variant != Variant::Rfc4155 || whole())
    }
}

/// Words between white space, with their places.
fn words(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    let words = text.split(u8::is_ascii_whitespace).map(move |word| {
        let start = at;
        at += word.len() + 1;
        (start, word)
    });
    words.filter(|(_, word)| !word.is_empty())
}

/// The `From ` line at the start of `octets` and its length with its line end, if a mail begins
/// there. `octets` go to the end of the file.
fn separator(octets: &[u8], variant: Variant) -> Option<(FromLine<'_>, usize)> {
    if !octets.starts_with(FROM) {
        return None;
    }
    let near = octets.get(..LINE + 2).unwrap_or(octets);
    let end = match memchr(b'\n', near) {
        Some(end) => end + 1,
        None if near.len() == octets.len() => near.len(),
        None => return None,
    };
    let raw = without_line_end(near.get(..end)?);
    let line = FromLine { raw };
    (raw.len() <= LINE && line.is_separator(variant)).then_some((line, end))
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The value of a Content-Length field, if the line is one, with its line end.
fn content_length(line: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"content-length:";
    let line = line.strip_suffix(b"\n").filter(|line| line.len() <= LINE)?;
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = str::from_utf8(value.trim_ascii()).ok()?;
    let is_length = name.eq_ignore_ascii_case(NAME) && !value.starts_with('+');
    value.parse().ok().filter(|_| is_length)
}

/// Appends a mail to an [`Mboxrd`](Variant::Mboxrd) file, the only one of the formats from which
/// any mail comes back as it was; it gets a line end at its end, if it has none.
///
/// A sender that cannot stand there, because it is empty, too long or holds a control character,
/// becomes `MAILER-DAEMON`.
///
/// ```
/// use mime_core::mbox::{self, Mbox, Variant};
/// use mime_core::DateTime;
/// let mut file = Vec::new();
/// let date = DateTime::from_unix(1_795_222_800).unwrap();
/// mbox::write(b"Subject: hi\n\nFrom here on\n", b"joe@example.com", date, &mut file);
/// let mail = Mbox::new(&file, Variant::Mboxrd).next().unwrap();
/// assert_eq!(mail.raw(), b"Subject: hi\n\n>From here on\n");
/// assert_eq!(&*mail.unquoted(), b"Subject: hi\n\nFrom here on\n");
/// ```
pub fn write(message: &[u8], sender: &[u8], date: DateTime, out: &mut Vec<u8>) {
    let sender = sender.trim_ascii();
    let fits = (1..=LINE - 50).contains(&sender.len()) && !sender.iter().any(u8::is_ascii_control);
    out.extend_from_slice(FROM);
    out.extend_from_slice(if fits { sender } else { b"MAILER-DAEMON" });
    out.push(b' ');
    out.extend_from_slice(ctime(date).as_bytes());
    out.push(b'\n');
    let mut at = 0;
    for (start, _) in quote::from_lines(message) {
        out.extend_from_slice(message.get(at..start).unwrap_or(&[]));
        out.push(b'>');
        at = start;
    }
    out.extend_from_slice(message.get(at..).unwrap_or(&[]));
    if !message.is_empty() && !message.ends_with(b"\n") {
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// In UTC, as the `ctime` of C: `Sat Nov 21 01:00:00 2026`.
fn ctime(date: DateTime) -> alloc::string::String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let date = date.to_utc().unwrap_or(date);
    let day = DAYS
        .iter()
        .cycle()
        .nth(date.unix().div_euclid(86_400).rem_euclid(7) as usize);
    let month = MONTHS.iter().cycle().nth(usize::from(date.month) + 11);
    alloc::format!(
        "{} {} {:2} {:02}:{:02}:{:02} {:04}",
        day.unwrap_or(&"Thu"),
        month.unwrap_or(&"Jan"),
        date.day,
        date.hour,
        date.minute,
        date.second,
        date.year
    )
}
