//! What a server has to remember, and nothing else: the reference that a session is held against.
#![allow(unreachable_pub)]

/// What a listener offers and demands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kind {
    pub lmtp: bool,
    pub prdr: bool,
    pub starttls: bool,
    /// LOGIN everywhere, PLAIN inside TLS only.
    pub auth: bool,
    pub require_tls: bool,
    pub require_auth: bool,
}

/// What happens to a session: a type, and all its values.
macro_rules! acts {
    ($($(#[$about:meta])* $act:ident,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Act {
            Data(Body),
            $($(#[$about])* $act,)*
        }

        impl Act {
            pub const ALL: &[Act] = &[
                Act::Data(Body::Whole),
                Act::Data(Body::BareLf),
                Act::Data(Body::Refused),
                Act::Data(Body::Silence),
                Act::Data(Body::Eof),
                $(Act::$act,)*
            ];
        }
    };
}

acts! {
    Helo,
    Ehlo,
    Lhlo,
    BadHello,
    Mail,
    EachMail,
    BigMail,
    BadMail,
    Rcpt,
    BadRcpt,
    /// DATA and its message in one write, though nobody may do so.
    RashData,
    Bdat,
    LastBdat,
    EmptyBdat,
    BareBdat,
    LostBdat,
    Rset,
    BadRset,
    Noop,
    Help,
    Vrfy,
    Etrn,
    StartTls,
    /// With a command in plaintext behind it.
    RashStartTls,
    AuthLogin,
    AuthPlain,
    AuthCancelled,
    AuthUnknown,
    AuthJunk,
    Junk,
    Quit,
    Silence,
    Drain,
    Cut,
    Eof,
    RefuseMessage,
}

/// What comes behind 354.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Whole,
    BareLf,
    Refused,
    Silence,
    Eof,
}

/// What an application says to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    Temporary,
    Permanent,
    Lost,
    Late,
    RefuseMessage,
    /// To `End`: every other recipient from behind gets 452, the rest 250. Else: yes.
    Each,
}

impl Act {
    pub fn wire(self) -> &'static str {
        match self {
            Act::Helo => "HELO client.example\r\n",
            Act::Ehlo => "EHLO client.example\r\n",
            Act::Lhlo => "LHLO client.example\r\n",
            Act::BadHello => "EHLO\r\n",
            Act::Mail => "MAIL FROM:<a@client.example>\r\n",
            Act::EachMail => "MAIL FROM:<a@client.example> PRDR\r\n",
            Act::BigMail => "MAIL FROM:<a@client.example> SIZE=9999999\r\n",
            Act::BadMail => "MAIL FROM:<a\r\n",
            Act::Rcpt => "RCPT TO:<bob@example.org>\r\n",
            Act::BadRcpt => "RCPT TO:<bob\r\n",
            Act::RashData => "DATA\r\nNOOP\r\n.\r\n",
            Act::Bdat => "BDAT 6\r\nRSET\r\n",
            Act::LastBdat => "BDAT 6 LAST\r\nRSET\r\n",
            Act::EmptyBdat => "BDAT 0\r\n",
            Act::BareBdat => "BDAT 2\r\nx\n",
            Act::LostBdat => "BDAT 6 LSAT\r\nRSET\r\n",
            Act::Rset => "RSET\r\n",
            Act::BadRset => "RSET x\r\n",
            Act::Noop => "NOOP\r\n",
            Act::Help => "HELP\r\n",
            Act::Vrfy => "VRFY bob\r\n",
            Act::Etrn => "ETRN example.org\r\n",
            Act::StartTls => "STARTTLS\r\n",
            Act::RashStartTls => "STARTTLS\r\nMAIL FROM:<evil@client.example>\r\n",
            Act::AuthLogin => "AUTH LOGIN ZGVtbw==\r\nc2VjcmV0\r\n",
            Act::AuthPlain => "AUTH PLAIN AGRlbW8Ac2VjcmV0\r\n",
            Act::AuthCancelled => "AUTH LOGIN\r\n*\r\n",
            Act::AuthUnknown => "AUTH X-NONE\r\n",
            Act::AuthJunk => "AUTH LOGIN ?\r\n",
            Act::Junk => "FOO\r\n",
            Act::Quit => "QUIT\r\n",
            _ => "",
        }
    }

    pub fn is_hello(self) -> bool {
        matches!(self, Act::Helo | Act::Ehlo | Act::Lhlo | Act::BadHello)
    }

    /// May it stand in a write with others, whatever is replied?
    pub fn is_pipelined(self) -> bool {
        let answered = matches!(self, Act::AuthLogin | Act::AuthCancelled);
        !answered && !matches!(self, Act::StartTls | Act::RashStartTls) && !self.wire().is_empty()
    }
}

