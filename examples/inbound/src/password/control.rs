//! The socket in the data folder through which a running server takes orders.
//!
//! A data folder belongs to one process. So whoever wants something done while a server runs asks the
//! server, which then also knows whose sessions to end. The socket is in a folder that only the owner
//! of the server may enter: who can connect could as well write to the database.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};
use tracing::{info, warn};

use super::{Keeper, Order, Outcome};

/// An order, or its outcome, is one line of JSON of at most so many octets.
const LINE: u64 = 64 * 1024;
/// How long an order may take to come, and to be carried out.
const PATIENCE: Duration = Duration::from_secs(20);

/// The socket of a server, removed on drop.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

fn path(data: &Path) -> PathBuf {
    data.join("control").join("socket")
}

impl Control {
    /// Opens the socket of a data folder that this process has locked: what is there is left over.
    ///
    /// # Errors
    /// What the system says. A path of more than a hundred octets is too long for a socket.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = path(data);
        let folder = data.join("control");
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?,
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        Ok(Control { listener, path })
    }

    /// Takes orders, one after the other, until it is dropped.
    pub async fn serve(self, keeper: Keeper) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    match tokio::time::timeout(PATIENCE, answer(stream, &keeper)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => warn!(%error, "order not taken"),
                        Err(_) => warn!("an order took too long"),
                    }
                }
                Err(error) => {
                    warn!(%error, "no order taken");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // It may be gone with its folder.
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, keeper: &Keeper) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let outcome = match serde_json::from_str(&line(read).await?) {
        Ok(order) => {
            let order: Order = order;
            info!(?order, "order");
            keeper.carry_out(order).await
        }
        // What it says of the text may show a password.
        Err(_) => Outcome::Failed("the server is of another version".into()),
    };
    write.write_all(&as_line(&outcome)?).await
}

/// Gives an order to the server of a data folder.
///
/// # Errors
/// There is none that listens, or it went away.
pub async fn give(data: &Path, order: &Order) -> io::Result<Outcome> {
    let given = async {
        let mut stream = UnixStream::connect(path(data)).await?;
        stream.write_all(&as_line(order)?).await?;
        Ok(serde_json::from_str(&line(stream).await?)?)
    };
    match tokio::time::timeout(PATIENCE * 2, given).await {
        Ok(outcome) => outcome,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

fn as_line(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

async fn line(read: impl tokio::io::AsyncRead + Unpin) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(read.take(LINE)).read_line(&mut line).await?;
    Ok(line)
}
