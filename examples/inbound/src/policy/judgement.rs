//! What a policy says, and what all of them say together.

use std::time::Duration;

use smtp_proto::Reply;

/// The longest that the slow downs of one stage hold a client up together.
const SLOWEST: Duration = Duration::from_secs(10);

/// What a client is told when it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: u16,
    enhanced: (u8, u16, u16),
    text: String,
}

impl Refusal {
    /// A reply code, its enhanced code (RFC 3463) and a text for whoever reads the bounce. The
    /// policy's name is put before the text.
    pub fn new(code: u16, enhanced: (u8, u16, u16), text: impl Into<String>) -> Self {
        Refusal {
            code,
            enhanced,
            text: text.into(),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The reply. A code of the wrong class becomes `otherwise`.
    fn reply(&self, class: u16, otherwise: u16) -> Reply<'static> {
        let code = match self.code / 100 == class {
            true => self.code,
            false => otherwise,
        };
        Reply::owned(code, Some(self.enhanced), self.text.clone())
    }
}

/// What becomes of a client, a recipient or a message. Ordered by strictness.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verdict {
    /// It goes on.
    #[default]
    Accept,
    /// It goes on, and the message to Junk, with a field that says why.
    Quarantine(String),
    /// Refused for now.
    TempFail(Refusal),
    /// Refused for good.
    Reject(Refusal),
}

impl Verdict {
    const fn strictness(&self) -> u8 {
        match self {
            Verdict::Accept => 0,
            Verdict::Quarantine(_) => 1,
            Verdict::TempFail(_) => 2,
            Verdict::Reject(_) => 3,
        }
    }

    /// Neither accepted nor quarantined.
    pub const fn is_refusal(&self) -> bool {
        self.strictness() >= 2
    }
}

/// A header field for the top of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its value. It may be folded: each CRLF is followed by white space.
    pub value: String,
}

impl Field {
    /// The field with its CRLF. Controls and line breaks that would end it become spaces.
    pub fn to_line(&self) -> String {
        let mut line = String::with_capacity(self.name.len() + self.value.len() + 4);
        line.push_str(self.name);
        line.push_str(": ");
        for (at, piece) in self.value.split("\r\n").enumerate() {
            let folds = piece.starts_with([' ', '\t']) && !piece.trim_ascii().is_empty();
            if at > 0 {
                line.push_str(if folds { "\r\n" } else { " " });
            }
            line.extend(piece.chars().map(|c| match c {
                '\t' => '\t',
                c if c.is_control() => ' ',
                c => c,
            }));
        }
        line.push_str("\r\n");
        line
    }
}

/// What one policy says: a verdict, and what it adds.
///
/// ```
/// # use inbound::policy::{Judgement, Refusal};
/// Judgement::accept();
/// Judgement::reject(Refusal::new(550, (5, 7, 1), "not from there"));
/// Judgement::quarantine("the sender is forged").field("X-Why", "forged");
/// Judgement::accept().slow_down(std::time::Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    verdict: Verdict,
    fields: Vec<Field>,
    keywords: Vec<String>,
    slow: Duration,
}

impl Judgement {
    /// Yes.
    pub fn accept() -> Self {
        Judgement::default()
    }

    /// Yes, but to Junk.
    pub fn quarantine(reason: impl Into<String>) -> Self {
        Self::of(Verdict::Quarantine(reason.into()))
    }

    /// Not now. A code that is not 4yz is sent as 451.
    pub fn tempfail(refusal: Refusal) -> Self {
        Self::of(Verdict::TempFail(refusal))
    }

    /// Never. A code that is not 5yz is sent as 550.
    pub fn reject(refusal: Refusal) -> Self {
        Self::of(Verdict::Reject(refusal))
    }

    fn of(verdict: Verdict) -> Self {
        Judgement {
            verdict,
            ..Judgement::default()
        }
    }

    /// Puts a field on top of the message.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push(Field {
            name,
            value: value.into(),
        });
        self
    }

    /// Gives the message a keyword in the mailbox.
    #[must_use]
    pub fn keyword(mut self, name: impl Into<String>) -> Self {
        self.keywords.push(name.into());
        self
    }

    /// Lets the client wait for its reply.
    #[must_use]
    pub fn slow_down(mut self, by: Duration) -> Self {
        self.slow = self.slow.saturating_add(by);
        self
    }

    /// How long the client is to wait.
    pub const fn slow(&self) -> Duration {
        self.slow
    }

    /// The verdict.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The fields that it puts on top.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Nothing but yes.
    pub(super) fn is_plain(&self) -> bool {
        *self == Judgement::default()
    }
}

/// What sticks to a message that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// Why it goes to Junk, each reason with the name of its policy before it.
    pub quarantine: Vec<String>,
    /// Fields for the top of it, the first one on top.
    pub fields: Vec<Field>,
    /// Keywords in the mailbox.
    pub keywords: Vec<String>,
}

impl Marks {
    /// Adds those of a later stage.
    pub fn add(&mut self, later: Marks) {
        self.quarantine.extend(later.quarantine);
        self.fields.extend(later.fields);
        for keyword in later.keywords {
            if !self.keywords.contains(&keyword) {
                self.keywords.push(keyword);
            }
        }
    }

    /// The fields as text, after one that says why the message is quarantined, if it is.
    pub fn to_lines(&self) -> String {
        let mut lines = String::new();
        if !self.quarantine.is_empty() {
            let why = Field {
                name: "X-Quarantined",
                value: self.quarantine.join(";\r\n\t"),
            };
            lines.push_str(&why.to_line());
        }
        lines.extend(self.fields.iter().map(Field::to_line));
        lines
    }
}

