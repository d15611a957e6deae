//! Ingest: the background worker that indexes uploads, one at a time.
//!
//! A job's row stays until the transaction that ends it, and what each step made is kept beside it,
//! so a box that stops in the middle goes on behind the last step that was finished; everything a
//! document was given is then put in place of the old at once. When there is nothing to do, documents indexed under older rules or with another model are
//! indexed anew, each searchable by its old index until the new one is whole.

mod steps;
mod tend;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::domain::document::{Document, DocumentState, FailureCode};
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::store::jobs::{self, Job};
use crate::store::{StoreError, documents, passages};

use super::Inner;
use super::extract::Failure;

/// A document whose indexing was cut short this often brings the box down, it seems.
const ATTEMPTS: u32 = 40;
/// From this attempt on the worker waits before it tries again.
const SUSPECT: u32 = 4;
/// How often an idle worker looks whether there is another embedding model.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why work on a document ends early.
#[derive(Debug)]
enum Stop {
    /// It cannot be indexed, and its state will say why.
    Failed(Failure),
    /// It was deleted or called off meanwhile.
    Gone,
    /// The store would not; the job stays and is tried again.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Stop {
    fn internal() -> Self {
        let hint = "Something went wrong on the box; its log has the cause.";
        Self::Failed(Failure::new(FailureCode::Internal, hint))
    }
}

/// What the worker is at.
pub(super) struct Ingest {
    inner: Arc<Inner>,
    /// The job in hand.
    current: Option<DocumentId>,
    /// The rules and model for which old documents were looked at, and those that are left.
    tended: Option<Option<String>>,
    outdated: VecDeque<(WorkspaceId, DocumentId)>,
}

impl Ingest {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self {
            inner,
            current: None,
            tended: None,
            outdated: VecDeque::new(),
        }
    }

    /// Works until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut troubles = 0u32;
        loop {
            let step = tokio::select! {
                () = stop.cancelled() => break,
                step = self.step() => step,
            };
            let wait = match step {
                Ok(true) => {
                    troubles = 0;
                    continue;
                }
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    troubles = (troubles + 1).min(5);
                    tracing::warn!(%error, "the store keeps the ingest worker waiting");
                    Duration::from_secs(1 << troubles)
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.inner.wake.notified(), if troubles == 0 => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.put_down().await;
    }

    /// Does one thing; false if there was nothing to do.
    async fn step(&mut self) -> Result<bool, StoreError> {
        if let Some((id, job)) = self.inner.store.read(jobs::first).await? {
            self.current = Some(id);
            let workspace = job.workspace;
            let done = self.ingest(id, job).await;
            self.current = None;
            self.inner.board.put_down();
            self.inner.board.changed(workspace, id);
            return done.map(|()| true);
        }
        self.tend().await
    }

    /// A stop by request is not the document's fault.
    async fn put_down(&self) {
        let Some(id) = self.current else { return };
        let forgiven = self.inner.store.write(move |tx| match jobs::get(tx, id)? {
            Some(job) => {
                let attempts = job.attempts.saturating_sub(1);
                jobs::put(tx, id, &Job { attempts, ..job })
            }
            None => Ok(()),
        });
        if let Err(error) = forgiven.await {
            tracing::warn!(%error, document = %id, "a job could not be put down tidily");
        }
    }

    async fn ingest(&self, id: DocumentId, job: Job) -> Result<(), StoreError> {
        if (SUSPECT..ATTEMPTS).contains(&job.attempts) {
            tokio::time::sleep(Duration::from_secs(job.attempts.min(60).into())).await;
        }
        let Some(document) = self.begin(id, &job).await? else {
            return Ok(());
        };
        tracing::info!(document = %id, bytes = document.bytes, "indexing");
        match self.index(&document).await {
            Ok(passages) => tracing::info!(document = %id, passages, "indexed"),
            Err(Stop::Gone) => tracing::info!(document = %id, "deleted or called off meanwhile"),
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Failed(failure)) => self.fail(&document, failure).await?,
        }
        Ok(())
    }

    /// Notes the attempt, durably, before anything can go wrong in it.
    async fn begin(&self, id: DocumentId, job: &Job) -> Result<Option<Document>, StoreError> {
        let workspace = job.workspace;
        let job = Job {
            attempts: job.attempts + 1,
            ..job.clone()
        };
        self.inner
            .store
            .write(move |tx| {
                let document = documents::get(tx, workspace, id)?;
                if document.is_none() || job.attempts > ATTEMPTS {
                    jobs::remove(tx, id)?;
                    documents::change(tx, workspace, id, |document| {
                        let hint = "The box stopped each time it indexed this document.";
                        document.state = DocumentState::Failed {
                            code: FailureCode::Internal,
                            page: None,
                            hint: hint.to_owned(),
                        };
                    })?;
                    return Ok(None);
                }
                jobs::put(tx, id, &job)?;
                documents::change(tx, workspace, id, |document| {
                    document.state = DocumentState::Extracting;
                })?;
                Ok(document)
            })
            .await
            .inspect(|_| self.inner.board.changed(workspace, id))
    }

    async fn fail(&self, document: &Document, failure: Failure) -> Result<(), StoreError> {
        let (workspace, id) = (document.workspace, document.id);
        tracing::info!(document = %id, code = ?failure.code, "could not be indexed");
        self.inner
            .store
            .write(move |tx| {
                // Who called it off has given it another state.
                if !jobs::remove(tx, id)? {
                    return Ok(());
                }
                let Failure { code, hint } = failure;
                let state = DocumentState::Failed {
                    code,
                    page: None,
                    hint,
                };
                documents::change(tx, workspace, id, |document| document.state = state)?;
                passages::remove(tx, workspace, id)
            })
            .await
    }
}

/// Runs what computes on the blocking pool; a panic there is the document's failure, not ours.
async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    tokio::task::spawn_blocking(f)
        .await
        .unwrap_or_else(|error| {
            tracing::error!(%error, "indexing panicked");
            Err(Stop::internal())
        })
}

/// As the store counts.
fn count_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
