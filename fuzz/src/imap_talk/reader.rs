//! A client that believes nothing: what it is sent must be whole, well formed, in order, and allowed
//! at that moment.

use std::collections::VecDeque;

/// What a client knows from what it was sent.
#[derive(Debug, Default)]
pub struct Reader {
    unread: Vec<u8>,
    /// What it was sent, for the message of a fault.
    all: Vec<u8>,
    commands: VecDeque<Sent>,
    /// The messages of the selected mailbox.
    pub count: Option<u32>,
    opening: bool,
    qresync: bool,
    uid_only: bool,
    /// The mailbox keeps no mod-sequences: there EXPUNGE stays (RFC 7162 section 3.2.3).
    unnumbered: bool,
    /// BYE was said.
    pub over: bool,
}

/// A command that was sent and has no completion.
#[derive(Debug)]
struct Sent {
    tag: String,
    /// `UID` and the name, or the name alone; in capitals.
    name: String,
    uid: bool,
}

/// What the client does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// `+`
    GoOn,
    /// The completion of the oldest command.
    Done(bool),
}

impl Reader {
    /// A command is sent.
    pub fn sends(&mut self, tag: &str, line: &[u8]) {
        let text = String::from_utf8_lossy(line).to_ascii_uppercase();
        let mut words = text.split(' ');
        let first = words.next().unwrap_or_default();
        let uid = first == "UID";
        let name = if uid {
            words.next().unwrap_or_default()
        } else {
            first
        };
        self.commands.push_back(Sent {
            tag: tag.to_owned(),
            name: name.to_owned(),
            uid,
        });
        if self.commands.len() == 1 {
            self.begins();
        }
    }

    /// No command is open.
    pub fn is_idle(&self) -> bool {
        self.commands.is_empty()
    }

    fn begins(&mut self) {
        let name = self.commands.front().map(|sent| sent.name.as_str());
        self.opening = matches!(name, Some("SELECT" | "EXAMINE"));
    }

    /// Takes what was sent; what follows of it.
    pub fn hear(&mut self, octets: &[u8]) -> Vec<Heard> {
        self.unread.extend_from_slice(octets);
        self.all.extend_from_slice(octets);
        let mut heard = Vec::new();
        while let Some(end) = whole(&self.unread) {
            let response: Vec<u8> = self.unread.drain(..end).collect();
            let response = response.strip_suffix(b"\r\n").expect("a line end");
            heard.extend(self.response(response));
        }
        heard
    }

    /// Nothing was cut off.
    pub fn is_at_a_line_end(&self) -> bool {
        self.unread.is_empty()
    }

    fn fault(&self, what: &str, response: &[u8]) -> ! {
        panic!(
            "{what}: {}\nafter {}",
            response.escape_ascii(),
            self.all.escape_ascii()
        );
    }

    fn response(&mut self, response: &[u8]) -> Option<Heard> {
        if let Some(rest) = response.strip_prefix(b"* ") {
            self.untagged(rest);
            return None;
        }
        if response.starts_with(b"+ ") {
            return Some(Heard::GoOn);
        }
        let Some(sent) = self.commands.pop_front() else {
            self.fault("a reply to nothing", response);
        };
        let text = String::from_utf8_lossy(response);
        let rest = text.strip_prefix(&sent.tag);
        let Some(rest) = rest.and_then(|rest| rest.strip_prefix(' ')) else {
            self.fault(&format!("no reply to {sent:?}"), response);
        };
        let ok = rest.starts_with("OK ");
        if !(ok || rest.starts_with("NO ") || rest.starts_with("BAD ")) {
            self.fault("no completion", response);
        }
        if ok {
            match sent.name.as_str() {
                "CLOSE" | "UNSELECT" | "LOGOUT" => self.count = None,
                "UNAUTHENTICATE" => {
                    (self.count, self.qresync, self.uid_only) = (None, false, false);
                }
                "SELECT" | "EXAMINE" if self.count.is_none() => {
                    self.fault("a mailbox without EXISTS", response);
                }
                _ => {}
            }
        } else if matches!(sent.name.as_str(), "SELECT" | "EXAMINE") && !self.opening {
            // Its EXISTS was told, and then it failed.
            self.count = None;
        }
        self.begins();
        Some(Heard::Done(ok))
    }

