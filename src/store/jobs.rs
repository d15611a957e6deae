//! Jobs: documents that wait for the ingest worker, or that it was at when the box stopped.

use serde::{Deserialize, Serialize};

use crate::domain::document::Document;
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::domain::time::Timestamp;

use super::passages::VectorBlock;
use super::schema::{JOBS, STAGED, STAGED_VECTORS};
use super::{Reads, StoreError, WriteTx};

/// One document to index. Its row goes in the transaction that ends the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub workspace: WorkspaceId,
    /// How often the work was begun; one that brings the box down is not begun for ever.
    pub attempts: u32,
    pub queued_at: Timestamp,
}

impl Job {
    /// The first job of a document.
    pub fn of(document: &Document) -> Self {
        Self {
            workspace: document.workspace,
            attempts: 0,
            queued_at: document.uploaded_at,
        }
    }
}

/// What was read of a document and how it was cut, kept until its job ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Version of the rules that cut it.
    pub rules: u32,
    pub text: String,
    pub language: Option<String>,
    /// Where pages begin: their number and the byte of the text.
    pub pages: Vec<(u32, u32)>,
    pub cuts: Vec<StagedCut>,
}

/// One passage to be: bytes `start..end` of the text, and the headings above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedCut {
    pub start: u32,
    pub end: u32,
    pub headings: Vec<String>,
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

/// Ends it, and forgets what it had done so far; false if there was none.
pub fn remove(tx: &mut WriteTx, document: DocumentId) -> Result<bool, StoreError> {
    unstage(tx, document)?;
    tx.remove(JOBS, &document)
}

/// Keeps what was read of a document.
pub fn stage(tx: &mut WriteTx, document: DocumentId, staged: &Staged) -> Result<(), StoreError> {
    unstage(tx, document)?;
    tx.put(STAGED, &document, staged)
}

/// Keeps a block of its vectors.
pub fn stage_vectors(
    tx: &mut WriteTx,
    document: DocumentId,
    number: u32,
    block: &VectorBlock,
) -> Result<(), StoreError> {
    tx.put(STAGED_VECTORS, &(document, number), block)
}

/// What was read of a document before the box stopped.
pub fn staged(tx: &impl Reads, document: DocumentId) -> Result<Option<Staged>, StoreError> {
    tx.get(STAGED, &document)
}

/// The blocks of its vectors that were made by then, in order.
pub fn staged_vectors(
    tx: &impl Reads,
    document: DocumentId,
) -> Result<Vec<VectorBlock>, StoreError> {
    tx.prefix(STAGED_VECTORS, &document)
        .map(|row| row.map(|(_, block)| block))
        .collect()
}

/// Forgets what a job had done so far.
pub fn unstage(tx: &mut WriteTx, document: DocumentId) -> Result<(), StoreError> {
    tx.remove(STAGED, &document)?;
    tx.remove_prefix(STAGED_VECTORS, &document).map(drop)
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    let job = Job {
        workspace: id(1),
        attempts: 2,
        queued_at: Timestamp::from_millis(3),
    };
    let staged = Staged {
        rules: 2,
        text: "The spare impeller.".to_owned(),
        language: Some("en".to_owned()),
        pages: vec![(1, 0), (2, 10)],
        cuts: vec![StagedCut {
            start: 0,
            end: 19,
            headings: vec!["Pumps".to_owned()],
        }],
    };
    let block = VectorBlock {
        model: "cd".repeat(32),
        first: 64,
        dimensions: 2,
        scales: vec![0.5],
        components: vec![1, 255],
    };
    vec![
        Row::of(JOBS, &id(2), &job),
        Row::of(STAGED, &id(2), &staged),
        Row::of(STAGED_VECTORS, &(id(2), 1), &block),
    ]
}
