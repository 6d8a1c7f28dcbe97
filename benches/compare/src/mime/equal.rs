//! Whether both sides saw the same mail. Differences are listed, not hidden.

use mime_core::{Kind, Layout, Name};

use super::work::{LIMITS, peer_parser};
use super::workloads::Workload;

/// What one side read out of one message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    parts: usize,
    fields: usize,
    subject: Option<String>,
    from: Vec<(Option<String>, Option<String>)>,
    to: Vec<(Option<String>, Option<String>)>,
    date: Option<String>,
    id: Option<String>,
    bodies: Vec<Body>,
}

/// A leaf: its decoded octets, as text where it is one.
#[derive(Debug, PartialEq, Eq)]
enum Body {
    Text(String),
    Octets(Vec<u8>),
}

fn ours(mail: &[u8]) -> Seen {
    let mut layout = Layout::new();
    let message = layout.parse(mail, &LIMITS);
    let header = message.header();
    let people = |name| {
        let field = header.first(name);
        let all = field
            .iter()
            .flat_map(|field| field.addresses().mailboxes())
            .map(|mailbox| {
                let name = mailbox.name().map(|name| name.decoded().into_owned());
                let name = name.or_else(|| mailbox.comment().map(|comment| comment.into_owned()));
                (name, mailbox.addr_spec().map(|spec| spec.into_owned()))
            });
        all.collect()
    };
    let bodies = message.parts().filter_map(|part| match part.kind() {
        Kind::Multipart | Kind::Message => None,
        Kind::Text => Some(Body::Text(part.text().into_owned())),
        _ => Some(Body::Octets(part.body().into_owned())),
    });
    Seen {
        parts: message.parts().len(),
        fields: message
            .parts()
            .map(|part| part.header().iter().count())
            .sum(),
        subject: header.subject().map(|text| text.into_owned()),
        from: people(Name::From),
        to: people(Name::To),
        date: header.date().map(|date| date.to_rfc3339()),
        id: header
            .message_id()
            .map(|id| String::from_utf8_lossy(id.0).into_owned()),
        bodies: bodies.collect(),
    }
}

fn theirs(mail: &[u8]) -> Option<Seen> {
    let parser = peer_parser();
    let message = parser.parse(mail)?;
    let people = |list: Option<mail_parser::AddressList<'_>>| {
        let all = list
            .iter()
            .flat_map(|list| list.mailboxes())
            .map(|mailbox| {
                let own = |text: Option<&str>| text.map(str::to_owned);
                (own(mailbox.name()), own(mailbox.address()))
            });
        all.collect()
    };
    let bodies = message.parts().filter_map(|part| match part.text() {
        _ if part.is_multipart() || part.is_message() => None,
        Some(text) => Some(Body::Text(text.into_owned())),
        None => Some(Body::Octets(part.decoded().into_owned())),
    });
    Some(Seen {
        parts: message.parts().len(),
        fields: message.parts().map(|part| part.headers().len()).sum(),
        subject: message.subject().map(str::to_owned),
        from: people(message.from()),
        to: people(message.to()),
        date: message.date().map(|date| date.to_rfc3339()),
        id: message.message_id().map(str::to_owned),
        bodies: bodies.collect(),
    })
}

impl Seen {
    /// What differs, in words.
    fn differences(&self, other: &Seen) -> Vec<String> {
        let mut out = Vec::new();
        let mut compare = |what: &str, same: bool, one: String, two: String| {
            if !same {
                out.push(format!("{what}: ours {one}, theirs {two}"));
            }
        };
        macro_rules! compare {
            ($($field:ident),+) => {$(
                compare(
                    stringify!($field),
                    self.$field == other.$field,
                    short(format!("{:?}", self.$field)),
                    short(format!("{:?}", other.$field)),
                );
            )+};
        }
        compare!(parts, fields, subject, from, to, date, id);
        let differ = self
            .bodies
            .iter()
            .zip(&other.bodies)
            .position(|(a, b)| a != b);
        if let Some(at) = differ {
            let (one, two) = (&self.bodies[at], &other.bodies[at]);
            compare(&format!("body {at}"), false, one.at(two), two.at(one));
        } else {
            let (one, two) = (self.bodies.len(), other.bodies.len());
            compare("bodies", one == two, one.to_string(), two.to_string());
        }
        out
    }
}

impl Body {
    fn octets(&self) -> (&'static str, &[u8]) {
        match self {
            Body::Text(text) => ("text", text.as_bytes()),
            Body::Octets(octets) => ("octets", octets),
        }
    }

    /// Around the first octet that differs.
    fn at(&self, other: &Body) -> String {
        let ((kind, octets), (_, others)) = (self.octets(), other.octets());
        let same = octets
            .iter()
            .zip(others)
            .take_while(|(a, b)| a == b)
            .count();
        let around = octets[same.saturating_sub(8)..].iter().take(24);
        let around: Vec<u8> = around.copied().collect();
        let around = around.escape_ascii();
        format!("{kind} of {} octets, at {same} {around}", octets.len())
    }
}

fn short(text: String) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Compares what both sides see of every message, prints up to `show` differences; how many
/// messages are read alike.
pub fn check(workload: &Workload, show: usize) -> usize {
    let mut alike = 0;
    let mut shown = 0;
    for (number, mail) in workload.mails.iter().enumerate() {
        let differences = match theirs(mail) {
            Some(theirs) => ours(mail).differences(&theirs),
            None => vec!["theirs refuses the message".to_owned()],
        };
        alike += usize::from(differences.is_empty());
        for difference in differences {
            if shown < show {
                println!("  {} message {number}: {difference}", workload.name);
            }
            shown += 1;
        }
    }
    if shown > show {
        println!("  {} and {} differences more", workload.name, shown - show);
    }
    alike
}
