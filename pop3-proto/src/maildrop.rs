//! What the session knows of the messages in an opened maildrop.

/// What the application found when it opened a maildrop.
///
/// The numbers of the messages are their places, from 1, and stay so for the session (RFC 1939
/// section 4).
#[derive(Clone, Copy, Debug)]
pub enum Maildrop<I> {
    /// Octets and unique-id of every message, in order. Kept by the session: 12 octets a message
    /// and its id. STAT, LIST and UIDL then ask nothing. For octets see [`Octets`](crate::Octets);
    /// a unique-id has 1 to 70 characters from `!` to `~` and names the same message in every
    /// session (RFC 1939 section 7).
    Table(I),
    /// Only the totals. Rows are asked for with [`Event::List`](crate::Event::List) where a client
    /// wants them.
    Lazy {
        /// How many messages there are.
        messages: u32,
        /// Their octets together.
        octets: u64,
    },
}

impl Maildrop<[(u64, [u8; 0]); 0]> {
    /// A lazy maildrop, without a type to name for rows that it does not have.
    ///
    /// ```
    /// let maildrop = pop3_proto::Maildrop::lazy(2, 320);
    /// # let _ = maildrop;
    /// ```
    pub fn lazy(messages: u32, octets: u64) -> Self {
        Maildrop::Lazy { messages, octets }
    }
}

/// Whether `uid` has the form of a unique-id (RFC 1939 section 7).
pub(crate) fn is_unique_id(uid: &[u8]) -> bool {
    (1..=70).contains(&uid.len()) && uid.iter().all(u8::is_ascii_graphic)
}

/// The opened maildrop.
#[derive(Debug)]
pub(crate) struct Drop {
    messages: u32,
    octets: u64,
    table: Option<Table>,
}

#[derive(Debug)]
struct Table {
    octets: Vec<u64>,
    uids: Vec<u8>,
    /// Where the id of each message ends in `uids`.
    ends: Vec<u32>,
}

/// The maildrop holds more than the limit, or an id that is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit;

impl Drop {
    pub(crate) fn open<U, I>(maildrop: Maildrop<I>, limit: u32) -> Result<Self, Unfit>
    where
        U: AsRef<[u8]>,
        I: IntoIterator<Item = (u64, U)>,
    {
        let rows = match maildrop {
            // One number is left for "after the last".
            Maildrop::Lazy {
                messages: u32::MAX, ..
            } => return Err(Unfit),
            Maildrop::Lazy { messages, octets } => {
                return Ok(Drop {
                    messages,
                    octets,
                    table: None,
                });
            }
            Maildrop::Table(rows) => rows,
        };
        let mut drop = Drop {
            messages: 0,
            octets: 0,
            table: None,
        };
        let rows = rows.into_iter();
        let expected = rows.size_hint().0.min(limit as usize);
        let mut table = Table {
            octets: Vec::with_capacity(expected),
            uids: Vec::new(),
            ends: Vec::with_capacity(expected),
        };
        for (octets, uid) in rows {
            let uid = uid.as_ref();
            if table.uids.is_empty() {
                // Most stores make ids of one length.
                table
                    .uids
                    .reserve_exact(expected.saturating_mul(uid.len().min(70)));
            }
            if drop.messages >= limit || !is_unique_id(uid) {
                return Err(Unfit);
            }
            table.octets.push(octets);
            table.uids.extend_from_slice(uid);
            table
                .ends
                .push(u32::try_from(table.uids.len()).map_err(|_| Unfit)?);
            drop.messages += 1;
            drop.octets = drop.octets.saturating_add(octets);
        }
        table.octets.shrink_to_fit();
        table.uids.shrink_to_fit();
        table.ends.shrink_to_fit();
        drop.table = Some(table);
        Ok(drop)
    }

    pub(crate) fn messages(&self) -> u32 {
        self.messages
    }

    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether rows have to be asked for.
    pub(crate) fn is_lazy(&self) -> bool {
        self.table.is_none()
    }

    /// The octets of message `n`, where the table tells.
    pub(crate) fn octets_of(&self, n: u32) -> Option<u64> {
        self.table.as_ref()?.octets.get(index(n)?).copied()
    }

    /// The unique-id of message `n`, where the table tells.
    pub(crate) fn uid_of(&self, n: u32) -> Option<&str> {
        let table = self.table.as_ref()?;
        let at = index(n)?;
        let start = at
            .checked_sub(1)
            .and_then(|before| table.ends.get(before))
            .unwrap_or(&0);
        let uid = table
            .uids
            .get(*start as usize..*table.ends.get(at)? as usize)?;
        std::str::from_utf8(uid).ok()
    }
}

fn index(n: u32) -> Option<usize> {
    usize::try_from(n.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(u64, &str)], limit: u32) -> Result<Drop, Unfit> {
        Drop::open(Maildrop::Table(rows.iter().copied()), limit)
    }

    #[test]
    fn rows_are_found_by_their_number() {
        let drop = table(&[(120, "a"), (200, "bb"), (3, "c~!")], 3).unwrap();
        assert_eq!((drop.messages(), drop.octets()), (3, 323));
        assert_eq!(
            [0, 1, 2, 3, 4].map(|n| drop.octets_of(n)),
            [None, Some(120), Some(200), Some(3), None]
        );
        assert_eq!(
            [0, 1, 3, 4].map(|n| drop.uid_of(n)),
            [None, Some("a"), Some("c~!"), None]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(table(&[(1, "a"), (1, "b")], 1).unwrap_err(), Unfit);
        for uid in ["", "a b", "\u{e9}", "a\r\nb", &"x".repeat(71)] {
            assert_eq!(table(&[(1, uid)], 9).unwrap_err(), Unfit, "{uid:?}");
        }
        assert!(Drop::open(Maildrop::lazy(u32::MAX, 0), 9).is_err());
        assert!(table(&[(1, &"x".repeat(70))], 9).is_ok());
    }
}
