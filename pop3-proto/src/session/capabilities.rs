//! CAPA (RFC 2449): what the server can do in this state, and AUTH's list of mechanisms.

use std::fmt::Display;

use wire_core::Output;

use super::Session;
use crate::{
    Expire, Utf8,
    config::{Policy, Stls},
    reply,
};

impl Session {
    /// The EXPIRE of this user. CAPA names it from login on; tell it when
    /// [`Event::Login`](crate::Event::Login) comes. See
    /// [`Builder::expire_by_user`](crate::Builder::expire_by_user).
    pub fn set_expire(&mut self, expire: Expire) {
        self.expire = Some(expire);
    }

    /// The LOGIN-DELAY of this user in seconds. CAPA names it from login on; tell it when
    /// [`Event::Login`](crate::Event::Login) comes. See
    /// [`Builder::login_delay_by_user`](crate::Builder::login_delay_by_user).
    pub fn set_login_delay(&mut self, seconds: u32) {
        self.login_delay = Some(seconds);
    }

    /// What stands here before login stands here after it too, but for STLS (RFC 2449 section 5,
    /// RFC 2595 section 4: listed only where it is permitted). Values that differ by user change.
    pub(super) fn tell_capabilities(&mut self) {
        let config = self.config.clone();
        let offered = self.offered();
        let has_user_pass = self.refuses_user_pass().is_none();
        let logged_in = self.maildrop.is_some();
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
        if config.stls != Stls::Off && self.peer.tls.is_none() && !logged_in {
            output.push(b"STLS\r\n");
        }
        policy(output, "EXPIRE", config.expire, self.expire, logged_in);
        match config.utf8 {
            Utf8::Off => {}
            Utf8::Messages => output.push(b"UTF8\r\n"),
            Utf8::Names => output.push(b"UTF8 USER\r\n"),
        }
        if !config.languages.is_empty() {
            output.push(b"LANG\r\n");
        }
        policy(
            output,
            "LOGIN-DELAY",
            config.login_delay,
            self.login_delay,
            logged_in,
        );
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

/// A policy: of all users, or of this one where he is known. USER says that it may differ by user
/// (RFC 2449 sections 6.5 and 6.7).
fn policy<T: Display + Copy>(
    output: &mut Output,
    tag: &str,
    general: Option<Policy<T>>,
    personal: Option<T>,
    logged_in: bool,
) {
    match (general, personal) {
        (_, Some(value)) if logged_in => reply::row(output, format_args!("{tag} {value}")),
        (
            Some(Policy {
                value,
                by_user: true,
            }),
            _,
        ) if !logged_in => reply::row(output, format_args!("{tag} {value} USER")),
        (Some(Policy { value, .. }), _) => reply::row(output, format_args!("{tag} {value}")),
        (None, _) => {}
    }
}

impl Display for Expire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expire::Never => f.write_str("NEVER"),
            Expire::Days(days) => write!(f, "{days}"),
        }
    }
}
