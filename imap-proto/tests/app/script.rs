//! A transcript decides.

use super::*;

impl Subject for App {
    fn endpoint(&mut self) -> &mut dyn Endpoint {
        &mut self.session
    }

    fn step(&mut self, now: Time, input: &mut &[u8], record: &mut Record) -> Next<()> {
        match self.session.next(now, input) {
            Next::Event(event) => {
                let owed = match event {
                    Event::Chunk(octets) => {
                        record.octets("chunk", octets);
                        self.messages
                            .last_mut()
                            .unwrap()
                            .1
                            .extend_from_slice(octets);
                        None
                    }
                    event => self.take(event, record),
                };
                self.owed.extend(owed);
                Next::Event(())
            }
            Next::Wait(wants) => Next::Wait(wants),
            Next::StartTls(upgrade) => Next::StartTls(upgrade),
            Next::Deflate(deflate) => Next::Deflate(deflate),
            Next::Closed(reason) => Next::Closed(reason),
        }
    }

    fn decide(&mut self, words: &str) -> Result<(), String> {
        let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
        match word {
            "go" => {
                let owed = self.owed.pop_front().ok_or("nothing is owed")?;
                self.serve(owed);
            }
            "hold" => self.hold = true,
            // What a session that is told nothing by itself has missed.
            "hear" => {
                let all = self.store.borrow().changes.clone();
                all.iter().for_each(|change| {
                    self.session.notify(change);
                });
            }
            "release" => self.hold = false,
            // What another session does.
            "deliver" => {
                self.store
                    .borrow_mut()
                    .deliver("INBOX", rest.as_bytes(), Flags::default(), (0, 0));
            }
            "remove" => {
                let gone = rest.split(',').map(|n| uid(n.parse().unwrap())).collect();
                self.store.borrow_mut().expunge("INBOX", &gone);
            }
            "flag" => {
                self.store.borrow_mut().set_flag(
                    "INBOX",
                    uid(rest.parse().unwrap()),
                    System::FLAGGED,
                );
            }
            "forfeit" => {
                let owed = self.owed.pop_front().ok_or("nothing is owed")?;
                self.refuse(owed, None);
            }
            "refuse" => {
                let owed = self.owed.pop_front().ok_or("nothing is owed")?;
                self.refuse(owed, Some(No::new(Code::OverQuota, "No room")));
            }
            // How far a long COPY is, and of how much.
            "progress" => {
                let number = |word: &str| word.parse().ok();
                let (done, goal) = rest.split_once(' ').unwrap_or((rest, ""));
                match self.owed.front() {
                    Some(Owed::Copy(ticket, ..)) => {
                        self.session.in_progress(ticket, number(done), number(goal));
                    }
                    _ => return Err("no COPY is owed".to_owned()),
                }
            }
            "drop" => {
                self.owed.pop_front().ok_or("nothing is owed")?;
            }
            "abort" => self.session.abort(rest),
            _ => return Err(format!("unknown word {word}")),
        }
        self.hear();
        Ok(())
    }

    fn answer(&mut self) -> bool {
        if self.hold {
            return false;
        }
        match self.owed.pop_front() {
            Some(owed) => {
                self.serve(owed);
                true
            }
            None => false,
        }
    }

    fn resume_tls(&mut self, upgrade: Upgrade) {
        self.session.resume_tls(upgrade, TlsInfo::default());
    }
}

impl App {
    fn refuse(&mut self, owed: Owed, no: Option<No<'_>>) {
        let s = &mut self.session;
        macro_rules! with {
            ($ticket:expr) => {
                match no {
                    Some(no) => s.refuse($ticket, no),
                    None => s.forfeit($ticket.id()),
                }
            };
        }
        match owed {
            Owed::Auth(t, _) => with!(t),
            Owed::Login(t) => with!(t),
            Owed::Select(t, ..) => with!(t),
            Owed::List(t, _) => with!(t),
            Owed::Status(t, _) => with!(t),
            Owed::Create(t, ..) => with!(t),
            Owed::Delete(t, _) => with!(t),
            Owed::Rename(t, ..) => with!(t),
            Owed::Subscribe(t, ..) => with!(t),
            Owed::Namespace(t) => with!(t),
            Owed::Load(t, ..) => with!(t),
            Owed::Store(t, _) => with!(t),
            Owed::Search(t, _) => with!(t),
            Owed::Sort(t, _) => with!(t),
            Owed::Thread(t, _) => with!(t),
            Owed::Copy(t, ..) => with!(t),
            Owed::Expunge(t, _) => with!(t),
            Owed::Sync(t, _) => with!(t),
            Owed::More | Owed::Append => {
                self.messages.clear();
                let (t, ..) = self.upload.take().unwrap();
                with!(t)
            }
        };
    }
}
