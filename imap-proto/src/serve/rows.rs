//! Rows and octets of messages, as fast as the client reads them.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use wire_core::Ticket;

use super::{Exchange, Handler, Page};
use crate::{Blob, Load, Need, kind};

/// Rows that are asked for at once where none of their octets is wanted.
const ROWS: u32 = 256;
/// The same where some are.
const MESSAGES: u32 = 16;

impl<S> Exchange<'_, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    /// Rows page by page, each when the client has read the ones before.
    pub(super) async fn load<H: Handler>(
        &mut self,
        handler: &mut H,
        ticket: Ticket<kind::Load>,
        mut load: Load,
    ) -> io::Result<()> {
        let size = match load.need.has(Need::BLOB) {
            true => MESSAGES,
            false => ROWS,
        };
        let mut uids = std::mem::take(&mut load.uids);
        loop {
            load.uids = uids.take(size);
            let mut page = Page::default();
            match self.decide(handler.load(&load, &mut page)).await? {
                Some(Ok(())) => {}
                Some(Err(why)) => {
                    self.connection.session.refuse(ticket, why.no());
                    return Ok(());
                }
                None => return Ok(()),
            }
            if let Some(vanished) = &page.vanished {
                self.connection.session.vanished(&ticket, vanished);
            }
            // Asked for once, with the first page.
            load.vanished = None;
            for held in &page.rows {
                while self.connection.session.congested() {
                    if !self.flush().await? {
                        return Ok(());
                    }
                }
                let blob = self.connection.session.row(&ticket, held.row());
                if let Some(blob) = blob
                    && !self.pull(handler, blob).await?
                {
                    return Ok(());
                }
            }
            if uids.is_empty() {
                break;
            }
        }
        self.connection.session.loaded(ticket);
        Ok(())
    }

    /// Octets of a message, as far as they are wanted. False: nobody wants them any more.
    async fn pull<H: Handler>(&mut self, handler: &mut H, mut blob: Blob) -> io::Result<bool> {
        while let Some(range) = blob.want(self.connection.session) {
            let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            let read = self.decide(handler.read(blob.uid(), range.clone())).await?;
            let mut octets = match read {
                Some(Ok(octets)) if !octets.is_empty() => octets,
                Some(_) => {
                    blob.fail(self.connection.session);
                    return Ok(true);
                }
                None => return Ok(false),
            };
            octets.truncate(length);
            let mut at = range.start;
            while !octets.is_empty() {
                let taken = blob.write_bytes(self.connection.session, at, &mut octets);
                at += taken as u64;
                if taken == 0 && !self.flush().await? {
                    return Ok(false);
                }
            }
        }
        blob.end(self.connection.session);
        Ok(true)
    }
}
