//! What a newcomer wants to know after the start: lines to paste.

use std::fmt::Write;

use crate::{
    config::{AccountLine, Service},
    server::Server,
};

/// The ports, the accounts, and how to send and read a first mail.
pub fn text(server: &Server) -> String {
    let mut text = String::from("\n");
    let config = server.config();
    for (service, address) in server.addresses() {
        let _ = writeln!(text, "  {:<11} {address}", service.name());
    }
    let _ = writeln!(text, "\nAccounts (data in {}):", config.data.display());
    for line in &config.accounts {
        // A password is shown only if it is the one that everybody knows.
        let password = if line.password == "demo" {
            ", password demo"
        } else {
            ""
        };
        let _ = writeln!(text, "  {}{password}", line.name);
    }
    let port = |wanted| {
        server
            .addresses()
            .find(|(service, _)| *service == wanted)
            .map(|(_, a)| a)
    };
    let Some(AccountLine { name, password }) = config.accounts.first() else {
        return text;
    };
    let password = if password == "demo" {
        "demo"
    } else {
        "PASSWORD"
    };
    if let Some(smtp) = port(Service::Smtp) {
        let _ = write!(
            text,
            "\nSend a mail:\n  swaks --server {smtp} --to {name}\n  \
             curl --crlf smtp://{smtp} --mail-from me@example.com --mail-rcpt {name} --upload-file MAIL.eml\n"
        );
    }
    if let Some(submission) = port(Service::Submission) {
        let _ = write!(
            text,
            "\nSubmit one:\n  swaks --server {submission} --tls --auth-user {name} \
             --auth-password {password} --from {name} --to {name}\n"
        );
    }
    if let Some(imaps) = port(Service::Imaps) {
        let _ = write!(
            text,
            "\nRead it:\n  curl -k -u {name}:{password} 'imaps://{imaps}/INBOX;MAILINDEX=1'\n"
        );
    }
    text.push('\n');
    text
}
