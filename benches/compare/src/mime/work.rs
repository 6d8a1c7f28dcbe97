//! What is measured: one side does one task on one message, in storage that it keeps.

use std::hint::black_box;

use mail_parser::{
    Address as PeerAddress, Encoding as PeerEncoding, HeaderValue, MessageBuffers, MessageParser,
};
use mime_core::{Address, Encoding, Field, Kind, Layout, Limits, Message, Name, Params, Scanner};

/// How much of a message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Structure and the table of header fields.
    Struct,
    /// The same with the lines of each part counted, which only one side does.
    Lines,
    /// Structure from pieces of 4 KiB; the other side is mime-core with the message at once.
    Stream,
    /// Structure, and From, To, Subject, Date and Message-ID read.
    Five,
    /// Every header field and every body decoded.
    All,
}

impl Task {
    /// Every task.
    pub const ALL: [Task; 5] = [
        Task::Struct,
        Task::Lines,
        Task::Stream,
        Task::Five,
        Task::All,
    ];

    /// Its name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Task::Struct => "struct",
            Task::Lines => "struct, lines",
            Task::Stream => "stream",
            Task::Five => "struct + five",
            Task::All => "ALL",
        }
    }
}

/// One side.
pub trait Side {
    /// Does the task.
    fn run(&mut self, mail: &[u8], task: Task);
}

/// mime-core.
pub struct Ours {
    layout: Layout,
    limits: Limits,
    scratch: Scratch,
}

#[derive(Default)]
struct Scratch {
    octets: Vec<u8>,
    text: String,
}

/// What the workloads need: the limits of both sides are lifted as far.
pub const LIMITS: Limits = Limits::DEFAULT.depth(1000).parts(100_000).fields(100_000);

/// No limit but those of the numbers.
pub const LIFTED: Limits = Limits::DEFAULT
    .depth(u16::MAX)
    .parts(u32::MAX)
    .fields(u32::MAX)
    .defects(u32::MAX);

impl Ours {
    /// With nothing in store.
    pub fn new() -> Self {
        Self::with_limits(LIMITS)
    }

    /// With nothing in store, and other limits.
    pub fn with_limits(limits: Limits) -> Self {
        Ours {
            layout: Layout::new(),
            limits,
            scratch: Scratch::default(),
        }
    }
}

impl Side for Ours {
    fn run(&mut self, mail: &[u8], task: Task) {
        if task == Task::Stream {
            return self.stream(black_box(mail));
        }
        let limits = self.limits.lines(task == Task::Lines);
        let message = self.layout.parse(black_box(mail), &limits);
        match task {
            Task::Struct | Task::Lines | Task::Stream => {
                black_box(message.parts().len());
            }
            Task::Five => self.scratch.five(&message),
            Task::All => self.scratch.all(&message),
        }
    }
}

impl Ours {
    fn stream(&mut self, mail: &[u8]) {
        let layout = std::mem::take(&mut self.layout);
        let mut scanner = Scanner::reuse(layout, &self.limits.lines(false));
        for mut piece in mail.chunks(4096) {
            while let Some(item) = scanner.next(&mut piece) {
                black_box(item);
            }
        }
        while let Some(item) = scanner.finish() {
            black_box(item);
        }
        self.layout = scanner.into_layout();
    }
}

/// The one that [`Ours`] is compared with, and its task.
pub fn other(task: Task) -> (Box<dyn Side>, Task) {
    match task {
        Task::Stream => (Box::new(Ours::new()), Task::Struct),
        _ => (Box::new(Peer::new()), task),
    }
}

impl Scratch {
    fn five(&mut self, message: &Message<'_>) {
        let header = message.header();
        for name in [Name::From, Name::To] {
            if let Some(field) = header.first(name) {
                self.addresses(&field);
            }
        }
        if let Some(field) = header.first(Name::Subject) {
            self.text(&field);
        }
        black_box((header.date(), header.message_id()));
    }

    fn all(&mut self, message: &Message<'_>) {
        for part in message.parts() {
            for field in part.header() {
                self.field(&field);
            }
            let is_plain = part.encoding() == Encoding::Identity;
            match part.kind() {
                Kind::Multipart | Kind::Message => {}
                // Both are borrowed, but for text that has to be converted.
                Kind::Text if is_plain => {
                    self.text.clear();
                    match part.text_in_place() {
                        Some(text) => {
                            black_box(text);
                        }
                        None => part.text_into(&mut self.text),
                    }
                    black_box(&self.text);
                }
                _ if is_plain => {
                    black_box(part.raw_body());
                }
                Kind::Text => {
                    self.text.clear();
                    part.text_into(&mut self.text);
                    black_box(&self.text);
                }
                _ => {
                    self.octets.clear();
                    part.decode_into(&mut self.octets);
                    black_box(&self.octets);
                }
            }
        }
    }

