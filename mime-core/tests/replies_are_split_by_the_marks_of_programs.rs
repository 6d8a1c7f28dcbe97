//! Replies and forwards in HTML, with the elements by which mail programs mark what they quote.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::reply::{Confidence, Options, SpanKind, split_html, split_text};
use mime_core::{Layout, Limits, TextBuf};
use proptest::prelude::*;
use support::replies::{assert_sound, show, strip};

/// One line for each stretch, in the notation of the tests of plain text: the HTML of each line is
/// of one kind.
#[track_caller]
fn check_with(shown: &str, options: &Options<'_>) {
    let html = strip(shown);
    for html in [html.clone(), html.replace('\n', "\r\n")] {
        let split = split_html(&html, options);
        assert_eq!(show(&html, &split), shown, "{split:#?}");
    }
}

#[track_caller]
fn check(shown: &str) {
    check_with(shown, &Options::DEFAULT);
}

#[test]
fn gmail() {
    check(
        "n <div dir=\"ltr\">Yes, at five.<div><br></div><div>Ann</div></div><br>\n\
         a <div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Mon, Nov 2, 2026 at 10:15 AM Bob &lt;<a href=\"mailto:bob@example.org\">bob@example.org</a>&gt; wrote:<br></div>\n\
         1 <blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\"><div>Tea?<br>\n\
         2 <blockquote class=\"gmail_quote\" style=\"border-left:1px solid\">Hungry.</blockquote></div>\n\
         1 <div>Bob</div></blockquote></div>\n",
    );
    // Answers between what is quoted.
    check(
        "a <div dir=ltr><br></div>\n\
         a <div class=gmail_quote><div class=gmail_attr>On Mon Bob wrote:</div>\n\
         1 <blockquote class=gmail_quote><div>Tea?</div></blockquote>\n\
         n <div>Yes.</div>\n\
         1 <blockquote class=gmail_quote><div>Cake?</div></blockquote>\n\
         n <div>No.</div></div>\n",
    );
    check(
        "n <div dir=ltr>See below.</div>\n\
         s <div class=gmail_signature data-smartmail=gmail_signature>Ann<br>Long Road 5</div>\n\
         f <div class=gmail_quote><div dir=ltr class=gmail_attr>---------- Forwarded message ---------<br>\n\
         f From: <b>Bob</b><br>Date: Monday<br>Subject: Tea<br>To: Ann<br></div>\n\
         f Tea?<br>At five?</div>\n",
    );
    // A block that the button for it indents is no quote.
    check(
        "n Poem:<blockquote style=\"margin:0 0 0 40px;border:none;padding:0px\">Roses</blockquote>\n\
         n <div>End.</div>\n",
    );
}

#[test]
fn outlook() {
    // On the web.
    check(
        "n <div class=elementToProof>Yes.</div><div id=\"appendonsend\"></div>\n\
         a <hr style=\"display:inline-block;width:98%\"><div id=\"divRplyFwdMsg\" dir=\"ltr\"><font><b>From:</b> Bob<br>\n\
         a <b>Sent:</b> Monday<br><b>To:</b> Ann<br><b>Subject:</b> Tea</font><div>&nbsp;</div></div>\n\
         1 <div>Tea at five?</div>\n\
         1 <div>Bob</div>\n",
    );
    // On a desk, in a language, with the mail before.
    check(
        "n <div class=WordSection1><p class=MsoNormal>Ja.</p><p class=MsoNormal>&nbsp;</p>\n\
         a <div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Von:</b> Bob <br>\n\
         a <b>Gesendet:</b> Montag<br><b>An:</b> Ann<br><b>Betreff:</b> Tee</p></div>\n\
         1 <p class=MsoNormal>Tee um f&uuml;nf?</p>\n\
         2 <div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>Von:</b> Ann <br>\n\
         2 <b>Gesendet:</b> Sonntag<br><b>An:</b> Bob<br><b>Betreff:</b> Hunger</p></div>\n\
         2 <p class=MsoNormal>Hunger.</p></div>\n",
    );
    // On a telephone.
    check(
        "n <div>Yes.</div>\n\
         s <div id=\"ms-outlook-mobile-signature\">Get <a href=\"https://aka.example\">Outlook for iOS</a></div>\n\
         1 <div id=\"mail-editor-reference-message-container\"><div>Tea at five?</div></div>\n",
    );
    // With names that another program made its own.
    check(
        "n <div>Yes.</div>\n\
         a <div id=\"m_-12345divRplyFwdMsg\"><b>From:</b> Bob<br></div>\n\
         1 <div>Tea?</div>\n",
    );
    check_with(
        "n <div>See below.</div>\n\
         f <div id=\"divRplyFwdMsg\"><b>From:</b> Bob<br><b>Subject:</b> Tea</div>\n\
         f <div>Tea at five?</div>\n",
        &Options::DEFAULT.is_forward(true),
    );
}