    fn untagged(&mut self, rest: &[u8]) {
        let words: Vec<&[u8]> = rest.splitn(3, |octet| *octet == b' ').collect();
        let first = std::str::from_utf8(words[0]).unwrap_or_default();
        let second = words.get(1).copied().unwrap_or_default();
        if matches!(first, "OK" | "NO" | "BAD" | "BYE") {
            self.over |= first == "BYE";
            match second {
                b"[CLOSED]" => self.count = None,
                b"[NOMODSEQ]" => self.unnumbered = true,
                b"[HIGHESTMODSEQ" => self.unnumbered = false,
                _ => {}
            }
            if rest.iter().any(|octet| b"\r\n\0".contains(octet)) {
                self.fault("no text", rest);
            }
            return;
        }
        if let Err(why) = tokens(rest) {
            self.fault(why, rest);
        }
        let (name, uid) = match self.commands.front() {
            Some(sent) => (sent.name.as_str(), sent.uid),
            None => self.fault("outside of a command", rest),
        };
        let by_uid = self.uid_only || (self.qresync && !self.unnumbered);
        let numbers_hold = matches!(name, "FETCH" | "STORE" | "SEARCH" | "SORT" | "THREAD") && !uid;
        let Ok(number) = first.parse::<u32>() else {
            let earlier = second == b"(EARLIER)";
            match first {
                "VANISHED" if !by_uid => self.fault("not enabled", rest),
                "VANISHED" if !earlier => {
                    if numbers_hold {
                        self.fault("a message goes now", rest);
                    }
                    self.take_out(members(second), rest);
                }
                "SEARCH" | "SORT" | "THREAD" if self.uid_only && !uid && words.len() > 1 => {
                    self.fault("numbers", rest);
                }
                "ENABLED" => {
                    let mut all = rest.split(|octet| *octet == b' ');
                    self.qresync |= all.clone().any(|word| word == b"QRESYNC");
                    self.uid_only |= all.any(|word| word == b"UIDONLY");
                }
                "CAPABILITY" | "ID" | "NAMESPACE" | "LIST" | "LSUB" | "STATUS" | "FLAGS"
                | "SEARCH" | "ESEARCH" | "SORT" | "THREAD" | "VANISHED" => {}
                _ => self.fault("no response of IMAP", rest),
            }
            return;
        };
        let count = self.count.unwrap_or(0);
        let opening = std::mem::take(&mut self.opening);
        match second {
            b"EXISTS" if opening => self.count = Some(number),
            b"EXISTS" if self.count.is_some() && number >= count => self.count = Some(number),
            b"EXISTS" => self.fault("messages went without a word", rest),
            b"RECENT" => self.opening = opening,
            b"EXPUNGE" => {
                if numbers_hold || by_uid || number == 0 || number > count {
                    self.fault("EXPUNGE", rest);
                }
                self.take_out(1, rest);
            }
            b"FETCH" if self.uid_only || number == 0 || number > count => {
                self.fault("FETCH", rest);
            }
            b"UIDFETCH" if !self.uid_only => self.fault("UIDFETCH", rest),
            b"FETCH" | b"UIDFETCH" => {
                if !words.get(2).is_some_and(|list| list.starts_with(b"(")) {
                    self.fault("no list", rest);
                }
            }
            _ => self.fault("no response of IMAP", rest),
        }
    }

    fn take_out(&mut self, messages: u32, rest: &[u8]) {
        match self.count.and_then(|count| count.checked_sub(messages)) {
            Some(count) => self.count = Some(count),
            None => self.fault("more went than there were", rest),
        }
    }
}

/// How many numbers a set has.
fn members(set: &[u8]) -> u32 {
    let set = String::from_utf8_lossy(set);
    let ranges = set.split(',').map(|range| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
        assert!(0 < first && first <= last, "{set}");
        last - first + 1
    });
    ranges.sum()
}

