//! Text, HTML and attachments (RFC 8621 section 4.1.4).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::{Layout, Limits, PartId};

/// A tree in a line: `mixed( plain html! gif "name" )` to a mail; `!` is an attachment.
fn mail(tree: &str) -> String {
    let mut out = String::new();
    let mut open = Vec::new();
    for word in tree.split(' ') {
        if word == ")" {
            out += &format!("--b{}--\n", open.len());
            open.pop();
            continue;
        }
        if !open.is_empty() {
            out += &format!("--b{}\n", open.len());
        }
        let (word, attached) = word
            .strip_suffix('!')
            .map_or((word, false), |word| (word, true));
        let (word, named) = word
            .strip_suffix('=')
            .map_or((word, false), |word| (word, true));
        if let Some(subtype) = word.strip_suffix('(') {
            open.push(());
            out += &format!(
                "Content-Type: multipart/{subtype}; boundary=b{}\n\n",
                open.len()
            );
            continue;
        }
        let ty = match word {
            "plain" | "html" => "text",
            "gif" => "image",
            "rfc822" => "message",
            _ => "application",
        };
        out += &format!(
            "Content-Type: {ty}/{word}{}\n",
            if named { "; name=x" } else { "" }
        );
        out += if attached {
            "Content-Disposition: attachment\n\n"
        } else {
            "\n"
        };
        out += if word == "rfc822" {
            "Content-Type: text/html\n\nx\n"
        } else {
            "x\n"
        };
    }
    out
}

/// A tree; the indices of its text, HTML and attachments.
type Row = (&'static str, &'static [u32], &'static [u32], &'static [u32]);

#[test]
fn table() {
    let table: &[Row] = &[
        ("plain", &[0], &[0], &[]),
        ("html", &[0], &[0], &[]),
        ("pdf", &[], &[], &[0]),
        ("plain!", &[], &[], &[0]),
        ("mixed( plain pdf gif )", &[1, 3], &[1, 3], &[2]),
        ("alternative( plain html )", &[1], &[2], &[]),
        ("alternative( html )", &[1], &[1], &[]),
        ("alternative( plain pdf )", &[1], &[1], &[2]),
        ("mixed( plain plain= )", &[1], &[1], &[2]),
        ("related( html gif )", &[1], &[1], &[2]),
        ("alternative( plain related( html gif ) )", &[1], &[3], &[4]),
        (
            "alternative( mixed( plain gif ) html )",
            &[2, 3],
            &[4],
            &[3],
        ),
        ("mixed( rfc822 plain )", &[3], &[3], &[1]),
        // The RFC's own algorithm loses the last two.
        (
            "alternative( mixed( plain html plain ) )",
            &[2],
            &[2],
            &[3, 4],
        ),
    ];
    for (tree, text, html, attachments) in table {
        let mail = mail(tree);
        let mut layout = Layout::new();
        let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
        let bodies = message.bodies();
        let index = |ids: &[PartId]| ids.iter().map(|id| id.index()).collect::<Vec<_>>();
        let found = [
            index(&bodies.text),
            index(&bodies.html),
            index(&bodies.attachments),
        ];
        assert_eq!(
            found,
            [text.to_vec(), html.to_vec(), attachments.to_vec()],
            "{tree}\n{mail}"
        );
        assert!(message.text_parts().map(|part| part.id()).eq(bodies.text));
        assert!(message.html_parts().map(|part| part.id()).eq(bodies.html));
        assert!(
            message
                .attachments()
                .map(|part| part.id())
                .eq(bodies.attachments)
        );
    }
}