    fn field(&mut self, field: &Field<'_>) {
        match field.name() {
            Name::From
            | Name::Sender
            | Name::ReplyTo
            | Name::To
            | Name::Cc
            | Name::Bcc
            | Name::ResentFrom
            | Name::ResentSender
            | Name::ResentTo
            | Name::ResentCc
            | Name::ResentBcc => self.addresses(field),
            Name::Date | Name::ResentDate => {
                black_box(field.date());
            }
            Name::MessageId
            | Name::InReplyTo
            | Name::References
            | Name::ContentId
            | Name::ResentMessageId => {
                for id in field.ids() {
                    black_box(id);
                }
            }
            Name::Received => {
                black_box(field.received());
            }
            Name::ContentType => {
                let media = field.media_type();
                black_box(media);
                if let Some(media) = media {
                    self.params(media.params_raw());
                }
            }
            Name::ContentDisposition => {
                let disposition = field.disposition();
                black_box(disposition);
                if let Some(disposition) = disposition {
                    self.params(disposition.params_raw());
                }
            }
            Name::ListUnsubscribe | Name::ListPost | Name::ListHelp | Name::ListArchive => {
                for uri in field.list() {
                    black_box(uri);
                }
            }
            Name::ListId => {
                black_box(field.list_id());
            }
            _ => self.text(field),
        }
    }

    fn text(&mut self, field: &Field<'_>) {
        self.text.clear();
        field.text_into(&mut self.text);
        black_box(&self.text);
    }

    fn addresses(&mut self, field: &Field<'_>) {
        self.text.clear();
        for address in field.addresses() {
            match address {
                Address::Mailbox(mailbox) => {
                    if let Some(name) = mailbox.name() {
                        name.decoded_into(&mut self.text);
                    }
                    mailbox.addr_spec_into(&mut self.text);
                }
                Address::GroupStart(name) => name.decoded_into(&mut self.text),
                _ => {}
            }
        }
        black_box(&self.text);
    }

    fn params(&mut self, params: Params<'_>) {
        self.text.clear();
        params.for_each(|param| param.text_into(&mut self.text));
        black_box(&self.text);
    }
}

/// mail-parser.
pub struct Peer {
    parser: MessageParser,
    buffers: MessageBuffers,
    octets: Vec<u8>,
    text: String,
}

/// The peer with the limits of [`LIMITS`].
pub fn peer_parser() -> MessageParser {
    MessageParser::new().max_depth(1000).max_parts(100_000)
}

impl Peer {
    /// With nothing in store.
    pub fn new() -> Self {
        Peer {
            parser: peer_parser(),
            buffers: MessageBuffers::new(),
            octets: Vec::new(),
            text: String::new(),
        }
    }
}

impl Side for Peer {
    fn run(&mut self, mail: &[u8], task: Task) {
        let parsed = self.parser.parse_with(black_box(mail), &mut self.buffers);
        let Some(message) = parsed else {
            return;
        };
        match task {
            Task::Struct | Task::Lines | Task::Stream => {
                black_box(message.parts().len());
            }
            Task::Five => {
                for list in [message.from(), message.to()].into_iter().flatten() {
                    for mailbox in list.mailboxes() {
                        black_box((mailbox.name(), mailbox.address()));
                    }
                }
                black_box((message.subject(), message.date(), message.message_id()));
            }
            Task::All => {
                for part in message.parts() {
                    for header in part.headers() {
                        peer_value(header.value());
                    }
                    match part.encoding() {
                        _ if part.is_multipart() || part.is_message() => {}
                        // Both are borrowed.
                        PeerEncoding::None if part.is_text() => {
                            black_box(part.text());
                        }
                        PeerEncoding::None => {
                            black_box(part.raw_body());
                        }
                        _ if part.is_text() => {
                            self.text.clear();
                            part.text_into(&mut self.text);
                            black_box(&self.text);
                        }
                        _ => {
                            self.octets.clear();
                            part.decode_into(&mut self.octets);
                            black_box(&self.octets);
                        }
                    }
                }
            }
        }
        self.buffers = message.into_buffers();
    }
}

fn peer_value(value: HeaderValue<'_>) {
    match value {
        HeaderValue::Address(list) => {
            for address in list.iter() {
                match address {
                    PeerAddress::Mailbox(mailbox) => {
                        black_box((mailbox.name(), mailbox.address()));
                    }
                    PeerAddress::Group(group) => {
                        for mailbox in group.mailboxes() {
                            black_box((mailbox.name(), mailbox.address()));
                        }
                    }
                }
            }
        }
        HeaderValue::TextList(list) => {
            for item in list.iter() {
                black_box(item);
            }
        }
        HeaderValue::ContentType(content) => {
            for attribute in content.attributes() {
                black_box(attribute);
            }
        }
        value => {
            black_box(value);
        }
    }
}
