//! What a reader wants to see first of a text: words in one line, without quotes and signatures.

use alloc::string::String;

use crate::octets::{Octets, octets};
use crate::text::flowed::Flow;

/// Characters that are read on behind what is wanted, to see whether the last of it introduces a
/// quote.
const ATTRIBUTION: usize = 320;
/// Lines that such an introduction has at most.
const ATTRIBUTION_LINES: u32 = 4;

/// Takes lines and keeps what is to be shown of them.
pub(super) struct Gist<'o> {
    out: &'o mut String,
    /// Characters wanted.
    chars: usize,
    /// Whether quotes are shown, too.
    quotes: bool,
    flow: Option<Flow>,
    state: State,
}

/// What changes from line to line.
#[derive(Clone, Copy, Default)]
pub(super) struct State {
    /// Octets and characters in the output.
    octets: usize,
    used: usize,
    /// White space is to come before the next character.
    gap: bool,
    /// A character that joins the last one to the next one, if there is none between.
    joiner: Option<char>,
    /// The last paragraph.
    paragraph: Paragraph,
    /// The line that is being read is left out.
    skipped: bool,
    /// Lines are left out up to an empty one.
    armor: bool,
    done: bool,
}

#[derive(Clone, Copy, Default)]
struct Paragraph {
    /// Octets and characters in the output before it.
    octets: usize,
    used: usize,
    lines: u32,
    /// An empty line followed.
    ended: bool,
}

/// What a line is.
enum Line<'t> {
    Text(&'t str),
    Empty,
    Quote(&'t str),
    /// Nothing to read.
    Ornament,
    /// A signed text begins with it.
    Armor,
    /// Behind it nothing is new.
    End,
}

impl<'o> Gist<'o> {
    pub(super) fn new(out: &'o mut String, chars: usize, quotes: bool) -> Self {
        out.clear();
        Gist {
            out,
            chars,
            quotes,
            flow: None,
            state: State::default(),
        }
    }

    /// Another part begins.
    pub(super) fn begin(&mut self, flow: Option<Flow>) {
        self.flow = flow;
        self.state.done = false;
        self.state.gap = true;
        self.end_paragraph();
    }

    /// What was taken so far, to come back to.
    pub(super) fn state(&self) -> State {
        self.state
    }

    /// Forgets what was taken since.
    pub(super) fn back_to(&mut self, state: State) {
        self.out.truncate(state.octets);
        self.state = state;
    }

    /// Whether it has all that was wanted, or all that this part has to show.
    pub(super) fn is_done(&self) -> bool {
        self.state.done || self.is_full()
    }

    /// Whether it has all that was wanted.
    pub(super) fn is_full(&self) -> bool {
        self.state.used >= self.chars.saturating_add(ATTRIBUTION)
            || self.state.paragraph.used >= self.chars
            || self.state.used >= self.chars && self.state.paragraph.ended && !self.introduces()
    }

    /// Cuts it to what was wanted. Whether there is anything.
    pub(super) fn finish(self) -> bool {
        if let Some((end, _)) = self.out.char_indices().nth(self.chars) {
            self.out.truncate(end);
        }
        let end = self.out.trim_end().len();
        self.out.truncate(end);
        end > 0
    }

    /// Takes a line or, of a long one, a piece.
    pub(super) fn take(&mut self, piece: &str, starts: bool, ends: bool) {
        let mut text = piece;
        if starts {
            let line = self
                .flow
                .map_or_else(|| plain(piece), |flow| flowed(flow, piece));
            let shown = self.judge(line);
            self.state.skipped = shown.is_none();
            text = shown.unwrap_or_default();
        }
        if !self.state.skipped {
            self.push(text);
        }
        self.state.octets = self.out.len();
        if ends && !self.joins(piece) {
            self.state.gap = true;
        }
    }

    /// What is to be shown of a line.
    fn judge<'t>(&mut self, line: Line<'t>) -> Option<&'t str> {
        if core::mem::take(&mut self.state.armor) {
            self.state.armor = !matches!(line, Line::Empty);
            return None;
        }
        match line {
            Line::Text(text) => {
                if self.state.paragraph.ended {
                    self.end_paragraph();
                }
                self.state.paragraph.lines += 1;
                return Some(text);
            }
            Line::Empty => self.state.paragraph.ended = true,
            Line::Quote(text) if self.quotes => return Some(text),
            Line::Quote(_) => {
                if self.introduces() {
                    let Paragraph { octets, used, .. } = self.state.paragraph;
                    self.out.truncate(octets);
                    (self.state.octets, self.state.used) = (octets, used);
                }
                self.end_paragraph();
            }
            Line::Armor => self.state.armor = true,
            // Before anything else, it is only an ornament.
            Line::End => self.state.done = self.state.used > 0,
            Line::Ornament => {}
        }
        None
    }

    fn end_paragraph(&mut self) {
        self.state.paragraph = Paragraph {
            octets: self.state.octets,
            used: self.state.used,
            lines: 0,
            ended: false,
        };
    }

    /// Whether the last paragraph looks as if it introduces a quote: short, with a date or an
    /// address, and a colon at its end.
    fn introduces(&self) -> bool {
        let Paragraph { octets, lines, .. } = self.state.paragraph;
        let text = self.out.get(octets..).unwrap_or_default();
        lines <= ATTRIBUTION_LINES
            && text.ends_with([':', '\u{ff1a}'])
            && text.contains(|c: char| c == '@' || c.is_ascii_digit())
    }

    /// Whether the next line goes on with this one without a space.
    fn joins(&self, line: &str) -> bool {
        self.flow.is_some_and(|flow| {
            let line = flow.line(line);
            line.flowed && !line.text.ends_with(' ')
        })
    }

    fn push(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next()
            && self.state.used < self.chars.saturating_add(ATTRIBUTION)
        {
            let run = GRAPHIC.run(rest.as_bytes());
            let Some((word, after)) = rest.split_at_checked(run.max(c.len_utf8())) else {
                return;
            };
            rest = after;
            if c.is_whitespace() {
                self.state.gap = true;
            } else if is_joiner(c) {
                self.state.joiner = Some(c);
            } else if !is_invisible(c) {
                self.join();
                self.out.push_str(word);
                self.state.used += run.max(1);
            }
        }
    }

    /// What comes between the last character and the next one.
    fn join(&mut self) {
        let gap = core::mem::take(&mut self.state.gap);
        let joiner = self.state.joiner.take().filter(|_| !gap);
        let between = if gap { Some(' ') } else { joiner };
        if let Some(between) = between.filter(|_| self.state.used > 0) {
            self.out.push(between);
            self.state.used += 1;
        }
    }
}

