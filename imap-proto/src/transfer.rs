//! Messages that come in (APPEND) and go elsewhere (COPY, MOVE), with the UIDs they are given.

use crate::{Flags, ModSeq, Uid, UidSet};

/// What APPEND says of a message before its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewMessage {
    /// Its flags; `\Recent` is never among them.
    pub flags: Flags,
    /// Its internal date: seconds since 1970 UTC, minutes east of UTC. `None`: now.
    pub date: Option<(i64, i16)>,
    /// Its length in octets.
    pub size: u64,
    /// It may hold NUL: the client sent it as a `literal8` (RFC 3516).
    pub binary: bool,
    /// Its header fields may be in UTF-8 (RFC 6855 section 4).
    pub utf8: bool,
}

/// Where APPEND or REPLACE put what it brought: the answer to `Event::AppendEnd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendUid {
    /// The UIDVALIDITY of the mailbox; 0 keeps both numbers from the client, for a mailbox that it
    /// may not select (RFC 4315 section 3).
    pub validity: u32,
    /// The UIDs of the messages, in the order in which they came.
    pub uids: UidSet,
}

/// Where COPY or MOVE put its messages: the answer to `Event::Copy`.
///
/// ```
/// use imap_proto::{CopyUid, Uid};
/// let uid = |n| Uid::new(n).unwrap();
/// let mut copied = CopyUid::new(38505);
/// copied.push(uid(304), uid(3956));
/// copied.push(uid(319), uid(3957));
/// copied.push(uid(320), uid(3958));
/// ```
#[derive(Debug, Clone)]
pub struct CopyUid {
    validity: u32,
    runs: Vec<Pairs>,
    sources: UidSet,
    modseq: Option<ModSeq>,
}

/// `len` messages: `from` and its successors became `to` and its successors.
#[derive(Debug, Clone, Copy)]
struct Pairs {
    from: u32,
    to: u32,
    len: u32,
}

impl CopyUid {
    /// For a target mailbox with this UIDVALIDITY; nothing copied yet.
    pub fn new(validity: u32) -> Self {
        CopyUid {
            validity,
            runs: Vec::new(),
            sources: UidSet::new(),
            modseq: None,
        }
    }

    /// These messages were copied, and the client is not told where to: it may not select the
    /// target (RFC 4315 section 3).
    pub fn without_uids(sources: UidSet) -> Self {
        CopyUid {
            validity: 0,
            runs: Vec::new(),
            sources,
            modseq: None,
        }
    }

    /// The message `from` is now also (or instead) `to` in the target mailbox.
    pub fn push(&mut self, from: Uid, to: Uid) {
        self.sources.insert(from);
        let (from, to) = (from.get(), to.get());
        match self.runs.last_mut() {
            Some(run)
                if run.from.checked_add(run.len) == Some(from)
                    && run.to.checked_add(run.len) == Some(to) =>
            {
                run.len += 1;
            }
            _ => self.runs.push(Pairs { from, to, len: 1 }),
        }
    }

    /// The mod-sequence that removing them from the source took (MOVE).
    #[must_use]
    pub fn modseq(mut self, modseq: ModSeq) -> Self {
        self.modseq = Some(modseq);
        self
    }

    /// The mod-sequence of their removal; 0 where none was given.
    pub(crate) fn removed_at(&self) -> ModSeq {
        self.modseq.unwrap_or(0)
    }

    /// The messages that were copied.
    pub(crate) fn sources(&self) -> &UidSet {
        &self.sources
    }

    /// `COPYUID 38505 304,319:320 3956:3958` (RFC 4315 section 3); nothing if there is nothing to
    /// tell.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> bool {
        if self.validity == 0 || self.runs.is_empty() {
            return false;
        }
        out.extend_from_slice(format!("COPYUID {} ", self.validity).as_bytes());
        self.write_set(out, |run| run.from);
        out.push(b' ');
        self.write_set(out, |run| run.to);
        true
    }

    /// Both sets name their messages in the same order, so runs are joined only where both go on.
    fn write_set(&self, out: &mut Vec<u8>, first: impl Fn(&Pairs) -> u32) {
        let mut runs: Vec<(u32, u32)> = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            let (start, end) = (first(run), first(run).saturating_add(run.len - 1));
            match runs.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(start) => *last = end,
                _ => runs.push((start, end)),
            }
        }
        for (i, (start, end)) in runs.into_iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let text = match start == end {
                true => format!("{comma}{start}"),
                false => format!("{comma}{start}:{end}"),
            };
            out.extend_from_slice(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pairs: &[(u32, u32)]) -> String {
        let mut copied = CopyUid::new(9);
        for &(from, to) in pairs {
            copied.push(Uid::new(from).unwrap(), Uid::new(to).unwrap());
        }
        let mut out = Vec::new();
        copied.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    // imap-4315-3-01, imap-4315-3-02
    #[test]
    fn both_sets_name_the_messages_in_the_same_order() {
        let table: [(&[(u32, u32)], &str); 5] = [
            (&[], ""),
            (&[(5, 80)], "COPYUID 9 5 80"),
            (
                &[(304, 3956), (319, 3957), (320, 3958)],
                "COPYUID 9 304,319:320 3956:3958",
            ),
            (&[(1, 9), (2, 7)], "COPYUID 9 1:2 9,7"),
            (&[(2, 7), (1, 8)], "COPYUID 9 2,1 7:8"),
        ];
        for (pairs, expected) in table {
            assert_eq!(written(pairs), expected);
        }
    }
}
