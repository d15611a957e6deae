//! One pure table of permissions. Saying yes returns a proof, and only this file can make one.
//!
//! There are two kinds of question. *Box-wide*: may this principal do that on the box? Yes is a
//! [`Permit`]. *Inside a workspace*: may this principal do that here, being a member or not? Yes
//! is an [`Access`], and the rooms that hold workspace data hand it out against nothing else.
//!
//! Two rules are worth knowing. Running the box gives no right to what is in a workspace: an
//! admin who is not a member is a stranger there. And a stranger is told `workspace_not_found`,
//! never "forbidden", so that nobody learns which workspaces exist.

use crate::domain::fault::{Fault, Kind};
use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::principal::{Action, Credential, Person, Principal, Role, Scopes};
use crate::domain::workspace::{MemberRole, Membership};

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The account may not do this.
    #[error("you may not do this")]
    Forbidden,
    /// The account may, but the API key was made for less.
    #[error("this API key may not be used for that")]
    Scope,
    /// Not a member; whether the workspace exists is not said.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
}

impl Fault for Denied {
    fn kind(&self) -> Kind {
        match self {
            Self::Forbidden | Self::Scope => Kind::Forbidden,
            Self::WorkspaceNotFound => Kind::NotFound,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Scope => "insufficient_scope",
            Self::WorkspaceNotFound => "workspace_not_found",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Scope => Some("make a key with the scope that is missing".to_owned()),
            Self::Forbidden | Self::WorkspaceNotFound => None,
        }
    }
}

/// Proof that a box-wide action was allowed.
#[derive(Clone, Debug)]
pub struct Permit {
    principal: Principal,
    action: Action,
}

impl Permit {
    /// Who may.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What was allowed.
    pub fn action(&self) -> Action {
        self.action
    }
}

/// Proof that an action inside one workspace was allowed.
#[derive(Clone, Debug)]
pub struct Access {
    person: Person,
    principal: Principal,
    membership: Membership,
    action: Action,
}

impl Access {
    /// Where.
    pub fn workspace(&self) -> WorkspaceId {
        self.membership.workspace
    }

    /// Whose account.
    pub fn user(&self) -> UserId {
        self.person.user
    }

    /// What that person is there.
    pub fn role(&self) -> MemberRole {
        self.membership.role
    }

    /// Who asked.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What was allowed when this was made.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Whether the same asker may also do `action` here; for rooms that do more than one thing
    /// against one proof, such as deleting what was opened for reading.
    pub fn demand(&self, action: Action) -> Result<(), Denied> {
        inside(&self.person, &self.membership, action)
    }
}

/// Whether `who` may do `action` on the box.
///
/// Actions inside a workspace are not answered here: they are always refused.
pub fn permit(who: &Principal, action: Action) -> Result<Permit, Denied> {
    match who {
        Principal::Operator => operator_may(action)?,
        Principal::Person(person) => {
            account_may(person.role, action)?;
            if let Credential::ApiKey {
                workspace, scopes, ..
            } = &person.credential
            {
                key_may(*workspace, *scopes, action)?;
            }
        }
    }
    Ok(Permit {
        principal: who.clone(),
        action,
    })
}

/// Whether `who` may do `action` inside the workspace that `membership` speaks of.
///
/// `membership` is what the store has for this person and that workspace. Somebody else's row
/// counts as none. Box-wide actions are not answered here: they are always refused.
pub fn access(
    who: &Principal,
    membership: Option<&Membership>,
    action: Action,
) -> Result<Access, Denied> {
    let person = who.person().ok_or(Denied::WorkspaceNotFound)?;
    let membership = membership.ok_or(Denied::WorkspaceNotFound)?;
    inside(person, membership, action)?;
    Ok(Access {
        person: person.clone(),
        principal: who.clone(),
        membership: membership.clone(),
        action,
    })
}