/// Where the first response ends, if it is whole.
fn whole(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = octets.get(at..)?;
        let end = at + rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = &octets[at..end];
        assert!(
            !line.iter().any(|octet| b"\r\n".contains(octet)),
            "a bare line end: {}",
            line.escape_ascii()
        );
        at = end + 2;
        match literal(line) {
            // In a text it would be no literal; ours have none.
            Some(octets) => at += octets,
            None => return (at <= octets.len()).then_some(at),
        }
    }
}

fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let open = line.iter().rposition(|octet| *octet == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.parse().ok()
}

/// Atoms, strings and lists, with one space between them; only lists may stand side by side.
fn tokens(text: &[u8]) -> Result<(), &'static str> {
    let (mut at, mut depth, mut previous) = (0, 0usize, b' ');
    while let Some(&octet) = text.get(at) {
        let begins = !matches!(octet, b' ' | b')');
        if begins && !matches!(previous, b' ' | b'(') && !(octet == b'(' && previous == b')') {
            return Err("no space");
        }
        at += match octet {
            b'(' => {
                depth += 1;
                1
            }
            b')' if previous == b' ' || depth == 0 => return Err("nothing to close"),
            b')' => {
                depth -= 1;
                1
            }
            b' ' if matches!(previous, b' ' | b'(') => return Err("a space too many"),
            b' ' => 1,
            _ => token(&text[at..])?,
        };
        previous = if begins && octet != b'(' { b'x' } else { octet };
    }
    match depth == 0 && previous != b' ' {
        true => Ok(()),
        false => Err("a list is open"),
    }
}

fn token(text: &[u8]) -> Result<usize, &'static str> {
    match text {
        [b'"', ..] => quoted(text),
        [b'~', b'{', ..] => Ok(1 + literal_token(&text[1..], true)?),
        [b'{', ..] => literal_token(text, false),
        _ => atom(text),
    }
}

fn quoted(text: &[u8]) -> Result<usize, &'static str> {
    let mut at = 1;
    loop {
        match text.get(at) {
            Some(b'"') => break,
            Some(b'\\') if matches!(text.get(at + 1), Some(b'"' | b'\\')) => at += 2,
            None | Some(b'\\' | b'\r' | b'\n' | b'\0') => return Err("no quoted string"),
            Some(_) => at += 1,
        }
    }
    match std::str::from_utf8(&text[1..at]) {
        Ok(_) => Ok(at + 1),
        Err(_) => Err("not UTF-8"),
    }
}

fn literal_token(text: &[u8], binary: bool) -> Result<usize, &'static str> {
    let end = text.windows(3).position(|end| end == b"}\r\n");
    let end = end.ok_or("no literal")?;
    let octets = literal(&text[..=end]).ok_or("no literal")?;
    let data = text
        .get(end + 3..end + 3 + octets)
        .ok_or("half a literal")?;
    match data.contains(&0) && !binary {
        true => Err("NUL in a literal"),
        false => Ok(end + 3 + octets),
    }
}

/// With what stands in brackets: the names of a section are strings in a list.
fn atom(text: &[u8]) -> Result<usize, &'static str> {
    let mut at = 0;
    while let Some(octet) = text.get(at) {
        match octet {
            b' ' | b'(' | b')' => break,
            b'[' => {
                let within = section(&text[at + 1..])?;
                at += 1 + within;
            }
            octet if octet.is_ascii_graphic() && !b"\"{".contains(octet) => at += 1,
            _ => return Err("no atom"),
        }
    }
    Ok(at)
}

fn section(text: &[u8]) -> Result<usize, &'static str> {
    let mut at = 0;
    loop {
        at += match text.get(at) {
            Some(b']') => return Ok(at + 1),
            Some(b'"') => quoted(&text[at..])?,
            Some(b'{') => literal_token(&text[at..], false)?,
            Some(octet) if (b' '..=b'~').contains(octet) => 1,
            _ => return Err("no section"),
        };
    }
}
