//! The `Received` field (RFC 5321 section 4.4).

use core::net::{IpAddr, SocketAddr};

use wire_core::TlsInfo;

use crate::Address;

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
    let mut field = format!("Received: from {}", trace.helo.unwrap_or("unknown"));
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
    field.push_str(&format!(";\r\n\t{}\r\n", date(trace.unix)));
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

/// `Sat, 21 Nov 2026 03:28:31 +0000` (RFC 5322 section 3.3). Years are kept within four digits.
fn date(unix: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ];
    // 1900-01-01, the first day that RFC 5322 knows, to 9999-12-31.
    let unix = unix.clamp(-2_208_988_800, 253_402_300_799);
    let (day, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    // Days since 0000-03-01, so that a leap day is the last of its year.
    let days = day + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + era * 400 + i64::from(month >= 10);
    let name = |names: &[&'static str], n: i64| {
        usize::try_from(n)
            .ok()
            .and_then(|n| names.get(n).copied())
            .unwrap_or_default()
    };
    format!(
        "{}, {of_month} {} {year:04} {:02}:{:02}:{:02} +0000",
        name(&DAYS, day.rem_euclid(7)),
        name(&MONTHS, month),
        second / 3600,
        second / 60 % 60,
        second % 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (unix, expected) in [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 +0000"),
            (1_709_251_200, "Fri, 1 Mar 2024 00:00:00 +0000"),
            (1_795_231_711, "Sat, 21 Nov 2026 03:28:31 +0000"),
            (i64::MIN, "Mon, 1 Jan 1900 00:00:00 +0000"),
            (i64::MAX, "Fri, 31 Dec 9999 23:59:59 +0000"),
        ] {
            assert_eq!(date(unix), expected);
        }
    }
}
