//! What a token must say to be good here.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use wire_core::sasl;

use super::{Bearer, claims::Claims, refusal::Refusal};
use crate::store::Scopes;

/// Clocks differ by so many seconds.
const LEEWAY: u64 = 30;

/// What a token must say to be good here.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Who gave it; `None`: whoever the verifier trusts.
    pub issuer: Option<Arc<str>>,
    /// Whom it is for: one of these. Empty: not looked at.
    pub audiences: Arc<[Box<str>]>,
    /// What it must be good for, and where.
    pub scopes: Arc<[(Scopes, Box<str>)]>,
    /// The claims that may name the account: the first that is there does.
    pub names: Arc<[Box<str>]>,
    /// It must say when it ends.
    pub must_end: bool,
    domain: Arc<str>,
}

impl Rules {
    /// A name without a domain belongs to this one.
    pub fn in_domain(mut self, domain: &str) -> Self {
        self.domain = domain.into();
        self
    }

    /// Whose a token is that says this, at a time in seconds of the epoch.
    pub fn identify(&self, claims: &Claims, now: u64) -> Result<Bearer, Refusal> {
        let expires = claims.time("exp")?;
        if expires.is_none() && self.must_end {
            return Err(Refusal::Claim("exp"));
        }
        if expires.is_some_and(|end| end.saturating_add(LEEWAY) <= now) {
            return Err(Refusal::Expired);
        }
        let begins = claims.time("nbf")?;
        if begins.is_some_and(|begin| begin > now.saturating_add(LEEWAY)) {
            return Err(Refusal::NotYet);
        }
        if let Some(issuer) = &self.issuer
            && claims.text("iss")?.ok_or(Refusal::Claim("iss"))? != &**issuer
        {
            return Err(Refusal::Issuer);
        }
        self.audience(claims)?;
        Ok(Bearer {
            name: self.name(claims)?,
            scopes: scopes(claims)?,
            expires,
        })
    }

    /// May the bearer use the service?
    pub fn allow(&self, bearer: &Bearer, service: Scopes) -> Result<(), Refusal> {
        let missing = self
            .needed_for(service)
            .find(|needed| !bearer.scopes.iter().any(|has| **has == **needed));
        missing.map_or(Ok(()), |scope| Err(Refusal::Scope(scope.into())))
    }

    /// The scopes that a service needs, with a space between.
    pub fn scope_for(&self, service: Scopes) -> Option<String> {
        let needed: Vec<&str> = self.needed_for(service).collect();
        (!needed.is_empty()).then(|| needed.join(" "))
    }

    fn needed_for(&self, service: Scopes) -> impl Iterator<Item = &str> {
        let here = move |(at, _): &&(Scopes, Box<str>)| at.allow(service);
        self.scopes.iter().filter(here).map(|(_, scope)| &**scope)
    }

    fn audience(&self, claims: &Claims) -> Result<(), Refusal> {
        if self.audiences.is_empty() {
            return Ok(());
        }
        let meant = claims.texts("aud")?;
        if meant.is_empty() {
            return Err(Refusal::Claim("aud"));
        }
        let known = |name: &&str| self.audiences.iter().any(|known| **known == **name);
        match meant.iter().any(known) {
            true => Ok(()),
            false => Err(Refusal::Audience),
        }
    }

    fn name(&self, claims: &Claims) -> Result<Box<str>, Refusal> {
        for claim in self.names.iter() {
            let Some(value) = claims.get(claim) else {
                continue;
            };
            // An address that anybody can claim to have opens nothing.
            let verified = claims.get("email_verified");
            if &**claim == "email" && verified.is_some_and(|it| it.as_bool() != Some(true)) {
                return Err(Refusal::Unverified);
            }
            let name = value.as_str().and_then(sasl::prepare);
            let name = name.filter(|name| !name.is_empty());
            return name.map(|name| self.full(&name)).ok_or(Refusal::NoName);
        }
        Err(Refusal::NoName)
    }

    fn full(&self, name: &str) -> Box<str> {
        match name.contains('@') {
            true => name.to_lowercase().into(),
            false => format!("{name}@{}", self.domain).to_lowercase().into(),
        }
    }
}

/// The scopes of a token: words in `scope` (RFC 8693 section 4.2, RFC 7662), or what some issuers
/// call `scp`, a list or words.
fn scopes(claims: &Claims) -> Result<Box<[Box<str>]>, Refusal> {
    let mut all = claims.texts("scope")?;
    all.extend(claims.texts("scp")?);
    let words = all.iter().flat_map(|words| words.split(' '));
    Ok(words
        .filter(|word| !word.is_empty())
        .map(Into::into)
        .collect())
}

/// Seconds of the epoch. A clock before it makes every token one of the future.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
