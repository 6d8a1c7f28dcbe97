//! A message that owns its octets.

use alloc::sync::Arc;

use crate::layout::{Layout, Mismatch};
use crate::limits::Limits;
use crate::message::Message;

/// A message that owns its octets and its layout, to be kept, sent to other threads and shared.
///
/// `B` is whatever holds octets: `Vec<u8>`, `Arc<[u8]>`, `bytes::Bytes`, a mapped file. A clone
/// shares the layout, so it is cheap if that of `B` is.
///
/// ```
/// use mime_core::{Limits, MessageBuf};
/// use std::sync::Arc;
/// let octets: Arc<[u8]> = Arc::from(&b"Subject: hi\r\n\r\n"[..]);
/// let message = MessageBuf::parse(octets, &Limits::DEFAULT);
/// let other = message.clone();
/// let subject = std::thread::spawn(move || other.view().header().subject().map(|s| s.into_owned()));
/// assert_eq!(subject.join().unwrap().as_deref(), Some("hi"));
/// ```
#[derive(Clone, Debug)]
pub struct MessageBuf<B> {
    octets: B,
    layout: Arc<Layout>,
}

impl<B: AsRef<[u8]>> MessageBuf<B> {
    /// Scans a message and keeps it.
    pub fn parse(octets: B, limits: &Limits) -> Self {
        let mut layout = Layout::scan(octets.as_ref(), limits);
        layout.shrink_to(0);
        MessageBuf {
            octets,
            layout: Arc::new(layout),
        }
    }

    /// A message with the layout that was made of it before: see [`LayoutRef::on`] for what is
    /// compared, and [`LayoutRef::to_layout`] for one that was stored.
    ///
    /// [`LayoutRef::on`]: crate::LayoutRef::on
    /// [`LayoutRef::to_layout`]: crate::LayoutRef::to_layout
    ///
    /// ```
    /// use mime_core::{Keep, Layout, LayoutRef, Limits, MessageBuf};
    /// let mut stored = Vec::new();
    /// let msg = b"Subject: hi\r\n\r\n";
    /// Layout::scan(msg, &Limits::DEFAULT).as_ref().write(Keep::Fields, &mut stored);
    ///
    /// let layout = LayoutRef::read(&stored)?.to_layout();
    /// let message = MessageBuf::from_parts(msg.to_vec(), layout)?;
    /// assert_eq!(message.view().header().subject().as_deref(), Some("hi"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_parts(octets: B, layout: Layout) -> Result<Self, Mismatch> {
        layout.on(octets.as_ref())?;
        Ok(MessageBuf {
            octets,
            layout: Arc::new(layout),
        })
    }

    /// The message.
    pub fn view(&self) -> Message<'_> {
        Message::new(Layout::as_ref(&self.layout), self.octets.as_ref())
    }

    /// The octets, as they were given.
    pub fn octets(&self) -> &B {
        &self.octets
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The octets and the layout, which is copied if a clone shares it.
    pub fn into_parts(self) -> (B, Layout) {
        (self.octets, Arc::unwrap_or_clone(self.layout))
    }
}
