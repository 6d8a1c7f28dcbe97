//! MIME in pieces: a scanner against the scan of the whole.

use mime_core::{Item, Keep, Kind, Layout, Limits, PartId, Scanner};

use crate::Dice;

/// However it is cut, the scanner makes the layout of a scan, gives each leaf its body, ends what
/// it begins, tells the defects of the layout, and holds back no more than it may.
pub fn mime_scanner(data: &[u8]) {
    let mut dice = Dice::of(data);
    let tight = Limits::DEFAULT
        .depth(2)
        .parts(4)
        .fields(5)
        .defects(2)
        .field_bytes(1 + dice.roll(60) as u32)
        .stream_header_bytes(dice.roll(60) as u32);
    for limits in [Limits::DEFAULT, tight] {
        check(data, &[data], &limits);
        check(data, &dice.cut(data), &limits);
    }
}

#[derive(Default)]
struct Told {
    bodies: Vec<(PartId, Vec<u8>)>,
    open: Vec<PartId>,
    ended: usize,
    defects: usize,
}

impl Told {
    fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Begin(head) => {
                assert_eq!(head.parent(), self.open.last().copied());
                self.open.push(head.id());
                self.bodies.push((head.id(), Vec::new()));
            }
            Item::Body { part, octets } => {
                assert_eq!(Some(&part), self.open.last());
                let (last, body) = self.bodies.last_mut().expect("a part began");
                assert!(*last == part && !octets.is_empty());
                body.extend_from_slice(octets);
            }
            Item::End { part, .. } => {
                assert_eq!(Some(part), self.open.pop());
                self.ended += 1;
            }
            Item::Defect(_) => self.defects += 1,
            _ => {}
        }
    }
}

fn check(data: &[u8], pieces: &[&[u8]], limits: &Limits) {
    let (mut scanner, mut told) = (Scanner::new(limits), Told::default());
    let most = limits.stream_header_bytes + limits.field_bytes + 1100;
    for piece in pieces {
        let mut input = *piece;
        while let Some(item) = scanner.next(&mut input) {
            told.take(item);
        }
        assert!(input.is_empty(), "something was not taken");
        assert!(scanner.held() <= most as usize, "too much is held");
    }
    while let Some(item) = scanner.finish() {
        told.take(item);
    }
    let (layout, whole) = (scanner.into_layout(), Layout::scan(data, limits));
    assert_eq!(stored(&layout), stored(&whole), "another layout");
    let message = whole.on(data).expect("it fits its message");
    assert!(told.open.is_empty() && told.ended == message.parts().len());
    assert_eq!(told.defects, whole.as_ref().defects().len());
    for (id, body) in told.bodies {
        let part = message.part(id);
        match part.kind() {
            Kind::Leaf | Kind::Text => assert_eq!(body, part.raw_body()),
            _ => assert!(body.is_empty()),
        }
    }
}

fn stored(layout: &Layout) -> Vec<u8> {
    let mut out = Vec::new();
    layout.as_ref().write(Keep::Fields, &mut out);
    out
}
