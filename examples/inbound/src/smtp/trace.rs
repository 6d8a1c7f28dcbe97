//! The fields that the server writes on top.

use std::time::{SystemTime, UNIX_EPOCH};

use smtp_proto::{Address, Session};

/// The trace fields. The same for all recipients, whose copies are one.
pub(super) fn trace(session: &Session, from: &Address, only: Option<&Address>) -> String {
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let id = format!("{:016x}", fastrand());
    let received = session.received(unix.cast_signed(), &id, only);
    format!("Return-Path: <{}>\r\n{received}", from.as_str())
}

/// A number to tell messages of one second apart by; nothing depends on its quality.
fn fastrand() -> u64 {
    let mut octets = [0; 8];
    // Without randomness the id is less telling, and that is all.
    let _ = getrandom::fill(&mut octets);
    u64::from_le_bytes(octets)
}
