//! A whole incoming mail server in one command.

#![forbid(unsafe_code)]

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    thread::available_parallelism,
};

use clap::Parser;
use inbound::{
    banner,
    cli::{Cli, Command, Serve},
    config::{Config, Mistake},
    password,
    server::Server,
    store::sqlite,
};
use tokio::{
    runtime::{self, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let command = Cli::parse().command();
    let started = runtime().map_err(|error| Mistake::new("threads", error));
    let done = started.and_then(|runtime| runtime.block_on(run(command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(mistake) => {
            eprintln!("inbound: {mistake}");
            ExitCode::from(2)
        }
    }
}

/// The store reads on the threads of the runtime: with one more for each of its connections there is
/// always one left for all else.
fn runtime() -> io::Result<Runtime> {
    let cores = available_parallelism().map_or(1, usize::from);
    runtime::Builder::new_multi_thread()
        .worker_threads(cores + sqlite::Limits::default().readers)
        .enable_all()
        .build()
}

async fn run(command: Command) -> Result<(), Mistake> {
    match command {
        Command::Serve(cli) => serve(*cli).await,
        Command::Password(command) => password::run(command).await.map(|text| print!("{text}")),
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
