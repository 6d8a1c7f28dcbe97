//! What the words of a transcript switch on.

use super::*;

pub fn config(words: &[&str]) -> Arc<Config> {
    let mut builder = Config::builder("imap.example.org").id("name", "Letterslot");
    // Its line in each SELECT would stand in every transcript.
    let mut capabilities = Capabilities::ALL.without(Capabilities::OBJECTID);
    for word in words {
        if let Some(name) = word.strip_prefix('-') {
            capabilities = capabilities.without(Capabilities::from_name(name).unwrap());
        }
        builder = match *word {
            "plaintext" => builder.plaintext_logins(true),
            "starttls" => builder.starttls(true),
            "poll" => builder.poll(std::time::Duration::from_secs(30)),
            "three-errors" => builder.limits(|limits| limits.errors = 3),
            "small-append" => builder.max_append(100),
            "two-messages" => builder.limits(|limits| limits.messages = 2),
            "lenient" => builder.lenient(
                Leniency::SPACES
                    .with(Leniency::EMPTY_LINES)
                    .with(Leniency::BARE_LF)
                    .with(Leniency::OPEN_ENDS)
                    .with(Leniency::EXTENDED_LIST)
                    .with(Leniency::RAW_HEADERS),
            ),
            "tokens" => builder.auth(Mechanisms::NONE, Mechanisms::TOKENS),
            "cram" => builder.auth(
                Mechanisms::NONE,
                Mechanisms::NONE.with(sasl::Mechanism::CramMd5),
            ),
            "no-sasl" => builder.auth(Mechanisms::NONE, Mechanisms::NONE),
            "low-water" => builder.limits(|limits| {
                limits.high_water = 512;
                limits.read = 16;
            }),
            "short-reads" => builder.limits(|limits| limits.read = 7),
            "gather-30" => builder.limits(|limits| limits.gather = 30),
            "object-ids" => {
                capabilities = capabilities.with(Capabilities::OBJECTID);
                builder
            }
            "basic" => {
                capabilities = basic();
                builder
            }
            "sasl-1300" => builder.limits(|limits| {
                limits.command_before_login = 1024;
                limits.sasl_line = 1300;
            }),
            "sort-300" => builder.limits(|limits| limits.sort = 300),
            "two-folders" => builder.limits(|limits| limits.folders = 2),
            _ => builder,
        };
    }
    builder.capabilities(capabilities).build().unwrap()
}

/// What a server of IMAP4rev2 offers, and little more: transcripts that show the list are for these.
fn basic() -> Capabilities {
    [
        Capabilities::IMAP4REV2,
        Capabilities::IMAP4REV1,
        Capabilities::SASL_IR,
        Capabilities::LITERAL_PLUS,
        Capabilities::ENABLE,
        Capabilities::ID,
        Capabilities::IDLE,
        Capabilities::NAMESPACE,
        Capabilities::UNSELECT,
        Capabilities::UIDPLUS,
        Capabilities::MOVE,
        Capabilities::ESEARCH,
        Capabilities::SEARCHRES,
        Capabilities::CHILDREN,
        Capabilities::LIST_EXTENDED,
        Capabilities::LIST_STATUS,
        Capabilities::SPECIAL_USE,
        Capabilities::STATUS_SIZE,
    ]
    .into_iter()
    .fold(Capabilities::NONE, Capabilities::with)
}
