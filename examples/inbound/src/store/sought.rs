//! What a search looks for in the texts of messages.

/// Texts that a message must hold, as far as an index can be asked about them.
///
/// They are looked for in each of `imap_proto::searched_texts` after `imap_proto::casemap`, which is their
/// own form, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// One of the texts of the message holds this.
    Text(String),
    /// All of these; one at least.
    All(Vec<Sought>),
    /// One of these at least.
    Any(Vec<Sought>),
}
