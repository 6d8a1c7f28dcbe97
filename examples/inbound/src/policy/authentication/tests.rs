//! The checks, against a DNS of the tests' own.

use std::sync::Arc;

use mime_core::{Header, Name};

use super::*;
use crate::{
    config::Service,
    parsed::facts_of,
    policy::{Decision, Hello, Marks, testing},
    spool::Raw,
};
use dns::Dns;
use mail_auth::dkim::Canonicalization;
use signer::Signer;

#[path = "../../../tests/support/dns.rs"]
mod dns;
#[path = "../../../tests/support/signer.rs"]
mod signer;

const ZONE: &str = include_str!("../../../tests/data/senders.zone");

struct Bench {
    dns: Dns,
    checks: Authentication,
}

/// What a mail came to.
struct Judged {
    /// `method=result property=value`, without reasons.
    results: Vec<String>,
    raw: String,
    /// The reply that refused it, or else why it is quarantined.
    refused: Option<String>,
    quarantined: Option<String>,
}

impl Judged {
    fn result(&self, method: &str) -> &str {
        let of = |result: &&String| result.starts_with(&format!("{method}="));
        let found = self.results.iter().find(of);
        found.unwrap_or_else(|| panic!("no {method} in {}", self.raw))
    }

    fn fate(&self) -> &'static str {
        match (&self.refused, &self.quarantined) {
            (Some(reply), _) if reply.starts_with("550 5.7.1 ") => "refused",
            (Some(reply), _) if reply.starts_with("451 4.7.1 ") => "later",
            (Some(_), _) => "refused in another way",
            (None, Some(_)) => "quarantined",
            (None, None) => "delivered",
        }
    }

    fn all(&self, method: &str) -> Vec<&str> {
        let of = |result: &&String| result.starts_with(&format!("{method}="));
        self.results.iter().filter(of).map(String::as_str).collect()
    }
}

impl Bench {
    fn new() -> Self {
        Self::enforcing(true)
    }

    fn enforcing(enforce: bool) -> Self {
        let dns = Dns::start(ZONE);
        let asked = crate::policy::dns::Dns::new(Some(dns.address())).unwrap();
        let checks = Authentication::new(Arc::new(asked), "mx.example.org".to_owned(), enforce);
        Bench { dns, checks }
    }

    async fn judge(&self, ip: &str, helo: &str, from: &str, mail: &str) -> Judged {
        self.judge_octets(ip, helo, from, mail.as_bytes()).await
    }

    async fn judge_octets(&self, ip: &str, helo: &str, from: &str, octets: &[u8]) -> Judged {
        let client = testing::client(Service::Smtp, ip);
        let mut mail = testing::mail(&client, from, None);
        mail.hello = Some(Arc::new(Hello {
            name: helo.to_owned(),
            extended: true,
            tls: None,
        }));
        self.judge_mail(&client, mail, octets).await
    }

    async fn judge_mail(&self, client: &Arc<Client>, mail: Mail, octets: &[u8]) -> Judged {
        let raw = Raw::of(octets);
        self.checks.connect(client).await.unwrap();
        self.checks.mail(&mail).await.unwrap();
        let message = Message {
            mail: Arc::new(mail),
            to: Vec::new(),
            header: raw.header().clone(),
            facts: facts_of(raw.header().header()),
            raw,
        };
        let judgement = self.checks.end(&message).await.unwrap();
        let fields = judgement.fields().to_vec();
        let [field] = fields.as_slice() else {
            panic!("{fields:?}")
        };
        let line = field.to_line() + "\r\n";
        let header = Header::new(line.as_bytes());
        let told = header
            .only(Name::AuthenticationResults)
            .unwrap()
            .auth_results();
        assert_eq!(told.authserv_id().as_deref(), Some("mx.example.org"));
        let results = told.results().map(|result| {
            let properties = result
                .properties()
                .map(|p| format!(" {}.{}={}", p.ptype(), p.name(), p.value()));
            format!(
                "{}={}{}",
                result.method(),
                result.result(),
                properties.collect::<String>()
            )
        });
        let results = results.collect();

        let mut decision = Decision::default();
        decision.add("authentication", judgement);
        let (refused, marks) = match decision.into_result() {
            Ok(marks) => (None, marks),
            Err(reply) => (Some(reply.to_string()), Marks::default()),
        };
        Judged {
            results,
            raw: line,
            refused,
            quarantined: marks.quarantine.into_iter().next(),
        }
    }
}

