//! Commands that may hold literals, as IMAP has them (RFC 9051 section 4.3).

use super::line::{End, find_crlf, find_end};

/// Takes IMAP commands off the input.
///
/// A line that ends with `{n}` is followed by `n` octets and more of the same command. Whether the
/// octets are gathered, streamed, thrown away or never asked for is decided by whoever calls, at
/// each literal, before any of them is taken. Whatever is decided, an octet of a literal never is
/// taken for a command.
///
/// ```
/// use wire_core::frame::{Command, Commands};
///
/// let mut commands = Commands::new();
/// let mut input: &[u8] = b"a LOGIN {4+}\r\nuser pass\r\nb NOOP\r\n";
/// let Some(Command::Literal { literal, .. }) = commands.next(&mut input, 8192) else { panic!() };
/// assert_eq!((literal.octets, literal.waits), (4, false));
/// commands.gather();
/// assert_eq!(commands.next(&mut input, 8192), Some(Command::Whole(b"a LOGIN {4+}\r\nuser pass")));
/// assert_eq!(commands.next(&mut input, 8192), Some(Command::Whole(b"b NOOP")));
/// ```
#[derive(Debug, Clone)]
pub struct Commands {
    state: State,
    /// Octets at the front of the input that belong to this command and hold no line end still
    /// to be found. May lie beyond the input while a literal is gathered.
    scanned: usize,
    /// Where the line begins that is being looked at, behind the gathered literals.
    line_at: usize,
    /// Where the literal that was announced begins.
    literal_at: usize,
    literal: Literal,
    tail: Tail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Looking for the end of a line.
    Line,
    /// A literal was announced and not decided on.
    Announced,
    /// The octets of a literal are the caller's.
    Streaming { left: u64 },
    /// The octets of a literal are thrown away, and then the rest of the command.
    Discarding { left: u64 },
}