/// The one workspace that a key is bound to, if `who` came with such a key.
pub fn bound_workspace(who: &Principal) -> Option<WorkspaceId> {
    match who.person().map(|person| &person.credential) {
        Some(Credential::ApiKey { workspace, .. }) => *workspace,
        _ => None,
    }
}

/// The owner of the machine runs the box; it is nobody's account and in no workspace.
fn operator_may(action: Action) -> Result<(), Denied> {
    match action {
        Action::ListUsers
        | Action::ManageUsers
        | Action::UseModels
        | Action::ManageModels
        | Action::ListPlugins
        | Action::ManagePlugins
        | Action::SeeSystem => Ok(()),
        Action::ManageSelf
        | Action::CreateWorkspace
        | Action::ReadWorkspace
        | Action::Chat
        | Action::WriteDocuments
        | Action::ManageWorkspace => Err(Denied::Forbidden),
    }
}

/// What an account may do, whatever it came with.
fn account_may(role: Role, action: Action) -> Result<(), Denied> {
    match action {
        Action::ManageSelf | Action::CreateWorkspace | Action::UseModels | Action::ListPlugins => {
            Ok(())
        }
        Action::ListUsers
        | Action::ManageUsers
        | Action::ManageModels
        | Action::ManagePlugins
        | Action::SeeSystem => match role {
            Role::Admin => Ok(()),
            Role::Member => Err(Denied::Forbidden),
        },
        Action::ReadWorkspace | Action::Chat | Action::WriteDocuments | Action::ManageWorkspace => {
            Err(Denied::Forbidden)
        }
    }
}

/// What is left of that with an API key. A key never makes keys or changes passwords, and one
/// that is bound to a workspace does nothing else on the box but use its models.
fn key_may(bound: Option<WorkspaceId>, scopes: Scopes, action: Action) -> Result<(), Denied> {
    let allowed = match action {
        Action::UseModels | Action::ListPlugins => scopes.chat,
        Action::CreateWorkspace => scopes.manage && bound.is_none(),
        Action::ListUsers
        | Action::ManageUsers
        | Action::ManageModels
        | Action::ManagePlugins
        | Action::SeeSystem => scopes.admin && bound.is_none(),
        Action::ReadWorkspace => scopes.chat || scopes.manage,
        Action::Chat => scopes.chat,
        Action::WriteDocuments | Action::ManageWorkspace => scopes.manage,
        Action::ManageSelf => false,
    };
    if allowed { Ok(()) } else { Err(Denied::Scope) }
}

fn inside(person: &Person, membership: &Membership, action: Action) -> Result<(), Denied> {
    if membership.user != person.user {
        return Err(Denied::WorkspaceNotFound);
    }
    if let Credential::ApiKey {
        workspace: Some(bound),
        ..
    } = &person.credential
        && *bound != membership.workspace
    {
        return Err(Denied::WorkspaceNotFound);
    }
    member_may(membership.role, action)?;
    match &person.credential {
        Credential::ApiKey {
            workspace, scopes, ..
        } => key_may(*workspace, *scopes, action),
        Credential::Session(_) | Credential::Token(_) => Ok(()),
    }
}

/// What a member may do in a workspace, whatever that person is on the box.
fn member_may(role: MemberRole, action: Action) -> Result<(), Denied> {
    match action {
        Action::ReadWorkspace | Action::Chat | Action::WriteDocuments => Ok(()),
        Action::ManageWorkspace => match role {
            MemberRole::Owner => Ok(()),
            MemberRole::Member => Err(Denied::Forbidden),
        },
        Action::ManageSelf
        | Action::ListUsers
        | Action::ManageUsers
        | Action::CreateWorkspace
        | Action::UseModels
        | Action::ManageModels
        | Action::ListPlugins
        | Action::ManagePlugins
        | Action::SeeSystem => Err(Denied::Forbidden),
    }
}

#[cfg(test)]
mod tests;
