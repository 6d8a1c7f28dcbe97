//! What an application decides, stage by stage.

use core::future::{Future, ready};

use wire_core::{
    Chunk, Peer,
    sasl::{Answer, FailedLogin, Identity, Request, Secret},
};

use crate::{
    Address, Attributes, Dropped, Leniency, MailParams, Path, RcptId, RcptParams, Reply, Verb,
    Violation, own_replies,
};

/// An answer to a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Yes, in the session's own words.
    Accept,
    /// This reply; its class decides.
    Reply(Reply<'static>),
}

/// An answer to a complete message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The message is ours now.
    Accept,
    /// This reply; its class decides. In LMTP every recipient gets it.
    Reply(Reply<'static>),
    /// LMTP and PRDR: a reply for each recipient; those without one get `rest`, and so does the
    /// message as a whole.
    Each {
        /// Which recipient gets which.
        replies: Vec<(RcptId, Reply<'static>)>,
        /// For all else.
        rest: Reply<'static>,
    },
}

/// An answer to a step of a mechanism of the application's own.
#[derive(Debug)]
#[non_exhaustive]
pub enum RawAnswer {
    /// Send these octets, and ask again with the client's reply.
    Challenge(Vec<u8>),
    /// The proof held.
    Grant(Identity),
    /// It did not: a 4yz or 5yz reply.
    Refuse(Reply<'static>),
}

/// The envelope of one message. One value, dropped as one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Envelope {
    /// The reverse-path; null for a bounce.
    pub from: Address,
    /// The recipients that were accepted so far.
    pub recipients: Vec<Recipient>,
    /// `BODY=BINARYMIME`: any octet may be in the message.
    pub binary: bool,
    /// How large the client says it is. Reserve nothing by it: it may lie.
    pub size_hint: Option<u64>,
    /// The habits that its MAIL made use of.
    pub leniency: Leniency,
    params: Box<[u8]>,
    /// What was found out about them.
    checked: MailParams<'static>,
    forwarded: Option<Box<[u8]>>,
}

/// One recipient.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recipient {
    /// Its name in the message, for [`Outcome::Each`].
    pub id: RcptId,
    /// The forward-path.
    pub address: Address,
    /// The habits that its RCPT made use of.
    pub leniency: Leniency,
    params: Box<[u8]>,
    /// What was found out about them.
    checked: RcptParams<'static>,
}

impl Envelope {
    pub(crate) fn new(
        from: Path<'_>,
        params: MailParams<'_>,
        forwarded: Option<Attributes<'_>>,
    ) -> Self {
        Envelope {
            from: from.to_address(),
            recipients: Vec::new(),
            binary: false,
            size_hint: params.size(),
            leniency: from.leniency(),
            params: params.raw().into(),
            checked: params.over(&[]),
            forwarded: forwarded.map(|attributes| attributes.raw().into()),
        }
    }

    /// What a trusted content filter told of the client with XFORWARD: for logs.
    pub fn forwarded(&self) -> Option<Attributes<'_>> {
        self.forwarded.as_deref().map(Attributes::checked)
    }

    /// The parameters of MAIL.
    pub fn params(&self) -> MailParams<'_> {
        self.checked.over(&self.params)
    }
}

impl Recipient {
    pub(crate) fn new(id: RcptId, to: Path<'_>, params: RcptParams<'_>) -> Self {
        Recipient {
            id,
            address: to.to_address(),
            leniency: to.leniency(),
            params: params.raw().into(),
            checked: params.over(&[]),
        }
    }

    /// The parameters of its RCPT.
    pub fn params(&self) -> RcptParams<'_> {
        self.checked.over(&self.params)
    }
}

/// An application: a method for each stage, each with a default, so that an empty one is a sink.
///
/// A method may wait as long as [`Timeouts::decision`](crate::Timeouts::decision); then its future
/// is dropped, and the client gets a 4yz. Calls never overlap, but for
/// [`rcpt`](Self::rcpt): recipients of one pipelined group are decided at the same time.
pub trait Handler: Send + Sync {
    /// A client is there and has not been greeted; only with
    /// [`Builder::ask_connect`](crate::Builder::ask_connect). Default: yes.
    fn connect(&mut self, peer: &Peer) -> impl Future<Output = Verdict> + Send {
        let _ = peer;
        ready(Verdict::Accept)
    }

