//! What a reader sees in a mail, and where two of them disagree.
#![allow(dead_code)]

use std::collections::BTreeMap;

use mime_core::{DateTime, Defect, Found, Header, Kind, Layout, Limits, Message, Name, Part};

/// A mail as a reader sees it, in a form that two readers share.
pub(crate) struct Seen {
    pub(crate) parts: Vec<SeenPart>,
    pub(crate) subject: Option<String>,
    pub(crate) from: Option<Addresses>,
    pub(crate) to: Option<Addresses>,
    /// Seconds in UTC, and minutes east of it.
    pub(crate) date: Option<(i64, Option<i64>)>,
    /// Fields that the reader failed at.
    pub(crate) failed: Vec<What>,
}

/// Name and address of each mailbox.
pub(crate) type Addresses = Vec<(String, String)>;

pub(crate) struct SeenPart {
    pub(crate) depth: usize,
    pub(crate) kind: String,
    pub(crate) children: usize,
    pub(crate) filename: Option<String>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) text: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// The parts, their types and their nesting.
    Tree,
    Body,
    Text,
    Filename,
    Subject,
    From,
    To,
    Date,
}

/// One disagreement.
pub(crate) struct Difference {
    pub(crate) what: What,
    /// The index of the part.
    pub(crate) part: usize,
    pub(crate) ours: String,
    pub(crate) theirs: String,
}

impl Seen {
    pub(crate) fn of(message: Message<'_>) -> Seen {
        let header = message.header();
        let date = header.date().map(|date| {
            let offset = date.offset_minutes.map(i64::from);
            (date.unix(), offset)
        });
        Seen {
            parts: message.parts().map(SeenPart::of).collect(),
            subject: header.subject().map(|text| text.into_owned()),
            from: addresses(header, Name::From),
            to: addresses(header, Name::To),
            date,
            failed: Vec::new(),
        }
    }

    /// Types and nesting in one line.
    pub(crate) fn tree(&self) -> String {
        let part = |part: &SeenPart| format!("{} {} {}", part.depth, part.kind, part.children);
        self.parts.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

fn addresses(header: Header<'_>, name: Name) -> Option<Addresses> {
    let field = header.first(name)?;
    let pairs = field.addresses().mailboxes().map(|mailbox| {
        let name = mailbox.name().map(|name| name.decoded().into_owned());
        let spec = mailbox.addr_spec().map(|spec| spec.into_owned());
        (name.unwrap_or_default(), spec.unwrap_or_default())
    });
    Some(pairs.collect())
}

impl SeenPart {
    fn of(part: Part<'_>) -> SeenPart {
        let media = part.media_type();
        let name = |octets: &[u8]| String::from_utf8_lossy(octets).to_lowercase();
        let is_leaf = matches!(part.kind(), Kind::Leaf | Kind::Text);
        SeenPart {
            depth: usize::from(part.depth()),
            kind: format!("{}/{}", name(media.ty()), name(media.subtype())),
            children: part.children().count(),
            filename: part.filename().map(|name| name.into_owned()),
            body: is_leaf.then(|| part.body().into_owned()),
            text: (part.kind() == Kind::Text).then(|| part.text().into_owned()),
        }
    }
}

/// Where they disagree. If it is about the parts, nothing else of the parts is compared.
pub(crate) fn between(ours: &Seen, theirs: &Seen) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut compare = |what: What, part: usize, ours: String, theirs: String| {
        if ours != theirs {
            all.push(Difference {
                what,
                part,
                ours,
                theirs,
            });
        }
    };
    compare(What::Subject, 0, show(&ours.subject), show(&theirs.subject));
    compare(What::From, 0, show(&ours.from), show(&theirs.from));
    compare(What::To, 0, show(&ours.to), show(&theirs.to));
    compare(What::Date, 0, show(&ours.date), show(&theirs.date));
    compare(What::Tree, 0, ours.tree(), theirs.tree());
    if ours.tree() != theirs.tree() {
        return all;
    }
    for (i, (ours, theirs)) in ours.parts.iter().zip(&theirs.parts).enumerate() {
        compare(
            What::Filename,
            i,
            show(&ours.filename),
            show(&theirs.filename),
        );
        let body = |part: &SeenPart| {
            let body = part
                .body
                .as_ref()
                .map(|body| body.escape_ascii().to_string());
            show(&body)
        };
        compare(What::Body, i, body(ours), body(theirs));
        if body(ours) == body(theirs) {
            compare(What::Text, i, show(&ours.text), show(&theirs.text));
        }
    }
    all
}

fn show(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

/// A disagreement with what may explain it.
pub(crate) struct Case<'a> {
    pub(crate) difference: &'a Difference,
    pub(crate) found: &'a [Found],
    pub(crate) mail: &'a [u8],
    /// The other reader has no answer at all.
    pub(crate) failed: bool,
}

impl Case<'_> {
    pub(crate) fn is(&self, what: &[What]) -> bool {
        what.contains(&self.difference.what)
    }

