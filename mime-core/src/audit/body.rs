//! Bodies: their transfer encoding, and what else they hold.

use memchr::{memchr, memchr_iter, memrchr};

use super::{Audit, octets::says};
use crate::body::BodyDecoder;
use crate::defect::Defect;
use crate::message::Part;
use crate::name::Name;
use crate::node::{Encoding, Kind};

impl<'a> Audit<'a> {
    pub(super) fn body(&mut self, part: &Part<'a>) {
        if matches!(part.kind(), Kind::Multipart | Kind::Message) {
            return;
        }
        let start = part.body_slice().start as usize;
        let mut heads = Heads::default();
        match part.encoding() {
            Encoding::Identity => self.plain(part, start),
            Encoding::Base64 => {
                self.encoded(part, Defect::MalformedBase64, start, &mut heads);
                if let Some(at) = data_after_padding(part.raw_body()) {
                    self.add(Defect::DataAfterPadding, part, start + at, None);
                }
            }
            Encoding::QuotedPrintable => {
                let kind = Defect::MalformedQuotedPrintable;
                self.encoded(part, kind, start, &mut heads);
            }
            Encoding::Other | Encoding::Uuencode => {}
        }
        if part.kind() == Kind::Text && heads.found {
            self.add(Defect::InlineAttachment, part, start, None);
        }
        if heads.eight_bit {
            self.charset_of(part, start);
        }
    }

    fn plain(&mut self, part: &Part<'a>, start: usize) {
        let body = part.raw_body();
        let eight_bit = body.iter().position(|b| !b.is_ascii());
        if let Some(at) = eight_bit {
            self.charset_of(part, start + at);
        }
        let seven = part.field(Name::ContentTransferEncoding).is_none() || says(part, b"7bit");
        if seven && let Some(at) = eight_bit {
            self.add(Defect::EightBitBody, part, start + at, None);
        }
        if part.kind() != Kind::Text {
            return;
        }
        let mut line = 0;
        let ends = memchr_iter(b'\n', body).map(|lf| lf + 1);
        for next in ends.chain([body.len()]) {
            let at = core::mem::replace(&mut line, next);
            if body.get(at..next).is_some_and(begins_file) {
                self.add(Defect::InlineAttachment, part, start + at, None);
                return;
            }
        }
    }

    /// RFC 2046 section 4.1.2: US-ASCII is what a text is in that does not say otherwise.
    fn charset_of(&mut self, part: &Part<'a>, at: usize) {
        let media = part.media_type();
        let charset = media.param("charset");
        let ascii = charset.is_none_or(|label| label.eq_ignore_ascii_case("us-ascii"));
        if ascii && part.kind() == Kind::Text {
            self.add(Defect::UndeclaredCharset, part, at, None);
        }
    }

    fn encoded(&mut self, part: &Part<'a>, kind: Defect, start: usize, heads: &mut Heads) {
        let mut decoder: BodyDecoder = part.decoder();
        let (mut rest, mut out) = (part.raw_body(), [0; 1024]);
        while !rest.is_empty() {
            let step = decoder.push(rest, &mut out);
            rest = rest.get(step.read..).unwrap_or(&[]);
            heads.push(out.get(..step.written).unwrap_or(&[]));
        }
        let end = decoder.finish(&mut out);
        heads.push(out.get(..end).unwrap_or(&[]));
        if let Some(at) = decoder.report().first_problem {
            let at = match kind {
                Defect::MalformedQuotedPrintable => escape(part.raw_body(), at as usize),
                _ => at as usize,
            };
            self.add(kind, part, start + at, None);
        }
    }
}

/// Where the escape begins that turned out to be none at this offset.
fn escape(body: &[u8], at: usize) -> usize {
    let upto = body.get(..=at).unwrap_or(body);
    memrchr(b'=', upto).unwrap_or(at)
}

/// The first octet of the alphabet that stands behind padding.
fn data_after_padding(body: &[u8]) -> Option<usize> {
    let padding = memchr(b'=', body)?;
    let is_data = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let rest = body.get(padding..)?;
    rest.iter().position(is_data).map(|n| padding + n)
}

/// Whether a line begins a file: `begin 644 name` of uuencode, `=ybegin ` of yEnc.
fn begins_file(line: &[u8]) -> bool {
    if line.starts_with(b"=ybegin ") {
        return true;
    }
    let Some(mode) = line.strip_prefix(b"begin ") else {
        return false;
    };
    let digits = mode
        .iter()
        .take_while(|b| (b'0'..=b'7').contains(b))
        .count();
    matches!(digits, 3 | 4)
        && mode.get(digits) == Some(&b' ')
        && mode.get(digits + 1).is_some_and(u8::is_ascii_graphic)
}

/// The beginnings of lines, of a text that comes in pieces.
#[derive(Default)]
struct Heads {
    head: [u8; 16],
    len: usize,
    found: bool,
    /// There was an octet that is not US-ASCII.
    eight_bit: bool,
}

impl Heads {
    fn push(&mut self, mut text: &[u8]) {
        self.eight_bit |= !text.is_ascii();
        while !self.found && !text.is_empty() {
            let lf = memchr(b'\n', text);
            let line = text.get(..lf.unwrap_or(text.len())).unwrap_or(text);
            let room = self.head.get_mut(self.len..).unwrap_or(&mut []);
            let taken = room.len().min(line.len());
            room.iter_mut().zip(line).for_each(|(to, from)| *to = *from);
            self.len += taken;
            self.found = begins_file(self.head.get(..self.len).unwrap_or(&[]));
            let Some(lf) = lf else { return };
            self.len = 0;
            text = text.get(lf + 1..).unwrap_or(&[]);
        }
    }
}
