//! What a listener takes although the grammar forbids it.

/// Habits of real clients that the grammar of RFC 5321 forbids, each with a name. Default:
/// [`NONE`](Self::NONE).
///
/// [`Builder::lenient`](crate::Builder::lenient) allows some of them; [`Path::leniency`] tells
/// which of them one path made use of, and [`Session::leniency_used`] those that the client made
/// use of so far, so that an operator sees who still needs what. None of them moves the end of a
/// line, of a command or of a message, or lets a control character through.
///
/// What cannot be mistaken for anything else is always taken, and has no name here: white space at
/// the end of a line (RFC 5321 section 4.1.1), more than one space between words, lower case,
/// underscores and a dot at the end in the name of EHLO, any address literal there, source routes.
///
/// ```
/// use smtp_proto::{Config, Leniency};
///
/// let habits = Leniency::SPACES.with(Leniency::LOOSE_DOTS);
/// let config = Config::builder("mx.example.org").lenient(habits).build()?;
/// # let _ = config;
/// assert_eq!(habits.names().collect::<Vec<_>>(), ["spaces", "loose-dots"]);
/// # Ok::<(), smtp_proto::ConfigError>(())
/// ```
///
/// [`Path::leniency`]: crate::Path::leniency
/// [`Session::leniency_used`]: crate::Session::leniency_used
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Leniency(u8);

impl Leniency {
    /// The grammar as it is written.
    pub const NONE: Self = Leniency(0);
    /// `MAIL FROM: <a@b.example>`: spaces behind the colon, which RFC 5321 section 3.3 forbids by
    /// name. Scripts, printers and scanners send them; most servers take them. The path is the
    /// same with and without them.
    pub const SPACES: Self = Leniency(1);
    /// `MAIL FROM:a@b.example`: a mailbox, or `Postmaster`, without its angle brackets. Sent by old
    /// scripts and devices. Never a null path, a source route, a quoted local part, one bracket
    /// alone, or a name without a domain: nothing that could be a parameter, or end elsewhere.
    pub const BARE_PATHS: Self = Leniency(1 << 1);
    /// `<a..b.@c.example>`: dots at the ends of a local part or beside each other. Some providers
    /// gave out such addresses, and their owners cannot be reached otherwise. Never a local part of
    /// nothing but dots. Who passes the address on should quote the local part.
    pub const LOOSE_DOTS: Self = Leniency(1 << 2);
    /// `<root@my_host.example>`: underscores in the domain of a path, as hosts have that were named
    /// without regard to RFC 1123. No other octet becomes part of a domain.
    pub const UNDERSCORES: Self = Leniency(1 << 3);
    /// `<bob>`: a path without a domain, from programs on the same host and over LMTP. Its
    /// [`domain`](crate::Path::domain) is `None`; whose mailbox it is, is yours to say. Never the
    /// null path, which is no address.
    pub const UNQUALIFIED: Self = Leniency(1 << 4);
    /// `EHLO (my pc)`: any visible ASCII and spaces for the name of a client, as computers send
    /// whose owners named them. Such a name never gets into a `Received` field.
    pub const ANY_HELLO: Self = Leniency(1 << 5);
}

wire_core::named_set! { Leniency {
    SPACES "spaces"
    BARE_PATHS "bare-paths"
    LOOSE_DOTS "loose-dots"
    UNDERSCORES "underscores"
    UNQUALIFIED "unqualified"
    ANY_HELLO "any-hello"
} }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_bit() {
        let mut all = Leniency::NONE;
        for &(one, name) in Leniency::NAMES {
            assert!(!all.contains(one), "{name}");
            all = all.with(one);
            assert_eq!(Leniency::from_name(name), Some(one));
            assert_eq!(one.names().collect::<Vec<_>>(), [name]);
        }
        assert_eq!(Leniency::from_name("none"), None);
        assert_eq!(all.names().count(), 6);
        assert!(Leniency::NONE.is_none() && all.without(all).is_none());
    }
}
