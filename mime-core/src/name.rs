//! The field names a scan knows.

use crate::octets::spells;

/// A field name that the layout marks, so that finding it needs no comparison of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
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
        match octets.len() {
            2 => among(octets, [(b"to", Name::To), (b"cc", Name::Cc)]),
            3 => among(octets, [(b"bcc", Name::Bcc)]),
            4 => among(octets, [(b"from", Name::From), (b"date", Name::Date)]),
            6 => among(octets, [(b"sender", Name::Sender)]),
            7 => among(octets, [(b"subject", Name::Subject)]),
            8 => among(
                octets,
                [(b"received", Name::Received), (b"reply-to", Name::ReplyTo)],
            ),
            10 => among(
                octets,
                [
                    (b"message-id", Name::MessageId),
                    (b"references", Name::References),
                    (b"content-id", Name::ContentId),
                ],
            ),
            11 => among(
                octets,
                [
                    (b"in-reply-to", Name::InReplyTo),
                    (b"content-md5", Name::ContentMd5),
                ],
            ),
            12 => among(
                octets,
                [
                    (b"content-type", Name::ContentType),
                    (b"mime-version", Name::MimeVersion),
                ],
            ),
            14 => among(octets, [(b"dkim-signature", Name::DkimSignature)]),
            16 => among(
                octets,
                [
                    (b"content-language", Name::ContentLanguage),
                    (b"content-location", Name::ContentLocation),
                ],
            ),
            19 => among(
                octets,
                [
                    (b"content-disposition", Name::ContentDisposition),
                    (b"content-description", Name::ContentDescription),
                ],
            ),
            25 => among(
                octets,
                [(b"content-transfer-encoding", Name::ContentTransferEncoding)],
            ),
            _ => Name::Other,
        }
    }

    /// Whether RFC 5322 section 3.6 or RFC 2045 allow the field only once.
    pub const fn is_single(self) -> bool {
        !matches!(self, Name::Other | Name::Received | Name::DkimSignature)
    }

    /// Whether ENVELOPE, BODYSTRUCTURE, threads and lists of mail need the field.
    pub(crate) const fn is_outlined(self) -> bool {
        self.is_single() && !matches!(self, Name::MimeVersion)
    }

    pub(crate) fn from_number(number: u8) -> Name {
        ALL.get(usize::from(number))
            .map_or(Name::Other, |(name, _)| *name)
    }
}

/// The one of these names of one length, in lower case, that the octets spell.
#[inline]
fn among<const N: usize, const M: usize>(octets: &[u8], names: [(&[u8; N], Name); M]) -> Name {
    names
        .iter()
        .find(|(name, _)| spells(octets, name))
        .map_or(Name::Other, |(_, name)| *name)
}
