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
    /// Return-Path
    ReturnPath,
    /// Authentication-Results
    AuthenticationResults,
    /// ARC-Seal
    ArcSeal,
    /// ARC-Message-Signature
    ArcMessageSignature,
    /// ARC-Authentication-Results
    ArcAuthenticationResults,
    /// Auto-Submitted
    AutoSubmitted,
    /// List-Id
    ListId,
    /// List-Post
    ListPost,
    /// List-Help
    ListHelp,
    /// List-Subscribe
    ListSubscribe,
    /// List-Unsubscribe
    ListUnsubscribe,
    /// List-Unsubscribe-Post
    ListUnsubscribePost,
    /// List-Owner
    ListOwner,
    /// List-Archive
    ListArchive,
    /// Resent-Date
    ResentDate,
    /// Resent-From
    ResentFrom,
    /// Resent-Sender
    ResentSender,
    /// Resent-To
    ResentTo,
    /// Resent-Cc
    ResentCc,
    /// Resent-Bcc
    ResentBcc,
    /// Resent-Message-ID
    ResentMessageId,
}

/// Every name, in the order of its number, with its usual spelling.
const ALL: [(Name, &str); 44] = [
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
    (Name::ReturnPath, "Return-Path"),
    (Name::AuthenticationResults, "Authentication-Results"),
    (Name::ArcSeal, "ARC-Seal"),
    (Name::ArcMessageSignature, "ARC-Message-Signature"),
    (Name::ArcAuthenticationResults, "ARC-Authentication-Results"),
    (Name::AutoSubmitted, "Auto-Submitted"),
    (Name::ListId, "List-Id"),
    (Name::ListPost, "List-Post"),
    (Name::ListHelp, "List-Help"),
    (Name::ListSubscribe, "List-Subscribe"),
    (Name::ListUnsubscribe, "List-Unsubscribe"),
    (Name::ListUnsubscribePost, "List-Unsubscribe-Post"),
    (Name::ListOwner, "List-Owner"),
    (Name::ListArchive, "List-Archive"),
    (Name::ResentDate, "Resent-Date"),
    (Name::ResentFrom, "Resent-From"),
    (Name::ResentSender, "Resent-Sender"),
    (Name::ResentTo, "Resent-To"),
    (Name::ResentCc, "Resent-Cc"),
    (Name::ResentBcc, "Resent-Bcc"),
    (Name::ResentMessageId, "Resent-Message-ID"),
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
        // Length and first letter leave at most three.
        let first = octets.first().map_or(0, |b| b | 0x20);
        match (octets.len(), first) {
            (2, b't') => one(octets, b"to", Name::To),
            (2, b'c') => one(octets, b"cc", Name::Cc),
            (3, b'b') => one(octets, b"bcc", Name::Bcc),
            (4, b'f') => one(octets, b"from", Name::From),
            (4, b'd') => one(octets, b"date", Name::Date),
            (6, b's') => one(octets, b"sender", Name::Sender),
            (7, b's') => one(octets, b"subject", Name::Subject),
            (7, b'l') => one(octets, b"list-id", Name::ListId),
            (8, b'r') => among(
                octets,
                [(b"received", Name::Received), (b"reply-to", Name::ReplyTo)],
            ),
            (8, b'a') => one(octets, b"arc-seal", Name::ArcSeal),
            (9, b'l') => among(
                octets,
                [
                    (b"list-post", Name::ListPost),
                    (b"list-help", Name::ListHelp),
                ],
            ),
            (9, b'r') => among(
                octets,
                [
                    (b"resent-to", Name::ResentTo),
                    (b"resent-cc", Name::ResentCc),
                ],
            ),
            (10, b'm') => one(octets, b"message-id", Name::MessageId),
            (10, b'c') => one(octets, b"content-id", Name::ContentId),
            (10, b'l') => one(octets, b"list-owner", Name::ListOwner),
            (10, b'r') => among(
                octets,
                [
                    (b"references", Name::References),
                    (b"resent-bcc", Name::ResentBcc),
                ],
            ),
            (11, b'i') => one(octets, b"in-reply-to", Name::InReplyTo),
            (11, b'c') => one(octets, b"content-md5", Name::ContentMd5),
            (11, b'r') => among(
                octets,
                [
                    (b"return-path", Name::ReturnPath),
                    (b"resent-date", Name::ResentDate),
                    (b"resent-from", Name::ResentFrom),
                ],
            ),
            (12, b'c') => one(octets, b"content-type", Name::ContentType),
            (12, b'm') => one(octets, b"mime-version", Name::MimeVersion),
            (12, b'l') => one(octets, b"list-archive", Name::ListArchive),
            (13, b'r') => one(octets, b"resent-sender", Name::ResentSender),
            (14, b'd') => one(octets, b"dkim-signature", Name::DkimSignature),
            (14, b'l') => one(octets, b"list-subscribe", Name::ListSubscribe),
            (14, b'a') => one(octets, b"auto-submitted", Name::AutoSubmitted),
            (16, b'c') => among(
                octets,
                [
                    (b"content-language", Name::ContentLanguage),
                    (b"content-location", Name::ContentLocation),
                ],
            ),
            (16, b'l') => one(octets, b"list-unsubscribe", Name::ListUnsubscribe),
            (17, b'r') => one(octets, b"resent-message-id", Name::ResentMessageId),
            (19, b'c') => among(
                octets,
                [
                    (b"content-disposition", Name::ContentDisposition),
                    (b"content-description", Name::ContentDescription),
                ],
            ),
            (21, b'l') => one(octets, b"list-unsubscribe-post", Name::ListUnsubscribePost),
            (21, b'a') => one(octets, b"arc-message-signature", Name::ArcMessageSignature),
            (22, b'a') => one(
                octets,
                b"authentication-results",
                Name::AuthenticationResults,
            ),
            (25, b'c') => one(
                octets,
                b"content-transfer-encoding",
                Name::ContentTransferEncoding,
            ),
            (26, b'a') => one(
                octets,
                b"arc-authentication-results",
                Name::ArcAuthenticationResults,
            ),
            _ => Name::Other,
        }
    }

    /// Whether RFC 5322 section 3.6, RFC 2045, RFC 2369, RFC 2919 or RFC 3834 allow the field only once.
    pub const fn is_single(self) -> bool {
        let number = self as u8;
        self.is_outlined()
            || matches!(self, Name::MimeVersion)
            || number >= Name::AutoSubmitted as u8 && number <= Name::ListArchive as u8
    }

    /// Whether a stored [`Outline`](crate::Outline) has copies of the fields of this name: those that
    /// ENVELOPE, BODYSTRUCTURE, threads and lists of mail need.
    pub const fn is_outlined(self) -> bool {
        self as u8 >= Name::From as u8
            && self as u8 <= Name::ContentMd5 as u8
            && !matches!(self, Name::Received | Name::MimeVersion)
    }

    #[inline]
    pub(crate) fn from_number(number: u8) -> Name {
        ALL.get(usize::from(number))
            .map_or(Name::Other, |(name, _)| *name)
    }
}

