//! The server: its ports, its connections, its end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};
use tracing::{Instrument, Span, debug, field, info, warn};
use wire_core::{
    CloseReason, Entropy, Peer,
    driver::{Clock, NoProxy, PROXY_TIMEOUT, read_proxy},
};

use crate::{
    accounts,
    config::{Config, Mistake, Service},
    connection::{self, Lost, Phase},
    http,
    imap::Imap,
    logins::{Door, Logins},
    password::{Control, Keeper},
    passwords::Passwords,
    policy::{self, Policies, Policy},
    pop3::Pop3,
    proven::Proven,
    recipients::Recipients,
    sessions::Sessions,
    smtp::Smtp,
    store::{
        Blobs, Directory, Store,
        sqlite::{Limits, Sqlite},
    },
    stream::Stream,
    tls::Tls,
    tokens::Tokens,
};

/// As many connections at once; more are closed before a word. Below the usual limit of open
/// files, which a server must not run into.
const CONNECTIONS: usize = 10_000;
/// How long open transactions may take when the server goes down.
const DRAIN: Duration = Duration::from_secs(10);
/// How long the last words may take.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How often the store cleans up, and for how long at once.
const TIDY: (Duration, Duration) = (Duration::from_secs(600), Duration::from_millis(200));

/// What all connections share.
pub struct Shared {
    /// The command line, checked.
    pub config: Config,
    /// Who there is.
    pub directory: Arc<dyn Directory>,
    /// Octets.
    pub blobs: Arc<dyn Blobs>,
    /// Mailboxes and messages.
    pub store: Arc<dyn Store>,
    /// Whose an address is.
    pub recipients: Recipients,
    /// Who may log in.
    pub logins: Arc<Logins>,
    /// What the sessions offer.
    pub sessions: Sessions,
    /// What clients and mail are judged by.
    pub policies: Policies,
    tls: Tls,
    clock: Clock,
}

/// A server whose ports are open.
pub struct Server {
    shared: Arc<Shared>,
    listeners: Vec<(Service, TcpListener)>,
    control: Option<Control>,
}

impl Server {
    /// Opens the store and the ports.
    ///
    /// # Errors
    /// What stands in the way, and the flag to look at.
    pub async fn start(config: Config) -> Result<Self, Mistake> {
        Self::start_with(config, Vec::new()).await
    }

    /// The same, with policies of the caller's own beside those of the command line.
    ///
    /// # Errors
    /// What stands in the way, and the flag to look at.
    pub async fn start_with(
        config: Config,
        policies: Vec<Arc<dyn Policy>>,
    ) -> Result<Self, Mistake> {
        let listeners = listen(&config).await?;
        let store = open_store(&config).await?;
        let tls = Tls::load(&config)?;
        let store = Arc::new(store);
        accounts::ensure(&*store, &config).await?;
        let recipients = Recipients::new(store.clone(), &config.domains, config.subaddressing);
        let policies = policy::built_in(&config, &recipients, policies)?;
        let tokens = match &config.tokens {
            Some(settings) => Some(Tokens::new(settings, store.clone(), config.first_domain())?),
            None => None,
        };
        let clock = Clock::new();
        let proven = Proven::new(config.logins.memory)
            .map_err(|error| Mistake::new("--login-memory", error))?;
        let passwords = Passwords::new(store.clone(), config.first_domain(), proven, tokens);
        let logins = Logins::new(
            passwords,
            store.clone(),
            &config.logins,
            Arc::new(move || clock.now()),
        );
        let shared = Shared {
            logins: Arc::new(logins),
            recipients,
            sessions: Sessions::new(&config, &policies, &store.decoy())?,
            policies,
            directory: store.clone(),
            blobs: store.clone(),
            store,
            tls,
            clock,
            config,
        };
        Ok(Server {
            control: open_control(&shared.config),
            shared: Arc::new(shared),
            listeners,
        })
    }