#[derive(Default)]
struct Mail {
    each: bool,
    asked: usize,
    accepted: Vec<usize>,
    /// Octets by BDAT so far.
    chunks: Option<usize>,
    /// The message is gone, and its client hears this of it.
    refused: Option<u16>,
}

#[derive(Default)]
pub struct Model {
    kind: Kind,
    /// Extended?
    hello: Option<bool>,
    tls: bool,
    user: bool,
    mail: Option<Mail>,
    drain: bool,
    pub closed: Option<&'static str>,
    /// A line an event.
    pub told: Vec<String>,
}

type Ask<'a> = &'a mut dyn FnMut() -> Verdict;

impl Model {
    pub fn new(kind: Kind) -> Self {
        Model {
            kind,
            ..Model::default()
        }
    }

    /// The numbers of the RCPT that the open message has.
    pub fn recipients(&self) -> Vec<usize> {
        self.mail
            .as_ref()
            .map_or(vec![], |mail| mail.accepted.clone())
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.told.push(what.into());
    }

    fn is_open(&self) -> bool {
        self.mail
            .as_ref()
            .is_some_and(|mail| mail.refused.is_none())
    }

    /// The transaction is gone.
    fn reset(&mut self, why: &str) {
        if self.is_open() {
            self.tell(format!("dropped {why}"));
        }
        self.mail = None;
    }

    /// The message is gone, but its client goes on with it.
    fn refuse(&mut self, why: &str, code: u16) {
        if self.is_open() {
            self.tell(format!("dropped {why}"));
            self.mail.as_mut().unwrap().refused = Some(code);
        }
    }

    fn close(&mut self, why: &str, reason: &'static str) {
        self.reset(why);
        self.closed = Some(reason);
    }

    /// The code of a decision; `None`: yes.
    fn ask(&mut self, ask: Ask<'_>) -> (Verdict, Option<u16>) {
        let verdict = ask();
        let code = match verdict {
            Verdict::Yes | Verdict::Each => None,
            Verdict::Temporary => Some(450),
            Verdict::Permanent => Some(550),
            Verdict::Lost | Verdict::Late => Some(451),
            Verdict::RefuseMessage => Some(552),
        };
        if verdict == Verdict::Late {
            self.tell("expired");
        }
        (verdict, code)
    }

    /// Who is no part of a message is not refused by refusing the message.
    fn ask_aside(&mut self, ask: Ask<'_>) -> Option<u16> {
        self.ask(ask).1.filter(|code| *code != 552)
    }

    pub fn act(&mut self, act: Act, ask: Ask<'_>) -> Vec<u16> {
        let mut codes = self.codes(act, ask);
        if self.drain && !self.is_open() && self.closed.is_none() {
            codes.push(421);
            self.close("Shutdown", "Shutdown");
        }
        codes
    }

