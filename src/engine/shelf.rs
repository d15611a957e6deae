//! Shelf: the models in memory. Each is loaded once, however many ask for it at the same time.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::arch::{self, Decoder, Encoder, Facts, LoadedModel};
use super::constraint::Grammars;
use super::kernels::Compute;
use super::library::Library;
use super::template::Template;
use super::tokenizer::Tokenizer;
use super::{EngineError, LoadState, ModelStatus};
use crate::config::EngineConfig;
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::domain::time::{Clock, Stopwatch};

/// A model that answers.
pub(super) struct ChatModel {
    pub(super) decoder: Arc<dyn Decoder>,
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) template: Template,
    /// Made when an answer is first held to something.
    grammars: Mutex<Option<Arc<Grammars>>>,
    /// The longest prompt with its answer, in tokens.
    pub(super) limit: usize,
}

impl ChatModel {
    /// What its constraints are compiled with, made by who asks first. Blocks for that long.
    pub(super) fn grammars(&self) -> Result<Arc<Grammars>, EngineError> {
        let mut grammars = self.grammars.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(grammars) = grammars.as_ref() {
            return Ok(grammars.clone());
        }
        let watch = Stopwatch::start();
        let made = Arc::new(Grammars::new(&self.tokenizer)?);
        let milliseconds = watch.elapsed().as_millis();
        tracing::info!(milliseconds, "the tree of a model's tokens was made");
        Ok(grammars.insert(made).clone())
    }
}

/// A model that makes vectors.
pub(super) struct EmbeddingModel {
    pub(super) encoder: Arc<dyn Encoder>,
    pub(super) tokenizer: Tokenizer,
    /// The longest text in tokens, without what the model puts around it.
    pub(super) limit: usize,
}

/// A model in memory. A cheap handle.
#[derive(Clone)]
pub(super) enum Loaded {
    Chat(Arc<ChatModel>),
    Embedding(Arc<EmbeddingModel>),
}

enum Slot {
    Loading,
    Ready(Loaded),
    Failed(String),
}

/// The models in memory and those on their way there.
pub(super) struct Shelf {
    config: EngineConfig,
    clock: Clock,
    compute: Compute,
    slots: Mutex<BTreeMap<ModelId, (ModelKind, Slot)>>,
    changed: Condvar,
}

