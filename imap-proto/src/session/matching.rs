//! Whether a row is what a SEARCH looks for (RFC 9051 section 6.4.4).

use crate::{Query, Row};

/// `None`: the row has too little of its message to tell. Its octets are looked at only where its
/// columns do not decide.
#[cfg(feature = "mime")]
pub(super) fn decide(query: &Query, row: &Row<'_>, now: Option<i64>) -> Option<bool> {
    use crate::query::Mail;

    let by_columns = query.decide(&Mail {
        row,
        now,
        outline: row.outline,
        message: None,
    });
    let raw = match (by_columns, row.raw) {
        (None, Some(raw)) => raw,
        _ => return by_columns,
    };
    let mut layout = mime_core::Layout::new();
    let stored = row.layout.and_then(|layout| layout.on(raw).ok());
    let message = stored.unwrap_or_else(|| layout.parse(raw, &mime_core::Limits::DEFAULT));
    query.decide(&Mail {
        row,
        now,
        outline: None,
        message: Some(message),
    })
}

/// Without the parser only the columns are known.
#[cfg(not(feature = "mime"))]
pub(super) fn decide(query: &Query, row: &Row<'_>, now: Option<i64>) -> Option<bool> {
    struct Columns<'r>(&'r Row<'r>, Option<i64>);

    impl crate::Subject for Columns<'_> {
        fn uid(&self) -> crate::Uid {
            self.0.uid
        }

        fn flags(&self) -> Option<crate::FlagList<'_>> {
            self.0.flags
        }

        fn modseq(&self) -> Option<crate::ModSeq> {
            self.0.modseq
        }

        fn size(&self) -> Option<u64> {
            self.0.size
        }

        fn date(&self) -> Option<(i64, i16)> {
            self.0.date
        }

        fn save_date(&self) -> Option<Option<(i64, i16)>> {
            Some(self.0.save_date)
        }

        fn email_id(&self) -> Option<Option<&str>> {
            Some(self.0.email_id)
        }

        fn thread_id(&self) -> Option<Option<&str>> {
            Some(self.0.thread_id)
        }

        fn age(&self) -> Option<i64> {
            Some(self.1?.saturating_sub(self.0.date?.0))
        }
    }

    query.decide(&Columns(row, now))
}
