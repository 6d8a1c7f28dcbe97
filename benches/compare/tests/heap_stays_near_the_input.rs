//! The most memory that a mail takes while it is scanned, audited and read, over its length.
//!
//! It is the only test of its program: others would allocate beside it.

#[path = "../../../mime-core/tests/support/hostile.rs"]
mod hostile;

use std::hint::black_box;
use std::path::PathBuf;

use letterslot_compare::count::peak;
use mime_core::{Address, Kind, Layout, Limits, Message};

fn read(mail: &[u8], limits: &Limits) {
    let mut layout = Layout::new();
    let message = layout.parse(mail, limits);
    black_box(message.audit(1_000));
    read_all(message);
}

fn read_all(message: Message<'_>) {
    for part in message.parts() {
        for field in part.header() {
            black_box((field.text(), field.date(), field.ids().count()));
            for address in field.addresses() {
                if let Address::Mailbox(mailbox) = address {
                    black_box((
                        mailbox.name().map(|name| name.decoded()),
                        mailbox.addr_spec(),
                    ));
                }
            }
        }
        black_box((part.filename(), part.media_type().param("charset")));
        match part.kind() {
            Kind::Text => drop(black_box(part.text())),
            _ => drop(black_box(part.body())),
        }
    }
}

/// Octets that any mail may take.
const BASE: usize = 64 << 10;

#[test]
fn however_hostile() {
    let lifted = Limits::DEFAULT
        .depth(u16::MAX)
        .parts(u32::MAX)
        .fields(u32::MAX);
    let mut worst = (0, String::new());
    let mut check = |name: &str, mail: &[u8], limits: &Limits, factor: usize| {
        let most = peak(|| read(mail, limits));
        let allowed = factor * mail.len() + BASE;
        assert!(
            most <= allowed,
            "{name}: {most} octets for {} of mail",
            mail.len()
        );
        let tenths = most.saturating_sub(BASE) * 10 / mail.len().max(1);
        if tenths > worst.0 {
            worst = (tenths, name.to_owned());
        }
    };
    for hostile in hostile::all(300_000) {
        for limits in [Limits::DEFAULT, lifted] {
            let all_rows = [
                "parts",
                "fields",
                "multiparts",
                "messages",
                "delimiters",
                "boundary",
            ];
            let rows = all_rows.iter().any(|word| hostile.name.contains(word));
            let factor = if rows { 16 } else { 8 };
            check(hostile.name, &hostile.mail, &limits, factor);
        }
    }
    // These files are not part of the repository.
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/hostile/mime");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let mail = std::fs::read(entry.path()).unwrap_or_default();
        check(&entry.file_name().to_string_lossy(), &mail, &lifted, 16);
    }
    println!(
        "at most {}.{} x the input, and 64 KiB: {}",
        worst.0 / 10,
        worst.0 % 10,
        worst.1
    );
}
