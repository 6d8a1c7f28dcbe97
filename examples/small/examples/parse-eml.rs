//! Prints what is in a mail: its parts as IMAP numbers them, and what is wrong with it. Of many
//! mails, in an mbox file or a Maildir, a line each.
//!
//! ```text
//! cargo run --release -p small --example parse-eml -- [--json] [--mbox[=rd|o|cl2]] [FILE]
//! ```
//!
//! `--json` prints the Email object of JMAP instead. Without FILE it reads stdin. A file that
//! begins with `From ` is an mbox, and so is any with `--mbox`.

use std::{
    env,
    io::{self, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressStyle};
use mime_core::{Layout, Limits, mbox::Variant};
use small::{
    mails::{Input, Mails},
    show,
};

const USAGE: &str = "usage: parse-eml [--json] [--mbox[=rd|o|cl2]] [FILE|MAILDIR]";

#[derive(Default)]
struct Options {
    json: bool,
    mbox: Option<Variant>,
    path: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&options) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let path = options.path.as_deref().unwrap_or(Path::new("stdin"));
            eprintln!("parse-eml: {path:?}: {error}");
            ExitCode::FAILURE
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}

fn options() -> Option<Options> {
    let mut options = Options::default();
    for argument in env::args_os().skip(1) {
        match argument.to_str() {
            Some("--json") => options.json = true,
            Some("--mbox") => options.mbox = Some(Variant::Rfc4155),
            Some("--mbox=rd") => options.mbox = Some(Variant::Mboxrd),
            Some("--mbox=o") => options.mbox = Some(Variant::Mboxo),
            Some("--mbox=cl2") => options.mbox = Some(Variant::Mboxcl2),
            Some(other) if other.starts_with('-') => return None,
            _ if options.path.is_some() => return None,
            _ => options.path = Some(argument.into()),
        }
    }
    Some(options)
}

fn run(options: &Options) -> io::Result<()> {
    let input = Input::open(options.path.as_deref(), options.mbox)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match input {
        Input::One(mail) => {
            let mut layout = Layout::new();
            let message = layout.parse(&mail, &Limits::DEFAULT);
            match options.json {
                true => show::json(message, false, &mut out)?,
                false => show::tree(message, &mut out)?,
            }
        }
        Input::Many(mails) => each(mails, options.json, &mut out)?,
    }
    out.flush()
}

/// A line for each mail, and a bar that shows how far it is, if stderr is a terminal.
fn each(mut mails: Mails, as_json: bool, out: &mut impl Write) -> io::Result<()> {
    let bar = progress(mails.octets());
    let (mut layout, mut number) = (Layout::new(), 0);
    while let Some(mail) = mails.next_mail()? {
        number += 1;
        let message = layout.parse(mail, &Limits::DEFAULT);
        match as_json {
            true => show::json(message, true, out)?,
            false => show::line(number, message, out)?,
        }
        if !bar.is_hidden() {
            // The lines and the bar share a terminal.
            bar.suspend(|| out.flush())?;
            bar.set_message(format!("{number} mails"));
            bar.set_position(mails.done());
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress(octets: Option<u64>) -> ProgressBar {
    let bar = match octets {
        Some(octets) => ProgressBar::new(octets),
        None => ProgressBar::no_length(),
    };
    let template = "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {msg} {eta}";
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