    /// Whether the audit found one of these anywhere.
    pub(crate) fn has(&self, kinds: &[Defect]) -> bool {
        self.found.iter().any(|found| kinds.contains(&found.kind))
    }

    /// Whether it found one of these in the field, or in the part, that the disagreement is about.
    pub(crate) fn has_here(&self, kinds: &[Defect]) -> bool {
        let here = |found: &&Found| match self.difference.what {
            What::From => found.field == Some(Name::From),
            What::To => found.field == Some(Name::To),
            What::Subject => found.field == Some(Name::Subject),
            What::Date => found.field == Some(Name::Date),
            What::Tree => true,
            _ => found.part.index() as usize == self.difference.part,
        };
        let mut all = self.found.iter().filter(here);
        all.any(|found| kinds.contains(&found.kind))
    }

    /// Whether both say the same after this change to what they say.
    pub(crate) fn same(&self, change: impl Fn(&str) -> String) -> bool {
        change(&self.difference.ours) == change(&self.difference.theirs)
    }
}

/// A named reason to disagree.
pub(crate) type Class = (&'static str, fn(&Case<'_>) -> bool);

/// Names every disagreement; panics at one without a name. How often each class was met.
pub(crate) fn explain(
    mails: &[Vec<u8>],
    theirs: impl IntoIterator<Item = Seen>,
    classes: &[Class],
) -> BTreeMap<&'static str, usize> {
    let mut met = BTreeMap::new();
    let mut unexplained: BTreeMap<What, Vec<String>> = BTreeMap::new();
    for (mail, theirs) in mails.iter().zip(theirs) {
        let mut layout = Layout::new();
        let message = layout.parse(mail, &Limits::DEFAULT);
        let found = message.audit(10_000);
        for difference in between(&Seen::of(message), &theirs) {
            let case = Case {
                difference: &difference,
                found: &found,
                mail,
                failed: theirs.failed.contains(&difference.what),
            };
            match classes.iter().find(|(_, holds)| holds(&case)) {
                Some((name, _)) => *met.entry(*name).or_insert(0) += 1,
                None => {
                    let Difference {
                        what,
                        part,
                        ours,
                        theirs,
                    } = &difference;
                    let kinds: Vec<_> = found.iter().map(|f| f.kind.name()).collect();
                    let mail = mail
                        .escape_ascii()
                        .to_string()
                        .chars()
                        .take(1500)
                        .collect::<String>();
                    unexplained.entry(*what).or_default().push(format!(
                        "{what:?} of part {part}\n  ours:   {ours}\n  theirs: {theirs}\n  \
                         found:  {kinds:?}\n  mail:   {mail}",
                    ));
                }
            }
        }
    }
    let some = unexplained.values().flat_map(|all| all.iter().take(4));
    let some: Vec<_> = some.cloned().collect();
    let count: usize = unexplained.values().map(Vec::len).sum();
    assert!(
        count == 0,
        "{count} disagreements without a name:\n{}",
        some.join("\n")
    );
    met
}

/// Whether the Date is as RFC 5322 section 3.3 has it, without obsolete forms.
pub(crate) fn is_plain_date(mail: &[u8]) -> bool {
    let Some(field) = Header::new(mail).first(Name::Date) else {
        return true;
    };
    let text = field.text();
    let (day, text) = text.split_once(", ").unwrap_or(("Sat", &text));
    let words: Vec<_> = text.split_ascii_whitespace().take(5).collect();
    let digits =
        |word: &str, len: usize| word.len() == len && word.bytes().all(|b| b.is_ascii_digit());
    if day.len() != 3 || !day.bytes().all(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let [_, month, year, time, zone] = words[..] else {
        return false;
    };
    let clock = time.split(':').all(|n| digits(n, 2));
    let zone = zone.strip_prefix(['+', '-']).is_some_and(|n| digits(n, 4));
    digits(year, 4)
        && month.len() == 3
        && clock
        && zone
        && DateTime::parse(text.as_bytes()).is_some()
}

/// The classes have their rows in a table of DIFFERENCES.md, and no other rows are there.
pub(crate) fn assert_documented(table: &str, classes: &[Class]) {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    let names: Vec<_> = classes.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows, names, "table and classes differ");
}
