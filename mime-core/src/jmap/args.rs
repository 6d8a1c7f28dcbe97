//! What is asked for: the arguments of Email/get and Email/parse.

use alloc::string::String;
use alloc::vec::Vec;

use super::property::{Named, OfEmail, OfPart, Property};

/// The properties of one request, read and checked once, for any number of emails
/// (RFC 8621 sections 4.2 and 4.9).
///
/// ```
/// use mime_core::jmap::{Args, InvalidArgument};
/// let args = Args::get()
///     .properties(&["from", "subject", "header:List-Post:asURLs", "bodyStructure"])?
///     .body_properties(&["partId", "type", "subParts"])?;
/// assert!(matches!(
///     args.properties(&["header:From:asDate"]),
///     Err(InvalidArgument::ForbiddenForm(_))
/// ));
/// # Ok::<(), InvalidArgument>(())
/// ```
#[derive(Clone, Debug)]
pub struct Args<'p> {
    pub(super) email: Vec<Property<'p, OfEmail<'p>>>,
    pub(super) part: Vec<Property<'p, OfPart<'p>>>,
    /// The caller named the properties of parts.
    pub(super) part_named: bool,
    pub(super) fetch_text: bool,
    pub(super) fetch_html: bool,
    pub(super) fetch_all: bool,
    pub(super) max_value_bytes: usize,
}

/// A request that is to be rejected with `invalidArguments`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidArgument {
    /// A property that there is not, or whose name is malformed.
    #[error("there is no property {0:?}")]
    UnknownProperty(String),
    /// A header field in a form that RFC 8621 section 4.1.2 forbids for it.
    #[error("{0:?} asks for a form that this header field may not have")]
    ForbiddenForm(String),
    /// More than [`Args::MAX_PROPERTIES`] properties.
    #[error("more than {} properties", Args::MAX_PROPERTIES)]
    TooManyProperties,
}

/// RFC 8621 section 4.2: what an email shows of itself if nobody says otherwise.
const GET: &[&str] = &[
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];

/// RFC 8621 section 4.9: those of a message that is in no store.
fn parsed() -> &'static [&'static str] {
    let store = GET.iter().take_while(|name| **name != "messageId").count();
    GET.get(store..).unwrap_or(GET)
}

/// RFC 8621 section 4.2. `subParts` is not among them, but a structure is nothing without.
const PART: &[&str] = &[
    "partId",
    "blobId",
    "size",
    "name",
    "type",
    "charset",
    "disposition",
    "cid",
    "language",
    "location",
    "subParts",
];

impl<'p> Args<'p> {
    /// Properties of one list that are taken: each costs a look at every header field. RFC 8621
    /// has 26; a client that shows mailing lists asks for some ten header fields more.
    pub const MAX_PROPERTIES: usize = 256;

    /// What Email/get gives by default.
    pub fn get() -> Self {
        Self::of(GET)
    }

    /// What Email/parse gives by default.
    pub fn parse() -> Self {
        Self::of(parsed())
    }

    fn of(email: &'static [&'static str]) -> Self {
        Args {
            email: list(email).unwrap_or_default(),
            part: list(PART).unwrap_or_default(),
            part_named: false,
            fetch_text: false,
            fetch_html: false,
            fetch_all: false,
            max_value_bytes: 0,
        }
    }

    /// `properties`: those of the email, in the order they are to have. One that is repeated is
    /// given once. The id is given in any case, if there is one (RFC 8620 section 5.1).
    pub fn properties<S: AsRef<str>>(mut self, names: &'p [S]) -> Result<Self, InvalidArgument> {
        self.email = list(names)?;
        Ok(self)
    }

    /// `bodyProperties`: those of each part.
    ///
    /// By default they are those of RFC 8621 section 4.2, and in `bodyStructure` the `subParts` of
    /// every multipart.
    pub fn body_properties<S: AsRef<str>>(
        mut self,
        names: &'p [S],
    ) -> Result<Self, InvalidArgument> {
        self.part = list(names)?;
        self.part_named = true;
        Ok(self)
    }

    /// `fetchTextBodyValues`: `bodyValues` has the texts of `textBody`.
    pub fn fetch_text(mut self, fetch: bool) -> Self {
        self.fetch_text = fetch;
        self
    }

    /// `fetchHTMLBodyValues`: `bodyValues` has the texts of `htmlBody`.
    pub fn fetch_html(mut self, fetch: bool) -> Self {
        self.fetch_html = fetch;
        self
    }

    /// `fetchAllBodyValues`: `bodyValues` has the texts of `bodyStructure`.
    pub fn fetch_all(mut self, fetch: bool) -> Self {
        self.fetch_all = fetch;
        self
    }

    /// `maxBodyValueBytes`: octets of UTF-8 that a value may have; 0 is no limit.
    pub fn max_value_bytes(mut self, octets: usize) -> Self {
        self.max_value_bytes = octets;
        self
    }
}

impl Default for Args<'_> {
    fn default() -> Self {
        Self::get()
    }
}

fn list<'p, W: Named<'p>, S: AsRef<str>>(
    names: &'p [S],
) -> Result<Vec<Property<'p, W>>, InvalidArgument> {
    let mut list: Vec<Property<'p, W>> = Vec::with_capacity(names.len().min(64));
    for name in names.iter().map(AsRef::as_ref) {
        if list.iter().any(|property| property.key == name) {
            continue;
        }
        if list.len() >= Args::MAX_PROPERTIES {
            return Err(InvalidArgument::TooManyProperties);
        }
        list.push(Property::parse(name)?);
    }
    Ok(list)
}
