//! The command line of OAuth tokens.

use std::{env, fs, path::PathBuf, sync::Arc};

use clap::Args;
use wire_core::sasl::Secret;

use super::{introspection, rules::Rules};
use crate::{config::Mistake, store::Scopes};

/// Where the secret of the client may be.
const SECRET: &str = "INBOUND_OAUTH_CLIENT_SECRET";

/// Whose tokens open accounts. Without `--oauth-jwks` and `--oauth-introspection`: nobody's.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "OAuth tokens (OAUTHBEARER and XOAUTH2)")]
pub struct TokenFlags {
    /// Takes tokens (JWT) that are signed with a key of this file, a JWK set. Changes are seen within
    /// seconds. Needs --oauth-issuer and --oauth-audience.
    #[arg(long, value_name = "FILE")]
    pub oauth_jwks: Option<PathBuf>,
    /// Asks this server whose a token is (RFC 7662). https, or http on loopback. A good token is not
    /// asked about again for a minute.
    #[arg(long, value_name = "URL", conflicts_with = "oauth_jwks")]
    pub oauth_introspection: Option<String>,
    /// The issuer that a token must name (iss).
    #[arg(long, value_name = "URL")]
    pub oauth_issuer: Option<String>,
    /// Whom a token must be meant for (aud): one of these. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub oauth_audience: Vec<String>,
    /// A scope that a token must have: SCOPE for all services, or imap=, pop3= or submission=SCOPE for
    /// one. May be repeated; all are needed.
    #[arg(long, value_name = "[SERVICE=]SCOPE")]
    pub oauth_scope: Vec<String>,
    /// The claim that names the account; the first of several that is there. May be repeated. Default:
    /// email (unless email_verified is not true), then sub. A name without a domain belongs to the
    /// first --domain.
    #[arg(long, value_name = "CLAIM")]
    pub oauth_account_claim: Vec<String>,
    /// Who this server is to the introspection server.
    #[arg(long, value_name = "ID")]
    pub oauth_client_id: Option<String>,
    /// A file with the secret that goes with --oauth-client-id. Without it: the environment variable
    /// INBOUND_OAUTH_CLIENT_SECRET.
    #[arg(long, value_name = "FILE")]
    pub oauth_client_secret_file: Option<PathBuf>,
    /// The certificates (PEM) that the introspection server's must come from. Default: the system's.
    #[arg(long, value_name = "FILE")]
    pub oauth_ca: Option<PathBuf>,
    /// The OpenID configuration that clients are told of when a token is refused.
    #[arg(long, value_name = "URL")]
    pub oauth_openid_configuration: Option<String>,
}

/// What tokens are judged by, checked.
#[derive(Clone)]
pub struct Settings {
    pub(super) source: Source,
    pub(super) rules: Rules,
    pub(super) openid_configuration: Option<Box<str>>,
}

/// Who says what a token is.
#[derive(Clone)]
pub(super) enum Source {
    Jwks(PathBuf),
    Introspection(introspection::Settings),
}

impl TokenFlags {
    /// `None`: no token is taken.
    ///
    /// # Errors
    /// The first flag that makes no sense.
    pub fn check(self) -> Result<Option<Settings>, Mistake> {
        let Some(source) = self.source()? else {
            return Ok(None);
        };
        let names = match self.oauth_account_claim.as_slice() {
            [] => ["email", "sub"].map(Into::into).into(),
            names => names.iter().map(|name| name.as_str().into()).collect(),
        };
        let scopes = self.oauth_scope.iter().map(|text| scope(text));
        let mut rules = Rules::default();
        rules.must_end = matches!(source, Source::Jwks(_));
        rules.scopes = scopes.collect::<Result<_, _>>()?;
        rules.audiences = self.oauth_audience.into_iter().map(Into::into).collect();
        rules.issuer = self.oauth_issuer.map(Into::into);
        rules.names = names;
        Ok(Some(Settings {
            source,
            rules,
            openid_configuration: self.oauth_openid_configuration.map(Into::into),
        }))
    }

    fn source(&self) -> Result<Option<Source>, Mistake> {
        let needs = |flag, other| Err(Mistake::new(flag, format_args!("needs {other} beside it")));
        if let Some(path) = &self.oauth_jwks {
            // The same keys sign tokens for others, and whoever knows how makes keys.
            if self.oauth_issuer.is_none() {
                return needs("--oauth-jwks", "--oauth-issuer");
            }
            if self.oauth_audience.is_empty() {
                return needs("--oauth-jwks", "--oauth-audience");
            }
            return Ok(Some(Source::Jwks(path.clone())));
        }
        let Some(url) = &self.oauth_introspection else {
            return match (&self.oauth_issuer, self.oauth_audience.is_empty()) {
                (Some(_), _) => needs("--oauth-issuer", "--oauth-jwks or --oauth-introspection"),
                (_, false) => needs("--oauth-audience", "--oauth-jwks or --oauth-introspection"),
                _ => Ok(None),
            };
        };
        Ok(Some(Source::Introspection(introspection::Settings {
            url: url.clone(),
            client: self.client()?,
            roots: self.oauth_ca.clone(),
        })))
    }

    fn client(&self) -> Result<Option<(String, Arc<Secret>)>, Mistake> {
        let Some(id) = &self.oauth_client_id else {
            return Ok(None);
        };
        let text = match &self.oauth_client_secret_file {
            Some(path) => fs::read_to_string(path).map_err(|error| {
                let cause = format_args!("{}: {error}", path.display());
                Mistake::new("--oauth-client-secret-file", cause)
            })?,
            None => env::var(SECRET).map_err(|_| {
                let cause = format_args!("needs --oauth-client-secret-file or {SECRET}");
                Mistake::new("--oauth-client-id", cause)
            })?,
        };
        let secret = Secret::from(text.trim_end_matches(['\r', '\n']).as_bytes());
        Ok(Some((id.clone(), Arc::new(secret))))
    }
}

/// `SCOPE`, or `service=SCOPE`.
fn scope(text: &str) -> Result<(Scopes, Box<str>), Mistake> {
    let (service, scope) = match text.split_once('=') {
        Some(("imap", scope)) => (Scopes::IMAP, scope),
        Some(("pop3", scope)) => (Scopes::POP3, scope),
        Some(("submission", scope)) => (Scopes::SUBMISSION, scope),
        _ => (Scopes::ALL, text),
    };
    // RFC 6749 section 3.3.
    let sound = |octet: u8| octet.is_ascii_graphic() && octet != b'"' && octet != b'\\';
    if scope.is_empty() || !scope.bytes().all(sound) {
        return Err(Mistake::new(
            "--oauth-scope",
            format_args!("{text:?} is no scope"),
        ));
    }
    Ok((service, scope.into()))
}
