//! What a client makes of the responses it is sent, and of nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub
)]

use std::collections::BTreeMap;

use imap_proto::UidSet;

use super::app::{self, Box1};

/// What a client switches on, and what its rows are called then.
#[derive(Debug, Clone, Copy)]
pub struct Mode {
    pub enables: &'static str,
    row: &'static str,
    pub words: &'static [&'static str],
}

impl Mode {
    pub const fn new(
        enables: &'static str,
        row: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Mode {
            enables,
            row,
            words,
        }
    }

    pub fn has(self, name: &str) -> bool {
        self.enables.split(' ').any(|on| on == name)
    }

    pub fn has_modseqs(self) -> bool {
        self.has("CONDSTORE") || self.has("QRESYNC")
    }
}

/// What is known of a message.
#[derive(Debug, Clone, Default)]
struct Known {
    flags: Option<Vec<String>>,
    modseq: Option<u64>,
    /// Told in this session.
    recent: Option<bool>,
}

pub struct Picture {
    mode: Mode,
    /// In order of their numbers; the UID where it was told.
    pub messages: Vec<Option<u32>>,
    known: BTreeMap<u32, Known>,
    /// Up to here nothing was missed (RFC 7162 section 6).
    pub highest: u64,
    /// The highest of the rows since the last completion, and the code if one came.
    rows: u64,
    code: Option<u64>,
    /// Up to this UID all that there are were told.
    sure: u32,
    /// A mailbox is being opened: what EXISTS said.
    opening: Option<usize>,
    open: bool,
    /// What RECENT said last.
    recent: usize,
    /// What the UIDs belong to.
    pub validity: u32,
}

impl Picture {
    pub fn new(mode: Mode) -> Self {
        Picture {
            mode,
            messages: Vec::new(),
            known: BTreeMap::new(),
            highest: 0,
            rows: 0,
            code: None,
            sure: 0,
            opening: None,
            open: false,
            recent: 0,
            validity: 1,
        }
    }

    pub fn uids(&self) -> UidSet {
        self.known.keys().map(|uid| app::uid(*uid)).collect()
    }

    /// Some message numbers, and the UIDs they had.
    pub fn sample(&self) -> (UidSet, UidSet) {
        let told = (1..)
            .zip(&self.messages)
            .filter_map(|(n, uid)| Some((n, (*uid)?)));
        let some = told.filter(|(n, _)| n % 2 == 1 || *n == self.messages.len() as u32);
        let (mut numbers, mut uids) = (UidSet::new(), UidSet::new());
        for (number, uid) in some {
            numbers.insert(app::uid(number));
            uids.insert(app::uid(uid));
        }
        match numbers.is_empty() {
            true => (app::uids(&[1]), app::uids(&[4_000_000])),
            false => (numbers, uids),
        }
    }

    pub fn add_flag(&mut self, uid: u32, flag: &str) {
        if let Some(flags) = self
            .known
            .get_mut(&uid)
            .and_then(|known| known.flags.as_mut())
            && !flags.iter().any(|known| known == flag)
        {
            flags.push(flag.to_owned());
            flags.sort();
        }
    }

    /// The connection is gone: messages whose neighbours were not told yet are looked for anew.
    pub fn forget(&mut self) {
        let sure = self.sure;
        self.known.retain(|uid, _| *uid <= sure);
        self.messages
            .retain(|uid| uid.is_some_and(|uid| uid <= sure));
    }

    /// A SELECT was sent.
    pub fn selects(&mut self) {
        (self.open, self.opening) = (false, None);
        (self.rows, self.code, self.recent) = (0, None, 0);
        self.known
            .values_mut()
            .for_each(|known| known.recent = None);
    }

