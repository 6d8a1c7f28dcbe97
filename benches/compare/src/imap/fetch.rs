//! Responses to `FETCH 1:10000 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)`.
//!
//! `written` is equal work: both sides write values that stand ready. The others are what a server
//! does, and more than the peer does beside them: `outline` reads a stored outline with its addresses,
//! parameters and fields for each line, `octets` the message itself, `session` takes the rows of a
//! store.

use std::hint::black_box;

use imap_codec::{ResponseCodec, decode::Decoder, encode::Encoder, imap_types::response::Response};
use imap_proto::{Config, Event, MailboxKey, Row, Selected, Session, System, Uid, respond};
use mime_core::{Layout, Limits, Outline};
use wire_core::{Endpoint, Entropy, Next, Peer, Time, sasl::Answer};

use super::written;
use crate::task::{Task, Unit};

/// Mails as lists and people send them.
const MAILS: [&[u8]; 3] = [
    b"Date: Mon, 7 Feb 2026 21:52:25 -0800\r\nFrom: \"Fred Foobar\" <fred.foobar@mail.example.org>\r\n\
      Sender: \"Fred Foobar\" <fred.foobar@mail.example.org>\r\n\
      Reply-To: \"Office of Fred\" <office@mail.example.org>\r\n\
      To: \"Joe Doe\" <joe.doe@customer.example.com>, Ann Other <ann.other@customer.example.com>\r\n\
      Cc: \"Minutes List\" <minutes@lists.example.net>, j.k@example.net\r\n\
      Subject: Re: [minutes] Agenda of the meeting in the afternoon of Tuesday (second draft)\r\n\
      Message-ID: <B27397-0100000.20260207215225@mail.example.org>\r\n\
      In-Reply-To: <A99999-0100000.20260206081500@customer.example.com>\r\n\
      MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"----=_Part_1234_5678.9\"\r\n\r\n\
      ------=_Part_1234_5678.9\r\nContent-Type: multipart/alternative; boundary=\"----=_Part_alt\"\r\n\r\n\
      ------=_Part_alt\r\nContent-Type: text/plain; charset=utf-8\r\n\
      Content-Transfer-Encoding: quoted-printable\r\n\r\nSee the paper.\r\n\
      ------=_Part_alt\r\nContent-Type: text/html; charset=utf-8\r\n\
      Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>See the paper.</p>\r\n\
      ------=_Part_alt--\r\n\r\n\
      ------=_Part_1234_5678.9\r\nContent-Type: application/pdf; name=\"agenda (second draft).pdf\"\r\n\
      Content-Disposition: attachment; filename=\"agenda (second draft).pdf\"; size=48111\r\n\
      Content-Transfer-Encoding: base64\r\nContent-ID: <part3.A1B2C3@mail.example.org>\r\n\r\nAAAA\r\n\
      ------=_Part_1234_5678.9--\r\n",
    b"Date: Tue, 8 Feb 2026 09:00:01 +0000\r\nFrom: =?utf-8?Q?J=C3=BCrgen_M=C3=BCller?= <j.mueller@example.de>\r\n\
      To: \"Sales\" <sales@shop.example.com>\r\n\
      Subject: =?utf-8?B?QW5mcmFnZSB6dSBJaHJlbSBBbmdlYm90IHZvbSBNb250YWc=?=\r\n\
      Message-ID: <20260208090001.GA4711@example.de>\r\nMIME-Version: 1.0\r\n\
      Content-Type: multipart/alternative; boundary=\"=-abcdefghijklmnop\"\r\n\r\n\
      --=-abcdefghijklmnop\r\nContent-Type: text/plain; charset=\"utf-8\"; format=flowed\r\n\
      Content-Language: de\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGuten Tag\r\n\
      --=-abcdefghijklmnop\r\nContent-Type: text/html; charset=\"utf-8\"\r\n\
      Content-Language: de\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Guten Tag</p>\r\n\
      --=-abcdefghijklmnop--\r\n",
    b"Date: Wed, 9 Feb 2026 23:59:59 +0900\r\nFrom: \"CI of the project\" <noreply@ci.example.net>\r\n\
      To: team/project <team+project@noreply.example.net>\r\nCc: Maintainers <maintainers@noreply.example.net>, \
      Author <author@noreply.example.net>, Ci activity <ci_activity@noreply.example.net>\r\n\
      Subject: [team/project] Run failed: tests on main (1a2b3c4) \"nightly\"\r\n\
      Message-ID: <team/project/runs/123456789/1700000000@example.net>\r\n\
      In-Reply-To: <team/project/runs/123456789@example.net>\r\nMIME-Version: 1.0\r\n\
      Content-Type: multipart/mixed; boundary=\"--==_mimepart_65a1b2c3d4e5f\"; charset=UTF-8\r\n\r\n\
      ----==_mimepart_65a1b2c3d4e5f\r\nContent-Type: text/plain; charset=UTF-8\r\n\
      Content-Transfer-Encoding: 7bit\r\nContent-Description: what failed, line by line\r\n\r\nFailed.\r\n\
      ----==_mimepart_65a1b2c3d4e5f\r\nContent-Type: text/x-log; charset=UTF-8; name=\"run.log\"\r\n\
      Content-Disposition: inline; filename=\"run.log\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\nline\r\n\
      ----==_mimepart_65a1b2c3d4e5f\r\nContent-Type: message/rfc822\r\n\r\n\
      From: a@example.net\r\nTo: b@example.net\r\nSubject: inner\r\n\r\nbody\r\n\
      ----==_mimepart_65a1b2c3d4e5f--\r\n",
];

