//! Conversations and the turns in them.

use std::collections::HashSet;

use super::schema::{CONVERSATIONS, OWN_CONVERSATIONS, RUNNING_TURNS, TURN_KEYS, TURNS};
use super::{Reads, StoreError, WriteTx};
use crate::domain::conversation::{Conversation, Turn, TurnState};
use crate::domain::id::{ConversationId, TurnId, UserId, WorkspaceId};
use crate::domain::time::Timestamp;

/// Where a conversation stands in its owner's list.
pub(super) type Place = (WorkspaceId, UserId, Timestamp, ConversationId);

/// Where a list of conversations goes on: behind the one last changed then, with that id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    pub updated_at: Timestamp,
    pub id: ConversationId,
}

fn place(conversation: &Conversation) -> Place {
    (
        conversation.workspace,
        conversation.owner,
        conversation.updated_at,
        conversation.id,
    )
}

/// The conversation of this id.
pub fn get(tx: &impl Reads, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    tx.get(CONVERSATIONS, &id)
}

/// Adds a conversation, or replaces it and moves it to its new place in the list.
pub fn put(tx: &mut WriteTx, conversation: &Conversation) -> Result<(), StoreError> {
    if let Some(before) = get(tx, conversation.id)? {
        tx.remove(OWN_CONVERSATIONS, &place(&before))?;
    }
    tx.put(OWN_CONVERSATIONS, &place(conversation), &())?;
    tx.put(CONVERSATIONS, &conversation.id, conversation)
}

/// Somebody's conversations in one workspace, the one changed last first.
pub fn list(
    tx: &impl Reads,
    workspace: WorkspaceId,
    owner: UserId,
    after: Option<After>,
    limit: usize,
) -> Result<Vec<Conversation>, StoreError> {
    let after = after.map(|after| (workspace, owner, after.updated_at, after.id));
    let places = tx
        .prefix(OWN_CONVERSATIONS, &(workspace, owner))
        .newest_first();
    let mut conversations = Vec::new();
    for row in places.after_some(after.as_ref()).take(limit) {
        let ((.., id), ()) = row?;
        conversations.extend(get(tx, id)?);
    }
    Ok(conversations)
}

/// How many conversations somebody has in one workspace.
pub fn count(tx: &impl Reads, workspace: WorkspaceId, owner: UserId) -> Result<usize, StoreError> {
    let mut count = 0;
    for row in tx.prefix(OWN_CONVERSATIONS, &(workspace, owner)) {
        row?;
        count += 1;
    }
    Ok(count)
}

/// Removes a conversation with its turns; false if there was none.
pub fn remove(tx: &mut WriteTx, id: ConversationId) -> Result<bool, StoreError> {
    let Some(conversation) = get(tx, id)? else {
        return Ok(false);
    };
    tx.remove(OWN_CONVERSATIONS, &place(&conversation))?;
    tx.remove_prefix(TURNS, &id)?;
    tx.remove_prefix(RUNNING_TURNS, &id)?;
    tx.remove_prefix(TURN_KEYS, &id)?;
    tx.remove(CONVERSATIONS, &id)
}

/// Removes every conversation of a workspace.
pub fn remove_of_workspace(tx: &mut WriteTx, workspace: WorkspaceId) -> Result<(), StoreError> {
    let places: Result<Vec<_>, _> = tx.prefix(OWN_CONVERSATIONS, &workspace).collect();
    for ((.., id), ()) in places? {
        remove(tx, id)?;
    }
    Ok(())
}

/// Adds a turn, or replaces it; false, and nothing is written, if its conversation is gone.
pub fn put_turn(tx: &mut WriteTx, turn: &Turn) -> Result<bool, StoreError> {
    let key = (turn.conversation, turn.id);
    if !tx.has(CONVERSATIONS, &turn.conversation)? {
        return Ok(false);
    }
    match turn.state {
        TurnState::Running => tx.put(RUNNING_TURNS, &key, &())?,
        TurnState::Done { .. } | TurnState::Cancelled | TurnState::Failed { .. } => {
            tx.remove(RUNNING_TURNS, &key)?;
        }
    }
    tx.put(TURNS, &key, turn)?;
    Ok(true)
}

/// One turn.
pub fn get_turn(
    tx: &impl Reads,
    conversation: ConversationId,
    turn: TurnId,
) -> Result<Option<Turn>, StoreError> {
    tx.get(TURNS, &(conversation, turn))
}

/// Every turn of a conversation, on all branches, oldest first.
pub fn list_turns(tx: &impl Reads, conversation: ConversationId) -> Result<Vec<Turn>, StoreError> {
    tx.prefix(TURNS, &conversation)
        .map(|row| Ok(row?.1))
        .collect()
}

/// Whether the question of `turn` was asked at the same place before, and something was answered.
pub fn is_asked_again(tx: &impl Reads, turn: &Turn) -> Result<bool, StoreError> {
    for row in tx.prefix(TURNS, &turn.conversation) {
        let (_, other) = row?;
        let same = other.parent == turn.parent && other.question.text == turn.question.text;
        if same && other.id < turn.id && !other.answer.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The branch that ends in `turn`: it, the turn before it, and so on, oldest first. Empty if
/// there is no such turn.
pub fn branch(
    tx: &impl Reads,
    conversation: ConversationId,
    turn: TurnId,
) -> Result<Vec<Turn>, StoreError> {
    let mut branch: Vec<Turn> = Vec::new();
    let mut seen = HashSet::new();
    let mut next = Some(turn);
    while let Some(id) = next {
        let Some(turn) = get_turn(tx, conversation, id)? else {
            break;
        };
        // Rows that point at each other are a mistake of ours, and no reason to walk for ever.
        seen.insert(id);
        next = turn.parent.filter(|parent| !seen.contains(parent));
        branch.push(turn);
    }
    branch.reverse();
    Ok(branch)
}

/// Turns that are being answered, or were when the box went down.
pub fn running_turns(tx: &impl Reads) -> Result<Vec<Turn>, StoreError> {
    let mut turns = Vec::new();
    for row in tx.all(RUNNING_TURNS) {
        let ((conversation, turn), ()) = row?;
        turns.extend(get_turn(tx, conversation, turn)?);
    }
    Ok(turns)
}

/// Marks every running turn as interrupted; for the start, before anything is answered. Says how
/// many there were.
pub fn interrupt_running(tx: &mut WriteTx) -> Result<usize, StoreError> {
    let turns = running_turns(tx)?;
    for mut turn in turns.iter().cloned() {
        turn.state = TurnState::Failed {
            code: "interrupted".to_owned(),
            message: "the box was restarted before the answer was complete".to_owned(),
        };
        put_turn(tx, &turn)?;
    }
    Ok(turns.len())
}

/// The turn that this idempotency key made in this conversation, if it was used before.
pub fn keyed_turn(
    tx: &impl Reads,
    conversation: ConversationId,
    key: &[u8; 32],
) -> Result<Option<TurnId>, StoreError> {
    tx.get(TURN_KEYS, &(conversation, *key))
}

/// Notes which turn an idempotency key made. `key` is a digest: clients send what they like.
pub fn put_keyed_turn(
    tx: &mut WriteTx,
    conversation: ConversationId,
    key: &[u8; 32],
    turn: TurnId,
) -> Result<(), StoreError> {
    tx.put(TURN_KEYS, &(conversation, *key), &turn)
}

#[cfg(test)]
pub(super) use tests::golden;

#[cfg(test)]
mod tests;
