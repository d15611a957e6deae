//! Who is in a workspace.

use super::{WorkspaceError, Workspaces, admit, has_room};
use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::principal::{Action, Principal};
use crate::domain::workspace::{MemberRole, Membership};
use crate::store::{Reads, WriteTx, users, workspaces};

/// Members of one workspace, at most.
const MEMBERS: usize = 500;

/// Somebody in a workspace, as the others see that person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub membership: Membership,
    pub name: String,
    pub email: String,
    /// The account is out of use.
    pub disabled: bool,
}

/// How the one to be added is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invitee {
    User(UserId),
    /// By address, in whatever letters.
    Email(String),
}

impl Workspaces {
    /// Everybody in a workspace, for everybody in it.
    pub async fn members(
        &self,
        who: &Principal,
        id: WorkspaceId,
    ) -> Result<Vec<Member>, WorkspaceError> {
        let who = who.clone();
        self.read(move |tx| {
            admit(tx, &who, id, Action::ReadWorkspace)?;
            let members = workspaces::members(tx, id)?;
            members
                .into_iter()
                .map(|membership| shown(tx, membership))
                .collect()
        })
        .await
    }

    /// Adds somebody who has an account.
    pub async fn add_member(
        &self,
        who: &Principal,
        id: WorkspaceId,
        invitee: Invitee,
        role: MemberRole,
    ) -> Result<Member, WorkspaceError> {
        let (asker, since) = (who.clone(), self.inner.clock.now());
        let added = self.inner.store.write(move |tx| {
            admit(tx, &asker, id, Action::ManageWorkspace)?;
            let user = find(tx, &invitee)?;
            if workspaces::membership(tx, id, user)?.is_some() {
                return Err(WorkspaceError::MemberExists);
            }
            if workspaces::members(tx, id)?.len() >= MEMBERS {
                return Err(WorkspaceError::Full {
                    what: "members",
                    limit: MEMBERS,
                });
            }
            has_room(tx, user)?;
            let membership = Membership {
                workspace: id,
                user,
                role,
                since,
            };
            workspaces::put_member(tx, &membership)?;
            shown(tx, membership)
        });
        let added = added.await?;
        tracing::info!(workspace = %id, user = %added.membership.user, "member added");
        Ok(added)
    }

    /// Makes a member an owner, or an owner a member. Somebody always owns a workspace.
    pub async fn set_member_role(
        &self,
        who: &Principal,
        id: WorkspaceId,
        user: UserId,
        role: MemberRole,
    ) -> Result<Member, WorkspaceError> {
        let asker = who.clone();
        let changed = self.inner.store.write(move |tx| {
            admit(tx, &asker, id, Action::ManageWorkspace)?;
            let membership = workspaces::membership(tx, id, user)?;
            let mut membership = membership.ok_or(WorkspaceError::MemberNotFound)?;
            if role != MemberRole::Owner {
                keeps_an_owner(tx, &membership)?;
            }
            membership.role = role;
            workspaces::put_member(tx, &membership)?;
            shown(tx, membership)
        });
        changed.await
    }

    /// Takes somebody out. Owners may take out anybody, everybody may leave, and the last owner
    /// stays. That person's conversations stay too, and are there again if the person is.
    pub async fn remove_member(
        &self,
        who: &Principal,
        id: WorkspaceId,
        user: UserId,
    ) -> Result<(), WorkspaceError> {
        let asker = who.clone();
        let removed = self.inner.store.write(move |tx| {
            let (access, _) = admit(tx, &asker, id, Action::ReadWorkspace)?;
            let leaves = access.user() == user;
            // To leave with an API key takes a key that may change things at all.
            let action = if leaves {
                Action::WriteDocuments
            } else {
                Action::ManageWorkspace
            };
            access.demand(action)?;
            let membership = workspaces::membership(tx, id, user)?;
            let membership = membership.ok_or(WorkspaceError::MemberNotFound)?;
            keeps_an_owner(tx, &membership)?;
            workspaces::remove_member(tx, id, user)?;
            Ok::<_, WorkspaceError>(())
        });
        removed.await?;
        tracing::info!(workspace = %id, user = %user, "member removed");
        Ok(())
    }
}

fn find(tx: &WriteTx, invitee: &Invitee) -> Result<UserId, WorkspaceError> {
    let account = match invitee {
        Invitee::User(id) => users::get(tx, *id)?,
        Invitee::Email(email) => users::by_email(tx, &crate::auth::normalise_email(email))?,
    };
    let account = account.filter(|account| !account.user.disabled);
    account
        .map(|account| account.user.id)
        .ok_or(WorkspaceError::UserNotFound)
}

fn keeps_an_owner(tx: &WriteTx, membership: &Membership) -> Result<(), WorkspaceError> {
    let (workspace, user) = (membership.workspace, membership.user);
    let owner = membership.role == MemberRole::Owner;
    if owner && !workspaces::has_other_owner(tx, workspace, user)? {
        return Err(WorkspaceError::LastOwner);
    }
    Ok(())
}

fn shown(tx: &impl Reads, membership: Membership) -> Result<Member, WorkspaceError> {
    let account = users::get(tx, membership.user)?;
    let user = account
        .map(|account| account.user)
        .ok_or(WorkspaceError::UserNotFound)?;
    let (name, email, disabled) = (user.name, user.email, user.disabled);
    Ok(Member {
        membership,
        name,
        email,
        disabled,
    })
}
