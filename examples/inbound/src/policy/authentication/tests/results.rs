//! Each result of each check, and what comes of it.

use mail_auth::dkim::Canonicalization;

use super::{Bench, from, signer::Signer};

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

/// The signed message of RFC 8463 appendix A, where the RFC is at hand, and its keys as zone lines.
fn example_of_rfc_8463() -> Option<(String, Vec<String>)> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/rfc/rfc8463.txt"
    );
    let rfc = std::fs::read_to_string(path).ok()?;
    // The names of the sections stand in the table of contents, too.
    let (_, appendix) = rfc.rsplit_once("A.2.  Public Key")?;
    let (keys, rest) = appendix.split_once("A.3.  Signed Message")?;
    let start = rest.find("   DKIM-Signature:")?;
    let end = rest.find("Author's Address")?;
    let lines = rest[start..end].trim_end().lines();
    let mail = lines.map(|line| line.strip_prefix("   ").unwrap_or(line).to_owned() + "\r\n");
    let keys = keys.split("._domainkey").map(|key| key.to_owned());
    let keys: Vec<_> = keys.collect();
    let record = |selector: &str, key: &str| {
        let text: String = key.split('"').skip(1).step_by(2).collect();
        format!("{selector}._domainkey.football.example.com TXT \"{text}\"")
    };
    let records = vec![record("brisbane", &keys[1]), record("test", &keys[2])];
    Some((mail.collect(), records))
}

#[tokio::test]
async fn the_example_of_the_rfc_of_ed25519_passes() {
    // mime-8463-3-01
    let Some((mail, records)) = example_of_rfc_8463() else {
        return;
    };
    let bench = Bench::new();
    records.iter().for_each(|record| bench.dns.add(record));
    let judged = bench.judge("192.0.2.2", "x.example", "", &mail).await;
    let told = judged.all("dkim");
    let of = |selector| format!("dkim=pass header.d=football.example.com header.s={selector} ");
    assert!(told[0].starts_with(&of("brisbane")), "{}", judged.raw);
    assert!(told[1].starts_with(&of("test")), "{}", judged.raw);
}
