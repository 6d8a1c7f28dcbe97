//! Tokens that their issuer is asked about (RFC 7662).

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use form_urlencoded::{Serializer, byte_serialize};
use hyper::header::HeaderValue;
use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio::sync::Semaphore;
use wire_core::sasl::Secret;

use super::{
    Bearer,
    claims::Claims,
    endpoint::Endpoint,
    refusal::Refusal,
    rules::{self, Rules},
};
use crate::config::Mistake;

/// How long a question may take, with the wait for its turn: a client waits behind it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Questions at the same time.
const AT_ONCE: usize = 16;
/// How long a good token stays one: so long does one work that was revoked.
const GOOD_FOR: Duration = Duration::from_secs(60);
/// Tokens that are remembered.
const REMEMBERED: usize = 10_000;

/// What the command line says of the server to ask.
#[derive(Clone)]
pub struct Settings {
    pub url: String,
    /// Who we are to it, and what proves it.
    pub client: Option<(String, Arc<Secret>)>,
    /// The certificates to trust, in place of the system's.
    pub roots: Option<std::path::PathBuf>,
}

/// A server that knows the tokens.
pub struct Introspection {
    server: Endpoint,
    turns: Semaphore,
    patience: Duration,
    /// Only good ones: one that is refused is asked about again.
    good: Mutex<Memory>,
}

type Memory = super::memory::Memory<Bearer>;

impl Introspection {
    /// A server that is asked from now on. It is not looked whether it is there.
    ///
    /// # Errors
    /// The flag that makes no sense.
    pub fn new(settings: &Settings) -> Result<Self, Mistake> {
        let mut wrong_roots = None;
        let roots = || {
            trusted(settings.roots.as_deref()).map_err(|cause| {
                wrong_roots = Some(cause);
                String::new()
            })
        };
        let server = Endpoint::new(&settings.url, roots);
        if let Some(cause) = wrong_roots {
            return Err(Mistake::new("--oauth-ca", cause));
        }
        let wrong = |cause| Mistake::new("--oauth-introspection", cause);
        let mut server = server.map_err(wrong)?;
        if let Some((id, secret)) = &settings.client {
            server = server.authorization(basic(id, secret)?);
        }
        Ok(Introspection {
            server,
            turns: Semaphore::new(AT_ONCE),
            patience: PATIENCE,
            good: Mutex::new(Memory::new(REMEMBERED)),
        })
    }

    /// Waits for so long.
    #[cfg(test)]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whose the token is.
    pub async fn bearer(&self, token: &str, rules: &Rules) -> Result<Bearer, Refusal> {
        if let Some(bearer) = self.remembered(token) {
            return Ok(bearer);
        }
        let claims = tokio::time::timeout(self.patience, self.ask(token)).await;
        let late = |_| Refusal::Server("does not answer in time".to_owned());
        let claims = claims.map_err(late)??;
        match claims.get("active").and_then(serde_json::Value::as_bool) {
            Some(true) => {}
            Some(false) => return Err(Refusal::Inactive),
            None => return Err(no_answer()),
        }
        let bearer = rules.identify(&claims, rules::now())?;
        self.remember(token, &bearer);
        Ok(bearer)
    }

    async fn ask(&self, token: &str) -> Result<Claims, Refusal> {
        let turn = self.turns.acquire().await;
        let _turn = turn.map_err(|_| no_answer())?;
        let form = Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let answer = self.server.post(form).await;
        let answer = answer.map_err(|error| Refusal::Server(error.to_string()))?;
        Claims::read(&answer).map_err(|_| no_answer())
    }

    fn remembered(&self, token: &str) -> Option<Bearer> {
        let bearer = self.good().get(token, Instant::now())?;
        let ended = bearer.expires.is_some_and(|end| end <= rules::now());
        (!ended).then_some(bearer)
    }

    fn remember(&self, token: &str, bearer: &Bearer) {
        let until = Instant::now() + GOOD_FOR;
        self.good().put(token, until, bearer.clone());
    }

    /// What is in it is sound even where a thread died with it.
    fn good(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.good.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_answer() -> Refusal {
    Refusal::Server("answers something else".to_owned())
}

/// RFC 6749 section 2.3.1.
fn basic(id: &str, secret: &Secret) -> Result<HeaderValue, Mistake> {
    let escape = |octets: &[u8]| byte_serialize(octets).collect::<String>();
    let pair = format!("{}:{}", escape(id.as_bytes()), escape(secret.expose()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64.encode(pair)))
        .map_err(|error| Mistake::new("--oauth-client-id", error))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The certificates of a file, or of the system.
fn trusted(file: Option<&Path>) -> Result<RootCertStore, String> {
    let certificates: Vec<CertificateDer<'static>> = match file {
        None => rustls_native_certs::load_native_certs().certs,
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| format!("{}: {error}", path.display()))?,
    };
    let mut roots = RootCertStore::empty();
    let (good, _) = roots.add_parsable_certificates(certificates);
    match good {
        0 => Err("no certificate to trust: name one by --oauth-ca".to_owned()),
        _ => Ok(roots),
    }
}
