//! Board: what the ingest worker is at and what changed, for those who watch.
//!
//! The store knows the last finished step of a document; how far a long step is stands here only,
//! so that showing it costs no write.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;

use crate::domain::document::{Document, DocumentState};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::time::Stopwatch;

/// Changes that a slow watcher may be behind before it is told to look for itself.
const BACKLOG: usize = 256;

/// How long a document still takes, as far as that can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eta {
    pub seconds: u32,
}

/// A document that is to be looked at again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) workspace: WorkspaceId,
    pub(super) document: DocumentId,
}

/// The board. It forgets everything when the box stops.
pub(super) struct Board {
    changes: broadcast::Sender<Change>,
    embedding: Mutex<Option<Embedding>>,
    outdated: AtomicBool,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            changes: broadcast::channel(BACKLOG).0,
            embedding: Mutex::default(),
            outdated: AtomicBool::default(),
        }
    }
}

/// The document that is being embedded.
struct Embedding {
    document: DocumentId,
    done: u32,
    total: u32,
    /// What was done when this began: after a crash not nothing.
    begun: u32,
    since: Stopwatch,
}

impl Board {
    /// Tells those who watch that this document is not what it was.
    pub(super) fn changed(&self, workspace: WorkspaceId, document: DocumentId) {
        // Nobody may be watching.
        let _ = self.changes.send(Change {
            workspace,
            document,
        });
    }

    /// Everything that changes from now on.
    pub(super) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Notes how far the worker is with the passages of a document.
    pub(super) fn embedded(&self, document: &Document, done: u32, total: u32) {
        let mut embedding = self.lock();
        match embedding.as_mut().filter(|one| one.document == document.id) {
            Some(known) => known.done = done,
            None => {
                *embedding = Some(Embedding {
                    document: document.id,
                    done,
                    total,
                    begun: done,
                    since: Stopwatch::start(),
                });
            }
        }
        drop(embedding);
        self.changed(document.workspace, document.id);
    }

    /// The worker is done with its document, however that ended.
    pub(super) fn put_down(&self) {
        *self.lock() = None;
    }

    /// The document with what is known here only.
    pub(super) fn up_to_date(&self, mut document: Document) -> Document {
        let embedding = self.lock();
        let known = embedding.as_ref().filter(|one| one.document == document.id);
        if let (Some(known), DocumentState::Embedding { done, total }) =
            (known, &mut document.state)
        {
            (*done, *total) = (known.done, known.total);
        }
        drop(embedding);
        document
    }

    /// How long a document still takes, if it is the one that is being embedded.
    pub(super) fn eta(&self, document: DocumentId) -> Option<Eta> {
        let embedding = self.lock();
        let known = embedding.as_ref().filter(|one| one.document == document)?;
        known.eta()
    }

    /// Asks the worker to look for documents whose index is out of date.
    pub(super) fn outdate(&self) {
        self.outdated.store(true, Ordering::Release);
    }

    /// Whether somebody asked since the last time.
    pub(super) fn is_outdated(&self) -> bool {
        self.outdated.swap(false, Ordering::AcqRel)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Embedding>> {
        // Each change is one assignment, so what is there after a panic is whole.
        self.embedding
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Embedding {
    fn eta(&self) -> Option<Eta> {
        let made = self.done.checked_sub(self.begun).filter(|made| *made > 0)?;
        let left = f64::from(self.total.saturating_sub(self.done));
        let span = self.since.elapsed().mul_f64(left / f64::from(made));
        let seconds = u32::try_from(span.max(Duration::from_secs(1)).as_secs()).ok()?;
        Some(Eta { seconds })
    }
}
