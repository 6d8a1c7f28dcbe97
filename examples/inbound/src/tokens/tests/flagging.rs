//! Flags that make no sense are named.

use std::fs;

use super::super::{Settings, TokenFlags, flags::Source};
use crate::config::Mistake;

fn check(set: impl FnOnce(&mut TokenFlags)) -> Result<Option<Settings>, Mistake> {
    let mut flags = TokenFlags::default();
    set(&mut flags);
    flags.check()
}

fn asking(flags: &mut TokenFlags) {
    flags.oauth_introspection = Some("https://id.example.org/introspect".into());
}

#[test]
fn without_a_source_no_token_is_taken() {
    assert!(check(|_| {}).unwrap().is_none());
    assert!(check(asking).unwrap().is_some());
    let jwks = check(|flags| {
        flags.oauth_jwks = Some("jwks.json".into());
        flags.oauth_issuer = Some("https://id.example.org".into());
        flags.oauth_audience = vec!["mail".into()];
    });
    let rules = jwks.unwrap().unwrap().rules;
    assert!(rules.must_end);
    assert_eq!(&*rules.names, ["email".into(), "sub".into()]);
}

#[test]
fn what_is_missing_is_named() {
    type Set = fn(&mut TokenFlags);
    let sets: [(&str, Set); 7] = [
        ("--oauth-jwks", |flags| {
            flags.oauth_jwks = Some("jwks.json".into());
            flags.oauth_audience = vec!["mail".into()];
        }),
        ("--oauth-jwks", |flags| {
            flags.oauth_jwks = Some("jwks.json".into());
            flags.oauth_issuer = Some("https://id.example.org".into());
        }),
        ("--oauth-issuer", |flags| {
            flags.oauth_issuer = Some("https://id.example.org".into());
        }),
        ("--oauth-audience", |flags| {
            flags.oauth_audience = vec!["mail".into()];
        }),
        ("--oauth-scope", |flags| {
            asking(flags);
            flags.oauth_scope = vec!["imap=".into()];
        }),
        ("--oauth-scope", |flags| {
            asking(flags);
            flags.oauth_scope = vec!["two words".into()];
        }),
        ("--oauth-client-secret-file", |flags| {
            asking(flags);
            flags.oauth_client_id = Some("mail".into());
            flags.oauth_client_secret_file = Some("/nowhere/at/all".into());
        }),
    ];
    for (flag, set) in sets {
        let mistake = check(set).err().expect(flag);
        assert_eq!(mistake.flag, flag);
    }
}

#[test]
fn the_secret_comes_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "s3cret\r\n").unwrap();
    let settings = check(|flags| {
        asking(flags);
        flags.oauth_client_id = Some("mail".into());
        flags.oauth_client_secret_file = Some(path);
    });
    let Source::Introspection(settings) = settings.unwrap().unwrap().source else {
        panic!("not introspection")
    };
    let (id, secret) = settings.client.unwrap();
    assert_eq!((&*id, secret.expose()), ("mail", &b"s3cret"[..]));
}
