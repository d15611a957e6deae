//! What judges the texts of a workspace: its stages, and a text to try them on.

mod view;

use poem::http::StatusCode;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;

use super::identity::Identity;
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::policy::Denied;
use crate::domain::fault::{Fault, Kind};
use crate::domain::id::WorkspaceId;
use crate::plugin::{PolicyError, Stage};

use view::{PipelineBody, PipelineView, StageBody, TriedView, TryBody};

/// Bytes of a text to try, at most.
const TRIED_BYTES: usize = 64 << 10;

pub(super) struct Pipelines(pub Shared);

#[OpenApi(tag = "Tag::Workspaces")]
impl Pipelines {
    /// Show what judges the texts of a workspace.
    #[oai(
        path = "/workspaces/:id/pipeline",
        method = "get",
        operation_id = "getPipeline"
    )]
    async fn show(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
    ) -> Result<Json<PipelineView>, Problem> {
        let workspaces = &self.0.workspaces;
        let editable = workspaces.governs(&asker.principal, id.0).await?;
        Ok(Json(self.view(id.0, editable)))
    }

    /// Give a workspace stages of its own. For those who run the box.
    ///
    /// Answers under way end with the stages they began with. Each of `required` must be among
    /// them, active. Stages whose settings keep them from judging are refused, and so are stages that do
    /// not keep the workspace's cases.
    #[oai(
        path = "/workspaces/:id/pipeline",
        method = "put",
        operation_id = "setPipeline"
    )]
    async fn set(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        body: Json<PipelineBody>,
    ) -> Result<Json<PipelineView>, Problem> {
        let who = &asker.principal;
        self.0.workspaces.govern(who, id.0).await?;
        let PipelineBody {
            stages: sent,
            cases,
        } = body.0;
        let cases = cases.map(|cases| cases.into_iter().map(Into::into).collect());
        let stages = stages(sent)?;
        let set = self.0.plugins.set_policy(id.0, stages, cases, who).await;
        set.map_err(unprocessable)?;
        Ok(Json(self.view(id.0, true)))
    }

    /// Take a workspace back to what judges all texts of the box. For those who run the box.
    #[oai(
        path = "/workspaces/:id/pipeline",
        method = "delete",
        operation_id = "resetPipeline"
    )]
    async fn reset(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
    ) -> Result<Json<PipelineView>, Problem> {
        let who = &asker.principal;
        self.0.workspaces.govern(who, id.0).await?;
        self.0.plugins.clear_policy(id.0, who).await?;
        Ok(Json(self.view(id.0, true)))
    }

    /// Try a text on the stages of a workspace, or for those who run the box on others.
    ///
    /// The text is judged and nothing of it is kept. It is not counted.
    #[oai(
        path = "/workspaces/:id/pipeline/try",
        method = "post",
        operation_id = "tryPipeline"
    )]
    async fn try_out(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        body: Json<TryBody>,
    ) -> Result<Json<TriedView>, Problem> {
        let TryBody {
            side,
            text,
            stages: draft,
        } = body.0;
        let workspaces = &self.0.workspaces;
        let editable = workspaces.governs(&asker.principal, id.0).await?;
        if draft.is_some() && !editable {
            return Err(Denied::Forbidden.into());
        }
        if text.len() > TRIED_BYTES {
            let message = format!("a text to try has {TRIED_BYTES} bytes at most");
            return Err(Problem::new(Kind::TooLarge, "text_too_long", message).param("text"));
        }
        let draft = draft.map(stages).transpose()?;
        let tried = self.0.plugins.try_policy(id.0, draft, side.into(), &text);
        Ok(Json(tried.await.map_err(unprocessable)?.into()))
    }
}

impl Pipelines {
    fn view(&self, workspace: WorkspaceId, editable: bool) -> PipelineView {
        let plugins = &self.0.plugins;
        PipelineView::of(plugins.policy(workspace), plugins.list(), editable)
    }
}

/// The stages as they were sent; a setting that is there twice is an error.
fn stages(bodies: Vec<StageBody>) -> Result<Vec<Stage>, Problem> {
    bodies
        .into_iter()
        .map(StageBody::stage)
        .collect::<Result<_, _>>()
        .map_err(|key| {
            let message = format!("the setting {key} is there twice");
            let problem = Problem::new(Kind::Invalid, "setting_twice", message);
            problem
                .param("stages")
                .status(StatusCode::UNPROCESSABLE_ENTITY)
        })
}

/// The request can be read; what it asks for cannot be.
fn unprocessable(error: PolicyError) -> Problem {
    match error.kind() {
        Kind::Invalid => Problem::from(error).status(StatusCode::UNPROCESSABLE_ENTITY),
        _ => error.into(),
    }
}