fn flowed(flow: Flow, line: &str) -> Line<'_> {
    let line = flow.line(line);
    match (line.depth, line.signature) {
        (_, true) => Line::End,
        (0, _) => plain(line.text),
        (_, _) => Line::Quote(line.text),
    }
}

fn plain(line: &str) -> Line<'_> {
    let text = line.trim();
    if text.starts_with('>') {
        return Line::Quote(text.trim_start_matches(['>', ' ']));
    }
    match text.as_bytes() {
        [] => Line::Empty,
        b"--" => Line::End,
        [b'-', b'-', b'-', b'-', b'-', ..] if is_ruled(text) => {
            if text.contains("BEGIN PGP SIGNED") {
                Line::Armor
            } else {
                Line::End
            }
        }
        _ if text.len() >= 20 && text.bytes().all(|b| b == b'_') => Line::End,
        _ if text.len() >= 3 && text.bytes().all(is_ornament) => Line::Ornament,
        _ if is_file(text) => Line::End,
        _ => Line::Text(line),
    }
}

/// A title between dashes: how programs mark the start of a message that is forwarded, or signed.
fn is_ruled(text: &str) -> bool {
    let title = text.trim_matches('-').trim();
    text.ends_with("-----") && !title.is_empty()
}

/// The first line of a file within the text.
fn is_file(text: &str) -> bool {
    let mode = text.strip_prefix("begin ").unwrap_or_default();
    let mode = mode.split(' ').next().unwrap_or_default();
    matches!(mode.len(), 3 | 4) && mode.bytes().all(|b| matches!(b, b'0'..=b'7'))
        || text.starts_with("=ybegin ")
}

/// Characters of ASCII that are seen.
const GRAPHIC: Octets = octets!(|b| b > b' ' && b < 0x7f);

fn is_ornament(octet: u8) -> bool {
    matches!(
        octet,
        b'-' | b'_' | b'=' | b'*' | b'#' | b'~' | b'+' | b'|' | b' ' | b'\t'
    )
}

/// Characters that take no place and change how others are shown: controls, marks of direction,
/// and the fillers with which newsletters push text out of a preview.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'
            | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}')
}

/// Characters that join others, and mean nothing between spaces.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}
