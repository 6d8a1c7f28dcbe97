//! The parts of the example server that tests and benchmarks use.
//!
//! The binary `inbound` is a thin `main` over this library.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod accounts;
pub mod banner;
pub mod cli;
pub mod config;
mod connection;
mod end_point;
mod hashes;
mod http;
mod imap;
mod jobs;
pub mod logins;
mod moments;
mod networks;
mod parsed;
pub mod password;
mod passwords;
mod places;
pub mod policy;
mod pop3;
mod proven;
mod recipients;
pub mod server;
mod sessions;
mod smtp;
mod spool;
pub mod store;
mod stream;
mod tls;
mod tokens;
