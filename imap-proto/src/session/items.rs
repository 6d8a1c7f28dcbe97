//! The items of a FETCH, kept for all its lines.

use crate::syntax::{FetchItem, FetchItems};

/// The items that say all by themselves stand ready; from the first one on that points into the
/// command they are read anew for each line, which costs little beside the octets that it wants.
#[derive(Debug)]
pub(super) struct Items {
    ready: Vec<FetchItem<'static>>,
    text: Vec<u8>,
}

impl Items {
    pub(super) fn of(items: FetchItems<'_>) -> Self {
        let mut ready = Vec::new();
        let mut rest = items;
        while let Some((item, behind)) = rest.split_first()
            && let Some(item) = item.without_text()
        {
            ready.push(item);
            rest = behind;
        }
        Items {
            ready,
            text: rest.text().to_vec(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = FetchItem<'_>> {
        let ready = self.ready.iter().copied();
        ready.chain(FetchItems::of(&self.text).iter())
    }
}
