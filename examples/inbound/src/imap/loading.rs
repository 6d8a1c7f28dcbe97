//! Rows of messages, and octets where a row needs them.

use std::{collections::VecDeque, sync::Arc, time::UNIX_EPOCH};

use bytes::Bytes;
use imap_proto::{Blob, Load, Need, Row, Why, kind};
use mime_core::{Layout, Outline};
use tracing::warn;
use wire_core::Ticket;

use super::{
    Done, Imap,
    ahead::{self, Ahead, Front},
    convert::{flag_list, uid, uid_set, uids_of},
};
use crate::store::{
    BlobReader, BlobRef, Blobs, Entry, Error, FlagOp, Flags, MAX_READ, MailboxId, ModSeq, Result,
    Store, Uids, Want,
};

/// A message up to this size is read whole before its row is given.
const WHOLE: u64 = 256 * 1024;
/// What is read of a longer one at once.
const BLOCK: usize = 256 * 1024;

/// A load that is being answered.
pub struct Loading {
    ticket: Ticket<kind::Load>,
    load: Load,
    mailbox: MailboxId,
    /// What was not asked for yet; `None` when all was.
    wanted: Option<Uids>,
    rows: VecDeque<Entry>,
    /// The octets of the row in front, where it needs them and they are short.
    whole: Option<Bytes>,
    ahead: Ahead,
    /// A search had to open a message that has an outline: it will have to open others.
    opens: bool,
    feeding: Option<Feeding>,
    /// A job is on its way.
    waiting: bool,
    /// Which of the messages that the client knew are gone is still to be told.
    gone: bool,
}

/// A row whose octets are pulled.
struct Feeding {
    blob: Blob,
    reference: BlobRef,
    reader: Option<Arc<dyn BlobReader>>,
    /// Read and not yet taken, and where in the message it begins.
    ready: Bytes,
    at: u64,
}

/// A page of rows.
pub struct Rows {
    entries: Vec<Entry>,
    rest: Option<Uids>,
    /// What is gone, where that was asked for and is known.
    gone: Option<Uids>,
}

/// Octets of one message.
pub struct Octets {
    reader: Arc<dyn BlobReader>,
    octets: Bytes,
    /// Made of them, where that was asked for.
    preview: Option<String>,
}

impl Loading {
    pub fn new(ticket: Ticket<kind::Load>, load: Load, mailbox: MailboxId) -> Self {
        Loading {
            ticket,
            wanted: Some(uids_of(&load.uids)),
            gone: load.vanished.is_some(),
            load,
            mailbox,
            rows: VecDeque::new(),
            whole: None,
            ahead: Ahead::default(),
            opens: false,
            feeding: None,
            waiting: false,
        }
    }

    /// The content of the row in front, where it is needed, short and not at hand. With a preview that was
    /// kept, nothing else may be needed: the session says so when it has the row.
    fn to_read_whole(&self) -> Option<BlobRef> {
        let needed = (self.load.need.has(Need::BLOB) || self.opens) && self.whole.is_none();
        let content = self.rows.front().filter(|_| needed)?.content.as_ref()?;
        let short = content.preview.is_none() && content.blob.octets <= WHOLE;
        short.then_some(content.blob)
    }
}

impl Imap {
    /// Goes on with the loads, one after the other. True: the session was given something.
    pub(super) fn load_on(&mut self) -> bool {
        let mut moved = false;
        while let Some(mut loading) = self.loading.take().or_else(|| self.loads.pop_front()) {
            if loading.waiting || self.session.congested() {
                self.loading = Some(loading);
                return moved;
            }
            if loading.feeding.is_some() {
                if !self.feed(&mut loading) {
                    self.loading = Some(loading);
                    return moved;
                }
            } else if let Some(reference) = loading.to_read_whole() {
                self.read_whole(&mut loading, reference);
            } else if let Some(entry) = loading.rows.pop_front() {
                self.give(&mut loading, entry);
            } else if let Some(wanted) = loading.wanted.take() {
                self.ask(&mut loading, wanted);
            } else {
                self.session.loaded(loading.ticket);
                moved = true;
                continue;
            }
            moved = true;
            self.loading = Some(loading);
        }
        moved
    }

    fn ask(&mut self, loading: &mut Loading, wanted: Uids) {
        let (store, mailbox, load) = (
            self.shared.store.clone(),
            loading.mailbox,
            loading.load.clone(),
        );
        let gone = std::mem::take(&mut loading.gone);
        loading.waiting = true;
        self.jobs.background(async move {
            Done::Rows(rows(&*store, mailbox, &load, wanted, gone).await)
        });
    }

