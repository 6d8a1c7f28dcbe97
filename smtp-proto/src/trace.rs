//! The trace that a server leaves on a message (RFC 5321 section 4.4).

use core::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use wire_core::TlsInfo;

use crate::{Address, calendar, grammar::path::is_hello};

/// A `Received` field, folded and with its CRLF: write it with `to_string`.
///
/// [`Session::trace`](crate::Session::trace) makes it; what the session knows is in it, what the
/// application knows it says.
///
/// ```
/// # use smtp_proto::{Config, Session, wire_core::{Entropy, Peer, Time}};
/// # let peer = Peer::new("192.0.2.1:25".parse().ok());
/// # let session = Session::new(Config::sink(), peer, Entropy([0; 32]), Time::ZERO);
/// let field = session.trace(1_795_231_711).id("4F2").host("mail.example.net").to_string();
/// assert_eq!(
///     field,
///     "Received: from unknown (mail.example.net [192.0.2.1])\r\n\tby localhost with SMTP id 4F2;\
///      \r\n\tSat, 21 Nov 2026 03:28:31 +0000\r\n",
/// );
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Trace<'a> {
    pub(crate) helo: Option<&'a str>,
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) host: Option<&'a str>,
    pub(crate) hostname: &'a str,
    pub(crate) protocol: Protocol,
    pub(crate) tls: Option<&'a TlsInfo>,
    pub(crate) id: &'a str,
    pub(crate) recipient: Option<&'a Address>,
    /// The message has one recipient.
    pub(crate) single: bool,
    pub(crate) unix: i64,
}

/// What RFC 3848 and RFC 6531 section 4.3 name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Protocol {
    pub(crate) lmtp: bool,
    pub(crate) extended: bool,
    pub(crate) utf8: bool,
    pub(crate) tls: bool,
    pub(crate) authenticated: bool,
}

impl<'a> Trace<'a> {
    /// Names the message as your logs do. Whatever does not fit an atom is lost.
    pub const fn id(mut self, id: &'a str) -> Self {
        self.id = id;
        self
    }

    /// The name of the client's address in the DNS, if that leads back to the address. What is no
    /// domain is left out.
    pub const fn host(mut self, name: &'a str) -> Self {
        self.host = Some(name);
        self
    }

    /// The recipient. It is shown only where the message has no other, so that nobody learns of a
    /// blind copy (RFC 5321 section 7.2).
    pub const fn recipient(mut self, recipient: &'a Address) -> Self {
        self.recipient = Some(recipient);
        self
    }

    /// What the connection tells: not what the client says.
    fn tcp_info(&self) -> Option<String> {
        let address = match self.remote?.ip().to_canonical() {
            IpAddr::V4(ip) => format!("[{ip}]"),
            IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
        };
        Some(match self.host.and_then(name) {
            Some(host) => format!("({host} {address})"),
            None => format!("({address})"),
        })
    }

    /// The clause `tls` (RFC 8314 section 4.3), and the version in a comment.
    fn tls_info(&self) -> Option<String> {
        let tls = self.tls?;
        let clean = |name: &str| name.chars().filter(|c| is_tls_name(*c)).collect::<String>();
        let version = tls.protocol.map(|version| format!("({})", clean(version)));
        // As it is registered, which is not what each TLS stack calls it.
        let cipher = tls
            .cipher
            .map(|cipher| match cipher.strip_prefix("TLS13_") {
                Some(rest) => format!("tls TLS_{}", clean(rest)),
                None => format!("tls {}", clean(cipher)),
            });
        match (cipher, version) {
            (Some(cipher), Some(version)) => Some(format!("{cipher} {version}")),
            (cipher, version) => cipher.or(version),
        }
    }
}

impl fmt::Display for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut field = Folded::new("Received: from");
        field.word(self.helo.and_then(name).unwrap_or("unknown"));
        let words = self.tcp_info();
        words.iter().for_each(|words| field.words(words));

        field.line("by");
        field.word(self.hostname);
        field.words(&format!("with {}", self.protocol));
        let id: String = self.id.chars().filter(|c| is_atext(*c)).collect();
        if !id.is_empty() {
            field.words(&format!("id {id}"));
        }
        // A path cannot be folded, and no line may be longer than 998 octets.
        let shown = |recipient: &&Address| self.single && recipient.as_str().len() < 900;
        if let Some(recipient) = self.recipient.filter(shown) {
            field.line("for");
            field.word(&format!("<{recipient}>"));
        }
        if let Some(tls) = self.tls_info() {
            field.line("");
            field.words(&tls);
        }
        write!(
            f,
            "{};\r\n\t{}\r\n",
            field.text,
            calendar::rfc_5322(self.unix)
        )
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.lmtp, self.utf8, self.extended) {
            (true, true, _) => "UTF8LMTP",
            (true, false, _) => "LMTP",
            (false, true, _) => "UTF8SMTP",
            (false, false, true) => "ESMTP",
            // HELO has no extensions, and so no names for them.
            (false, false, false) => return f.write_str("SMTP"),
        })?;
        f.write_str(if self.tls { "S" } else { "" })?;
        f.write_str(if self.authenticated { "A" } else { "" })
    }
}

impl Address {
    /// The `Return-Path` field that final delivery puts on top of the message, with its CRLF
    /// (RFC 5321 section 4.4). Of a bounce it is `<>`.
    ///
    /// A message has one. Those that it came with are not from its delivery: leave them out.
    ///
    /// ```
    /// use smtp_proto::Address;
    ///
    /// let from: Address = "\"a b\"@example.org".parse()?;
    /// assert_eq!(from.return_path(), "Return-Path: <\"a b\"@example.org>\r\n");
    /// assert_eq!(Address::null().return_path(), "Return-Path: <>\r\n");
    /// # Ok::<(), smtp_proto::AddressError>(())
    /// ```
    pub fn return_path(&self) -> String {
        let mut field = Folded::new("Return-Path:");
        // Nothing within it may be folded.
        field.word(&format!("<{self}>"));
        field.text + "\r\n"
    }
}

/// A field in lines that are no longer than RFC 5322 section 2.1.1 recommends, where its words let
/// that be.
struct Folded {
    text: String,
    /// Octets of the last line.
    column: usize,
}

impl Folded {
    const LINE: usize = 78;

    fn new(begin: &str) -> Self {
        Folded {
            text: begin.to_owned(),
            column: begin.len(),
        }
    }

    fn words(&mut self, words: &str) {
        words.split(' ').for_each(|word| self.word(word));
    }

    fn word(&mut self, word: &str) {
        // A semicolon may follow.
        if self.column > 1 && self.column + 1 + word.len() >= Self::LINE {
            self.line("");
        }
        if self.column > 1 {
            self.text.push(' ');
            self.column += 1;
        }
        self.text.push_str(word);
        self.column += word.len();
    }

    /// A new line, and its first word.
    fn line(&mut self, word: &str) {
        self.text.push_str("\r\n\t");
        self.text.push_str(word);
        self.column = 1 + word.len();
    }
}

/// A name that a `Received` field can hold. Address literals of unknown kinds are none: what may be
/// in them looks like comments, and like the end of the field.
fn name(name: &str) -> Option<&str> {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.:[]".contains(&octet);
    Some(name).filter(|name| is_hello(name.as_bytes()) && name.bytes().all(plain))
}

fn is_tls_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}
