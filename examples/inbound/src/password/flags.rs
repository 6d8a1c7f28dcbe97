//! `inbound password` as it is typed.

use std::{
    fmt::Write,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Args, Subcommand};
use wire_core::calendar::Civil;

use super::{Keeper, Listed, Order, Outcome, control};
use crate::{
    config::Mistake,
    store::sqlite::{OpenError, Sqlite},
};

/// What can be done to the passwords of an account.
#[derive(Debug, Subcommand)]
pub enum PasswordCommand {
    /// Makes a password up, and prints it: it can never be seen again.
    Add(Add),
    /// Lists the passwords of an account: what each opens, until when, and when it was last used.
    List(List),
    /// Takes a password away. Who is logged in with it is logged out.
    Revoke(Revoke),
}

/// Makes a password.
#[derive(Debug, Args)]
pub struct Add {
    /// The account, user@domain.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// What it is for, phone or laptop: 1 to 64 letters, digits, '.', '_' and '-'.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it opens.
    #[arg(
        long,
        value_name = "SCOPES",
        value_delimiter = ',',
        default_value = "imap,pop3,submission"
    )]
    scope: Vec<String>,
    /// After how long it opens nothing any more: a number and s, m, h, d or w.
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Option<Duration>,
    /// Reads it from the first line of standard input, in place of making one up.
    #[arg(long)]
    stdin: bool,
    #[command(flatten)]
    folder: Folder,
}

/// Lists passwords.
#[derive(Debug, Args)]
pub struct List {
    /// The account, user@domain.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    folder: Folder,
}

/// Revokes a password.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The account, user@domain.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    /// The name of the password.
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    folder: Folder,
}

/// Where the accounts are.
#[derive(Debug, Args)]
struct Folder {
    /// Where mail and accounts are kept.
    #[arg(long, value_name = "DIR", default_value = "./inbound-data")]
    data: PathBuf,
}

/// A number and its unit.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a number above 0 and s, m, h, d or w");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        'w' => 7 * 24 * 3600,
        _ => return Err(wrong()),
    };
    let number: u64 = text
        .strip_suffix(unit)
        .and_then(|number| number.parse().ok())
        .filter(|number| *number > 0)
        .ok_or_else(wrong)?;
    let seconds = number.checked_mul(seconds).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

impl PasswordCommand {
    fn data(&self) -> &Path {
        let folder = match self {
            PasswordCommand::Add(add) => &add.folder,
            PasswordCommand::List(list) => &list.folder,
            PasswordCommand::Revoke(revoke) => &revoke.folder,
        };
        &folder.data
    }

    fn order(&self) -> Result<Order, Mistake> {
        Ok(match self {
            PasswordCommand::Add(add) => Order::Add {
                account: add.account.clone(),
                name: add.name.clone(),
                scopes: add.scope.clone(),
                seconds: add.expires.map(|valid| valid.as_secs()),
                password: add.stdin.then(read_password).transpose()?,
            },
            PasswordCommand::List(list) => Order::List {
                account: list.account.clone(),
            },
            PasswordCommand::Revoke(revoke) => Order::Revoke {
                account: revoke.account.clone(),
                name: revoke.name.clone(),
            },
        })
    }
}

fn read_password() -> Result<String, Mistake> {
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|error| Mistake::new("--stdin", error))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Does it, by the server that serves the folder if one does, and gives what is to be printed.
///
/// # Errors
/// Why nothing was done.
pub async fn run(command: PasswordCommand) -> Result<String, Mistake> {
    let order = command.order()?;
    match carry_out(command.data(), order).await? {
        Outcome::Added(Some(password)) => Ok(format!("{password}\n")),
        Outcome::Added(None) => Ok(String::new()),
        Outcome::Listed(listed) => Ok(table(&listed)),
        Outcome::Revoked(sessions) => Ok(format!("revoked, {sessions} sessions ended\n")),
        Outcome::Failed(why) => Err(Mistake::new("password", why)),
    }
}

async fn carry_out(data: &Path, order: Order) -> Result<Outcome, Mistake> {
    let wrong = |cause: String| Mistake::new("--data", cause);
    if !data.join("mail.sqlite3").exists() {
        return Err(wrong(format!("{} is no data folder", data.display())));
    }
    let folder = data.to_owned();
    let opened = tokio::task::spawn_blocking(move || Sqlite::open(&folder, Default::default()));
    match opened.await.map_err(|error| wrong(error.to_string()))? {
        Ok(store) => {
            let keeper = Keeper::new(Arc::new(store), Arc::default());
            Ok(keeper.carry_out(order).await)
        }
        Err(OpenError::InUse(_)) => control::give(data, &order)
            .await
            .map_err(|error| wrong(format!("a server runs there, but takes no orders: {error}"))),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// One line for each.
fn table(listed: &[Listed]) -> String {
    let mut text = String::new();
    let date = |seconds: Option<u64>, never: &str| match seconds {
        Some(seconds) => as_date(seconds),
        None => never.to_owned(),
    };
    let head = ["NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED"].map(str::to_owned);
    let rows = listed.iter().map(|one| {
        let name = one.name.as_deref().unwrap_or("(main)");
        [
            name.escape_debug().to_string(),
            one.scopes.join(","),
            as_date(one.created),
            date(one.expires, "never"),
            date(one.last_used, "never"),
        ]
    });
    for [name, scopes, created, expires, last_used] in std::iter::once(head).chain(rows) {
        let line = format!("{name:<24} {scopes:<28} {created:<20} {expires:<20} {last_used}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// RFC 3339, in UTC.
fn as_date(seconds: u64) -> String {
    let days = i64::try_from(seconds / 86_400).unwrap_or(i64::MAX);
    let Civil { year, month, day } = Civil::from_days(days);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        let table = [
            ("1s", Some(1)),
            ("90d", Some(90 * 86_400)),
            ("2w", Some(14 * 86_400)),
            ("5m", Some(300)),
            ("12h", Some(43_200)),
            ("", None),
            ("d", None),
            ("0d", None),
            ("-1d", None),
            ("1", None),
            ("1y", None),
            ("1 d", None),
            ("5é", None),
            ("99999999999999999999d", None),
            ("18446744073709551615w", None),
        ];
        for (text, seconds) in table {
            let read = time(text).ok().map(|time| time.as_secs());
            assert_eq!(read, seconds, "{text:?}");
        }
    }

    #[test]
    fn a_list_is_a_line_for_each() {
        let listed = [
            Listed {
                name: None,
                scopes: vec!["imap".into(), "http".into()],
                created: 0,
                expires: None,
                last_used: Some(1_000_000_000),
            },
            Listed {
                name: Some("phone".into()),
                scopes: vec!["pop3".into()],
                created: 86_399,
                expires: Some(4_102_444_800),
                last_used: None,
            },
        ];
        let text = table(&listed);
        let words = |line: &str| {
            line.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let lines: Vec<_> = text.lines().map(words).collect();
        let wanted = [
            "(main) imap,http 1970-01-01T00:00:00Z never 2001-09-09T01:46:40Z",
            "phone pop3 1970-01-01T23:59:59Z 2100-01-01T00:00:00Z never",
        ];
        assert_eq!(lines[1..], wanted.map(words));
    }
}
