//! The embedding model as plugins may use it: it waits for them, but not for long.

use std::time::Duration;

use tokio::runtime::Handle;

use crate::engine::Engine;
use crate::plugin::{Embed, EmbedModel, EmbedPurpose};

use super::embed::{Embedder, Side};

/// How long one call may wait for the model.
const PATIENCE: Duration = Duration::from_secs(10);

/// The model of the box, lent.
pub struct Lent {
    engine: Engine,
}

impl Lent {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Waits for `work` on this thread, which is one of the blocking pool; commands without a
    /// runtime have no model.
    fn wait<T, E: std::fmt::Display>(work: impl Future<Output = Result<T, E>>) -> Option<T> {
        let runtime = Handle::try_current().ok()?;
        match runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await }) {
            Ok(Ok(made)) => Some(made),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a plugin asked for vectors and got none");
                None
            }
            Err(_) => None,
        }
    }
}

impl Embed for Lent {
    fn model(&self) -> Option<EmbedModel> {
        let card = self.engine.default_embedding()?;
        let window = Embedder::of(&self.engine).window();
        Some(EmbedModel {
            digest: card.digest,
            dimensions: card.dimensions,
            tokens: u32::try_from(window).unwrap_or(u32::MAX),
        })
    }

    fn count(&self, texts: Vec<String>) -> Option<Vec<u32>> {
        let embedder = Embedder::of(&self.engine);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let counts = Self::wait(embedder.count(&texts))?;
        let tokens = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(counts.into_iter().map(tokens).collect())
    }

    fn embed(&self, purpose: EmbedPurpose, texts: Vec<String>) -> Option<Vec<Vec<f32>>> {
        let embedder = Embedder::of(&self.engine);
        let side = match purpose {
            EmbedPurpose::Question => Side::Question,
            EmbedPurpose::Passage => Side::Passage,
        };
        Self::wait(async {
            let mut fitting = Vec::with_capacity(texts.len());
            for text in &texts {
                fitting.push(embedder.fit(text).await?.to_owned());
            }
            embedder.embed(side, fitting).await
        })?
    }
}
