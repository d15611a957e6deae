//! Store: what the box keeps, in one redb file and a folder of uploads.
//!
//! Reads see a snapshot and run on the blocking pool. Writes are queued for one writer thread,
//! which commits many of them together and answers each after the commit is durable; a write
//! that fails takes back what it wrote itself and nothing else. Each noun has a file of queries
//! ([`documents`], [`passages`], …); no table is named outside this room.

pub mod api_keys;
mod blobs;
mod codec;
pub mod conversations;
#[cfg(test)]
mod crash;
pub mod doctor;
pub mod documents;
#[cfg(test)]
mod golden;
pub mod graph;
pub mod jobs;
mod migrate;
pub mod passages;
pub mod pipelines;
pub mod plugin_values;
pub mod plugins;
mod schema;
pub mod sessions;
mod sweep;
mod table;
mod transaction;
pub mod users;
pub mod workspaces;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use redb::{Database, DatabaseError};

use crate::config::StoreConfig;
use crate::domain::fault::{Fault, Kind};

pub use blobs::{Blob, Blobs};
pub use codec::Key;
pub use table::{Rows, Table};
pub use transaction::{ReadTx, Reads, WriteTx};

use sweep::Sweep;
use writer::Writer;

/// What is kept. A clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Declared first, so dropped first: the writer ends before the database and its lock go.
    writer: Writer,
    database: Arc<Database>,
    blobs: Arc<Blobs>,
    path: PathBuf,
}

impl Store {
    /// Opens `store.redb` and `blobs/` in `dir`, makes them if they are not there, brings an older
    /// layout up to this one and starts the writer thread.
    ///
    /// Blocks for as long as the disk takes; after a crash that is a few seconds per gigabyte.
    pub fn open(dir: &Path, config: &StoreConfig) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(|source| StoreError::folder(dir, source))?;
        let database = open_database(&dir.join("store.redb"), config)?;
        doctor::clear(dir)?;
        Self::start(database, dir, config)
    }

    fn start(database: Database, dir: &Path, config: &StoreConfig) -> Result<Self, StoreError> {
        migrate::run(&database)?;
        let database = Arc::new(database);
        let blobs = Arc::new(Blobs::open(&dir.join("blobs"))?);
        blobs.sweep_halves()?;
        let sweep = Sweep::new(Arc::clone(&database), Arc::clone(&blobs));
        let writer = Writer::start(Arc::clone(&database), sweep, config)?;
        Ok(Self {
            inner: Arc::new(Inner {
                writer,
                database,
                blobs,
                path: dir.join("store.redb"),
            }),
        })
    }

    /// Runs `f` on a snapshot of what is committed, on the blocking pool.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&ReadTx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = Arc::clone(&self.inner.database);
        let task = tokio::task::spawn_blocking(move || f(&ReadTx::begin(&database)?));
        match task.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// [`Store::read`] for a thread of one's own.
    pub fn read_blocking<T>(
        &self,
        f: impl FnOnce(&ReadTx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        f(&ReadTx::begin(&self.inner.database)?)
    }

    /// Queues `f` for the writer thread and returns after what it wrote is durable.
    ///
    /// If `f` returns an error, nothing that it wrote is kept. It runs even if the caller stops
    /// waiting. A full queue is [`StoreError::Busy`].
    pub async fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        f: impl FnOnce(&mut WriteTx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        // A caller that went away does not want the answer.
        let reply = move |result| drop(sender.send(result));
        self.inner.writer.queue(writer::op(f, reply))?;
        receiver
            .await
            .unwrap_or_else(|_| Err(StoreError::Lost.into()))
    }

    /// [`Store::write`] for a thread of one's own; must not be called on an async worker.
    pub fn write_blocking<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        f: impl FnOnce(&mut WriteTx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let reply = move |result| drop(sender.send(result));
        self.inner.writer.queue(writer::op(f, reply))?;
        receiver
            .recv()
            .unwrap_or_else(|_| Err(StoreError::Lost.into()))
    }

    /// Size of the database file.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        let path = &self.inner.path;
        let file = std::fs::metadata(path).map_err(|source| StoreError::folder(path, source))?;
        Ok(file.len())
    }

    /// The uploads.
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// Removes the upload with this digest if no document names it and nobody is about to.
    pub fn discard_blob(&self, digest: &str) -> Result<(), StoreError> {
        let named = || documents::names_blob(&ReadTx::begin(&self.inner.database)?, digest);
        self.inner.blobs.discard(digest, named).map(drop)
    }

    /// False once the disk has failed: reads go on, writes are refused until a restart.
    pub fn is_writable(&self) -> bool {
        self.inner.writer.is_writable()
    }

    /// Writes waiting in the queue.
    pub fn queue_depth(&self) -> usize {
        self.inner.writer.depth()
    }

    /// Commits what is queued, so that the next start needs no repair, and refuses later writes.
    pub async fn close(self) {
        let inner = Arc::clone(&self.inner);
        // The thread only fails to be waited for when the runtime is going down already.
        tokio::task::spawn_blocking(move || inner.writer.close())
            .await
            .ok();
    }
}

