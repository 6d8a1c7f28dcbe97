//! SMTP command lines: what parses, printed again, parses to the same; and nothing that is not
//! allowed gets through.

use smtp_proto::{
    Address, Capabilities, Command, Config, Event, Leniency, MailParams, Path, RcptParams, Session,
    Violation,
};
use wire_core::{Entropy, Next, Peer, Time, sasl::Mechanisms};

const HABITS: [Leniency; 6] = [
    Leniency::SPACES,
    Leniency::BARE_PATHS,
    Leniency::LOOSE_DOTS,
    Leniency::UNDERSCORES,
    Leniency::UNQUALIFIED,
    Leniency::ANY_HELLO,
];

/// The first octet says which habits are allowed, the rest is one line.
pub fn smtp_grammar(data: &[u8]) {
    let Some((&choice, line)) = data.split_first() else {
        return;
    };
    let chosen = HABITS.iter().enumerate();
    let allowed = chosen
        .filter(|(bit, _)| choice >> bit & 1 == 1)
        .fold(Leniency::NONE, |all, (_, one)| all.with(*one));
    let parsed = Command::parse(line, allowed);
    match parsed {
        Err(Violation::Syntax { at } | Violation::BadParameter { at }) => {
            assert!(usize::from(at) <= line.len(), "behind the line");
            let strict = Command::parse(line, Leniency::NONE);
            assert!(strict.is_err(), "a habit forbids what the grammar allows");
        }
        Err(_) => {}
        Ok(command) => {
            needs_what_it_uses(line, allowed, &command);
            printed_again(&command);
        }
    }
    same_in_a_session(line, allowed, parsed.ok());
}

/// A command is read alike whatever more is allowed; and not at all without what it makes use of.
fn needs_what_it_uses(line: &[u8], allowed: Leniency, command: &Command<'_>) {
    let shown = format!("{command:?}");
    let same = |allowed| {
        let found = Command::parse(line, allowed);
        found.is_ok_and(|found| format!("{found:?}") == shown)
    };
    let used = match command {
        Command::Mail { from: path, .. } | Command::Rcpt { to: path, .. } => path.leniency(),
        _ if Command::parse(line, Leniency::NONE).is_err() => Leniency::ANY_HELLO,
        _ => Leniency::NONE,
    };
    assert!(allowed.contains(used), "{used:?} is not allowed");
    assert!(same(used), "{used:?} is not enough");
    for one in HABITS {
        assert!(same(used.with(one)), "{one:?} changes what is read");
        if used.contains(one) {
            let without = Command::parse(line, allowed.without(one));
            assert!(without.is_err(), "{one:?} was not needed");
        }
    }
}

fn printed_again(command: &Command<'_>) {
    // What stands around a path is not printed.
    let around = Leniency::SPACES.with(Leniency::BARE_PATHS);
    match command {
        Command::Mail { from, params } => {
            let used = from.leniency().without(around);
            let text = format!("mail from:<{}>", from.as_str());
            let line = [text.as_bytes(), &listed(params.iter())].concat();
            let Ok(Command::Mail { from: f, params: p }) = Command::parse(&line, used) else {
                panic!("{}", line.escape_ascii());
            };
            assert_eq!((f.as_str(), f.domain()), (from.as_str(), from.domain()));
            assert_eq!(mail_values(&p), mail_values(params));
            path(from, used);
        }
        Command::Rcpt { to, params } => {
            let used = to.leniency().without(around);
            let text = format!("rcpt to:<{}>", to.as_str());
            let line = [text.as_bytes(), &listed(params.iter())].concat();
            let Ok(Command::Rcpt { to: t, params: p }) = Command::parse(&line, used) else {
                panic!("{}", line.escape_ascii());
            };
            assert_eq!((t.as_str(), t.domain()), (to.as_str(), to.domain()));
            assert_eq!(rcpt_values(&p), rcpt_values(params));
            assert!(!to.is_null(), "a recipient is somebody");
            path(to, used);
        }
        Command::Helo(name) | Command::Ehlo(name) | Command::Lhlo(name) => {
            assert!(!name.is_empty() && !name.contains(|c: char| c.is_control() || !c.is_ascii()));
        }
        _ => {}
    }
}

/// Parameters with two spaces between them.
fn listed<'p>(params: impl Iterator<Item = (&'p [u8], Option<&'p [u8]>)>) -> Vec<u8> {
    let mut list = Vec::new();
    for (name, value) in params {
        list.extend_from_slice(b"  ");
        list.extend(name.to_ascii_lowercase());
        if let Some(value) = value {
            list.push(b'=');
            list.extend_from_slice(value);
        }
    }
    list
}

fn mail_values(params: &MailParams<'_>) -> String {
    let count = params.iter().count();
    let found = [
        params.size().is_some(),
        params.body().is_some(),
        params.smtputf8(),
        params.auth().is_some(),
        params.ret().is_some(),
        params.envid().is_some(),
        params.deliver_by().is_some(),
        params.hold_for().is_some(),
        params.hold_until().is_some(),
        params.priority().is_some(),
        params.require_tls(),
        params.solicit().is_some(),
        params.prdr(),
    ];
    let found = found.into_iter().filter(|found| *found).count();
    assert_eq!(
        found, count,
        "each parameter once, each with a value that is known"
    );
    assert!(params.hold_for().is_none() || params.hold_until().is_none());
    assert!(
        params
            .envid()
            .is_none_or(|id| id.is_ascii() && !id.contains(char::is_control))
    );
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
        params.size(),
        params.body(),
        params.auth(),
        params.ret(),
        params.envid(),
        params.deliver_by(),
        params.hold_for(),
        params.hold_until(),
        params.priority(),
        params.solicit(),
        params.smtputf8(),
    )
}

