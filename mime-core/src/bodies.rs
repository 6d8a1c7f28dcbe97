//! Which parts are the text of a message, and which are attached to it (RFC 8621 section 4.1.4).

use alloc::vec::Vec;

use crate::layout::PartId;
use crate::message::{Message, Part};
use crate::node::{Kind, Node};
use crate::outline::Outline;
use crate::structure::Walk;

/// The parts of a message by their use, in order: JMAP's `textBody`, `htmlBody` and `attachments`.
///
/// Every part but multiparts is in at least one list; a picture between two texts may be text and
/// attachment. What is inside of an embedded message is in none; the message is an attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bodies {
    /// What to show where plain text is preferred.
    pub text: Vec<PartId>,
    /// What to show where HTML is preferred.
    pub html: Vec<PartId>,
    /// Everything else.
    pub attachments: Vec<PartId>,
}

/// The multipart around a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Alternative,
    Related,
    Other,
}

struct Frame {
    around: Around,
    in_alternative: bool,
    /// Parts seen so far.
    seen: u32,
    /// Whether parts still go into the list, and how long it was before.
    text: bool,
    html: bool,
    texts: usize,
    htmls: usize,
}

impl<'a> Outline<'a> {
    /// Sorts the parts by their use.
    ///
    /// ```
    /// use mime_core::{Layout, Limits, PartId};
    /// let msg = b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\none\r\n\
    ///             --b\r\nContent-Type: text/html\r\n\r\n<b>one</b>\r\n--b--\r\n";
    /// let mut layout = Layout::new();
    /// let bodies = layout.parse(msg, &Limits::DEFAULT).bodies();
    /// assert_eq!(bodies.text, [PartId::from_index(1)]);
    /// assert_eq!(bodies.html, [PartId::from_index(2)]);
    /// assert!(bodies.attachments.is_empty());
    /// ```
    pub fn bodies(&self) -> Bodies {
        let mut bodies = Bodies::default();
        let mut frames: Vec<Frame> = alloc::vec![Frame {
            around: Around::Other,
            in_alternative: false,
            seen: 0,
            text: true,
            html: true,
            texts: 0,
            htmls: 0,
        }];
        // Embedded messages that are open: nothing inside of them counts.
        let mut embedded = 0u32;
        for step in self.body_structure().walk() {
            match step {
                Walk::Enter(node) => {
                    if embedded == 0 {
                        bodies.enter(&mut frames, node);
                    }
                    embedded += u32::from(node.kind() == Kind::Message);
                }
                Walk::Leave(node) => {
                    embedded -= u32::from(node.kind() == Kind::Message);
                    if embedded == 0
                        && node.kind() == Kind::Multipart
                        && let Some(frame) = frames.pop()
                    {
                        bodies.complete(&frame);
                    }
                }
            }
        }
        bodies
    }
}

impl Bodies {
    fn enter(&mut self, frames: &mut Vec<Frame>, node: Node<'_>) {
        let Some(frame) = frames.last_mut() else {
            return;
        };
        let first = frame.seen == 0;
        frame.seen += 1;
        if node.kind() != Kind::Multipart {
            return self.leaf(frame, node, first);
        }
        let media = node.media_type();
        let around = match media {
            _ if media.is("*", "alternative") => Around::Alternative,
            _ if media.is("*", "related") => Around::Related,
            _ => Around::Other,
        };
        let in_alternative = frame.in_alternative || around == Around::Alternative;
        let (text, html) = (frame.text, frame.html);
        let (texts, htmls) = (self.text.len(), self.html.len());
        frames.push(Frame {
            around,
            in_alternative,
            seen: 0,
            text,
            html,
            texts,
            htmls,
        });
    }

    fn leaf(&mut self, frame: &mut Frame, node: Node<'_>, first: bool) {
        let id = node.id();
        let content = node.content();
        let media = content.media_type();
        let (plain, html) = (media.is("text", "plain"), media.is("text", "html"));
        let shown = media.is("image", "*") || media.is("audio", "*") || media.is("video", "*");
        let attached = content
            .disposition()
            .is_some_and(|d| d.kind().eq_ignore_ascii_case(b"attachment"));
        let inline = !attached
            && (plain || html || shown)
            && (first
                || frame.around != Around::Related && (shown || content.filename().is_none()));
        if !inline {
            return self.attachments.push(id);
        }
        if frame.around == Around::Alternative {
            return match (plain, html) {
                (true, _) if frame.text => self.text.push(id),
                (_, true) if frame.html => self.html.push(id),
                _ => self.attachments.push(id),
            };
        }
        if frame.in_alternative {
            frame.html &= !plain;
            frame.text &= !html;
        }
        if frame.text {
            self.text.push(id);
        }
        if frame.html {
            self.html.push(id);
        }
        // The algorithm of the RFC loses a text whose lists are both closed; here none is lost.
        if shown && !(frame.text && frame.html) || !frame.text && !frame.html {
            self.attachments.push(id);
        }
    }

    /// An alternative with one kind only serves for both.
    fn complete(&mut self, frame: &Frame) {
        if frame.around != Around::Alternative || !frame.text || !frame.html {
            return;
        }
        let texts = self.text.get(frame.texts..).unwrap_or(&[]);
        let htmls = self.html.get(frame.htmls..).unwrap_or(&[]);
        match (texts.is_empty(), htmls.is_empty()) {
            (true, false) => self.text.extend_from_slice(htmls),
            (false, true) => self.html.extend_from_slice(texts),
            _ => {}
        }
    }
}

impl<'a> Message<'a> {
    /// The parts to show where plain text is preferred: see [`Outline::bodies`].
    pub fn text_parts(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.those(self.bodies().text)
    }

    /// The parts to show where HTML is preferred: see [`Outline::bodies`].
    pub fn html_parts(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.those(self.bodies().html)
    }

    /// The parts that are attached: see [`Outline::bodies`].
    pub fn attachments(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.those(self.bodies().attachments)
    }

    fn those(&self, ids: Vec<PartId>) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let message = *self;
        ids.into_iter().map(move |id| message.part(id))
    }
}
