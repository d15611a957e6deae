//! Documents: what was uploaded, and the whole of what goes with it when it is deleted.

use crate::domain::document::Document;
use crate::domain::id::{DocumentId, UserId, WorkspaceId};

use super::blobs::digest_bytes;
use super::schema::{BLOB_NAMES, DISCARDS, DOCUMENTS, LANGUAGES, RESTRICTIONS};
use super::{Reads, StoreError, WriteTx, jobs, passages};

/// One document of a workspace.
pub fn get(
    tx: &impl Reads,
    workspace: WorkspaceId,
    id: DocumentId,
) -> Result<Option<Document>, StoreError> {
    tx.get(DOCUMENTS, &(workspace, id))
}

/// The newest documents of a workspace that `takes` says yes to, from behind `after` on.
pub fn list(
    tx: &impl Reads,
    workspace: WorkspaceId,
    after: Option<DocumentId>,
    limit: usize,
    takes: impl Fn(DocumentId) -> bool,
) -> Result<Vec<Document>, StoreError> {
    let after = after.map(|id| (workspace, id));
    let rows = tx
        .prefix(DOCUMENTS, &workspace)
        .newest_first()
        .after_some(after.as_ref());
    rows.map(|row| row.map(|(_, document)| document))
        .filter(|row| row.as_ref().map_or(true, |document| takes(document.id)))
        .take(limit)
        .collect()
}

/// Calls `f` with each document of a workspace, oldest first.
pub fn each(
    tx: &impl Reads,
    workspace: WorkspaceId,
    mut f: impl FnMut(Document),
) -> Result<(), StoreError> {
    for row in tx.prefix(DOCUMENTS, &workspace) {
        f(row?.1);
    }
    Ok(())
}

/// The documents of a workspace that were made from the same bytes, oldest first.
pub fn with_digest(
    tx: &impl Reads,
    workspace: WorkspaceId,
    digest: &str,
) -> Result<Vec<Document>, StoreError> {
    let mut found = Vec::new();
    for row in tx.prefix(BLOB_NAMES, &(digest_bytes(digest)?, workspace)) {
        let ((.., id), ()) = row?;
        found.extend(get(tx, workspace, id)?);
    }
    Ok(found)
}

/// The documents of a workspace that not all of its members may look at, and who may.
pub fn restricted(
    tx: &impl Reads,
    workspace: WorkspaceId,
) -> Result<Vec<(DocumentId, Vec<UserId>)>, StoreError> {
    tx.prefix(RESTRICTIONS, &workspace)
        .map(|row| row.map(|((_, id), allowed)| (id, allowed)))
        .collect()
}

/// The languages of the documents of a workspace, the most frequent first.
pub fn languages(tx: &impl Reads, workspace: WorkspaceId) -> Result<Vec<String>, StoreError> {
    let rows = tx.prefix(LANGUAGES, &workspace);
    let mut counted: Vec<(u32, String)> = rows
        .map(|row| row.map(|((_, code), count)| (count, code)))
        .collect::<Result<_, _>>()?;
    counted.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    Ok(counted.into_iter().map(|(_, code)| code).collect())
}

/// One document more, or one less, is in this language.
fn count_language(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    code: Option<&String>,
    by: i64,
) -> Result<(), StoreError> {
    let Some(code) = code else { return Ok(()) };
    let key = (workspace, code.clone());
    let count = i64::from(tx.get(LANGUAGES, &key)?.unwrap_or(0)).saturating_add(by);
    match u32::try_from(count) {
        Ok(count) if count > 0 => tx.put(LANGUAGES, &key, &count),
        _ => tx.remove(LANGUAGES, &key).map(drop),
    }
}

/// Puts the row with what is told from it.
fn put(tx: &mut WriteTx, document: &Document) -> Result<(), StoreError> {
    let key = (document.workspace, document.id);
    tx.put(DOCUMENTS, &key, document)?;
    match &document.members {
        None => tx.remove(RESTRICTIONS, &key).map(drop),
        Some(members) => {
            let mut allowed = members.clone();
            allowed.push(document.uploaded_by);
            tx.put(RESTRICTIONS, &key, &allowed)
        }
    }
}

/// Adds a document that is not there yet.
pub fn add(tx: &mut WriteTx, document: &Document) -> Result<(), StoreError> {
    let (workspace, id) = (document.workspace, document.id);
    let digest = digest_bytes(&document.digest)?;
    put(tx, document)?;
    count_language(tx, workspace, document.language.as_ref(), 1)?;
    tx.put(BLOB_NAMES, &(digest, workspace, id), &())?;
    tx.remove(DISCARDS, &digest)?;
    passages::change_corpus(tx, workspace, |corpus| corpus.documents += 1)
}

/// Changes a document, but not its ids nor its digest; false if it is not there any more.
pub fn change(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    id: DocumentId,
    change: impl FnOnce(&mut Document),
) -> Result<bool, StoreError> {
    let Some(mut document) = get(tx, workspace, id)? else {
        return Ok(false);
    };
    let language = document.language.clone();
    change(&mut document);
    put(tx, &document)?;
    if language != document.language {
        count_language(tx, workspace, language.as_ref(), -1)?;
        count_language(tx, workspace, document.language.as_ref(), 1)?;
    }
    Ok(true)
}