/// This name, if the octets spell it.
#[inline]
fn one<const N: usize>(octets: &[u8], lower: &[u8; N], name: Name) -> Name {
    among(octets, [(lower, name)])
}

/// The one of these names of one length, in lower case, that the octets spell.
#[inline]
fn among<const N: usize, const M: usize>(octets: &[u8], names: [(&[u8; N], Name); M]) -> Name {
    names
        .iter()
        .find(|(name, _)| spells(octets, name))
        .map_or(Name::Other, |(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers are stored: they never change, and the scan keeps them as bits of a word.
    #[test]
    fn every_name_is_found_by_its_text_and_by_its_number() {
        for (number, (name, text)) in (0..).zip(ALL) {
            assert_eq!(name as u8, number);
            assert!(number < 64);
            assert_eq!(Name::from_number(number), name);
            for text in [text.to_ascii_lowercase(), text.to_ascii_uppercase()] {
                assert_eq!(Name::of(text.as_bytes()), name, "{text}");
                let longer = [text.as_bytes(), b"x"].concat();
                assert_eq!(Name::of(&longer), Name::Other, "{text}");
                let other = text.replace(['e', 'E'], "u");
                assert!(other == text || Name::of(other.as_bytes()) == Name::Other);
            }
        }
        assert_eq!(Name::DkimSignature as u8, 22);
        assert_eq!(Name::from_number(200), Name::Other);
    }
}
