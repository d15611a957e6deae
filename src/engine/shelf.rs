//! Shelf: the models in memory. Each is loaded once, however many ask for it at the same time, and
//! all together take no more memory than they may.

mod machine;
mod places;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::arch::{self, Decoder, Encoder, Facts, LoadedModel};
use super::constraint::Grammars;
use super::device::Chosen;
use super::kernels::Compute;
use super::kv_cache::Room;
use super::layers::encoder::Precision;
use super::library::Library;
use super::template::Template;
use super::tokenizer::Tokenizer;
use super::{EngineError, LoadState, ModelStatus};
use crate::config::EngineConfig;
use crate::domain::model::{ModelCard, ModelId, ModelKind};
use crate::domain::time::{Clock, Stopwatch};

use places::{Grant, Need, NoRoom, Places, Slot};

/// With less than this for what its answers remember a model is of little use.
const LEAST_CACHE: u64 = 64 << 20;

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

/// The models in memory and those on their way there.
pub(super) struct Shelf {
    config: EngineConfig,
    clock: Clock,
    compute: Compute,
    places: Mutex<Places>,
    changed: Condvar,
}

impl Shelf {
    /// A shelf of models; those that answer lie on `device`.
    pub(super) fn new(config: &EngineConfig, device: &Chosen, clock: Clock) -> Self {
        Self {
            config: config.clone(),
            clock,
            compute: Compute::new(config.threads as usize).at(device.place),
            places: Mutex::new(Places::new(budget(config, device))),
            changed: Condvar::new(),
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model, if it is in memory.
    pub(super) fn find(&self, id: &ModelId) -> Option<Loaded> {
        self.places().take_out(id)
    }

    /// The model, loaded if need be. Blocks; one that somebody else loads is waited for. Others
    /// that rest make room for it, `defaults` last.
    pub(super) fn load(
        &self,
        library: &Library,
        card: &ModelCard,
        defaults: &[ModelCard],
    ) -> Result<Loaded, EngineError> {
        let mut places = self.places();
        loop {
            if let Some(loaded) = places.take_out(&card.id) {
                return Ok(loaded);
            }
            let Some(Slot::Loading) = places.get(&card.id) else {
                break;
            };
            let woken = self.changed.wait(places);
            places = woken.unwrap_or_else(PoisonError::into_inner);
        }
        let takes = |card: &ModelCard| (card.id.clone(), self.weights(card));
        let defaults: Vec<_> = defaults.iter().map(takes).collect();
        let room = places.make_room(card, self.need(card), &defaults);
        let Grant { cache, gone } = room.map_err(|none| {
            let error = no_room(card, &none);
            // Whoever asks for the status is to see what never fits.
            if none.needed > none.budget {
                places.fail(card, error.to_string());
            }
            error
        })?;
        drop(places);
        let arrival = Arrival { shelf: self, card };
        drop(gone);
        let loaded = self.read(library, card, cache);
        arrival.end(loaded, cache)
    }

    /// What the model is going to need, as far as its card tells.
    fn need(&self, card: &ModelCard) -> Need {
        let most = u64::from(self.config.kv_cache_mib) << 20;
        Need {
            weights: self.weights(card),
            cache: match card.kind {
                ModelKind::Chat => (most.min(LEAST_CACHE), most),
                ModelKind::Embedding => (0, 0),
            },
        }
    }

    /// Bytes of the model's weights where they are going to lie, about.
    fn weights(&self, card: &ModelCard) -> u64 {
        match card.kind {
            ModelKind::Chat => self.compute.place().bytes_of(card.bytes, card.parameters),
            ModelKind::Embedding => card.bytes,
        }
    }

    fn read(
        &self,
        library: &Library,
        card: &ModelCard,
        cache_bytes: u64,
    ) -> Result<Loaded, EngineError> {
        let watch = Stopwatch::start();
        let (tokenizer, template) = library.tokenizer(&card.id)?;
        machine::give_back_freed();
        let weights = library.weights(&card.id);
        let precision = match self.config.embedding_int8 {
            true => Precision::Bytes,
            false => Precision::Plain,
        };
        let room = Room {
            bytes: cache_bytes,
            rounded: self.config.kv_cache_int8,
        };
        let loaded = match arch::load(&weights, &self.compute, room, precision)? {
            LoadedModel::Decoder(decoder) => {
                agree(&tokenizer, decoder.facts())?;
                let tokenizer = Arc::new(tokenizer);
                let template =
                    Template::new(template.as_deref(), tokenizer.clone(), self.clock.clone())?;
                let limit = self.limit(decoder.as_ref(), card, cache_bytes);
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
    fn limit(&self, decoder: &dyn Decoder, card: &ModelCard, budget: u64) -> usize {
        let mut limit = decoder.facts().context.min(card.context_tokens as usize);
        if self.config.context_tokens > 0 {
            limit = limit.min(self.config.context_tokens as usize);
        }
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
        let gone = self.places().remove(id);
        // Dropped after the lock is let go: giving back a model's memory takes a while.
        drop(gone);
    }

    /// Bytes of memory for all models together, and bytes that are taken.
    pub(super) fn memory(&self) -> (u64, u64) {
        self.places().memory()
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
        let places = self.places();
        let status = places.iter().map(|(id, place)| ModelStatus {
            id: id.clone(),
            kind: place.kind,
            state: state(&place.slot),
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
    fn end(self, loaded: Result<Loaded, EngineError>, cache: u64) -> Result<Loaded, EngineError> {
        let (slot, charge) = match &loaded {
            Ok(loaded) => (Slot::Ready(loaded.clone()), loaded.bytes() + cache),
            Err(error) => (Slot::Failed(error.to_string()), 0),
        };
        self.put(slot, charge);
        loaded.map_err(|error| {
            tracing::error!(model = %self.card.id, %error, "a model could not be loaded");
            EngineError::Load {
                model: self.card.id.clone(),
                reason: error.to_string(),
            }
        })
    }

    fn put(&self, slot: Slot, charge: u64) {
        self.shelf.places().put(&self.card.id, slot, charge);
        self.shelf.changed.notify_all();
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        let still_loading = matches!(self.shelf.places().get(&self.card.id), Some(Slot::Loading));
        if still_loading {
            self.put(Slot::Failed("loading it panicked".to_owned()), 0);
        }
    }
}

/// Bytes of memory for all models together, as the settings or else the GPU or the machine has them.
fn budget(config: &EngineConfig, device: &Chosen) -> u64 {
    let memory = device.memory.or_else(machine::memory_bytes);
    match (config.memory_mib, memory) {
        (0, Some(bytes)) => bytes / 4 * 3,
        (0, None) => u64::MAX,
        (mib, _) => u64::from(mib) << 20,
    }
}

fn no_room(card: &ModelCard, none: &NoRoom) -> EngineError {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    tracing::warn!(
        model = %card.id,
        needed_mib = mib(none.needed),
        budget_mib = mib(none.budget),
        busy_mib = mib(none.busy),
        "there is no room for a model"
    );
    EngineError::NoRoom {
        model: card.id.clone(),
        needed_mib: mib(none.needed),
        budget_mib: mib(none.budget),
        fits_later: none.needed <= none.budget,
    }
}