fn open_database(path: &Path, config: &StoreConfig) -> Result<Database, StoreError> {
    if !path.exists() {
        create_database(path, config)?;
    }
    builder(config)
        .create(path)
        .map_err(|error| StoreError::opening(path, error))
}

/// Makes the file under another name first: a box that is stopped while it makes it must not find
/// half a database at the next start.
fn create_database(path: &Path, config: &StoreConfig) -> Result<(), StoreError> {
    let new = path.with_extension("new");
    let database = match builder(config).create(&new) {
        Err(DatabaseError::DatabaseAlreadyOpen) => {
            return Err(StoreError::AlreadyOpen { path: new });
        }
        Err(_) => {
            std::fs::remove_file(&new).map_err(|source| StoreError::folder(&new, source))?;
            builder(config)
                .create(&new)
                .map_err(|error| StoreError::opening(&new, error))?
        }
        Ok(database) => database,
    };
    migrate::run(&database)?;
    drop(database);
    std::fs::rename(&new, path)
        .and_then(|()| blobs::sync_folder(path.parent().unwrap_or(Path::new("."))))
        .map_err(|source| StoreError::folder(path, source))
}

fn builder(config: &StoreConfig) -> redb::Builder {
    let cache = usize::try_from(config.cache_mib).unwrap_or(64).max(1) << 20;
    let mut builder = Database::builder();
    builder.set_cache_size(cache);
    builder.set_repair_callback(|session| {
        tracing::info!(
            percent = (session.progress() * 100.0) as u32,
            "store repairs itself"
        );
    });
    builder
}

/// What went wrong with what is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The writer's queue is full.
    #[error("more writes are waiting than the box takes")]
    Busy,
    /// [`Store::close`] was called.
    #[error("the store is closed")]
    Closed,
    /// The disk failed earlier on.
    #[error("the disk failed ({reason}); nothing more is written until the box is restarted")]
    ReadOnly { reason: String },
    /// A commit failed; nothing of its batch was kept.
    #[error("the write could not be made durable ({reason})")]
    NotCommitted { reason: String },
    /// The write itself panicked, or the writer thread ended under it.
    #[error("the write was given up by the writer")]
    Lost,
    /// Another process has the data folder.
    #[error("{} is in use by another process", path.display())]
    AlreadyOpen { path: PathBuf },
    /// A newer version of the program wrote this data folder.
    #[error("the data was written by a newer version (layout {found}, this version knows {known})")]
    Newer { found: u32, known: u32 },
    /// A row does not decode.
    #[error("table {table} has a row that cannot be read, at key {key}: {reason}")]
    Corrupt {
        table: &'static str,
        key: String,
        reason: String,
    },
    /// A value that does not encode; a mistake of ours.
    #[error("a row of table {table} cannot be written: {reason}")]
    Unwritable { table: &'static str, reason: String },
    /// The file is not a database, or too damaged to open.
    #[error("{} cannot be opened", path.display())]
    Damaged {
        path: PathBuf,
        source: Box<redb::Error>,
    },
    /// The database engine failed.
    #[error("the database failed")]
    Engine(#[source] Box<redb::Error>),
    /// A file or folder beside the database.
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A digest that is not 64 hexadecimal digits.
    #[error("`{0}` is not the digest of an upload")]
    Digest(String),
    /// A row that must be there is not; what it says is between the rooms.
    #[error("{0} is not there any more")]
    Missing(&'static str),
}

impl StoreError {
    fn opening(path: &Path, error: DatabaseError) -> Self {
        let path = path.to_owned();
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::AlreadyOpen { path },
            other => Self::Damaged {
                path,
                source: Box::new(other.into()),
            },
        }
    }

    fn folder(path: &Path, source: std::io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Engine(Box::new(error.into()))
    }
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Busy => Kind::Overloaded,
            Self::Closed | Self::ReadOnly { .. } | Self::NotCommitted { .. } => Kind::Unavailable,
            Self::Missing(_) => Kind::NotFound,
            _ => Kind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Busy => "store_busy",
            Self::Closed => "store_closed",
            Self::ReadOnly { .. } | Self::NotCommitted { .. } => "store_read_only",
            Self::Lost => "store_write_lost",
            Self::AlreadyOpen { .. } => "store_in_use",
            Self::Newer { .. } => "store_newer",
            Self::Corrupt { .. } | Self::Damaged { .. } => "store_corrupt",
            Self::Missing(_) => "not_found",
            _ => "store_failed",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::AlreadyOpen { .. } => {
                "Stop the other `privatestack serve`, or give this one its own --data folder."
            }
            Self::Newer { .. } => "Install the newer version again, or restore an older backup.",
            Self::ReadOnly { .. } | Self::NotCommitted { .. } => {
                "Look at the disk: is it full or failing? Then restart the box."
            }
            Self::Damaged { .. } | Self::Corrupt { .. } => "Restore the last backup.",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn retry_after(&self) -> Option<Duration> {
        matches!(self, Self::Busy).then(|| Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests;