impl Shelf {
    pub(super) fn new(config: &EngineConfig, clock: Clock) -> Self {
        Self {
            config: config.clone(),
            clock,
            compute: Compute::new(config.threads as usize),
            slots: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<ModelId, (ModelKind, Slot)>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model, if it is in memory.
    pub(super) fn find(&self, id: &ModelId) -> Option<Loaded> {
        match self.slots().get(id) {
            Some((_, Slot::Ready(loaded))) => Some(loaded.clone()),
            _ => None,
        }
    }

    /// The model, loaded if need be. Blocks; one that somebody else loads is waited for.
    pub(super) fn load(&self, library: &Library, card: &ModelCard) -> Result<Loaded, EngineError> {
        let mut slots = self.slots();
        loop {
            match slots.get(&card.id) {
                Some((_, Slot::Ready(loaded))) => return Ok(loaded.clone()),
                Some((_, Slot::Loading)) => {
                    let woken = self.changed.wait(slots);
                    slots = woken.unwrap_or_else(PoisonError::into_inner);
                }
                Some((_, Slot::Failed(_))) | None => break,
            }
        }
        slots.insert(card.id.clone(), (card.kind, Slot::Loading));
        drop(slots);
        let arrival = Arrival { shelf: self, card };
        let loaded = self.read(library, card);
        arrival.end(loaded)
    }

    fn read(&self, library: &Library, card: &ModelCard) -> Result<Loaded, EngineError> {
        let watch = Stopwatch::start();
        let (tokenizer, template) = library.tokenizer(&card.id)?;
        let cache_bytes = u64::from(self.config.kv_cache_mib) << 20;
        let weights = library.weights(&card.id);
        let loaded = match arch::load(&weights, &self.compute, cache_bytes)? {
            LoadedModel::Decoder(decoder) => {
                agree(&tokenizer, decoder.facts())?;
                let tokenizer = Arc::new(tokenizer);
                let template =
                    Template::new(template.as_deref(), tokenizer.clone(), self.clock.clone())?;
                let limit = self.limit(decoder.as_ref(), card);
                let decoder: Arc<dyn Decoder> = decoder.into();
                Loaded::Chat(Arc::new(ChatModel {
                    decoder,
                    tokenizer,
                    template,
                    grammars: Mutex::default(),
                    limit,
                }))
            }
            LoadedModel::Encoder(encoder) => {
                agree(&tokenizer, encoder.facts())?;
                let window = encoder.facts().context.min(card.context_tokens as usize);
                Loaded::Embedding(Arc::new(EmbeddingModel {
                    limit: window.saturating_sub(tokenizer.around()),
                    encoder: encoder.into(),
                    tokenizer,
                }))
            }
        };
        let milliseconds = watch.elapsed().as_millis();
        tracing::info!(model = %card.id, bytes = loaded.bytes(), milliseconds, "a model was loaded");
        Ok(loaded)
    }

    /// How long a prompt with its answer may be: as the model, the settings and the memory for
    /// caches allow.
    fn limit(&self, decoder: &dyn Decoder, card: &ModelCard) -> usize {
        let mut limit = decoder.facts().context.min(card.context_tokens as usize);
        if self.config.context_tokens > 0 {
            limit = limit.min(self.config.context_tokens as usize);
        }
        let budget = u64::from(self.config.kv_cache_mib) << 20;
        let fits = |tokens: usize| decoder.cache_bytes(tokens) <= budget;
        if fits(limit) {
            return limit;
        }
        let (mut low, mut high) = (0, limit);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if fits(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Lets go of a model; sequences that run on it keep it until they end.
    pub(super) fn unload(&self, id: &ModelId) {
        let mut slots = self.slots();
        if !matches!(slots.get(id), Some((_, Slot::Loading))) {
            let gone = slots.remove(id);
            drop(slots);
            // Dropped after the lock is let go: giving back a model's memory takes a while.
            drop(gone);
        }
    }

    pub(super) fn status(&self) -> Vec<ModelStatus> {
        let state = |slot: &Slot| match slot {
            Slot::Loading => LoadState::Loading,
            Slot::Ready(loaded) => LoadState::Loaded {
                bytes: loaded.bytes(),
            },
            Slot::Failed(reason) => LoadState::Failed {
                reason: reason.clone(),
            },
        };
        let slots = self.slots();
        let status = slots.iter().map(|(id, (kind, slot))| ModelStatus {
            id: id.clone(),
            kind: *kind,
            state: state(slot),
        });
        status.collect()
    }
}

/// Fails if the tokenizer makes tokens that the model does not know.
fn agree(tokenizer: &Tokenizer, facts: &Facts) -> Result<(), EngineError> {
    let (made, known) = (tokenizer.vocabulary(), facts.vocab);
    if made <= known {
        return Ok(());
    }
    Err(EngineError::Damaged {
        what: format!("its tokenizer has {made} tokens and its weights {known}"),
    })
}

impl Loaded {
    fn bytes(&self) -> u64 {
        match self {
            Self::Chat(chat) => chat.decoder.bytes(),
            Self::Embedding(embedding) => embedding.encoder.bytes(),
        }
    }
}

/// A model on its way. If loading panics, those who wait for it are told by the drop.
struct Arrival<'a> {
    shelf: &'a Shelf,
    card: &'a ModelCard,
}

impl Arrival<'_> {
    fn end(self, loaded: Result<Loaded, EngineError>) -> Result<Loaded, EngineError> {
        let slot = match &loaded {
            Ok(loaded) => Slot::Ready(loaded.clone()),
            Err(error) => Slot::Failed(error.to_string()),
        };
        self.put(slot);
        loaded.map_err(|error| {
            tracing::error!(model = %self.card.id, %error, "a model could not be loaded");
            EngineError::Load {
                model: self.card.id.clone(),
                reason: error.to_string(),
            }
        })
    }

    fn put(&self, slot: Slot) {
        let mut slots = self.shelf.slots();
        slots.insert(self.card.id.clone(), (self.card.kind, slot));
        self.shelf.changed.notify_all();
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        let id = &self.card.id;
        let still_loading = matches!(self.shelf.slots().get(id), Some((_, Slot::Loading)));
        if still_loading {
            self.put(Slot::Failed("loading it panicked".to_owned()));
        }
    }
}
