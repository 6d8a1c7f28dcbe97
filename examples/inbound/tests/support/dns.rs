//! A DNS server of the test's own on loopback, over UDP and TCP.
#![allow(dead_code, reason = "each test uses its part")]

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use hickory_proto::{
    op::{Edns, Message, MessageType, Query, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{CNAME, MX, PTR, SOA, TXT},
    },
};

/// How long answers may be kept.
const TTL: u32 = 60;
/// What a client takes over UDP that says nothing else (RFC 1035 section 4.2.1).
const UDP: u16 = 512;
/// As many aliases are followed.
const ALIASES: usize = 8;

/// A server that answers from a [`Zone`] until it is dropped.
pub struct Dns {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    zone: Mutex<Zone>,
    asked: Mutex<Vec<(String, RecordType)>>,
    stopped: AtomicBool,
}

impl Dns {
    /// Serves this zone on a port of the system's choice. See [`Zone::read`] for the text.
    pub fn start(zone: &str) -> Self {
        let (udp, tcp) = port();
        let address = udp.local_addr().unwrap();
        let shared = Arc::new(Shared {
            zone: Mutex::new(Zone::read(zone)),
            asked: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let (over_udp, over_tcp) = (shared.clone(), shared.clone());
        thread::spawn(move || over_udp.serve_udp(&udp));
        thread::spawn(move || over_tcp.serve_tcp(&tcp));
        Dns { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds to the zone. Answers that were given before may be kept for a minute by whoever asked.
    pub fn add(&self, more: &str) {
        let more = Zone::read(more);
        locked(&self.shared.zone).join(more);
    }

    /// What was asked, oldest first, in lower case and without a dot at the end.
    pub fn asked(&self) -> Vec<(String, RecordType)> {
        locked(&self.shared.asked).clone()
    }

    /// How often this name was asked for, whatever the type.
    pub fn times_asked(&self, name: &str) -> usize {
        let asked = locked(&self.shared.asked);
        asked.iter().filter(|(known, _)| known == name).count()
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // A last word to each, so that they look. They may have ended by themselves.
        let _ = TcpStream::connect(self.address);
        let _ = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|udp| udp.send_to(b"", self.address));
    }
}

/// One port for both. What the system gives for UDP may be taken over TCP by anybody.
fn port() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        match TcpListener::bind(udp.local_addr().unwrap()) {
            Ok(tcp) => return (udp, tcp),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse),
        }
    }
    panic!("no port is free over both UDP and TCP");
}

impl Shared {
    fn serve_udp(&self, socket: &UdpSocket) {
        let mut datagram = [0; 4096];
        while let Ok((octets, client)) = socket.recv_from(&mut datagram) {
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let Some((answer, most)) = self.answer(&datagram[..octets]) else {
                continue;
            };
            let mut octets = answer.to_vec().unwrap();
            if octets.len() > usize::from(most) {
                octets = answer.truncate().to_vec().unwrap();
            }
            let _ = socket.send_to(&octets, client);
        }
    }