#[test]
fn apple_mail() {
    check(
        "n <html><body style=\"word-wrap: break-word\">Yes.<br id=\"lineBreakAtBeginningOfMessage\"><div><br>\n\
         a <blockquote type=\"cite\"><div>On 2 Nov 2026, at 10:15, Bob &lt;bob@example.org&gt; wrote:</div><br class=\"Apple-interchange-newline\">\n\
         1 <div>Tea at five?</div></blockquote></div><br></body></html>\n",
    );
    check(
        "n <div>Yes.</div>\n\
         s <div id=\"AppleMailSignature\" dir=\"ltr\">Sent from my iPhone</div>\n\
         a <div dir=\"ltr\"><br>On 2 Nov 2026, at 10:15, Bob wrote:<br><br></div>\n\
         1 <blockquote type=\"cite\"><div dir=\"ltr\">Tea at five?</div></blockquote>\n",
    );
    check(
        "n See below.<br><div><br>\n\
         f <blockquote type=\"cite\"><div>Begin forwarded message:</div><br>\n\
         f <div><b>From: </b>Bob</div><div><b>Subject: </b>Tea</div><br><div>Tea?</div></blockquote></div>\n\
         n <div>Ann</div>\n",
    );
}

#[test]
fn yahoo_and_others() {
    check(
        "n <div class=\"ydp1yahoo-style-wrap\"><div>Yes.</div></div>\n\
         a <div id=\"yahoo_quoted_1234\" class=\"yahoo_quoted\"><div>On Monday, November 2, 2026, 10:15 AM, Bob &lt;bob@example.org&gt; wrote:</div><div><br></div>\n\
         1 <div><div>Tea at five?<br>Bob</div></div></div>\n\
         n <div>Ann</div>\n",
    );
    // Thunderbird.
    check(
        "n <p>Yes.</p>\n\
         s <pre class=\"moz-signature\" cols=\"72\">-- \n\
         s Ann</pre>\n\
         a <div class=\"moz-cite-prefix\">On 02/11/2026 10:15, Bob wrote:<br></div>\n\
         1 <blockquote type=\"cite\" cite=\"mid:1@example.org\"><p>Tea?</p></blockquote>\n\
         n <p>And cake.</p>\n",
    );
    check(
        "n <p>See below.</p>\n\
         f <div class=\"moz-forward-container\"><br>-------- Forwarded Message --------<table class=\"moz-email-headers-table\"><tr><th>Subject: </th><td>Tea</td></tr></table>\n\
         f <p>Tea?</p></div>\n",
    );
    // Proton Mail.
    check(
        "n <div style=\"font-size: 14px\">Yes.</div>\n\
         s <div class=\"protonmail_signature_block\"><div>Sent with Proton Mail secure email.</div></div>\n\
         a <div class=\"protonmail_quote\">On Monday, November 2nd, 2026 at 10:15 AM, Bob &lt;bob@example.org&gt; wrote:<br><br>\n\
         1 <blockquote class=\"protonmail_quote\" type=\"cite\">Tea?</blockquote></div>\n",
    );
    // Zimbra.
    check(
        "n <div>Yes.</div>\n\
         a <hr id=\"zwchr\" data-marker=\"__DIVIDER__\"><div data-marker=\"__HEADERS__\"><b>From: </b>Bob<br><b>Sent: </b>Monday<br></div>\n\
         1 <div data-marker=\"__QUOTED_TEXT__\">Tea?</div>\n",
    );
    // GMX.
    check(
        "n <div>Ja.</div>\n\
         a <div name=\"quote\" style=\"border-left: 2px solid #C3D9E5\"><div><b>Gesendet:</b> Montag<br><b>Von:</b> Bob<br><b>An:</b> Ann<br><b>Betreff:</b> Tee</div>\n\
         1 <div name=\"quoted-content\">Tee?</div></div>\n",
    );
    // Roundcube.
    check(
        "a <p id=\"reply-intro\">On 2026-11-02 10:15, Bob wrote:</p>\n\
         1 <blockquote type=\"cite\"><div>Tea?</div></blockquote>\n\
         n <p>Yes.</p>\n",
    );
}

