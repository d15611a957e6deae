//! Workspaces and who is in them.

use super::schema::{MEMBERS, USER_WORKSPACES, WORKSPACES};
use super::{Reads, StoreError, WriteTx, api_keys, conversations, documents, pipelines};
use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::workspace::{MemberRole, Membership, Workspace};

/// The workspace of this id.
pub fn get(tx: &impl Reads, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
    tx.get(WORKSPACES, &id)
}

/// Adds a workspace, or replaces it.
pub fn put(tx: &mut WriteTx, workspace: &Workspace) -> Result<(), StoreError> {
    tx.put(WORKSPACES, &workspace.id, workspace)
}

/// What this account is in that workspace.
pub fn membership(
    tx: &impl Reads,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<Membership>, StoreError> {
    tx.get(MEMBERS, &(workspace, user))
}

/// Everybody in a workspace.
pub fn members(tx: &impl Reads, workspace: WorkspaceId) -> Result<Vec<Membership>, StoreError> {
    tx.prefix(MEMBERS, &workspace)
        .map(|row| Ok(row?.1))
        .collect()
}

/// The workspaces of an account, oldest first.
pub fn of_user(tx: &impl Reads, user: UserId) -> Result<Vec<(Workspace, Membership)>, StoreError> {
    let mut workspaces = Vec::new();
    for row in tx.prefix(USER_WORKSPACES, &user) {
        let ((_, id), ()) = row?;
        if let (Some(workspace), Some(member)) = (get(tx, id)?, membership(tx, id, user)?) {
            workspaces.push((workspace, member));
        }
    }
    Ok(workspaces)
}

/// How many workspaces an account is in.
pub fn count_of_user(tx: &impl Reads, user: UserId) -> Result<usize, StoreError> {
    let mut count = 0;
    for row in tx.prefix(USER_WORKSPACES, &user) {
        row?;
        count += 1;
    }
    Ok(count)
}

/// Adds somebody to a workspace, or changes what that person is there.
pub fn put_member(tx: &mut WriteTx, member: &Membership) -> Result<(), StoreError> {
    tx.put(MEMBERS, &(member.workspace, member.user), member)?;
    tx.put(USER_WORKSPACES, &(member.user, member.workspace), &())
}

/// Takes somebody out of a workspace; false if that person was not in it.
pub fn remove_member(
    tx: &mut WriteTx,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<bool, StoreError> {
    tx.remove(USER_WORKSPACES, &(user, workspace))?;
    tx.remove(MEMBERS, &(workspace, user))
}

/// Is there an owner beside this person?
pub fn has_other_owner(
    tx: &impl Reads,
    workspace: WorkspaceId,
    beside: UserId,
) -> Result<bool, StoreError> {
    let owner = |member: &Membership| member.role == MemberRole::Owner && member.user != beside;
    Ok(members(tx, workspace)?.iter().any(owner))
}

/// Removes a workspace with everything in it: members, their conversations, the documents, and
/// the keys that open only it. Says how many documents there were.
pub fn remove(tx: &mut WriteTx, id: WorkspaceId) -> Result<usize, StoreError> {
    for member in members(tx, id)? {
        remove_member(tx, id, member.user)?;
    }
    conversations::remove_of_workspace(tx, id)?;
    api_keys::remove_of_workspace(tx, id)?;
    pipelines::remove(tx, id)?;
    tx.remove(WORKSPACES, &id)?;
    documents::remove_all(tx, id)
}

#[cfg(test)]
pub(super) fn golden() -> Vec<super::golden::Row> {
    use super::golden::{Row, id};
    use super::migrate::answers::{OLD_WORKSPACES, OldWorkspace};
    use crate::domain::time::Timestamp;
    use crate::domain::workspace::{AnswerMode, AnswerSettings};
    let since = Timestamp::from_millis(1_700_000_000_000);
    let workspace = Workspace {
        id: id(1),
        name: "Legal".to_owned(),
        instructions: "Answer briefly.".to_owned(),
        created_at: since,
        created_by: id(2),
        answers: AnswerSettings::default(),
    };
    let quoting = Workspace {
        id: id(4),
        answers: AnswerSettings {
            mode: AnswerMode::Quotes,
            least: 0.5,
            hops: true,
        },
        ..workspace.clone()
    };
    let old = OldWorkspace::of(&workspace);
    let mut rows = vec![
        Row::of(OLD_WORKSPACES, &workspace.id, &old),
        Row::of(WORKSPACES, &workspace.id, &workspace),
        Row::of(WORKSPACES, &quoting.id, &quoting),
        Row::of(USER_WORKSPACES, &(id(2), workspace.id), &()),
    ];
    for (user, role) in [(id(2), MemberRole::Owner), (id(3), MemberRole::Member)] {
        let member = Membership {
            workspace: workspace.id,
            user,
            role,
            since,
        };
        rows.push(Row::of(MEMBERS, &(member.workspace, user), &member));
    }
    rows
}
