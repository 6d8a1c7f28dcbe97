//! One question to an HTTP server, and its answer: bounded in time and size.

use std::{io, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, StatusCode, Uri,
    client::conn::http1,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::JoinSet,
};
use tokio_rustls::TlsConnector;

/// Octets of an answer.
const OCTETS: usize = 64 * 1024;

/// Where forms are posted to. Each goes over a connection of its own.
pub struct Endpoint {
    uri: Uri,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    authorization: Option<HeaderValue>,
}

/// Why there is no answer. Reads on after "the server".
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error("cannot be reached: {0}")]
    Connect(io::Error),
    #[error("fails in TLS: {0}")]
    Tls(io::Error),
    #[error("breaks off: {0}")]
    Http(#[from] hyper::Error),
    #[error("answers {0}")]
    Status(StatusCode),
    #[error("has no answer that can be read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
}

impl Endpoint {
    /// For an URL: `https`, or `http` on this machine.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(
        url: &str,
        roots: impl FnOnce() -> Result<RootCertStore, String>,
    ) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
        let authority = uri.authority().ok_or("it names no host")?;
        if authority.as_str().contains('@') || url.contains('#') {
            return Err("no name, password or fragment belongs in it".to_owned());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let (port, tls) = match uri.scheme_str() {
            Some("https") => (443, Some(connector(&host, roots()?)?)),
            Some("http") if is_loopback(&host) => (80, None),
            Some("http") => return Err("http is for this machine only, use https".to_owned()),
            _ => return Err("it is neither https nor http".to_owned()),
        };
        Ok(Endpoint {
            port: authority.port_u16().unwrap_or(port),
            host,
            tls,
            uri,
            authorization: None,
        })
    }

    /// Sends this with each question.
    pub fn authorization(mut self, value: HeaderValue) -> Self {
        self.authorization = Some(value);
        self
    }

    /// Posts a form.
    pub async fn post(&self, form: String) -> Result<Bytes, Failed> {
        let tcp = TcpStream::connect((&*self.host, self.port)).await;
        let tcp = tcp.map_err(Failed::Connect)?;
        match &self.tls {
            None => self.talk(tcp, form).await,
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), tcp).await;
                self.talk(stream.map_err(Failed::Tls)?, form).await
            }
        }
    }

    async fn talk<S>(&self, stream: S, form: String) -> Result<Bytes, Failed>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with this question.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let response = sender.send_request(self.request(form)).await?;
        if response.status() != StatusCode::OK {
            return Err(Failed::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), OCTETS).collect().await;
        Ok(body.map_err(Failed::Body)?.to_bytes())
    }

    fn request(&self, form: String) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(Bytes::from(form)));
        *request.method_mut() = hyper::Method::POST;
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        if let Ok(path) = path.parse() {
            *request.uri_mut() = path;
        }
        let headers = request.headers_mut();
        let host = self.uri.authority().map_or("", |host| host.as_str());
        if let Ok(host) = HeaderValue::from_str(host) {
            headers.insert(HOST, host);
        }
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        request
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

fn connector(
    host: &str,
    roots: RootCertStore,
) -> Result<(TlsConnector, ServerName<'static>), String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((TlsConnector::from(Arc::new(config)), name))
}
