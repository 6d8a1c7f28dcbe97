//! The parameters of MAIL and RCPT as tables: what they say, and what is none.
// smtp-1870-3-02 smtp-6152-2-01 smtp-3461-4-01 smtp-3461-4.1-01 smtp-4954-5-01 smtp-5321-4.1.2-05
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use smtp_proto::{Command, Leniency, MailParams, RcptParams, Violation};

/// Where the first fault of a list begins, in octets of it; or what `look` sees.
fn mail<T>(list: &str, look: impl Fn(MailParams<'_>) -> T) -> Result<T, usize> {
    let line = format!("MAIL FROM:<> {list}");
    match Command::parse(line.as_bytes(), Leniency::NONE) {
        Ok(Command::Mail { params, .. }) => Ok(look(params)),
        Err(Violation::BadParameter { at }) => Err(usize::from(at) - 13),
        other => panic!("{line}: {other:?}"),
    }
}

fn rcpt<T>(list: &str, look: impl Fn(RcptParams<'_>) -> T) -> Result<T, usize> {
    let line = format!("RCPT TO:<a@b> {list}");
    match Command::parse(line.as_bytes(), Leniency::NONE) {
        Ok(Command::Rcpt { params, .. }) => Ok(look(params)),
        Err(Violation::BadParameter { at }) => Err(usize::from(at) - 14),
        other => panic!("{line}: {other:?}"),
    }
}

/// The value as `Debug` shows it, without `Some`.
fn shown(value: Option<impl std::fmt::Debug>) -> String {
    value.map_or_else(|| "none".into(), |value| format!("{value:?}"))
}

#[test]
fn values_of_mail() {
    type Look = fn(MailParams<'_>) -> String;
    let size: Look = |p| shown(p.size());
    let body: Look = |p| shown(p.body());
    let auth: Look = |p| shown(p.auth());
    let ret: Look = |p| shown(p.ret());
    let envid: Look = |p| shown(p.envid());
    let by: Look = |p| shown(p.deliver_by().map(|by| (by.seconds, by.mode, by.trace)));
    let held: Look = |p| shown(p.hold_for());
    let until: Look = |p| shown(p.hold_until());
    let priority: Look = |p| shown(p.priority());
    let solicit: Look = |p| shown(p.solicit());
    let hundred = format!("ENVID={}", "a".repeat(100));
    let wide = format!("SOLICIT={}", "a".repeat(1000));
    let table: Vec<(&str, Look, Option<&str>)> = vec![
        // RFC 1870 section 3: 1 to 20 digits.
        ("SIZE=0", size, Some("0")),
        ("size=00500", size, Some("500")),
        (
            "SIZE=18446744073709551615",
            size,
            Some("18446744073709551615"),
        ),
        (
            "SIZE=99999999999999999999",
            size,
            Some("18446744073709551615"),
        ),
        ("SIZE=100000000000000000000", size, None),
        ("SIZE", size, None),
        ("SIZE=", size, None),
        ("SIZE=+1", size, None),
        ("SIZE=1k", size, None),
        ("SIZE=1=1", size, None),
        ("SIZE=1 SIZE=1", size, None),
        ("SIZE=1 Size=2", size, None),
        // RFC 6152 section 2, RFC 3030 section 3.
        ("BODY=7bit", body, Some("SevenBit")),
        ("BODY=8BitMime", body, Some("EightBit")),
        ("BODY=BINARYMIME", body, Some("Binary")),
        ("BODY=8BIT", body, None),
        ("BODY", body, None),
        ("BODY=7BIT BODY=8BITMIME", body, None),
        // RFC 6531 section 3.4, RFC 8689 section 2: no values.
        ("SMTPUTF8", size, Some("none")),
        ("SMTPUTF8=1", size, None),
        ("SMTPUTF8 SMTPUTF8", size, None),
        ("REQUIRETLS", size, Some("none")),
        ("REQUIRETLS=yes", size, None),
        ("PRDR=1", size, None),
        // RFC 4954 section 5: xtext, or nobody.
        ("AUTH=<>", auth, Some("\"\"")),
        (
            "AUTH=e+3Dmc2@example.com",
            auth,
            Some("\"e=mc2@example.com\""),
        ),
        ("AUTH=a+2bb", auth, None),
        ("AUTH=a+2", auth, None),
        ("AUTH=+0D+0A", auth, None),
        ("AUTH", auth, None),
        // RFC 3461 section 4.3, section 4.4.
        ("RET=full", ret, Some("Full")),
        ("RET=HDRS", ret, Some("Headers")),
        ("RET=NONE", ret, None),
        ("RET=FULL RET=HDRS", ret, None),
        ("ENVID=QQ314159", envid, Some("\"QQ314159\"")),
        ("ENVID=a+20b+2B", envid, Some("\"a b+\"")),
        ("ENVID=+C3+A9", envid, None),
        ("ENVID=a+7F", envid, None),
        (&hundred, envid, Some(&hundred[..0])),
        ("ENVID=a ENVID=a", envid, None),
        // RFC 2852 section 4.
        ("BY=120;R", by, Some("(120, Return, false)")),
        ("BY=+120;rt", by, Some("(120, Return, true)")),
        ("BY=-999999999;N", by, Some("(-999999999, Notify, false)")),
        ("BY=0;N", by, Some("(0, Notify, false)")),
        ("BY=0;R", by, None),
        ("BY=-1;R", by, None),
        ("BY=1;T", by, None),
        ("BY=1;RTT", by, None),
        ("BY=1", by, None),
        ("BY=;R", by, None),
        ("BY=--1;N", by, None),
        ("BY=1000000000;N", by, None),
        // RFC 4865 section 3: the one or the other.
        ("HOLDFOR=1", held, Some("1")),
        ("HOLDFOR=999999999", held, Some("999999999")),
        ("HOLDFOR=1000000000", held, None),
        ("HOLDFOR=0", held, None),
        ("HOLDFOR=060", held, None),
        ("HOLDUNTIL=2026-11-21T06:30:00Z", until, Some("1795242600")),
        (
            "HOLDUNTIL=2026-11-21T06:30:00.25-01:30",
            until,
            Some("1795248000"),
        ),
        ("HOLDUNTIL=2026-02-29T06:30:00Z", until, None),
        ("HOLDUNTIL=2026-11-21T24:30:00Z", until, None),
        ("HOLDUNTIL=2026-11-21T06:30:00", until, None),
        ("HOLDUNTIL=1795242600", until, None),
        ("HOLDFOR=1 HOLDUNTIL=2026-11-21T06:30:00Z", held, None),
        ("HOLDUNTIL=2026-11-21T06:30:00Z HOLDFOR=1", held, None),
        // RFC 4865 section 5.2.2: no later than it has to be there.
        ("BY=60;R HOLDFOR=60", held, Some("60")),
        ("BY=59;R HOLDFOR=60", held, None),
        ("BY=-1;N HOLDFOR=1", held, None),
        // RFC 6710 section 4.1.
        ("MT-PRIORITY=0", priority, Some("0")),
        ("MT-PRIORITY=-9", priority, Some("-9")),
        ("MT-PRIORITY=10", priority, None),
        ("MT-PRIORITY=-0", priority, None),
        ("MT-PRIORITY=+1", priority, None),
        // RFC 3865 section 4.
        (
            "SOLICIT=net.example:ADV,org.example:ADV:ADLT",
            solicit,
            Some("\"net.example:ADV,org.example:ADV:ADLT\""),
        ),
        ("SOLICIT=1x", solicit, None),
        ("SOLICIT=a,,b", solicit, None),
        (&wide, solicit, Some(&wide[..0])),
        // No parameters at all (RFC 5321 section 4.1.2), and those of RCPT or of nobody.
        ("=", size, None),
        ("-A=b", size, None),
        ("A_B=c", size, None),
        ("NOTIFY=NEVER", size, None),
        ("FOO=BAR", size, None),
        ("FOO", size, None),
    ];
    for (list, look, expected) in table {
        let found = mail(list, look);
        match expected {
            // An empty expectation is for what is too long to repeat.
            Some(expected) => assert!(found.unwrap().starts_with(expected), "{list}"),
            None => {
                let last = list.rfind(' ').map_or(0, |at| at + 1);
                assert_eq!(found, Err(last), "{list}");
            }
        }
    }
    assert_eq!(mail("HOLDFOR=60 BY=59;N", |_| ()), Err(0));
    let long = [
        format!("ENVID={}", "a".repeat(101)),
        format!("SOLICIT={}", "a".repeat(1001)),
    ];
    assert!(long.iter().all(|list| mail(list, |_| ()) == Err(0)));
}

#[test]
fn values_of_rcpt() {
    type Look = fn(RcptParams<'_>) -> String;
    let notify: Look = |p| {
        shown(p.notify().map(|notify| {
            use smtp_proto::Notify as N;
            [N::SUCCESS, N::FAILURE, N::DELAY].map(|one| u8::from(notify.contains(one)))
        }))
    };
    let orcpt: Look = |p| shown(p.orcpt());
    let rrvs: Look = |p| shown(p.rrvs().map(|rrvs| (rrvs.since, rrvs.can_continue)));
    let hundreds = format!("ORCPT=rfc822;{}", "a".repeat(493));
    let table: Vec<(&str, Look, Option<&str>)> = vec![
        // RFC 3461 section 4.1: NEVER stands by itself.
        ("NOTIFY=NEVER", notify, Some("[0, 0, 0]")),
        ("NOTIFY=success", notify, Some("[1, 0, 0]")),
        ("NOTIFY=DELAY,FAILURE", notify, Some("[0, 1, 1]")),
        ("NOTIFY=SUCCESS,FAILURE,DELAY", notify, Some("[1, 1, 1]")),
        ("NOTIFY=NEVER,SUCCESS", notify, None),
        ("NOTIFY=SUCCESS,NEVER", notify, None),
        ("NOTIFY=NEVER,NEVER", notify, None),
        ("NOTIFY=SUCCESS,", notify, None),
        ("NOTIFY=,", notify, None),
        ("NOTIFY=RELAY", notify, None),
        ("NOTIFY=", notify, None),
        ("NOTIFY=NEVER NOTIFY=NEVER", notify, None),
        ("NOTIFY=NEVER NOTIFY=SUCCESS", notify, None),
        // RFC 3461 section 4.2, RFC 6533 section 3.
        (
            "ORCPT=rfc822;Bob+2Bx@Example.ORG",
            orcpt,
            Some("(\"rfc822\", \"Bob+x@Example.ORG\")"),
        ),
        ("ORCPT=x400;/G:a/+3D", orcpt, Some("(\"x400\", \"/G:a/=\")")),
        (
            "ORCPT=utf-8;p\\x{C4}l@a.example",
            orcpt,
            Some("(\"utf-8\", \"pÄl@a.example\")"),
        ),
        (
            "ORCPT=UTF-8;\\x{1F600}@a.example",
            orcpt,
            Some("(\"UTF-8\", \"😀@a.example\")"),
        ),
        ("ORCPT=utf-8;\\x{D800}", orcpt, None),
        ("ORCPT=utf-8;\\x{0A}", orcpt, None),
        ("ORCPT=utf-8;\\x{110000}", orcpt, None),
        ("ORCPT=utf-8;\\x{}", orcpt, None),
        ("ORCPT=utf-8;\\x{41", orcpt, None),
        ("ORCPT=utf-8;\\y", orcpt, None),
        ("ORCPT=rfc822;bob+2b", orcpt, None),
        ("ORCPT=rfc822;bob+00", orcpt, None),
        ("ORCPT=rfc822;", orcpt, None),
        ("ORCPT=;bob", orcpt, None),
        ("ORCPT=rfc 822;bob", orcpt, None),
        ("ORCPT=bob@example.org", orcpt, None),
        (&hundreds, orcpt, Some(&hundreds[..0])),
        ("ORCPT=rfc822;a ORCPT=rfc822;a", orcpt, None),
        // RFC 7293 section 5.1.
        (
            "RRVS=2026-11-21T06:30:00Z",
            rrvs,
            Some("(1795242600, false)"),
        ),
        (
            "RRVS=2026-11-21T06:30:00Z;c",
            rrvs,
            Some("(1795242600, true)"),
        ),
        (
            "RRVS=2026-11-21T06:30:00Z;R",
            rrvs,
            Some("(1795242600, false)"),
        ),
        ("RRVS=2026-11-21T06:30:00Z;", rrvs, None),
        ("RRVS=2026-11-21T06:30:00Z;X", rrvs, None),
        ("RRVS=2026-11-21", rrvs, None),
        ("SIZE=1", notify, None),
        ("FOO=BAR", notify, None),
    ];
    for (list, look, expected) in table {
        let found = rcpt(list, look);
        match expected {
            Some(expected) => assert!(found.unwrap().starts_with(expected), "{list}"),
            None => {
                let at = found.unwrap_err();
                let last = list.rfind(' ').map_or(0, |at| at + 1);
                assert!(at == last || at == 0, "{list}: {at}");
            }
        }
    }
    let long = format!("ORCPT=rfc822;{}", "a".repeat(494));
    assert_eq!(rcpt(&long, |_| ()), Err(0));
}
