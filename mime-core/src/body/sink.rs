//! Where decoded octets go.

use alloc::vec::Vec;

use super::base64_lines::Lines;

/// Takes decoded octets, one run after the other.
pub(crate) trait Sink {
    /// Takes a run. A slice without room for it takes nothing: who has a slice sees to its room.
    fn put(&mut self, octets: &[u8]);

    /// Takes what lines of base64 mean, if there are only symbols in them; whether it did.
    fn put_base64(&mut self, lines: Lines<'_>) -> bool;
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }

    fn put_base64(&mut self, lines: Lines<'_>) -> bool {
        lines.append(self)
    }
}

/// A slice that is filled from its start.
pub(crate) struct Room<'o> {
    room: &'o mut [u8],
    len: usize,
}

impl<'o> Room<'o> {
    pub(crate) fn new(room: &'o mut [u8]) -> Self {
        Room { room, len: 0 }
    }

    /// How much of it is filled.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Sink for Room<'_> {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        let to = self.len + octets.len();
        if let Some(room) = self.room.get_mut(self.len..to) {
            room.copy_from_slice(octets);
            self.len = to;
        }
    }

    fn put_base64(&mut self, lines: Lines<'_>) -> bool {
        let written = lines.write(self.room.get_mut(self.len..).unwrap_or(&mut []));
        self.len += written.unwrap_or(0);
        written.is_some()
    }
}
