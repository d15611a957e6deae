//! What goes wrong with workspaces and conversations.

use std::time::Duration;

use crate::auth::policy::Denied;
use crate::domain::fault::{Fault, Kind};
use crate::store::StoreError;

/// What goes wrong with workspaces and conversations.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("a name has 1 to 80 characters on one line")]
    NameInvalid,
    #[error("instructions have {limit} characters at most")]
    InstructionsTooLong { limit: usize },
    #[error("how well a passage must fit is a number from 0 to 1")]
    LeastInvalid,
    #[error("a title has {limit} characters on one line at most")]
    TitleInvalid { limit: usize },
    #[error("nobody with an account here has this address or id")]
    UserNotFound,
    #[error("that person is in this workspace already")]
    MemberExists,
    #[error("that person is not in this workspace")]
    MemberNotFound,
    #[error("this is the last owner; make somebody else one first")]
    LastOwner,
    #[error("{limit} {what} is as many as there may be")]
    Full { what: &'static str, limit: usize },
    #[error("there is no such conversation")]
    ConversationNotFound,
    #[error("this is not a cursor of this list")]
    CursorInvalid,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for WorkspaceError {
    fn kind(&self) -> Kind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NameInvalid
            | Self::InstructionsTooLong { .. }
            | Self::LeastInvalid
            | Self::TitleInvalid { .. }
            | Self::CursorInvalid => Kind::Invalid,
            Self::UserNotFound | Self::MemberNotFound | Self::ConversationNotFound => {
                Kind::NotFound
            }
            Self::MemberExists | Self::LastOwner | Self::Full { .. } => Kind::Conflict,
            Self::Store(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NameInvalid => "name_invalid",
            Self::InstructionsTooLong { .. } => "instructions_too_long",
            Self::LeastInvalid => "least_invalid",
            Self::TitleInvalid { .. } => "title_invalid",
            Self::UserNotFound => "user_not_found",
            Self::MemberExists => "member_exists",
            Self::MemberNotFound => "member_not_found",
            Self::LastOwner => "last_owner",
            Self::Full { .. } => "limit_reached",
            Self::ConversationNotFound => "conversation_not_found",
            Self::CursorInvalid => "cursor_invalid",
            Self::Store(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Denied(denied) => denied.hint(),
            Self::UserNotFound => Some("An admin can make an account for that person.".to_owned()),
            Self::Full { .. } => Some("Remove something that is not used any more.".to_owned()),
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }

    fn param(&self) -> Option<String> {
        let param = match self {
            Self::NameInvalid => "name",
            Self::InstructionsTooLong { .. } => "instructions",
            Self::TitleInvalid { .. } => "title",
            Self::UserNotFound | Self::MemberExists => "user",
            Self::CursorInvalid => "after",
            Self::Denied(denied) => return denied.param(),
            Self::Store(error) => return error.param(),
            _ => return None,
        };
        Some(param.to_owned())
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Store(error) => error.retry_after(),
            _ => None,
        }
    }
}
