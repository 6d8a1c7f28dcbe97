//! Whether both sides read the same commands and messages.

use smtp_proto::{Body, ByMode, Command, Leniency, Notify, Ret, Verb};
use stalwart_smtp::{self as peer, Request};

use super::{body, commands};

/// What one side read out of one command: its verb, and each of its parts as text.
#[derive(Debug, PartialEq, Eq)]
struct Seen(&'static str, Vec<(&'static str, String)>);

/// Compares every command and message, and lists what is left out of the tables.
pub fn check() {
    for case in commands::ALL {
        let alike = case.lines.iter().all(|line| {
            let (ours, theirs) = (ours(line), theirs(line));
            if ours != theirs && case.wrong.is_none() {
                println!("  {line}: ours {ours:?}, theirs {theirs:?}");
            }
            ours == theirs
        });
        match case.wrong {
            Some(why) if !alike => println!("  {}: not compared: {why}", case.name),
            Some(_) => println!("  {}: not compared, but read alike now", case.name),
            None if alike => println!("  {}: read alike", case.name),
            None => println!("  {}: DIFFERS", case.name),
        }
    }
    body::check();
}

fn ours(line: &str) -> Option<Seen> {
    let one = |verb, name, text: &str| Seen(verb, vec![(name, text.to_owned())]);
    Some(
        match Command::parse(line.as_bytes(), Leniency::NONE).ok()? {
            Command::Helo(domain) => one("HELO", "domain", domain),
            Command::Ehlo(domain) => one("EHLO", "domain", domain),
            Command::Lhlo(domain) => one("LHLO", "domain", domain),
            Command::Mail { from, params } => {
                let mut parts = Parts(vec![("address", from.as_str().to_owned())]);
                parts.add("SIZE", params.size());
                parts.add("SMTPUTF8", params.smtputf8().then_some(true));
                parts.add("REQUIRETLS", params.require_tls().then_some(true));
                parts.add("ENVID", params.envid());
                parts.add("AUTH", params.auth());
                parts.add("SOLICIT", params.solicit());
                parts.add("HOLDFOR", params.hold_for());
                parts.add("HOLDUNTIL", params.hold_until());
                parts.add("MT-PRIORITY", params.priority());
                parts.add(
                    "BODY",
                    params.body().map(|body| match body {
                        Body::SevenBit => "7BIT",
                        Body::EightBit => "8BITMIME",
                        _ => "BINARYMIME",
                    }),
                );
                parts.add(
                    "RET",
                    params.ret().map(|ret| match ret {
                        Ret::Full => "FULL",
                        Ret::Headers => "HDRS",
                    }),
                );
                parts.add(
                    "BY",
                    params.deliver_by().map(|by| {
                        let mode = if by.mode == ByMode::Notify { 'N' } else { 'R' };
                        format!("{};{mode}{}", by.seconds, by.trace)
                    }),
                );
                Seen("MAIL", parts.0)
            }
            Command::Rcpt { to, params } => {
                let mut parts = Parts(vec![("address", to.as_str().to_owned())]);
                let bits = [Notify::SUCCESS, Notify::FAILURE, Notify::DELAY];
                parts.add(
                    "NOTIFY",
                    params.notify().map(|notify| {
                        let bits = bits.map(|bit| notify.contains(bit));
                        format!("{bits:?}")
                    }),
                );
                parts.add("ORCPT", params.orcpt().map(|(_, address)| address));
                parts.add("RRVS", params.rrvs().map(|rrvs| rrvs.since));
                Seen("RCPT", parts.0)
            }
            Command::Bdat { octets, last } => one("BDAT", "size", &format!("{octets} {last}")),
            Command::Auth { mechanism, initial } => {
                let initial = initial.map_or(&b""[..], |initial| initial.as_bytes());
                one(
                    "AUTH",
                    "mechanism",
                    &format!("{mechanism} {}", initial.escape_ascii()),
                )
            }
            Command::Query { verb, argument } => match verb {
                Verb::Vrfy => one("VRFY", "text", argument),
                Verb::Expn => one("EXPN", "text", argument),
                _ => one("HELP", "text", argument),
            },
            Command::Data => Seen("DATA", vec![]),
            Command::Rset => Seen("RSET", vec![]),
            Command::Noop => Seen("NOOP", vec![]),
            Command::Quit => Seen("QUIT", vec![]),
            Command::StartTls => Seen("STARTTLS", vec![]),
            _ => return None,
        },
    )
}

