//! Questions to the DNS, with a budget.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    ResolverBuilder, TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::{RData, RecordType},
};
use tokio::sync::Semaphore;

use crate::config::Mistake;

/// Answers that are kept, as long as they say but no longer than [`KEPT`].
const CACHE: u64 = 8192;
/// So that a wrong answer does not stay for days.
const KEPT: Duration = Duration::from_secs(3600);
/// Questions at the same time. Each is a socket, and there are only so many.
const AT_ONCE: usize = 256;
/// For one attempt; there are two.
const ATTEMPT: Duration = Duration::from_secs(2);

/// Who is asked where the system names nobody, as resolv.conf(5) has it.
const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53);

/// A resolver that a server asks on behalf of its clients.
pub struct Dns {
    resolver: TokioResolver,
    room: Semaphore,
}

/// Nobody knows: no answer in time, or an error. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnswered(pub String);

impl Dns {
    /// A resolver that asks this server, or those of the system.
    ///
    /// # Errors
    /// It cannot be set up.
    pub fn new(server: Option<SocketAddr>) -> Result<Self, Mistake> {
        let wrong = |error: NetError| Mistake::new("--resolver", error);
        let mut builder = match server {
            None => TokioResolver::builder_tokio().unwrap_or_else(|error| {
                tracing::warn!(%error, "no DNS servers of the system, so that here is asked");
                asking(HERE)
            }),
            Some(server) => asking(server),
        };
        let options = builder.options_mut();
        options.timeout = ATTEMPT;
        options.attempts = 1;
        options.cache_size = CACHE;
        options.positive_max_ttl = Some(KEPT);
        options.negative_max_ttl = Some(KEPT);
        options.use_hosts_file = ResolveHosts::Never;
        Ok(Dns {
            resolver: builder.build().map_err(wrong)?,
            room: Semaphore::new(AT_ONCE),
        })
    }

    /// The resolver, for whoever asks in ways of their own.
    pub fn resolver(&self) -> &TokioResolver {
        &self.resolver
    }

    /// The IPv4 addresses of a name; none where there are none.
    ///
    /// # Errors
    /// Nobody knows.
    pub async fn addresses(&self, name: &str) -> Result<Vec<Ipv4Addr>, NotAnswered> {
        self.ask(name, RecordType::A, |data| match data {
            RData::A(address) => Some(address.0),
            _ => None,
        })
        .await
    }

    /// The texts of a name, the strings of each joined; none where there are none.
    ///
    /// # Errors
    /// Nobody knows.
    pub async fn texts(&self, name: &str) -> Result<Vec<Vec<u8>>, NotAnswered> {
        self.ask(name, RecordType::TXT, |data| match data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        })
        .await
    }

    async fn ask<T>(
        &self,
        name: &str,
        kind: RecordType,
        of: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, NotAnswered> {
        let Ok(_permit) = self.room.acquire().await else {
            return Err(NotAnswered("the resolver is closed".into()));
        };
        // With its dot the name is whole: no search list is tried.
        match self.resolver.lookup(format!("{name}."), kind).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|r| of(&r.data)).collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(NotAnswered(error.to_string())),
        }
    }
}

fn asking(server: SocketAddr) -> ResolverBuilder<TokioRuntimeProvider> {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    let config = ResolverConfig::from_name_servers(vec![config]);
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
}