/// Removes a document with its text, passages, vectors, postings and job, and gives back what it
/// was. If no other names its blob, that is discarded once this is durable.
pub fn remove(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    id: DocumentId,
) -> Result<Option<Document>, StoreError> {
    let Some(document) = get(tx, workspace, id)? else {
        return Ok(None);
    };
    passages::remove(tx, workspace, id)?;
    jobs::remove(tx, id)?;
    tx.remove(DOCUMENTS, &(workspace, id))?;
    tx.remove(RESTRICTIONS, &(workspace, id))?;
    count_language(tx, workspace, document.language.as_ref(), -1)?;
    unname(tx, &document)?;
    passages::change_corpus(tx, workspace, |corpus| {
        corpus.documents = corpus.documents.saturating_sub(1);
    })?;
    Ok(Some(document))
}

/// Removes every document of a workspace as [`remove`] does; says how many.
pub fn remove_all(tx: &mut WriteTx, workspace: WorkspaceId) -> Result<usize, StoreError> {
    let documents: Vec<Document> = list(tx, workspace, None, usize::MAX, |_| true)?;
    for document in &documents {
        jobs::remove(tx, document.id)?;
        unname(tx, document)?;
    }
    tx.remove_prefix(DOCUMENTS, &workspace)?;
    tx.remove_prefix(RESTRICTIONS, &workspace)?;
    tx.remove_prefix(LANGUAGES, &workspace)?;
    passages::remove_all(tx, workspace)?;
    Ok(documents.len())
}

/// This document names its blob no more; if it was the last one, the blob is to be discarded.
fn unname(tx: &mut WriteTx, document: &Document) -> Result<(), StoreError> {
    let digest = digest_bytes(&document.digest)?;
    tx.remove(BLOB_NAMES, &(digest, document.workspace, document.id))?;
    if !names_blob(tx, &document.digest)? {
        tx.put(DISCARDS, &digest, &())?;
        tx.ask_for_sweep();
    }
    Ok(())
}

/// Does any document name this blob?
pub fn names_blob(tx: &impl Reads, digest: &str) -> Result<bool, StoreError> {
    tx.prefix(BLOB_NAMES, &digest_bytes(digest)?)
        .next()
        .transpose()
        .map(|row| row.is_some())
}

/// Digests of blobs that are to be discarded.
pub(super) fn discards(tx: &impl Reads, limit: usize) -> Result<Vec<[u8; 32]>, StoreError> {
    let rows = tx.all(DISCARDS).take(limit);
    rows.map(|row| row.map(|(digest, ())| digest)).collect()
}

/// These blobs are seen to.
pub(super) fn discarded(tx: &mut WriteTx, digests: Vec<[u8; 32]>) -> Result<(), StoreError> {
    tx.remove_many(DISCARDS, digests)
}

#[cfg(test)]
pub(super) fn sample(workspace: u8, document: u8) -> Document {
    use super::golden::id;
    use crate::domain::document::DocumentState;
    use crate::domain::time::Timestamp;
    Document {
        id: id(document),
        workspace: id(workspace),
        title: "handbook.md".to_owned(),
        media_type: "text/markdown".to_owned(),
        bytes: 4096,
        digest: "ab".repeat(32),
        state: DocumentState::Queued,
        uploaded_by: id(9),
        uploaded_at: Timestamp::from_millis(1_700_000_000_000),
        language: Some("de".to_owned()),
        tags: vec!["plant".to_owned()],
        members: Some(vec![id(8)]),
        version: 2,
        replaces: Some(id(7)),
        pages: Some(12),
    }
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    use crate::domain::document::{DocumentState, FailureCode};
    let failed = |code| DocumentState::Failed {
        code,
        page: Some(3),
        hint: "why".to_owned(),
    };
    let states = [
        DocumentState::Queued,
        DocumentState::Extracting,
        DocumentState::Chunking,
        DocumentState::Embedding {
            done: 3,
            total: 300,
        },
        DocumentState::Indexed { passages: 300 },
        failed(FailureCode::Empty),
        failed(FailureCode::Unreadable),
        failed(FailureCode::TooLarge),
        failed(FailureCode::Internal),
        failed(FailureCode::Encrypted),
        failed(FailureCode::Cancelled),
    ];
    let mut rows = vec![
        Row::of(BLOB_NAMES, &([0xAB; 32], id(1), id(2)), &()),
        Row::of(DISCARDS, &[0xCD; 32], &()),
        Row::of(RESTRICTIONS, &(id(1), id(2)), &vec![id(8), id(9)]),
        Row::of(LANGUAGES, &(id(1), "de".to_owned()), &3),
    ];
    for (state, number) in states.into_iter().zip(1..) {
        let document = Document {
            state,
            ..sample(1, number)
        };
        rows.push(Row::of(
            DOCUMENTS,
            &(document.workspace, document.id),
            &document,
        ));
    }
    rows
}
