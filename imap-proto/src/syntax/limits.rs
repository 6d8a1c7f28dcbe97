//! How much one command may ask for.

/// Caps on what a single command may hold. Its length in octets is capped by the framing; these keep
/// short commands from asking for much work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Items of one FETCH. Each may be a whole message: 64 is more than any client sends.
    pub fetch_items: u16,
    /// Entries of any other list: flags, header field names, patterns, capabilities. Field
    /// names count for the FETCH as a whole: each is compared with each field of a message.
    pub list_items: u16,
    /// Keys of one SEARCH. Each is tried on each message; clients send long chains of `OR`.
    pub search_keys: u16,
    /// Open `(`, `NOT` and `OR` in a SEARCH, at most [`Limits::MAX_SEARCH_DEPTH`].
    pub search_depth: u16,
    /// Numbers in a part specifier such as `1.2.3`: no deeper than parts are looked for.
    pub part_depth: u16,
}

impl Limits {
    /// What a session starts from.
    pub const DEFAULT: Self = Self {
        fetch_items: 64,
        list_items: 256,
        search_keys: 1000,
        search_depth: 100,
        part_depth: 64,
    };

    /// The parser keeps its place in an array of this size, on the stack.
    pub const MAX_SEARCH_DEPTH: u16 = 256;
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
