//! What can go wrong in answering.

use std::time::Duration;

use crate::auth::policy::Denied;
use crate::domain::fault::{Fault, Kind};
use crate::engine::EngineError;
use crate::pipeline::StageError;
use crate::rag::RagError;
use crate::store::StoreError;
use crate::workspaces::WorkspaceError;

/// Why a turn could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    #[error("the question is empty")]
    EmptyQuestion,
    #[error("the question is {bytes} bytes long and the limit is {limit}")]
    QuestionTooLong { bytes: usize, limit: usize },
    #[error("this branch of the conversation has {limit} turns, and no more fit")]
    BranchTooLong { limit: usize },
    #[error("there is no such turn in this conversation")]
    TurnNotFound,
    #[error("you already have {running} answers running")]
    TooManyRunning { running: u32 },
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error(transparent)]
    Rag(#[from] RagError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ChatError {
    /// The fault of the room below, for those that only pass through.
    fn inner(&self) -> Option<&dyn Fault> {
        Some(match self {
            Self::Denied(fault) => fault,
            Self::Workspace(fault) => fault,
            Self::Stage(fault) => fault,
            Self::Rag(fault) => fault,
            Self::Engine(fault) => fault,
            Self::Store(fault) => fault,
            _ => return None,
        })
    }
}

impl Fault for ChatError {
    fn kind(&self) -> Kind {
        match self {
            Self::TurnNotFound => Kind::NotFound,
            Self::TooManyRunning { .. } => Kind::RateLimited,
            _ => self.inner().map_or(Kind::Invalid, Fault::kind),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::EmptyQuestion => "question_empty",
            Self::QuestionTooLong { .. } => "question_too_long",
            Self::TurnNotFound => "turn_not_found",
            Self::TooManyRunning { .. } => "too_many_running",
            Self::BranchTooLong { .. } => "context_length_exceeded",
            _ => self.inner().map_or("internal", Fault::code),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::TooManyRunning { .. } => Some("wait for one of them, or cancel it".to_owned()),
            Self::BranchTooLong { .. } => Some("start a new conversation".to_owned()),
            _ => self.inner().and_then(Fault::hint),
        }
    }

    fn param(&self) -> Option<String> {
        match self {
            Self::EmptyQuestion | Self::QuestionTooLong { .. } => Some("text".to_owned()),
            _ => self.inner().and_then(Fault::param),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self.inner() {
            Some(fault) => fault.retry_after(),
            None if self.kind() == Kind::RateLimited => Some(Duration::from_secs(2)),
            None => None,
        }
    }
}
