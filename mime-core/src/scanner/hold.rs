//! What a scanner holds: octets that are shown with an item, and octets that are not decided.

use alloc::vec::Vec;

use memchr::{memchr, memchr_iter, memrchr};

/// Two stretches that follow each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Hold {
    octets: Vec<u8>,
    /// How many are to be shown: the header of a part so far, or octets of a body.
    shown: usize,
    /// An item shows them: with the next call they go.
    lent: bool,
    /// The header has more, which is not shown.
    cut: bool,
}

impl Hold {
    /// Holds nothing, in this storage, which is empty.
    pub(super) fn new(storage: Vec<u8>) -> Self {
        Hold {
            octets: storage,
            ..Hold::default()
        }
    }

    pub(super) fn into_storage(mut self) -> Vec<u8> {
        self.octets.clear();
        self.octets
    }

    pub(super) fn len(&self) -> usize {
        self.octets.len()
    }

    /// What is not decided.
    pub(super) fn open(&self) -> &[u8] {
        self.octets.get(self.shown..).unwrap_or(&[])
    }

    /// What an item shows.
    pub(super) fn lent(&self) -> &[u8] {
        self.octets.get(..self.shown).unwrap_or(&[])
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// More that is not decided.
    pub(super) fn keep(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Keeps what was decided, and no more; tells how much goes.
    pub(super) fn give_back(&mut self, decided: usize) -> usize {
        let back = self.open().len() - decided;
        self.octets.truncate(self.shown + decided);
        back
    }

    /// Leaves out what was decided.
    pub(super) fn drop_held(&mut self, decided: usize) {
        self.octets.drain(self.shown..self.shown + decided);
    }

    /// Shows what was decided with an item.
    pub(super) fn lend(&mut self, decided: usize) {
        self.shown += decided;
        self.lent = true;
    }

    /// Shows the header with an item.
    pub(super) fn lend_shown(&mut self) {
        self.lent = true;
    }

    /// Adds these fields, and nothing open, to the header that is shown, if it stays below `most`.
    pub(super) fn show(&mut self, fields: &[u8], most: usize) {
        let shown = self.fitting(fields, most);
        self.cut |= shown < fields.len();
        self.keep(fields.get(..shown).unwrap_or(fields));
        self.shown += shown;
    }

    /// The same with fields that are held.
    pub(super) fn show_held(&mut self, decided: usize, most: usize) {
        let fields = self.open().get(..decided).unwrap_or(&[]);
        let shown = self.fitting(fields, most);
        self.cut |= shown < decided;
        self.shown += shown;
        self.drop_held(decided - shown);
    }

    fn fitting(&self, fields: &[u8], most: usize) -> usize {
        match self.cut {
            true => 0,
            false => whole_fields(fields, most.saturating_sub(self.shown)).len(),
        }
    }

    /// Leaves out what an item showed.
    #[inline]
    pub(super) fn let_go(&mut self) {
        if core::mem::take(&mut self.lent) {
            self.drop_shown();
        }
    }

    #[cold]
    fn drop_shown(&mut self) {
        self.octets.drain(..self.shown);
        self.shown = 0;
        self.cut = false;
    }
}

/// The fields at the start that take `most` octets at most.
pub(super) fn whole_fields(fields: &[u8], most: usize) -> &[u8] {
    if fields.len() <= most {
        return fields;
    }
    let mut end = most;
    while let Some(lf) = fields.get(..end).and_then(|fields| memrchr(b'\n', fields)) {
        if !folds_at(fields, lf + 1) {
            return fields.get(..lf + 1).unwrap_or(fields);
        }
        end = lf;
    }
    &[]
}

/// How many of these octets tell where a field ends whose beginning is held: one octet after its
/// line end, or what makes the field longer than `most`. `None`: they do not tell.
pub(super) fn field_ahead(held: &[u8], octets: &[u8], most: usize) -> Option<usize> {
    if held == b"\r" || held.ends_with(b"\n") && !folds_at(octets, 0) {
        return Some(1);
    }
    let room = most.saturating_sub(held.len()).saturating_add(1);
    let near = octets.get(..room).unwrap_or(octets);
    let mut ends = memchr_iter(b'\n', near).map(|lf| lf + 1);
    match ends.find(|end| *end < octets.len() && !folds_at(octets, *end)) {
        Some(end) => Some(end + 1),
        None => (near.len() == room).then_some(room),
    }
}

/// How many of these octets end a line that may be a delimiter.
pub(super) fn line_ahead(octets: &[u8]) -> usize {
    const NEAR: usize = 1024;
    let octets = octets.get(..NEAR).unwrap_or(octets);
    memchr(b'\n', octets).map_or(octets.len(), |lf| lf + 1)
}

/// RFC 5322 section 2.2.3: a line that begins with white space goes on with the field.
fn folds_at(octets: &[u8], at: usize) -> bool {
    matches!(octets.get(at), Some(b' ' | b'\t'))
}
