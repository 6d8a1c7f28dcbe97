//! The scan of a message that comes in pieces.

mod hold;
mod item;

use crate::defect::Found;
use crate::layout::{Layout, PartId};
use crate::limits::Limits;
use crate::rows::{NONE, part, word};
use crate::scan::{Fingerprint, Machine, Phase, Progress, Search, Window, Work};
use hold::{Hold, whole_fields};
pub use item::{Head, Item};

/// Scans a message that comes in pieces, and tells what it meets on the way.
///
/// It is the machine of [`Layout::scan`], with the same limits: in the end there is the same
/// layout, however the message was cut. Pull items with [`next`](Self::next) until it asks for
/// more; after the last piece pull from [`finish`](Self::finish); then take the layout.
///
/// - Parts begin and end as in the layout: each before what is inside of it. Every part that
///   begins also ends.
/// - Body octets are given of parts without parts (leaves and texts), as they are encoded. What
///   stands before, between and after the parts of a multipart is given to nobody; the layout has
///   its place.
/// - A defect is told once the header it is in has been told, or the part it is in goes on.
///
/// Nothing of an input is borrowed beyond the item. What is held back is a field or a delimiter
/// that is not complete: a few octets in a body; in a header at most
/// [`Limits::stream_header_bytes`] and one field of at most [`Limits::field_bytes`]. The tables
/// grow by parts and fields, as [`Limits`] allow.
///
/// ```
/// use mime_core::{Item, Layout, Limits, Scanner};
/// let msg = b"Content-Type: text/html\r\n\r\n<p>hello\r\n";
/// let mut scanner = Scanner::new(&Limits::DEFAULT);
/// let mut body = Vec::new();
/// for mut piece in msg.chunks(7) {
///     while let Some(item) = scanner.next(&mut piece) {
///         match item {
///             Item::Begin(head) => assert!(head.media_type().is("text", "html")),
///             Item::Body { octets, .. } => body.extend_from_slice(octets),
///             _ => {}
///         }
///     }
/// }
/// while let Some(item) = scanner.finish() {
///     if let Item::Body { octets, .. } = item {
///         body.extend_from_slice(octets);
///     }
/// }
/// assert_eq!(body, b"<p>hello\r\n");
/// let layout = scanner.into_layout();
/// assert_eq!(layout.on(msg)?.root().raw_body(), body);
/// # Ok::<(), mime_core::Mismatch>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scanner {
    layout: Layout,
    work: Work,
    limits: Limits,
    state: State,
    print: Fingerprint,
    hold: Hold,
    /// Octets of the message that were read, the last one of them.
    read: u64,
    before: u8,
    /// The innermost part that was told to begin and not to end.
    open: Option<u32>,
    /// How many defects were told.
    defects: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    /// Too large: the parts that were begun are ended.
    Refusing,
    /// Too large: nothing is read any more.
    Refused,
    /// The message is complete.
    Complete,
}

