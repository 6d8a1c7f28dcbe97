//! MIME: what is wrong with a message.

use mime_core::{Defect, Found, Layout, Limits, PartId};

/// An audit is bounded, points into the message, says nothing twice, says the same of a prefix, and
/// the same whether lines end in CRLF or LF.
pub fn mime_audit(data: &[u8]) {
    let mut layout = Layout::new();
    let message = layout.parse(data, &Limits::DEFAULT);
    let all = message.audit(usize::MAX);
    for max in [0, 1, 3] {
        assert!(all.iter().take(max).eq(&message.audit(max)), "not a prefix");
    }
    assert!(
        message
            .layout()
            .defects()
            .eq(all.iter().copied().take(message.layout().defects().len()))
    );
    for (n, found) in all.iter().enumerate() {
        assert!(
            found.at as usize <= data.len(),
            "{found:?} is outside of the message"
        );
        assert!(Defect::ALL.contains(&found.kind));
        assert!(
            !(100..=1000).contains(&n) || !all[..n].contains(found),
            "twice: {found:?}"
        );
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let lf = text.replace('\r', "");
        let crlf = lf.replace('\n', "\r\n");
        assert_eq!(
            kinds(lf.as_bytes()),
            kinds(crlf.as_bytes()),
            "line ends made a defect"
        );
    }
}

/// What does not depend on line ends.
fn kinds(mail: &[u8]) -> Vec<(Defect, PartId)> {
    let ends = [Defect::BareLf, Defect::LineTooLong];
    let found: Vec<Found> = Layout::new()
        .parse(mail, &Limits::DEFAULT)
        .audit(usize::MAX);
    let found = found.iter().filter(|found| !ends.contains(&found.kind));
    found.map(|found| (found.kind, found.part)).collect()
}
