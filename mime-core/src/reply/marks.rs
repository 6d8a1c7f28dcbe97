//! The elements by which mail programs mark quotes and signatures in HTML.

use crate::html::{Element, Tag, declarations};

/// What the elements around a line say of it: a set of the bits of [`bit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Client(pub(super) u16);

pub(super) mod bit {
    /// Says who wrote when.
    pub(in crate::reply) const ATTRIBUTION: u16 = 1;
    /// The header fields of the original message, which follows to the end.
    pub(in crate::reply) const HEADER: u16 = 1 << 1;
    /// The original message follows, to the end.
    pub(in crate::reply) const APPEND: u16 = 1 << 2;
    /// A signature.
    pub(in crate::reply) const SIGNATURE: u16 = 1 << 3;
    /// A forwarded message.
    pub(in crate::reply) const FORWARD: u16 = 1 << 4;
    /// All of it is quoted.
    pub(in crate::reply) const QUOTE: u16 = 1 << 5;
    /// Holds an attribution and a quote, and what was written between the quotes.
    pub(in crate::reply) const THREAD: u16 = 1 << 6;
    /// A `<blockquote>` that quotes.
    pub(in crate::reply) const CITE: u16 = 1 << 7;
    /// A `<blockquote>` that only indents.
    pub(in crate::reply) const INDENT: u16 = 1 << 8;
    /// A line is drawn above it.
    pub(in crate::reply) const RULE: u16 = 1 << 9;
}

impl Client {
    pub(super) fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }
}

/// Where a name stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Class,
    Id,
    /// The attribute `name`, of elements that have no use for it.
    Name,
    /// The attribute `data-marker`.
    Marker,
}

/// Names and what they say. An id may have something before it, since programs that show mail in
/// a page of their own make ids unique.
const NAMES: &[(At, &str, u16)] = &[
    // Gmail.
    (At::Class, "gmail_attr", bit::ATTRIBUTION),
    (At::Class, "gmail_quote", bit::THREAD),
    (At::Class, "gmail_quote_container", bit::THREAD),
    (At::Class, "gmail_signature", bit::SIGNATURE),
    (At::Class, "gmail_signature_prefix", bit::SIGNATURE),
    // Outlook.
    (At::Id, "divRplyFwdMsg", bit::HEADER),
    (At::Id, "appendonsend", bit::APPEND),
    (At::Id, "OLK_SRC_BODY_SECTION", bit::QUOTE),
    (
        At::Id,
        "mail-editor-reference-message-container",
        bit::QUOTE,
    ),
    (At::Id, "ms-outlook-mobile-signature", bit::SIGNATURE),
    (At::Id, "Signature", bit::SIGNATURE),
    // Apple Mail.
    (At::Id, "AppleMailSignature", bit::SIGNATURE),
    (At::Id, "lineBreakAtBeginningOfSignature", bit::SIGNATURE),
    // Yahoo and AOL.
    (At::Class, "yahoo_quoted", bit::QUOTE),
    (At::Class, "yahoo-signature", bit::SIGNATURE),
    (At::Class, "aol_quoted", bit::QUOTE),
    // Thunderbird.
    (At::Class, "moz-cite-prefix", bit::ATTRIBUTION),
    (At::Class, "moz-forward-container", bit::FORWARD),
    (At::Class, "moz-signature", bit::SIGNATURE),
    // Proton Mail and Tuta.
    (At::Class, "protonmail_quote", bit::THREAD),
    (At::Class, "protonmail_signature_block", bit::SIGNATURE),
    (At::Class, "tutanota_quote", bit::CITE),
    // Roundcube and Evolution.
    (At::Id, "reply-intro", bit::ATTRIBUTION),
    (At::Id, "forwardbody1", bit::FORWARD),
    (At::Id, "replybody1", bit::THREAD),
    (At::Class, "-x-evo-signature-wrapper", bit::SIGNATURE),
    // Zimbra.
    (At::Marker, "__DIVIDER__", bit::APPEND),
    (At::Marker, "__HEADERS__", bit::HEADER),
    (At::Marker, "__SIG_PRE__", bit::SIGNATURE),
    (At::Marker, "__SIG_POST__", bit::SIGNATURE),
    // Zoho, GMX, Spark, Front, Missive, Airmail, Freshdesk.
    (At::Class, "zmail_extra", bit::QUOTE),
    (At::Name, "quote", bit::THREAD),
    (At::Name, "messageReplySection", bit::THREAD),
    (At::Name, "messageSignatureSection", bit::SIGNATURE),
    (At::Class, "front-blockquote", bit::CITE),
    (At::Class, "missive_quote", bit::CITE),
    (At::Class, "airmail_on", bit::ATTRIBUTION),
    (At::Class, "freshdesk_quote", bit::QUOTE),
];

/// What a tag says.
pub(super) fn mark(tag: &Tag<'_>) -> Client {
    let mut marks = match tag.element {
        Element::Hr => bit::RULE,
        _ => 0,
    };
    for (name, value) in tag.attributes() {
        let is = |lower: &str| name.eq_ignore_ascii_case(lower);
        let at = match name.len() {
            2 if is("id") => At::Id,
            4 if is("name") => At::Name,
            5 if is("class") => At::Class,
            5 if is("style") => {
                marks |= style(tag.element, value);
                continue;
            }
            11 if is("data-marker") => At::Marker,
            _ => continue,
        };
        for word in value.split_ascii_whitespace() {
            marks |= named(at, word);
        }
    }
    if tag.element == Element::Blockquote {
        marks = quote(tag, marks);
    }
    // Anchors and fields of forms have names of their own.
    if matches!(tag.element, Element::A | Element::Void) {
        marks = 0;
    }
    Client(marks)
}

fn named(at: At, word: &str) -> u16 {
    let is = |name: &str| match at {
        // Outlook puts `x_` before the names in a mail that it quotes.
        At::Class => word.trim_start_matches("x_") == name,
        At::Id => word.ends_with(name),
        At::Name | At::Marker => word == name,
    };
    let found = NAMES
        .iter()
        .find(|(place, name, _)| *place == at && is(name));
    found.map_or(0, |(_, _, bits)| *bits)
}

/// A `<blockquote>` quotes by its type, its class or the bar that is drawn beside it.
fn quote(tag: &Tag<'_>, marks: u16) -> u16 {
    let cites = marks & (bit::THREAD | bit::QUOTE | bit::RULE) != 0
        || tag
            .attribute("type")
            .is_some_and(|ty| ty.eq_ignore_ascii_case("cite"))
        || tag.attribute("cite").is_some();
    let kept = marks & !(bit::THREAD | bit::QUOTE | bit::RULE);
    if cites {
        return kept & !bit::INDENT | bit::CITE;
    }
    kept
}

/// Lines that are drawn: above the header of an original message, or beside a quote. A
/// `<blockquote>` whose border is taken away was made by the button that indents.
fn style(element: Element, style: &str) -> u16 {
    let mut marks = 0;
    let drawn = |value: &str| value.contains("solid");
    for (name, value) in declarations(style) {
        let is = |lower: &str| name.eq_ignore_ascii_case(lower);
        if element == Element::Blockquote {
            if is("border-left") && drawn(value) {
                marks |= bit::RULE;
            } else if is("border") && value.starts_with("none") {
                marks |= bit::INDENT;
            }
        } else if is("border-top") && drawn(value) {
            marks |= bit::RULE;
        }
    }
    marks
}
