//! The names of a LIST or LSUB: gathered, completed, and written as there is room.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    Folder, SpecialUse, StatusData, StatusItems,
    mailbox_name::{has_sound_levels, inbox_in_capitals},
    pattern,
    syntax::{ListReturn, ListSelect},
};

/// What a LIST or LSUB is about. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ListQuery {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// With their reference, decoded.
    patterns: Vec<String>,
    separator: char,
    select: ListSelect,
    returns: ListReturn,
    kind: Kind,
}

/// Which command it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// LIST as RFC 3501 has it: its clients know `\Noselect`, and not `\NonExistent`.
    Plain,
    /// LIST of a client that knows RFC 5258 or RFC 9051.
    Extended,
    Lsub,
}

impl ListQuery {
    pub(super) fn new(
        patterns: Vec<String>,
        separator: char,
        select: ListSelect,
        returns: ListReturn,
        kind: Kind,
    ) -> Self {
        ListQuery {
            inner: Arc::new(Inner {
                patterns,
                separator,
                select,
                returns,
                kind,
            }),
        }
    }

    /// Whether the name matches one of the patterns. A store need not ask: the session does.
    pub fn matches(&self, name: &str) -> bool {
        let matches = |p: &String| pattern::matches(p, name, self.inner.separator);
        self.inner.patterns.iter().any(matches)
    }

    /// What all names begin with that can matter, parents of matches included; often empty.
    pub fn prefix(&self) -> &str {
        let (first, more) = match self.inner.patterns.split_first() {
            Some((first, [])) => (first.as_str(), false),
            _ => ("", true),
        };
        let fixed = first.split(['*', '%']).next().unwrap_or_default();
        // Up to its last separator, so that the children of a match are given too; INBOX has many
        // spellings.
        let level = fixed
            .rfind(self.inner.separator)
            .map_or("", |at| fixed.get(..at).unwrap_or(""));
        let inbox = level
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("INBOX"));
        let sound = has_sound_levels(level, self.inner.separator);
        if more || inbox || !sound { "" } else { level }
    }

    /// The numbers that are wanted of each mailbox (RFC 5819).
    pub fn status(&self) -> Option<StatusItems> {
        Some(self.inner.returns.status).filter(|items| !items.is_empty())
    }

    /// Only subscribed names can match: those of mailboxes that are not subscribed matter no more
    /// than for `\HasChildren`.
    pub fn subscribed_only(&self) -> bool {
        self.is_lsub() || self.inner.select.subscribed
    }

    pub(super) fn is_lsub(&self) -> bool {
        self.inner.kind == Kind::Lsub
    }

    pub(super) fn matches_nothing(&self) -> bool {
        self.inner.patterns.is_empty()
    }

    /// A pattern that ends with `%` also finds the levels above what exists.
    fn finds_level(&self, name: &str) -> bool {
        let ends = self
            .inner
            .patterns
            .iter()
            .filter(|pattern| pattern.ends_with('%'));
        let mut ends = ends.map(|p| pattern::matches(p, name, self.inner.separator));
        ends.any(|matches| matches)
    }

    /// What the selection options choose, patterns aside.
    fn selects(&self, entry: &Entry) -> bool {
        let subscribed = !self.subscribed_only() || entry.subscribed;
        let special = !self.inner.select.special_use || !entry.special_use.is_empty();
        subscribed && special && (entry.exists || self.subscribed_only())
    }

    fn shows_subscribed(&self) -> bool {
        self.inner.select.subscribed || self.inner.returns.subscribed
    }
}

/// A LIST that is being answered.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) query: ListQuery,
    entries: Vec<Entry>,
    /// How many lines are written.
    written: usize,
    limit: usize,
    pub(super) overflow: bool,
}

#[derive(Debug)]
struct Entry {
    name: Box<str>,
    exists: bool,
    no_select: bool,
    subscribed: bool,
    special_use: SpecialUse,
    status: Option<Box<StatusData>>,
    /// A pattern matches the name.
    matches: bool,
    below: Below,
}

/// What is under a name, at any depth.
#[derive(Debug, Clone, Copy, Default)]
struct Below {
    exists: bool,
    /// Something that the selection options choose.
    selected: bool,
    /// The same, and no pattern matches it.
    hidden: bool,
}

/// One line to be written.
#[derive(Debug)]
pub(super) struct Shown<'l> {
    pub(super) name: &'l str,
    pub(super) attributes: Vec<&'static str>,
    pub(super) status: Option<&'l StatusData>,
    /// `("CHILDINFO" ("SUBSCRIBED"))`
    pub(super) child_info: bool,
}

