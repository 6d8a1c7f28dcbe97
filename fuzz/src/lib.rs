//! Fuzz targets as plain functions: each takes any octets, and panics if its oracle is broken.
//!
//! - `cargo test --manifest-path fuzz/Cargo.toml` replays the corpus, with some thousand changes to
//!   it that are the same in every run. No nightly compiler, no libFuzzer.
//! - `RUSTC_BOOTSTRAP=1 cargo fuzz run --features libfuzzer TARGET NEW fuzz/corpus/TARGET` searches
//!   on and keeps what it finds in the folder `NEW`. What broke an oracle becomes a file of the
//!   corpus, small and with a name that says what it is. `-- -dict=fuzz/mime.dict` knows words of
//!   header fields.

mod dice;
mod drive;
mod frame;
mod imap;
mod imap_data;
mod imap_leniency;
mod imap_talk;
mod mime;
mod mime_archive;
mod mime_audit;
mod mime_fields;
mod mime_formats;
mod mime_meaning;
mod mime_reply;
mod mime_scanner;
mod pop3;
mod smtp_data;
mod smtp_grammar;
mod smtp_replies;
mod smtp_session;
mod smtp_trusted;
mod wire;

pub use dice::Dice;
pub use frame::{frame_commands, frame_lines};
pub use imap::{imap_session, imap_syntax};
pub use imap_data::{imap_respond, imap_search};
pub use imap_leniency::imap_leniency;
pub use imap_talk::imap_talk;
pub use mime::{mime_bodies, mime_fields, mime_scan};
pub use mime_archive::{mime_jmap, mime_mbox};
pub use mime_audit::mime_audit;
pub use mime_fields::{mime_addresses, mime_dkim, mime_trace, mime_values};
pub use mime_formats::{mime_inline, mime_text, mime_tnef};
pub use mime_meaning::{mime_protected, mime_reports, mime_subject, mime_threads};
pub use mime_reply::{mime_html, mime_reply};
pub use mime_scanner::mime_scanner;
pub use pop3::pop3_session;
pub use smtp_data::smtp_data;
pub use smtp_grammar::smtp_grammar;
pub use smtp_replies::smtp_replies;
pub use smtp_session::smtp_session;
pub use smtp_trusted::smtp_trusted;
pub use wire::{proxy, sasl};

/// A fuzz target.
pub type Target = fn(&[u8]);

/// All targets by their names, which are those of their corpora and programs.
pub const TARGETS: &[(&str, Target)] = &[
    ("mime_reports", mime_reports),
    ("mime_threads", mime_threads),
    ("mime_subject", mime_subject),
    ("mime_protected", mime_protected),
    ("mime_scan", mime_scan),
    ("mime_scanner", mime_scanner),
    ("mime_audit", mime_audit),
    ("mime_fields", mime_fields),
    ("mime_addresses", mime_addresses),
    ("mime_trace", mime_trace),
    ("mime_values", mime_values),
    ("mime_dkim", mime_dkim),
    ("mime_bodies", mime_bodies),
    ("mime_html", mime_html),
    ("mime_reply", mime_reply),
    ("mime_jmap", mime_jmap),
    ("mime_mbox", mime_mbox),
    ("mime_text", mime_text),
    ("mime_inline", mime_inline),
    ("mime_tnef", mime_tnef),
    ("smtp_session", smtp_session),
    ("smtp_trusted", smtp_trusted),
    ("smtp_data", smtp_data),
    ("smtp_grammar", smtp_grammar),
    ("smtp_replies", smtp_replies),
    ("pop3_session", pop3_session),
    ("imap_session", imap_session),
    ("imap_syntax", imap_syntax),
    ("imap_respond", imap_respond),
    ("imap_search", imap_search),
    ("imap_leniency", imap_leniency),
    ("imap_talk", imap_talk),
    ("frame_lines", frame_lines),
    ("frame_commands", frame_commands),
    ("proxy", proxy),
    ("sasl", sasl),
];
