//! Threads of questions and answers. Each is its owner's alone.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::identity::Identity;
use super::params::{Created, Done, PageView, page};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use crate::auth::Access;
use crate::domain::conversation::Conversation;
use crate::domain::id::{ConversationId, WorkspaceId};
use crate::domain::principal::Action;
use crate::domain::time::Timestamp;

pub(super) struct Conversations(pub Shared);

/// One thread.
#[derive(Object)]
#[oai(rename = "Conversation")]
struct ConversationView {
    id: ConversationId,
    workspace_id: WorkspaceId,
    /// Empty until somebody names it or the first question does.
    title: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A thread to begin.
#[derive(Object)]
#[oai(rename = "ConversationRequest", deny_unknown_fields)]
struct ConversationBody {
    /// The first question names it if this is absent.
    #[oai(validator(max_length = 200))]
    title: Option<String>,
}

/// A new name for a thread.
#[derive(Object)]
#[oai(rename = "ConversationChange", deny_unknown_fields)]
struct ChangeBody {
    #[oai(validator(max_length = 200))]
    title: String,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id,
            workspace_id: conversation.workspace,
            title: conversation.title,
            created_at: conversation.created_at,
            updated_at: conversation.updated_at,
        }
    }
}

impl Conversations {
    async fn open(
        &self,
        asker: &Identity,
        id: ConversationId,
        action: Action,
    ) -> Result<(Access, Conversation), Problem> {
        let workspaces = &self.0.workspaces;
        Ok(workspaces
            .open_conversation(&asker.principal, id, action)
            .await?)
    }
}

#[OpenApi(tag = "Tag::Conversations")]
impl Conversations {
    /// List one's conversations in a workspace, newest first.
    #[oai(
        path = "/workspaces/:id/conversations",
        method = "get",
        operation_id = "listConversations"
    )]
    async fn list(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<ConversationView>>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let wanted = page(cursor.0, limit.0);
        let found = self
            .0
            .workspaces
            .list_conversations(&access, wanted)
            .await?;
        Ok(PageView::of(found, ConversationView::from))
    }

    /// Begin a conversation.
    #[oai(
        path = "/workspaces/:id/conversations",
        method = "post",
        operation_id = "createConversation"
    )]
    async fn create(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        body: Json<ConversationBody>,
    ) -> Result<Created<ConversationView>, Problem> {
        let access = self.0.open(&asker, id.0, Action::Chat).await?;
        let title = body.0.title.unwrap_or_default();
        let made = self
            .0
            .workspaces
            .create_conversation(&access, &title)
            .await?;
        Ok(Created::Made(Json(made.into())))
    }

    /// Show a conversation.
    #[oai(
        path = "/conversations/:id",
        method = "get",
        operation_id = "getConversation"
    )]
    async fn show(
        &self,
        asker: Identity,
        id: Path<ConversationId>,
    ) -> Result<Json<ConversationView>, Problem> {
        let (_, found) = self.open(&asker, id.0, Action::ReadWorkspace).await?;
        Ok(Json(found.into()))
    }

    /// Rename a conversation.
    #[oai(
        path = "/conversations/:id",
        method = "patch",
        operation_id = "renameConversation"
    )]
    async fn rename(
        &self,
        asker: Identity,
        id: Path<ConversationId>,
        body: Json<ChangeBody>,
    ) -> Result<Json<ConversationView>, Problem> {
        let (access, found) = self.open(&asker, id.0, Action::Chat).await?;
        let workspaces = &self.0.workspaces;
        let renamed = workspaces
            .rename_conversation(&access, found.id, &body.0.title)
            .await?;
        Ok(Json(renamed.into()))
    }

    /// Delete a conversation with its turns.
    #[oai(
        path = "/conversations/:id",
        method = "delete",
        operation_id = "deleteConversation"
    )]
    async fn remove(&self, asker: Identity, id: Path<ConversationId>) -> Result<Done, Problem> {
        let (access, found) = self.open(&asker, id.0, Action::Chat).await?;
        self.0
            .workspaces
            .remove_conversation(&access, found.id)
            .await?;
        Ok(Done::Done)
    }
}
