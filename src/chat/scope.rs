//! Whose prompts may share what the model has read of them: one person's in one workspace. Turn
//! two of a conversation then reads only what is new, and nobody's timing tells of another. And
//! between whom the queue is fair: people, whichever way they ask.

use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::principal::Principal;
use crate::engine::{Asker, Scope};

/// The scope of a person's prompts in a workspace, or outside of any.
pub(super) fn scope(user: UserId, workspace: Option<WorkspaceId>) -> Scope {
    let workspace = workspace.map(|id| id.to_string()).unwrap_or_default();
    Scope::of(&[&user.to_string(), &workspace])
}

/// Who asks, as the engine's queue sees it: a person, whatever key or workspace they use. The
/// operator of the box is nobody in particular.
pub(super) fn asker(who: &Principal) -> Asker {
    who.user().map(asker_of).unwrap_or_default()
}

/// The asker that this account is.
pub(super) fn asker_of(user: UserId) -> Asker {
    Asker::named(&user.to_string())
}
