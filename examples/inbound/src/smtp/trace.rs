//! The fields that the server writes on top.

use std::time::{SystemTime, UNIX_EPOCH};

use mime_core::Name;
use smtp_proto::{Address, Session};

use super::fixes;
use crate::{
    config::{Config, Service},
    policy::Marks,
    spool::Head,
};

/// The trace fields of a message. The same for all recipients, whose copies are one.
#[derive(Default)]
pub(super) struct Trace {
    unix: i64,
    id: String,
    return_path: String,
    received: String,
}

impl Trace {
    pub(super) fn new(session: &Session, from: &Address, only: Option<&Address>) -> Self {
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())
            .cast_signed();
        let id = format!("{:016x}", fastrand());
        Trace {
            return_path: format!("Return-Path: <{}>\r\n", from.as_str()),
            received: session.received(unix, &id, only),
            unix,
            id,
        }
    }

    /// Puts all that the server writes on top of a message, and takes away what only the server may
    /// say.
    pub(super) fn put_on(&self, head: &mut Head, marks: &Marks, config: &Config, service: Service) {
        // RFC 5321 section 4.4: there is one Return-Path, that of the final delivery.
        head.remove(|field| field.is(Name::ReturnPath));
        // RFC 8601 section 5: what came in under our name is forged. What a transfer agent of our
        // own says over LMTP is not.
        if service != Service::Lmtp {
            let (us, fields) = (config.hostname(), head.fields());
            let forged = fields.untrusted_results(&us).map(|field| field.offset());
            let forged: Vec<_> = forged.collect();
            let mut forged = forged.into_iter().peekable();
            head.remove(|field| forged.next_if_eq(&field.offset()).is_some());
        }
        if matches!(service, Service::Submission | Service::Smtps) {
            fixes::apply(head, self.unix, &self.id, &config.hostname());
        }
        // Results stand above the Received of the host that got them (RFC 8601 section 4.1).
        let top = [&*self.return_path, &marks.to_lines(), &self.received];
        head.prepend(&top.concat());
    }
}

/// A number to tell messages of one second apart by; nothing depends on its quality.
fn fastrand() -> u64 {
    let mut octets = [0; 8];
    // Without randomness the id is less telling, and that is all.
    let _ = getrandom::fill(&mut octets);
    u64::from_le_bytes(octets)
}
