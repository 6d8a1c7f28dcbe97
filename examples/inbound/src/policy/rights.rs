//! Users write as themselves (RFC 6409 sections 6.1 and 6.3).

use mime_core::{Address, Header, Name};
use smtp_proto::Path;

use super::{
    Failed, Fallback, HeaderBlock, Judgement, Judging, Login, Mail, Policy, Refusal, Stage,
};
use crate::{config::Service, recipients::Recipients, store::Lookup};

/// On the ports of users, the envelope sender and the addresses of From and Sender must be the account's
/// own: mail for them would come to it.
pub(super) struct Rights {
    recipients: Recipients,
}

impl Rights {
    pub(super) fn new(recipients: Recipients) -> Self {
        Rights { recipients }
    }

    async fn of_sender(&self, mail: &Mail) -> Result<Judgement, Failed> {
        let (login, from) = (login(mail)?, mail.from.as_path());
        // Disposition notifications come with the null path (RFC 8098 section 2.1).
        if from.is_null() || self.owns(login, self.of_envelope(&from)).await? {
            return Ok(Judgement::accept());
        }
        Ok(not_yours("the envelope sender", from.as_str(), login))
    }

    async fn of_header(&self, mail: &Mail, header: Header<'_>) -> Result<Judgement, Failed> {
        let login = login(mail)?;
        let authors = match authors(header) {
            Ok(authors) => authors,
            Err(fault) => return Ok(fault),
        };
        for author in authors {
            if !self.owns(login, self.of_author(&author)).await? {
                return Ok(not_yours(author.field, &author.address, login));
            }
        }
        Ok(Judgement::accept())
    }

    fn of_envelope(&self, path: &Path<'_>) -> Option<Lookup> {
        // A literal of ours or a bare name is no address to answer to.
        path.domain()?;
        self.recipients.lookup(path, None)
    }

    fn of_author(&self, author: &Author) -> Option<Lookup> {
        self.recipients
            .lookup_in_header(&author.local, &author.domain)
    }

    async fn owns(&self, login: &Login, address: Option<Lookup>) -> Result<bool, Failed> {
        let Some(address) = address else {
            return Ok(false);
        };
        let may = self.recipients.may_write_as(login.account, &address).await;
        may.map_err(|error| Failed(error.to_string()))
    }
}

impl Policy for Rights {
    fn name(&self) -> &'static str {
        "rights"
    }

    fn stages(&self) -> &'static [Stage] {
        &[Stage::Mail, Stage::Header]
    }

    fn serves(&self, service: Service) -> bool {
        matches!(service, Service::Submission | Service::Smtps)
    }

    /// Who is on this machine has an account like everybody else.
    fn spares_local(&self) -> bool {
        false
    }

    fn fallback(&self) -> Fallback {
        Fallback::TempFail
    }

    fn mail<'a>(&'a self, mail: &'a Mail) -> Judging<'a> {
        Box::pin(self.of_sender(mail))
    }

    fn header<'a>(&'a self, mail: &'a Mail, header: &'a HeaderBlock) -> Judging<'a> {
        Box::pin(self.of_header(mail, header.header()))
    }
}

/// Who a header says has written or sent the message.
struct Author {
    field: &'static str,
    address: String,
    local: String,
    domain: String,
}

/// Everybody that From and Sender name; a refusal where that cannot be told.
fn authors(header: Header<'_>) -> Result<Vec<Author>, Judgement> {
    // RFC 5322 section 3.6: From exactly once, Sender at most. Of two, readers show either.
    match header.all(Name::From).count() {
        0 => return Err(malformed("no From field: add one")),
        1 => {}
        _ => return Err(malformed("more than one From field: leave one")),
    }
    if header.all(Name::Sender).count() > 1 {
        return Err(malformed("more than one Sender field: leave one"));
    }
    let from = header.all(Name::From).map(|field| ("From", field));
    let sender = header.all(Name::Sender).map(|field| ("Sender", field));
    let mut authors = Vec::new();
    for (name, field) in from.chain(sender) {
        for address in field.addresses() {
            match address {
                Address::Mailbox(mailbox) => {
                    let utf8 = |octets: &[u8]| String::from_utf8(octets.to_vec()).ok();
                    let author = || {
                        Some(Author {
                            field: name,
                            address: mailbox.addr_spec()?.into_owned(),
                            local: utf8(&mailbox.local())?,
                            domain: utf8(&mailbox.domain())?,
                        })
                    };
                    authors.push(author().ok_or_else(|| unreadable(name))?);
                }
                Address::GroupStart(_) | Address::GroupEnd => {}
                _ => return Err(unreadable(name)),
            }
        }
    }
    if authors.iter().all(|author| author.field != "From") {
        return Err(malformed("a From field without an address: name yours"));
    }
    Ok(authors)
}

fn login(mail: &Mail) -> Result<&Login, Failed> {
    mail.login
        .as_ref()
        .ok_or_else(|| Failed("nobody has logged in".into()))
}

fn not_yours(what: &str, address: &str, login: &Login) -> Judgement {
    let text = format!(
        "{what} <{address}> is no address of your account, write as <{}>",
        login.name
    );
    Judgement::reject(Refusal::new(550, (5, 7, 1), text))
}

