//! What people upload, and what answers point into.

use serde::{Deserialize, Serialize};

use super::id::{DocumentId, UserId, WorkspaceId};
use super::time::Timestamp;

/// One upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub id: DocumentId,
    pub workspace: WorkspaceId,
    /// The file name it came with, made fit to show; never used as a path.
    pub title: String,
    pub media_type: String,
    /// Size of the upload.
    pub bytes: u64,
    /// SHA-256 of the upload, hexadecimal: the name of its blob.
    pub digest: String,
    pub state: DocumentState,
    pub uploaded_by: UserId,
    pub uploaded_at: Timestamp,
    /// ISO 639-1 code of the language that most of it is in, once it was read and if one was
    /// recognised.
    pub language: Option<String>,
    /// What people filed it under, in the order in which they said it.
    pub tags: Vec<String>,
    /// The members of its workspace that may look at it, beside whoever uploaded it and the
    /// owners; `None` for all of them.
    pub members: Option<Vec<UserId>>,
    /// Counts from 1 with each file that took the place of the one before.
    pub version: u32,
    /// The document whose place it takes as soon as it is indexed.
    pub replaces: Option<DocumentId>,
    /// How many pages it has, once it was read and if its format has pages.
    pub pages: Option<u32>,
}

impl Document {
    /// Whether answers can draw on it, or will.
    pub fn is_of_use(&self) -> bool {
        !matches!(self.state, DocumentState::Failed { .. })
    }

    /// Whether its job is done, well or not.
    pub fn is_settled(&self) -> bool {
        matches!(
            self.state,
            DocumentState::Indexed { .. } | DocumentState::Failed { .. }
        )
    }

    /// The end of its name, in lower case: `pdf`.
    pub fn kind(&self) -> Option<String> {
        let (_, end) = self.title.rsplit_once('.')?;
        Some(end.to_lowercase())
    }
}

/// How far the background job is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DocumentState {
    Queued,
    Extracting,
    Chunking,
    /// `done` of `total` passages have their vector.
    Embedding {
        done: u32,
        total: u32,
    },
    Indexed {
        passages: u32,
    },
    Failed {
        code: FailureCode,
        page: Option<u32>,
        hint: String,
    },
}

/// Why a document could not be indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
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

/// One indexed piece of a document: bytes `start..end` of its stored text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    pub document: DocumentId,
    /// Counts from 0 within the document.
    pub ordinal: u32,
    pub start: u32,
    pub end: u32,
    pub page: Option<u32>,
    /// The headings above it, outermost first.
    pub headings: Vec<String>,
    pub text: String,
}

/// A passage named in an answer: bytes `start..end` of the document's stored text are `quote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The number in the answer, from 1.
    pub marker: u32,
    pub document: DocumentId,
    pub title: String,
    pub page: Option<u32>,
    pub start: u32,
    pub end: u32,
    pub quote: String,
    /// Where in the answer the sentence ends that this supports, in bytes; `None` if the passage
    /// was given to the model but no sentence of the answer could be matched to it.
    pub answer_end: Option<u32>,
}
