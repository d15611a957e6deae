//! What can be done about a finding.

use redb::Database;

use crate::domain::id::WorkspaceId;
use crate::domain::time::Timestamp;

use super::super::blobs::Blobs;
use super::super::jobs::{self, Job};
use super::super::passages::Corpus;
use super::super::schema::{BLOB_NAMES, CORPORA, LANGUAGES, TERMS};
use super::super::transaction::{ReadTx, WriteTx};
use super::super::{StoreError, documents};
use super::rows::Name;

/// Rows of one commit.
const BATCH: usize = 2_000;

/// One thing to do.
pub(super) enum Mend {
    /// Remove a row.
    Row(&'static str, Vec<u8>),
    /// Remove a document with all that goes with it.
    Document(Name),
    Corpus(WorkspaceId, Corpus),
    Term(WorkspaceId, String, u32),
    Language(WorkspaceId, String, u32),
    Name([u8; 32], Name),
    /// Index it again; it was uploaded then.
    Again(Name, Timestamp),
    Blob(String),
    Halves,
}

/// Does it, files last: a row that names one may come first.
pub(super) fn apply(
    database: &Database,
    blobs: &Blobs,
    mends: Vec<Mend>,
) -> Result<(), StoreError> {
    let (files, rows): (Vec<Mend>, Vec<Mend>) = mends
        .into_iter()
        .partition(|mend| matches!(mend, Mend::Blob(_) | Mend::Halves));
    for batch in rows.chunks(BATCH) {
        let mut tx = WriteTx::begin(database, false)?;
        for mend in batch {
            change(&mut tx, mend)?;
        }
        tx.keep();
        tx.commit()?;
    }
    let tx = ReadTx::begin(database)?;
    for mend in &files {
        match mend {
            Mend::Blob(digest) => {
                blobs.discard(digest, || documents::names_blob(&tx, digest))?;
            }
            _ => blobs.sweep_halves()?,
        }
    }
    Ok(())
}

fn change(tx: &mut WriteTx, mend: &Mend) -> Result<(), StoreError> {
    match mend {
        Mend::Row(table, key) => tx.remove_row(table, key.clone()),
        Mend::Document((workspace, id)) => documents::remove(tx, *workspace, *id).map(drop),
        Mend::Corpus(workspace, corpus) => tx.put(CORPORA, workspace, corpus),
        Mend::Term(workspace, term, 0) => tx.remove(TERMS, &(*workspace, term.clone())).map(drop),
        Mend::Term(workspace, term, count) => tx.put(TERMS, &(*workspace, term.clone()), count),
        Mend::Language(workspace, code, 0) => {
            tx.remove(LANGUAGES, &(*workspace, code.clone())).map(drop)
        }
        Mend::Language(workspace, code, count) => {
            tx.put(LANGUAGES, &(*workspace, code.clone()), count)
        }
        Mend::Name(digest, (workspace, id)) => tx.put(BLOB_NAMES, &(*digest, *workspace, *id), &()),
        Mend::Again((workspace, id), queued_at) => {
            let job = Job {
                workspace: *workspace,
                attempts: 0,
                queued_at: *queued_at,
            };
            jobs::put(tx, *id, &job)
        }
        Mend::Blob(_) | Mend::Halves => Ok(()),
    }
}
