//! APPEND and REPLACE: messages that come in piece by piece.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use wire_core::{Ticket, Wants, driver::Connection};

use super::{Exchange, Handler, Refusal};
use crate::{NewMessage, Session, Uid, kind};

/// One on its way.
pub(super) struct Upload {
    pub(super) ticket: Ticket<kind::Append>,
    pub(super) mailbox: String,
    pub(super) replaces: Option<Uid>,
}

impl<S> Exchange<'_, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    /// Is there room for this one?
    pub(super) async fn message<H: Handler>(
        &mut self,
        handler: &mut H,
        message: NewMessage,
    ) -> io::Result<()> {
        let Some(upload) = self.upload.take() else {
            return Ok(());
        };
        let room = handler.append(&upload.mailbox, upload.replaces, message);
        match self.decide(room).await? {
            Some(Ok(())) => {
                self.connection.session.append_more(&upload.ticket);
                self.upload = Some(upload);
            }
            Some(Err(why)) => {
                self.connection.session.refuse(upload.ticket, why.no());
                handler.append_aborted();
            }
            None => handler.append_aborted(),
        }
        Ok(())
    }

    /// The session is not asked for more while these octets are written, so their time is kept here.
    pub(super) async fn octets<H: Handler>(
        &mut self,
        handler: &mut H,
        octets: Bytes,
    ) -> io::Result<()> {
        if self.upload.is_none() {
            return Ok(());
        }
        let until = self.connection.now() + self.connection.session.patience();
        let wait = |connection: &mut Connection<'_, S, Session>| {
            (connection.now() < until).then_some(Wants {
                until: Some(until),
                ..Wants::ANSWER
            })
        };
        let why = match self.connection.decide(handler.octets(octets), wait).await? {
            Some(Ok(())) => return Ok(()),
            Some(Err(why)) => why,
            None => Refusal::late(),
        };
        if let Some(upload) = self.upload.take() {
            self.connection.session.refuse(upload.ticket, why.no());
            handler.append_aborted();
        }
        Ok(())
    }

    pub(super) async fn append_end<H: Handler>(&mut self, handler: &mut H) -> io::Result<()> {
        let Some(Upload { ticket, .. }) = self.upload.take() else {
            return Ok(());
        };
        match self.decide(handler.appended()).await? {
            Some(Ok(at)) => {
                self.hear(handler).await;
                self.connection.session.appended(ticket, at);
            }
            Some(Err(why)) => {
                self.connection.session.refuse(ticket, why.no());
                handler.append_aborted();
            }
            None => handler.append_aborted(),
        }
        Ok(())
    }

    /// It came to nothing, if there was one.
    pub(super) fn append_aborted<H: Handler>(&mut self, handler: &mut H) {
        if self.upload.take().is_some() {
            handler.append_aborted();
        }
    }
}
