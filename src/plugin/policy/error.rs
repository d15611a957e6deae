//! Why a workspace cannot have the stages that somebody wants.

use std::time::Duration;

use crate::domain::fault::{Fault, Kind};
use crate::pipeline::StageError;
use crate::store::StoreError;

use super::PluginError;

/// Why a workspace cannot have the stages that somebody wants.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("a workspace has {limit} stages at most")]
    TooMany { limit: usize },
    #[error("there is no plugin {name}")]
    Unknown { name: String },
    #[error("the plugin {name} could not be loaded")]
    Broken { name: String },
    #[error("{name} is there twice")]
    Twice { name: String },
    #[error("this box requires {name}, active, in every workspace")]
    Required { name: String },
    #[error("{plugin} has no setting {key}")]
    Setting { plugin: String, key: String },
    #[error("{plugin}: {limit} settings at most")]
    Settings { plugin: String, limit: usize },
    #[error("{plugin}: {key} has {limit} bytes at most, and no control characters")]
    Value {
        plugin: String,
        key: String,
        limit: usize,
    },
    /// It was tried before anything is kept.
    #[error("{plugin} cannot judge with these settings: {why}")]
    Fails { plugin: String, why: String },
    #[error("a workspace has {limit} cases at most, of {bytes} bytes, each with a name of its own")]
    Cases { limit: usize, bytes: usize },
    /// The first of its cases that these stages do not keep.
    #[error("these stages do not keep the case \"{case}\": it is to be {want}, and is {got}")]
    Case {
        case: String,
        want: String,
        got: String,
    },
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    #[error(transparent)]
    Plugin(#[from] PluginError),
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Fault for PolicyError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooMany { .. }
            | Self::Unknown { .. }
            | Self::Broken { .. }
            | Self::Twice { .. }
            | Self::Required { .. }
            | Self::Setting { .. }
            | Self::Settings { .. }
            | Self::Value { .. }
            | Self::Cases { .. }
            | Self::Case { .. }
            | Self::Fails { .. } => Kind::Invalid,
            Self::WorkspaceNotFound => Kind::NotFound,
            Self::Plugin(source) => source.kind(),
            Self::Stage(source) => source.kind(),
            Self::Store(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "too_many_stages",
            Self::Unknown { .. } => "stage_unknown",
            Self::Broken { .. } => "stage_broken",
            Self::Twice { .. } => "stage_twice",
            Self::Required { .. } => "stage_required",
            Self::Setting { .. } => "setting_unknown",
            Self::Settings { .. } => "too_many_settings",
            Self::Value { .. } => "setting_invalid",
            Self::Fails { .. } => "stage_fails",
            Self::Cases { .. } => "cases_invalid",
            Self::Case { .. } => "case_not_kept",
            Self::WorkspaceNotFound => "workspace_not_found",
            Self::Plugin(source) => source.code(),
            Self::Stage(source) => source.code(),
            Self::Store(source) => source.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Required { .. } => {
                Some("plugins.required in the settings of the box says which those are.".to_owned())
            }
            Self::Case { .. } => {
                Some("Change the stages, or send other cases with them.".to_owned())
            }
            Self::Broken { .. } => Some("The log of the box has the cause.".to_owned()),
            Self::Plugin(source) => source.hint(),
            Self::Stage(source) => source.hint(),
            Self::Store(source) => source.hint(),
            _ => None,
        }
    }

    fn param(&self) -> Option<String> {
        (self.kind() == Kind::Invalid).then(|| "stages".to_owned())
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Plugin(source) => source.retry_after(),
            Self::Stage(source) => source.retry_after(),
            Self::Store(source) => source.retry_after(),
            _ => None,
        }
    }
}
