//! IMAP's ENVELOPE (RFC 9051 section 7.5.2).

use crate::field::Field;
use crate::limits::Pick;
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
#[derive(Clone, Copy, Debug, Default)]
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
    /// Of the message, or embedded message, with this root: its header is read once.
    pub(crate) fn of(root: Node<'a>) -> Self {
        let mut envelope = Envelope::default();
        let pick = root.reading().pick;
        for field in root.header() {
            if let Some(place) = envelope.place(field.name())
                && (place.is_none() || pick == Pick::Last)
            {
                *place = Some(field);
            }
        }
        envelope
    }

    /// Where a field of this name belongs.
    fn place(&mut self, name: Name) -> Option<&mut Option<Field<'a>>> {
        match name {
            Name::Date => Some(&mut self.date),
            Name::Subject => Some(&mut self.subject),
            Name::From => Some(&mut self.from),
            Name::Sender => Some(&mut self.sender),
            Name::ReplyTo => Some(&mut self.reply_to),
            Name::To => Some(&mut self.to),
            Name::Cc => Some(&mut self.cc),
            Name::Bcc => Some(&mut self.bcc),
            Name::InReplyTo => Some(&mut self.in_reply_to),
            Name::MessageId => Some(&mut self.message_id),
            _ => None,
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
