//! Workspaces: the walls between people's documents, and the conversations inside them.
//!
//! Every method takes the asker first, or the [`Access`] that the asker was given. What changes
//! a workspace asks the policy again inside the transaction that changes it, so somebody who has
//! just been taken out does not get one more change through.
//!
//! Running the box opens no workspace: an admin who is not a member sees nothing of it, not even
//! that it exists.

mod conversations;
mod error;
mod members;
mod pipeline;

use std::sync::Arc;

use crate::auth::policy::{self, Access, Denied, permit};
use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::principal::{Action, Principal};
use crate::domain::time::Clock;
use crate::domain::workspace::{AnswerMode, AnswerSettings, MemberRole, Membership, Workspace};
use crate::store::{Reads, Store, workspaces};

pub use error::WorkspaceError;
pub use members::{Invitee, Member};

/// Characters of a workspace's name, at most.
const NAME_CHARS: usize = 80;
/// Characters of a workspace's instructions, at most.
const INSTRUCTIONS_CHARS: usize = 8000;
/// Workspaces that one account may be in.
const WORKSPACES: usize = 200;

/// The room. A clone is the same room.
#[derive(Clone)]
pub struct Workspaces {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
}

/// A workspace as one of its members sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnWorkspace {
    pub workspace: Workspace,
    /// What the asker is there.
    pub role: MemberRole,
}

/// What to change of a workspace; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub instructions: Option<String>,
    pub answers: AnswersChange,
}

/// What to change of how a workspace's questions are answered; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswersChange {
    pub mode: Option<AnswerMode>,
    /// From 0 to 1.
    pub least: Option<f32>,
    pub hops: Option<bool>,
}

impl AnswersChange {
    fn apply(self, now: AnswerSettings) -> AnswerSettings {
        AnswerSettings {
            mode: self.mode.unwrap_or(now.mode),
            least: self.least.unwrap_or(now.least),
            hops: self.hops.unwrap_or(now.hops),
        }
    }
}

