//! Rag: documents come in, passages come out.
//!
//! An upload is durable before it is acknowledged and is then indexed by one background worker:
//! text is extracted, cut into passages along its structure, turned into postings (BM25) and,
//! where there is an embedding model, into vectors. A search sees a document whole or not at all,
//! and never leaves its workspace: the workspace stands first in every key.

mod bm25;
mod board;
mod chunk;
mod diverse;
mod documents;
mod embed;
mod error;
mod extract;
mod filter;
mod fuse;
pub mod graph;
mod highlight;
mod index;
mod ingest;
mod kept;
mod language;
mod lent;
mod likeness;
mod retrieve;
mod search;
mod sight;
mod upload;
mod vectors;
mod watch;
mod words;

use std::sync::Arc;

pub use board::Eta;
pub use documents::Changes;
pub use error::RagError;
pub use extract::{Failure, document as extract};
pub use filter::{Filter, Progress};
pub use lent::Lent;
pub use search::{ByMeaning, ByWords, Method, Retrieved, Search, Why};
pub use upload::Upload;
pub use watch::{DocumentEvent, Heard, Watch};

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::RagConfig;
use crate::domain::time::Clock;
use crate::engine::Engine;
use crate::pipeline::Stages;
use crate::store::{Store, StoreError};

use board::Board;
use ingest::Ingest;
use kept::Kept;

/// Documents and what can be found in them. A clone is the same room.
#[derive(Clone)]
pub struct Rag {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    engine: Engine,
    stages: Stages,
    config: RagConfig,
    clock: Clock,
    /// Rung when there is a new job.
    wake: Notify,
    board: Board,
    kept: Arc<Kept>,
}

/// The background worker. Dropping it lets it run; what it is at when the box stops is taken up
/// at the next start.
pub struct Worker {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Worker {
    /// Ends the worker and waits for it.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the ingest worker ended badly");
        }
    }
}

impl Rag {
    /// Puts the room together; nothing runs until [`Rag::start`].
    pub fn new(
        store: Store,
        engine: Engine,
        stages: Stages,
        config: &RagConfig,
        clock: Clock,
    ) -> Self {
        let wake = Notify::new();
        Self {
            inner: Arc::new(Inner {
                store,
                engine,
                stages,
                config: config.clone(),
                clock,
                wake,
                board: Board::default(),
                kept: Arc::default(),
            }),
        }
    }

    /// Starts the background worker; it begins with what was left over. Call it once.
    pub fn start(&self) -> Worker {
        let stop = CancellationToken::new();
        let ingest = Ingest::new(Arc::clone(&self.inner));
        let task = tokio::spawn(ingest.run(stop.clone()));
        Worker { stop, task }
    }

    /// What this room lends to plugins.
    pub fn lent(&self) -> Lent {
        Lent::new(self.inner.engine.clone())
    }
}

/// Runs what waits for the disk, or for a plugin, on the blocking pool.
async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(f)
        .await
        .unwrap_or(Err(StoreError::Lost))
}

#[cfg(test)]
mod tests;
