//! Octets that have no place where they stand, in the message and in its fields.

use alloc::vec::Vec;

use memchr::{memchr_iter, memmem};

use super::{Audit, name_of, start_of};
use crate::defect::Defect;
use crate::field::Field;
use crate::field::lex::first_atom;
use crate::message::Part;
use crate::name::Name;
use crate::node::Kind;
use crate::section::Slice;

impl<'a> Audit<'a> {
    /// The first of each kind in the message.
    pub(super) fn octets(&mut self) {
        self.binary = self.binaries();
        let msg = self.message.raw();
        let is = |i: Option<usize>, b: u8| i.and_then(|i| msg.get(i)) == Some(&b);
        let of_text = |i: &usize| !self.is_binary(*i);
        let nul = memchr_iter(0, msg).find(of_text);
        let mut crs = memchr_iter(b'\r', msg);
        let bare_cr = crs.find(|i| !is(i.checked_add(1), b'\n') && of_text(i));
        let mut lfs = memchr_iter(b'\n', msg);
        let bare_lf = lfs.find(|i| !is(i.checked_sub(1), b'\r') && of_text(i));
        let crlf = memmem::find_iter(msg, b"\r\n").find(of_text);
        // The first line end shows what the others should be.
        let mixed = bare_lf.zip(crlf).map(|(lf, crlf)| lf.max(crlf));
        let odd = bare_cr.is_some() || mixed.is_some();
        let places = [
            (Defect::Nul, nul),
            (Defect::BareCr, bare_cr),
            (Defect::BareLf, bare_lf),
            (Defect::MixedLineEnds, mixed),
            (Defect::LoneDot, lone_dot(msg).filter(|_| odd)),
        ];
        for (kind, at) in places {
            if let Some(at) = at {
                let part = self.holder(at);
                self.add(kind, &part, at, None);
            }
        }
    }

    /// The last part that begins at or before this offset.
    fn last_begun(&self, at: usize) -> Part<'a> {
        let (mut low, mut high) = (0, self.message.parts().len());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let part = self.message.part(crate::PartId::from_index(middle as u32));
            match part.header_slice().start as usize <= at {
                true => low = middle,
                false => high = middle,
            }
        }
        self.message.part(crate::PartId::from_index(low as u32))
    }

    /// The innermost part that holds this offset.
    fn holder(&self, at: usize) -> Part<'a> {
        let mut part = self.last_begun(at);
        while at >= part.entity_slice().end as usize
            && let Some(parent) = part.parent()
        {
            part = self.message.part(parent.id());
        }
        part
    }

    /// RFC 2045 section 2.9: a binary body holds any octets.
    fn is_binary(&self, at: usize) -> bool {
        let behind = self
            .binary
            .partition_point(|body| body.start as usize <= at);
        let body = behind.checked_sub(1).and_then(|i| self.binary.get(i));
        body.is_some_and(|body| body.range().contains(&at))
    }

    /// Each header is asked once, not for each octet of its body.
    fn binaries(&self) -> Vec<Slice> {
        let is_binary = |part: &Part<'a>| {
            matches!(part.kind(), Kind::Leaf | Kind::Text) && says(part, b"binary")
        };
        let parts = self.message.parts().filter(is_binary);
        parts.map(|part| part.body_slice()).collect()
    }

    /// What is wrong with the octets of a field of any name.
    pub(super) fn field_octets(&mut self, part: &Part<'a>, field: Field<'a>) {
        let raw = field.raw();
        if let Some(odd) = raw.iter().position(|b| !b.is_ascii()) {
            let (kind, at) = match str::from_utf8(raw) {
                Ok(_) => (Defect::NonAsciiHeader, odd),
                Err(err) => (Defect::InvalidUtf8, err.valid_up_to()),
            };
            self.add(kind, part, start_of(field) + at, name_of(field));
        }
        if let Some(at) = blank_fold(raw) {
            let at = start_of(field) + at;
            self.add(Defect::BlankFold, part, at, name_of(field));
        }
    }
}

/// Whether this is the transfer encoding that the part names.
pub(super) fn says(part: &Part<'_>, encoding: &[u8]) -> bool {
    part.field(Name::ContentTransferEncoding)
        .and_then(|field| first_atom(field.value_raw()))
        .is_some_and(|word| word.eq_ignore_ascii_case(encoding))
}

/// A line of white space within a field: RFC 5322 section 4.2 has it as obsolete.
fn blank_fold(raw: &[u8]) -> Option<usize> {
    let mut start = 0;
    memchr_iter(b'\n', raw).find_map(|lf| {
        let line = raw.get(start..lf).unwrap_or(&[]);
        let at = core::mem::replace(&mut start, lf + 1);
        line.trim_ascii().is_empty().then_some(at)
    })
}

/// A line of one dot, of which one end at least is not CRLF.
fn lone_dot(msg: &[u8]) -> Option<usize> {
    let odd = |dot: &usize| {
        let before = msg.get(..*dot).unwrap_or(&[]);
        let behind = msg.get(dot + 1..).unwrap_or(&[]);
        let whole = before.ends_with(b"\r\n") && behind.starts_with(b"\r\n");
        matches!(behind.first(), Some(b'\r' | b'\n')) && !whole
    };
    let after = |end: &'static [u8]| {
        let hits = memmem::find_iter(msg, end).map(|at| at + 1);
        hits.into_iter().find(odd)
    };
    match (after(b"\n."), after(b"\r.")) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}