    /// Whole lines. `numbers_hold`: nothing may go.
    pub fn hear(&mut self, said: &str, numbers_hold: bool) {
        let said = &without_literals(said);
        for line in said.lines() {
            let Some(rest) = line.strip_prefix("* ") else {
                if line.split(' ').nth(1) == Some("OK") {
                    self.code_of(line);
                    self.completed();
                }
                continue;
            };
            let mut words = rest.splitn(3, ' ');
            let (first, second) = (words.next().unwrap(), words.next().unwrap_or_default());
            let items = words.next().unwrap_or_default();
            let number = first.parse::<usize>();
            match (number, second) {
                (Ok(count), "EXISTS") => self.exists(count, said),
                (Ok(count), "RECENT") => self.recent = count,
                (Ok(number), "EXPUNGE") => {
                    assert!(!numbers_hold, "EXPUNGE where numbers must hold: {said}");
                    assert!(
                        !self.mode.has("QRESYNC") && !self.mode.has("UIDONLY"),
                        "{said}"
                    );
                    self.materialise();
                    assert!(number <= self.messages.len(), "EXPUNGE of nothing: {said}");
                    if let Some(uid) = self.messages.remove(number - 1) {
                        self.known.remove(&uid);
                    }
                }
                (Ok(number), row) if row == self.mode.row => self.row(number, items, said),
                (Ok(_), "FETCH" | "UIDFETCH") => panic!("a row of another name: {said}"),
                _ if first == "VANISHED" && second == "(EARLIER)" => {
                    for uid in numbers_of(items) {
                        assert!(!self.open || !self.messages.contains(&Some(uid)), "{said}");
                        self.known.remove(&uid);
                    }
                }
                _ if first == "VANISHED" => {
                    assert!(!numbers_hold, "VANISHED where numbers must hold: {said}");
                    self.materialise();
                    numbers_of(second).for_each(|uid| self.vanished(uid, said));
                }
                _ if first == "OK" => self.code_of(rest),
                _ => {}
            }
        }
    }

    fn exists(&mut self, count: usize, said: &str) {
        if !self.open && self.opening.is_none() {
            self.opening = Some(count);
            return;
        }
        self.materialise();
        assert!(count >= self.messages.len(), "EXISTS went down: {said}");
        self.messages.resize(count, None);
    }

    /// What was known before, and is not told to be gone, comes first; the rest is new.
    fn materialise(&mut self) {
        if let Some(count) = self.opening.take() {
            self.messages = self.known.keys().map(|uid| Some(*uid)).collect();
            assert!(self.messages.len() <= count, "more is known than there is");
            self.messages.resize(count, None);
            self.open = true;
        }
    }

    fn vanished(&mut self, uid: u32, said: &str) {
        let at = self.messages.iter().position(|known| *known == Some(uid));
        let at = at.unwrap_or_else(|| {
            let lower = |known: &Option<u32>| known.is_some_and(|known| known < uid);
            let behind = self.messages.iter().rposition(lower).map_or(0, |at| at + 1);
            let unknown = self.messages[behind..].iter().position(Option::is_none);
            behind + unknown.unwrap_or_else(|| panic!("VANISHED of nothing: {said}"))
        });
        self.messages.remove(at);
        self.known.remove(&uid);
    }

    fn row(&mut self, number: usize, items: &str, said: &str) {
        let behind = |name: &str| items.find(name).map(|at| &items[at + name.len()..]);
        let told = behind("UID ").map(|rest| rest.split([' ', ')']).next().unwrap().parse());
        // While a mailbox is opened, rows may be of messages that are new.
        self.materialise();
        let uid = match self.mode.row {
            "UIDFETCH" => {
                let uid = number as u32;
                if !self.messages.contains(&Some(uid)) {
                    let free = self.messages.iter().position(Option::is_none);
                    self.messages[free.unwrap_or_else(|| panic!("a row too many: {said}"))] =
                        Some(uid);
                    self.messages.sort_by_key(|uid| uid.unwrap_or(u32::MAX));
                }
                Some(uid)
            }
            _ => {
                assert!(number <= self.messages.len(), "FETCH of nothing: {said}");
                let known = &mut self.messages[number - 1];
                if let Some(told) = told {
                    let told: u32 = told.unwrap();
                    assert!(
                        known.is_none_or(|known| known == told),
                        "another message: {said}"
                    );
                    *known = Some(told);
                }
                *known
            }
        };
        let modseq = behind("MODSEQ (").map(|rest| rest.split(')').next().unwrap());
        let modseq: Option<u64> = modseq.map(|modseq| modseq.parse().unwrap());
        self.rows = self.rows.max(modseq.unwrap_or(0));
        let Some(uid) = uid else { return };
        let known = self.known.entry(uid).or_default();
        known.modseq = modseq.or(known.modseq);
        if let Some(list) = behind("FLAGS (") {
            assert!(
                modseq.is_some() || !self.mode.has_modseqs(),
                "no MODSEQ: {said}"
            );
            let list = list.split(')').next().unwrap();
            known.recent = Some(list.split_whitespace().any(|flag| flag == "\\Recent"));
            let flags = list.split_whitespace().filter(|flag| *flag != "\\Recent");
            let mut flags: Vec<_> = flags.map(str::to_owned).collect();
            flags.sort();
            known.flags = Some(flags);
        }
    }