    /// What it was started with.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// The ports that are open.
    pub fn addresses(&self) -> impl Iterator<Item = (Service, SocketAddr)> + '_ {
        let address = |(service, listener): &(Service, TcpListener)| {
            Some((*service, listener.local_addr().ok()?))
        };
        self.listeners.iter().filter_map(address)
    }

    /// Serves until `stop` is done, then finishes what is open.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (phase, watched) = watch::channel(Phase::Serving);
        let mut ports = JoinSet::new();
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        for (service, listener) in self.listeners {
            let (shared, room, phase) = (self.shared.clone(), room.clone(), watched.clone());
            if service == Service::Http {
                ports.spawn(serve_http(listener, phase));
            } else {
                ports.spawn(accept(service, listener, shared, room, phase));
            }
        }
        let tidying = tokio::spawn(tidy(self.shared.store.clone()));
        let keeper = Keeper::new(
            self.shared.directory.clone(),
            self.shared.logins.standing().clone(),
        );
        let ordered = self
            .control
            .map(|control| tokio::spawn(control.serve(keeper)));
        stop.await;
        info!("going down");
        tidying.abort();
        if let Some(ordered) = ordered {
            ordered.abort();
        }
        phase.send_replace(Phase::Draining);
        if tokio::time::timeout(DRAIN, ended(&mut ports))
            .await
            .is_err()
        {
            phase.send_replace(Phase::Ending);
            let _ = tokio::time::timeout(LAST_WORDS, ended(&mut ports)).await;
        }
    }
}

async fn ended(ports: &mut JoinSet<()>) {
    while ports.join_next().await.is_some() {}
}

async fn listen(config: &Config) -> Result<Vec<(Service, TcpListener)>, Mistake> {
    let mut listeners = Vec::new();
    for &(service, address) in &config.listen {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Mistake::new(
                format!("--{}", service.name()),
                format_args!("{address}: {error}"),
            )
        })?;
        listeners.push((service, listener));
    }
    Ok(listeners)
}

async fn open_store(config: &Config) -> Result<Sqlite, Mistake> {
    let folder = config.data.clone();
    let limits = Limits {
        search_index: config.search_index,
        ..Limits::default()
    };
    let opened = tokio::task::spawn_blocking(move || Sqlite::open(&folder, limits));
    match opened.await {
        Ok(Ok(store)) => Ok(store),
        Ok(Err(error)) => Err(Mistake::new("--data", error)),
        Err(error) => Err(Mistake::new("--data", error)),
    }
}

/// Orders come from the command line. Where they cannot, all else goes on.
fn open_control(config: &Config) -> Option<Control> {
    let opened = Control::open(&config.data);
    opened
        .inspect_err(
            |error| warn!(%error, "no socket: `inbound password` waits for the server's end"),
        )
        .ok()
}

async fn tidy(store: Arc<dyn Store>) {
    loop {
        tokio::time::sleep(TIDY.0).await;
        match store.tidy(TIDY.1).await {
            Ok(tidied) => debug!(?tidied, "tidied"),
            Err(error) => warn!(?error, "not tidied"),
        }
    }
}

