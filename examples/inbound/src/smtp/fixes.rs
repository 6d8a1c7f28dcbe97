//! What a submitted message gets and loses (RFC 6409 section 8).

use mime_core::{DateTime, Header, Name};

use crate::spool::Head;

/// Adds Date and Message-ID where they are missing, and takes Bcc away, so that nobody reads of a blind
/// copy (the first way of RFC 5322 section 3.6.3; the recipients are those of the envelope). A field
/// that a signature covers, or says is missing, is left as it is.
pub(super) fn apply(head: &mut Head, unix: i64, id: &str, hostname: &str) {
    let fields = head.fields();
    let signed = Signed::of(fields);
    let missing = |name| fields.first(name).is_none();
    let mut added = String::new();
    if missing(Name::Date)
        && !signed.covers("Date")
        && let Some(now) = DateTime::from_unix(unix)
    {
        added.push_str(&format!("Date: {now}\r\n"));
    }
    if missing(Name::MessageId) && !signed.covers("Message-ID") {
        added.push_str(&format!("Message-ID: <{id}@{hostname}>\r\n"));
    }
    head.append(&added);
    for blind in ["Bcc", "Resent-Bcc"] {
        if !signed.covers(blind) {
            head.remove(|field| field.is_named(blind.as_bytes()));
        }
    }
}

/// The names of fields that signatures are made over (RFC 6376 section 5.4).
struct Signed(Vec<String>);

impl Signed {
    fn of(fields: Header<'_>) -> Self {
        let signatures = fields.all(Name::DkimSignature);
        let names = signatures
            .filter_map(|field| field.dkim_signature().ok())
            .flat_map(|signature| {
                let names = signature.signed_fields().map(str::to_owned);
                names.collect::<Vec<_>>()
            });
        Signed(names.collect())
    }

    fn covers(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|signed| signed.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_248_000;
    const DATE: &str = "Date: Sat, 21 Nov 2026 08:00:00 +0000\r\n";
    const ID: &str = "Message-ID: <1a@mx.example.org>\r\n";

    fn fixed(header: &str) -> String {
        let mut head = Head::whole(format!("{header}\r\n").as_bytes());
        apply(&mut head, NOW, "1a", "mx.example.org");
        String::from_utf8(head.edited()).unwrap()
    }

    #[test]
    fn what_is_missing_is_added_and_bcc_is_taken_away() {
        let table = [
            ("From: a@b\r\n", format!("From: a@b\r\n{DATE}{ID}")),
            (
                "date: x\r\nmessage-id: y\r\n",
                "date: x\r\nmessage-id: y\r\n".into(),
            ),
            ("Date: x\r\n", format!("Date: x\r\n{ID}")),
            (
                "Bcc: c@d,\r\n e@f\r\nTo: g@h\r\nbcc:\r\nResent-Bcc: i@j\r\n",
                format!("To: g@h\r\n{DATE}{ID}"),
            ),
        ];
        for (header, wanted) in table {
            assert_eq!(fixed(header), format!("{wanted}\r\n"), "{header}");
        }
    }

    #[test]
    fn what_is_signed_stays_as_it_is() {
        let signature = |names: &str| {
            format!(
                "DKIM-Signature: v=1; a=ed25519-sha256; d=example.org; s=a;\r\n h={names}; bh=YQ==; b=YQ==\r\n"
            )
        };
        // The last date and the id are signed as missing: to add one breaks the signature.
        let signed = signature("from : Date:\r\n message-id:bcc") + "From: a@b\r\nBcc: c@d\r\n";
        assert_eq!(fixed(&signed), format!("{signed}\r\n"));
        let other = signature("from:subject") + "From: a@b\r\n";
        assert_eq!(fixed(&other), format!("{other}{DATE}{ID}\r\n"));
        let broken = "DKIM-Signature: h=date\r\n";
        assert_eq!(fixed(broken), format!("{broken}{DATE}{ID}\r\n"));
    }
}