fn rcpt_values(params: &RcptParams<'_>) -> String {
    let (notify, orcpt, rrvs) = (params.notify(), params.orcpt(), params.rrvs());
    let found = [notify.is_some(), orcpt.is_some(), rrvs.is_some()];
    let found = found.into_iter().filter(|found| *found).count();
    assert_eq!(found, params.iter().count(), "each parameter once");
    if let Some((_, address)) = &orcpt {
        assert!(!address.contains(char::is_control));
    }
    format!("{notify:?} {orcpt:?} {rrvs:?}")
}

/// A path is clean text, and an address that can be stored as text.
fn path(path: &Path<'_>, used: Leniency) {
    let text = path.as_str();
    assert!(!text.contains(char::is_control));
    let stored = Address::parse_lenient(text, used).expect("an address");
    assert_eq!(stored.as_path().local(), path.local());
    assert_eq!(stored.as_path().domain(), path.domain());
    let ends = path.domain().map_or(0, |domain| domain.len() + 1);
    assert_eq!(path.raw_local().len() + ends, text.len());
    if let Some(domain) = path.domain() {
        assert!(!domain.is_empty() && domain.len() <= 257 || domain.starts_with('['));
        // In a literal any visible sign may stand (RFC 5321 section 4.1.3).
        assert!(!domain.contains([' ', '\\']));
        assert!(domain.starts_with('[') || !domain.contains(['<', '>', '"', '@', '[']));
    } else {
        let unqualified = used.contains(Leniency::UNQUALIFIED);
        assert!(path.is_null() || path.is_postmaster() || unqualified);
    }
}

/// What a session takes is what the grammar takes.
fn same_in_a_session(line: &[u8], allowed: Leniency, parsed: Option<Command<'_>>) {
    if line.len() > 2000 || line.iter().any(|octet| b"\r\n".contains(octet)) {
        return;
    }
    let caps = Capabilities::DEFAULT
        .with(Capabilities::DSN)
        .with(Capabilities::DELIVERBY)
        .with(Capabilities::MT_PRIORITY)
        .with(Capabilities::RRVS)
        .with(Capabilities::PRDR);
    let config = Config::builder("fuzz.example")
        .offer(caps)
        .auth(Mechanisms::PLAINTEXT, Mechanisms::PLAINTEXT)
        .lenient(allowed)
        .build()
        .expect("a sound configuration");
    let rcpt = line
        .get(..4)
        .is_some_and(|verb| verb.eq_ignore_ascii_case(b"RCPT"));
    let before: &[u8] = match rcpt {
        true => b"EHLO a\r\nMAIL FROM:<> SMTPUTF8\r\n",
        false => b"EHLO a\r\n",
    };
    let wire = [before, line, b"\r\n"].concat();
    let mut session = Session::new(config, Peer::default(), Entropy([7; 32]), Time::ZERO);
    let (mut input, mut last) = (&wire[..], None);
    loop {
        let behind = wire.len() - input.len() >= before.len();
        match session.next(Time::ZERO, &mut input) {
            Next::Event(Event::Hello { ticket, domain, .. }) => {
                last = behind.then(|| String::from_utf8_lossy(domain).into_owned());
                session.accept(ticket);
            }
            Next::Event(Event::Mail {
                ticket,
                from,
                params,
                ..
            }) => {
                last = behind.then(|| format!("{} {}", from.as_str(), mail_values(&params)));
                session.accept(ticket);
            }
            Next::Event(Event::Rcpt {
                ticket, to, params, ..
            }) => {
                last = behind.then(|| format!("{} {}", to.as_str(), rcpt_values(&params)));
                session.accept(ticket);
            }
            Next::Event(other) => session.decline(other),
            _ => break,
        }
    }
    let Some(taken) = last else { return };
    match parsed.expect("the session takes what is no command") {
        Command::Helo(name) | Command::Ehlo(name) => assert_eq!(taken, name),
        Command::Rcpt { to, params } => {
            assert_eq!(taken, format!("{} {}", to.as_str(), rcpt_values(&params)));
        }
        Command::Mail { from, params } => {
            // Who has not logged in is not believed (RFC 4954 section 5).
            let auth = format!("{:?}", params.auth());
            let read = format!("{} {}", from.as_str(), mail_values(&params));
            assert_eq!(taken, read.replacen(&auth, &auth_of_nobody(&params), 1));
        }
        other => panic!("{other:?} is no {taken}"),
    }
    let habits = session.leniency_used();
    assert!(allowed.contains(habits), "{habits:?} is not allowed");
}

fn auth_of_nobody(params: &MailParams<'_>) -> String {
    format!("{:?}", params.auth().map(|_| ""))
}
