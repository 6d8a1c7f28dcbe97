//! Delimiters: the lines that some take for one, and some do not.

use alloc::vec::Vec;

use memchr::{memchr, memmem, memrchr};

use super::{Audit, start_of};
use crate::defect::Defect;
use crate::layout::PartId;
use crate::message::Part;
use crate::name::Name;
use crate::node::Kind;

/// How many open multiparts a line is compared with, innermost first.
const NEAR: usize = 8;

/// A multipart that is open where the search is.
struct Open<'a> {
    part: PartId,
    end: usize,
    boundary: &'a [u8],
    near: bool,
    padded: bool,
}

impl<'a> Audit<'a> {
    pub(super) fn delimiters(&mut self) {
        self.lines();
        let mut seen: Vec<(&'a [u8], PartId)> = Vec::new();
        for part in self.message.parts() {
            if part.kind() != Kind::Multipart {
                continue;
            }
            self.begin();
            match self.boundary_of(&part) {
                Some(boundary) => {
                    seen.push((boundary, part.id()));
                    self.epilogue(&part, boundary);
                }
                None if !self.message.layout().is_cut() => {
                    self.at_type(Defect::NoDelimiter, &part);
                }
                None => {}
            }
        }
        self.repeated(seen);
    }

    /// The boundary of a multipart, as its first delimiter has it.
    fn boundary_of(&self, part: &Part<'a>) -> Option<&'a [u8]> {
        let child = part.child_parts().next()?;
        let before = self
            .message
            .raw()
            .get(..child.header_slice().start as usize)?;
        let line = before.strip_suffix(b"\n").unwrap_or(before);
        let start = memrchr(b'\n', line).map_or(0, |lf| lf + 1);
        line.get(start..)?.trim_ascii_end().strip_prefix(b"--")
    }

    fn at_type(&mut self, kind: Defect, part: &Part<'a>) {
        let at = part.field(Name::ContentType).map(start_of);
        let at = at.unwrap_or(part.header_slice().start as usize);
        self.add(kind, part, at, Some(Name::ContentType));
    }

    /// One look at each place where two hyphens stand in the body of a multipart.
    fn lines(&mut self) {
        let msg = self.message.raw();
        let mut parts = self.message.parts().peekable();
        let mut open: Vec<Open<'a>> = Vec::new();
        let hyphens = memmem::Finder::new("--");
        let mut from = 0;
        while let Some(n) = msg.get(from..).and_then(|rest| hyphens.find(rest)) {
            let at = from + n;
            from = at + 1;
            while let Some(part) = parts.next_if(|p| p.body_slice().start as usize <= at) {
                close(&mut open, part.body_slice().start as usize);
                open.extend(self.open(&part));
            }
            close(&mut open, at);
            let rest = msg.get(at + 2..).unwrap_or(&[]);
            let mut near = open.iter_mut().rev().take(NEAR);
            let hit = near.find_map(|open| {
                let tail = rest.strip_prefix(open.boundary)?;
                Some((open, tail))
            });
            let Some((open, tail)) = hit else { continue };
            // Only where a line begins its end is looked for: once for each line.
            let begins_line = at == 0 || msg.get(at - 1) == Some(&b'\n');
            let padded = match begins_line {
                true => delimiter(tail),
                false => None,
            };
            let (kind, listed) = match padded {
                Some(padded) => {
                    from = at + 2 + open.boundary.len();
                    if !padded {
                        continue;
                    }
                    (Defect::PaddedDelimiter, &mut open.padded)
                }
                None => (Defect::NearDelimiter, &mut open.near),
            };
            if !core::mem::replace(listed, true) {
                let part = self.message.part(open.part);
                self.begin();
                self.add(kind, &part, at, None);
            }
        }
    }

    fn open(&self, part: &Part<'a>) -> Option<Open<'a>> {
        let boundary = self.multipart(part)?;
        Some(Open {
            part: part.id(),
            end: part.entity_slice().end as usize,
            boundary,
            near: false,
            padded: false,
        })
    }

    fn multipart(&self, part: &Part<'a>) -> Option<&'a [u8]> {
        (part.kind() == Kind::Multipart).then(|| self.boundary_of(part))?
    }

    /// Text behind the close delimiter.
    fn epilogue(&mut self, part: &Part<'a>, boundary: &[u8]) {
        let (msg, end) = (self.message.raw(), part.entity_slice().end as usize);
        let Some(last) = part.child_parts().last() else {
            return;
        };
        let from = last.entity_slice().end as usize;
        let rest = msg.get(from..end).unwrap_or(&[]).trim_ascii_start();
        let close = rest
            .strip_prefix(b"--")
            .and_then(|rest| rest.strip_prefix(boundary));
        let Some(tail) = close.and_then(|rest| rest.strip_prefix(b"--")) else {
            return;
        };
        let text = tail.trim_ascii_start();
        if !text.is_empty() {
            let at = end - text.len();
            self.add(Defect::Epilogue, part, at, None);
        }
    }

    /// Boundaries of multiparts that lie in one another.
    fn repeated(&mut self, mut seen: Vec<(&'a [u8], PartId)>) {
        seen.sort_unstable_by_key(|(boundary, part)| (*boundary, part.index()));
        let mut outer: Option<(&[u8], u32)> = None;
        for (boundary, id) in seen {
            let part = self.message.part(id);
            let same = outer.filter(|(other, _)| *other == boundary);
            if same.is_some_and(|(_, end)| id.index() < end) {
                self.begin();
                self.at_type(Defect::RepeatedBoundary, &part);
            }
            let end = part.subtree_end().max(same.map_or(0, |(_, end)| end));
            outer = Some((boundary, end));
        }
    }
}

/// Whether a line is a delimiter with this behind its boundary, and has white space there.
fn delimiter(tail: &[u8]) -> Option<bool> {
    let line = tail.get(..memchr(b'\n', tail).unwrap_or(tail.len()))?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let space = line.strip_prefix(b"--").unwrap_or(line);
    space.trim_ascii().is_empty().then_some(!space.is_empty())
}

fn close(open: &mut Vec<Open<'_>>, at: usize) {
    while open.last().is_some_and(|open| open.end <= at) {
        open.pop();
    }
}
