//! What a newcomer wants to know after the start: lines to paste.

use std::fmt::Write;

use crate::{config::Service, server::Server};

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
    if let (Some(smtp), Some(line)) = (port(Service::Smtp), config.accounts.first()) {
        let (host, port) = (smtp.ip(), smtp.port());
        let _ = writeln!(
            text,
            "\nSend a mail:\n  swaks --server {host} --port {port} --to {}",
            line.name
        );
        let _ = writeln!(
            text,
            "  curl --crlf smtp://{smtp} --mail-from me@example.com --mail-rcpt {} --upload-file MAIL.eml",
            line.name
        );
    }
    if let (Some(imaps), Some(line)) = (port(Service::Imaps), config.accounts.first()) {
        let password = if line.password == "demo" {
            "demo"
        } else {
            "PASSWORD"
        };
        let _ = writeln!(
            text,
            "\nRead it:\n  curl -k -u {}:{password} 'imaps://{imaps}/INBOX;MAILINDEX=1'",
            line.name
        );
    }
    text.push('\n');
    text
}