    fn codes(&mut self, act: Act, ask: Ask<'_>) -> Vec<u16> {
        let barred = self.kind.require_tls && !self.tls || self.kind.require_auth && !self.user;
        let extended = self.hello == Some(true);
        let refused = self.mail.as_ref().and_then(|mail| mail.refused);
        let chunks = self.mail.as_ref().is_some_and(|mail| mail.chunks.is_some());
        vec![match act {
            Act::Helo | Act::Ehlo | Act::Lhlo | Act::BadHello
                if self.kind.lmtp != (act == Act::Lhlo) =>
            {
                500
            }
            Act::BadHello | Act::BadRset => 501,
            Act::Helo | Act::Ehlo | Act::Lhlo => match self.ask_aside(ask) {
                Some(code) => code,
                None => {
                    self.reset("Hello");
                    self.hello = Some(act != Act::Helo);
                    250
                }
            },
            Act::Mail | Act::EachMail | Act::BigMail | Act::BadMail => match act {
                _ if self.hello.is_none() => 503,
                _ if barred => 530,
                _ if self.mail.is_some() => 503,
                Act::BadMail => 501,
                Act::EachMail if !(extended && self.kind.prdr) => 555,
                Act::BigMail if !extended => 555,
                Act::BigMail => 552,
                _ => return vec![self.begin(act == Act::EachMail, ask)],
            },
            Act::Rcpt | Act::BadRcpt => match refused {
                Some(code) => code,
                None if self.mail.is_none() || chunks => 503,
                None if act == Act::BadRcpt => 501,
                None => self.rcpt(ask),
            },
            Act::Data(body) => return self.data(Some(body), ask),
            Act::RashData => {
                let mut codes = self.data(None, ask);
                let over = self.drain && !self.is_open();
                if codes[0] != 354 && !over {
                    codes.extend([250, 500]);
                }
                return codes;
            }
            Act::Bdat | Act::LastBdat | Act::EmptyBdat | Act::BareBdat | Act::LostBdat => {
                return self.bdat(act, ask);
            }
            Act::Rset => {
                self.reset("Reset");
                250
            }
            Act::Noop => 250,
            Act::Help => self.ask_aside(ask).unwrap_or(214),
            Act::Vrfy | Act::Etrn if barred => 530,
            Act::Vrfy => self.ask_aside(ask).unwrap_or(252),
            Act::Etrn if !extended || self.mail.is_some() => 503,
            Act::Etrn => self.ask_aside(ask).unwrap_or(458),
            Act::StartTls | Act::RashStartTls => match () {
                () if self.tls => return self.rash(503, act, ask),
                () if !self.kind.starttls => return self.rash(502, act, ask),
                () if self.mail.is_some() => return self.rash(503, act, ask),
                () => {
                    (self.tls, self.hello, self.user) = (true, None, false);
                    220
                }
            },
            Act::AuthLogin
            | Act::AuthPlain
            | Act::AuthCancelled
            | Act::AuthUnknown
            | Act::AuthJunk => return self.auth(act, ask),
            Act::Junk => 500,
            Act::Quit => {
                self.close("Eof", "Quit");
                221
            }
            Act::Silence => {
                self.close("Timeout", "Timeout");
                421
            }
            Act::Cut => {
                self.close("Shutdown", "Shutdown");
                421
            }
            Act::Eof => {
                self.close("Eof", "Eof");
                return vec![];
            }
            Act::Drain => {
                self.drain = true;
                return vec![];
            }
            Act::RefuseMessage => {
                self.refuse("Refused", 552);
                return vec![];
            }
        }]
    }

    fn begin(&mut self, each: bool, ask: Ask<'_>) -> u16 {
        self.tell("mail");
        let (verdict, code) = self.ask(ask);
        let why = match verdict {
            Verdict::Lost | Verdict::Late => "dropped Timeout",
            _ => "dropped MailRefused",
        };
        match code {
            Some(_) => self.tell(why),
            None => {
                self.mail = Some(Mail {
                    each,
                    ..Mail::default()
                })
            }
        }
        code.unwrap_or(250)
    }

    fn rcpt(&mut self, ask: Ask<'_>) -> u16 {
        let (verdict, code) = self.ask(ask);
        if let Some(mail) = &mut self.mail {
            mail.accepted.extend(code.is_none().then_some(mail.asked));
            mail.asked += 1;
        }
        if verdict == Verdict::RefuseMessage {
            self.refuse("Refused", 552);
        }
        code.unwrap_or(250)
    }

    /// Without a body one comes whatever the reply.
    fn data(&mut self, body: Option<Body>, ask: Ask<'_>) -> Vec<u16> {
        let Some(mail) = &self.mail else {
            return vec![503];
        };
        if let Some(code) = mail.refused {
            self.mail = None;
            return vec![code];
        }
        if mail.chunks.is_some() {
            return vec![503];
        }
        if mail.accepted.is_empty() {
            let asked = mail.asked > 0;
            if asked {
                self.reset("NoRecipients");
            }
            return vec![if asked && !self.kind.lmtp { 554 } else { 503 }];
        }
        let (verdict, code) = self.ask(ask);
        if let Some(code) = code {
            self.reset(match verdict {
                Verdict::Lost | Verdict::Late => "Timeout",
                _ => "Refused",
            });
            return vec![code];
        }
        let mut codes = vec![354];
        match body {
            Some(Body::Silence) => {
                self.close("Timeout", "Timeout");
                codes.push(421);
            }
            Some(Body::Eof) => self.close("Eof", "EofInBody"),
            Some(Body::BareLf) => {
                self.refuse("BareLf", 554);
                codes.extend(self.end_refused());
            }
            Some(Body::Refused) => {
                self.refuse("Refused", 552);
                codes.extend(self.end_refused());
            }
            Some(Body::Whole) | None => codes.extend(self.end(6, ask)),
        }
        codes
    }

