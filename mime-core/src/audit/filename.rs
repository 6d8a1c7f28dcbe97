//! File names: which one, and whether it may be one.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::Audit;
use crate::defect::Defect;
use crate::field::filename::safe_filename;
use crate::field::param::RawParam;
use crate::field::text;
use crate::message::Part;

impl<'a> Audit<'a> {
    pub(super) fn filenames(&mut self, part: &Part<'a>) {
        let disposition = part.disposition();
        let names = disposition
            .into_iter()
            .flat_map(|d| d.param_readings("filename"));
        let more = part.media_type().param_readings("name");
        let mut all: Vec<Cow<'_, str>> = names.chain(more).map(text::decode_words).collect();
        if all.is_empty() {
            return;
        }
        all.sort_unstable();
        all.dedup();
        let places = disposition.into_iter().flat_map(|d| d.params_raw());
        let places = places.filter(|param| base_is(param, b"filename"));
        let more = part.media_type().params_raw();
        let mut places = places.chain(more.filter(|param| base_is(param, b"name")));
        let first = places.next().and_then(|param| self.offset(param.name()));
        let second = places.next().and_then(|param| self.offset(param.name()));
        let first = first.unwrap_or(part.header_slice().start as usize);
        for (on, kind, at) in [
            (
                all.len() > 1,
                Defect::ConflictingFilename,
                second.unwrap_or(first),
            ),
            (
                all.iter().any(|name| is_unsafe(name)),
                Defect::UnsafeFilename,
                first,
            ),
            (
                all.iter().any(|name| name.contains(is_bidi)),
                Defect::BidiControl,
                first,
            ),
        ] {
            if on {
                self.add(kind, part, at, None);
            }
        }
    }
}

fn base_is(param: &RawParam<'_>, name: &[u8]) -> bool {
    let base = param.name().split(|b| *b == b'*').next();
    base.is_some_and(|base| base.eq_ignore_ascii_case(name))
}

/// Not to be used as a name in a folder.
fn is_unsafe(name: &str) -> bool {
    safe_filename(name).is_none_or(|safe| safe != name)
}

/// Characters that change the direction of writing.
pub(super) fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}')
}
