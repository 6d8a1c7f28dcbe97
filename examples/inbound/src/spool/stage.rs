//! A body that waits until the fields above it are known: in memory while it is small, then in a
//! file without a name, which goes with its last handle, also when the process dies.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use tracing::warn;

use crate::store::{Error, Result};

/// What is held in memory, as in the store.
const MEMORY: usize = 128 * 1024;
/// What is written to the file at once.
const PIECE: usize = 256 * 1024;

/// A body that is coming.
pub(super) struct Stage {
    folder: Arc<Path>,
    /// What is not in the file.
    held: BytesMut,
    file: Option<File>,
    octets: u64,
}

impl Stage {
    /// Its file, if it needs one, will be in this folder.
    pub(super) fn new(folder: Arc<Path>) -> Self {
        Stage {
            folder,
            held: BytesMut::new(),
            file: None,
            octets: 0,
        }
    }

    /// Takes octets.
    pub(super) async fn write(&mut self, octets: &[u8]) -> Result<()> {
        self.octets += octets.len() as u64;
        self.held.extend_from_slice(octets);
        let most = if self.file.is_some() { PIECE } else { MEMORY };
        if self.held.len() > most {
            self.flush().await?;
        }
        Ok(())
    }

    /// The body is complete.
    pub(super) async fn finish(mut self) -> Result<Body> {
        if self.file.is_some() {
            self.flush().await?;
        }
        Ok(match self.file {
            None => Body::Memory(self.held.freeze()),
            Some(file) => Body::File(Arc::new(file), self.octets),
        })
    }

    async fn flush(&mut self) -> Result<()> {
        let (held, file) = (self.held.split().freeze(), self.file.take());
        let folder = self.folder.clone();
        let written = blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => tempfile::tempfile_in(folder)?,
            };
            file.write_all(&held)?;
            Ok(file)
        });
        self.file = Some(written.await?);
        Ok(())
    }
}

/// A body that is complete. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Memory(Bytes),
    File(Arc<File>, u64),
}

impl Body {
    pub(super) fn octets(&self) -> u64 {
        match self {
            Body::Memory(octets) => octets.len() as u64,
            Body::File(_, octets) => *octets,
        }
    }

    /// Up to `most` octets from `at`; none at the end.
    pub(super) async fn read_at(&self, at: u64, most: usize) -> Result<Bytes> {
        match self {
            Body::Memory(octets) => {
                let start = usize::try_from(at).map_or(octets.len(), |at| at.min(octets.len()));
                let end = start.saturating_add(most).min(octets.len());
                Ok(octets.slice(start..end))
            }
            Body::File(file, octets) => {
                let most = octets.saturating_sub(at).min(most as u64) as usize;
                let file = file.clone();
                blocking(move || {
                    let mut read = BytesMut::zeroed(most);
                    file.read_exact_at(&mut read, at)?;
                    Ok(read.freeze())
                })
                .await
            }
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let error = match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error,
        Err(error) => error.into(),
    };
    warn!(%error, "a message could not be staged");
    Err(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full,
        _ => Error::Busy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_back_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 10, MEMORY, MEMORY + 1, 3 * PIECE + 5] {
            let octets: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let mut stage = Stage::new(folder.path().into());
            for piece in octets.chunks(60_000) {
                stage.write(piece).await.unwrap();
            }
            let body = stage.finish().await.unwrap();
            assert_eq!(body.octets(), size as u64);
            assert_eq!(matches!(body, Body::Memory(_)), size <= MEMORY);
            let mut read = Vec::new();
            while let Some(piece) = Some(body.read_at(read.len() as u64, 70_001).await.unwrap())
                .filter(|piece| !piece.is_empty())
            {
                read.extend_from_slice(&piece);
            }
            assert!(read == octets, "{size}");
            assert!(body.read_at(size as u64 + 1, 1).await.unwrap().is_empty());
        }
        // Files without names leave nothing behind.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
