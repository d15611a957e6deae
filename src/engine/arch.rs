//! What a model can do, and which architecture a file names.

pub(crate) mod bert;
mod check;
mod folder;
pub(crate) mod llama;
#[cfg(test)]
mod parity;
mod pooling;
mod shape;

use std::path::{Path, PathBuf};

use super::kernels::Compute;
use super::kv_cache::{KvCache, Room};
use super::layers::encoder::Precision;
use super::prefix::Scope;
use super::weights::WeightsError;
use super::weights::gguf::Gguf;

/// What can go wrong with a model, on loading and on running it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelError {
    #[error(transparent)]
    Weights(#[from] WeightsError),
    #[error("this build cannot run models of architecture {0:?}")]
    Architecture(String),
    #[error("the model's {what} is {found}, which cannot be")]
    Config { what: &'static str, found: String },
    #[error("token {token} is not one of the model's {vocab}")]
    Token { token: u32, vocab: usize },
    #[error("{tokens} tokens do not fit where {limit} do")]
    Full { tokens: usize, limit: usize },
    #[error("all {pages} pages of the memory for conversations are in use")]
    NoPages { pages: usize },
    #[error("what the model remembered of the conversation was lost")]
    Lost,
    #[error("there is no token to run the model on")]
    Empty,
    #[error("the system gives no {bytes} bytes of memory for weights")]
    Memory {
        bytes: usize,
        source: std::io::Error,
    },
    #[error("the GPU: {reason}")]
    Device { reason: String },
    #[error("the model computed numbers that are none: its file is damaged or it has overflowed")]
    NotFinite,
}

/// What is known of a model before and after loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// As the file names it, such as `llama`.
    pub(crate) architecture: String,
    /// How many tokens it knows.
    pub(crate) vocab: usize,
    /// The longest text it was made for, in tokens.
    pub(crate) context: usize,
    /// Length of its vectors.
    pub(crate) dimensions: usize,
    /// How many weights the file holds.
    pub(crate) parameters: u64,
    /// The format of most of its weights, such as `Q4_1`.
    pub(crate) format: &'static str,
}

/// A model that continues text. Weights are shared; what one sequence said lies in its cache.
pub(crate) trait Decoder: Send + Sync {
    fn facts(&self) -> &Facts;

    /// Bytes that the weights take in memory.
    fn bytes(&self) -> u64;

    /// Bytes of weights that a step reads: not those of a table of which it takes a row or two.
    fn step_bytes(&self) -> u64 {
        self.bytes()
    }

    /// An empty cache for at most `tokens` tokens; it takes memory as it fills. In a scope, what
    /// it leaves can be found by others of the same scope.
    fn new_cache(&self, tokens: usize, scope: Option<Scope>) -> KvCache;

    /// Whether a cache of `tokens` tokens would find room for all of them, whatever the others do.
    fn has_room(&self, tokens: usize) -> bool;

    /// Bytes that a cache of `tokens` tokens takes.
    fn cache_bytes(&self, tokens: usize) -> u64;

    /// Appends the tokens of each part to its cache, all in one pass over the weights, and gives
    /// each the logits that it wants, `[vocab]` or `[tokens, vocab]`. No part depends on its
    /// company: each gets bit for bit what it would get alone (on a GPU but for rounding), and the
    /// error of one, whose cache then holds what it held before, is its own. A long prompt is best
    /// given in pieces of some hundred tokens.
    fn step(&self, parts: &mut [Part<'_>]) -> Vec<Result<Option<Vec<f32>>, ModelError>>;

    /// A step of one part that wants its logits.
    #[cfg(test)]
    fn forward(&self, tokens: &[u32], cache: &mut KvCache) -> Result<Vec<f32>, ModelError> {
        let part = Part {
            tokens,
            cache,
            logits: Wanted::Last,
        };
        let outcome = self.step(&mut [part]).pop();
        outcome
            .expect("an outcome for each part")
            .map(|logits| logits.expect("they were wanted"))
    }
}

/// One sequence's part in a step.
pub(crate) struct Part<'a> {
    /// At least one.
    pub(crate) tokens: &'a [u32],
    pub(crate) cache: &'a mut KvCache,
    pub(crate) logits: Wanted,
}

impl Part<'_> {
    /// After how many of its tokens, from the end, logits are wanted.
    fn wanted_rows(&self) -> usize {
        match self.logits {
            Wanted::None => 0,
            Wanted::Last => 1,
            Wanted::Each => self.tokens.len(),
        }
    }
}

/// Which logits are wanted of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    None,
    /// Those after its last token.
    Last,
    /// Those after each of its tokens.
    Each,
}

/// A model that turns text into a vector.
pub(crate) trait Encoder: Send + Sync {
    fn facts(&self) -> &Facts;

    /// Bytes that the weights take in memory.
    fn bytes(&self) -> u64;

    /// One vector `[dimensions]` of length 1 for each text, in order. Texts bring their special
    /// tokens along and are at most [`Facts::context`] tokens long.
    fn encode(&self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError>;
}

/// A loaded model.
pub(crate) enum LoadedModel {
    Decoder(Box<dyn Decoder>),
    Encoder(Box<dyn Encoder>),
}

/// Where a model's weights and settings lie.
enum Source {
    Gguf(Box<Gguf>),
    /// A folder as Hugging Face lays it out: `config.json` and `model.safetensors`.
    Folder(PathBuf),
}

impl Source {
    /// `path` is a GGUF file, a folder, or the safetensors file in a folder.
    fn open(path: &Path) -> Result<Self, ModelError> {
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if path
            .extension()
            .is_some_and(|ending| ending == "safetensors")
        {
            return Ok(Self::Folder(path.parent().unwrap_or(path).to_owned()));
        }
        Ok(Self::Gguf(Box::new(Gguf::open(path)?)))
    }
}

/// Whether the model in `folder`, laid out as Hugging Face does, continues text; else it makes
/// vectors, or is none that this build can run.
pub(crate) fn is_decoder(folder: &Path) -> Result<bool, ModelError> {
    Ok(shape::Family::of_model_type(&folder::model_type(folder)?).is_some())
}

/// What the model at `path` is, without loading its weights.
pub(crate) fn inspect(path: &Path) -> Result<Facts, ModelError> {
    match Source::open(path)? {
        Source::Gguf(file) => Ok(shape::Outline::of_gguf(&file)?.facts),
        Source::Folder(folder) if is_decoder(&folder)? => Ok(llama::inspect(&folder)?),
        Source::Folder(folder) => bert::inspect(&folder),
    }
}

/// Loads the model at `path`, to be run by `compute`; one that answers may remember its sequences
/// in `room`; one that makes vectors keeps its weights in `precision`.
pub(crate) fn load(
    path: &Path,
    compute: &Compute,
    room: Room,
    precision: Precision,
) -> Result<LoadedModel, ModelError> {
    match Source::open(path)? {
        Source::Gguf(file) => decoder(&file, compute, room).map(LoadedModel::Decoder),
        Source::Folder(folder) if is_decoder(&folder)? => Ok(LoadedModel::Decoder(Box::new(
            llama::Llama::load_folder(&folder, compute, room)?,
        ))),
        Source::Folder(folder) => Ok(LoadedModel::Encoder(Box::new(bert::Bert::load(
            &folder, precision, compute,
        )?))),
    }
}

/// Loads the model in `file`.
pub(crate) fn decoder(
    file: &Gguf,
    compute: &Compute,
    room: Room,
) -> Result<Box<dyn Decoder>, ModelError> {
    let model = llama::Llama::load(file, compute, room)?;
    Ok(Box::new(model))
}
