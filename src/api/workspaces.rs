//! Workspaces and who is in them.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{Created, Done, PageView, page, part};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::time::Timestamp;
use crate::domain::workspace::MemberRole;
use crate::workspaces::{Invitee, Member, OwnWorkspace, WorkspaceChange};

pub(super) struct Workspaces(pub Shared);

/// What somebody may do inside a workspace.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "MemberRole", rename_all = "snake_case")]
enum MemberRoleView {
    /// May also rename and delete it and decide who is in it.
    Owner,
    /// May ask, upload and delete documents.
    Member,
}

/// One workspace, as one of its members sees it.
#[derive(Object)]
#[oai(rename = "Workspace")]
struct WorkspaceView {
    id: WorkspaceId,
    name: String,
    /// What the model is told before every question; empty for the house's own words.
    instructions: String,
    /// What the asker is there.
    role: MemberRoleView,
    created_at: Timestamp,
}

/// A workspace to make.
#[derive(Object)]
#[oai(rename = "WorkspaceRequest", deny_unknown_fields)]
struct WorkspaceBody {
    #[oai(validator(max_length = 200))]
    name: String,
}

/// A change of a workspace; what is absent stays.
#[derive(Object)]
#[oai(rename = "WorkspaceChange", deny_unknown_fields)]
struct ChangeBody {
    #[oai(validator(max_length = 200))]
    name: Option<String>,
    #[oai(validator(max_length = 8000))]
    instructions: Option<String>,
}

/// One person in a workspace.
#[derive(Object)]
#[oai(rename = "Member")]
struct MemberView {
    user_id: UserId,
    email: String,
    name: String,
    /// The account is out of use.
    disabled: bool,
    role: MemberRoleView,
    since: Timestamp,
}

/// Somebody to take in.
#[derive(Object)]
#[oai(rename = "MemberRequest", deny_unknown_fields)]
struct MemberBody {
    /// The address of an account on this box.
    #[oai(validator(max_length = 200))]
    email: String,
    /// `member` if nothing is said.
    role: Option<MemberRoleView>,
}

/// What somebody is to be in a workspace.
#[derive(Object)]
#[oai(rename = "MemberChange", deny_unknown_fields)]
struct MemberChange {
    role: MemberRoleView,
}

impl From<MemberRole> for MemberRoleView {
    fn from(role: MemberRole) -> Self {
        match role {
            MemberRole::Owner => Self::Owner,
            MemberRole::Member => Self::Member,
        }
    }
}

impl From<MemberRoleView> for MemberRole {
    fn from(role: MemberRoleView) -> Self {
        match role {
            MemberRoleView::Owner => Self::Owner,
            MemberRoleView::Member => Self::Member,
        }
    }
}

impl From<OwnWorkspace> for WorkspaceView {
    fn from(OwnWorkspace { workspace, role }: OwnWorkspace) -> Self {
        Self {
            id: workspace.id,
            name: workspace.name,
            instructions: workspace.instructions,
            role: role.into(),
            created_at: workspace.created_at,
        }
    }
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.membership.user,
            email: member.email,
            name: member.name,
            disabled: member.disabled,
            role: member.membership.role.into(),
            since: member.membership.since,
        }
    }
}

#[OpenApi(tag = "Tag::Workspaces")]
impl Workspaces {
    /// List the workspaces one is in.
    #[oai(path = "/workspaces", method = "get", operation_id = "listWorkspaces")]
    async fn list(
        &self,
        asker: Identity,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<WorkspaceView>>, Problem> {
        let found = self.0.workspaces.list(&asker.principal).await?;
        let wanted = page(cursor.0, limit.0);
        let part = part(found, &wanted, |own| own.workspace.id.to_string())?;
        Ok(PageView::of(part, WorkspaceView::from))
    }

    /// Make a workspace. Who makes it owns it.
    #[oai(
        path = "/workspaces",
        method = "post",
        operation_id = "createWorkspace"
    )]
    async fn create(
        &self,
        asker: Identity,
        body: Json<WorkspaceBody>,
    ) -> Result<Created<WorkspaceView>, Problem> {
        let made = self
            .0
            .workspaces
            .create(&asker.principal, &body.0.name)
            .await?;
        Ok(Created::Made(Json(made.into())))
    }

    /// Show a workspace.
    #[oai(
        path = "/workspaces/:id",
        method = "get",
        operation_id = "getWorkspace"
    )]
    async fn show(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
    ) -> Result<Json<WorkspaceView>, Problem> {
        let own = self.0.workspaces.get(&asker.principal, id.0).await?;
        Ok(Json(own.into()))
    }

    /// Rename a workspace, or change what its model is told.
    #[oai(
        path = "/workspaces/:id",
        method = "patch",
        operation_id = "changeWorkspace"
    )]
    async fn change(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        body: Json<ChangeBody>,
    ) -> Result<Json<WorkspaceView>, Problem> {
        let ChangeBody { name, instructions } = body.0;
        let change = WorkspaceChange { name, instructions };
        let own = self
            .0
            .workspaces
            .change(&asker.principal, id.0, change)
            .await?;
        Ok(Json(own.into()))
    }

    /// Delete a workspace with everything in it.
    #[oai(
        path = "/workspaces/:id",
        method = "delete",
        operation_id = "deleteWorkspace"
    )]
    async fn remove(&self, asker: Identity, id: Path<WorkspaceId>) -> Result<Done, Problem> {
        self.0.workspaces.remove(&asker.principal, id.0).await?;
        self.0.plugins.forget_policy(id.0);
        Ok(Done::Done)
    }

    /// List who is in a workspace.
    #[oai(
        path = "/workspaces/:id/members",
        method = "get",
        operation_id = "listMembers"
    )]
    async fn members(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<MemberView>>, Problem> {
        let members = self.0.workspaces.members(&asker.principal, id.0).await?;
        let wanted = page(cursor.0, limit.0);
        let part = part(members, &wanted, |member| {
            member.membership.user.to_string()
        })?;
        Ok(PageView::of(part, MemberView::from))
    }

    /// Take somebody into a workspace.
    #[oai(
        path = "/workspaces/:id/members",
        method = "post",
        operation_id = "addMember"
    )]
    async fn add_member(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        body: Json<MemberBody>,
    ) -> Result<Created<MemberView>, Problem> {
        let role = body.0.role.unwrap_or(MemberRoleView::Member).into();
        let (workspaces, invitee) = (&self.0.workspaces, Invitee::Email(body.0.email));
        let added = workspaces.add_member(&asker.principal, id.0, invitee, role);
        let member = added.await?;
        Ok(Created::Made(Json(member.into())))
    }

    /// Make a member an owner, or an owner a member.
    #[oai(
        path = "/workspaces/:id/members/:user",
        method = "patch",
        operation_id = "changeMember"
    )]
    async fn change_member(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        user: Path<UserId>,
        body: Json<MemberChange>,
    ) -> Result<Json<MemberView>, Problem> {
        let (workspaces, role) = (&self.0.workspaces, body.0.role.into());
        let changed = workspaces.set_member_role(&asker.principal, id.0, user.0, role);
        Ok(Json(changed.await?.into()))
    }

    /// Remove somebody from a workspace, or leave it.
    #[oai(
        path = "/workspaces/:id/members/:user",
        method = "delete",
        operation_id = "removeMember"
    )]
    async fn remove_member(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        user: Path<UserId>,
    ) -> Result<Done, Problem> {
        let workspaces = &self.0.workspaces;
        workspaces
            .remove_member(&asker.principal, id.0, user.0)
            .await?;
        Ok(Done::Done)
    }
}
