//! Mail and servers that mean no good.

use std::sync::Arc;

use super::{Bench, from, signer::Signer};
use crate::{
    config::Service,
    policy::{Client, testing},
};

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
