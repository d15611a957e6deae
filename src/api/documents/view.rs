//! How documents and their passages look in JSON.

use poem_openapi::{Enum, Object};

use crate::domain::document::{Document, DocumentState, FailureCode, Passage};
use crate::domain::id::{DocumentId, UserId, WorkspaceId};
use crate::domain::time::Timestamp;
use crate::rag::{Eta, Progress};

/// How far a document is.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "DocumentState", rename_all = "snake_case")]
pub(super) enum StateView {
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
    /// Somebody called it off.
    Cancelled,
}

/// One upload.
#[derive(Object)]
#[oai(rename = "Document", skip_serializing_if_is_none)]
pub(in crate::api) struct DocumentView {
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
    /// While `embedding`: seconds that it still takes, as far as that can be said.
    eta_seconds: Option<u32>,
    uploaded_by: UserId,
    uploaded_at: Timestamp,
    /// ISO 639-1 code of the language that most of it is in, if one was recognised.
    language: Option<String>,
    tags: Vec<String>,
    /// The members that may see it, beside whoever uploaded it and the owners of the workspace;
    /// absent if all of them may.
    members: Option<Vec<UserId>>,
    /// Counts from 1 with each file that took the place of the one before.
    version: u32,
    /// The document whose place it takes as soon as it is indexed.
    replaces: Option<DocumentId>,
    /// How many pages it has, if its format has pages.
    pages: Option<u32>,
}

impl From<FailureCode> for FailureView {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::Empty => Self::Empty,
            FailureCode::Unreadable => Self::Unreadable,
            FailureCode::TooLarge => Self::TooLarge,
            FailureCode::Internal => Self::Internal,
            FailureCode::Encrypted => Self::Encrypted,
            FailureCode::Cancelled => Self::Cancelled,
        }
    }
}

impl DocumentView {
    /// A document with what is known of its progress.
    pub(super) fn of(document: Document, eta: Option<Eta>) -> Self {
        Self {
            eta_seconds: eta.map(|eta| eta.seconds),
            ..document.into()
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
            eta_seconds: None,
            uploaded_by: document.uploaded_by,
            uploaded_at: document.uploaded_at,
            language: document.language,
            tags: document.tags,
            members: document.members,
            version: document.version,
            replaces: document.replaces,
            pages: document.pages,
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

/// Which documents of a list are wanted.
#[derive(Clone, Copy, Enum)]
#[oai(rename = "DocumentProgress", rename_all = "snake_case")]
pub(super) enum ProgressView {
    /// Neither indexed nor failed yet.
    Working,
    Indexed,
    Failed,
}

impl From<ProgressView> for Progress {
    fn from(view: ProgressView) -> Self {
        match view {
            ProgressView::Working => Self::Working,
            ProgressView::Indexed => Self::Indexed,
            ProgressView::Failed => Self::Failed,
        }
    }
}

/// One indexed piece of a document.
#[derive(Object)]
#[oai(rename = "Passage", skip_serializing_if_is_none)]
pub(super) struct PassageView {
    /// Counts from 0 within the document.
    ordinal: u32,
    /// Bytes of the document's text.
    start: u32,
    end: u32,
    page: Option<u32>,
    /// The headings above it, outermost first.
    headings: Vec<String>,
    text: String,
}

impl From<Passage> for PassageView {
    fn from(passage: Passage) -> Self {
        Self {
            ordinal: passage.ordinal,
            start: passage.start,
            end: passage.end,
            page: passage.page,
            headings: passage.headings,
            text: passage.text,
        }
    }
}
