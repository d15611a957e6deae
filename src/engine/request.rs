//! What is asked of the engine, and what comes back.

use super::kernels::attention::PAGE;
use super::{Asker, Constraint, Engine, EngineError, Prompt, Sampling, Scope, TokenLogprob};
use crate::domain::conversation::{FinishReason, Usage};
use crate::domain::model::ModelId;

/// One answer to make.
#[derive(Clone, Debug)]
pub struct Generate {
    pub model: ModelId,
    pub prompt: Prompt,
    pub sampling: Sampling,
    /// Texts that end the answer and are not part of it.
    pub stop: Vec<String>,
    /// The answer's length at most; without it, as much as the context holds.
    pub max_tokens: Option<u32>,
    /// Go on past the model's own end (for measuring speed); a constraint ends it all the same.
    pub ignore_end: bool,
    /// What the answer must look like.
    pub constraint: Option<Constraint>,
    /// Tell how likely each token was, and this many others in its place (at most
    /// [`MOST_ALTERNATIVES`]).
    pub logprobs: Option<u8>,
    /// Prompts of the same scope that begin alike are read once; without one, nothing is shared.
    pub scope: Option<Scope>,
    /// Who asks: the queue is fair between askers.
    pub asker: Asker,
}

impl Generate {
    /// An answer to `prompt` as long as it likes, by the default sampling.
    pub fn new(prompt: Prompt) -> Self {
        Self {
            model: prompt.model.clone(),
            prompt,
            sampling: Sampling::default(),
            stop: Vec::new(),
            max_tokens: None,
            ignore_end: false,
            constraint: None,
            logprobs: None,
            scope: None,
            asker: Asker::default(),
        }
    }
}

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Whole characters, and how many tokens they took. If they were asked for, also the logprobs
    /// of the tokens whose text is out with this piece.
    Text {
        text: String,
        tokens: u32,
        logprobs: Vec<TokenLogprob>,
    },
    /// The last piece.
    End { finish: FinishReason, usage: Usage },
}

/// What one step of decoding reads from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of weights, however many sequences take part in the step.
    pub weights: u64,
    /// Bytes of keys and values for each token that a sequence holds.
    pub remembered: u64,
}

impl Traffic {
    /// The traffic of one model, which is loaded first if it has to be.
    pub async fn of(engine: &Engine, model: &ModelId) -> Result<Self, EngineError> {
        let chat = engine.chat(model).await?;
        Ok(Self {
            weights: chat.decoder.step_bytes(),
            remembered: chat.decoder.cache_bytes(PAGE) / PAGE as u64,
        })
    }
}