impl Entry {
    /// A level above other names, of which nothing else is known.
    fn level(name: Box<str>) -> Self {
        Entry {
            name,
            exists: false,
            no_select: false,
            subscribed: false,
            special_use: SpecialUse::NONE,
            status: None,
            matches: false,
            below: Below::default(),
        }
    }
}

impl Listing {
    pub(super) fn new(query: ListQuery, limit: usize) -> Self {
        Listing {
            query,
            entries: Vec::new(),
            written: 0,
            limit,
            overflow: false,
        }
    }

    pub(super) fn push(&mut self, folder: &Folder<'_>) {
        if self.entries.len() >= self.limit {
            self.overflow = true;
            return;
        }
        self.entries.push(Entry {
            name: inbox_in_capitals(folder.name, self.query.inner.separator).into(),
            exists: !folder.non_existent,
            no_select: folder.no_select,
            subscribed: folder.subscribed,
            special_use: folder.special_use,
            status: folder.status.map(Box::new),
            matches: false,
            below: Below::default(),
        });
    }

    /// All names were given: puts them in order, once each, with the levels between them.
    pub(super) fn complete(&mut self) {
        if self.overflow {
            return;
        }
        let separator = self.query.inner.separator;
        let mut levels: BTreeSet<Box<str>> = BTreeSet::new();
        for entry in &self.entries {
            for (at, _) in entry.name.match_indices(separator) {
                let level = entry.name.get(..at).unwrap_or_default();
                if level.is_empty() || levels.contains(level) {
                    continue;
                }
                if levels.len() >= self.limit {
                    self.overflow = true;
                    return;
                }
                levels.insert(level.into());
            }
        }
        self.entries.extend(levels.into_iter().map(Entry::level));
        // Level by level, so that a name is followed by what is under it. Stable: of two entries of one name the store's own comes first.
        self.entries
            .sort_by(|a, b| a.name.split(separator).cmp(b.name.split(separator)));
        self.entries.dedup_by(|later, first| {
            let same = later.name == first.name;
            if same {
                first.exists |= later.exists;
                first.subscribed |= later.subscribed;
                first.special_use = first.special_use | later.special_use;
                first.status = first.status.take().or(later.status.take());
            }
            same
        });
        self.look_below();
    }