fn from(address: &str) -> String {
    format!("From: {address}\r\nTo: b@example.org\r\nSubject: x\r\n\r\nHello,\r\n\r\nbye \r\n")
}

#[tokio::test]
async fn spf_has_all_its_results() {
    let bench = Bench::new();
    let table = [
        ("192.0.2.2", "pass.example", "pass"),
        ("192.0.2.3", "pass.example", "fail"),
        ("192.0.2.2", "fail.example", "fail"),
        ("192.0.2.2", "softfail.example", "softfail"),
        ("192.0.2.2", "neutral.example", "neutral"),
        ("192.0.2.2", "none.example", "none"),
        ("192.0.2.2", "not-there.example", "none"),
        ("192.0.2.2", "temperror.example", "temperror"),
        ("192.0.2.2", "permerror.example", "permerror"),
        ("192.0.2.2", "unknown.example", "permerror"),
        ("192.0.2.2", "twice.example", "permerror"),
        ("192.0.2.2", "modified.example", "pass"),
        ("192.0.2.2", "loop.example", "permerror"),
        ("192.0.2.2", "ten.example", "pass"),
        ("192.0.2.2", "eleven.example", "permerror"),
    ];
    for (ip, domain, result) in table {
        let sender = format!("a@{domain}");
        let judged = bench
            .judge(ip, "mail.pass.example", &sender, &from("a@none.example"))
            .await;
        let helo = if ip == "192.0.2.2" { "pass" } else { "fail" };
        assert_eq!(
            judged.all("spf"),
            [
                format!("spf={result} smtp.mailfrom={sender}"),
                format!("spf={helo} smtp.helo=mail.pass.example"),
            ]
        );
        // Alone it refuses nothing.
        assert_eq!(
            (judged.refused, judged.quarantined),
            (None, None),
            "{domain}"
        );
    }
    // RFC 7208 section 2.4: of a null path HELO is the sender.
    let judged = bench
        .judge(
            "192.0.2.2",
            "mail.pass.example",
            "",
            &from("a@pass.example"),
        )
        .await;
    assert_eq!(judged.all("spf"), ["spf=pass smtp.helo=mail.pass.example"]);
    assert_eq!(
        judged.result("dmarc"),
        "dmarc=pass header.from=pass.example"
    );
}

#[tokio::test]
async fn iprev_has_all_its_results() {
    let bench = Bench::new();
    let table = [
        ("192.0.2.2", "pass"),
        ("192.0.2.3", "fail"),
        ("192.0.2.4", "fail"),
        ("192.0.2.5", "temperror"),
        ("192.0.2.7", "permerror"),
    ];
    for (ip, result) in table {
        let judged = bench
            .judge(ip, "x.example", "", &from("a@none.example"))
            .await;
        assert_eq!(
            judged.result("iprev"),
            format!("iprev={result} policy.iprev={ip}")
        );
    }
}

#[tokio::test]
async fn dkim_has_all_its_results() {
    let bench = Bench::new();
    let mail = from("a@free.example");
    let ed25519 = Signer::ed25519("pass.example", "new");
    let rsa = Signer::rsa("pass.example", "old");
    bench.dns.add(&ed25519.record());
    bench.dns.add(&rsa.record());
    let signed = rsa.sign(&mail);
    let simple = ed25519.sign_as(&mail, Canonicalization::Simple);
    let (top, rest) = signed.split_once("\r\nFrom:").unwrap();
    let no_from = [&top.replace("From", "Sender"), "\r\nFrom:", rest].concat();
    let key = |selector: &str| {
        ed25519
            .sign(&mail)
            .replace("s=new", &format!("s={selector}"))
    };
    // mime-8463-3-01
    let table = [
        ("ed25519", ed25519.sign(&mail), "pass"),
        ("rsa", signed.clone(), "pass"),
        ("simple", simple.clone(), "pass"),
        (
            "relaxed allows",
            signed.replace("bye \r\n", "bye\t \r\n\r\n"),
            "pass",
        ),
        (
            "relaxed folds",
            signed.replace("Subject: x", "SUBJECT:\r\n\tx "),
            "pass",
        ),
        (
            "simple forbids",
            simple.replace("Subject: x", "Subject:  x"),
            "fail",
        ),
        ("body changed", signed.replace("Hello", "Hallo"), "fail"),
        (
            "subject changed",
            signed.replace("Subject: x", "Subject: y"),
            "fail",
        ),
        (
            "From added",
            signed.replace("Subject: x", "From: evil@x.example\r\nSubject: x"),
            "fail",
        ),
        (
            "wrong key",
            Signer::ed25519("pass.example", "new").sign(&mail),
            "fail",
        ),
        ("no key", key("none"), "permerror"),
        ("key revoked", key("gone"), "permerror"),
        ("key of another kind", key("odd"), "fail"),
        ("key not to be had", key("broken"), "temperror"),
        (
            "sha1",
            signed.replace("rsa-sha256", "rsa-sha1"),
            "permerror",
        ),
        (
            "length",
            signed.replace("; s=old;", "; s=old; l=0;"),
            "policy",
        ),
        (
            "expired",
            signed.replace("; s=old;", "; s=old; x=1700000000; t=1600000000;"),
            "neutral",
        ),
        ("no signature", mail.clone(), "none"),
        (
            "junk",
            format!("DKIM-Signature: \r\n junk;=;b=\r\n{mail}"),
            "neutral",
        ),
        ("From not signed", no_from, "neutral"),
    ];
    for (name, mail, result) in table {
        let judged = bench.judge("192.0.2.2", "x.example", "", &mail).await;
        let told = judged.result("dkim");
        assert!(
            told.starts_with(&format!("dkim={result}")),
            "{name}: {}",
            judged.raw
        );
    }
}