    fn serve_tcp(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let (Ok(stream), shared) = (stream, self.clone()) else {
                return;
            };
            thread::spawn(move || shared.converse(stream));
        }
    }

    /// RFC 7766: questions one after the other, each behind its length.
    fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        loop {
            let mut length = [0; 2];
            stream.read_exact(&mut length)?;
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut question)?;
            let Some((answer, _)) = self.answer(&question) else {
                continue;
            };
            let octets = answer.to_vec().unwrap();
            let length = u16::try_from(octets.len()).unwrap();
            stream.write_all(&[&length.to_be_bytes()[..], &octets].concat())?;
        }
    }

    /// The answer, and what the client takes over UDP. `None`: silence.
    fn answer(&self, question: &[u8]) -> Option<(Message, u16)> {
        let question = Message::from_vec(question).ok()?;
        let query = question.queries.first()?.clone();
        let name = key(query.name());
        locked(&self.asked).push((name.clone(), query.query_type()));

        let mut answer = Message::new(
            question.metadata.id,
            MessageType::Response,
            question.metadata.op_code,
        );
        answer.metadata.recursion_desired = question.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.add_query(query.clone());
        if let Some(edns) = &question.edns {
            let mut ours = Edns::new();
            ours.set_max_payload(edns.max_payload());
            answer.set_edns(ours);
        }
        locked(&self.zone).answer(&query, &mut answer)?;
        let most = question.edns.as_ref().map_or(UDP, Edns::max_payload);
        Some((answer, most.max(UDP)))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names and what is said of them.
#[derive(Default)]
pub struct Zone(HashMap<String, Vec<Said>>);

#[derive(Clone)]
enum Said {
    Data(RData),
    /// An error instead of an answer.
    Code(ResponseCode),
    /// No answer at all.
    Silence,
}

impl Zone {
    /// A line is a name, a type and a value; `#` begins a comment line. The types:
    ///
    /// ```text
    /// example.com             TXT     "v=spf1 -all"           cut into strings of 255 octets
    /// example.com             MX      10 mail.example.com
    /// mail.example.com        A       192.0.2.1               or AAAA
    /// 1.2.0.192.in-addr.arpa  PTR     mail.example.com        or CNAME
    /// broken.example          SERVFAIL                        or REFUSED, for all types
    /// slow.example            SILENCE                         no answer, so that the client waits
    /// empty.example           NODATA                          the name is there, and nothing else
    /// *.any.example           A       127.0.0.2               all names below that are not listed
    /// ```
    ///
    /// Other names do not exist: NXDOMAIN. A name that has others below it does.
    pub fn read(text: &str) -> Self {
        let mut zone = Zone::default();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut words = line.splitn(3, char::is_whitespace);
            let name = words.next().unwrap().trim_end_matches('.').to_lowercase();
            let rest = words.next().map(str::trim_start).unwrap_or_default();
            // Several spaces between the columns are one.
            let rest = [rest, words.next().unwrap_or_default()].join(" ");
            let rest = rest.trim();
            let (kind, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let said = said(kind, value.trim()).unwrap_or_else(|| panic!("zone: {line}"));
            zone.0.entry(name).or_default().extend(said);
        }
        zone
    }

    fn join(&mut self, more: Zone) {
        for (name, said) in more.0 {
            self.0.entry(name).or_default().extend(said);
        }
    }

    /// `None`: silence.
    fn answer(&self, query: &Query, answer: &mut Message) -> Option<()> {
        let mut name = query.name().clone();
        for _ in 0..ALIASES {
            let Some(said) = self.find(&key(&name)) else {
                answer.metadata.response_code = ResponseCode::NXDomain;
                break;
            };
            let mut alias = None;
            for said in said {
                match said {
                    Said::Silence => return None,
                    Said::Code(code) => answer.metadata.response_code = *code,
                    Said::Data(data) => {
                        if let RData::CNAME(CNAME(to)) = data {
                            alias = Some(to.clone());
                        }
                        let is_wanted = data.record_type() == query.query_type()
                            || data.record_type() == RecordType::CNAME;
                        if is_wanted {
                            let record = Record::from_rdata(name.clone(), TTL, data.clone());
                            answer.add_answer(record);
                        }
                    }
                }
            }
            match alias {
                Some(to) if query.query_type() != RecordType::CNAME => name = to,
                _ => break,
            }
        }
        if answer.answers.is_empty() {
            answer.add_authority(authority());
        }
        Some(())
    }

    fn find(&self, name: &str) -> Option<&[Said]> {
        if let Some(said) = self.0.get(name) {
            return Some(said);
        }
        let mut above = name;
        while let Some((_, parent)) = above.split_once('.') {
            if let Some(said) = self.0.get(&format!("*.{parent}")) {
                return Some(said);
            }
            above = parent;
        }
        let below = format!(".{name}");
        self.0
            .keys()
            .any(|known| known.ends_with(&below))
            .then_some(&[])
    }
}

/// What a line says; `None` if it cannot be read.
fn said(kind: &str, value: &str) -> Option<Option<Said>> {
    let name = |value: &str| Name::from_utf8(format!("{}.", value.trim_end_matches('.'))).ok();
    let data = match kind {
        "TXT" => {
            let text = value.strip_prefix('"')?.strip_suffix('"')?;
            let strings = text.as_bytes().chunks(255).collect();
            RData::TXT(TXT::from_bytes(strings))
        }
        "A" => RData::A(value.parse::<Ipv4Addr>().ok()?.into()),
        "AAAA" => RData::AAAA(value.parse::<std::net::Ipv6Addr>().ok()?.into()),
        "MX" => {
            let (preference, host) = value.split_once(' ')?;
            RData::MX(MX::new(preference.parse().ok()?, name(host.trim())?))
        }
        "PTR" => RData::PTR(PTR(name(value)?)),
        "CNAME" => RData::CNAME(CNAME(name(value)?)),
        "SERVFAIL" => return Some(Some(Said::Code(ResponseCode::ServFail))),
        "REFUSED" => return Some(Some(Said::Code(ResponseCode::Refused))),
        "SILENCE" => return Some(Some(Said::Silence)),
        "NODATA" => return Some(None),
        _ => return None,
    };
    Some(Some(Said::Data(data)))
}

/// Who says that something is not there, and for how long (RFC 2308 section 3).
fn authority() -> Record {
    let here = Name::from_ascii("test.").unwrap();
    let ttl = TTL.cast_signed();
    let soa = SOA::new(here.clone(), here, 1, ttl, ttl, ttl, TTL);
    Record::from_rdata(Name::root(), TTL, RData::SOA(soa))
}

/// As names are known in a zone.
fn key(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_lowercase()
}
