//! MIME: reports, threads, protected parts, section numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use mime_core::report::{Report, ReportBuf, ReportEvent};
use mime_core::thread::{Algorithm, BaseSubject, Keys, Step, Store, Threads, assign};
use mime_core::{Header, Layout, Limits, Message, MsgId, Name, armors};

/// What a report tells lies in the mail, is text, and is the same whether lines end in CRLF or LF.
pub fn mime_reports(data: &[u8]) {
    let one = event_of(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let lf = text.replace('\r', "");
        let crlf = lf.replace('\n', "\r\n");
        assert_eq!(event_of(lf.as_bytes()), event_of(crlf.as_bytes()));
        if text == crlf {
            assert_eq!(one, event_of(crlf.as_bytes()));
        }
    }
}

fn event_of(data: &[u8]) -> Option<ReportEvent> {
    let (mut layout, mut store) = (Layout::new(), ReportBuf::default());
    let message = layout.parse(data, &Limits::DEFAULT);
    let report = message.report(&mut store)?;
    let problems = report.problems();
    for (n, problem) in problems.iter().enumerate() {
        assert!(!problems[..n].contains(problem), "told twice: {problem:?}");
    }
    let headers: Vec<Header<'_>> = match report {
        Report::Delivery(report) => {
            let recipients = report.recipients().map(|to| to.fields());
            let headers: Vec<_> = recipients.collect();
            in_order(&headers);
            [report.fields()].into_iter().chain(headers).collect()
        }
        Report::Notification(report) => vec![report.fields()],
        Report::Feedback(report) => vec![report.fields()],
        _ => Vec::new(),
    };
    for field in headers.iter().flat_map(|header| header.iter()) {
        if let Some(at) = field.offset() {
            let there = data.get(at as usize..).unwrap_or(&[]);
            assert!(there.starts_with(field.raw()), "not where it says");
        }
    }
    let event = report.into_owned();
    let shown = |c: char| !matches!(c, '\r' | '\n' | '\0');
    if let ReportEvent::Delivery(event) = &event {
        for to in &event.recipients {
            for typed in [&to.final_recipient, &to.original_recipient, &to.diagnostic] {
                let Some(typed) = typed else { continue };
                assert!(typed.value.chars().all(shown));
                assert!(
                    typed
                        .address
                        .iter()
                        .all(|address| address.chars().all(shown))
                );
            }
        }
    }
    Some(event)
}

/// No field belongs to two recipients.
fn in_order(headers: &[Header<'_>]) {
    let mut behind = 0;
    for field in headers.iter().flat_map(|header| header.iter()) {
        let Some(at) = field.offset() else { return };
        assert!(at >= behind, "recipients overlap");
        behind = at + field.raw().len() as u32;
    }
}

/// The mails of a mailbox, parted by blank lines, are all in its threads once; the threads that ids
/// make are parts of those that are kept as mail comes in, in whatever order it came.
pub fn mime_threads(data: &[u8]) {
    let text = String::from_utf8_lossy(data).replace('\r', "");
    let mails: Vec<&str> = text.split("\n\n").take(200).collect();
    let keys: Vec<Keys<'_>> = mails
        .iter()
        .map(|mail| Keys::of(Header::new(mail.as_bytes())))
        .collect();
    let date = |n: usize| mails[n].len() as i64 % 7;
    let kept = kept_threads(&keys, (0..keys.len()).collect());
    let kept_backwards = kept_threads(&keys, (0..keys.len()).rev().collect());
    assert_eq!(sets(&kept), sets(&kept_backwards), "the order counted");
    for algorithm in Algorithm::ALL {
        let entries = keys.iter().cloned().enumerate();
        let threads = algorithm.thread(entries.map(|(n, keys)| (n, keys, date(n))));
        check_rows(&threads, keys.len());
        for thread in threads.iter() {
            let members: Vec<usize> = thread.iter().filter_map(|row| row.message).collect();
            let subject = |n: &usize| keys[*n].subject().key();
            let of_kept: BTreeSet<_> = members.iter().map(|n| kept[*n]).collect();
            match algorithm {
                Algorithm::OrderedSubject => {
                    assert!(
                        members
                            .windows(2)
                            .all(|two| subject(&two[0]) == subject(&two[1]))
                    );
                }
                Algorithm::Refs => assert_eq!(of_kept.len(), 1, "joined without an id"),
                _ => {}
            }
        }
    }
}

fn check_rows(threads: &Threads<usize>, mails: usize) {
    let mut all: Vec<_> = threads
        .rows()
        .iter()
        .filter_map(|row| row.message)
        .collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..mails), "a mail is lost or doubled");
    let mut deepest = 0;
    for row in threads.rows() {
        assert!(row.depth <= deepest && (row.message.is_some() || row.depth == 0));
        deepest = row.depth + 1;
    }
    let mut open = 0;
    let mut before = None;
    for step in threads.steps() {
        match step {
            Step::Open => open += 1,
            Step::Close => open -= 1,
            Step::Message(_) => assert!(before != Some(Step::Close), "a mail behind a list"),
        }
        assert!(open >= 0 && !(before == Some(Step::Open) && step == Step::Close));
        before = Some(step);
    }
    assert_eq!(open, 0);
}