    fn bdat(&mut self, act: Act, ask: Ask<'_>) -> Vec<u16> {
        if self.hello == Some(false) {
            return vec![502];
        }
        if act == Act::LostBdat {
            self.refuse("BadChunk", 503);
            return vec![501];
        }
        let Some(mail) = &self.mail else {
            return vec![503];
        };
        if mail.refused.is_none() && mail.accepted.is_empty() {
            let asked = mail.asked > 0;
            self.reset("NoRecipients");
            return vec![if asked && !self.kind.lmtp { 554 } else { 503 }];
        }
        if mail.refused.is_none() && mail.chunks.is_none() {
            let (verdict, code) = self.ask(ask);
            if let Some(code) = code {
                let late = matches!(verdict, Verdict::Lost | Verdict::Late);
                self.refuse(if late { "Timeout" } else { "Refused" }, code);
            }
        }
        if act == Act::BareBdat {
            self.refuse("BareLf", 554);
        }
        let mail = self.mail.as_mut().unwrap();
        match (mail.refused, act) {
            (Some(_), Act::LastBdat) => self.end_refused(),
            (Some(code), _) => vec![code],
            (None, _) => {
                let octets = if act == Act::EmptyBdat { 0 } else { 6 };
                let so_far = mail.chunks.get_or_insert(0);
                *so_far += octets;
                let octets = *so_far;
                if act == Act::LastBdat {
                    self.end(octets, ask)
                } else {
                    vec![250]
                }
            }
        }
    }

    /// The message was refused on its way, and is complete.
    fn end_refused(&mut self) -> Vec<u16> {
        let mail = self.mail.take().unwrap();
        let replies = if self.kind.lmtp {
            mail.accepted.len().max(1)
        } else {
            1
        };
        vec![mail.refused.unwrap(); replies]
    }

    fn end(&mut self, octets: usize, ask: Ask<'_>) -> Vec<u16> {
        self.tell(format!("end {octets}"));
        let (verdict, code) = self.ask(ask);
        if let Verdict::Lost | Verdict::Late = verdict {
            self.tell("dropped Timeout");
        }
        let mail = self.mail.take().unwrap();
        let each = mail.each && mail.accepted.len() > 1;
        let replies = if self.kind.lmtp || each {
            mail.accepted.len()
        } else {
            0
        };
        let one = code.unwrap_or(250);
        let mut codes = vec![one; replies];
        if verdict == Verdict::Each {
            codes
                .iter_mut()
                .rev()
                .step_by(2)
                .for_each(|code| *code = 452);
        }
        if !self.kind.lmtp {
            codes.push(one);
        }
        if each {
            codes.insert(0, 353);
        }
        codes
    }

    /// STARTTLS was refused: what stands behind it is a command.
    fn rash(&mut self, code: u16, act: Act, ask: Ask<'_>) -> Vec<u16> {
        let mut codes = vec![code];
        if act == Act::RashStartTls {
            codes.extend(self.codes(Act::Mail, ask));
        }
        codes
    }

    fn auth(&mut self, act: Act, ask: Ask<'_>) -> Vec<u16> {
        let refused = match act {
            _ if !self.kind.auth => 502,
            _ if self.hello != Some(true) || self.user || self.mail.is_some() => 503,
            _ if self.kind.require_tls && !self.tls => 530,
            Act::AuthUnknown => 504,
            Act::AuthJunk => 501,
            Act::AuthPlain if !self.tls => 538,
            Act::AuthCancelled => return vec![334, 501],
            _ => 0,
        };
        if refused > 0 {
            // What would have been a response is a line like any other.
            let lines = matches!(act, Act::AuthLogin | Act::AuthCancelled);
            return if lines {
                vec![refused, 500]
            } else {
                vec![refused]
            };
        }
        let mut codes = if act == Act::AuthLogin {
            vec![334]
        } else {
            vec![]
        };
        codes.push(match self.ask(ask).0 {
            Verdict::Permanent => 535,
            Verdict::Temporary | Verdict::Lost | Verdict::Late => 454,
            _ => match self.ask(ask) {
                (Verdict::Lost | Verdict::Late, _) => 454,
                (_, None | Some(552)) => {
                    self.user = true;
                    235
                }
                (_, Some(code)) => code,
            },
        });
        codes
    }
}
