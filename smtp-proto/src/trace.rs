//! The `Received` field (RFC 5321 section 4.4).

use core::net::{IpAddr, SocketAddr};

use wire_core::TlsInfo;

use crate::{Address, calendar, grammar::path::is_hello};

/// What a `Received` field says.
pub(crate) struct Trace<'a> {
    pub(crate) helo: Option<&'a str>,
    pub(crate) extended: bool,
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) hostname: &'a str,
    pub(crate) lmtp: bool,
    pub(crate) tls: Option<&'a TlsInfo>,
    pub(crate) authenticated: bool,
    pub(crate) utf8: bool,
    pub(crate) id: &'a str,
    pub(crate) recipient: Option<&'a Address>,
    pub(crate) unix: i64,
}

pub(crate) fn received(trace: &Trace<'_>) -> String {
    // A name that is none could say something else here (`Leniency::ANY_HELLO`).
    let helo = trace.helo.filter(|name| is_hello(name.as_bytes()));
    let mut field = format!("Received: from {}", helo.unwrap_or("unknown"));
    if let Some(remote) = trace.remote {
        field.push_str(&match remote.ip().to_canonical() {
            IpAddr::V4(ip) => format!(" ([{ip}])"),
            IpAddr::V6(ip) => format!(" ([IPv6:{ip}])"),
        });
    }
    field.push_str(&format!(
        "\r\n\tby {} with {}",
        trace.hostname,
        protocol(trace)
    ));
    let id: String = trace.id.chars().filter(|c| is_atext(*c)).collect();
    if !id.is_empty() {
        field.push_str(&format!(" id {id}"));
    }
    let clean = |name: &str| {
        name.chars()
            .filter(|c| is_atext(*c) || *c == '.')
            .collect::<String>()
    };
    let tls = trace
        .tls
        .map(|tls| [tls.protocol, tls.cipher].map(|name| name.map(clean)));
    match tls {
        Some([Some(protocol), Some(cipher)]) => {
            field.push_str(&format!("\r\n\t({protocol} {cipher})"));
        }
        Some([Some(name), None] | [None, Some(name)]) => {
            field.push_str(&format!("\r\n\t({name})"));
        }
        _ => {}
    }
    if let Some(recipient) = trace.recipient {
        field.push_str(&format!("\r\n\tfor <{recipient}>"));
    }
    field.push_str(&format!(";\r\n\t{}\r\n", calendar::rfc_5322(trace.unix)));
    field
}

/// RFC 3848, RFC 6531 section 4.3; an HELO session is plain SMTP.
fn protocol(trace: &Trace<'_>) -> String {
    let base = match (trace.lmtp, trace.utf8, trace.extended) {
        (true, true, _) => "UTF8LMTP",
        (true, false, _) => "LMTP",
        (false, true, _) => "UTF8SMTP",
        (false, false, true) => "ESMTP",
        (false, false, false) => return "SMTP".to_owned(),
    };
    let tls = if trace.tls.is_some() { "S" } else { "" };
    let auth = if trace.authenticated { "A" } else { "" };
    format!("{base}{tls}{auth}")
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}
