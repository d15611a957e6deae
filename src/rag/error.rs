//! What can go wrong with documents.

use crate::auth::policy::Denied;
use crate::domain::document::Document;
use crate::domain::fault::{Fault, Kind};
use crate::store::StoreError;

/// What went wrong with a document.
#[derive(Debug, thiserror::Error)]
pub enum RagError {
    #[error("there is no such document")]
    NotFound,
    /// Its text is not there until it is indexed.
    #[error("the document is not indexed yet")]
    NotIndexed,
    #[error("the file has {bytes} bytes and the limit is {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    /// The same bytes are in the workspace and were not in vain.
    #[error("this file is in the workspace already, as “{}” ({})", .0.title, .0.id)]
    Exists(Box<Document>),
    #[error("the workspace has {limit} documents already")]
    Full { limit: u32 },
    #[error("the cursor is not one of this list")]
    Cursor,
    /// Only what failed can be tried again.
    #[error("the document did not fail")]
    NotFailed,
    /// Only what is not indexed yet can be called off.
    #[error("the document is done already")]
    Settled,
    /// Somebody who is to see a document is not in its workspace.
    #[error("somebody in `members` is not a member of this workspace")]
    NotMember,
    #[error("a document has at most 20 tags of 1 to 50 characters")]
    Tags,
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for RagError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotFound => Kind::NotFound,
            Self::NotIndexed
            | Self::Exists(_)
            | Self::Full { .. }
            | Self::NotFailed
            | Self::Settled => Kind::Conflict,
            Self::TooLarge { .. } => Kind::TooLarge,
            Self::Cursor | Self::NotMember | Self::Tags => Kind::Invalid,
            Self::Denied(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "document_not_found",
            Self::NotIndexed => "document_not_indexed",
            Self::TooLarge { .. } => "document_too_large",
            Self::Exists(_) => "document_exists",
            Self::Full { .. } => "workspace_full",
            Self::Cursor => "invalid_cursor",
            Self::NotFailed => "document_not_failed",
            Self::Settled => "document_settled",
            Self::NotMember => "not_a_member",
            Self::Tags => "invalid_tags",
            Self::Denied(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotIndexed => Some("Wait until its state is `indexed`.".to_owned()),
            Self::Exists(_) => Some("Delete that one first to upload it anew.".to_owned()),
            Self::Full { .. } => Some("Delete documents, or raise `rag.documents`.".to_owned()),
            Self::Denied(error) => error.hint(),
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Exists(document) => vec![
                ("document_id", document.id.to_string()),
                ("document_title", document.title.clone()),
            ],
            _ => Vec::new(),
        }
    }

    fn param(&self) -> Option<String> {
        let name = match self {
            Self::Cursor => "after",
            Self::NotMember => "members",
            Self::Tags => "tags",
            _ => return None,
        };
        Some(name.to_owned())
    }
}
