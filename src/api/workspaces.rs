//! Workspaces and who is in them.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{self, Created, Done, PageView, page, part};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::domain::id::{UserId, WorkspaceId};
use crate::domain::time::Timestamp;
use crate::domain::workspace::{AnswerMode, AnswerSettings, MemberRole};
use crate::workspaces::{AnswersChange, Invitee, Member, OwnWorkspace, WorkspaceChange};

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

/// Who words an answer.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "AnswerMode", rename_all = "snake_case")]
pub(super) enum AnswerModeView {
    /// A model, from what the documents say.
    Model,
    /// The documents themselves: the answer is made of quotes, and no model is asked.
    Quotes,
}

/// How questions are answered from a workspace's documents.
#[derive(Object)]
#[oai(rename = "AnswerSettings")]
struct AnswersView {
    mode: AnswerModeView,
    /// How well the best passage must fit a question, 0 to 1. Below it the answer is that the
    /// documents do not say it, and no model is asked; 0 asks the model whatever was found.
    least: f64,
    /// Whether a search also goes from what it found to what is named together with it.
    hops: bool,
}

/// A change of how questions are answered; what is absent stays.
#[derive(Object, Default)]
#[oai(rename = "AnswerSettingsChange", deny_unknown_fields)]
struct AnswersBody {
    mode: Option<AnswerModeView>,
    #[oai(validator(minimum(value = "0.0"), maximum(value = "1.0")))]
    least: Option<f32>,
    hops: Option<bool>,
}

/// One workspace, as one of its members sees it.
#[derive(Object)]
#[oai(rename = "Workspace")]
struct WorkspaceView {
    id: WorkspaceId,
    name: String,
    /// What the model is told before every question; empty for the house's own words.
    instructions: String,
    answers: AnswersView,
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
    answers: Option<AnswersBody>,
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

impl From<AnswerMode> for AnswerModeView {
    fn from(mode: AnswerMode) -> Self {
        match mode {
            AnswerMode::Model => Self::Model,
            AnswerMode::Quotes => Self::Quotes,
        }
    }
}

impl From<AnswerModeView> for AnswerMode {
    fn from(mode: AnswerModeView) -> Self {
        match mode {
            AnswerModeView::Model => Self::Model,
            AnswerModeView::Quotes => Self::Quotes,
        }
    }
}

impl From<AnswerSettings> for AnswersView {
    fn from(settings: AnswerSettings) -> Self {
        Self {
            mode: settings.mode.into(),
            least: params::score(settings.least),
            hops: settings.hops,
        }
    }
}

impl From<AnswersBody> for AnswersChange {
    fn from(body: AnswersBody) -> Self {
        Self {
            mode: body.mode.map(Into::into),
            least: body.least,
            hops: body.hops,
        }
    }
}

impl From<OwnWorkspace> for WorkspaceView {
    fn from(OwnWorkspace { workspace, role }: OwnWorkspace) -> Self {
        Self {
            id: workspace.id,
            name: workspace.name,
            instructions: workspace.instructions,
            answers: workspace.answers.into(),
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

    /// Rename a workspace, or change what its model is told and how questions are answered.
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
        let ChangeBody {
            name,
            instructions,
            answers,
        } = body.0;
        let change = WorkspaceChange {
            name,
            instructions,
            answers: answers.unwrap_or_default().into(),
        };
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