fn theirs(line: &str) -> Option<Seen> {
    let line = format!("{line}\r\n");
    let request = Request::parse(&mut line.as_bytes().iter()).ok()?;
    let verb = request.name();
    let parts = match request {
        Request::Ehlo { host } | Request::Lhlo { host } | Request::Helo { host } => {
            vec![("domain", host.into_owned())]
        }
        Request::Mail { from } => {
            let mut parts = Parts(vec![("address", from.address.into_owned())]);
            let set = |bit| from.flags & bit != 0;
            parts.add("SIZE", (from.size > 0).then_some(from.size));
            parts.add("SMTPUTF8", set(peer::MAIL_SMTPUTF8).then_some(true));
            parts.add("REQUIRETLS", set(peer::MAIL_REQUIRETLS).then_some(true));
            parts.add("ENVID", from.env_id);
            parts.add("AUTH", from.auth);
            parts.add("SOLICIT", from.solicit);
            parts.add("HOLDFOR", (from.hold_for > 0).then_some(from.hold_for));
            parts.add(
                "HOLDUNTIL",
                (from.hold_until > 0).then_some(from.hold_until),
            );
            parts.add(
                "MT-PRIORITY",
                (from.mt_priority != 0).then_some(from.mt_priority),
            );
            let first = |names: &[(u64, &'static str)]| {
                let mut names = names.iter();
                names.find(|(bit, _)| set(*bit)).map(|(_, name)| *name)
            };
            parts.add(
                "BODY",
                first(&[
                    (peer::MAIL_BODY_7BIT, "7BIT"),
                    (peer::MAIL_BODY_8BITMIME, "8BITMIME"),
                    (peer::MAIL_BODY_BINARYMIME, "BINARYMIME"),
                ]),
            );
            parts.add(
                "RET",
                first(&[(peer::MAIL_RET_FULL, "FULL"), (peer::MAIL_RET_HDRS, "HDRS")]),
            );
            let mode = first(&[(peer::MAIL_BY_NOTIFY, "N"), (peer::MAIL_BY_RETURN, "R")]);
            let trace = set(peer::MAIL_BY_TRACE);
            parts.add("BY", mode.map(|mode| format!("{};{mode}{trace}", from.by)));
            parts.0
        }
        Request::Rcpt { to } => {
            let mut parts = Parts(vec![("address", to.address.into_owned())]);
            let bits = [
                peer::RCPT_NOTIFY_SUCCESS,
                peer::RCPT_NOTIFY_FAILURE,
                peer::RCPT_NOTIFY_DELAY,
            ];
            let bits = bits.map(|bit| to.flags & bit != 0);
            let notify = bits.contains(&true) || to.flags & peer::RCPT_NOTIFY_NEVER != 0;
            parts.add("NOTIFY", notify.then(|| format!("{bits:?}")));
            parts.add("ORCPT", to.orcpt);
            parts.add("RRVS", (to.rrvs != 0).then_some(to.rrvs));
            parts.0
        }
        Request::Bdat {
            chunk_size,
            is_last,
        } => {
            vec![("size", format!("{chunk_size} {is_last}"))]
        }
        Request::Auth {
            mechanism,
            initial_response,
        } => {
            let name = if mechanism == peer::AUTH_PLAIN {
                "PLAIN"
            } else {
                "another"
            };
            vec![("mechanism", format!("{name} {initial_response}"))]
        }
        Request::Vrfy { value } | Request::Expn { value } | Request::Help { value } => {
            vec![("text", value.into_owned())]
        }
        _ => vec![],
    };
    Some(Seen(verb, parts))
}

struct Parts(Vec<(&'static str, String)>);

impl Parts {
    fn add(&mut self, name: &'static str, value: Option<impl ToString>) {
        self.0.extend(value.map(|value| (name, value.to_string())));
    }
}