#[derive(Default)]
struct Table {
    bound: BTreeMap<Vec<u8>, usize>,
    mails: BTreeMap<usize, usize>,
    next: usize,
}

impl Store for Table {
    type Thread = usize;
    type Error = Infallible;

    fn find(&mut self, id: MsgId<'_>) -> Result<Option<usize>, Infallible> {
        Ok(self.bound.get(id.0).copied())
    }

    fn create(&mut self) -> Result<usize, Infallible> {
        self.next += 1;
        Ok(self.next)
    }

    fn bind(&mut self, id: MsgId<'_>, thread: usize) -> Result<(), Infallible> {
        assert!(self.bound.insert(id.0.to_vec(), thread).is_none());
        Ok(())
    }

    fn merge(&mut self, keep: usize, gone: usize) -> Result<(), Infallible> {
        let all = self.bound.values_mut().chain(self.mails.values_mut());
        all.filter(|thread| **thread == gone)
            .for_each(|thread| *thread = keep);
        Ok(())
    }
}

/// The thread of each mail, when they come in this order.
fn kept_threads(keys: &[Keys<'_>], order: Vec<usize>) -> Vec<usize> {
    let mut table = Table::default();
    for n in order {
        let Ok(thread) = assign(&keys[n], &mut table);
        table.mails.insert(n, thread);
    }
    table.mails.into_values().collect()
}

fn sets(threads: &[usize]) -> BTreeSet<Vec<usize>> {
    let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (mail, thread) in threads.iter().enumerate() {
        sets.entry(*thread).or_default().push(mail);
    }
    sets.into_values().collect()
}

/// A base subject is a piece of its subject and has nothing more to lose.
pub fn mime_subject(data: &[u8]) {
    let subject = String::from_utf8_lossy(data);
    let base = BaseSubject::of(&*subject);
    let words = |text: &str| text.split([' ', '\t', '\r', '\n']).collect::<String>();
    assert!(words(&subject).contains(&words(base.text())));
    assert!(!base.text().starts_with(' ') && !base.text().ends_with(' '));
    let again = BaseSubject::of(base.text().to_owned());
    assert_eq!(again.text(), base.text());
    assert!(!again.is_reply());
}

/// Signed octets are those of the mail with CRLF; the sections of parts lead back to them; what is
/// found in one walk is what is found in many.
pub fn mime_protected(data: &[u8]) {
    let mut layout = Layout::new();
    let message = layout.parse(data, &Limits::DEFAULT);
    for part in message.parts() {
        if let Some(signed) = part.signed() {
            let octets = signed.octets();
            let bare = |octets: &[u8]| {
                let mut bare: Vec<u8> = Vec::new();
                for octet in octets {
                    if *octet == b'\n' && bare.last() == Some(&b'\r') {
                        bare.pop();
                    }
                    bare.push(*octet);
                }
                bare
            };
            assert_eq!(bare(&octets), bare(signed.entity().raw_entity()));
            let lone = octets.iter().zip([&0].into_iter().chain(octets.iter()));
            assert!(
                lone.filter(|(b, _)| **b == b'\n')
                    .all(|(_, before)| *before == b'\r')
            );
            assert!(!signed.is_sound() || part.children().count() == 2);
        }
        assert!(
            part.encrypted()
                .is_none_or(|e| e.control().parent().is_some())
        );
        part.smime();
        if let Some(len) = part.decoded_len() {
            assert_eq!(len, part.body().len() as u64);
        }
        let content = part.content();
        let value = |name: Name| part.field(name).map(|field| field.unfolded().into_owned());
        assert_eq!(content.id().map(Into::into), value(Name::ContentId));
        assert_eq!(content.md5().map(Into::into), value(Name::ContentMd5));
        assert_eq!(content.filename(), part.filename());
        assert_eq!(content.media_type().subtype(), part.media_type().subtype());
    }
    check_sections(message);
    let mut behind = 0;
    for (_, range) in armors(data) {
        assert!(range.start >= behind && range.start < range.end && range.end <= data.len());
        assert!(data[range.clone()].starts_with(b"-----BEGIN PGP "));
        behind = range.end;
    }
}

fn check_sections(message: Message<'_>) {
    let (mut sections, mut path, mut seen) = (message.section_paths(), Vec::new(), 0);
    while let Some((node, numbers, section)) = sections.next() {
        let found = message.layout().section_part(numbers, section);
        assert_eq!(found, Some(node.id()), "{numbers:?} leads elsewhere");
        assert_eq!(node.section_path(&mut path), section);
        assert_eq!(path, numbers);
        seen += 1;
    }
    assert_eq!(seen, message.parts().len());
}
