//! Layout 2: documents say their language, tags, readers, version and pages.

use serde::{Deserialize, Serialize};

use crate::domain::document::{Document, DocumentState};
use crate::domain::id::{DocumentId, UserId, WorkspaceId};
use crate::domain::time::Timestamp;
use crate::store::schema::DOCUMENTS;
use crate::store::table::Table;
use crate::store::{Reads, StoreError, WriteTx};

const BEFORE: Table<(WorkspaceId, DocumentId), Before> = Table::new("documents/1");

/// A document of layout 1.
#[derive(Serialize, Deserialize)]
struct Before {
    id: DocumentId,
    workspace: WorkspaceId,
    title: String,
    media_type: String,
    bytes: u64,
    digest: String,
    state: DocumentState,
    uploaded_by: UserId,
    uploaded_at: Timestamp,
}

/// Brings the documents from layout 1 to layout 2.
pub(super) fn describe(tx: &mut WriteTx) -> Result<(), StoreError> {
    let rows: Vec<_> = tx.all(BEFORE).collect::<Result<_, _>>()?;
    for (key, before) in rows {
        tx.put(DOCUMENTS, &key, &after(before))?;
        tx.remove(BEFORE, &key)?;
    }
    Ok(())
}

fn after(before: Before) -> Document {
    let Before {
        id,
        workspace,
        title,
        media_type,
        bytes,
        digest,
        state,
        uploaded_by,
        uploaded_at,
    } = before;
    Document {
        id,
        workspace,
        title,
        media_type,
        bytes,
        digest,
        state,
        uploaded_by,
        uploaded_at,
        language: None,
        tags: Vec::new(),
        members: None,
        version: 1,
        replaces: None,
        pages: None,
    }
}

#[cfg(test)]
pub(in crate::store) fn golden() -> Vec<crate::store::golden::Row> {
    use crate::domain::document::FailureCode;
    use crate::store::golden::{Row, id};
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
    ];
    let before = |number, state| Before {
        id: id(number),
        workspace: id(1),
        title: "handbook.md".to_owned(),
        media_type: "text/markdown".to_owned(),
        bytes: 4096,
        digest: "ab".repeat(32),
        state,
        uploaded_by: id(9),
        uploaded_at: Timestamp::from_millis(1_700_000_000_000),
    };
    let rows = states.into_iter().zip(1..);
    rows.map(|(state, number)| {
        let row = before(number, state);
        Row::of(BEFORE, &(row.workspace, row.id), &row)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use redb::Database;

    use super::*;
    use crate::store::golden::id;
    use crate::store::transaction::ReadTx;

    #[test]
    fn a_document_of_the_first_layout_is_still_there() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::create(dir.path().join("store.redb")).unwrap();
        let before = Before {
            id: id(2),
            workspace: id(1),
            title: "handbook.md".to_owned(),
            media_type: "text/markdown".to_owned(),
            bytes: 4096,
            digest: "ab".repeat(32),
            state: DocumentState::Indexed { passages: 3 },
            uploaded_by: id(9),
            uploaded_at: Timestamp::from_millis(5),
        };
        let key = (before.workspace, before.id);
        let mut tx = WriteTx::begin(&database, true).unwrap();
        tx.put(BEFORE, &key, &before).unwrap();
        describe(&mut tx).unwrap();
        tx.keep();
        tx.commit().unwrap();

        let tx = ReadTx::begin(&database).unwrap();
        let document = tx.get(DOCUMENTS, &key).unwrap().unwrap();
        assert_eq!(document.state, DocumentState::Indexed { passages: 3 });
        assert_eq!((document.version, document.members), (1, None));
        assert!(tx.get(BEFORE, &key).unwrap().is_none());
    }
}
