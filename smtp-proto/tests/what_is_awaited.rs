//! A peer that is gone is not asked for more, whatever the session is at.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use support::{App, config};
use wire_core::{
    Next, Time,
    transcript::{Record, Subject},
};

/// What the session waits for when it has read `input`; the first `answered` events are answered.
fn wanted(words: &str, mut input: &[u8], answered: usize) -> Option<wire_core::Wants> {
    let mut app = App::new(config(words));
    app.endpoint().handle_eof();
    let mut record = Record::default();
    let mut left = answered;
    loop {
        match app.step(Time::ZERO, &mut input, &mut record) {
            Next::Event(()) if left > 0 => {
                left -= usize::from(app.answer());
            }
            Next::Event(()) => {}
            Next::Wait(wants) => return Some(wants),
            _ => return None,
        }
    }
}

#[test]
fn a_peer_that_is_gone_is_not_asked_for_more() {
    let text = b"EHLO a\r\nAUTH LOGIN\r\nZGVtbw==\r\nc2VjcmV0\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n\
        RCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nBDAT 9\r\nxx";
    for words in ["delay=5", "ask", "plainauth", "tarpit=5 errors=1"] {
        for answered in 0..12 {
            for end in 0..text.len() {
                if let Some(wants) = wanted(words, &text[..end], answered) {
                    assert!(!wants.input, "{words}: {}", text[..end].escape_ascii());
                    let why = wants.answer || wants.flush || wants.until.is_some();
                    assert!(why, "{words}: waits for nothing");
                }
            }
        }
    }
}
