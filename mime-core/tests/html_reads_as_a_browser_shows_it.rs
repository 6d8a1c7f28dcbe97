//! HTML as text: what is seen, in lines, whatever the tags look like.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use mime_core::html::{ToText, to_text};
use proptest::prelude::*;

fn check(table: &[(&str, &str)]) {
    for (html, want) in table {
        assert_eq!(to_text(html), *want, "{html}");
    }
}

#[test]
fn blocks_and_white_space() {
    check(&[
        ("", ""),
        (" \r\n ", ""),
        ("a", "a"),
        ("  a \r\n\t b  ", "a b"),
        ("a<b>b</b> <i>c</i>d", "ab cd"),
        ("a<br>b", "a\nb"),
        ("a<br/><br />b</br>c", "a\n\nb\nc"),
        ("<div>a</div>b", "a\nb"),
        ("<div>a<br></div><div>b</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<div><div><div>a</div></div></div><div>b</div>", "a\nb"),
        ("a <p> b </p> c", "a\n\nb\n\nc"),
        ("<p>a<p>b", "a\n\nb"),
        ("<h1>a</h1>b", "a\n\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>", "a\nb"),
        (
            "<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>",
            "a\n\nb",
        ),
        (
            "<p style='margin:0 0 0 0'>a<p style='margin: 0in'>b",
            "a\nb",
        ),
        ("a<hr>b", "a\nb"),
        ("a&nbsp;&nbsp;b &nbsp;", "a  b"),
        ("a\u{a0}b", "a b"),
        ("&nbsp;&nbsp;a", "  a"),
        ("a&#10;b", "a b"),
        ("one&shy;two&#8203;three&#65279;", "onetwothree"),
        ("a &zwnj; &zwnj; &#847; b", "a b"),
        (
            "\u{646}\u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{646}\u{645}\u{6cc}\u{200c}\u{62e}",
        ),
        ("a\u{0}\u{1b}[2Jb&#27;c\u{85}", "a[2Jbc"),
        ("日本\n語", "日本 語"),
    ]);
}

#[test]
fn elements_that_set_text_otherwise() {
    check(&[
        ("<pre>\n a\n  b\n\nc </pre>d", " a\n  b\n\nc\n\nd"),
        ("<div style='white-space: pre-wrap'>a\n b</div>", "a\n b"),
        ("<ul><li>a<li>b</ul>c", "* a\n* b\n\nc"),
        ("<ol><li>a</li><li>b<p>c</p></li></ol>", "1. a\n2. b\n\n  c"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "* a\n  * b\n* c"),
        ("<ul><li></li><li>a</ul>", "* a"),
        ("<li>a", "* a"),
        ("<dl><dt>a<dd>b</dl>", "a\nb"),
        (
            "<table><tr><td>a<td>b<tr><td>c</td><td></td><td>d</table>e",
            "a\tb\nc\td\ne",
        ),
        (
            "<table><tr><td><p>a</p></td><td>b</td></tr></table>",
            "a\n\nb",
        ),
        ("<blockquote>a<br>b</blockquote>c", "> a\n> b\nc"),
        (
            "<blockquote>a<blockquote><p>b<p>c</blockquote></blockquote><p>d",
            "> a\n>\n> > b\n> >\n> > c\n\nd",
        ),
        ("x<img src=y alt='a &amp; b'>z", "xa & bz"),
        ("<a href='https://a.example'>b</a>", "b"),
        ("<select><option>a<option>b</select>", "a\nb"),
    ]);
}

#[test]
fn what_is_no_text() {
    check(&[
        ("a<!-- <b>x</b> -->b", "ab"),
        ("a<!-->b<!--->c<!-- x --!>d<!---x--->e", "abcde"),
        ("a<!-- never closed b", "a"),
        (
            "<!--[if mso]><p>x</p><![endif]-->a<![if !mso]>b<![endif]>",
            "ab",
        ),
        ("<!doctype html><?xml version='1.0'?>a</>b</ x>c", "abc"),
        ("a<![CDATA[b]]>c", "ac"),
        (
            "<head><title>x</title><style>y { } </b></style></head>a",
            "a",
        ),
        ("<script>if (a < b) '</div>' </scripty></SCRIPT >b", "b"),
        ("a<style>never closed", "a"),
        ("a <span style='display:none'>x<br>y</span>b", "a b"),
        (
            "<div style='DISPLAY : none !important'>x<div>y</div>z</div>a",
            "a",
        ),
        ("<p style='display:none'>x<p>a", "a"),
        ("<div hidden>x</div>a", "a"),
        ("<div style='max-height:0px;overflow:hidden'>x</div>a", "a"),
        ("<div style='max-height:0px'>a</div>", "a"),
        (
            "<td style='font-size:0'>x<div style='font-size:14px'>a</div></td>",
            "a",
        ),
        ("<div><span style='display:none'>x</div>a", "a"),
        (
            "<table><tr style='mso-hide:all'><td>x</td></tr><tr><td>a</table>",
            "a",
        ),
        ("<img alt='x' style='display:none'>a", "a"),
    ]);
    let mut text = String::new();
    ToText::DEFAULT
        .hidden(true)
        .write("<b hidden>x</b>a", &mut text);
    assert_eq!(text, "xa");
    text.clear();
    ToText::DEFAULT
        .images(false)
        .write("<img alt=x>a", &mut text);
    assert_eq!(text, "a");
}

