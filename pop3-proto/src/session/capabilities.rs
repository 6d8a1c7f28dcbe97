//! CAPA (RFC 2449): what the server can do in this state, and AUTH's list of mechanisms.

use super::Session;
use crate::{Expire, Utf8, config::Stls, reply};

impl Session {
    /// What stands here before login stands here after it too, but for STLS (RFC 2449 section 5,
    /// RFC 2595 section 4: listed only where it is permitted).
    pub(super) fn tell_capabilities(&mut self) {
        let config = self.config.clone();
        let offered = self.offered();
        let has_user_pass = self.refuses_user_pass().is_none();
        let output = &mut self.output;
        output.push(b"+OK Capability list follows\r\n");
        output.push(b"TOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n");
        if has_user_pass {
            output.push(b"USER\r\n");
        }
        if !offered.is_empty() {
            output.push(b"SASL");
            for mechanism in offered.iter() {
                output.push(b" ");
                output.push(mechanism.name().as_bytes());
            }
            output.push(b"\r\n");
        }
        if config.stls != Stls::Off && self.peer.tls.is_none() && self.maildrop.is_none() {
            output.push(b"STLS\r\n");
        }
        match config.expire {
            Some(Expire::Never) => output.push(b"EXPIRE NEVER\r\n"),
            Some(Expire::Days(days)) => reply::row(output, format_args!("EXPIRE {days}")),
            None => {}
        }
        match config.utf8 {
            Utf8::Off => {}
            Utf8::Messages => output.push(b"UTF8\r\n"),
            Utf8::Names => output.push(b"UTF8 USER\r\n"),
        }
        if !config.languages.is_empty() {
            output.push(b"LANG\r\n");
        }
        if let Some(seconds) = config.login_delay {
            reply::row(output, format_args!("LOGIN-DELAY {seconds}"));
        }
        if let Some(name) = &config.implementation {
            reply::row(output, format_args!("IMPLEMENTATION {name}"));
        }
        output.push(b".\r\n");
    }

    /// AUTH without a mechanism, which clients from before CAPA send.
    pub(super) fn tell_mechanisms(&mut self) {
        self.say().text("Mechanisms follow");
        for mechanism in self.offered().iter() {
            self.output.push(mechanism.name().as_bytes());
            self.output.push(b"\r\n");
        }
        self.output.push(b".\r\n");
    }
}