/// Responses of one command.
const COUNT: u32 = 10_000;
/// Values that stand ready, used again and again. Their message numbers are those of the middle.
const DISTINCT: usize = 30;
const DATE: (i64, i16) = (1_770_500_000, 60);

/// The outlines of the mails, as a store keeps them, and their sizes.
fn outlines() -> Vec<(Vec<u8>, u64)> {
    let outline = |mail: &&[u8]| {
        let mut layout = Layout::new();
        let mut stored = Vec::new();
        let message = layout.parse(mail, &Limits::DEFAULT);
        message.outline().write(&mut stored);
        (stored, mail.len() as u64)
    };
    MAILS.iter().map(outline).collect()
}

/// An outline that stands in a store, and the size of its message.
fn of(n: u32, outlines: &[(Vec<u8>, u64)]) -> (Outline<'_>, u64) {
    let (stored, size) = &outlines[n as usize % outlines.len()];
    (Outline::read(stored).expect("an outline"), *size)
}

/// One line, by the functions of `respond`.
fn line(out: &mut Vec<u8>, n: u32, outline: Outline<'_>, size: u64) {
    out.extend_from_slice(b"* ");
    respond::number(out, n.into());
    out.extend_from_slice(b" FETCH (UID ");
    respond::number(out, n.into());
    out.extend_from_slice(b" FLAGS ");
    respond::flags(out, System::SEEN.into(), None);
    out.extend_from_slice(b" INTERNALDATE ");
    respond::internal_date(out, DATE.0, DATE.1);
    out.extend_from_slice(b" RFC822.SIZE ");
    respond::number(out, size);
    out.extend_from_slice(b" ENVELOPE ");
    respond::envelope(out, &outline.envelope(), false);
    out.extend_from_slice(b" BODYSTRUCTURE ");
    respond::body_structure(out, &outline.body_structure(), true, false);
    out.extend_from_slice(b")\r\n");
}

/// All lines, each of an outline as it is stored.
fn of_outlines(out: &mut Vec<u8>, stored: &[(Vec<u8>, u64)]) {
    out.clear();
    for n in 1..=COUNT {
        let (outline, size) = of(n - 1, stored);
        line(out, n, outline, size);
    }
}

/// All lines, each of the octets of its message.
fn of_octets(out: &mut Vec<u8>, layout: &mut Layout) {
    out.clear();
    for (n, mail) in (1..=COUNT).zip(MAILS.iter().cycle()) {
        let message = layout.parse(mail, &Limits::DEFAULT);
        line(out, n, message.outline(), mail.len() as u64);
    }
}