#[test]
fn without_any_name() {
    check(
        "n <p>Yes.</p>\n\
         a <p>Le 2 nov. 2026 à 10:15, Bob &lt;bob@example.org&gt; a écrit&nbsp;:</p>\n\
         1 <blockquote><p>Tea?</p></blockquote>\n",
    );
    check(
        "n Yes.<br>\n\
         a -----Original Message-----<br>From: Bob<br>Sent: Monday<br>To: Ann<br>Subject: Tea<br><br>\n\
         1 Tea?<br>\n",
    );
    check("n Yes.<br>\na Bob wrote:<br>\n1 &gt; Tea?<br>\n2 &gt; &gt; Hungry.<br>\n");
    let split = split_html("<blockquote>a", &Options::DEFAULT);
    assert_eq!(split.spans[0].confidence, Confidence::Likely);
    let split = split_html("<blockquote type=cite>a", &Options::DEFAULT);
    assert_eq!(split.spans[0].confidence, Confidence::Certain);
    check("n <p>Only this.\n");
    check("");
}

const MAIL: &str = "In-Reply-To: <1@example.org>\nContent-Type: multipart/alternative; boundary=b\n\n\
    --b\nContent-Type: text/plain; charset=utf-8\n\nJa, g\u{e4}rna.\n\n> Te?\n\
    --b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n\
    <p>Ja, g=C3=A4rna.</p><blockquote type=3Dcite>Te?</blockquote>\n--b--\n";

#[test]
fn of_a_message_either_form_is_split() {
    let (mut layout, mut buf) = (Layout::new(), TextBuf::new());
    let message = layout.parse(MAIL.as_bytes(), &Limits::DEFAULT);
    let split = message.reply_text(&mut buf);
    assert!(!buf.is_html() && split.has_quote());
    assert_eq!(split.new_text(&buf).collect::<Vec<_>>(), ["Ja, gärna.\n\n"]);
    // What is found stands in the message just there.
    for span in &split.spans {
        let [start, end] = [span.start, span.end].map(|at| buf.raw_offset(at as usize).unwrap());
        assert_eq!(
            &MAIL[start as usize..end as usize],
            &buf.as_str()[span.range()]
        );
    }
    let split = message.reply_html(&mut buf);
    assert!(buf.is_html() && split.has_quote());
    assert_eq!(buf.raw_offset(0), None);
    assert_eq!(
        split.new_text(&buf).collect::<Vec<_>>(),
        ["<p>Ja, gärna.</p>"]
    );
    let mut new = String::new();
    split.write_new(&buf, &mut new);
    assert_eq!(new, "Ja, gärna.");
}

#[test]
fn of_one_form_only_it_is_taken() {
    let (mut layout, mut buf) = (Layout::new(), TextBuf::new());
    let html = b"Content-Type: text/html\n\n<p>a<blockquote type=cite>b";
    let split = layout.parse(html, &Limits::DEFAULT).reply_text(&mut buf);
    assert!(buf.is_html() && split.spans.len() == 2);
    let text = b"\na\n> b\n";
    let split = layout.parse(text, &Limits::DEFAULT).reply_html(&mut buf);
    assert!(!buf.is_html() && split.spans.len() == 2);
    let none = b"Content-Type: image/png\n\nx";
    let split = layout.parse(none, &Limits::DEFAULT).reply_text(&mut buf);
    assert!(buf.as_str().is_empty() && split.spans.is_empty());
    // The text of a forward says so by its subject.
    let forward =
        b"Subject: WG: Tee\n\nSiehe unten.\n\nVon: a\nGesendet: b\nAn: c\nBetreff: d\n\nTee?\n";
    let split = layout.parse(forward, &Limits::DEFAULT).reply_text(&mut buf);
    assert_eq!(split.spans.last().unwrap().kind, SpanKind::Forward);
}

