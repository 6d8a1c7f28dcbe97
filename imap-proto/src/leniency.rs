//! What a listener takes although the grammar forbids it.

/// Habits of real clients that the grammar of RFC 9051 forbids, each with a name. Default:
/// [`NONE`](Self::NONE).
///
/// [`Builder::lenient`](crate::Builder::lenient) allows some of them, and
/// [`Session::leniency_used`] counts those that the client made use of, so that an operator sees who
/// still needs what. None of them moves the end of a literal, or takes an octet of one for a
/// command.
///
/// ```
/// use imap_proto::{Config, Leniency};
///
/// let habits = Leniency::SPACES.with(Leniency::EMPTY_LINES);
/// let config = Config::builder("imap.example.org").lenient(habits).build()?;
/// # let _ = config;
/// assert_eq!(habits.names().collect::<Vec<_>>(), ["spaces", "empty-lines"]);
/// # Ok::<(), imap_proto::ConfigError>(())
/// ```
///
/// [`Session::leniency_used`]: crate::Session::leniency_used
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Leniency(u8);

impl Leniency {
    /// The grammar as it is written.
    pub const NONE: Self = Leniency(0);
    /// `a  SELECT INBOX `: more than one space between words, and spaces at the end of the line.
    /// Sent by scripts and by people. RFC 9051 section 2.2 wants BAD.
    pub const SPACES: Self = Leniency(1);
    /// An empty line where a command is expected: some clients end a message of APPEND, or a
    /// response of AUTHENTICATE, with one CRLF too many. It is passed over.
    pub const EMPTY_LINES: Self = Leniency(1 << 1);
    /// A line that ends with LF alone, as from netcat. Only for a whole command without a literal:
    /// where one is announced, the connection is closed as ever.
    pub const BARE_LF: Self = Leniency(1 << 2);
    /// A message of APPEND without the CRLF that ends the command behind it: where the next command
    /// follows at once, the upload ends before it.
    pub const OPEN_ENDS: Self = Leniency(1 << 3);
    /// LIST with options of LIST-EXTENDED, LIST-STATUS or SPECIAL-USE that were not offered to this
    /// client, as K-9 Mail sends it. It is served as if they had been.
    pub const EXTENDED_LIST: Self = Leniency(1 << 4);
    /// Octets above ASCII in the header fields of a message, in APPEND without UTF8=ACCEPT enabled,
    /// as old mail has them that is moved from another server. RFC 6855 section 4 wants NO.
    pub const RAW_HEADERS: Self = Leniency(1 << 5);
}

wire_core::named_set! { Leniency {
    SPACES "spaces"
    EMPTY_LINES "empty-lines"
    BARE_LF "bare-lf"
    OPEN_ENDS "open-ends"
    EXTENDED_LIST "extended-list"
    RAW_HEADERS "raw-headers"
} }

/// How often a client made use of each.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Uses([u16; Leniency::NAMES.len()]);

impl Uses {
    pub(crate) fn count(&mut self, one: Leniency) {
        if let Some(uses) = self.0.get_mut(one.0.trailing_zeros() as usize) {
            *uses = uses.saturating_add(1);
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = (Leniency, u16)> {
        let all = Leniency::NAMES.iter().zip(self.0);
        all.filter(|(_, uses)| *uses > 0)
            .map(|((one, _), uses)| (*one, uses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_bit_with_a_count_of_its_own() {
        let mut all = Leniency::NONE;
        for (i, &(one, name)) in Leniency::NAMES.iter().enumerate() {
            assert!(!all.contains(one), "{name}");
            all = all.with(one);
            assert_eq!(Leniency::from_name(name), Some(one));
            let mut uses = Uses::default();
            (0..=i).for_each(|_| uses.count(one));
            assert_eq!(
                uses.iter().collect::<Vec<_>>(),
                [(one, u16::try_from(i).unwrap() + 1)]
            );
        }
        assert_eq!(Leniency::from_name("none"), None);
        assert!(Leniency::NONE.is_none() && all.without(all).is_none());
    }
}