#[tokio::test]
async fn dmarc_has_all_its_results_and_is_enforced() {
    let bench = Bench::new();
    let signer = Signer::ed25519("reject.example", "s");
    bench.dns.add(&signer.record());
    let (ours, theirs) = ("192.0.2.2", "192.0.2.3");
    let forged = "not authenticated as from";
    // Client, envelope sender, From, result, what becomes of it.
    let table = [
        (
            ours,
            "a@reject.example",
            "b@reject.example",
            "pass",
            "delivered",
        ),
        (
            ours,
            "a@sub.reject.example",
            "b@reject.example",
            "pass",
            "delivered",
        ),
        (
            ours,
            "a@reject.example",
            "b@sub.reject.example",
            "pass",
            "delivered",
        ),
        (
            ours,
            "a@strict.example",
            "b@strict.example",
            "pass",
            "delivered",
        ),
        (
            ours,
            "a@sub.strict.example",
            "b@strict.example",
            "fail",
            "refused",
        ),
        (
            theirs,
            "a@reject.example",
            "b@reject.example",
            "fail",
            "refused",
        ),
        (
            ours,
            "a@free.example",
            "b@REJECT.example",
            "fail",
            "refused",
        ),
        (
            ours,
            "a@free.example",
            "b@sub.reject.example",
            "fail",
            "quarantined",
        ),
        (
            theirs,
            "a@quarantine.example",
            "b@quarantine.example",
            "fail",
            "quarantined",
        ),
        (
            theirs,
            "a@watch.example",
            "b@watch.example",
            "fail",
            "delivered",
        ),
        (
            theirs,
            "a@free.example",
            "b@free.example",
            "none",
            "delivered",
        ),
        (
            theirs,
            "a@lost.example",
            "b@lost.example",
            "temperror",
            "later",
        ),
        // Under any policy this passes.
        (
            ours,
            "a@lost.example",
            "b@lost.example",
            "temperror",
            "delivered",
        ),
        (
            ours,
            "a@shaky.example",
            "b@shaky.example",
            "temperror",
            "later",
        ),
        (ours, "a@free.example", "b@shaky.example", "fail", "refused"),
    ];
    for (ip, sender, author, result, fate) in table {
        let judged = bench.judge(ip, "x.example", sender, &from(author)).await;
        let domain = author.split_once('@').unwrap().1.to_lowercase();
        let told = format!("dmarc={result} header.from={domain}");
        assert_eq!(judged.result("dmarc"), told, "{}", judged.raw);
        assert_eq!(judged.fate(), fate, "{author}: {:?}", judged.refused);
        if fate == "refused" {
            let reply = judged.refused.unwrap();
            assert!(
                reply.starts_with("550 5.7.1 [authentication] ") && reply.contains(forged),
                "{reply}"
            );
        }
    }
    // DKIM of the author's domain is as good as SPF of it.
    let signed = signer.sign(&from("b@sub.reject.example"));
    let judged = bench
        .judge(theirs, "x.example", "bounce@list.example", &signed)
        .await;
    assert_eq!(
        judged.result("dmarc"),
        "dmarc=pass header.from=sub.reject.example"
    );
    let broken = signed.replace("Hello", "Footer");
    let judged = bench
        .judge(theirs, "x.example", "bounce@list.example", &broken)
        .await;
    assert_eq!(
        (judged.result("dmarc"), judged.fate()),
        ("dmarc=fail header.from=sub.reject.example", "quarantined")
    );
    // A signature whose key is not to be had now may be right.
    let shaky = Signer::ed25519("shaky.example", "s");
    bench.dns.add("s._domainkey.shaky.example SERVFAIL");
    let signed = shaky.sign(&from("b@shaky.example"));
    let judged = bench
        .judge(theirs, "x.example", "a@free.example", &signed)
        .await;
    assert_eq!(
        (judged.result("dmarc"), judged.fate()),
        ("dmarc=temperror header.from=shaky.example", "later")
    );
}

