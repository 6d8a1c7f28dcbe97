//! A strict reader of what a server sends: RFC 9051 section 9, to the octet. `None`: malformed.

/// The rest of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'r> {
    pub(crate) rest: &'r [u8],
    /// UTF-8 may stand in quoted strings.
    pub(crate) utf8: bool,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(rest: &'r [u8], utf8: bool) -> Self {
        Self { rest, utf8 }
    }

    pub(crate) fn expect(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text.as_bytes())?;
        Some(())
    }

    pub(crate) fn peek(&self, text: &str) -> bool {
        self.rest.starts_with(text.as_bytes())
    }

    pub(crate) fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        std::str::from_utf8(number).ok()?.parse().ok()
    }

    pub(crate) fn string(&mut self) -> Option<Vec<u8>> {
        match self.rest.split_first()? {
            (b'"', rest) => {
                self.rest = rest;
                self.quoted()
            }
            (b'{', rest) => {
                self.rest = rest;
                let octets = usize::try_from(self.number()?).ok()?;
                self.expect("}\r\n")?;
                let (text, rest) = self.rest.split_at_checked(octets)?;
                self.rest = rest;
                (!text.contains(&0)).then(|| text.to_vec())
            }
            _ => None,
        }
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        loop {
            let (&octet, rest) = self.rest.split_first()?;
            self.rest = rest;
            match octet {
                b'"' => break,
                b'\\' => {
                    let (&octet, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    matches!(octet, b'"' | b'\\').then(|| text.push(octet))?;
                }
                0 | b'\r' | b'\n' => return None,
                _ => text.push(octet),
            }
        }
        let sound = text.is_ascii() || (self.utf8 && std::str::from_utf8(&text).is_ok());
        sound.then_some(text)
    }

    pub(crate) fn nstring(&mut self) -> Option<Option<Vec<u8>>> {
        match self.expect("NIL") {
            Some(()) => Some(None),
            None => self.string().map(Some),
        }
    }

    pub(crate) fn atom(&mut self) -> Option<&'r [u8]> {
        let special = |b: u8| b <= b' ' || b >= 0x7f || b"(){%*\"\\]".contains(&b);
        let end = self
            .rest
            .iter()
            .position(|&b| special(b))
            .unwrap_or(self.rest.len());
        let (atom, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!atom.is_empty()).then_some(atom)
    }

    /// An atom that is not NIL, with `]` allowed, or a string.
    pub(crate) fn astring(&mut self) -> Option<Vec<u8>> {
        if self.peek("\"") || self.peek("{") {
            return self.string();
        }
        let mut text = Vec::new();
        loop {
            match (self.atom(), self.expect("]")) {
                (None, None) => break,
                (atom, bracket) => {
                    text.extend_from_slice(atom.unwrap_or_default());
                    text.extend(bracket.map(|()| b']'));
                }
            }
        }
        (!text.is_empty() && !text.eq_ignore_ascii_case(b"NIL")).then_some(text)
    }
}
