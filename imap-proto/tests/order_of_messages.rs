//! SORT gives the order that a plain sort of the mailbox gives, whatever the rows hold; and its window,
//! ends and count are those of that order.

#![cfg(feature = "mime")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod app;

use std::{cell::RefCell, cmp::Ordering, rc::Rc};

use app::{App, Store};
use imap_proto::{Flags, SpecialUse};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Mail {
    from: usize,
    subject: usize,
    sent: Option<u8>,
    came: i64,
    size: usize,
}

/// Names, their local parts, and what the names are compared by.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("Ann <zed@x>", "zed", "ANN"),
    ("bob@x", "bob", "BOB@X"),
    ("BERT <al@x>", "al", "BERT"),
    ("\"cy\" <Bob@x>", "bob", "CY"),
];
const SUBJECTS: [(&str, &str); 5] = [
    ("lunch", "LUNCH"),
    ("Re: [x] LUNCH (fwd)", "LUNCH"),
    ("agenda", "AGENDA"),
    ("Fwd: Agenda 2", "AGENDA 2"),
    ("", ""),
];
const FIELDS: [&str; 6] = ["FROM", "SUBJECT", "DATE", "ARRIVAL", "SIZE", "DISPLAYFROM"];

impl Mail {
    fn text(&self) -> String {
        let date = self
            .sent
            .map(|day| format!("Date: {day} Jan 2026 00:00:00 +0000\r\n"));
        let (from, subject) = (PEOPLE[self.from].0, SUBJECTS[self.subject].0);
        let date = date.unwrap_or_default();
        let size = "x".repeat(self.size);
        format!("From: {from}\r\nSubject: {subject}\r\n{date}\r\n{size}\r\n")
    }

    fn compare(&self, other: &Mail, field: &str) -> Ordering {
        let sent = |mail: &Mail| {
            let day = |day: u8| YEAR + i64::from(day - 1) * 86_400;
            mail.sent.map_or(mail.came, day)
        };
        let local = |mail: &Mail| PEOPLE[mail.from].1.to_uppercase();
        match field {
            "FROM" => local(self).cmp(&local(other)),
            "SUBJECT" => SUBJECTS[self.subject].1.cmp(SUBJECTS[other.subject].1),
            "DATE" => sent(self).cmp(&sent(other)),
            "ARRIVAL" => self.came.cmp(&other.came),
            "SIZE" => self.text().len().cmp(&other.text().len()),
            _ => PEOPLE[self.from].2.cmp(PEOPLE[other.from].2),
        }
    }
}

/// 2026-01-01.
const YEAR: i64 = 1_767_225_600;

fn mails() -> impl Strategy<Value = Vec<Mail>> {
    let mail = (
        0..PEOPLE.len(),
        0..SUBJECTS.len(),
        prop::option::of(1..9u8),
        0..9i64,
        0..4usize,
    );
    let mail = mail.prop_map(|(from, subject, sent, day, size)| Mail {
        from,
        subject,
        sent,
        came: YEAR + day * 86_400,
        size,
    });
    prop::collection::vec(mail, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn sort_is_a_stable_sort(
        mails in mails(),
        criteria in prop::collection::vec((0..FIELDS.len(), any::<bool>()), 1..4),
        rowed in prop::sample::select(&["raw", "blob", "layout", "outline"][..]),
    ) {
        let store = Rc::new(RefCell::new(Store::default()));
        store.borrow_mut().create("INBOX", SpecialUse::NONE);
        for mail in &mails {
            store.borrow_mut().deliver("INBOX", mail.text().as_bytes(), Flags::default(), (mail.came, 0));
        }
        let mut app = App::on(store, &[rowed]);
        app.say("1 LOGIN fred secret\r\n2 SELECT INBOX\r\n");
        let mut order: Vec<usize> = (0..mails.len()).collect();
        order.sort_by(|a, b| {
            let by = criteria.iter().map(|(field, reverse)| {
                let order = mails[*a].compare(&mails[*b], FIELDS[*field]);
                if *reverse { order.reverse() } else { order }
            });
            by.fold(Ordering::Equal, Ordering::then)
        });
        let order: Vec<String> = order.iter().map(|at| (at + 1).to_string()).collect();
        let words: Vec<String> = criteria.iter().map(|(field, reverse)| {
            format!("{}{}", if *reverse { "REVERSE " } else { "" }, FIELDS[*field])
        }).collect();
        let words = words.join(" ");
        let said = app.say(&format!("3 SORT ({words}) UTF-8 ALL\r\n"));
        prop_assert_eq!(said, format!("* SORT {}\r\n3 OK Done\r\n", order.join(" ")));
        let said = app.say(&format!("4 UID SORT RETURN (MIN MAX COUNT PARTIAL -1:-1) ({words}) UTF-8 ALL\r\n"));
        let (first, last, count) = (&order[0], &order[order.len() - 1], order.len());
        prop_assert_eq!(
            said,
            format!("* ESEARCH (TAG \"4\") UID MIN {first} MAX {last} PARTIAL (-1:-1 {last}) COUNT {count}\r\n4 OK Done\r\n")
        );
    }
}