fn malformed(fault: &str) -> Judgement {
    let text = format!("the message has {fault} (RFC 5322 section 3.6)");
    Judgement::reject(Refusal::new(554, (5, 6, 0), text))
}

fn unreadable(field: &str) -> Judgement {
    malformed(&format!(
        "what is no address in its {field} field: correct it"
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        policy::{
            Verdict,
            testing::{client, mail},
        },
        store::{
            Directory, Subaddressing,
            sqlite::{Limits, Sqlite},
        },
    };

    /// What ada is told, or nothing.
    struct Desk {
        rights: Rights,
        ada: Login,
        _folder: tempfile::TempDir,
    }

    impl Desk {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Sqlite::open(folder.path(), Limits::default()).unwrap();
            let store: Arc<dyn Directory> = Arc::new(store);
            let ada = store.ensure_account("ada@example.org").await.unwrap();
            let bob = store.ensure_account("bob@example.org").await.unwrap();
            for account in [ada.id, bob.id] {
                let added = store.add_address(account, "team", "example.org");
                added.await.unwrap();
            }
            let domains = ["example.org", "example.net"].map(Arc::from);
            let recipients = Recipients::new(store, &domains, Subaddressing::default());
            Desk {
                rights: Rights::new(recipients),
                ada: Login {
                    account: ada.id,
                    name: ada.name,
                },
                _folder: folder,
            }
        }

        fn mail(&self, from: &str) -> Mail {
            let client = client(Service::Submission, "192.0.2.1");
            mail(&client, from, Some(self.ada.clone()))
        }
    }

    fn told(judged: Result<Judgement, Failed>) -> Option<String> {
        match judged.unwrap().verdict() {
            Verdict::Accept => None,
            Verdict::Reject(refusal) => Some(refusal.text().to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn an_envelope_sender_is_an_address_of_the_account() {
        let desk = Desk::new().await;
        let yes = [
            "ada@example.org",
            "ADA@Example.Org",
            "\"ada\"@example.org",
            "ada+shop@example.org",
            "team@example.org",
            "",
        ];
        let no = [
            "bob@example.org",
            "bob+ada@example.org",
            "nobody@example.org",
            "ada@example.net",
            "ada@example.com",
            "ada@[127.0.0.1]",
            "postmaster",
        ];
        for from in yes {
            assert_eq!(
                told(desk.rights.mail(&desk.mail(from)).await),
                None,
                "{from}"
            );
        }
        for from in no {
            let text = told(desk.rights.mail(&desk.mail(from)).await).unwrap();
            assert!(text.contains(&format!("<{from}>")), "{text}");
            assert!(text.contains("write as <ada@example.org>"), "{text}");
        }
        let mut nobody = desk.mail("ada@example.org");
        nobody.login = None;
        assert!(desk.rights.mail(&nobody).await.is_err());
    }

    #[tokio::test]
    async fn authors_and_senders_are_addresses_of_the_account() {
        let desk = Desk::new().await;
        let table = [
            ("From: ada@example.org", None),
            ("From: Ada <ADA+x@example.org>", None),
            ("From: \"bob@example.org\" <ada@example.org>", None),
            ("From: ada@example.org, team@example.org", None),
            ("From: Us: ada@example.org, team@example.org;", None),
            ("From: ada@example.org\r\nSender: team@example.org", None),
            ("From: bob@example.org", Some("From <bob@example.org>")),
            ("From: ada@example.com", Some("From <ada@example.com>")),
            (
                "From: ada@example.org, bob@example.org",
                Some("From <bob@example.org>"),
            ),
            (
                "From: ada@example.org\r\nSender: bob@example.org",
                Some("Sender <bob@example.org>"),
            ),
            ("Subject: x", Some("no From")),
            ("", Some("no From")),
            (
                "From: ada@example.org\r\nFrom: bob@example.org",
                Some("more than one From"),
            ),
            // Readers pass over what is no field, and names may have white space behind them.
            (
                "From: ada@example.org\r\nno field\r\nFrom : bob@example.org",
                Some("more than one From"),
            ),
            (
                "From: ada@example.org\r\nSender: ada@example.org\r\nSender: bob@example.org",
                Some("more than one Sender"),
            ),
            ("From: Us:;", Some("without an address")),
            ("From:", Some("without an address")),
            (
                "From: ada@example.org\r\nSender: <ada@example.org> <bob@example.org>",
                Some("in its Sender"),
            ),
            (
                "From: <ada@example.org> <bob@example.org>",
                Some("in its From"),
            ),
            ("From: ada", Some("in its From")),
        ];
        let mail = desk.mail("ada@example.org");
        for (fields, fault) in table {
            let header = HeaderBlock {
                octets: format!("{fields}\r\n\r\n").into(),
            };
            let told = told(desk.rights.header(&mail, &header).await);
            match fault {
                None => assert_eq!(told, None, "{fields}"),
                Some(fault) => {
                    let told = told.unwrap_or_else(|| panic!("{fields} was taken"));
                    assert!(told.contains(fault), "{fields}: {told}");
                }
            }
        }
    }
}
