//! The open transaction: one value, dropped as one.

use crate::{
    Body, MailParams, MessageId, RcptId, Reply,
    session::{Data, Forwarded},
};

/// What stands between MAIL and the end.
#[derive(Debug, Default)]
pub(crate) enum Transaction {
    #[default]
    None,
    Open(Envelope),
    /// The message is gone, and the application knows; the client hears of it at the next
    /// occasion: RCPT, DATA, or the mark.
    Refused {
        reply: Box<Reply<'static>>,
        recipients: Recipients,
        utf8: bool,
    },
}

/// Sender and recipients of the open message, as far as the session needs them.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) message: MessageId,
    pub(crate) smtputf8: bool,
    /// `BODY=BINARYMIME`.
    pub(crate) binary: bool,
    /// MAIL told of octets above 127.
    pub(crate) eight_bit: bool,
    /// The client asked for a reply for each recipient at the end.
    pub(crate) prdr: bool,
    pub(crate) declared: Option<u64>,
    /// RCPT commands that became an event.
    pub(crate) asked: u16,
    /// RCPT commands over the limit.
    pub(crate) overshoot: u16,
    pub(crate) accepted: Recipients,
    /// How far its chunks have come, between two BDAT.
    pub(crate) chunks: Option<Box<Data>>,
    /// What XFORWARD told of it.
    pub(crate) forwarded: Option<Forwarded>,
}

impl Envelope {
    pub(crate) fn new(
        message: MessageId,
        params: &MailParams<'_>,
        forwarded: Option<Forwarded>,
    ) -> Self {
        let eight_bit = matches!(params.body(), Some(Body::EightBit | Body::Binary));
        Envelope {
            message,
            smtputf8: params.smtputf8(),
            binary: params.body() == Some(Body::Binary),
            eight_bit: eight_bit || params.smtputf8(),
            prdr: params.prdr(),
            declared: params.size(),
            asked: 0,
            overshoot: 0,
            accepted: Recipients::default(),
            chunks: None,
            forwarded,
        }
    }

    /// Does each recipient get a reply beside the one to the message? For one recipient it would
    /// say the same twice.
    pub(crate) fn has_each(&self) -> bool {
        self.prdr && self.accepted.count() > 1
    }
}

impl Transaction {
    pub(crate) fn envelope(&self) -> Option<&Envelope> {
        match self {
            Transaction::Open(envelope) => Some(envelope),
            _ => None,
        }
    }

    pub(crate) fn envelope_mut(&mut self) -> Option<&mut Envelope> {
        match self {
            Transaction::Open(envelope) => Some(envelope),
            _ => None,
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Transaction::None)
    }

    /// May replies hold UTF-8 (RFC 6531 section 3.7.4.2)?
    pub(crate) fn utf8(&self) -> bool {
        match self {
            Transaction::None => false,
            Transaction::Open(envelope) => envelope.smtputf8,
            Transaction::Refused { utf8, .. } => *utf8,
        }
    }
}

/// How many recipients were accepted, and which where that matters.
#[derive(Debug, Default)]
pub(crate) struct Recipients {
    count: u16,
    /// A bit each.
    ids: Vec<u64>,
}

impl Recipients {
    pub(crate) const fn count(&self) -> u16 {
        self.count
    }

    /// One more; its name is not kept. Allocates nothing.
    pub(crate) fn count_one(&mut self) {
        self.count = self.count.saturating_add(1);
    }

    /// Adds one that is not in the set.
    pub(crate) fn add(&mut self, rcpt: RcptId) {
        self.count_one();
        let word = usize::from(rcpt.0 / 64);
        if self.ids.len() <= word {
            self.ids.resize(word + 1, 0);
        }
        if let Some(ids) = self.ids.get_mut(word) {
            *ids |= 1 << (rcpt.0 % 64);
        }
    }

    /// In the order of RCPT.
    pub(crate) fn iter(&self) -> impl Iterator<Item = RcptId> {
        let words = (0u16..).zip(&self.ids);
        words.flat_map(|(n, &word)| {
            (0..64)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| RcptId(n * 64 + bit))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_keep_their_order() {
        let mut recipients = Recipients::default();
        let ids = [0, 1, 63, 64, 127, 128, 700];
        ids.iter().for_each(|id| recipients.add(RcptId(*id)));
        assert_eq!(recipients.iter().map(|id| id.0).collect::<Vec<_>>(), ids);
        assert_eq!(usize::from(recipients.count()), ids.len());
    }
}
