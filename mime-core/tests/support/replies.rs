//! Mails whose lines are shown behind what they are.

use mime_core::reply::{Span, SpanKind, Split};

/// The mail without what its lines are.
pub(crate) fn strip(shown: &str) -> String {
    let mut text = String::new();
    for line in shown.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\r', '\n']);
        text += if bare.is_empty() { line } else { &line[2..] };
    }
    text
}

/// The mail with what its lines are, as the split has them.
pub(crate) fn show(text: &str, split: &Split) -> String {
    assert_sound(text, split);
    let (mut shown, mut at) = (String::new(), 0);
    for line in text.split_inclusive('\n') {
        let line_end = line.trim_end_matches(['\r', '\n']);
        if !line_end.trim().is_empty() {
            let start = at + (line_end.len() - line_end.trim_start().len());
            let holds = |span: &&Span| span.range().contains(&start);
            let span = split.spans.iter().find(holds).unwrap();
            shown.push(letter(span));
            shown.push(' ');
        }
        shown += line_end;
        shown.push('\n');
        at += line.len();
    }
    shown
}

fn letter(span: &Span) -> char {
    match span.kind {
        SpanKind::New => 'n',
        SpanKind::Attribution => 'a',
        SpanKind::Quote => (b'0' + span.depth.min(9)) as char,
        SpanKind::Signature => 's',
        SpanKind::Forward => 'f',
        other => panic!("{other:?}"),
    }
}

/// Spans are in order, without gaps, at characters, and no two neighbours are the same.
pub(crate) fn assert_sound(text: &str, split: &Split) {
    let mut at = 0;
    for span in &split.spans {
        assert_eq!(span.start, at, "{split:?}");
        assert!(span.end > span.start, "{split:?}");
        assert!(text.get(span.range()).is_some(), "{split:?}");
        let quoted = matches!(span.kind, SpanKind::Quote);
        assert!(!quoted || span.depth > 0, "{split:?}");
        at = span.end;
    }
    assert_eq!(at as usize, text.len(), "{split:?}");
    for pair in split.spans.windows(2) {
        let key = |span: &Span| (span.kind, span.depth, span.confidence);
        assert_ne!(key(&pair[0]), key(&pair[1]));
    }
}
