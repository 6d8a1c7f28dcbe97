//! Messages that are read before they are asked for.

use std::{collections::VecDeque, ops::Range};

use crate::store::Stored;

/// How many messages are read at once at most.
const MOST: u32 = 256;

/// Who asks for one message after the other gets ever more of them out of one look at the store;
/// who asks for single ones costs no more than those.
#[derive(Default)]
pub struct Ahead {
    /// Read already, by number, ascending.
    ready: VecDeque<(u32, Stored)>,
    /// What follows the message that was asked for last.
    next: u32,
    window: u32,
    /// Something was taken since the last look.
    used: bool,
}

impl Ahead {
    /// The message, if it is here.
    pub fn take(&mut self, number: u32) -> Option<Stored> {
        let follows = number == self.next;
        self.next = number.saturating_add(1);
        self.used = true;
        if !follows {
            self.ready.clear();
            self.window = 1;
            return None;
        }
        while let Some((first, _)) = self.ready.front()
            && *first < number
        {
            self.ready.pop_front();
        }
        if self
            .ready
            .front()
            .is_some_and(|(first, _)| *first == number)
        {
            return self.ready.pop_front().map(|(_, stored)| stored);
        }
        self.window = self.window.saturating_mul(2).clamp(1, MOST);
        None
    }

    /// What to read for a message that is not here.
    pub fn wanted(&self, number: u32, messages: u32) -> Range<u32> {
        let end = number.saturating_add(self.window.max(1));
        number..end.min(messages.saturating_add(1))
    }

    /// Keeps what was read behind the message that was asked for.
    pub fn keep(&mut self, read: Vec<(u32, Stored)>) {
        self.ready = read.into();
    }

    /// Lets go what nobody came for since the last call.
    pub fn tidy(&mut self) {
        if !std::mem::take(&mut self.used) {
            self.ready = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        Stored::Octets(bytes::Bytes::from_static(b"a"))
    }

    #[test]
    fn more_is_read_for_who_goes_on() {
        let mut ahead = Ahead::default();
        let mut looks = Vec::new();
        for number in 1..=20 {
            if ahead.take(number).is_none() {
                let wanted = ahead.wanted(number, 20);
                looks.push(wanted.clone());
                ahead.keep(wanted.skip(1).map(|number| (number, stored())).collect());
            }
        }
        assert_eq!(looks, [1..2, 2..4, 4..8, 8..16, 16..21]);
    }

    #[test]
    fn nothing_more_is_read_for_who_does_not() {
        let mut ahead = Ahead::default();
        for number in [7, 3, 3, 9, 1] {
            assert!(ahead.take(number).is_none());
            assert_eq!(ahead.wanted(number, 20), number..number + 1);
        }
    }

    #[test]
    fn what_is_gone_is_passed_over() {
        let mut ahead = Ahead::default();
        assert!(ahead.take(1).is_none() && ahead.take(2).is_none());
        ahead.keep(vec![(3, stored()), (5, stored())]);
        assert!(ahead.take(3).is_some());
        assert!(ahead.take(4).is_none());
        assert_eq!(ahead.wanted(4, 9), 4..8);
    }

    #[test]
    fn what_nobody_comes_for_is_let_go() {
        let mut ahead = Ahead::default();
        assert!(ahead.take(1).is_none());
        ahead.keep(vec![(2, stored())]);
        ahead.tidy();
        assert!(ahead.ready.len() == 1);
        ahead.tidy();
        assert!(ahead.take(2).is_none());
    }
}