#[test]
fn tags_of_any_look() {
    check(&[
        ("1 < 2 > 0 <3 <", "1 < 2 > 0 <3 <"),
        ("a<b title='x>y' data=\"<p>\" c = d>e", "ae"),
        ("a<b/c='>'>d", "ad"),
        ("a<b =>c", "ac"),
        ("a<b x=y/z>c", "ac"),
        ("a<br x=\"never closed>b", "a"),
        ("a<b", "a"),
        ("a<", "a<"),
        ("a</", "a</"),
        ("a</b", "a"),
        ("a</div></p></blockquote></td>b", "ab"),
        ("<o:p>a</o:p>b", "ab"),
        ("<DIV>a</Div>b", "a\nb"),
        ("<td><div>a</td></div>b", "a\nb"),
        ("a</html>b</body>c", "abc"),
        ("<blockquote><div>a</blockquote></div>b", "> a\nb"),
    ]);
}

#[test]
fn links_say_where_they_go() {
    let table = [
        (
            "<a href=https://a.example>b</a> c",
            "b <https://a.example> c",
        ),
        (
            "<a href='HTTPS://a.example/?x=1&amp;y&copy=2'>b </a>c",
            "b <HTTPS://a.example/?x=1&y&copy=2> c",
        ),
        (
            "<a href='https://a.example'>https://a.example</a>",
            "https://a.example",
        ),
        (
            "<a href='mailto:b@a.example'>b@a.example</a>",
            "b@a.example",
        ),
        (
            "<a href='https://a.example'><img src=x></a>",
            "<https://a.example>",
        ),
        (
            "<a href='#x'>b</a><a href='javascript:x'>c</a><a>d</a>",
            "bcd",
        ),
        ("<a href='https://a.example/\n> x'>b</a>", "b"),
        ("<a href='https://a.example'>b", "b <https://a.example>"),
    ];
    for (html, want) in table {
        let mut text = String::new();
        assert!(ToText::DEFAULT.links(true).write(html, &mut text));
        assert_eq!(text, want, "{html}");
    }
}

#[test]
fn quotes_can_go_unmarked() {
    let mut text = String::from("x");
    let html = "<blockquote>a</blockquote>b";
    assert!(ToText::DEFAULT.quotes(false).write(html, &mut text));
    assert_eq!(text, "xa\nb");
}

/// What would be slow, deep or large if it were read in a simple way.
#[test]
fn floods() {
    let floods = [
        "<",
        "<a",
        "<a ",
        "<a \"",
        "<a x='",
        "</",
        "</a>",
        "<!--",
        "<!-- --",
        "--",
        "&",
        "&#",
        "&a",
        "<div>",
        "<td>",
        "<li>",
        "<ol><li>",
        "<p>",
        "<p><td>",
        "<blockquote>",
        "<blockquote>a<br>",
        "<pre>\n",
        "<br>",
        "&nbsp;",
        " ",
        "<style>",
        "<script></",
        "<a href=x>",
        "a=",
        "/",
        "\u{e9}",
        "<ul><li>a",
        "<div style='display:none'>",
        "</div>a",
        "<table><tr><td>",
    ];
    for flood in floods {
        for prefix in ["", "<x ", "<!--", "<pre>", "<div><td>", "<style>"] {
            let html = format!("{prefix}{}a</div>", flood.repeat(200_000 / flood.len()));
            let text = to_text(&html);
            assert!(
                text.len() <= 12 * html.len(),
                "{flood} {prefix} {}",
                text.len()
            );
        }
    }
}

const PIECES: &[&str] = &[
    "a",
    "b c",
    " ",
    "\n",
    "<",
    ">",
    "</",
    "<div>",
    "</div>",
    "<p>",
    "</p>",
    "<br>",
    "<td>",
    "<tr>",
    "<table>",
    "</table>",
    "<li>",
    "<ol>",
    "</ol>",
    "<ul>",
    "<blockquote>",
    "</blockquote>",
    "<pre>",
    "</pre>",
    "<a href='http://x.example'>",
    "</a>",
    "<b title=\"",
    "'",
    "\"",
    "=",
    "<!--",
    "-->",
    "<style>",
    "</style>",
    "&amp;",
    "&nbsp;",
    "&#65;",
    "&",
    ";",
    "é",
    "日",
    "\u{200c}",
    "\u{ad}",
    "<p style='display:none'>",
    "<img alt=x>",
    "\0",
    "<hr>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_document(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
        limit in 0usize..40,
        flags in any::<[bool; 4]>(),
    ) {
        let html = pieces.concat();
        let options = ToText::DEFAULT
            .links(flags[0]).images(flags[1]).quotes(flags[2]).hidden(flags[3]);
        let (mut whole, mut cut) = (String::new(), String::new());
        prop_assert!(options.write(&html, &mut whole));
        let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
        prop_assert!(whole.chars().all(plain));
        prop_assert!(!whole.ends_with('\n') && !whole.starts_with('\n'));
        // A limit cuts, and changes nothing else.
        let fits = options.limit(limit).write(&html, &mut cut);
        prop_assert_eq!(fits, whole.chars().count() <= limit);
        let head: String = whole.chars().take(limit).collect();
        prop_assert_eq!(cut, head);
        // The same with either line end.
        let crlf = html.replace('\n', "\r\n");
        let mut other = String::new();
        options.write(&crlf, &mut other);
        prop_assert_eq!(other, whole);
    }

    /// Text that is escaped comes out as it went in.
    #[test]
    fn escaped_text_comes_back(text in "[a-z<>&\"'é日]{1,40}") {
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        prop_assert_eq!(to_text(&html), text);
    }
}
