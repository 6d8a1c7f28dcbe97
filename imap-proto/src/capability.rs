//! What the server says it can do.

use std::fmt;

/// A set of capabilities. Which of them a server offers is decided at run time in
/// [`Config`](crate::Config), and for one client with `Session::mask`.
///
/// STARTTLS, LOGINDISABLED and AUTH are not among them: the session knows from the configuration
/// and from the state of the connection when to say them.
///
/// ```
/// use imap_proto::Capabilities;
/// let some = Capabilities::ALL.without(Capabilities::IDLE);
/// assert!(some.has(Capabilities::MOVE) && !some.has(Capabilities::IDLE));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Capabilities(u128);

macro_rules! capabilities {
    ($($bit:literal $konst:ident $name:literal $doc:literal)*) => {
        impl Capabilities {
            $(#[doc = $doc] pub const $konst: Capabilities = Capabilities(1 << $bit);)*

            /// Nothing.
            pub const NONE: Capabilities = Capabilities(0);
            /// All that this crate serves.
            pub const ALL: Capabilities = Capabilities(0 $(| 1 << $bit)*);

            const NAMES: &'static [(Capabilities, &'static str)] =
                &[$((Capabilities::$konst, $name)),*];
        }
    };
}

capabilities! {
    0 IMAP4REV2 "IMAP4rev2" "RFC 9051."
    1 IMAP4REV1 "IMAP4rev1" "RFC 3501."
    2 SASL_IR "SASL-IR" "RFC 4959: the initial response stands in the AUTHENTICATE line."
    3 LITERAL_PLUS "LITERAL+" "RFC 7888: literals that wait for nobody."
    4 ENABLE "ENABLE" "RFC 5161."
    5 ID "ID" "RFC 2971."
    6 IDLE "IDLE" "RFC 2177."
    7 NAMESPACE "NAMESPACE" "RFC 2342."
    8 UNSELECT "UNSELECT" "RFC 3691."
    9 UIDPLUS "UIDPLUS" "RFC 4315."
    10 MOVE "MOVE" "RFC 6851."
    11 ESEARCH "ESEARCH" "RFC 4731."
    12 SEARCHRES "SEARCHRES" "RFC 5182."
    13 CHILDREN "CHILDREN" "RFC 3348."
    14 LIST_EXTENDED "LIST-EXTENDED" "RFC 5258."
    15 LIST_STATUS "LIST-STATUS" "RFC 5819."
    16 SPECIAL_USE "SPECIAL-USE" "RFC 6154."
    17 STATUS_SIZE "STATUS=SIZE" "RFC 8438."
    18 CONDSTORE "CONDSTORE" "RFC 7162: mod-sequences of messages. `QRESYNC` has it in it."
    19 QRESYNC "QRESYNC" "RFC 7162: a client that comes back is told what changed. It needs `ENABLE`."
    20 UIDONLY "UIDONLY" "RFC 9586: no message numbers. It needs `ENABLE`."
    26 LITERAL_MINUS "LITERAL-" "RFC 7888: the same up to 4096 octets. Not shown beside LITERAL+."
    27 CREATE_SPECIAL_USE "CREATE-SPECIAL-USE" "RFC 6154: CREATE says what the mailbox is for."
    28 MULTIAPPEND "MULTIAPPEND" "RFC 3502: several messages in one APPEND, all or none."
    29 BINARY "BINARY" "RFC 3516: parts decoded, and messages with NUL."
    30 UTF8_ACCEPT "UTF8=ACCEPT" "RFC 6855: names and header fields in UTF-8."
    31 UNAUTHENTICATE "UNAUTHENTICATE" "RFC 8437: another user on the same connection."
    32 OBJECTID "OBJECTID" "RFC 8474: mailboxes and messages with names that stay."
    33 APPENDLIMIT "APPENDLIMIT" "RFC 7889: how large a message may be, with the number."
    34 INPROGRESS "INPROGRESS" "RFC 9585: how far a long command is."
    35 REPLACE "REPLACE" "RFC 8508: a message takes the place of another."
    46 PREVIEW "PREVIEW" "RFC 8970."
    47 SAVEDATE "SAVEDATE" "RFC 8514."
    48 WITHIN "WITHIN" "RFC 5032: OLDER and YOUNGER in SEARCH."
    49 PARTIAL "PARTIAL" "RFC 9394: windows into results."
    50 SORT "SORT" "RFC 5256."
    51 SORT_DISPLAY "SORT=DISPLAY" "RFC 5957."
    52 ESORT "ESORT" "RFC 5267."
    53 THREAD_ORDEREDSUBJECT "THREAD=ORDEREDSUBJECT" "RFC 5256."
    54 THREAD_REFERENCES "THREAD=REFERENCES" "RFC 5256."
    55 THREAD_REFS "THREAD=REFS" "draft-ietf-morg-inthread."
    56 I18NLEVEL_1 "I18NLEVEL=1" "RFC 5255: texts compared by i;unicode-casemap."
}

impl Capabilities {
    /// Whether all of `other` are in it.
    pub const fn has(self, other: Capabilities) -> bool {
        self.0 & other.0 == other.0
    }

    /// These and those of `other`.
    #[must_use]
    pub const fn with(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 | other.0)
    }

    /// These without those of `other`.
    #[must_use]
    pub const fn without(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 & !other.0)
    }

    /// The one of this name, in any case.
    ///
    /// ```
    /// use imap_proto::Capabilities;
    /// assert_eq!(Capabilities::from_name("idle"), Some(Capabilities::IDLE));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let named = |(_, known): &&(Self, &str)| known.eq_ignore_ascii_case(name);
        Capabilities::NAMES.iter().find(named).map(|(one, _)| *one)
    }

    /// As CAPABILITY prints them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Capabilities::NAMES
            .iter()
            .filter(move |(bit, _)| self.has(*bit))
            .map(|(_, name)| *name)
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
