//! Messages that own their octets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::sync::Arc;

use mime_core::{Keep, Layout, LayoutRef, Limits, MessageBuf};
use support::{MAILS, assert_sound, structure};

#[test]
fn a_stored_layout_finds_its_message_again() {
    for mail in MAILS {
        let layout = Layout::scan(mail.as_bytes(), &Limits::DEFAULT);
        for keep in [Keep::Parts, Keep::Fields] {
            let (mut stored, mut again) = (Vec::new(), Vec::new());
            layout.as_ref().write(keep, &mut stored);
            let copy = LayoutRef::read(&stored).unwrap().to_layout();
            copy.as_ref().write(keep, &mut again);
            assert_eq!(stored, again);
            let message = MessageBuf::from_parts(mail.as_bytes(), copy).unwrap();
            assert_eq!(
                structure(&message.view()),
                structure(&layout.on(mail.as_bytes()).unwrap())
            );
            assert_sound(message.layout().as_ref(), mail.as_bytes());
            let raw = |layout: &Layout| -> Vec<Vec<u8>> {
                let message = layout.on(mail.as_bytes()).unwrap();
                message
                    .nodes()
                    .flat_map(|node| node.header())
                    .map(|f| f.raw().to_vec())
                    .collect()
            };
            assert_eq!(raw(message.layout()), raw(&layout));
            // It is scanned anew as any other.
            let (octets, mut layout) = message.into_parts();
            layout.scan_into(octets, &Limits::DEFAULT);
            let mut fresh = Vec::new();
            layout.as_ref().write(Keep::Fields, &mut fresh);
            assert_eq!(fresh.len(), layout.as_ref().stored_len(Keep::Fields));
            assert!(LayoutRef::read(&fresh).unwrap().on(mail.as_bytes()).is_ok());
        }
    }
}

#[test]
fn another_message_is_refused() {
    let layout = Layout::scan(MAILS[0].as_bytes(), &Limits::DEFAULT);
    let other = MAILS[0].replace("body", "bodY");
    let refused = MessageBuf::from_parts(other.into_bytes(), layout.clone()).unwrap_err();
    assert_eq!(refused.expected, refused.found);
    assert!(MessageBuf::from_parts(b"".to_vec(), layout).is_err());
}

#[test]
fn clones_share_what_they_hold() {
    let octets: Arc<[u8]> = Arc::from(MAILS[1].as_bytes());
    let message = MessageBuf::parse(octets, &Limits::DEFAULT);
    let clone = message.clone();
    assert!(Arc::ptr_eq(message.octets(), clone.octets()));
    assert!(std::ptr::eq(message.layout(), clone.layout()));
    let texts = std::thread::scope(|scope| {
        let all = [&message, &clone].map(|message| {
            scope.spawn(|| {
                message
                    .view()
                    .text_parts()
                    .map(|part| part.text().into_owned())
                    .collect()
            })
        });
        all.map(|thread| -> Vec<String> { thread.join().unwrap() })
    });
    assert_eq!(texts[0], ["caf\u{e9} x"]);
    assert_eq!(texts[0], texts[1]);
    let (octets, layout) = message.into_parts();
    assert!(layout.on(&octets).is_ok());
    assert_eq!(clone.view().raw(), &*octets);
}
