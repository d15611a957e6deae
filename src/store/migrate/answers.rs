//! Layout 3: a workspace says how its questions are answered, and a turn what its answer stands on.

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::domain::conversation::{Grounding, Question, Timings, Turn, TurnState, Usage};
use crate::domain::document::Citation;
use crate::domain::id::{ConversationId, TurnId, UserId, WorkspaceId};
use crate::domain::model::ModelId;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Finding;
use crate::domain::workspace::{AnswerMode, AnswerSettings, Workspace};
use crate::store::schema::{TURNS, WORKSPACES};
use crate::store::table::Table;
use crate::store::transaction::{Reads, WriteTx};

pub(in crate::store) const OLD_WORKSPACES: Table<WorkspaceId, OldWorkspace> =
    Table::new("workspaces/1");
pub(in crate::store) const OLD_TURNS: Table<(ConversationId, TurnId), OldTurn> =
    Table::new("turns/1");

/// Rows that are held in memory at once.
const BATCH: usize = 256;

/// A row of `workspaces/1`.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct OldWorkspace {
    id: WorkspaceId,
    name: String,
    instructions: String,
    created_at: Timestamp,
    created_by: UserId,
}

/// A row of `turns/1`.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct OldTurn {
    id: TurnId,
    conversation: ConversationId,
    parent: Option<TurnId>,
    question: Question,
    answer: String,
    citations: Vec<Citation>,
    findings: Vec<Finding>,
    usage: Usage,
    model: ModelId,
    state: TurnState,
    timings: Timings,
    asked_at: Timestamp,
}

impl From<OldWorkspace> for Workspace {
    fn from(old: OldWorkspace) -> Self {
        Self {
            id: old.id,
            name: old.name,
            instructions: old.instructions,
            created_at: old.created_at,
            created_by: old.created_by,
            answers: AnswerSettings::default(),
        }
    }
}

impl From<OldTurn> for Turn {
    fn from(old: OldTurn) -> Self {
        // A turn without a citation may have had passages all the same.
        let grounding = (!old.citations.is_empty()).then_some(Grounding::Documents);
        Self {
            id: old.id,
            conversation: old.conversation,
            parent: old.parent,
            question: old.question,
            answer: old.answer,
            citations: old.citations,
            findings: old.findings,
            usage: old.usage,
            model: old.model,
            state: old.state,
            timings: old.timings,
            asked_at: old.asked_at,
            mode: AnswerMode::Model,
            grounding,
            unsupported: Vec::new(),
        }
    }
}

/// Moves both tables, a few rows at a time: a box may hold years of conversations.
pub(super) fn apply(tx: &mut WriteTx) -> Result<(), StoreError> {
    loop {
        let rows: Vec<_> = tx
            .all(OLD_WORKSPACES)
            .take(BATCH)
            .collect::<Result<_, _>>()?;
        if rows.is_empty() {
            break;
        }
        for (key, old) in rows {
            tx.put(WORKSPACES, &key, &old.into())?;
            tx.remove(OLD_WORKSPACES, &key)?;
        }
        tx.keep();
    }
    loop {
        let rows: Vec<_> = tx.all(OLD_TURNS).take(BATCH).collect::<Result<_, _>>()?;
        if rows.is_empty() {
            return Ok(());
        }
        for (key, old) in rows {
            tx.put(TURNS, &key, &old.into())?;
            tx.remove(OLD_TURNS, &key)?;
        }
        tx.keep();
    }
}

#[cfg(test)]
impl OldWorkspace {
    /// The row that an older box had for this workspace.
    pub(in crate::store) fn of(now: &Workspace) -> Self {
        Self {
            id: now.id,
            name: now.name.clone(),
            instructions: now.instructions.clone(),
            created_at: now.created_at,
            created_by: now.created_by,
        }
    }
}

#[cfg(test)]
impl OldTurn {
    /// The row that an older box had for this turn.
    pub(in crate::store) fn of(now: &Turn) -> Self {
        Self {
            id: now.id,
            conversation: now.conversation,
            parent: now.parent,
            question: now.question.clone(),
            answer: now.answer.clone(),
            citations: now.citations.clone(),
            findings: now.findings.clone(),
            usage: now.usage,
            model: now.model.clone(),
            state: now.state.clone(),
            timings: now.timings,
            asked_at: now.asked_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use redb::Database;

    use super::*;
    use crate::store::golden::id;
    use crate::store::transaction::ReadTx;

    fn turn(number: u32, citations: Vec<Citation>) -> OldTurn {
        let text = format!("Question {number}?");
        OldTurn {
            id: TurnId::new(),
            conversation: id(5),
            parent: None,
            question: Question {
                text: text.clone(),
                masked: text,
                edits: Vec::new(),
            },
            answer: "Three months.".to_owned(),
            citations,
            findings: Vec::new(),
            usage: Usage::default(),
            model: ModelId::from_title("tiny"),
            state: TurnState::Cancelled,
            timings: Timings::default(),
            asked_at: Timestamp::from_millis(1),
        }
    }

    #[test]
    fn every_row_of_an_older_box_is_there_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::create(dir.path().join("store.redb")).unwrap();
        let mut tx = WriteTx::begin(&database, true).unwrap();
        let cited = Citation {
            marker: 1,
            document: id(7),
            title: "handbook.md".to_owned(),
            page: None,
            start: 0,
            end: 3,
            quote: "Yes".to_owned(),
            answer_end: Some(3),
        };
        let count = BATCH as u32 * 2 + 1;
        for number in 0..count {
            let old = turn(number, vec![cited.clone(); (number % 2) as usize]);
            tx.put(OLD_TURNS, &(old.conversation, old.id), &old)
                .unwrap();
        }
        let old = OldWorkspace {
            id: id(1),
            name: "Legal".to_owned(),
            instructions: "Answer briefly.".to_owned(),
            created_at: Timestamp::from_millis(1),
            created_by: id(2),
        };
        tx.put(OLD_WORKSPACES, &old.id, &old).unwrap();
        apply(&mut tx).unwrap();
        tx.keep();
        tx.commit().unwrap();

        let tx = ReadTx::begin(&database).unwrap();
        let turns: Vec<_> = tx.all(TURNS).map(|row| row.unwrap().1).collect();
        assert_eq!(turns.len(), count as usize);
        for turn in turns {
            let known = (!turn.citations.is_empty()).then_some(Grounding::Documents);
            assert_eq!((turn.grounding, turn.mode), (known, AnswerMode::Model));
            assert_eq!(turn.answer, "Three months.");
        }
        assert_eq!(tx.all(OLD_TURNS).count(), 0);
        assert_eq!(tx.all(OLD_WORKSPACES).count(), 0);
        let workspace = tx.get(WORKSPACES, &id(1)).unwrap().unwrap();
        assert_eq!(workspace.name, "Legal");
        assert_eq!(workspace.answers, AnswerSettings::default());
    }
}
