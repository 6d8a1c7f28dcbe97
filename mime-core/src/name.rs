//! The field names a scan knows.

/// A field name that the layout marks, so that finding it needs no comparison of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Name {
    /// Any other name.
    Other = 0,
    /// From
    From,
    /// Sender
    Sender,
    /// Reply-To
    ReplyTo,
    /// To
    To,
    /// Cc
    Cc,
    /// Bcc
    Bcc,
    /// Date
    Date,
    /// Subject
    Subject,
    /// Message-ID
    MessageId,
    /// In-Reply-To
    InReplyTo,
    /// References
    References,
    /// Received
    Received,
    /// MIME-Version
    MimeVersion,
    /// Content-Type
    ContentType,
    /// Content-Transfer-Encoding
    ContentTransferEncoding,
    /// Content-Disposition
    ContentDisposition,
    /// Content-ID
    ContentId,
    /// Content-Description
    ContentDescription,
    /// Content-Language
    ContentLanguage,
    /// Content-Location
    ContentLocation,
    /// Content-MD5
    ContentMd5,
    /// DKIM-Signature
    DkimSignature,
}

/// Every name, in the order of its number, with its usual spelling.
const ALL: [(Name, &str); 23] = [
    (Name::Other, ""),
    (Name::From, "From"),
    (Name::Sender, "Sender"),
    (Name::ReplyTo, "Reply-To"),
    (Name::To, "To"),
    (Name::Cc, "Cc"),
    (Name::Bcc, "Bcc"),
    (Name::Date, "Date"),
    (Name::Subject, "Subject"),
    (Name::MessageId, "Message-ID"),
    (Name::InReplyTo, "In-Reply-To"),
    (Name::References, "References"),
    (Name::Received, "Received"),
    (Name::MimeVersion, "MIME-Version"),
    (Name::ContentType, "Content-Type"),
    (Name::ContentTransferEncoding, "Content-Transfer-Encoding"),
    (Name::ContentDisposition, "Content-Disposition"),
    (Name::ContentId, "Content-ID"),
    (Name::ContentDescription, "Content-Description"),
    (Name::ContentLanguage, "Content-Language"),
    (Name::ContentLocation, "Content-Location"),
    (Name::ContentMd5, "Content-MD5"),
    (Name::DkimSignature, "DKIM-Signature"),
];

impl Name {
    /// The usual spelling; empty for [`Name::Other`].
    pub fn as_str(self) -> &'static str {
        ALL.get(self as usize).map_or("", |(_, text)| text)
    }

    /// The name of these octets, without regard to case.
    ///
    /// ```
    /// use mime_core::Name;
    /// assert_eq!(Name::of(b"message-id"), Name::MessageId);
    /// assert_eq!(Name::of(b"X-Other"), Name::Other);
    /// ```
    #[inline]
    pub fn of(octets: &[u8]) -> Name {
        let candidates: &[Name] = match octets.len() {
            2 => &[Name::To, Name::Cc],
            3 => &[Name::Bcc],
            4 => &[Name::From, Name::Date],
            6 => &[Name::Sender],
            7 => &[Name::Subject],
            8 => &[Name::Received, Name::ReplyTo],
            10 => &[Name::MessageId, Name::References, Name::ContentId],
            11 => &[Name::InReplyTo, Name::ContentMd5],
            12 => &[Name::ContentType, Name::MimeVersion],
            14 => &[Name::DkimSignature],
            16 => &[Name::ContentLanguage, Name::ContentLocation],
            19 => &[Name::ContentDisposition, Name::ContentDescription],
            25 => &[Name::ContentTransferEncoding],
            _ => &[],
        };
        let same = |name: &&Name| octets.eq_ignore_ascii_case(name.as_str().as_bytes());
        candidates.iter().find(same).copied().unwrap_or(Name::Other)
    }

    /// Whether RFC 5322 section 3.6 or RFC 2045 allow the field only once.
    pub const fn is_single(self) -> bool {
        !matches!(self, Name::Other | Name::Received | Name::DkimSignature)
    }

    /// Whether ENVELOPE, BODYSTRUCTURE, threads and lists of mail need the field.
    pub(crate) const fn is_outlined(self) -> bool {
        self.is_single()
    }

    pub(crate) fn from_number(number: u8) -> Name {
        ALL.get(usize::from(number))
            .map_or(Name::Other, |(name, _)| *name)
    }
}
