//! What the host lends to guests that are granted it: values that stay, the embedding model.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::bindings::guardrail::privatestack::plugin::{host_embed, host_kv};
use super::kv::{Kv, Refusal};
use super::state::State;

/// Texts of one call of `host-embed`, and bytes of them together.
const TEXTS: usize = 64;
const TEXT_BYTES: usize = 256 << 10;

/// Lines that are noted, at most.
const JOURNAL: usize = 100;

/// The box's embedding model, as plugins may use it. Calls block.
pub trait Embed: Send + Sync {
    /// The model as it is now.
    fn model(&self) -> Option<EmbedModel>;

    /// How many tokens each text is, by rule of thumb without a model; `None` if it failed.
    fn count(&self, texts: Vec<String>) -> Option<Vec<u32>>;

    /// A vector for each text, which is cut to what the model takes; `None` if there is no model
    /// or it failed.
    fn embed(&self, purpose: EmbedPurpose, texts: Vec<String>) -> Option<Vec<Vec<f32>>>;
}

/// An embedding model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedModel {
    /// SHA-256 of its weights, in hex.
    pub digest: String,
    pub dimensions: u32,
    /// Tokens that a text may have.
    pub tokens: u32,
}

/// Which side of a search a text is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedPurpose {
    Question,
    Passage,
}

/// All of it. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Services {
    pub(super) kv: Kv,
    /// What plugins that are only tried have logged.
    journal: Arc<Mutex<Vec<String>>>,
    embed: Arc<OnceLock<Arc<dyn Embed>>>,
}

impl Services {
    /// Lends the embedding model; what was lent first stays.
    pub(super) fn lend(&self, embed: Arc<dyn Embed>) {
        self.embed.get_or_init(|| embed);
    }

    /// Keeps a line for the author of a plugin that is tried.
    pub(super) fn note(&self, line: String) {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if journal.len() < JOURNAL {
            journal.push(line);
        }
    }

    /// The lines that were noted since this was asked last.
    pub(super) fn take_notes(&self) -> Vec<String> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut journal)
    }

    fn embedder(&self, texts: &[String]) -> Result<&dyn Embed, host_embed::Refusal> {
        let bytes: usize = texts.iter().map(String::len).sum();
        if texts.len() > TEXTS || bytes > TEXT_BYTES {
            return Err(host_embed::Refusal::TooMuch);
        }
        let lent = self.embed.get().ok_or(host_embed::Refusal::Unavailable)?;
        Ok(&**lent)
    }
}

impl host_kv::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        self.count()?;
        Ok(self.services.kv.get(&self.terms.shelf(), &key))
    }

    fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), host_kv::Refusal>> {
        self.count()?;
        let kept = self.services.kv.set(&self.terms.shelf(), key, value);
        Ok(kept.map_err(|refusal| match refusal {
            Refusal::TooLong => host_kv::Refusal::TooLong,
            Refusal::Full => host_kv::Refusal::Full,
        }))
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<bool> {
        self.count()?;
        Ok(self.services.kv.delete(&self.terms.shelf(), &key))
    }
}

impl host_embed::Host for State {
    fn model(&mut self) -> wasmtime::Result<Option<host_embed::EmbeddingModel>> {
        self.count()?;
        let model = self.services.embed.get().and_then(|lent| lent.model());
        Ok(model.map(|model| host_embed::EmbeddingModel {
            digest: model.digest,
            dimensions: model.dimensions,
            tokens: model.tokens,
        }))
    }

    fn count(
        &mut self,
        texts: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<u32>, host_embed::Refusal>> {
        State::count(self)?;
        let counted = self.services.embedder(&texts).and_then(|lent| {
            let counts = lent.count(texts);
            counts.ok_or(host_embed::Refusal::Unavailable)
        });
        Ok(counted)
    }

    fn embed(
        &mut self,
        purpose: host_embed::Purpose,
        texts: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Vec<f32>>, host_embed::Refusal>> {
        State::count(self)?;
        let purpose = match purpose {
            host_embed::Purpose::Question => EmbedPurpose::Question,
            host_embed::Purpose::Passage => EmbedPurpose::Passage,
        };
        let made = self.services.embedder(&texts).and_then(|lent| {
            let made = lent.embed(purpose, texts);
            made.ok_or(host_embed::Refusal::Unavailable)
        });
        Ok(made)
    }
}