    /// Reads a short message before its row is given. A search looks at one after the other, and reads
    /// many at once.
    fn read_whole(&mut self, loading: &mut Loading, reference: BlobRef) {
        if loading.load.why == Why::Evaluate
            && let Some(uid) = loading.rows.front().map(|entry| entry.uid)
        {
            match loading.ahead.front(uid) {
                Front::Here(octets) => return loading.whole = Some(octets),
                Front::Unknown => return self.look_ahead(loading),
                Front::Single => {}
            }
        }
        let blobs = self.shared.blobs.clone();
        let preview = loading.load.need.has(Need::PREVIEW);
        loading.waiting = true;
        self.jobs.background(async move {
            let mut octets = read(&*blobs, None, reference, 0, WHOLE as usize).await;
            if let Ok(octets) = &mut octets
                && preview
            {
                octets.preview = Some(preview_of(&octets.octets));
            }
            Done::Octets(octets)
        });
    }

    fn look_ahead(&mut self, loading: &mut Loading) {
        let (store, of) = (self.shared.store.clone(), loading.mailbox);
        let short = loading.rows.iter().filter(|entry| entry.octets <= WHOLE);
        let uids = short.map(|entry| entry.uid).collect();
        loading.waiting = true;
        self.jobs
            .background(async move { Done::Looked(ahead::look(&*store, of, uids).await) });
    }

    pub(super) fn looked(&mut self, looked: ahead::Looked) {
        if let Some(loading) = &mut self.loading {
            loading.waiting = false;
            loading.ahead.keep(looked);
        }
    }

    /// Gives one row. What it needs of a short message is at hand; a long one is pulled.
    fn give(&mut self, loading: &mut Loading, entry: Entry) {
        let Some(uid) = uid(entry.uid) else { return };
        let keywords = self
            .open
            .as_ref()
            .map(|open| open.keywords.clone())
            .unwrap_or_default();
        let words: Vec<&str> = keywords.of(entry.flags).collect();
        let mut row = Row::new(uid)
            .flags(flag_list(entry.flags, &words))
            .modseq(entry.modseq.0)
            .size(entry.octets)
            .date(entry.internal.unix, entry.internal.offset_minutes);
        let layout = entry
            .content
            .as_ref()
            .and_then(|content| content.layout.as_ref());
        // An outline of another version is as good as none: the octets are asked for instead.
        if let Some(outline) = layout.and_then(|layout| Outline::read(layout).ok()) {
            row = row.outline(outline);
        }
        let email = object_id('E', entry.email.0);
        let thread = entry.content.as_ref();
        let thread = thread.map(|content| object_id('T', content.thread.0));
        let saved = entry.saved.duration_since(UNIX_EPOCH).unwrap_or_default();
        row = row
            .save_date(saved.as_secs().cast_signed(), 0)
            .email_id(&email);
        if let Some(thread) = &thread {
            row = row.thread_id(thread);
        }
        let content = entry.content.as_ref();
        if let Some(preview) = content.and_then(|content| content.preview.as_deref()) {
            row = row.preview(preview);
        }
        let whole = loading.whole.take();
        if let Some(whole) = &whole {
            row = row.raw(whole);
        }
        let Some(blob) = self.session.row(&loading.ticket, row) else {
            return;
        };
        loading.opens |= loading.load.why == Why::Evaluate;
        match entry.content {
            Some(content) => {
                let (reference, ready) = (content.blob, Bytes::new());
                loading.feeding = Some(Feeding {
                    blob,
                    reference,
                    reader: None,
                    ready,
                    at: 0,
                });
            }
            None => {
                blob.fail(&mut self.session);
            }
        }
    }

    /// False: nothing can be fed now.
    fn feed(&mut self, loading: &mut Loading) -> bool {
        let Some(mut feeding) = loading.feeding.take() else {
            return true;
        };
        let Feeding {
            blob, ready, at, ..
        } = &mut feeding;
        let wanted = blob.want(&self.session).map(|range| range.start);
        if !ready.is_empty() && wanted == Some(*at) {
            let taken = blob.write_bytes(&mut self.session, *at, ready);
            *at += taken as u64;
            loading.feeding = Some(feeding);
            return taken > 0;
        }
        match feeding.blob.want(&self.session) {
            None => {
                feeding.blob.end(&mut self.session);
            }
            Some(range) => {
                let (blobs, reader) = (self.shared.blobs.clone(), feeding.reader.clone());
                let (reference, at) = (feeding.reference, range.start);
                let most = usize::try_from(range.end - at)
                    .unwrap_or(BLOCK)
                    .min(BLOCK)
                    .min(MAX_READ);
                feeding.at = at;
                loading.waiting = true;
                loading.feeding = Some(feeding);
                self.jobs.background(async move {
                    Done::Octets(read(&*blobs, reader, reference, at, most).await)
                });
            }
        }
        true
    }

