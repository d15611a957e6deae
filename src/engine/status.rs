//! What the engine says of itself.

use crate::domain::model::{ModelId, ModelKind};

/// What the engine is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineStatus {
    /// What models that answer run on: `cpu`, or a GPU such as `vulkan:0 (its name)`.
    pub device: String,
    /// Sequences that wait.
    pub queued: usize,
    /// Sequences that run.
    pub running: usize,
    /// Bytes of memory that all models together may take, with what their answers remember.
    pub memory_budget: u64,
    /// Bytes that are promised to the models in memory.
    pub memory_taken: u64,
    /// Models in memory or on their way there.
    pub models: Vec<ModelStatus>,
}

/// One model in memory, or on its way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelStatus {
    pub id: ModelId,
    pub kind: ModelKind,
    pub state: LoadState,
}

/// How far a model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadState {
    Loading,
    /// In memory, with this many bytes of weights.
    Loaded {
        bytes: u64,
    },
    /// It could not be loaded; why.
    Failed {
        reason: String,
    },
}
