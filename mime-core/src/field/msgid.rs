//! Message ids (RFC 5322 section 3.6.4).

use memchr::{memchr, memchr2};

/// What stands between the angle brackets, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MsgId<'a>(pub &'a [u8]);

/// An iterator of the message ids of a field. What is not in angle brackets is left out.
///
/// ```
/// use mime_core::{Header, MsgId};
/// let header = Header::new(b"References: <a@b> (c)\r\n <c@d>\r\n\r\n");
/// let ids: Vec<_> = header.references().collect();
/// assert_eq!(ids, [MsgId(b"a@b"), MsgId(b"c@d")]);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MsgIds<'a> {
    rest: &'a [u8],
}

impl<'a> MsgIds<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        MsgIds { rest }
    }
}

impl<'a> Iterator for MsgIds<'a> {
    type Item = MsgId<'a>;

    fn next(&mut self) -> Option<MsgId<'a>> {
        loop {
            let open = memchr(b'<', self.rest)?;
            let inner = self.rest.get(open + 1..)?;
            let Some(end) = memchr2(b'<', b'>', inner) else {
                self.rest = &[];
                return None;
            };
            let (id, rest) = inner.split_at_checked(end)?;
            if let Some((b'>', after)) = rest.split_first() {
                self.rest = after;
                let id = id.trim_ascii();
                if !id.is_empty() {
                    return Some(MsgId(id));
                }
            } else {
                self.rest = rest;
            }
        }
    }
}
