//! The keywords that a client was told are in use. SELECT names those of that moment; one that comes
//! up later is told before the first row that has it, so that no row surprises (RFC 9051 section
//! 7.3.5).

use wire_core::Output;

use super::mailbox::Mailbox;
use crate::{
    FlagList, Keywords, System, respond,
    syntax::{ATOM, all_are},
};

/// What stands in FLAGS and PERMANENTFLAGS.
#[derive(Debug)]
pub(super) struct Told {
    /// In order, each as it was told.
    words: Vec<Box<str>>,
    /// The system flags that are kept.
    permanent: System,
    /// A client may make new ones.
    new_ones: bool,
}

/// Beyond so many, new ones are not told: each costs two lines that name all of them.
const MOST: usize = 256;

impl Told {
    pub(super) fn new(words: &[String], permanent: System, new_ones: bool) -> Self {
        let mut words: Vec<Box<str>> = words.iter().map(|word| word.as_str().into()).collect();
        words.sort_unstable();
        words.shrink_to_fit();
        Told {
            words,
            permanent,
            new_ones,
        }
    }

    /// Takes in what is new; `true`: something was.
    fn learn(&mut self, keywords: Keywords<'_>) -> bool {
        let before = self.words.len();
        for word in keywords.iter() {
            let at = self
                .words
                .binary_search_by(|known| known.as_ref().cmp(word));
            let Err(at) = at else { continue };
            let full = self.words.len() >= MOST;
            if full || self.has_in_another_case(word) || !all_are(ATOM, word.as_bytes()) {
                continue;
            }
            self.words.insert(at, word.into());
        }
        self.words.len() > before
    }

    fn has_in_another_case(&self, word: &str) -> bool {
        self.words
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
    }
}

impl Mailbox {
    /// To be called before a row with these flags is written.
    pub(super) fn tell_keywords(&mut self, flags: FlagList<'_>, out: &mut Output) {
        if !self.keywords.learn(flags.keywords) {
            return;
        }
        let Told {
            words,
            permanent,
            new_ones,
        } = &self.keywords;
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let keywords = Keywords::Strs(&words);
        write_flags(out, keywords);
        if !self.read_only {
            let system = *permanent;
            write_permanent(out, FlagList { system, keywords }, *new_ones);
        }
    }
}

/// `* FLAGS (...)`: all system flags, and these keywords.
pub(super) fn write_flags(out: &mut Output, keywords: Keywords<'_>) {
    let system = System::ALL;
    out.push(b"* FLAGS ");
    respond::flags(out, FlagList { system, keywords }, None);
    out.push(b"\r\n");
}

/// `* OK [PERMANENTFLAGS (...)]`
pub(super) fn write_permanent(out: &mut Output, permanent: FlagList<'_>, new_ones: bool) {
    out.push(b"* OK [PERMANENTFLAGS ");
    respond::flags(out, permanent, new_ones.then_some("\\*"));
    out.push(b"] These can be kept\r\n");
}
