//! Fetches what is new in a POP3 maildrop, and makes a ticket of each mail.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    pop3::{Client, Failed, Listed, Server},
    tickets::{Key, Tickets},
};

/// Octets of a mail. One that has more stays on the server.
const MOST: u64 = 256 << 20;

/// A maildrop and what is done with it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Where it is.
    pub server: Server,
    /// Whose it is.
    pub user: String,
    /// Their password.
    pub password: String,
    /// Are mails left on the server?
    pub keep: bool,
}

/// What one look into the maildrop came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Tickets that were made.
    pub made: u32,
    /// Mails that had their ticket.
    pub known: u32,
    /// Mails that the server does not give, or that are too large.
    pub left: u32,
}

impl Account {
    /// Looks into the maildrop once. `told` hears of each ticket.
    ///
    /// A mail is marked for deletion when its ticket is durable, and goes with QUIT. If the
    /// connection is lost before, mails that have tickets are known again by their unique-ids.
    pub fn import(
        &self,
        tickets: &mut Tickets,
        mut told: impl FnMut(&Value),
    ) -> Result<Imported, Failed> {
        let mut imported = Imported::default();
        let mut server = Client::connect(&self.server)?;
        server.log_in(&self.user, &self.password)?;
        let mails = server.list()?;
        let mut copies = BTreeMap::new();
        for uid in mails.iter().filter_map(|mail| mail.uid.as_deref()) {
            *copies.entry(uid).or_insert(0) += 1;
        }
        for mail in &mails {
            match self.fetch(&mut server, tickets, mail, &copies)? {
                Fetched::Made(ticket) => {
                    imported.made += 1;
                    told(&ticket);
                }
                Fetched::Known => imported.known += 1,
                Fetched::Left => {
                    imported.left += 1;
                    continue;
                }
            }
            if !self.keep {
                server.delete(mail.number)?;
            }
        }
        server.quit()?;
        tickets.forget().map_err(Failed::Disk)?;
        Ok(imported)
    }

    fn fetch(
        &self,
        server: &mut Client,
        tickets: &mut Tickets,
        mail: &Listed,
        copies: &BTreeMap<&str, u32>,
    ) -> Result<Fetched, Failed> {
        let key = self.key(mail, copies);
        if tickets.has(&key) {
            return Ok(Fetched::Known);
        }
        let mut incoming = tickets.begin().map_err(Failed::Disk)?;
        let mut octets = 0;
        let given = server.retrieve(mail.number, |run| {
            octets += run.len() as u64;
            match octets <= MOST {
                true => incoming.add(run),
                false => Ok(()),
            }
        })?;
        if given.is_err() || octets > MOST {
            return Ok(Fetched::Left);
        }
        let made = tickets.make(&key, incoming).map_err(Failed::Disk)?;
        Ok(made.map_or(Fetched::Known, Fetched::Made))
    }

    /// Servers may give the same id to copies (RFC 1939 section 7), and some give it to mails that are
    /// none: where an id stands twice, and where there is none, the octets tell.
    fn key(&self, mail: &Listed, copies: &BTreeMap<&str, u32>) -> Key {
        match mail.uid.as_deref() {
            Some(uid) if copies.get(uid) == Some(&1) => {
                let Server { host, port, .. } = &self.server;
                Key::Uid(format!("{host}:{port}\0{}\0{uid}", self.user))
            }
            _ => Key::Octets,
        }
    }
}

enum Fetched {
    Made(Value),
    Known,
    Left,
}
