//! Who there is: names, addresses, secrets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod store_support;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use inbound::store::{
    AccountId, AccountState, CredentialId, Error, Lookup, NewSecret, Recipient, Scopes, Secret,
    Subaddressing,
};
use std::time::{Duration, UNIX_EPOCH};
use store_support::Fixture;

fn secret(argon2: &str) -> NewSecret {
    NewSecret {
        scram: None,
        argon2: argon2.into(),
        scopes: Scopes(Scopes::IMAP.0 | Scopes::HTTP.0),
        expires: Some(UNIX_EPOCH + Duration::from_millis(1234)),
    }
}

async fn secrets(fixture: &Fixture, name: &str) -> Vec<Secret> {
    fixture.directory.secrets(name).await.unwrap().1
}

fn hashes(secrets: &[Secret]) -> Vec<&str> {
    secrets.iter().map(|secret| &*secret.argon2).collect()
}

#[tokio::test]
async fn an_account_is_made_once_and_found_in_any_case() {
    let fixture = Fixture::new();
    let made = fixture.account("Ada@Example.ORG").await;
    assert_eq!(&*made.name, "ada@example.org");
    assert_eq!(made.state, AccountState::Active);
    assert_eq!(fixture.account("ada@example.org").await, made);
    let found = fixture.directory.account("ADA@EXAMPLE.ORG").await;
    assert_eq!(found, Ok(Some(made)));
    assert_eq!(fixture.directory.account("ada").await, Ok(None));
}

