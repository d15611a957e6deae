//! What people upload into a workspace.

mod events;
mod view;

use poem::http::header;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Binary, Json, PlainText, Response};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::identity::Identity;
use super::params::{Done, PageView, page};
use super::problem::Problem;
use super::shared::Shared;
use super::tags::Tag;
use super::upload::FileForm;
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, UserId, WorkspaceId};
use crate::domain::principal::Action;
use crate::rag::{Changes, Filter, Upload};
use events::Events;
use view::{DocumentView, PassageView, ProgressView};

pub(super) struct Documents(pub Shared);

/// It is stored and will be indexed.
#[derive(ApiResponse)]
enum Accepted {
    /// It is stored; ask for its `state` until that is `indexed` or `failed`
    #[oai(status = 202)]
    Accepted(Json<DocumentView>),
}

/// What is to be different about a document.
#[derive(Object)]
#[oai(rename = "DocumentChange", deny_unknown_fields)]
struct ChangeBody {
    #[oai(validator(max_length = 200))]
    title: Option<String>,
    /// In place of those it has; at most 20 of 1 to 50 characters.
    #[oai(validator(max_items = 100))]
    tags: Option<Vec<String>>,
    /// The members that may see it; `null` for all of them.
    #[oai(validator(max_items = 1000))]
    members: MaybeUndefined<Vec<UserId>>,
}

/// Somebody else's words: shown by our own page only, never opened as one.
fn foreign<T>(response: Response<T>, saved_as: &str) -> Response<T> {
    response
        .header(header::CONTENT_DISPOSITION, saved_as)
        .header(
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'",
        )
}

/// What a browser is to save a file as: RFC 6266, with the name as RFC 8187 writes it.
fn attachment(name: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    format!("attachment; filename*=UTF-8''{encoded}")
}

impl Documents {
    fn view(&self, document: Document) -> DocumentView {
        let eta = self.0.rag.eta(document.id);
        DocumentView::of(document, eta)
    }
}

#[OpenApi(tag = "Tag::Documents")]
impl Documents {
    /// List the documents of a workspace that you may see, newest first.
    #[oai(
        path = "/workspaces/:id/documents",
        method = "get",
        operation_id = "listDocuments"
    )]
    #[expect(
        clippy::too_many_arguments,
        reason = "each parameter of the query is one"
    )]
    async fn list(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
        /// Words that the title must hold.
        #[oai(validator(max_length = 200))]
        title: Query<Option<String>>,
        #[oai(validator(max_length = 200))] tag: Query<Option<String>>,
        state: Query<Option<ProgressView>>,
    ) -> Result<Json<PageView<DocumentView>>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let filter = Filter {
            title: title.0.filter(|title| !title.is_empty()),
            tags: tag.0.into_iter().filter(|tag| !tag.is_empty()).collect(),
            progress: state.0.map(Into::into),
            ..Filter::default()
        };
        let page = page(cursor.0, limit.0);
        let found = self.0.rag.list(&access, &filter, &page).await?;
        Ok(PageView::of(found, |document| self.view(document)))
    }

    /// Follow the documents of a workspace as they change.
    ///
    /// Begins with every document that is not done. Connect again when it ends.
    #[oai(
        path = "/workspaces/:id/documents/events",
        method = "get",
        operation_id = "followDocuments"
    )]
    async fn follow(&self, asker: Identity, id: Path<WorkspaceId>) -> Result<Events, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let watch = self.0.rag.watch(&access).await?;
        Ok(Events::of(self.0.clone(), asker, watch, id.0))
    }

    /// Upload a document.
    ///
    /// It is stored when this returns, and indexed a little later. With `replaces` it is the next
    /// version of that document, which answers draw on until this one is indexed.
    #[oai(
        path = "/workspaces/:id/documents",
        method = "post",
        operation_id = "uploadDocument"
    )]
    async fn upload(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        replaces: Query<Option<DocumentId>>,
        file: FileForm,
    ) -> Result<Accepted, Problem> {
        let access = self.0.open(&asker, id.0, Action::WriteDocuments).await?;
        let FileForm {
            name,
            media_type,
            bytes,
            place,
        } = file;
        let upload = Upload {
            title: name,
            media_type,
            bytes,
            replaces: replaces.0,
        };
        let document = self.0.rag.upload(&access, upload).await?;
        drop(place);
        Ok(Accepted::Accepted(Json(self.view(document))))
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
        Ok(Json(self.view(found)))
    }

    /// Change what a document is called, filed under, or who may see it.
    ///
    /// Who may see it is for its uploader and the owners of the workspace to say.
    #[oai(
        path = "/workspaces/:id/documents/:document",
        method = "patch",
        operation_id = "changeDocument"
    )]
    async fn change(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
        body: Json<ChangeBody>,
    ) -> Result<Json<DocumentView>, Problem> {
        let access = self.0.open(&asker, id.0, Action::WriteDocuments).await?;
        let ChangeBody {
            title,
            tags,
            members,
        } = body.0;
        let members = match members {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(members) => Some(Some(members)),
        };
        let changes = Changes {
            title,
            tags,
            members,
        };
        let changed = self.0.rag.change(&access, document.0, changes).await?;
        Ok(Json(self.view(changed)))
    }

    /// Try to index a document once more that failed.
    #[oai(
        path = "/workspaces/:id/documents/:document/retry",
        method = "post",
        operation_id = "retryDocument"
    )]
    async fn retry(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
    ) -> Result<Json<DocumentView>, Problem> {
        let access = self.0.open(&asker, id.0, Action::WriteDocuments).await?;
        let document = self.0.rag.retry(&access, document.0).await?;
        Ok(Json(self.view(document)))
    }

    /// Call off the indexing of a document. It stays, as failed.
    #[oai(
        path = "/workspaces/:id/documents/:document/cancel",
        method = "post",
        operation_id = "cancelDocument"
    )]
    async fn cancel(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
    ) -> Result<Json<DocumentView>, Problem> {
        let access = self.0.open(&asker, id.0, Action::WriteDocuments).await?;
        let document = self.0.rag.cancel(&access, document.0).await?;
        Ok(Json(self.view(document)))
    }

    /// Read the file as it was uploaded.
    #[oai(
        path = "/workspaces/:id/documents/:document/file",
        method = "get",
        operation_id = "getDocumentFile"
    )]
    async fn file(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
    ) -> Result<Response<Binary<Vec<u8>>>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let (document, bytes) = self.0.rag.file(&access, document.0).await?;
        let saved_as = attachment(&document.title);
        Ok(foreign(Response::new(Binary(bytes)), &saved_as))
    }

    /// List the passages of a document, in order.
    #[oai(
        path = "/workspaces/:id/documents/:document/passages",
        method = "get",
        operation_id = "listPassages"
    )]
    async fn passages(
        &self,
        asker: Identity,
        id: Path<WorkspaceId>,
        document: Path<DocumentId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> Result<Json<PageView<PassageView>>, Problem> {
        let access = self.0.open(&asker, id.0, Action::ReadWorkspace).await?;
        let page = page(cursor.0, limit.0);
        let found = self.0.rag.passages(&access, document.0, &page).await?;
        Ok(PageView::of(found, PassageView::from))
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
        let saved_as = attachment("document.txt");
        Ok(foreign(Response::new(PlainText(text)), &saved_as))
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