/// Every line, to be written by the peer.
fn responses(text: &'static [u8]) -> Vec<Response<'static>> {
    let (codec, mut rest, mut all) = (ResponseCodec::new(), text, Vec::new());
    while !rest.is_empty() {
        let (left, response) = codec.decode(rest).expect("our line, read by imap-codec");
        all.push(response);
        rest = left;
    }
    all
}

/// A session with the mailbox open.
struct Server {
    session: Session,
    outlines: &'static [(Vec<u8>, u64)],
    sent: usize,
    keep: Option<Vec<u8>>,
}

impl Server {
    fn new(outlines: &'static [(Vec<u8>, u64)]) -> Self {
        let config = Config::builder("imap.example.org")
            .plaintext_logins(true)
            .build();
        let config = config.expect("a configuration");
        let session = Session::new(config, Peer::new(None), Entropy([7; 32]), Time::ZERO);
        let mut server = Server {
            session,
            outlines,
            sent: 0,
            keep: None,
        };
        server.say(b"1 LOGIN a b\r\n2 SELECT INBOX\r\n");
        server.sent = 0;
        server
    }

    fn say(&mut self, text: &[u8]) {
        let mut input = text;
        loop {
            match self.session.next(Time::ZERO, &mut input) {
                Next::Event(event) => self.answer(event),
                _ if self.session.output().is_empty() => return,
                _ => self.drain(),
            }
        }
    }

    fn drain(&mut self) {
        while !self.session.output().is_empty() {
            let sent = self.session.output().len();
            if let Some(kept) = &mut self.keep {
                kept.extend_from_slice(self.session.output());
            }
            self.session.advance_output(sent);
            self.sent += sent;
        }
    }

    fn answer(&mut self, event: Event<'_>) {
        match event {
            Event::Auth { ticket, .. } => {
                self.session.authenticate(ticket, Answer::Grant);
            }
            Event::Login { ticket, .. } => {
                self.session.accept(ticket);
            }
            Event::Select { ticket, .. } => {
                let view = (1..=COUNT).filter_map(Uid::new).collect();
                let next = Uid::new(COUNT + 1).expect("a UID");
                self.session
                    .selected(ticket, Selected::new(MailboxKey(1), 1, next, view));
            }
            Event::Load { ticket, load } => {
                for uid in load.uids.iter() {
                    let (outline, size) = of(uid.get() - 1, self.outlines);
                    let row = Row::new(uid)
                        .flags(System::SEEN)
                        .date(DATE.0, DATE.1)
                        .size(size);
                    let blob = self.session.row(&ticket, row.outline(outline));
                    assert!(blob.is_none(), "no octet of the message is needed");
                    if self.session.congested() {
                        self.drain();
                    }
                }
                self.session.loaded(ticket);
            }
            other => self.session.decline(other),
        }
    }
}

const FETCH: &[u8] = b"3 FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n";

/// What is timed.
pub fn tasks() -> Vec<Task> {
    let stored: &'static [(Vec<u8>, u64)] = outlines().leak();
    let mut text = Vec::new();
    of_outlines(&mut text, stored);
    let octets = text.len();
    // Few enough to stay in the caches, as the outlines do.
    let mut responses = responses(text.leak());
    responses.drain(..COUNT as usize / 2);
    responses.truncate(DISTINCT);
    let responses: &'static [Response<'_>] = responses.leak();
    let all = move || responses.iter().cycle().take(COUNT as usize);
    let peer = move || {
        let codec = ResponseCodec::new();
        for response in all() {
            black_box(codec.encode(black_box(response)).dump());
        }
    };
    let task = |name, goal, ours: Box<dyn FnMut()>| Task {
        name,
        unit: Unit::Octets,
        units: octets,
        goal,
        ours,
        peer: Some(Box::new(peer)),
    };
    let out = || Vec::with_capacity(octets);
    let (mut written, mut of_stored, mut of_read) = (out(), out(), out());
    let mut layout = Layout::new();
    let mut server = Server::new(stored);
    vec![
        task(
            "fetch-10000-written",
            Some(4.0),
            Box::new(move || {
                written.clear();
                for response in all() {
                    written::line(&mut written, black_box(response));
                }
                black_box(&written);
            }),
        ),
        task(
            "fetch-10000-outline",
            None,
            Box::new(move || of_outlines(black_box(&mut of_stored), black_box(stored))),
        ),
        task(
            "fetch-10000-octets",
            None,
            Box::new(move || of_octets(black_box(&mut of_read), &mut layout)),
        ),
        task(
            "fetch-10000-session",
            None,
            Box::new(move || server.say(black_box(FETCH))),
        ),
    ]
}

/// Whether all write the same responses.
pub fn check() {
    let stored: &'static [(Vec<u8>, u64)] = outlines().leak();
    let (mut ours, mut again) = (Vec::new(), Vec::new());
    of_outlines(&mut ours, stored);
    of_octets(&mut again, &mut Layout::new());
    println!("  from octets as from outlines: {}", again == ours);
    let mut server = Server::new(stored);
    server.keep = Some(Vec::new());
    server.say(FETCH);
    let mut kept = server.keep.unwrap_or_default();
    kept.truncate(ours.len());
    println!("  the session writes the same: {}", kept == ours);
    let ours: &'static [u8] = ours.leak();
    let responses = responses(ours);
    let mut written = Vec::new();
    for response in &responses {
        written::line(&mut written, response);
    }
    println!(
        "  the peer's values, written by us, too: {}",
        written == ours
    );
    let codec = ResponseCodec::new();
    let mut theirs = Vec::new();
    for response in &responses {
        theirs.extend(codec.encode(response).dump());
    }
    println!(
        "  octets of a response: ours {}, theirs {}",
        ours.len() / COUNT as usize,
        theirs.len() / COUNT as usize
    );
    let again = self::responses(theirs.leak());
    println!(
        "  what the peer writes, it reads as the same: {}",
        again == responses
    );
}