#[tokio::test]
async fn a_login_name_is_complete() {
    let fixture = Fixture::new();
    for name in ["ada", "", "@example.org", "ada@", "*@example.org"] {
        let made = fixture.directory.ensure_account(name).await;
        assert_eq!(
            made.map(|account| account.name),
            Err(Error::Denied),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_address_itself_comes_before_the_tagged_and_the_catch_all() {
    let fixture = Fixture::new();
    let ada = fixture.inbox("ada@example.org").await;
    let exact = fixture.inbox("exact@example.org").await;
    let all = fixture.inbox("all@example.org").await;
    let add = |account, local| fixture.directory.add_address(account, local, "example.org");
    add(exact.0, "ada+work").await.unwrap();
    let found =
        async |local: &str, domain: &str| fixture.resolve(&format!("{local}@{domain}"), 1).await;
    let one = |of| Recipient::Mailboxes(vec![of]);
    assert_eq!(found("nobody", "example.org").await, Recipient::Unknown);
    add(all.0, "*").await.unwrap();
    let table = [
        ("ada", one(ada)),
        ("ADA", one(ada)),
        ("ada+other", one(ada)),
        ("Ada+Other+More", one(ada)),
        ("ada+work", one(exact)),
        ("ada+", one(ada)),
        ("nobody", one(all)),
        ("nobody+tag", one(all)),
        ("+tag", one(all)),
    ];
    for (local, recipient) in table {
        assert_eq!(found(local, "Example.Org").await, recipient, "{local}");
        assert_eq!(found(local, "example.com").await, Recipient::Unknown);
    }
    // Whoever is being deleted is not replaced by the catch-all.
    let sql = "UPDATE account SET state = 3 WHERE id = ?";
    fixture.database().execute(sql, [ada.0.0 as i64]).unwrap();
    assert_eq!(found("ada", "example.org").await, Recipient::Unknown);
}

#[tokio::test]
async fn a_group_takes_mail_while_one_of_it_does() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    for (account, _) in [a, b] {
        let add = fixture
            .directory
            .add_address(account, "team", "example.org");
        add.await.unwrap();
    }
    let team = async || fixture.resolve("team@example.org", 10).await;
    let set = |quota| fixture.store.set_quota(a.0, quota, None);
    set(Some(9)).await.unwrap();
    assert_eq!(team().await, Recipient::Mailboxes(vec![b]));
    fixture.store.set_quota(b.0, Some(9), None).await.unwrap();
    assert_eq!(team().await, Recipient::Full);
    let sql = "UPDATE account SET state = 2 WHERE id = ?";
    fixture.database().execute(sql, [b.0.0 as i64]).unwrap();
    assert_eq!(team().await, Recipient::TryLater);
    set(None).await.unwrap();
    assert_eq!(team().await, Recipient::Mailboxes(vec![a]));
}

#[tokio::test]
async fn an_address_is_set_as_a_whole() {
    let fixture = Fixture::new();
    let (a, b) = (
        fixture.inbox("a@example.org").await,
        fixture.inbox("b@example.org").await,
    );
    let set = async |accounts: &[AccountId]| {
        let set = fixture
            .directory
            .set_address("Team", "Example.org", accounts);
        set.await
    };
    let team = async || fixture.resolve("team+x@example.org", 1).await;
    set(&[a.0, b.0]).await.unwrap();
    assert_eq!(team().await, Recipient::Mailboxes(vec![a, b]));
    // One of them does not exist: all stays as it was.
    assert_eq!(set(&[b.0, AccountId(99)]).await, Err(Error::NotFound));
    assert_eq!(team().await, Recipient::Mailboxes(vec![a, b]));
    set(&[b.0]).await.unwrap();
    assert_eq!(team().await, Recipient::Mailboxes(vec![b]));
    set(&[]).await.unwrap();
    assert_eq!(team().await, Recipient::Unknown);
}

#[tokio::test]
async fn an_account_writes_as_every_address_that_leads_to_it() {
    let fixture = Fixture::new();
    let (ada, bob) = (
        fixture.account("ada@example.org").await.id,
        fixture.account("bob@example.org").await.id,
    );
    let all = fixture.account("all@example.org").await.id;
    let add = |account, local| fixture.directory.add_address(account, local, "example.org");
    for (account, local) in [(ada, "team"), (bob, "team"), (bob, "ada+bob"), (all, "*")] {
        add(account, local).await.unwrap();
    }
    let table = [
        ("ada", vec![ada]),
        ("Ada+Anything", vec![ada]),
        ("team", vec![ada, bob]),
        ("team+x", vec![ada, bob]),
        ("ada+bob", vec![bob]),
        ("nobody", vec![all]),
    ];
    for (local, writers) in table {
        let lookup = Lookup::new(local, "example.org", Subaddressing::default());
        for account in [ada, bob, all] {
            let may = fixture.directory.may_write_as(account, &lookup).await;
            assert_eq!(may, Ok(writers.contains(&account)), "{local} {account:?}");
        }
    }
    let elsewhere = Lookup::new("ada", "example.com", Subaddressing::default());
    let may = fixture.directory.may_write_as(ada, &elsewhere).await;
    assert_eq!(may, Ok(false));
}

#[tokio::test]
async fn a_detail_names_an_ordinary_mailbox_where_it_may() {
    let fixture = Fixture::new();
    let ada = fixture.inbox("ada@example.org").await;
    let lists = fixture.create(ada.0, "Lists").await.unwrap();
    let lower = fixture.create(ada.0, "lists").await.unwrap();
    let rust = fixture.create(ada.0, "Lists/Rust").await.unwrap();
    let found = async |local: &str, mailboxes| {
        let subaddressing = Subaddressing {
            mailboxes,
            ..Subaddressing::default()
        };
        let lookup = Lookup::new(local, "example.org", subaddressing);
        match fixture.directory.resolve(&lookup, 1).await.unwrap() {
            Recipient::Mailboxes(found) if found.len() == 1 => found[0].1,
            other => panic!("{other:?}"),
        }
    };
    let table = [
        ("ada+Lists", lists),
        ("ada+lists", lower),
        ("ada+LISTS", lists),
        ("ada+lists/rust", rust),
        ("ada+inbox", ada.1),
        ("ada+nothing", ada.1),
        ("ada+", ada.1),
        ("ada", ada.1),
        // A stranger cannot make it look as if ada had sent or thrown away something.
        ("ada+Sent", ada.1),
        ("ada+trash", ada.1),
        ("ada+Junk", ada.1),
    ];
    for (local, mailbox) in table {
        assert_eq!(found(local, true).await, mailbox, "{local}");
        assert_eq!(found(local, false).await, ada.1, "{local}");
    }
}

#[tokio::test]
async fn secrets_are_set_replaced_by_label_and_revoked() {
    let fixture = Fixture::new();
    let account = fixture.account("a@example.org").await.id;
    let set = |label, hash| fixture.directory.set_secret(account, label, secret(hash));
    let first = set("password", "one").await.unwrap();
    let phone = set("phone", "two").await.unwrap();
    let found = secrets(&fixture, "A@example.org").await;
    assert_eq!(hashes(&found), ["one", "two"]);
    assert_eq!(found[0].credential, first);
    assert!(found[0].scopes.allow(Scopes::IMAP) && !found[0].scopes.allow(Scopes::POP3));
    assert_eq!(
        found[0].expires,
        Some(UNIX_EPOCH + Duration::from_millis(1234))
    );

    let second = set("password", "three").await.unwrap();
    assert!(second != first && second != phone);
    let found = secrets(&fixture, "a@example.org").await;
    assert_eq!(hashes(&found), ["two", "three"]);
    let at = UNIX_EPOCH + Duration::from_secs(9);
    fixture.directory.used(second, at);
    fixture.directory.revoke(phone).await.unwrap();
    assert_eq!(fixture.directory.revoke(phone).await, Err(Error::NotFound));
    assert_eq!(fixture.number("SELECT last_used FROM credential"), 9_000);
    let found = secrets(&fixture, "a@example.org").await;
    assert_eq!(hashes(&found), ["three"]);

    fixture.directory.revoke(second).await.unwrap();
    let decoy = secrets(&fixture, "a@example.org").await;
    assert_eq!((decoy.len(), decoy[0].credential), (1, CredentialId(0)));
    let fixture = fixture.reopened();
    let third = fixture.directory.set_secret(account, "x", secret("four"));
    assert!(
        third.await.unwrap().0 > second.0,
        "a number is never used again"
    );
}

#[tokio::test]
async fn secrets_are_added_under_labels_of_their_own_and_listed() {
    let fixture = Fixture::new();
    let account = fixture.account("a@example.org").await.id;
    let other = fixture.account("b@example.org").await.id;
    let directory = &fixture.directory;
    let more: Vec<String> = (0..62).map(|number| number.to_string()).collect();
    let add = |label| directory.add_secret(account, label, secret("one"));
    let phone = add("phone").await.unwrap();
    assert_eq!(add("phone").await, Err(Error::Exists));
    assert!(
        directory
            .add_secret(other, "phone", secret("two"))
            .await
            .is_ok()
    );
    // Written with the next transaction.
    directory.used(phone, UNIX_EPOCH + Duration::from_secs(9));
    add("desk").await.unwrap();
    assert_eq!(directory.is_stored(phone).await, Ok(true));

    let listed = directory.credentials(account).await.unwrap();
    let labels: Vec<&str> = listed.iter().map(|one| &*one.label).collect();
    assert_eq!(labels, ["desk", "phone"]);
    assert_eq!(listed[1].id, phone);
    assert_eq!(listed[1].scopes, secret("one").scopes);
    assert_eq!(listed[1].expires, secret("one").expires);
    assert_eq!(
        listed[1].last_used,
        Some(UNIX_EPOCH + Duration::from_secs(9))
    );
    assert_eq!(listed[0].last_used, None);
    assert!(listed[0].created > UNIX_EPOCH);

    for label in &more {
        add(label).await.unwrap();
    }
    assert_eq!(add("one too many").await, Err(Error::Limit));
    directory.revoke(phone).await.unwrap();
    assert_eq!(directory.is_stored(phone).await, Ok(false));
    assert!(add("one too many").await.is_ok());
}

#[tokio::test]
async fn what_belongs_to_nobody_is_refused() {
    let fixture = Fixture::new();
    let nobody = AccountId(99);
    let set = fixture.directory.set_secret(nobody, "x", secret("one"));
    assert_eq!(set.await, Err(Error::NotFound));
    let add = fixture.directory.add_secret(nobody, "x", secret("one"));
    assert_eq!(add.await, Err(Error::NotFound));
    let add = fixture.directory.add_address(nobody, "x", "example.org");
    assert_eq!(add.await, Err(Error::NotFound));
    let set = fixture.store.set_quota(nobody, None, None);
    assert_eq!(set.await, Err(Error::NotFound));
    assert_eq!(fixture.store.quota(nobody).await, Err(Error::NotFound));
}

#[tokio::test]
async fn a_stranger_gets_a_decoy_that_costs_what_a_secret_costs() {
    let fixture = Fixture::new();
    fixture.account("idle@example.org").await;
    let (account, decoys) = fixture.directory.secrets("x@example.org").await.unwrap();
    assert_eq!((account, decoys.len()), (None, 1));
    // As the server itself hashes passwords.
    let real = Argon2::default()
        .hash_password(b"secret")
        .unwrap()
        .to_string();
    let (real, decoy) = (
        PasswordHash::new(&real).unwrap(),
        PasswordHash::new(&decoys[0].argon2).unwrap(),
    );
    assert_eq!(
        (real.algorithm, real.version),
        (decoy.algorithm, decoy.version)
    );
    let params = |hash| Params::try_from(hash).unwrap();
    assert_eq!(params(&real), params(&decoy));
    let lengths = |hash: &PasswordHash| {
        let (salt, hash) = (hash.salt.unwrap(), hash.hash.unwrap());
        (salt.len(), hash.len())
    };
    assert_eq!(lengths(&real), lengths(&decoy));
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params(&decoy));
    assert!(argon2.verify_password(b"secret", &decoy).is_err());
    assert!(!decoys[0].scopes.allow(Scopes::IMAP));
}

#[tokio::test]
async fn a_decoy_is_the_same_each_time_and_another_for_another_name() {
    let fixture = Fixture::new();
    let first = secrets(&fixture, "x@example.org").await;
    let folded = secrets(&fixture, "X@Example.Org").await;
    let other = secrets(&fixture, "y@example.org").await;
    assert_eq!(hashes(&first), hashes(&folded));
    assert_ne!(hashes(&first), hashes(&other));
    let fixture = fixture.reopened();
    assert_eq!(
        hashes(&first),
        hashes(&secrets(&fixture, "x@example.org").await)
    );
    let elsewhere = Fixture::new();
    let strange = secrets(&elsewhere, "x@example.org").await;
    assert_ne!(hashes(&first), hashes(&strange));
}

#[tokio::test]
async fn no_hash_is_printed() {
    let fixture = Fixture::new();
    let found = secrets(&fixture, "x@example.org").await;
    let printed = format!("{found:?} {:?}", secret("one"));
    assert!(
        !printed.contains("argon2") && !printed.contains("one"),
        "{printed}"
    );
}