    /// Each name follows its parent: from the last name to the first, what is known of a name is
    /// handed to its parent.
    fn look_below(&mut self) {
        let query = self.query.clone();
        let mut parents = Vec::with_capacity(self.entries.len());
        let mut open: Vec<(usize, &str)> = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let is_under = |parent: &str| {
                let rest = entry.name.strip_prefix(parent);
                rest.is_some_and(|rest| rest.starts_with(query.inner.separator))
            };
            while open.pop_if(|(_, parent)| !is_under(parent)).is_some() {}
            parents.push(open.last().map(|(parent, _)| *parent));
            open.push((at, &entry.name));
        }
        for (at, parent) in parents.into_iter().enumerate().rev() {
            let Some(entry) = self.entries.get_mut(at) else {
                continue;
            };
            entry.matches = query.matches(&entry.name);
            let selected = query.selects(entry);
            let below = Below {
                exists: entry.below.exists || entry.exists,
                selected: entry.below.selected || selected,
                hidden: entry.below.hidden || (selected && !entry.matches),
            };
            if let Some(parent) = parent.and_then(|parent| self.entries.get_mut(parent)) {
                parent.below.exists |= below.exists;
                parent.below.selected |= below.selected;
                parent.below.hidden |= below.hidden;
            }
        }
    }

    /// The next line, if any is left.
    pub(super) fn next_shown(&mut self) -> Option<Shown<'_>> {
        let rest = self.entries.get(self.written..)?;
        let at = self.written + rest.iter().position(|entry| self.is_shown(entry))?;
        self.written = at + 1;
        let entry = self.entries.get(at)?;
        Some(Shown {
            name: &entry.name,
            attributes: self.attributes(entry),
            status: entry
                .status
                .as_deref()
                .filter(|_| entry.exists && !entry.no_select),
            child_info: self.query.inner.select.recursive_match && entry.below.selected,
        })
    }

    fn is_shown(&self, entry: &Entry) -> bool {
        let select = &self.query.inner.select;
        if !entry.matches {
            return false;
        }
        if self.query.selects(entry) {
            return true;
        }
        if select.recursive_match {
            // RFC 5258 section 3.5: not where the child is shown itself.
            return entry.below.hidden;
        }
        // A level above what is selected (RFC 9051 section 6.3.9, RFC 3501 section 6.3.9).
        let plain = !entry.exists && !select.subscribed && !select.special_use;
        (self.query.is_lsub() || plain)
            && entry.below.selected
            && self.query.finds_level(&entry.name)
    }

    fn attributes(&self, entry: &Entry) -> Vec<&'static str> {
        let mut all = Vec::new();
        if self.query.is_lsub() {
            if !entry.subscribed || entry.no_select || !entry.exists {
                all.push("\\Noselect");
            }
            return all;
        }
        let plain = self.query.inner.kind == Kind::Plain;
        match (entry.exists, entry.no_select) {
            (false, _) if !plain => all.push("\\NonExistent"),
            (true, false) => {}
            _ => all.push("\\Noselect"),
        }
        if self.query.shows_subscribed() && entry.subscribed {
            all.push("\\Subscribed");
        }
        all.push(if entry.below.exists {
            "\\HasChildren"
        } else {
            "\\HasNoChildren"
        });
        all.extend(entry.special_use.names());
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind::*, *};

    fn listed(patterns: &[&str], select: ListSelect, kind: Kind, folders: &[Folder<'_>]) -> String {
        let patterns = patterns.iter().map(|p| (*p).to_owned()).collect();
        let query = ListQuery::new(patterns, '/', select, ListReturn::default(), kind);
        let mut listing = Listing::new(query, 100);
        folders.iter().for_each(|folder| listing.push(folder));
        listing.complete();
        let mut lines = Vec::new();
        while let Some(shown) = listing.next_shown() {
            let info = if shown.child_info { " +" } else { "" };
            let short: Vec<_> = shown
                .attributes
                .iter()
                .filter(|a| **a != "\\HasNoChildren")
                .collect();
            let short = short
                .iter()
                .map(|a| a.trim_start_matches('\\'))
                .collect::<Vec<_>>();
            lines.push(format!("{}({}){info}", shown.name, short.join(" ")));
        }
        lines.join(" ")
    }

    // imap-9051-6.3.9-02, imap-9051-6.3.9.5-01, imap-3501-6.3.9-01, imap-9051-6.3.9.6-01
    #[test]
    fn levels_children_and_subscriptions() {
        // imap-9051-5.1-01
        let below = [Folder::new("INBOX"), Folder::new("inbox/x")];
        let shown = listed(&["%", "iNbOx/*"], ListSelect::default(), Extended, &below);
        assert_eq!(shown, "INBOX(HasChildren) INBOX/x()");
        let folders = [
            Folder::new("inbox").subscribed(),
            Folder::new("foo/bar").subscribed(),
            Folder::new("foo/baz/deep"),
            Folder::new("foo-bar"),
            Folder::new("gone").subscribed().non_existent(),
            Folder::new("Trash").special_use(SpecialUse::TRASH),
        ];
        let none = ListSelect::default();
        let subscribed = ListSelect {
            subscribed: true,
            ..none
        };
        let recursive = ListSelect {
            recursive_match: true,
            ..subscribed
        };
        let table: [(&[&str], ListSelect, Kind, &str); 9] = [
            (
                &["*"],
                none,
                Extended,
                "INBOX() Trash(Trash) foo/bar() foo/baz/deep() foo-bar()",
            ),
            (
                &["%"],
                none,
                Extended,
                "INBOX() Trash(Trash) foo(NonExistent HasChildren) foo-bar()",
            ),
            (
                &["foo/%"],
                none,
                Extended,
                "foo/bar() foo/baz(NonExistent HasChildren)",
            ),
            (&["iNbOx", "INBOX"], none, Extended, "INBOX()"),
            (
                &["*"],
                subscribed,
                Extended,
                "INBOX(Subscribed) foo/bar(Subscribed) gone(NonExistent Subscribed)",
            ),
            (
                &["%"],
                recursive,
                Extended,
                "INBOX(Subscribed) foo(NonExistent HasChildren) + gone(NonExistent Subscribed)",
            ),
            // A level that is no mailbox, to a client that may know RFC 3501 only.
            (&["f%"], none, Plain, "foo(Noselect HasChildren) foo-bar()"),
            (&["%"], none, Lsub, "INBOX() foo(Noselect) gone(Noselect)"),
            (&["*"], none, Lsub, "INBOX() foo/bar() gone(Noselect)"),
        ];
        for (patterns, select, kind, expected) in table {
            assert_eq!(
                listed(patterns, select, kind, &folders),
                expected,
                "{patterns:?} {kind:?}"
            );
        }
    }
}
