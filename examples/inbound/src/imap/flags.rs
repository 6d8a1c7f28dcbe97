//! The command line of IMAP.

use std::{ops::RangeInclusive, time::Duration};

use clap::Args;

use crate::config::Mistake;

/// How patient IMAP is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "IMAP")]
pub struct ImapFlags {
    /// How long a client may take from the greeting to the end of its login, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub imap_login_time: u64,
    /// How long a client may stand still within a literal or a message, or take nothing of a long answer,
    /// in seconds. Between commands it has 30 minutes.
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    pub imap_stall_time: u64,
    /// How often a client that waits for the end of a command hears that the server is at it (RFC 9585), in
    /// seconds.
    #[arg(long, value_name = "SECONDS", default_value = "12")]
    pub imap_progress: u64,
}

/// The same, checked.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// From the greeting to the end of login.
    pub login: Duration,
    /// Within a literal, a message or an answer.
    pub stall: Duration,
    /// Between two signs of life within a command.
    pub progress: Duration,
}

impl ImapFlags {
    /// Checks them.
    ///
    /// # Errors
    /// The first flag that makes no sense.
    pub fn check(&self) -> Result<Settings, Mistake> {
        let within = |flag: &str, seconds, range: RangeInclusive<u64>| {
            let (least, most) = (range.start(), range.end());
            match range.contains(&seconds) {
                true => Ok(Duration::from_secs(seconds)),
                false => Err(Mistake::new(
                    flag,
                    format_args!("{seconds} is not in {least}..={most}"),
                )),
            }
        };
        Ok(Settings {
            login: within("--imap-login-time", self.imap_login_time, 1..=3600)?,
            stall: within("--imap-stall-time", self.imap_stall_time, 1..=3600)?,
            progress: within("--imap-progress", self.imap_progress, 1..=3600)?,
        })
    }
}