#[tokio::test]
async fn results_can_be_told_and_nothing_more() {
    let bench = Bench::enforcing(false);
    let judged = bench
        .judge(
            "192.0.2.3",
            "x.example",
            "a@free.example",
            &from("b@reject.example"),
        )
        .await;
    assert_eq!(
        judged.result("dmarc"),
        "dmarc=fail header.from=reject.example"
    );
    assert_eq!(judged.fate(), "delivered");
}

#[tokio::test]
async fn an_author_that_can_be_read_in_two_ways_is_not_believed() {
    let bench = Bench::new();
    let one = "From: b@reject.example\r\n";
    let two = "From: a@pass.example\r\n";
    let table = [
        (format!("{one}{two}\r\n"), "refused"),
        (format!("{two}{one}\r\n"), "refused"),
        (format!("{two}FROM\t: a@pass.example\r\n\r\n"), "refused"),
        (
            "From: a@pass.example, b@reject.example\r\n\r\n".to_owned(),
            "refused",
        ),
        (
            "From: a@pass.example, b@quarantine.example\r\n\r\n".to_owned(),
            "quarantined",
        ),
        (
            "From: a@pass.example, b@mail.pass.example\r\n\r\n".to_owned(),
            "delivered",
        ),
        (
            "From: b@reject.example\0.pass.example\r\n\r\n".to_owned(),
            "quarantined",
        ),
        (
            "From: \"b@pass.example\" <b@reject.example>\r\n\r\n".to_owned(),
            "refused",
        ),
        (
            "From: (b@pass.example) b@reject.example\r\n\r\n".to_owned(),
            "refused",
        ),
        (
            "From: staff: a@reject.example;\r\n\r\n".to_owned(),
            "refused",
        ),
        ("From: undisclosed:;\r\n\r\n".to_owned(), "delivered"),
        ("From: a@[192.0.2.1]\r\n\r\n".to_owned(), "delivered"),
        (
            "From: a@1.example, a@2.example, a@3.example, a@4.example, a@reject.example\r\n\r\n"
                .to_owned(),
            "quarantined",
        ),
        ("Subject: nobody\r\n\r\n".to_owned(), "delivered"),
        ("\r\n".to_owned(), "delivered"),
        (String::new(), "delivered"),
    ];
    for (mail, fate) in table {
        let judged = bench
            .judge("192.0.2.2", "x.example", "a@pass.example", &mail)
            .await;
        assert_eq!(judged.fate(), fate, "{mail:?}: {}", judged.raw);
    }
}

#[tokio::test]
async fn a_chain_of_arc_is_told_and_decides_nothing() {
    let bench = Bench::new();
    let list = Signer::ed25519("lists.example", "arc");
    bench.dns.add(&list.record());
    let mail = from("b@reject.example");
    let sealed = list.seal(&mail);
    let table = [
        (sealed.clone(), "arc=pass"),
        (sealed.replace("Hello", "Hallo"), "arc=fail"),
        (sealed.replace("ARC-Seal:", "X-Seal:"), "arc=fail"),
        (sealed.replace("i=1;", "i=7;"), "arc=fail"),
        (list.seal(&sealed), "arc=fail"),
        (format!("ARC-Seal: i=1; cv=\r\n{mail}"), "arc=fail"),
    ];
    for (mail, result) in table {
        let judged = bench
            .judge("192.0.2.3", "x.example", "a@free.example", &mail)
            .await;
        assert_eq!(judged.result("arc"), result, "{}", judged.raw);
        assert_eq!(judged.fate(), "refused");
    }
    let judged = bench
        .judge("192.0.2.3", "x.example", "a@free.example", &mail)
        .await;
    assert!(judged.all("arc").is_empty());
}

