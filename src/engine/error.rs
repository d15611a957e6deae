//! What can go wrong in the engine, and how the outside is to take it.

use std::time::Duration;

use super::arch::ModelError;
use super::constraint::ConstraintError;
use super::sampling::SamplingError;
use super::weights::WeightsError;
use crate::domain::fault::{Fault, Kind};
use crate::domain::model::ModelId;

/// What can go wrong in the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("the prompt is {tokens} tokens long and the context holds {limit}")]
    PromptTooLong { tokens: usize, limit: usize },
    #[error("text {index} is {tokens} tokens long and the model takes {limit}")]
    TextTooLong {
        index: usize,
        tokens: usize,
        limit: usize,
    },
    #[error("there is no model `{name}` on this box")]
    UnknownModel { name: String },
    #[error("there is no {kind} model on this box")]
    NoModel { kind: &'static str },
    #[error("the model `{model}` is not one for {needed}")]
    WrongKind {
        model: ModelId,
        needed: &'static str,
    },
    #[error("{queued} answers are waiting already")]
    Busy {
        queued: usize,
        /// When there is room again, if that is known.
        retry: Option<Duration>,
    },
    #[error("{queued} answers for you are waiting already")]
    ShareTaken {
        queued: usize,
        /// When one of them has its turn, if that is known.
        retry: Option<Duration>,
    },
    #[error("the engine is stopping")]
    Stopping,
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    #[error("the stop texts are wrong: {reason}")]
    StopTexts { reason: &'static str },
    #[error("the model's chat template refused the messages: {reason}")]
    Template { reason: String },
    /// The file is not what it claims to be (truncated, lying header, wrong sizes).
    #[error("the model file is damaged: {what}")]
    Damaged { what: String },
    /// The file is sound and needs something this engine does not have.
    #[error("the model is of a kind this box cannot run: {what}")]
    Unsupported { what: String },
    #[error("the model `{model}` could not be loaded: {reason}")]
    Load { model: ModelId, reason: String },
    /// All models together may take no more memory.
    #[error(
        "the model `{model}` needs {needed_mib} MiB of memory and all models together may take \
         {budget_mib} MiB"
    )]
    NoRoom {
        model: ModelId,
        needed_mib: u64,
        budget_mib: u64,
        /// It fits once models that answer at the moment have done so.
        fits_later: bool,
    },
    #[error("cannot {action}")]
    Io {
        action: String,
        source: std::io::Error,
    },
    #[error("the model's computation failed: {reason}")]
    Compute { reason: String },
}

impl Fault for EngineError {
    fn kind(&self) -> Kind {
        match self {
            Self::PromptTooLong { .. }
            | Self::TextTooLong { .. }
            | Self::WrongKind { .. }
            | Self::Sampling(_)
            | Self::Constraint(_)
            | Self::StopTexts { .. }
            | Self::Template { .. }
            | Self::Damaged { .. } => Kind::Invalid,
            Self::Unsupported { .. } => Kind::Unsupported,
            Self::UnknownModel { .. } => Kind::NotFound,
            Self::NoRoom {
                fits_later: true, ..
            } => Kind::Overloaded,
            Self::NoModel { .. } | Self::Stopping | Self::Load { .. } | Self::NoRoom { .. } => {
                Kind::Unavailable
            }
            Self::Busy { .. } => Kind::Overloaded,
            Self::ShareTaken { .. } => Kind::RateLimited,
            Self::Io { .. } | Self::Compute { .. } => Kind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::PromptTooLong { .. } | Self::TextTooLong { .. } => "context_length_exceeded",
            Self::UnknownModel { .. } => "model_not_found",
            Self::NoModel { .. } => "no_model",
            Self::WrongKind { .. } => "model_kind_mismatch",
            Self::Busy { .. } => "engine_busy",
            Self::ShareTaken { .. } => "too_many_waiting",
            Self::Stopping => "engine_stopping",
            Self::Sampling(_) => "sampling_out_of_range",
            Self::Constraint(_) => "constraint_unsupported",
            Self::StopTexts { .. } => "stop_invalid",
            Self::Template { .. } => "chat_template_refused",
            Self::Damaged { .. } => "model_file_damaged",
            Self::Unsupported { .. } => "model_unsupported",
            Self::Load { .. } => "model_load_failed",
            Self::NoRoom { .. } => "model_does_not_fit",
            Self::Io { .. } => "engine_io",
            Self::Compute { .. } => "engine_failed",
        }
    }

    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::PromptTooLong { .. } => "Send fewer or shorter messages.",
            Self::TextTooLong { .. } => "Split the text into shorter pieces.",
            Self::NoModel { .. } => "Import one: privatestack model import FILE",
            Self::NoRoom {
                fits_later: true, ..
            } => "Other models are answering at the moment; try again in a while.",
            Self::NoRoom { .. } => {
                "Take a smaller model, or raise engine.memory_mib if the box has more memory."
            }
            Self::ShareTaken { .. } => "Wait for one of them, or cancel it.",
            Self::Damaged { .. } => "Fetch the file again and compare its checksum.",
            _ => return None,
        };
        Some(words.to_owned())
    }

    fn param(&self) -> Option<String> {
        match self {
            Self::PromptTooLong { .. } | Self::Template { .. } => Some("messages".to_owned()),
            Self::TextTooLong { .. } => Some("input".to_owned()),
            Self::UnknownModel { .. } | Self::WrongKind { .. } => Some("model".to_owned()),
            Self::Sampling(error) => Some(error.param().to_owned()),
            Self::Constraint(error) => Some(error.param().to_owned()),
            Self::StopTexts { .. } => Some("stop".to_owned()),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        let known = match self {
            Self::Busy { retry, .. } | Self::ShareTaken { retry, .. } => *retry,
            _ => None,
        };
        known.or_else(|| self.kind().retry_after())
    }
}

impl From<WeightsError> for EngineError {
    fn from(error: WeightsError) -> Self {
        ModelError::Weights(error).into()
    }
}

impl From<ModelError> for EngineError {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Weights(WeightsError::Read { source, .. }) => Self::Io {
                action: "read the model's weights".to_owned(),
                source,
            },
            ModelError::Weights(WeightsError::Unsupported { .. } | WeightsError::Version(_))
            | ModelError::Architecture(_) => Self::Unsupported {
                what: error.to_string(),
            },
            ModelError::Weights(_) | ModelError::Config { .. } => Self::Damaged {
                what: error.to_string(),
            },
            _ => Self::Compute {
                reason: error.to_string(),
            },
        }
    }
}
