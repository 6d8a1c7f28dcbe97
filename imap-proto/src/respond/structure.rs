//! BODY and BODYSTRUCTURE: RFC 9051 section 7.5.2.

use std::borrow::Cow;

use mime_core::{BodyStructure, Content, Kind, Node, PartId, RawParam, Walk};

use super::envelope;
use super::string::{Sink, string};
use super::{Page, number};

/// What the grammar wants where a message has nothing: a multipart without parts, an embedded message
/// that is cut off.
const NO_BODY: &[u8] = br#"("text" "plain" NIL NIL NIL "7BIT" 0 0)"#;
const NO_BODY_EXTENDED: &[u8] = br#"("text" "plain" NIL NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)"#;
const NO_ENVELOPE: &[u8] = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

/// The structure of a message: with extension data as BODYSTRUCTURE has it, without as BODY has.
///
/// A flat walk over the parts: no recursion, however deep they are.
///
/// ```
/// use mime_core::{Layout, Limits};
///
/// let mut layout = Layout::new();
/// let message = layout.parse(b"Subject: x\r\n\r\none\r\ntwo\r\n", &Limits::DEFAULT);
/// let mut out = Vec::new();
/// imap_proto::respond::body_structure(&mut out, &message.body_structure(), false, false);
/// assert_eq!(out, br#"("text" "plain" NIL NIL NIL "7BIT" 10 2)"#);
/// ```
pub fn body_structure(
    out: &mut impl Sink,
    structure: &BodyStructure<'_>,
    extended: bool,
    utf8: bool,
) {
    let mut writer = Writer {
        out: Page::new(out),
        extended,
        utf8,
    };
    // The message whose inside the client must not see.
    let mut closed: Option<PartId> = None;
    for step in structure.walk() {
        match (step, closed) {
            (Walk::Leave(part), Some(id)) if part.id() == id => {
                closed = None;
                writer.out.put(b")");
            }
            (_, Some(_)) => {}
            (Walk::Enter(part), None) if !utf8 && is_global(part) => {
                closed = Some(part.id());
                writer.out.put(b"(");
                writer.leaf(part);
            }
            (Walk::Enter(part), None) => writer.enter(part),
            (Walk::Leave(part), None) => writer.leave(part),
        }
    }
}

/// RFC 3501 section 9 knows no message but `RFC822`: to its clients message/global is octets, since
/// they would take what else it has for extension data.
fn is_global(part: Node<'_>) -> bool {
    part.kind() == Kind::Message && part.media_type().is("message", "global")
}

struct Writer<'o, S: Sink> {
    out: Page<'o, S>,
    extended: bool,
    utf8: bool,
}

impl<S: Sink> Writer<'_, S> {
    /// All of a part that holds no other; of one that does, what stands before them.
    fn enter(&mut self, part: Node<'_>) {
        self.out.put(b"(");
        match part.kind() {
            Kind::Multipart if part.children().next().is_some() => {}
            Kind::Multipart => self.no_body(),
            Kind::Message => {
                self.fields(part, &part.content());
                self.embedded(part);
            }
            _ => self.leaf(part),
        }
    }

    /// A part as one that holds no other.
    fn leaf(&mut self, part: Node<'_>) {
        let content = part.content();
        self.fields(part, &content);
        if part.kind() == Kind::Text {
            self.lines(part);
        }
        self.extension(&content);
    }

    /// What stands behind the parts that a part holds.
    fn leave(&mut self, part: Node<'_>) {
        match part.kind() {
            Kind::Multipart => self.multipart(&part.content()),
            Kind::Message => {
                self.lines(part);
                self.extension(&part.content());
            }
            _ => {}
        }
        self.out.put(b")");
    }

    /// `media-subtype [SP body-ext-mpart]`.
    fn multipart(&mut self, content: &Content<'_>) {
        let media = content.wire_type();
        self.out.put(b" ");
        self.string(media.subtype_raw());
        if self.extended {
            self.params(media.params_raw());
            self.placement(content);
        }
    }

    /// `body-type-1part` up to what may stand within a part.
    fn fields(&mut self, part: Node<'_>, content: &Content<'_>) {
        let media = content.wire_type();
        self.string(media.ty_raw());
        self.out.put(b" ");
        self.string(media.subtype_raw());
        self.params(media.params_raw());
        self.optional(content.id());
        self.optional(content.description());
        self.out.put(b" ");
        self.string(&content.encoding());
        self.out.put(b" ");
        number(&mut self.out, u64::from(part.octets()));
    }

    /// `SP envelope SP`, and a body where the message has none.
    fn embedded(&mut self, part: Node<'_>) {
        self.out.put(b" ");
        match part.embedded_root() {
            Some(root) => envelope::write(&mut self.out, &root.envelope(), self.utf8),
            None => self.out.put(NO_ENVELOPE),
        }
        self.out.put(b" ");
        if part.embedded_root().is_none() {
            self.no_body();
        }
    }

    /// `SP body-fld-lines`, of text and messages.
    fn lines(&mut self, part: Node<'_>) {
        self.out.put(b" ");
        number(&mut self.out, u64::from(part.lines()));
    }

    /// `[SP body-ext-1part]`.
    fn extension(&mut self, content: &Content<'_>) {
        if self.extended {
            self.optional(content.md5());
            self.placement(content);
        }
    }

    fn no_body(&mut self) {
        self.out.put(if self.extended {
            NO_BODY_EXTENDED
        } else {
            NO_BODY
        });
    }

    /// `SP body-fld-dsp SP body-fld-lang SP body-fld-loc`.
    fn placement(&mut self, content: &Content<'_>) {
        match content.disposition() {
            Some(disposition) => {
                self.out.put(b" (");
                self.string(disposition.kind());
                self.params(disposition.params_raw());
                self.out.put(b")");
            }
            None => self.out.put(b" NIL"),
        }
        self.languages(content);
        self.optional(content.location());
    }

    /// `SP body-fld-param`.
    fn params<'p>(&mut self, mut params: impl Iterator<Item = RawParam<'p>>) {
        let Some(first) = params.next() else {
            return self.out.put(b" NIL");
        };
        self.out.put(b" (");
        self.param(first);
        for param in params {
            self.out.put(b" ");
            self.param(param);
        }
        self.out.put(b")");
    }

    fn param(&mut self, param: RawParam<'_>) {
        self.string(param.name());
        self.out.put(b" ");
        self.string(&param.value());
    }

    /// `SP body-fld-lang`: one tag alone, several in parentheses.
    fn languages(&mut self, content: &Content<'_>) {
        let mut tags = content.languages();
        let Some(first) = tags.next() else {
            return self.out.put(b" NIL");
        };
        let Some(second) = tags.next() else {
            self.out.put(b" ");
            return self.string(first);
        };
        self.out.put(b" (");
        self.string(first);
        for tag in core::iter::once(second).chain(tags) {
            self.out.put(b" ");
            self.string(tag);
        }
        self.out.put(b")");
    }

    /// `SP nstring`.
    fn optional(&mut self, text: Option<Cow<'_, [u8]>>) {
        match text {
            Some(text) => {
                self.out.put(b" ");
                self.string(&text);
            }
            None => self.out.put(b" NIL"),
        }
    }

    fn string(&mut self, text: &[u8]) {
        string(&mut self.out, text, self.utf8);
    }
}