    pub(super) fn rows(&mut self, rows: Result<Rows>) {
        let Some(mut loading) = self.loading.take() else {
            return;
        };
        loading.waiting = false;
        match rows {
            Ok(Rows {
                entries,
                rest,
                gone,
            }) => {
                if let Some(gone) = gone {
                    self.session.vanished(&loading.ticket, &uid_set(&gone));
                }
                loading.rows = entries.into();
                loading.wanted = rest;
                self.loading = Some(loading);
            }
            Err(error) => self.no(loading.ticket, error),
        }
    }

    pub(super) fn octets(&mut self, octets: Result<Octets>) {
        let Some(loading) = &mut self.loading else {
            return;
        };
        loading.waiting = false;
        match (octets, &mut loading.feeding) {
            (Ok(Octets { reader, octets, .. }), Some(feeding)) => {
                feeding.reader = Some(reader);
                feeding.ready = octets;
            }
            (
                Ok(Octets {
                    octets, preview, ..
                }),
                None,
            ) => {
                loading.whole = Some(octets);
                let content = loading
                    .rows
                    .front_mut()
                    .and_then(|row| row.content.as_mut());
                if let Some((content, text)) = content.zip(preview) {
                    self.shared
                        .store
                        .keep_preview(content.blob.id, text.clone());
                    content.preview = Some(text);
                }
            }
            (Err(error), _) => {
                warn!(?error, "message not read");
                match loading.feeding.take() {
                    Some(feeding) => {
                        feeding.blob.fail(&mut self.session);
                    }
                    // Left out: to the client it is gone (RFC 2180 section 4.1.2).
                    None => drop(loading.rows.pop_front()),
                }
            }
        }
    }
}

/// One page of what is wanted.
async fn rows(
    store: &dyn Store,
    mailbox: MailboxId,
    load: &Load,
    wanted: Uids,
    gone: bool,
) -> Result<Rows> {
    if load.mark_seen {
        store
            .flag(mailbox, wanted.clone(), FlagOp::Add(Flags::SEEN), None)
            .await?;
    }
    let needs = |need| load.need.has(need);
    let want = match needs(Need::OUTLINE) || needs(Need::BLOB) {
        _ if needs(Need::PREVIEW) => Want::Preview,
        true => Want::Layout,
        false if needs(Need::THREAD_ID) => Want::Meta,
        false => Want::Flags,
    };
    let since = load.changed_since.map(ModSeq);
    // Where the store does not know any more, the session tells of all that the client named.
    let gone = match since.filter(|_| gone) {
        Some(since) => store.vanished(mailbox, since).await.ok(),
        None => None,
    };
    let page = store.entries(mailbox, &wanted, want, since).await?;
    Ok(Rows {
        entries: page.items,
        rest: page.next.map(|last| wanted.after(last)),
        gone,
    })
}

/// Ids of different kinds never look alike (RFC 8474 section 8).
pub(super) fn object_id(kind: char, number: u64) -> String {
    format!("{kind}{number:x}")
}

/// The beginning of the text, as long as RFC 8970 section 3.3 recommends.
fn preview_of(message: &[u8]) -> String {
    let (mut layout, mut text) = (Layout::new(), String::new());
    layout
        .parse(message, &mime_core::Limits::DEFAULT)
        .preview(&mut text, 200);
    text
}

async fn read(
    blobs: &dyn Blobs,
    reader: Option<Arc<dyn BlobReader>>,
    reference: BlobRef,
    at: u64,
    most: usize,
) -> Result<Octets> {
    let reader = match reader {
        Some(reader) => reader,
        None => blobs.open(&reference).await?,
    };
    let octets = reader.read_at(at, most).await?;
    if octets.is_empty() && at < reader.octets() {
        return Err(Error::Corrupt);
    }
    Ok(Octets {
        reader,
        octets,
        preview: None,
    })
}