/// What stands at the front of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'i> {
    /// A whole command without its last CRLF, gathered literals inside.
    Whole(&'i [u8]),
    /// A line ends in a literal: all octets of the command up to the marker's CRLF, which are not
    /// taken. Call [`Commands::gather`], [`Commands::stream`] or [`Commands::discard`].
    Literal {
        /// The command so far, marker and CRLF left out.
        head: &'i [u8],
        /// What the marker says.
        literal: Literal,
    },
    /// A line ends with an LF alone: the command so far, which was taken. Close the connection: what
    /// follows may be a literal to the client, and must not be run as a command.
    BareLf(&'i [u8]),
    /// The command is over the limit: its first octets. Said once; the rest is thrown away with
    /// its literals.
    TooLong(&'i [u8]),
    /// Octets of a literal that is streamed.
    Octets(&'i [u8]),
    /// All octets of a streamed literal were given. The command goes on behind it.
    LiteralEnd,
}

/// A literal marker: `{n}`, `{n+}` (RFC 7888), `~{n}` (RFC 3516).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Literal {
    /// How many octets follow; `u64::MAX` where the number is larger than that.
    pub octets: u64,
    /// The client waits for a continuation before it sends them.
    pub waits: bool,
    /// `~`: the octets may hold NUL.
    pub binary: bool,
}

impl Default for Commands {
    fn default() -> Self {
        Self::new()
    }
}

impl Commands {
    /// At the beginning of a command.
    pub const fn new() -> Self {
        Commands {
            state: State::Line,
            scanned: 0,
            line_at: 0,
            literal_at: 0,
            literal: Literal {
                octets: 0,
                waits: false,
                binary: false,
            },
            tail: Tail::new(),
        }
    }

    /// The next piece. `limit` bounds the octets of a command with its gathered literals. `None`:
    /// more octets are needed (or a literal is not decided on); what is left of `input` must be
    /// shown again as the beginning of the next one.
    pub fn next<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Option<Command<'i>> {
        match self.state {
            State::Line => self.line(input, limit),
            State::Announced => None,
            State::Streaming { left } => self.octets(input, left),
            State::Discarding { left } => {
                self.throw_away(input, left);
                match self.state {
                    State::Line => self.line(input, limit),
                    _ => None,
                }
            }
        }
    }

    /// The announced literal becomes part of the command.
    pub fn gather(&mut self) {
        if self.state == State::Announced {
            let octets = usize::try_from(self.literal.octets).unwrap_or(usize::MAX);
            self.scanned = self.literal_at.saturating_add(octets);
            self.line_at = self.scanned;
            self.state = State::Line;
        }
    }

    /// The head is taken off `input`, and the octets of the announced literal come as
    /// [`Command::Octets`]. What follows them is a command line of its own to this framing.
    pub fn stream(&mut self, input: &mut &[u8]) {
        if self.state == State::Announced {
            self.take_head(input);
            self.state = State::Streaming {
                left: self.literal.octets,
            };
        }
    }

    /// The rest of the command is thrown away with all literals that the client does not wait
    /// with. A literal that it waits with is never sent once the command was answered: the command
    /// ends there.
    ///
    /// Legal at any time: after a whole command it does nothing.
    pub fn discard(&mut self, input: &mut &[u8]) {
        match self.state {
            State::Announced => {
                self.take_head(input);
                self.after_marker();
            }
            State::Streaming { left } => self.state = State::Discarding { left },
            State::Line | State::Discarding { .. } => {}
        }
    }

    /// Throws away the rest of a line whose beginning was streamed.
    pub fn discard_line(&mut self) {
        if self.state == State::Line {
            self.restart();
            self.state = State::Discarding { left: 0 };
        }
    }

    /// Is something being thrown away?
    pub fn is_discarding(&self) -> bool {
        matches!(self.state, State::Discarding { .. })
    }

    /// Forgets what was seen: the input begins anew.
    pub fn reset(&mut self) {
        *self = Commands::new();
    }

    fn line<'i>(&mut self, input: &mut &'i [u8], limit: usize) -> Option<Command<'i>> {
        let all = *input;
        let limit = limit.max(2);
        if self.line_at > limit {
            return self.literal_too_long(input);
        }
        let within = all.get(..limit).unwrap_or(all);
        match find_end(within, self.scanned, self.line_at) {
            Some(End::Lf(lf)) => {
                self.restart();
                *input = all.get(lf + 1..).unwrap_or_default();
                all.get(..lf).map(Command::BareLf)
            }
            Some(End::Crlf(end)) => {
                let command = all.get(..end)?;
                let line = command.get(self.line_at..)?;
                let Some((literal, marker)) = Literal::at_end_of(line) else {
                    self.restart();
                    *input = all.get(end + 2..).unwrap_or_default();
                    return Some(Command::Whole(command));
                };
                self.state = State::Announced;
                self.literal = literal;
                self.literal_at = end + 2;
                let head = command.get(..self.line_at + marker).unwrap_or(command);
                Some(Command::Literal { head, literal })
            }
            None if all.len() >= limit => {
                let line = within.get(self.line_at..).unwrap_or_default();
                self.restart();
                self.tail.push(line);
                *input = all.get(limit..).unwrap_or_default();
                self.throw_away(input, 0);
                Some(Command::TooLong(within))
            }
            None => {
                self.scanned = self.scanned.max(all.len());
                None
            }
        }
    }

    /// A literal was gathered that does not fit: its head is what can be shown.
    fn literal_too_long<'i>(&mut self, input: &mut &'i [u8]) -> Option<Command<'i>> {
        let head = input.get(..self.literal_at)?;
        *input = input.get(self.literal_at..).unwrap_or_default();
        self.restart();
        self.throw_away(input, self.literal.octets);
        Some(Command::TooLong(head))
    }

    fn octets<'i>(&mut self, input: &mut &'i [u8], left: u64) -> Option<Command<'i>> {
        if left == 0 {
            self.state = State::Line;
            return Some(Command::LiteralEnd);
        }
        let octets = take(input, left);
        if octets.is_empty() {
            return None;
        }
        self.state = State::Streaming {
            left: left - octets.len() as u64,
        };
        Some(Command::Octets(octets))
    }

    fn take_head(&mut self, input: &mut &[u8]) {
        *input = input.get(self.literal_at..).unwrap_or_default();
        self.restart();
    }

    /// What comes next on the input is the beginning of a line.
    fn restart(&mut self) {
        self.scanned = 0;
        self.line_at = 0;
        self.literal_at = 0;
        self.tail = Tail::new();
    }

    /// What is thrown away after a literal marker.
    fn after_marker(&mut self) {
        self.state = match self.literal.waits {
            true => State::Line,
            false => State::Discarding {
                left: self.literal.octets,
            },
        };
    }

    fn throw_away(&mut self, input: &mut &[u8], mut left: u64) {
        loop {
            left -= take(input, left).len() as u64;
            self.state = State::Discarding { left };
            if left > 0 || input.is_empty() {
                return;
            }
            if !self.tail.take_line(input) {
                return;
            }
            let literal = self.tail.literal();
            self.tail = Tail::new();
            match literal {
                Some(literal) if !literal.waits => left = literal.octets,
                _ => {
                    self.state = State::Line;
                    return;
                }
            }
        }
    }
}