/// Takes connections until the server goes down, and waits for those that are open.
async fn accept(
    service: Service,
    listener: TcpListener,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    mut phase: watch::Receiver<Phase>,
) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            _ = phase.changed() => break,
        };
        match accepted {
            Ok((tcp, remote)) => match room.clone().try_acquire_owned() {
                Ok(permit) => {
                    let span = span(service, remote);
                    let session = session(service, tcp, remote, shared.clone(), phase.clone());
                    open.spawn(with_permit(permit, session).instrument(span));
                }
                Err(_) => warn!(%remote, "too many connections"),
            },
            Err(error) => {
                // No descriptors left, most likely: some will be free soon.
                warn!(%error, service = service.name(), "not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    ended(&mut open).await;
}

async fn with_permit(_permit: OwnedSemaphorePermit, session: impl Future<Output = ()>) {
    session.await;
}

fn span(service: Service, remote: SocketAddr) -> Span {
    tracing::info_span!(
        "session",
        protocol = service.name(),
        %remote,
        client = field::Empty,
        tls = field::Empty,
        auth = field::Empty,
        mailbox = field::Empty,
    )
}

async fn session(
    service: Service,
    tcp: TcpStream,
    remote: SocketAddr,
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
) {
    info!("connected");
    match talk(service, tcp, remote, shared, phase).await {
        Ok(reason) => info!(?reason, "closed"),
        Err(Lost::Proxy(NoProxy::Eof { read: 0 })) => {
            debug!("a proxy looked whether the port is open")
        }
        Err(error) => info!(%error, "connection lost"),
    }
}

async fn talk(
    service: Service,
    tcp: TcpStream,
    remote: SocketAddr,
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
) -> Result<CloseReason, Lost> {
    tcp.set_nodelay(true)?;
    let (tcp, mut peer) = identify(service, tcp, remote, &shared.config).await?;
    let mut io = Stream::Plain(tcp);
    let handshake = shared.tls.handshake(service);
    if service.implicit_tls() {
        let (inside, tls) = io.accept_tls(handshake).await.map_err(Lost::Tls)?;
        Span::current().record("tls", tls.protocol.unwrap_or("unknown"));
        io = inside;
        peer = peer.tls(tls);
    }
    let mut entropy = Entropy([0; 32]);
    getrandom::fill(&mut entropy.0).map_err(io::Error::other)?;
    let (clock, sessions) = (shared.clock, &shared.sessions);
    let door = Door::new(shared.logins.clone(), service, &peer);
    match service {
        Service::Smtp | Service::Submission | Service::Smtps | Service::Lmtp => {
            let session = sessions.smtp(service, peer, entropy, clock.now());
            let mut smtp = Smtp::new(session, shared.clone(), service, door);
            connection::run(&mut smtp, io, handshake, clock, phase).await
        }
        Service::Imap | Service::Imaps => {
            let session = sessions.imap(peer, entropy, clock.now());
            let mut imap = Imap::new(session, shared.clone(), door);
            connection::run(&mut imap, io, handshake, clock, phase).await
        }
        Service::Pop3 | Service::Pop3s => {
            let session = sessions.pop3(peer, entropy, clock.now());
            let mut pop3 = Pop3::new(session, shared.clone(), door);
            connection::run(&mut pop3, io, handshake, clock, phase).await
        }
        Service::Http => Ok(CloseReason::Aborted),
    }
}

/// Who is at the other end: a client, or one that a proxy of ours tells of.
async fn identify(
    service: Service,
    mut tcp: TcpStream,
    remote: SocketAddr,
    config: &Config,
) -> Result<(TcpStream, Peer), Lost> {
    let mut peer = Peer::new(Some(remote)).local(tcp.local_addr()?);
    if config.proxies.have(peer.remote) {
        peer = peer.through(&read_proxy(&mut tcp, PROXY_TIMEOUT).await?);
        match peer.remote {
            Some(client) => Span::current().record("client", field::display(client)),
            None => Span::current().record("client", "unknown"),
        };
    }
    if service.takes_word() && config.trusted.have(peer.remote) {
        peer = peer.trusted();
    }
    Ok((tcp, peer))
}

async fn serve_http(listener: TcpListener, phase: watch::Receiver<Phase>) {
    let mut stopped = phase.clone();
    let stop = async move {
        // An error means that the server is gone, which is as good a reason.
        let _ = stopped.wait_for(|phase| *phase != Phase::Serving).await;
    };
    let served = axum::serve(listener, http::router(phase)).with_graceful_shutdown(stop);
    if let Err(error) = served.await {
        warn!(%error, "http ended");
    }
}
