//! What can go wrong with parcels.

use crate::domain::fault::{Fault, Kind};
use crate::rag::RagError;
use crate::store::StoreError;
use crate::workspaces::WorkspaceError;

/// Why a parcel cannot be made or taken in.
#[derive(Debug, thiserror::Error)]
pub enum ParcelError {
    /// It is something else, or somebody made it up.
    #[error("this is no parcel of a workspace: {0}")]
    Foreign(&'static str),
    #[error("the parcel is of version {found}, and this box reads version {known}")]
    Newer { found: u32, known: u32 },
    #[error("{what} in the parcel has {bytes} bytes and the limit is {limit}")]
    TooLarge {
        what: &'static str,
        bytes: u64,
        limit: u64,
    },
    #[error("the parcel has {count} documents and the limit is {limit}")]
    TooMany { count: usize, limit: u32 },
    /// An original whose bytes have another digest than its name.
    #[error("the original {digest} in the parcel was changed")]
    Changed { digest: String },
    #[error("the parcel ended, and {missing} originals that it names did not come")]
    Incomplete { missing: usize },
    #[error("the parcel broke off: {0}")]
    Broken(#[from] std::io::Error),
    /// The other side of the work ended; why, it says itself.
    #[error("the work on the parcel was given up")]
    Abandoned,
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Document(#[from] RagError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for ParcelError {
    fn kind(&self) -> Kind {
        match self {
            Self::Foreign(_)
            | Self::Newer { .. }
            | Self::Changed { .. }
            | Self::Incomplete { .. }
            | Self::Broken(_) => Kind::Invalid,
            Self::TooLarge { .. } | Self::TooMany { .. } => Kind::TooLarge,
            Self::Abandoned => Kind::Internal,
            Self::Workspace(error) => error.kind(),
            Self::Document(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Foreign(_) => "parcel_foreign",
            Self::Newer { .. } => "parcel_newer",
            Self::TooLarge { .. } => "parcel_too_large",
            Self::TooMany { .. } => "parcel_too_many",
            Self::Changed { .. } => "parcel_changed",
            Self::Incomplete { .. } => "parcel_incomplete",
            Self::Broken(_) => "parcel_broken",
            Self::Abandoned => "parcel_abandoned",
            Self::Workspace(error) => error.code(),
            Self::Document(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Foreign(_) => "Send what the export of a workspace gave, as it was.",
            Self::Newer { .. } => "Bring this box up to the version of the one that made it.",
            Self::TooLarge { .. } => "Raise server.upload_mib in the settings.",
            Self::TooMany { .. } => "Raise rag.documents in the settings.",
            Self::Changed { .. } | Self::Incomplete { .. } | Self::Broken(_) => {
                "Export the workspace again; this copy is not whole."
            }
            Self::Abandoned => return None,
            Self::Workspace(error) => return error.hint(),
            Self::Document(error) => return error.hint(),
            Self::Store(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }
}
