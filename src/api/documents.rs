//! What people upload into a workspace.

use poem::http::header;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Json, PlainText, Response};
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};

use super::identity::Identity;
use super::params::{Done, PageView, page};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use super::upload::FileForm;
use crate::domain::document::{Document, DocumentState, FailureCode};
use crate::domain::id::{DocumentId, UserId, WorkspaceId};
use crate::domain::principal::Action;
use crate::domain::time::Timestamp;

pub(super) struct Documents(pub Shared);

/// How far a document is.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "DocumentState", rename_all = "snake_case")]
enum StateView {
    Queued,
    Extracting,
    Chunking,
    Embedding,
    /// Answers can draw on it.
    Indexed,
    /// It could not be indexed; `code` and `hint` say why.
    Failed,
}

/// Why a document could not be indexed.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "DocumentFailure", rename_all = "snake_case")]
enum FailureView {
    /// There is no text in it.
    Empty,
    /// The bytes are not what the name says, or not text at all.
    Unreadable,
    /// More text than the box is set to take.
    TooLarge,
    /// Something on the box went wrong; the log has the cause.
    Internal,
    /// It is locked with a password.
    Encrypted,
}

/// One upload.
#[derive(Object)]
#[oai(rename = "Document", skip_serializing_if_is_none)]
struct DocumentView {
    id: DocumentId,
    workspace_id: WorkspaceId,
    /// The file name it came with.
    title: String,
    media_type: String,
    /// Size of the upload.
    bytes: u64,
    state: StateView,
    /// While `embedding`: passages that have their vector.
    done: Option<u32>,
    /// While `embedding`: passages in all.
    total: Option<u32>,
    /// Once `indexed`: its passages.
    passages: Option<u32>,
    /// If `failed`: why.
    code: Option<FailureView>,
    /// If `failed`: the page where, if the format has pages.
    page: Option<u32>,
    /// If `failed`: what to do about it.
    hint: Option<String>,
    uploaded_by: UserId,
    uploaded_at: Timestamp,
}

/// It is stored and will be indexed.
#[derive(ApiResponse)]
enum Accepted {
    /// It is stored; ask for its `state` until that is `indexed` or `failed`
    #[oai(status = 202)]
    Accepted(Json<DocumentView>),
}

impl From<FailureCode> for FailureView {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::Empty => Self::Empty,
            FailureCode::Unreadable => Self::Unreadable,
            FailureCode::TooLarge => Self::TooLarge,
            FailureCode::Internal => Self::Internal,
            FailureCode::Encrypted => Self::Encrypted,
        }
    }
}

impl From<Document> for DocumentView {
    fn from(document: Document) -> Self {
        let mut view = Self {
            id: document.id,
            workspace_id: document.workspace,
            title: document.title,
            media_type: document.media_type,
            bytes: document.bytes,
            state: StateView::Queued,
            done: None,
            total: None,
            passages: None,
            code: None,
            page: None,
            hint: None,
            uploaded_by: document.uploaded_by,
            uploaded_at: document.uploaded_at,
        };
        view.state = match document.state {
            DocumentState::Queued => StateView::Queued,
            DocumentState::Extracting => StateView::Extracting,
            DocumentState::Chunking => StateView::Chunking,
            DocumentState::Embedding { done, total } => {
                (view.done, view.total) = (Some(done), Some(total));
                StateView::Embedding
            }
            DocumentState::Indexed { passages } => {
                view.passages = Some(passages);
                StateView::Indexed
            }
            DocumentState::Failed { code, page, hint } => {
                (view.code, view.page, view.hint) = (Some(code.into()), page, Some(hint));
                StateView::Failed
            }
        };
        view
    }
}

#[OpenApi(tag = "Tag::Documents")]
impl Documents {
    /// List the documents of a workspace, newest first.
    #[oai(
        path = "/workspaces/:id/documents",
        method = "get",
        operation_id = "listDocuments"
    )]
    async fn list(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<DocumentView>>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let found = self.0.rag.list(&access, &page(cursor.0, limit.0)).await?;
        Ok(PageView::of(found, DocumentView::from))
    }

    /// Upload a document.
    ///
    /// It is stored when this returns, and indexed a little later.
    #[oai(
        path = "/workspaces/:id/documents",
        method = "post",
        operation_id = "uploadDocument"
    )]
    async fn upload(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        file: FileForm,
    ) -> Result<Accepted, Problem> {
        let access = self.0.open(&asker, id.0, Action::WriteDocuments).await?;
        let FileForm {
            name,
            media_type,
            bytes,
            place,
        } = file;
        let document = self
            .0
            .rag
            .upload(&access, &name, &media_type, bytes)
            .await?;
        drop(place);
        Ok(Accepted::Accepted(Json(document.into())))
    }

    /// Show a document and how far it is.
    #[oai(
        path = "/workspaces/:id/documents/:document",
        method = "get",
        operation_id = "getDocument"
    )]
    async fn show(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
    ) -> Result<Json<DocumentView>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let found = self.0.rag.get(&access, document.0).await?;
        Ok(Json(found.into()))
    }

    /// Read the text of a document.
    ///
    /// Offsets of passages, citations and findings are bytes of this text in UTF-8.
    #[oai(
        path = "/workspaces/:id/documents/:document/text",
        method = "get",
        operation_id = "getDocumentText"
    )]
    async fn text(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
    ) -> Result<Response<PlainText<String>>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let text = self.0.rag.text(&access, document.0).await?;
        // Somebody else's words: shown by our own page only, never opened as one.
        Ok(Response::new(PlainText(text))
            .header(
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"document.txt\"",
            )
            .header(
                header::CONTENT_SECURITY_POLICY,
                "sandbox; default-src 'none'",
            ))
    }

    /// Delete a document with everything that was made of it.
    #[oai(
        path = "/workspaces/:id/documents/:document",
        method = "delete",
        operation_id = "deleteDocument"
    )]
    async fn remove(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
    ) -> Result<Done, Problem> {
        let access = self.0.open(&asker, id.0, Action::WriteDocuments).await?;
        self.0.rag.remove(&access, document.0).await?;
        Ok(Done::Done)
    }
}