    /// HELO, EHLO or LHLO. Default: yes.
    fn hello(&mut self, domain: &str, extended: bool) -> impl Future<Output = Verdict> + Send {
        let _ = (domain, extended);
        ready(Verdict::Accept)
    }

    /// A proxy that is [trusted](Peer::trusted) says who its client is. Yes takes its word, and logs
    /// the client in if it is somebody: see [`Attributes::login`]. Default: yes, and nobody.
    fn xclient(
        &mut self,
        attributes: Attributes<'_>,
    ) -> impl Future<Output = Result<Option<Identity>, Reply<'static>>> + Send {
        let _ = attributes;
        ready(Ok(None))
    }

    /// A question of SASL. Default: no.
    fn auth(&mut self, request: Request) -> impl Future<Output = Answer> + Send {
        drop(request);
        ready(Answer::Deny)
    }

    /// A step of a mechanism of [`Builder::raw_mechanisms`](crate::Builder::raw_mechanisms), with what
    /// the client said; `None` if it has not said anything yet. Default: no.
    fn raw_auth(
        &mut self,
        mechanism: &str,
        data: Option<Secret>,
    ) -> impl Future<Output = RawAnswer> + Send {
        let _ = (mechanism, data);
        ready(RawAnswer::Refuse(own_replies::SASL_DENIED))
    }

    /// The proof held; yes logs in. Default: yes.
    fn login(&mut self, identity: &Identity) -> impl Future<Output = Verdict> + Send {
        let _ = identity;
        ready(Verdict::Accept)
    }

    /// A message begins. Default: yes.
    fn mail(
        &mut self,
        from: &Address,
        params: MailParams<'_>,
    ) -> impl Future<Output = Verdict> + Send {
        let _ = (from, params);
        ready(Verdict::Accept)
    }

    /// A recipient. Default: yes.
    fn rcpt(
        &self,
        envelope: &Envelope,
        recipient: &Recipient,
    ) -> impl Future<Output = Verdict> + Send {
        let _ = (envelope, recipient);
        ready(Verdict::Accept)
    }

    /// The message is about to come: time to open a place for it. Default: yes.
    fn data(&mut self, envelope: &Envelope) -> impl Future<Output = Verdict> + Send {
        let _ = envelope;
        ready(Verdict::Accept)
    }

    /// Octets of the message. A refusal is told at its end. Nothing is read from the client while this
    /// waits, for at most [`Timeouts::decision`](crate::Timeouts::decision); then the message is
    /// refused. Default: they are thrown away.
    fn chunk(
        &mut self,
        chunk: Chunk<'_>,
    ) -> impl Future<Output = Result<(), Reply<'static>>> + Send {
        let _ = chunk;
        ready(Ok(()))
    }

    /// The message is complete. Yes takes responsibility for it. Default: yes.
    fn end(&mut self, envelope: Envelope, octets: u64) -> impl Future<Output = Outcome> + Send {
        let _ = (envelope, octets);
        ready(Outcome::Accept)
    }

    /// The open message is gone without an [`end`](Self::end) that was answered: throw away what
    /// was kept of it. A method that was deciding about it was dropped.
    fn reset(&mut self, why: Dropped) {
        let _ = why;
    }

    /// VRFY, EXPN, HELP or ETRN. Default: 252, 550, 214, 458.
    fn query(&mut self, verb: Verb, argument: &str) -> impl Future<Output = Reply<'static>> + Send {
        let _ = argument;
        ready(own_replies::to_query(verb))
    }

    /// A login came to nothing, and the client was told: for counting, and for the log.
    fn login_failed(&self, failed: &FailedLogin) {
        let _ = failed;
    }

    /// The session refused a line by itself: for the log. Raw octets of the peer.
    fn rejected(&self, line: &[u8], why: Violation) {
        let _ = (line, why);
    }
}