impl Workspaces {
    /// The room over this store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self {
            inner: Arc::new(Inner { store, clock }),
        }
    }

    /// Makes a workspace; whoever makes it owns it.
    pub async fn create(
        &self,
        who: &Principal,
        name: &str,
    ) -> Result<OwnWorkspace, WorkspaceError> {
        permit(who, Action::CreateWorkspace)?;
        let user = who.user().ok_or(Denied::Forbidden)?;
        let name = line(name, 1, NAME_CHARS).ok_or(WorkspaceError::NameInvalid)?;
        let now = self.inner.clock.now();
        let id = WorkspaceId::new();
        let instructions = String::new();
        let workspace = Workspace {
            id,
            name,
            instructions,
            created_at: now,
            created_by: user,
            answers: AnswerSettings::default(),
        };
        let owner = Membership {
            workspace: id,
            user,
            role: MemberRole::Owner,
            since: now,
        };
        let made = self.inner.store.write(move |tx| {
            has_room(tx, user)?;
            workspaces::put(tx, &workspace)?;
            workspaces::put_member(tx, &owner)?;
            Ok::<_, WorkspaceError>(OwnWorkspace {
                workspace,
                role: owner.role,
            })
        });
        let made = made.await?;
        tracing::info!(workspace = %id, user = %user, "workspace made");
        Ok(made)
    }

    /// The workspaces that the asker may read, oldest first.
    pub async fn list(&self, who: &Principal) -> Result<Vec<OwnWorkspace>, WorkspaceError> {
        let Some(user) = who.user() else {
            return Ok(Vec::new());
        };
        let all = self
            .inner
            .store
            .read(move |tx| workspaces::of_user(tx, user))
            .await?;
        let mut own = Vec::with_capacity(all.len());
        for (workspace, membership) in all {
            match policy::access(who, Some(&membership), Action::ReadWorkspace) {
                Ok(access) => own.push(OwnWorkspace {
                    workspace,
                    role: access.role(),
                }),
                Err(Denied::WorkspaceNotFound) => {}
                Err(denied) => return Err(denied.into()),
            }
        }
        Ok(own)
    }

    /// One workspace.
    pub async fn get(
        &self,
        who: &Principal,
        id: WorkspaceId,
    ) -> Result<OwnWorkspace, WorkspaceError> {
        let who = who.clone();
        self.read(move |tx| {
            let (access, workspace) = admit(tx, &who, id, Action::ReadWorkspace)?;
            Ok(OwnWorkspace {
                workspace,
                role: access.role(),
            })
        })
        .await
    }

    /// The workspace behind a proof, for rooms that need its instructions.
    pub async fn of(&self, access: &Access) -> Result<Workspace, WorkspaceError> {
        let id = access.workspace();
        let workspace = self
            .inner
            .store
            .read(move |tx| workspaces::get(tx, id))
            .await?;
        workspace.ok_or(Denied::WorkspaceNotFound.into())
    }

    /// Opens a workspace: the proof that the asker may do `action` there.
    pub async fn open(
        &self,
        who: &Principal,
        id: WorkspaceId,
        action: Action,
    ) -> Result<Access, WorkspaceError> {
        let who = who.clone();
        self.read(move |tx| admit(tx, &who, id, action).map(|(access, _)| access))
            .await
    }

    /// Changes the name, the instructions, or how questions are answered.
    pub async fn change(
        &self,
        who: &Principal,
        id: WorkspaceId,
        change: WorkspaceChange,
    ) -> Result<OwnWorkspace, WorkspaceError> {
        let WorkspaceChange {
            name,
            instructions,
            answers,
        } = change;
        let name = match name {
            Some(name) => Some(line(&name, 1, NAME_CHARS).ok_or(WorkspaceError::NameInvalid)?),
            None => None,
        };
        let too_long = |text: &String| text.chars().count() > INSTRUCTIONS_CHARS;
        if instructions.as_ref().is_some_and(too_long) {
            return Err(WorkspaceError::InstructionsTooLong {
                limit: INSTRUCTIONS_CHARS,
            });
        }
        if answers.least.is_some_and(|it| !(0.0..=1.0).contains(&it)) {
            return Err(WorkspaceError::LeastInvalid);
        }
        let who = who.clone();
        let changed = self.inner.store.write(move |tx| {
            let (access, mut workspace) = admit(tx, &who, id, Action::ManageWorkspace)?;
            workspace.name = name.unwrap_or(workspace.name);
            workspace.instructions = instructions.unwrap_or(workspace.instructions);
            workspace.answers = answers.apply(workspace.answers);
            workspaces::put(tx, &workspace)?;
            Ok::<_, WorkspaceError>(OwnWorkspace {
                workspace,
                role: access.role(),
            })
        });
        changed.await
    }

    /// Gives a workspace another name.
    pub async fn rename(
        &self,
        who: &Principal,
        id: WorkspaceId,
        name: &str,
    ) -> Result<OwnWorkspace, WorkspaceError> {
        let change = WorkspaceChange {
            name: Some(name.to_owned()),
            ..WorkspaceChange::default()
        };
        self.change(who, id, change).await
    }

    /// Removes a workspace with everything in it: members, conversations, documents.
    pub async fn remove(&self, who: &Principal, id: WorkspaceId) -> Result<(), WorkspaceError> {
        let (who, by) = (who.clone(), who.name());
        let removed = self.inner.store.write(move |tx| {
            admit(tx, &who, id, Action::ManageWorkspace)?;
            Ok::<_, WorkspaceError>(workspaces::remove(tx, id)?)
        });
        let documents = removed.await?;
        tracing::info!(workspace = %id, %by, documents, "workspace removed");
        Ok(())
    }

    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&crate::store::ReadTx) -> Result<T, WorkspaceError> + Send + 'static,
    ) -> Result<T, WorkspaceError> {
        self.inner.store.read(move |tx| Ok(f(tx))).await?
    }
}

/// Asks the policy with what the store has, in whatever transaction the caller is in.
fn admit(
    tx: &impl Reads,
    who: &Principal,
    id: WorkspaceId,
    action: Action,
) -> Result<(Access, Workspace), WorkspaceError> {
    let membership = match who.user() {
        Some(user) => workspaces::membership(tx, id, user)?,
        None => None,
    };
    let access = policy::access(who, membership.as_ref(), action)?;
    let workspace = workspaces::get(tx, id)?.ok_or(Denied::WorkspaceNotFound)?;
    Ok((access, workspace))
}

fn has_room(tx: &impl Reads, user: UserId) -> Result<(), WorkspaceError> {
    if workspaces::count_of_user(tx, user)? >= WORKSPACES {
        return Err(WorkspaceError::Full {
            what: "workspaces of one person",
            limit: WORKSPACES,
        });
    }
    Ok(())
}

/// A text of one line, trimmed, of so many characters; `None` if it is not.
fn line(text: &str, least: usize, most: usize) -> Option<String> {
    let text = text.trim();
    let fits = (least..=most).contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
