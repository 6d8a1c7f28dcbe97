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

#[path = "../../../../tests/support/dns.rs"]
mod dns;
#[path = "../../../../tests/support/signer.rs"]
mod signer;

mod hostile;
mod results;

const ZONE: &str = include_str!("../../../../tests/data/senders.zone");

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
