//! Signed and encrypted parts, S/MIME, and PGP in a text.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::borrow::Cow;

use mime_core::{Armor, Layout, Limits, Part, Scheme, Smime, armors};
use proptest::prelude::*;

fn root<T>(mail: &str, read: impl FnOnce(Part<'_>) -> T) -> T {
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    read(message.root())
}

/// A multipart with these parts, which have their headers.
fn multipart(ty: &str, parts: &[&str]) -> String {
    let parts: String = parts
        .iter()
        .map(|part| format!("--b\r\n{part}\r\n"))
        .collect();
    format!("Content-Type: multipart/{ty}; boundary=b\r\n\r\npreamble\r\n{parts}--b--\r\n")
}

const PGP: &str = "signed; protocol=\"application/pgp-signature\"; micalg=pgp-sha256";
const SIGNATURE: &str = "Content-Type: application/pgp-signature\r\n\r\nsig";

#[test]
fn the_signed_octets_are_those_of_the_mail() {
    // mime-1847-2.1-01
    let entities = [
        "Content-Type: text/plain\r\n\r\nhello",
        "content-type:text/plain ;x=y \t\r\n folded\r\n\r\ntrailing  \t\r\n\r\n\r\n",
        "\r\nno header",
        "A: b\r\n\r\n",
        "Content-Type: multipart/mixed; boundary=c\r\n\r\npre\r\n--c\r\n\r\nx\r\n--c--\r\nepilogue",
        "Content-Transfer-Encoding: base64\r\n\r\nQUJD",
        "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody\r\n",
    ];
    for entity in entities {
        root(&multipart(PGP, &[entity, SIGNATURE]), |root| {
            let signed = root.signed().unwrap();
            let octets = signed.octets();
            assert!(matches!(octets, Cow::Borrowed(_)));
            assert_eq!(octets.as_ref(), entity.as_bytes());
            assert_eq!(signed.signature().unwrap().raw_body(), b"sig");
            assert!(signed.is_sound());
            assert_eq!(signed.micalg().unwrap(), "pgp-sha256");
            assert_eq!(signed.protocol().unwrap(), "application/pgp-signature");
        });
    }
}

#[test]
fn stored_with_lf_the_signed_octets_have_crlf_again() {
    let entity = "Content-Type: text/plain\r\n\r\n\r\nhello \r\n";
    let mail = multipart(PGP, &[entity, SIGNATURE]).replace("\r\n", "\n");
    root(&mail, |root| {
        assert_eq!(root.signed().unwrap().octets(), entity.as_bytes());
    });
}

#[test]
fn what_is_not_sound_is_told() {
    let entity = "\r\nx";
    let smime = "Content-Type: application/x-pkcs7-signature\r\n\r\nsig";
    let cases: [(&str, &[&str], Scheme, bool); 7] = [
        (PGP, &[entity, SIGNATURE], Scheme::Pgp, true),
        (PGP, &[entity, smime], Scheme::Smime, false),
        (PGP, &[entity], Scheme::Other, false),
        (PGP, &[entity, SIGNATURE, entity], Scheme::Pgp, false),
        ("signed", &[entity, SIGNATURE], Scheme::Pgp, false),
        (
            "signed; protocol=\"*/*\"",
            &[entity, SIGNATURE],
            Scheme::Pgp,
            false,
        ),
        (
            "signed; protocol=\"Application/X-PKCS7-Signature\"",
            &[entity, smime],
            Scheme::Smime,
            true,
        ),
    ];
    for (ty, parts, scheme, sound) in cases {
        root(&multipart(ty, parts), |root| {
            let signed = root.signed().unwrap();
            assert_eq!(
                (signed.scheme(), signed.is_sound()),
                (scheme, sound),
                "{ty}"
            );
            assert_eq!(signed.entity().raw_body(), b"x");
            assert!(root.encrypted().is_none());
        });
    }
    for mail in [
        multipart("signed", &[]),
        multipart("mixed", &[entity, SIGNATURE]),
    ] {
        root(&mail, |root| assert!(root.signed().is_none()));
    }
}

#[test]
fn encrypted_parts_have_a_control_part_and_data() {
    // mime-1847-2.2-01
    let control = "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n";
    let data = "Content-Type: application/octet-stream\r\n\r\nsecret";
    let ty = "encrypted; protocol=\"application/pgp-encrypted\"";
    root(&multipart(ty, &[control, data]), |root| {
        let encrypted = root.encrypted().unwrap();
        assert_eq!(encrypted.control().raw_body(), b"Version: 1\r\n");
        assert_eq!(encrypted.data().unwrap().raw_body(), b"secret");
        assert_eq!(encrypted.scheme(), Scheme::Pgp);
        assert!(encrypted.is_sound() && root.signed().is_none());
    });
    for (ty, parts) in [
        (ty, vec![control]),
        (ty, vec![data, control]),
        (ty, vec![control, control]),
        ("encrypted", vec![control, data]),
    ] {
        root(&multipart(ty, &parts), |root| {
            assert!(!root.encrypted().unwrap().is_sound());
        });
    }
}

#[test]
fn smime_says_what_it_holds() {
    let cases = [
        (
            "pkcs7-mime; smime-type=enveloped-data",
            "",
            Some(Smime::Enveloped),
        ),
        (
            "pkcs7-mime; smime-type=authEnveloped-data",
            "",
            Some(Smime::AuthEnveloped),
        ),
        (
            "x-pkcs7-mime; smime-type=Signed-Data",
            "",
            Some(Smime::Signed),
        ),
        (
            "pkcs7-mime; smime-type=certs-only",
            "",
            Some(Smime::Certificates),
        ),
        (
            "pkcs7-mime; smime-type=compressed-data",
            "",
            Some(Smime::Compressed),
        ),
        ("pkcs7-mime; name=smime.p7c", "", Some(Smime::Certificates)),
        ("pkcs7-mime", "smime.P7Z", Some(Smime::Compressed)),
        ("pkcs7-mime", "smime.p7m", Some(Smime::Unknown)),
        ("pkcs7-signature", "smime.p7s", None),
    ];
    for (ty, file, expected) in cases {
        let disposition = match file {
            "" => String::new(),
            file => format!("Content-Disposition: attachment; filename={file}\r\n"),
        };
        let mail = format!(
            "Content-Type: application/{ty}\r\n{disposition}\
             Content-Transfer-Encoding: base64\r\n\r\nMIAG\r\n"
        );
        root(&mail, |root| {
            assert_eq!(root.smime(), expected, "{ty} {file}");
            assert_eq!(root.body().as_ref(), [0x30, 0x80, 0x06]);
        });
    }
}

#[test]
fn armor_is_found_in_lines_of_its_own() {
    let begin = |what: &str| format!("-----BEGIN PGP {what}-----\n");
    let end = |what: &str| format!("-----END PGP {what}-----\n");
    let signed = format!(
        "{}Hash: SHA512\n\ntext\n{}sig\n{}",
        begin("SIGNED MESSAGE"),
        begin("SIGNATURE"),
        end("SIGNATURE")
    );
    let message = format!("{}x\n{}", begin("MESSAGE"), end("MESSAGE"));
    let key = format!(
        "{}x\n{}",
        begin("PUBLIC KEY BLOCK"),
        end("PUBLIC KEY BLOCK")
    );
    let cases: [(String, &[Armor]); 9] = [
        (String::new(), &[]),
        (signed.clone(), &[Armor::Signed]),
        (
            format!("hi\n{message}bye\n{key}"),
            &[Armor::Message, Armor::PublicKey],
        ),
        (
            format!("{signed}{message}").replace('\n', "\r\n"),
            &[Armor::Signed, Armor::Message],
        ),
        (begin("PRIVATE KEY BLOCK"), &[Armor::PrivateKey]),
        (
            format!("{}\n{}x\n", begin("SIGNATURE"), end("SIGNATURE")),
            &[Armor::Signature],
        ),
        (format!("> {message}"), &[]),
        (
            message.replace("PGP MESSAGE-----\n", "PGP MESSAGE----- x\n"),
            &[],
        ),
        (begin("THINGS") + &message, &[Armor::Message]),
    ];
    for (text, expected) in cases {
        let found: Vec<_> = armors(text.as_bytes()).map(|(kind, _)| kind).collect();
        assert_eq!(found, expected, "{text}");
        for (_, range) in armors(text.as_bytes()) {
            assert!(text[range.clone()].starts_with("-----BEGIN PGP "));
            let is_open = range.end == text.len() && !text.ends_with("-----");
            assert!(is_open || text[range].ends_with("-----"));
        }
    }
}

#[test]
fn a_flood_of_armor_takes_linear_time() {
    for line in [
        "-----BEGIN PGP MESSAGE-----\n",
        "-----BEGIN PGP X\n",
        "-----BEGIN PGP ",
        "x-----BEGIN PGP \n",
    ] {
        let text = line.repeat(50_000);
        assert!(armors(text.as_bytes()).count() <= 1);
    }
    let pair = "-----BEGIN PGP MESSAGE-----\n-----END PGP MESSAGE-----\n";
    assert_eq!(armors(pair.repeat(20_000).as_bytes()).count(), 20_000);
}

#[test]
fn a_url_may_name_the_location_of_a_part() {
    let mail = multipart(
        "related",
        &[
            "Content-Type: text/html\r\n\r\nx",
            "Content-Location: https://a.example/\r\n b.png\r\n\r\nx",
        ],
    );
    let mut layout = Layout::new();
    let message = layout.parse(mail.as_bytes(), &Limits::DEFAULT);
    let found = message.part_of_url("https://a.example/b.png").unwrap();
    assert_eq!(found.id().index(), 2);
    assert!(message.part_of_url("b.png").is_none() && message.part_of_url("").is_none());
}

proptest! {
    /// What is signed is what was put between the delimiters, whatever it is.
    #[test]
    fn any_entity_comes_out_as_it_went_in(
        entity in prop::collection::vec("[ -~\t]{0,20}", 1..8).prop_map(|lines| lines.join("\r\n")),
    ) {
        prop_assume!(!entity.contains("\r\n--b") && !entity.starts_with("--b"));
        let entity = format!("X: y\r\n\r\n{entity}");
        let mail = multipart(PGP, &[&entity, SIGNATURE]);
        root(&mail, |root| {
            let signed = root.signed().unwrap();
            let octets = signed.octets();
            prop_assert_eq!(&*octets, entity.as_bytes());
            Ok(())
        })?;
        let lf = mail.replace("\r\n", "\n");
        root(&lf, |root| {
            let octets = root.signed().unwrap().octets();
            prop_assert_eq!(&*octets, entity.as_bytes());
            Ok(())
        })?;
    }
}
