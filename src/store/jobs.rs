//! Jobs: documents that wait for the ingest worker, or that it was at when the box stopped.

use serde::{Deserialize, Serialize};

use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::time::Timestamp;

use super::schema::JOBS;
use super::{Reads, StoreError, WriteTx};

/// One document to index. Its row goes in the transaction that ends the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub workspace: WorkspaceId,
    /// How often the work was begun; one that brings the box down is not begun for ever.
    pub attempts: u32,
    pub queued_at: Timestamp,
}

/// The job of this document.
pub fn get(tx: &impl Reads, document: DocumentId) -> Result<Option<Job>, StoreError> {
    tx.get(JOBS, &document)
}

/// The oldest job.
pub fn first(tx: &impl Reads) -> Result<Option<(DocumentId, Job)>, StoreError> {
    tx.all(JOBS).next().transpose()
}

/// How many there are, counted up to `limit`.
pub fn count(tx: &impl Reads, limit: usize) -> Result<usize, StoreError> {
    let mut count = 0;
    for row in tx.all(JOBS).take(limit) {
        row?;
        count += 1;
    }
    Ok(count)
}

/// Queues it, or changes it.
pub fn put(tx: &mut WriteTx, document: DocumentId, job: &Job) -> Result<(), StoreError> {
    tx.put(JOBS, &document, job)
}

/// Ends it; false if there was none.
pub fn remove(tx: &mut WriteTx, document: DocumentId) -> Result<bool, StoreError> {
    tx.remove(JOBS, &document)
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    let job = Job {
        workspace: id(1),
        attempts: 2,
        queued_at: Timestamp::from_millis(3),
    };
    vec![Row::of(JOBS, &id(2), &job)]
}
