//! IMAP's ENVELOPE (RFC 9051 section 7.5.2).

use crate::field::Field;
use crate::name::Name;
use crate::node::Node;

/// The fields of an ENVELOPE, in its order, each as it stands. Which of several of one name counts
/// is a matter of the [`Reading`](crate::Reading) of the layout.
///
/// ```
/// use mime_core::{Layout, Limits};
/// let mut layout = Layout::new();
/// let message = layout.parse(b"From: A <a@b.example>\r\nSender:\r\n\r\n", &Limits::DEFAULT);
/// let envelope = message.envelope();
/// assert!(envelope.subject.is_none());
/// let sender = envelope.sender().unwrap().addresses().single().unwrap();
/// assert_eq!(sender.local().as_ref(), b"a");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Envelope<'a> {
    /// Date. Send [`Field::unfolded`].
    pub date: Option<Field<'a>>,
    /// Subject. Send [`Field::unfolded`]: encoded words are the client's.
    pub subject: Option<Field<'a>>,
    /// From.
    pub from: Option<Field<'a>>,
    /// Sender, as it stands: see [`sender`](Self::sender).
    pub sender: Option<Field<'a>>,
    /// Reply-To, as it stands: see [`reply_to`](Self::reply_to).
    pub reply_to: Option<Field<'a>>,
    /// To.
    pub to: Option<Field<'a>>,
    /// Cc.
    pub cc: Option<Field<'a>>,
    /// Bcc.
    pub bcc: Option<Field<'a>>,
    /// In-Reply-To.
    pub in_reply_to: Option<Field<'a>>,
    /// Message-ID.
    pub message_id: Option<Field<'a>>,
}

impl<'a> Envelope<'a> {
    /// Of the message, or embedded message, with this root.
    pub(crate) fn of(root: Node<'a>) -> Self {
        Envelope {
            date: root.field(Name::Date),
            subject: root.field(Name::Subject),
            from: root.field(Name::From),
            sender: root.field(Name::Sender),
            reply_to: root.field(Name::ReplyTo),
            to: root.field(Name::To),
            cc: root.field(Name::Cc),
            bcc: root.field(Name::Bcc),
            in_reply_to: root.field(Name::InReplyTo),
            message_id: root.field(Name::MessageId),
        }
    }

    /// Sender; From if it is absent or empty (RFC 9051 section 7.5.2).
    pub fn sender(&self) -> Option<Field<'a>> {
        filled(self.sender).or(self.from)
    }

    /// Reply-To; From if it is absent or empty (RFC 9051 section 7.5.2).
    pub fn reply_to(&self) -> Option<Field<'a>> {
        filled(self.reply_to).or(self.from)
    }
}

fn filled(field: Option<Field<'_>>) -> Option<Field<'_>> {
    field.filter(|field| !field.value_raw().trim_ascii().is_empty())
}

impl<'a> Node<'a> {
    /// The ENVELOPE of the message with this root: the root of all, or an
    /// [`embedded_root`](Node::embedded_root).
    pub fn envelope(&self) -> Envelope<'a> {
        Envelope::of(*self)
    }
}