#[tokio::test]
async fn hostile_signatures_cost_little() {
    let bench = Bench::new();
    let signer = Signer::ed25519("pass.example", "new");
    bench.dns.add(&signer.record());
    let mail = from("a@free.example");
    let mut flood = mail.clone();
    for _ in 0..100 {
        flood = signer.sign(&flood);
    }
    let judged = bench.judge("192.0.2.2", "x.example", "", &flood).await;
    assert_eq!(judged.all("dkim").len(), 9, "{}", judged.raw);
    assert_eq!(judged.all("dkim")[8], "dkim=policy");
    assert!(judged.raw.contains("92 more"));

    let names = |count| vec!["x"; count].join(":");
    let field = |h: &str, b: &str| {
        format!(
            "DKIM-Signature: v=1; a=ed25519-sha256; d=pass.example; s=new; h=From:{h}; bh=AAAA; b={b}\r\n"
        )
    };
    let many_fields = "a:\r\n".repeat(60_000);
    let folded = vec!["Aw"; 20_000].join("\r\n\t");
    let table = [
        (field(&names(1_000), "AAAA") + &mail, "dkim=policy"),
        (field("", &folded) + &mail, "dkim=neutral"),
        (field("To", &folded) + &mail, "dkim=fail"),
        (field("To", "AAAA") + &many_fields + &mail, "dkim=policy"),
        (field(&names(100_000), "AAAA") + &mail, "dkim=policy"),
        (
            "DKIM-Signature: ".to_owned() + &";".repeat(200_000) + "\r\n" + &mail,
            "dkim=neutral",
        ),
        (
            "DKIM-Signature: ".to_owned() + &"a=b;".repeat(50_000) + "\r\n" + &mail,
            "dkim=neutral",
        ),
    ];
    for (mail, result) in table {
        let begun = std::time::Instant::now();
        let judged = bench.judge("192.0.2.2", "x.example", "", &mail).await;
        let told = judged.result("dkim");
        assert!(told.starts_with(result), "{told} is not {result}");
        assert!(begun.elapsed().as_secs() < 5);
    }
}

#[tokio::test]
async fn a_dns_that_does_not_answer_holds_a_mail_up_for_a_bounded_time() {
    let bench = Bench::new();
    let mail = Signer::ed25519("pass.example", "silent").sign(&from("a@free.example"));
    let begun = std::time::Instant::now();
    let judged = bench
        .judge("192.0.2.6", "x.example", "a@hangs.example", &mail)
        .await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    assert!(
        judged.result("dkim").starts_with("dkim=temperror"),
        "{}",
        judged.raw
    );
    assert_eq!(
        judged.all("spf")[0],
        "spf=temperror smtp.mailfrom=a@hangs.example"
    );
    assert_eq!(
        judged.result("iprev"),
        "iprev=temperror policy.iprev=192.0.2.6"
    );
}

#[tokio::test]
async fn an_answer_too_long_for_udp_is_fetched_over_tcp() {
    let bench = Bench::new();
    let long = format!(
        "v=spf1 {}ip4:192.0.2.2 -all",
        "ip4:198.51.100.1 ".repeat(300)
    );
    bench.dns.add(&format!("long.example TXT \"{long}\""));
    let judged = bench
        .judge(
            "192.0.2.2",
            "x.example",
            "a@long.example",
            &from("a@free.example"),
        )
        .await;
    assert_eq!(
        judged.all("spf")[0],
        "spf=pass smtp.mailfrom=a@long.example"
    );
}

#[tokio::test]
async fn answers_are_kept() {
    let bench = Bench::new();
    for _ in 0..3 {
        bench
            .judge(
                "192.0.2.2",
                "x.example",
                "a@reject.example",
                &from("a@reject.example"),
            )
            .await;
    }
    assert_eq!(bench.dns.times_asked("reject.example"), 1);
    assert_eq!(bench.dns.times_asked("_dmarc.reject.example"), 1);
}

#[tokio::test]
async fn a_client_without_an_address_passes_for_nobody() {
    let bench = Bench::new();
    bench.dns.add("anywhere.example TXT \"v=spf1 +all\"");
    let unknown = wire_core::Peer::new(None);
    let client = Arc::new(Client::new(Service::Smtp, &unknown));
    let mail = testing::mail(&client, "a@anywhere.example", None);
    let judged = bench
        .judge_mail(&client, mail, from("a@reject.example").as_bytes())
        .await;
    assert_eq!(
        judged.all("spf")[0],
        "spf=none smtp.mailfrom=a@anywhere.example"
    );
    assert_eq!((judged.all("iprev").len(), judged.fate()), (0, "refused"));
}
