//! A text as rows: its lines that are not empty, each with its quote marks taken off.

use alloc::string::String;
use alloc::vec::Vec;

use memchr::memchr;

use super::Options;
use super::marks::{Client, mark};
use crate::html::{Line, Render, Tag, ToText, Watch};

/// A line that is not empty, or that has quote marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Where it starts in the source: behind the line before, or where its elements open.
    pub(super) source: u32,
    /// Its text, without quote marks and white space at its end.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Levels of quoting.
    pub(super) depth: u8,
    /// The elements around it.
    pub(super) marks: Client,
    /// Whether an empty line is before it.
    pub(super) gap: bool,
    /// Whether it ends in a space: `-- `.
    pub(super) spaced: bool,
}

/// The rows of plain text.
pub(super) fn of_text(text: &str, options: &Options<'_>, rows: &mut Vec<Row>) {
    let mut at = 0;
    let mut gap = false;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let len = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..len).unwrap_or_default();
        let (depth, marks) = quote_marks(line, options.flowed);
        let content = line.get(marks..).unwrap_or_default();
        if depth == 0 && content.trim().is_empty() {
            gap = true;
        } else {
            if rows.len() >= options.lines || at > u32::MAX as usize {
                return;
            }
            rows.push(row(content, at, at + marks, depth, gap));
            gap = false;
        }
        at += len;
    }
}

/// The rows of HTML, and its text, which they index.
pub(super) fn of_html(html: &str, options: &Options<'_>, rows: &mut Vec<Row>, text: &mut String) {
    let to_text = ToText::DEFAULT.quotes(false);
    let mut lines = Lines {
        lines: Vec::new(),
        most: options.lines,
    };
    Render::new(to_text, html, text, &mut lines).run();
    let starts = lines.lines.iter().map(|line| line.text);
    let ends = starts.skip(1).chain([text.len()]);
    for (line, end) in lines.lines.iter().zip(ends) {
        let whole = text.get(line.text..end).unwrap_or_default();
        let (depth, marks) = quote_marks(whole, false);
        let content = whole.get(marks..).unwrap_or_default();
        let depth = depth.saturating_add(line.depth.min(255) as u8);
        let mut row = row(content, line.source, line.text + marks, depth, line.gap);
        row.marks = Client(line.marks);
        rows.push(row);
    }
}

fn row(content: &str, source: usize, start: usize, depth: u8, gap: bool) -> Row {
    let line = content.trim_end_matches(['\r', '\n']);
    let trimmed = line.trim_end();
    Row {
        source: source as u32,
        start: start as u32,
        end: (start + trimmed.len()) as u32,
        depth,
        marks: Client::default(),
        gap,
        spaced: line.len() == trimmed.len() + 1,
    }
}

/// Spaces before the first `>` that some programs put there.
const INDENT: usize = 3;

/// The levels of quoting of a line, and the octets of their marks.
fn quote_marks(line: &str, flowed: bool) -> (u8, usize) {
    let mut rest = line;
    if !flowed {
        let indented = line.trim_start_matches([' ', '\t']);
        if line.len() - indented.len() <= INDENT {
            rest = indented;
        }
    }
    let mut depth = 0u8;
    // The wide one is of Japanese programs.
    while let Some(after) = rest.strip_prefix(['>', '＞']) {
        depth = depth.saturating_add(1);
        rest = after;
        if !flowed
            && let Some(next) = after.strip_prefix(' ')
            && next.starts_with(['>', '＞'])
        {
            rest = next;
        }
    }
    // The end of an attribution that was wrapped within an address: `>:`.
    if depth == 0 || depth == 1 && rest.trim_end() == ":" {
        return (0, 0);
    }
    (
        depth,
        line.len() - rest.strip_prefix(' ').unwrap_or(rest).len(),
    )
}

/// The lines of HTML as they are made.
struct Lines {
    lines: Vec<Line>,
    most: usize,
}

impl Watch for Lines {
    fn mark(&mut self, tag: &Tag<'_>) -> u16 {
        mark(tag).0
    }

    fn line(&mut self, line: Line) -> bool {
        let room = self.lines.len() < self.most && line.source < u32::MAX as usize;
        if room {
            self.lines.push(line);
        }
        room
    }
}