    fn code_of(&mut self, line: &str) {
        if let Some((_, number)) = line.split_once("[UIDVALIDITY ") {
            self.validity = number.split(']').next().unwrap().parse().unwrap();
        }
        if let Some(at) = line.find("[HIGHESTMODSEQ ") {
            let number = line[at + 15..].split(']').next().unwrap();
            self.code = Some(number.parse().unwrap());
        }
    }

    /// RFC 7162 section 6: the code counts, or else the highest of the rows.
    fn completed(&mut self) {
        self.materialise();
        let rows = std::mem::take(&mut self.rows);
        self.highest = match self.code.take() {
            Some(code) => code,
            None => self.highest.max(rows),
        };
    }

    /// The first UID that may belong to a message of which only the number is known.
    pub fn first_unknown(&self) -> Option<u32> {
        let unknown = |(at, uid): (usize, &Option<u32>)| {
            uid.is_none_or(|uid| !self.known.contains_key(&uid))
                .then_some(at)
        };
        let at = self.messages.iter().enumerate().find_map(unknown)?;
        if self.mode.has("UIDONLY") {
            return Some(1);
        }
        let before = self.messages[..at].iter().flatten().last();
        Some(before.map_or(1, |uid| uid + 1))
    }

    pub fn compare(&mut self, mailbox: &Box1) {
        let there: Vec<Option<u32>> = mailbox.mails.keys().map(|uid| Some(uid.get())).collect();
        assert_eq!(self.messages, there);
        self.sure = mailbox.next - 1;
        assert_eq!(self.known.len(), there.len(), "more is known than there is");
        for (uid, known) in &self.known {
            let mail = &mailbox.mails[&app::uid(*uid)];
            if let Some(told) = &known.flags {
                let mut flags: Vec<_> = mail.flags.system.names().map(str::to_owned).collect();
                flags.sort();
                assert_eq!(told, &flags, "flags of {uid}");
            }
            if let Some(modseq) = known.modseq {
                assert_eq!(modseq, mail.modseq, "the mod-sequence of {uid}");
            }
        }
        self.compare_recent();
    }

    /// From one UID on messages are `\Recent`, and RECENT counts them.
    fn compare_recent(&self) {
        let told = |recent| {
            let all = self.known.iter();
            all.filter(move |(_, known)| known.recent == recent)
                .map(|(uid, _)| *uid)
        };
        if let Some(first) = told(Some(true)).next() {
            assert!(told(Some(false)).all(|uid| uid < first), "{:?}", self.known);
        }
        let sure = told(Some(true)).count();
        if self.mode.has("IMAP4rev2") {
            assert_eq!((sure, self.recent), (0, 0), "IMAP4rev2 has no such flag");
        }
        let may_be = sure..=sure + told(None).count();
        assert!(
            may_be.contains(&self.recent),
            "{} RECENT of {may_be:?}",
            self.recent
        );
    }
}

/// Each response in one line; the last may have been cut.
fn without_literals(mut said: &str) -> String {
    let mut lines = String::new();
    while let Some((before, after)) = said.split_once("}\r\n") {
        let Some((text, octets)) = before.rsplit_once('{') else {
            break;
        };
        lines.push_str(text);
        said = after.get(octets.parse().unwrap()..).unwrap_or_default();
    }
    lines.push_str(said);
    let whole = lines.rfind('\n').map_or(0, |end| end + 1);
    lines.truncate(whole);
    lines
}

/// The numbers of a set.
pub fn numbers_of(set: &str) -> impl Iterator<Item = u32> + '_ {
    set.split(',').flat_map(|range| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        first.parse::<u32>().unwrap()..=last.parse().unwrap()
    })
}
