//! HTML as text, and replies in parts.

use mime_core::html::ToText;
use mime_core::reply::{self, Options, Span, SpanKind, Split};
use mime_core::{Layout, Limits, TextBuf};

use crate::Dice;

/// The text of HTML has no controls, a limit cuts it and changes nothing else, either line end is
/// the same, and text that was escaped comes back as it was.
pub fn mime_html(data: &[u8]) {
    let mut dice = Dice::of(data);
    let html = String::from_utf8_lossy(data);
    let options = ToText::DEFAULT
        .links(dice.roll(2) == 0)
        .images(dice.roll(2) == 0)
        .quotes(dice.roll(2) == 0)
        .hidden(dice.roll(2) == 0);
    let whole = to_text(&options, &html);
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    assert!(whole.chars().all(plain), "a control is left");
    assert!(whole.trim_matches('\n') == whole, "an empty line is left");
    assert!(whole.len() <= 40 * html.len(), "it grew");

    let limit = dice.roll(whole.len() + 2);
    let mut cut = String::from("before");
    let fits = options.limit(limit).write(&html, &mut cut);
    let head: String = whole.chars().take(limit).collect();
    assert_eq!(cut.strip_prefix("before"), Some(&*head));
    assert_eq!(fits, whole.chars().count() <= limit);

    let lf = html.replace('\r', "");
    let crlf = lf.replace('\n', "\r\n");
    assert_eq!(to_text(&options, &lf), to_text(&options, &crlf));

    let word = |c: &char| !c.is_whitespace() && plain(*c);
    let words: String = html.chars().filter(word).collect();
    let escape = |c: char| format!("&#x{:x};", u32::from(c));
    let escaped: String = words.chars().map(escape).collect();
    assert_eq!(
        to_text(&options, &escaped),
        to_text(&options, &words.replace('&', "&amp;").replace('<', "&lt;"))
    );
}

fn to_text(options: &ToText, html: &str) -> String {
    let mut text = String::new();
    assert!(options.write(html, &mut text), "the default limit cut it");
    text
}

/// The spans of a reply cover it, in order and at characters; they are the same with either line
/// end; what the buffer maps to the message stands there.
pub fn mime_reply(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lf = text.replace('\r', "");
    let crlf = lf.replace('\n', "\r\n");
    let mut dice = Dice::of(data);
    let marker = if dice.roll(4) == 0 { "a" } else { "" };
    let options = Options::DEFAULT
        .is_reply([None, Some(true), Some(false)][dice.roll(3)])
        .is_forward(dice.roll(3) == 0)
        .flowed(dice.roll(3) == 0)
        .marker(marker);
    for split in [reply::split_text, reply::split_html] {
        check(&text, &split(&text, &options));
        let [one, two] = [&lf, &crlf].map(|text| shape(text, &split(text, &options)));
        assert_eq!(one, two, "line ends changed the spans");
        let few = split(&text, &options.lines(dice.roll(5)));
        check(&text, &few);
        assert!(few.spans.len() <= 5);
    }
    let (mut layout, mut buf) = (Layout::new(), TextBuf::with_limit(data.len() / 2));
    let message = layout.parse(data, &Limits::DEFAULT);
    for html in [false, true] {
        let split = match html {
            false => message.reply_text(&mut buf),
            true => message.reply_html(&mut buf),
        };
        check(buf.as_str(), &split);
        assert!(buf.as_str().len() <= data.len() / 2);
        for (at, octet) in buf.as_str().bytes().enumerate() {
            if let Some(raw) = buf.raw_offset(at) {
                assert_eq!(data.get(raw as usize), Some(&octet), "it stands elsewhere");
            }
        }
        let mut new = String::new();
        split.write_new(&buf, &mut new);
    }
}

fn check(text: &str, split: &Split) {
    let mut at = 0;
    for span in &split.spans {
        assert!(span.start == at && span.end > at, "a gap or an overlap");
        assert!(text.get(span.range()).is_some(), "within a character");
        let quote = span.kind == SpanKind::Quote;
        assert!(!quote || span.depth > 0, "a quote of nothing");
        at = span.end;
    }
    assert_eq!(at as usize, text.len(), "the end is left out");
}

/// What does not depend on line ends.
fn shape(text: &str, split: &Split) -> Vec<(SpanKind, u8, usize)> {
    let line = |span: &Span| text[..span.start as usize].matches('\n').count();
    let spans = split.spans.iter();
    spans
        .map(|span| (span.kind, span.depth, line(span)))
        .collect()
}
