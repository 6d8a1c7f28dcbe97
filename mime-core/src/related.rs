//! Parts that refer to each other: the root of a multipart/related (RFC 2387), and URLs of parts
//! (RFC 2392, RFC 2557).

use alloc::vec::Vec;

use crate::field::param::percent_decode;
use crate::name::Name;
use crate::node::Node;
use crate::octets::spells;
use crate::outline::Outline;

impl<'a> Outline<'a> {
    /// The part that a URL means: of a `cid:` URL the first with this Content-ID, of another one the
    /// first with exactly this Content-Location (RFC 2557). Relative URLs are the caller's to make
    /// absolute.
    ///
    /// It looks at all parts: make a table before many URLs are asked for.
    ///
    /// ```
    /// use mime_core::{Layout, Limits};
    /// let mut layout = Layout::new();
    /// let message = layout.parse(b"Content-ID: <a@b.example>\r\n\r\n", &Limits::DEFAULT);
    /// assert!(message.part_of_url("cid:a%40b.example").is_some());
    /// assert!(message.part_of_url("https://b.example/").is_none());
    /// ```
    pub fn part_of_url(&self, url: &str) -> Option<Node<'a>> {
        let url = url.as_bytes();
        let Some((_, id)) = url
            .split_at_checked(4)
            .filter(|(scheme, _)| spells(scheme, b"cid:"))
        else {
            let is_there = |node: &Node<'_>| node.location().is_some_and(|own| *own == *url);
            return self.nodes().find(is_there);
        };
        let mut wanted = Vec::with_capacity(id.len());
        percent_decode(id, &mut wanted);
        self.nodes().find(|node| node.is_identified_by(&wanted))
    }
}

impl<'a> Node<'a> {
    /// The part of a multipart/related that refers to the others: the one that its `start` names,
    /// else its first (RFC 2387 section 3.2). `None` for other types, and for one without parts.
    pub fn related_root(&self) -> Option<Node<'a>> {
        let media = self.media_type();
        if !media.is("multipart", "related") {
            return None;
        }
        let start = media.param("start");
        let start = start.as_deref().unwrap_or_default().trim_ascii();
        let start = start.strip_prefix('<').unwrap_or(start);
        let start = start.strip_suffix('>').unwrap_or(start).as_bytes();
        let mut named = self.children().filter(|node| node.is_identified_by(start));
        named.next().or_else(|| self.children().next())
    }

    /// Whether its Content-ID holds this id, which comes without angle brackets.
    fn is_identified_by(&self, id: &[u8]) -> bool {
        let own = self.field(Name::ContentId);
        own.and_then(|field| field.ids().next())
            .is_some_and(|own| own.0 == id)
    }
}
