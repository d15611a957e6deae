//! Whose prompts may share what the model has read of them: one person's in one workspace. Turn
//! two of a conversation then reads only what is new, and nobody's timing tells of another.

use crate::domain::id::{UserId, WorkspaceId};
use crate::engine::Scope;

/// The scope of a person's prompts in a workspace, or outside of any.
pub(super) fn scope(user: UserId, workspace: Option<WorkspaceId>) -> Scope {
    let workspace = workspace.map(|id| id.to_string()).unwrap_or_default();
    Scope::of(&[&user.to_string(), &workspace])
}