/// What all policies say together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The refusal as a reply that names its policy.
    refused: Option<(u8, Reply<'static>)>,
    marks: Marks,
    slow: Duration,
}

impl Decision {
    /// Adds what a policy says.
    pub(super) fn add(&mut self, policy: &str, judgement: Judgement) {
        let strictness = judgement.verdict.strictness();
        let refusal = match judgement.verdict {
            Verdict::Accept => None,
            Verdict::Quarantine(why) => {
                self.marks.quarantine.push(format!("[{policy}] {why}"));
                None
            }
            Verdict::TempFail(refusal) => Some(refusal.named(policy).reply(4, 451)),
            Verdict::Reject(refusal) => Some(refusal.named(policy).reply(5, 550)),
        };
        if let Some(reply) = refusal
            && self
                .refused
                .as_ref()
                .is_none_or(|(had, _)| *had < strictness)
        {
            self.refused = Some((strictness, reply));
        }
        self.marks.add(Marks {
            quarantine: Vec::new(),
            fields: judgement.fields,
            keywords: judgement.keywords,
        });
        self.slow = self.slow.saturating_add(judgement.slow).min(SLOWEST);
    }

    /// Whether some policy refuses.
    pub const fn is_refusal(&self) -> bool {
        self.refused.is_some()
    }

    /// How long the client waits for it, at most 10 seconds.
    pub const fn slow(&self) -> Duration {
        self.slow
    }

    /// The marks, or the reply that refuses.
    ///
    /// # Errors
    /// The strictest refusal.
    pub fn into_result(self) -> Result<Marks, Reply<'static>> {
        match self.refused {
            None => Ok(self.marks),
            Some((_, reply)) => Err(reply),
        }
    }
}

impl Refusal {
    fn named(mut self, policy: &str) -> Self {
        self.text = format!("[{policy}] {}", self.text);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(all: Vec<Judgement>) -> Decision {
        let mut decision = Decision::default();
        for judgement in all {
            decision.add("test", judgement);
        }
        decision
    }

    #[test]
    fn the_strictest_wins_whatever_the_order() {
        let all = [
            Judgement::accept(),
            Judgement::quarantine("odd"),
            Judgement::tempfail(Refusal::new(450, (4, 7, 1), "later")),
            Judgement::reject(Refusal::new(554, (5, 7, 1), "never")),
        ];
        for turn in 0..all.len() {
            let mut turned = all.to_vec();
            turned.rotate_left(turn);
            let reply = decide(turned).into_result().unwrap_err();
            assert_eq!(reply.to_string(), "554 5.7.1 [test] never");
        }
        let reply = decide(all[..3].to_vec()).into_result().unwrap_err();
        assert_eq!(reply.to_string(), "450 4.7.1 [test] later");
        let marks = decide(all[..2].to_vec()).into_result().unwrap();
        assert_eq!(marks.quarantine, ["[test] odd"]);
        assert_eq!(
            decide(all[..1].to_vec()).into_result(),
            Ok(Marks::default())
        );
    }

    #[test]
    fn tags_add_up_and_slow_downs_do_so_to_a_bound() {
        let tag = |n: &str| Judgement::accept().field("X-Tag", n).keyword("$Odd");
        let second = Duration::from_secs(1);
        let decision = decide(vec![tag("1"), tag("2").slow_down(second)]);
        assert_eq!(decision.slow(), second);
        let marks = decision.into_result().unwrap();
        assert_eq!(marks.to_lines(), "X-Tag: 1\r\nX-Tag: 2\r\n");
        assert_eq!(marks.keywords, ["$Odd"]);
        let slow = || Judgement::accept().slow_down(Duration::MAX);
        assert_eq!(decide(vec![slow(), slow()]).slow(), SLOWEST);
    }

    #[test]
    fn a_code_of_the_wrong_class_is_mended() {
        let no = |code| Refusal::new(code, (5, 7, 1), "x");
        let reply = decide(vec![Judgement::tempfail(no(550))]).into_result();
        assert_eq!(reply.unwrap_err().code(), 451);
        let reply = decide(vec![Judgement::reject(no(250))]).into_result();
        assert_eq!(reply.unwrap_err().code(), 550);
    }

    #[test]
    fn a_field_cannot_end_the_header() {
        let table = [
            ("plain", "X-A: plain\r\n"),
            ("a;\r\n\tb", "X-A: a;\r\n\tb\r\n"),
            ("a\r\nX-B: b", "X-A: a X-B: b\r\n"),
            ("a\r\n\r\nb", "X-A: a  b\r\n"),
            ("a\r\n \r\nb", "X-A: a   b\r\n"),
            ("a\nb\rc\0d", "X-A: a b c d\r\n"),
        ];
        for (value, line) in table {
            let field = Field {
                name: "X-A",
                value: value.to_owned(),
            };
            assert_eq!(field.to_line(), line, "{value:?}");
        }
    }

    #[test]
    fn a_quarantined_message_says_why() {
        let both = vec![
            Judgement::quarantine("one"),
            Judgement::quarantine("two\r\n"),
        ];
        let marks = decide(both).into_result().unwrap();
        assert_eq!(
            marks.to_lines(),
            "X-Quarantined: [test] one;\r\n\t[test] two \r\n"
        );
    }
}
