//! Fetches mail from a POP3 server again and again, and makes one JSON ticket of each, exactly once, however
//! often it is killed. See `small::tickets` for what stands where.
//!
//! ```text
//! POP3_PASSWORD=demo cargo run -p small --example pop3-import -- \
//!     --security none --port 1110 --once localhost demo ./desk
//! ```

use std::{env, error::Error, path::PathBuf, thread, time::Duration};

use clap::{Parser, ValueEnum};
use small::{
    import::Account,
    pop3::{Security, Server, trust},
    tickets::Tickets,
};

/// Makes JSON tickets of the mails of a POP3 maildrop. The password is that of POP3_PASSWORD.
#[derive(Parser)]
struct Args {
    /// The server's name, as its certificate has it.
    host: String,
    /// Who logs in.
    user: String,
    /// Where the tickets go: into its folder `tickets`, the mails beside it.
    dir: PathBuf,
    /// What protects the connection.
    #[arg(long, value_enum, default_value_t = How::Tls)]
    security: How,
    /// The server's port, if not 995 for TLS, 110 for others.
    #[arg(long)]
    port: Option<u16>,
    /// Trust the certificates of this PEM file, and not those of the machine.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Leave mails on the server.
    #[arg(long)]
    keep: bool,
    /// Seconds between two looks into the maildrop. After a failure it is a second, then two, then
    /// four, up to this.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    every: u64,
    /// End when one look has gone well.
    #[arg(long)]
    once: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum How {
    Tls,
    Stls,
    None,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let security = match args.security {
        How::Tls => Security::Tls(trust(args.ca.as_deref())?),
        How::Stls => Security::Stls(trust(args.ca.as_deref())?),
        How::None => Security::Nothing,
    };
    let standard = if let How::Tls = args.security {
        995
    } else {
        110
    };
    let (host, port) = (args.host, args.port.unwrap_or(standard));
    let account = Account {
        server: Server {
            host,
            port,
            security,
        },
        user: args.user,
        password: env::var("POP3_PASSWORD").map_err(|_| "POP3_PASSWORD is not set")?,
        keep: args.keep,
    };
    let mut tickets = Tickets::open(&args.dir)?;
    let mut pause = 1;
    loop {
        match account.import(&mut tickets, |ticket| println!("{}", ticket["id"])) {
            Ok(imported) => {
                println!("{imported:?}");
                if args.once {
                    return Ok(());
                }
                pause = 1;
                thread::sleep(Duration::from_secs(args.every));
            }
            Err(failed) if failed.is_final() => return Err(failed.into()),
            Err(failed) => {
                eprintln!("{failed}; again in {pause} s");
                thread::sleep(Duration::from_secs(pause));
                pause = (pause * 2).min(args.every.max(1));
            }
        }
    }
}
