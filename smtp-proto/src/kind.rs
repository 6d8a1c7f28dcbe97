//! The kinds of tickets: what was asked, as a type.

mod sealed {
    pub trait Kind {}
}

/// What a ticket is about.
pub trait Kind: sealed::Kind {}

/// Kinds that a plain yes answers: `accept(auth_ticket)` does not compile.
///
/// ```compile_fail
/// use smtp_proto::{Session, kind};
/// use wire_core::Ticket;
///
/// fn wrong(session: &mut Session, ticket: Ticket<kind::Auth>) {
///     session.accept(ticket);
/// }
/// ```
pub trait Accept: Kind {}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $(: $accept:ident)?;)*) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}
        impl sealed::Kind for $name {}
        impl Kind for $name {}
        $(impl $accept for $name {})?
    )* };
}

kinds! {
    /// May the client speak?
    Connect: Accept;
    /// Is the name taken?
    Hello: Accept;
    /// Is it the client that its proxy tells of?
    Xclient;
    /// Does the proof hold?
    Auth;
    /// What comes next in an exchange of the application's own?
    RawAuth;
    /// May the user log in?
    Login: Accept;
    /// May a transaction begin?
    Mail: Accept;
    /// May this recipient have it?
    Rcpt: Accept;
    /// May the message come?
    Data: Accept;
    /// Is the message taken?
    End: Accept;
    /// What is the answer?
    Query;
}
