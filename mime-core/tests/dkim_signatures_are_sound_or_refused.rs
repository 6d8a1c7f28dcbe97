//! DKIM signatures: every tag, every fault, and the octets that were signed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use mime_core::{
    Canon, DkimAlgorithm, DkimError, DkimSignature, Header, Layout, Limits, Name, TagError,
};
use sha2::{Digest, Sha256};

const SOUND: &str = "v=1; a=rsa-sha256; d=b.example; s=k; h=from; bh=AA==; b=AA==";

fn signature(value: &str) -> Result<DkimSignature<'static>, DkimError> {
    let block = format!("DKIM-Signature: {value}\r\n\r\n");
    Header::new(block.leak().as_bytes())
        .first(Name::DkimSignature)
        .unwrap()
        .dkim_signature()
}

#[test]
fn all_tags_are_read() {
    let read = signature(
        "v=1; a=ed25519-sha256; c=relaxed/simple; q=x:dns/txt;\r\n d=b.example; s=a._k; i=u=40v\r\n @eng.B.example; \
         l=10; t=1117574938; x=1118006938; new=tag;\r\n h=From : To\r\n :Subject:from; \
         z=From:a@b.example|Subject:demo=20r\r\n un=7C; bh=AAE=; b=AAEC\r\n  AwQF",
    )
    .unwrap();
    assert_eq!(read.algorithm(), DkimAlgorithm::Ed25519Sha256);
    assert_eq!(
        (read.header_canon(), read.body_canon()),
        (Canon::Relaxed, Canon::Simple)
    );
    assert_eq!((read.domain(), read.selector()), ("b.example", "a._k"));
    assert_eq!(read.identity(), "u@v@eng.B.example");
    assert_eq!(read.body_length(), Some(10));
    assert_eq!(
        (read.timestamp(), read.expires()),
        (Some(1_117_574_938), Some(1_118_006_938))
    );
    assert_eq!(
        read.signed_fields().collect::<Vec<_>>(),
        ["From", "To", "Subject", "from"]
    );
    assert_eq!(read.query().collect::<Vec<_>>(), ["x", "dns/txt"]);
    assert_eq!(read.body_hash(), [0, 1]);
    assert_eq!(read.signature(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(read.tags().get("new"), Some(&b"tag"[..]));
    let copied: Vec<_> = read.copied_fields().collect();
    assert_eq!(
        copied,
        [
            ("From".into(), "a@b.example".into()),
            ("Subject".into(), "demo run|".into())
        ]
    );
}

#[test]
fn what_is_absent_has_its_default() {
    let read = signature(SOUND).unwrap();
    assert_eq!(
        (read.header_canon(), read.body_canon()),
        (Canon::Simple, Canon::Simple)
    );
    assert_eq!(read.identity(), "@b.example");
    assert_eq!(
        (read.body_length(), read.timestamp(), read.expires()),
        (None, None, None)
    );
    assert_eq!(read.query().collect::<Vec<_>>(), ["dns/txt"]);
    assert_eq!(read.copied_fields().count(), 0);
    let relaxed = signature(&format!("{SOUND}; c=Relaxed")).unwrap();
    assert_eq!(
        (relaxed.header_canon(), relaxed.body_canon()),
        (Canon::Relaxed, Canon::Simple)
    );
    for (name, algorithm) in [
        ("rsa-sha1", DkimAlgorithm::RsaSha1),
        ("x-y", DkimAlgorithm::Other),
    ] {
        let read = signature(&SOUND.replace("rsa-sha256", name)).unwrap();
        assert_eq!(read.algorithm(), algorithm);
    }
    let huge = signature(&format!("{SOUND}; l={}", "9".repeat(76))).unwrap();
    assert_eq!(huge.body_length(), Some(u64::MAX));
}

#[test]
fn any_fault_spoils_it() {
    for name in ["v", "a", "d", "s", "h", "bh", "b"] {
        let tags = SOUND
            .split("; ")
            .filter(|tag| tag.split('=').next() != Some(name));
        let value = tags.collect::<Vec<_>>().join("; ");
        assert_eq!(signature(&value).unwrap_err(), DkimError::Missing(name));
    }
    // mime-6376-3.2-01
    let doubled = signature(&format!("{SOUND}; s=k")).unwrap_err();
    assert_eq!(
        doubled,
        DkimError::Tags(TagError::Repeated {
            at: SOUND.len() + 3
        })
    );
    let replaced = [
        ("v=1", "v=2", DkimError::Version),
        ("v=1", "v=1.0", DkimError::Version),
        ("rsa-sha256", "rsa", DkimError::Invalid("a")),
        ("rsa-sha256", "rsa-sha256-x", DkimError::Invalid("a")),
        ("d=b.example", "d=b..example", DkimError::Invalid("d")),
        ("d=b.example", "d=", DkimError::Invalid("d")),
        ("s=k", "s=k/l", DkimError::Invalid("s")),
        ("h=from", "h=from::to", DkimError::Invalid("h")),
        ("h=from", "h=", DkimError::Invalid("h")),
        ("h=from", "h=to", DkimError::FromNotSigned),
        ("bh=AA==", "bh=A", DkimError::Invalid("bh")),
        ("bh=AA==", "bh=AA=A", DkimError::Invalid("bh")),
        ("bh=AA==", "bh=", DkimError::Invalid("bh")),
        ("b=AA==", "b=A*A=", DkimError::Invalid("b")),
        ("b=AA==", "b====", DkimError::Invalid("b")),
    ];
    for (from, to, want) in replaced {
        assert_eq!(
            signature(&SOUND.replacen(from, to, 1)).unwrap_err(),
            want,
            "{to}"
        );
    }
    let added = [
        ("c=relaxed/", DkimError::Invalid("c")),
        ("c=strict", DkimError::Invalid("c")),
        ("l=-1", DkimError::Invalid("l")),
        ("l=", DkimError::Invalid("l")),
        ("t=1234567890123", DkimError::Invalid("t")),
        ("t=2; x=2", DkimError::Invalid("x")),
        ("q=http", DkimError::Invalid("q")),
        ("i=b.example", DkimError::Invalid("i")),
        ("i=@example", DkimError::DomainMismatch),
        ("i=@xb.example", DkimError::DomainMismatch),
    ];
    for (tags, want) in added {
        assert_eq!(
            signature(&format!("{SOUND}; {tags}")).unwrap_err(),
            want,
            "{tags}"
        );
    }
}

/// RFC 6376 sections 3.7 and 5.4.2: from the bottom up, and the signature without its value.
#[test]
fn signed_fields_are_taken_from_the_bottom() {
    let block = "X: 1\r\nDKIM-Signature: v=1; a=rsa-sha256; c=C; d=b.example; s=k;\r\n\tb=AA\r\n AA ; \
        h=x:From:X:none:X:x:dkim-signature; bh=AA==\r\nx: 2\r\nDKIM-Signature: old\r\nFrom: a\r\nX : 3\r\n\r\n";
    let signed = |canon: &str| {
        let block = block.replace("c=C", &format!("c={canon}"));
        let header = Header::new(block.as_bytes());
        let signature = header
            .first(Name::DkimSignature)
            .unwrap()
            .dkim_signature()
            .unwrap();
        let mut out = Vec::new();
        signature.write_signed(header, &mut |piece| out.extend_from_slice(piece));
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        signed("simple"),
        "X : 3\r\nFrom: a\r\nx: 2\r\nX: 1\r\nDKIM-Signature: old\r\nDKIM-Signature: v=1; \
         a=rsa-sha256; c=simple; d=b.example; s=k;\r\n\tb=; \
         h=x:From:X:none:X:x:dkim-signature; bh=AA=="
    );
    assert_eq!(
        signed("relaxed"),
        "x:3\r\nfrom:a\r\nx:2\r\nx:1\r\ndkim-signature:old\r\ndkim-signature:v=1; a=rsa-sha256; \
         c=relaxed; d=b.example; s=k; b=; h=x:From:X:none:X:x:dkim-signature; bh=AA=="
    );
}

/// The hash of a body, made by others, is that of what is written here.
#[test]
fn body_hashes_of_real_mail_agree() {
    // mime-6376-3.4.3-01: what RFC 6376 gives for an empty body.
    let mut hash = Sha256::new();
    Canon::Simple.body().finish(&mut |piece| hash.update(piece));
    assert_eq!(hash.finalize()[..4], [0x7e, 0xb7, 0x02, 0x57]);

    for path in support::files("corpus/mime") {
        let octets = std::fs::read(&path).unwrap();
        let mut layout = Layout::new();
        let message = layout.parse(&octets, &Limits::DEFAULT);
        for field in message.header().all(Name::DkimSignature) {
            let Ok(signature) = field.dkim_signature() else {
                continue;
            };
            if signature.algorithm() == DkimAlgorithm::RsaSha1 || signature.body_length().is_some()
            {
                continue;
            }
            let mut hash = Sha256::new();
            let mut body = signature.body_canon().body();
            body.push(message.root().raw_body(), &mut |piece| hash.update(piece));
            body.finish(&mut |piece| hash.update(piece));
            assert_eq!(
                hash.finalize()[..],
                signature.body_hash()[..],
                "{}",
                path.display()
            );
        }
    }
}
