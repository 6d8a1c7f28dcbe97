#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod audit;
mod bodies;
mod body;
mod content;
mod defect;
mod enclosed;
mod envelope;
mod field;
mod header;
pub mod html;
#[cfg(feature = "serde")]
pub mod jmap;
mod layout;
mod limits;
pub mod maildir;
pub mod mbox;
mod message;
mod message_buf;
mod name;
mod node;
mod octets;
mod outline;
mod outline_writer;
mod protected;
mod related;
pub mod reply;
pub mod report;
mod rows;
mod scan;
mod scanner;
mod section;
mod stored;
mod structure;
mod text;
pub mod thread;

pub use bodies::Bodies;
pub use body::utf7;
pub use body::{BodyDecoder, DecodeReport, Step};
pub use content::{Content, WireType};
pub use defect::{Defect, Found, Severity};
pub use enclosed::inline::{InlineFile, InlineFiles, InlineFormat, InlineReport};
pub use enclosed::tnef::{
    CompressedRtf, Tnef, TnefAttachment, TnefAttachments, TnefAttribute, TnefAttributes,
};
pub use enclosed::yenc::YEnc;
pub use envelope::Envelope;
pub use field::address::{Address, Addresses, Mailbox, Phrase, ReturnPath};
pub use field::auth_results::{AuthResult, AuthResults, Property};
pub use field::auto_submitted::{AutoKind, AutoSubmitted};
pub use field::canon::{BodyCanon, Canon, write_lines};
pub use field::date::DateTime;
pub use field::disposition::Disposition;
pub use field::dkim::{DkimAlgorithm, DkimError, DkimSignature};
pub use field::filename::safe_filename;
pub use field::list::{ListId, ListUri, ListUris};
pub use field::media::MediaType;
pub use field::msgid::{MsgId, MsgIds};
pub use field::owned::address::{AddressBuf, GroupBuf, MailboxBuf, MsgIdBuf};
pub use field::owned::field::FieldBuf;
pub use field::owned::trace::{
    AuthResultBuf, AuthResultsBuf, HostBuf, PropertyBuf, ReceivedBuf, ReturnPathBuf, TlsBuf,
};
pub use field::owned::value::{
    AutoSubmittedBuf, DispositionBuf, ListIdBuf, ListUriBuf, MediaTypeBuf, ParamBuf, TagBuf,
};
pub use field::param::{Params, RawParam};
pub use field::protocol::{BaseProtocol, Protocol};
pub use field::received::{Host, Received, Tls};
pub use field::tags::{Tag, TagError, TagList};
pub use field::words::{EncodedWord, EncodedWords};
pub use field::{Field, FromField};
pub use header::{Fields, Header};
pub use layout::{Layout, LayoutRef, Mismatch, PartId};
pub use limits::{Limits, Pick, Reading};
pub use message::{Embedded, Message, Part};
pub use message_buf::MessageBuf;
pub use name::Name;
pub use node::{Encoding, Kind, Node};
pub use outline::Outline;
pub use outline_writer::OutlineWriter;
pub use protected::{Armor, Encrypted, Scheme, Signed, Smime, armors};
pub use scanner::{Head, Item, Scanner};
pub use section::{Section, SectionPaths, Slice};
pub use stored::{Keep, StoredError};
pub use structure::{BodyStructure, Walk};
pub use text::buf::TextBuf;
pub use text::flowed::{Flow, Paragraph, Paragraphs};