/// What there is to tell. Octets that are not of the input are lent by what is held.
enum Event<'i> {
    /// With its header; `true`: that was cut.
    Begin(Option<&'i [u8]>, bool),
    Body(Option<&'i [u8]>),
    End(u32),
    Defect(Found),
}

/// What a step of the machine came to.
enum Step {
    /// The header of a part ended.
    Begin,
    /// So many body octets of a leaf, and perhaps the delimiter that ends it.
    Body(usize),
    /// Something that is told by the tables, or nothing.
    Other,
    /// The rest of the window is not enough to go on.
    More,
}

impl Scanner {
    /// At the beginning of a message.
    pub fn new(limits: &Limits) -> Self {
        Self::reuse(Layout::new(), limits)
    }

    /// At the beginning of a message, with the storage of a layout, whatever it held.
    pub fn reuse(mut layout: Layout, limits: &Limits) -> Self {
        layout.begin(limits);
        let mut work = core::mem::take(&mut layout.work);
        Machine::start(&mut layout, &mut work, limits);
        let hold = Hold::new(core::mem::take(&mut work.held));
        Scanner {
            layout,
            work,
            limits: *limits,
            state: State::Reading,
            print: Fingerprint::new(),
            hold,
            read: 0,
            before: b'\n',
            open: None,
            defects: 0,
        }
    }

    /// The next item. `None`: all of `input` was taken, and more is wanted; nothing of it is to be
    /// shown again. After an item, `input` is what is left of it.
    ///
    /// Once [`finish`](Self::finish) was called, input is taken and left out.
    pub fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Option<Item<'s>> {
        let event = self.event(input)?;
        Some(self.item(event))
    }

    /// The message ends here: gives what is left to tell, `None` when that was all.
    pub fn finish(&mut self) -> Option<Item<'_>> {
        let event = self.last_event()?;
        Some(self.item(event))
    }

    /// The layout, the same as [`Layout::scan`] makes of the whole message. What
    /// [`finish`](Self::finish) was not asked for is left untold.
    pub fn into_layout(mut self) -> Layout {
        while self.finish().is_some() {}
        self.work.held = self.hold.into_storage();
        self.layout.work = self.work;
        self.layout
    }

    /// How many octets are held back.
    pub fn held(&self) -> usize {
        self.hold.len()
    }

    fn event<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<'i>> {
        self.hold.let_go();
        loop {
            if let Some(event) = self.news() {
                return Some(event);
            }
            if input.is_empty() {
                return None;
            }
            if self.state != State::Reading {
                self.leave_out(core::mem::take(input));
                return None;
            }
            let held = self.hold.open().len() as u64;
            let room = self.limits.most_octets() - self.read - held;
            let room = usize::try_from(room).map_or(input.len(), |room| room.min(input.len()));
            let event = match room {
                0 => self.refuse(),
                _ if held == 0 => self.step_in_input(input, room),
                _ => self.step_in_hold(input, room),
            };
            if event.is_some() {
                return event;
            }
        }
    }

    fn last_event(&mut self) -> Option<Event<'static>> {
        self.hold.let_go();
        loop {
            if let Some(event) = self.news() {
                return Some(event);
            }
            match self.state {
                State::Reading => {}
                State::Refusing | State::Refused => self.complete(),
                State::Complete => return None,
            }
            if self.state == State::Complete {
                continue;
            }
            let (done, step) = self.step_held::<true>();
            if let Some(event) = self.held_event(&step, done) {
                return Some(event);
            }
            if let Step::More = step {
                self.end();
                self.complete();
            }
        }
    }

    /// What the tables have that was not told.
    #[inline]
    fn news<'i>(&mut self) -> Option<Event<'i>> {
        if let Some(open) = self.open
            && self.work.innermost() != Some(open)
        {
            let row = self.layout.parts.get(open as usize);
            let parent = row.map_or(NONE, |row| word(row, part::PARENT));
            self.open = (parent != NONE).then_some(parent);
            return Some(Event::End(open));
        }
        if self.state == State::Refusing {
            self.layout.refuse();
            self.defects = 0;
            self.state = State::Refused;
        }
        let found = self.layout.defects.get(self.defects)?;
        // The defects of a header come when it is complete: so they come the same in any cut.
        if self.state == State::Reading && self.work.in_header() {
            return None;
        }
        self.defects += 1;
        Some(Event::Defect(Found::from_row(found)))
    }

    /// One step in the input, of which `room` octets are let in.
    fn step_in_input<'i>(&mut self, input: &mut &'i [u8], room: usize) -> Option<Event<'i>> {
        let most = self.limits.stream_header_bytes as usize;
        let goes_on = self.work.in_header();
        let octets = input.get(..room).unwrap_or(input);
        let (done, step) = self.step::<false>(octets);
        let (passed, rest) = octets.split_at_checked(done).unwrap_or((octets, &[]));
        self.note(passed);
        *input = input.get(done..).unwrap_or(&[]);
        match step {
            Step::Begin if goes_on => {
                self.hold.show(passed, most);
                return Some(self.begin(None));
            }
            Step::Begin => return Some(self.begin(Some(passed))),
            Step::Body(body) => return Some(Event::Body(passed.get(..body))),
            Step::Other => return None,
            Step::More => {}
        }
        if self.work.in_header() {
            self.hold.show(passed, most);
        }
        self.hold.keep(rest);
        *input = input.get(rest.len()..).unwrap_or(&[]);
        None
    }

    /// One step in what is held, with as much of the input as it may take to go on.
    fn step_in_hold<'i>(&mut self, input: &mut &'i [u8], room: usize) -> Option<Event<'i>> {
        let octets = input.get(..room).unwrap_or(input);
        let held = self.hold.open();
        let before = held.len();
        let ahead = match self.work.phase() {
            Phase::Header => hold::field_ahead(held, octets, self.limits.field_bytes as usize),
            _ => Some(hold::line_ahead(octets)),
        };
        let Some(ahead) = ahead else {
            self.hold.keep(octets);
            *input = input.get(octets.len()..).unwrap_or(&[]);
            return None;
        };
        self.hold.keep(octets.get(..ahead).unwrap_or(octets));
        let (done, step) = self.step_held::<false>();
        // What was only looked at is seen again, in the input.
        let back = match done >= before {
            true => self.hold.give_back(done),
            false => 0,
        };
        *input = input.get(ahead - back..).unwrap_or(&[]);
        self.held_event(&step, done)
    }

    fn step_held<const LAST: bool>(&mut self) -> (usize, Step) {
        let hold = core::mem::take(&mut self.hold);
        let (done, step) = self.step::<LAST>(hold.open());
        self.note(hold.open().get(..done).unwrap_or(&[]));
        self.hold = hold;
        (done, step)
    }

    /// What there is to tell of so many octets that were held.
    fn held_event<'i>(&mut self, step: &Step, done: usize) -> Option<Event<'i>> {
        let most = self.limits.stream_header_bytes as usize;
        match step {
            Step::Begin => {
                self.hold.show_held(done, most);
                return Some(self.begin(None));
            }
            Step::Body(body) => {
                self.hold.lend(*body);
                self.hold.drop_held(done - body);
                return Some(Event::Body(None));
            }
            Step::More if self.work.in_header() => self.hold.show_held(done, most),
            Step::Other | Step::More => self.hold.drop_held(done),
        }
        None
    }

    /// A part begins, with its header in the input, or as it is held.
    fn begin<'i>(&mut self, header: Option<&'i [u8]>) -> Event<'i> {
        self.open = self.work.innermost();
        let Some(header) = header else {
            self.hold.lend_shown();
            return Event::Begin(None, self.hold.is_cut());
        };
        let shown = whole_fields(header, self.limits.stream_header_bytes as usize);
        Event::Begin(Some(shown), shown.len() < header.len())
    }

    /// Lets the machine go on at the start of these octets: how many of them it is done with.
    fn step<const LAST: bool>(&mut self, octets: &[u8]) -> (usize, Step) {
        let window = Window::at(octets, self.read as usize, self.before);
        let mut machine = self.machine();
        if machine.phase() == Phase::Header {
            return match machine.header::<LAST>(window, 0) {
                Progress::More(done) => {
                    machine.pass(window, done);
                    (done, Step::More)
                }
                Progress::Ended(done) => {
                    machine.pass(window, done);
                    machine.open(window, done);
                    (done, Step::Begin)
                }
            };
        }
        let in_leaf = machine.in_leaf();
        let (body, done, step) = match machine.search::<LAST>(window, 0) {
            Search::Delimiter(delimiter) => {
                let done = machine.delimiter(window, delimiter);
                machine.pass(window, done);
                (delimiter.end, done, Step::Other)
            }
            Search::Body(end) => {
                machine.pass_body(window, end);
                (end, end, Step::More)
            }
        };
        match in_leaf && body > 0 {
            true => (done, Step::Body(body)),
            false => (done, step),
        }
    }

    fn machine(&mut self) -> Machine<'_> {
        Machine::resume(&mut self.layout, &mut self.work, &self.limits)
    }

    /// These octets of the message are done with.
    fn note(&mut self, octets: &[u8]) {
        self.print.push(octets);
        self.read += octets.len() as u64;
        self.before = octets.last().copied().unwrap_or(self.before);
    }

    /// The message is larger than the limit: what is open ends, and the rest is only counted.
    fn refuse<'i>(&mut self) -> Option<Event<'i>> {
        self.end();
        let hold = core::mem::take(&mut self.hold);
        self.note(hold.open());
        self.state = State::Refusing;
        None
    }

    fn leave_out(&mut self, octets: &[u8]) {
        if self.state != State::Complete {
            self.note(octets);
        }
    }

    fn end(&mut self) {
        let window = Window::at(&[], self.read as usize, self.before);
        self.machine().end(window);
    }

    fn complete(&mut self) {
        self.layout.seal(self.read, self.print.finish());
        self.state = State::Complete;
    }

    /// The item of an event, which may lie in what is held.
    #[inline]
    fn item<'s>(&'s self, event: Event<'s>) -> Item<'s> {
        let part = PartId::from_index(self.open.unwrap_or(0));
        match event {
            Event::Begin(header, cut) => {
                let octets = header.unwrap_or(self.hold.lent());
                Item::Begin(Head::new(self.layout.as_ref(), part, octets, cut))
            }
            Event::Body(octets) => Item::Body {
                part,
                octets: octets.unwrap_or(self.hold.lent()),
            },
            Event::End(part) => {
                let word = |i| {
                    self.layout
                        .parts
                        .get(part as usize)
                        .map_or(0, |row| word(row, i))
                };
                Item::End {
                    part: PartId::from_index(part),
                    octets: word(part::END) - word(part::BODY),
                }
            }
            Event::Defect(found) => Item::Defect(found),
        }
    }
}
