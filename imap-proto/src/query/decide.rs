//! Does a message match?

use super::{Key, Op, Program, Query};
use crate::flags::FlagList;
use crate::syntax::Limits;
use crate::uid::{ModSeq, Uid};

/// A message as far as it is known. `None` is "not known yet": [`Query::decide`] then finds out whether
/// it matters.
pub trait Subject {
    /// Which message.
    fn uid(&self) -> Uid;

    /// Its flags.
    fn flags(&self) -> Option<FlagList<'_>> {
        None
    }

    /// Its mod-sequence.
    fn modseq(&self) -> Option<ModSeq> {
        None
    }

    /// Its octets.
    fn size(&self) -> Option<u64> {
        None
    }

    /// Its internal date: Unix seconds, and the offset of its zone in minutes.
    fn date(&self) -> Option<(i64, i16)> {
        None
    }

    /// Its save date, in the same form. The inner `None`: its mailbox keeps none.
    fn save_date(&self) -> Option<Option<(i64, i16)>> {
        None
    }

    /// The id of its content. The inner `None`: it has none.
    fn email_id(&self) -> Option<Option<&str>> {
        None
    }

    /// The id of its thread. The inner `None`: it has none.
    fn thread_id(&self) -> Option<Option<&str>> {
        None
    }

    /// How many seconds ago its internal date is.
    fn age(&self) -> Option<i64> {
        None
    }

    /// Its Date field, in the same form. The inner `None`: it has none that can be read, and no
    /// `SENT` key matches it.
    fn sent(&self) -> Option<Option<(i64, i16)>> {
        None
    }

    /// Whether a field of this name holds this text, by the rules of [`Key::Header`].
    fn header(&self, _name: &str, _text: &str) -> Option<bool> {
        None
    }

    /// Whether the body holds this text, by the rules of [`Key::Body`].
    fn body(&self, _text: &str) -> Option<bool> {
        None
    }

    /// Whether header or body hold this text, by the rules of [`Key::Text`].
    fn text(&self, _text: &str) -> Option<bool> {
        None
    }
}

/// Room for the keys that can be open at once: those of the client and what one key becomes.
const DEPTH: usize = Limits::MAX_SEARCH_DEPTH as usize + 4;

/// The open keys and what is known of them so far.
struct Frames {
    frames: [(usize, Option<bool>); DEPTH],
    depth: usize,
}

impl Frames {
    fn push(&mut self, at: usize, start: Option<bool>) {
        if let Some(frame) = self.frames.get_mut(self.depth) {
            *frame = (at, start);
            self.depth += 1;
        }
    }

    fn top(&mut self) -> Option<&mut (usize, Option<bool>)> {
        self.frames.get_mut(..self.depth).and_then(<[_]>::last_mut)
    }
}

impl Query {
    /// Whether a message matches. `None`: that depends on something the subject does not know, so ask
    /// again with more of the message at hand. Keys that cannot change the answer any more are not
    /// looked at. No recursion, no allocation.
    pub fn decide(&self, subject: &impl Subject) -> Option<bool> {
        let program = &*self.program;
        let mut open = Frames {
            frames: [(0, None); DEPTH],
            depth: 0,
        };
        let mut at = 0;
        while let Some(node) = program.nodes.get(at) {
            let value = match node.op {
                Op::And => {
                    open.push(at, Some(true));
                    at += 1;
                    continue;
                }
                Op::Or => {
                    open.push(at, Some(false));
                    at += 1;
                    continue;
                }
                Op::Not => {
                    open.push(at, None);
                    at += 1;
                    continue;
                }
                _ => holds(program.key(at), subject),
            };
            match program.complete(&mut open, node.end, value) {
                Step::Key(next) => at = next,
                Step::Answer(answer) => return answer,
            }
        }
        Some(true)
    }
}

enum Step {
    /// The next key to look at.
    Key(usize),
    /// Nothing is left to look at.
    Answer(Option<bool>),
}

impl Program {
    /// A key that ends at `end` has this value: what does that make of the keys around it?
    fn complete(&self, open: &mut Frames, mut end: usize, mut value: Option<bool>) -> Step {
        while let Some((at, so_far)) = open.top() {
            let Some(around) = self.nodes.get(*at) else {
                break;
            };
            let settled = match around.op {
                Op::Not => {
                    value = value.map(|holds| !holds);
                    true
                }
                Op::Or => {
                    value = or(*so_far, value);
                    *so_far = value;
                    value == Some(true) || end >= around.end
                }
                _ => {
                    value = and(*so_far, value);
                    *so_far = value;
                    value == Some(false) || end >= around.end
                }
            };
            if !settled {
                return Step::Key(end);
            }
            end = around.end;
            open.depth -= 1;
        }
        Step::Answer(value)
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// The value of a key that has no keys within.
pub(super) fn holds(key: Key<'_>, subject: &impl Subject) -> Option<bool> {
    let date = || subject.date().map(local);
    // RFC 8514 section 4.3
    let saved = || match subject.save_date() {
        Some(Some(date)) => Some(local(date)),
        Some(None) => date(),
        None => None,
    };
    match key {
        Key::Uids(set) => Some(set.contains(subject.uid())),
        Key::Has(flags) => subject.flags().map(|list| list.system.has(flags)),
        Key::Keyword(word) => subject
            .flags()
            .map(|list| list.keywords.iter().any(|k| k.eq_ignore_ascii_case(word))),
        Key::Header(name, text) => subject.header(name, text),
        Key::Text(text) => subject.text(text),
        Key::Body(text) => subject.body(text),
        Key::Since(day) => date().map(|date| date >= day),
        Key::Before(day) => date().map(|date| date < day),
        Key::SentSince(day) => subject
            .sent()
            .map(|sent| sent.is_some_and(|s| local(s) >= day)),
        Key::SentBefore(day) => subject
            .sent()
            .map(|sent| sent.is_some_and(|s| local(s) < day)),
        Key::Younger(seconds) => subject.age().map(|age| age <= i64::from(seconds)),
        Key::Older(seconds) => subject.age().map(|age| age >= i64::from(seconds)),
        Key::SavedSince(day) => saved().map(|date| date >= day),
        Key::SavedBefore(day) => saved().map(|date| date < day),
        Key::SaveDates => subject.save_date().map(|date| date.is_some()),
        Key::EmailId(id) => subject.email_id().map(|known| known == Some(id)),
        Key::ThreadId(id) => subject.thread_id().map(|known| known == Some(id)),
        Key::Larger(octets) => subject.size().map(|size| size > octets),
        Key::Smaller(octets) => subject.size().map(|size| size < octets),
        Key::ModSeq(least) => subject.modseq().map(|modseq| modseq >= least),
        Key::All | Key::Not(_) | Key::Or(..) | Key::And(_) => Some(true),
    }
}

/// What a clock in the zone of the date showed.
fn local((unix, offset): (i64, i16)) -> i64 {
    unix.saturating_add(i64::from(offset) * 60)
}
