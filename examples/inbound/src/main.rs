//! A whole incoming mail server in one command.

#![forbid(unsafe_code)]

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;
use inbound::{
    banner,
    cli::{Cli, Command, Serve},
    config::{Config, Mistake},
    password,
    server::Server,
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command() {
        Command::Serve(cli) => serve(*cli).await,
        Command::Password(command) => password::run(command).await.map(|text| print!("{text}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(mistake) => {
            eprintln!("inbound: {mistake}");
            ExitCode::from(2)
        }
    }
}

async fn serve(serve: Serve) -> Result<(), Mistake> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let stop = stop()?;
    let server = Server::start(Config::from_cli(serve)?).await?;
    eprint!("{}", banner::text(&server));
    println!("ready");
    // Whoever waits for the line reads a pipe.
    let _ = std::io::stdout().flush();
    server.run(stop).await;
    Ok(())
}

/// SIGTERM, or Ctrl-C.
fn stop() -> Result<impl Future<Output = ()>, Mistake> {
    let on = |kind| signal(kind).map_err(|error| Mistake::new("signals", error));
    let mut term: Signal = on(SignalKind::terminate())?;
    let mut int: Signal = on(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}