fn take<'i>(input: &mut &'i [u8], most: u64) -> &'i [u8] {
    let n = usize::try_from(most).unwrap_or(usize::MAX).min(input.len());
    let (taken, rest) = input.split_at_checked(n).unwrap_or((*input, &[]));
    *input = rest;
    taken
}

impl Literal {
    /// The marker that `line` ends with, and its offset.
    fn at_end_of(line: &[u8]) -> Option<(Literal, usize)> {
        let (_, inner) = line.split_last().filter(|(last, _)| **last == b'}')?;
        let (waits, inner) = match inner.split_last() {
            Some((b'+', inner)) => (false, inner),
            _ => (true, inner),
        };
        let digits = inner
            .iter()
            .rev()
            .take_while(|octet| octet.is_ascii_digit())
            .count();
        let (before, digits) = inner.split_at_checked(inner.len() - digits)?;
        let before = before.strip_suffix(b"{").filter(|_| !digits.is_empty())?;
        let octets = digits.iter().fold(0u64, |n, digit| {
            n.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        let binary = before.ends_with(b"~");
        let at = before.len() - usize::from(binary);
        Some((
            Literal {
                octets,
                waits,
                binary,
            },
            at,
        ))
    }
}

/// The last octets of a line that is thrown away: enough to know the literal it may end with.
#[derive(Debug, Clone)]
struct Tail {
    octets: [u8; Tail::SIZE],
    length: usize,
}

impl Tail {
    /// Holds `~{18446744073709551615+}`.
    const MARKER: usize = 26;
    /// And a CR that may turn out to be half of the line end.
    const SIZE: usize = Tail::MARKER + 1;

    const fn new() -> Self {
        Tail {
            octets: [0; Tail::SIZE],
            length: 0,
        }
    }

    /// Takes octets up to the end of the line; true when it was found.
    fn take_line(&mut self, input: &mut &[u8]) -> bool {
        let all = *input;
        if self.kept().ends_with(b"\r") && all.first() == Some(&b'\n') {
            self.length -= 1;
            *input = all.get(1..).unwrap_or_default();
            return true;
        }
        match find_crlf(all, 0) {
            Some(end) => {
                self.push(all.get(..end).unwrap_or_default());
                *input = all.get(end + 2..).unwrap_or_default();
                true
            }
            None => {
                self.push(all);
                *input = &[];
                false
            }
        }
    }

    fn push(&mut self, octets: &[u8]) {
        let fresh = octets
            .get(octets.len().saturating_sub(Tail::SIZE)..)
            .unwrap_or(octets);
        let room = Tail::SIZE - fresh.len();
        let keep = self.length.min(room);
        self.octets.copy_within(self.length - keep..self.length, 0);
        if let Some(place) = self.octets.get_mut(keep..keep + fresh.len()) {
            place.copy_from_slice(fresh);
        }
        self.length = keep + fresh.len();
    }

    fn kept(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }

    fn literal(&self) -> Option<Literal> {
        let kept = self.kept();
        let kept = kept
            .get(kept.len().saturating_sub(Tail::MARKER)..)
            .unwrap_or(kept);
        if let Some((literal, _)) = Literal::at_end_of(kept) {
            return Some(literal);
        }
        // More digits than any number needs: its size is not known, but that it is one is.
        let digits = kept.strip_suffix(b"}")?;
        let (waits, digits) = match digits.strip_suffix(b"+") {
            Some(digits) => (false, digits),
            None => (true, digits),
        };
        let endless = kept.len() == Tail::MARKER && digits.iter().all(u8::is_ascii_digit);
        endless.then_some(Literal {
            octets: u64::MAX,
            waits,
            binary: false,
        })
    }
}