#[test]
fn floods() {
    let floods = [
        ">",
        "> ",
        ">\n",
        "> a\n",
        "> a\nb\n",
        "\n",
        "a:\n",
        "On 2026 a@b wrote:\n",
        "wrote:\n> a\n",
        "From: a\n",
        "To: a\n",
        "From: a\nTo: b\nDate: c\nSubject: d\n",
        "--\n",
        "-- \n",
        "-----Original Message-----\n",
        "----------\n",
        "__________\n",
        "Begin forwarded message:\n",
        "Sent from my iPhone\n",
        "a\n",
        "On Monday\n",
        "a@b 10:15 \n",
        "wrote wrote wrote wrote wrote:\n",
        "<blockquote>",
        "<blockquote>a",
        "<div class=gmail_quote>a<br>",
        "<div class='a b c d e f g h'>",
        "<div id=appendonsend>a<br>",
        "a<br>",
        "<p>a:",
        "<hr>",
        "<blockquote>a</blockquote>b",
        "日\n",
    ];
    for flood in floods {
        for text in [
            flood.repeat(60_000 / flood.len()),
            format!("a\n{}> b\n", flood.repeat(1000)),
        ] {
            for split in [
                split_text(&text, &Options::DEFAULT),
                split_html(&text, &Options::DEFAULT),
                split_text(&text, &Options::DEFAULT.marker("zzz").lines(100)),
                split_html(&text, &Options::DEFAULT.is_reply(Some(false)).lines(100)),
            ] {
                assert_sound(&text, &split);
            }
        }
    }
}

const LINES: &[&str] = &[
    "",
    "Hello",
    "> quoted",
    "> > deeper",
    ">",
    "On Mon, 2 Nov 2026, Ann <a@b.example> wrote:",
    "Ann wrote:",
    "-- ",
    "--",
    "Sent from my iPhone",
    "-----Original Message-----",
    "From: a",
    "Date: b",
    "To: c",
    "Subject: d",
    "---------- Forwarded message ---------",
    "____________",
    "<div class=gmail_quote>",
    "</div>",
    "<blockquote type=cite>",
    "</blockquote>",
    "<br>",
    "<p>",
    "<div id=divRplyFwdMsg>",
    "<div class=moz-signature>",
    "<hr>",
    "<pre>",
    "&gt; a<br>",
    "日本",
    "\u{a0}",
    "<div class=yahoo_quoted>",
    "<div style='display:none'>",
    "<!--",
    "-->",
    "<img alt='a\nb'>",
];

#[test]
fn nothing_is_a_span_where_a_row_begins_at_the_end() {
    let html = "<div class=gmail_quote>\n</div>\n<pre>\n<img alt='a\nb'>";
    assert_sound(html, &split_html(html, &Options::DEFAULT));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_lines(
        lines in prop::collection::vec(prop::sample::select(LINES), 0..30),
        is_reply in any::<Option<bool>>(),
        flags in any::<(bool, bool, bool)>(),
    ) {
        let marker = if flags.2 { "Hello" } else { "" };
        let options = Options::DEFAULT
            .is_reply(is_reply).is_forward(flags.0).flowed(flags.1).marker(marker);
        let lf = lines.join("\n");
        let crlf = lines.join("\r\n").replace("a\nb", "a\r\nb");
        let kinds = |split: &mime_core::reply::Split, text: &str| -> Vec<_> {
            assert_sound(text, split);
            let key = |s: &mime_core::reply::Span| {
                let line = text[..s.start as usize].matches('\n').count();
                (s.kind, s.depth, s.confidence, line)
            };
            split.spans.iter().map(key).collect()
        };
        prop_assert_eq!(
            kinds(&split_text(&lf, &options), &lf),
            kinds(&split_text(&crlf, &options), &crlf)
        );
        prop_assert_eq!(
            kinds(&split_html(&lf, &options), &lf),
            kinds(&split_html(&crlf, &options), &crlf)
        );
        // What is new is new again, when it is split alone: but for a signature below.
        let split = split_text(&lf, &options);
        let cut = split_text(&lf, &options.lines(3));
        assert_sound(&lf, &cut);
        prop_assert!(cut.spans.len() <= 3 && split.spans.len() <= lines.len() + 1);
    }
}
