//! Embed: the engine's embedding model, as this room uses it.
//!
//! Where there is none, or it fails, documents are found by their words alone; they are indexed
//! anew when a model comes.

use std::time::Duration;

use crate::domain::model::ModelCard;
use crate::engine::{Engine, EngineError};

use super::chunk::estimate;

/// Which side of a search a text is on: some models want to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Question,
    Passage,
}

/// One embedding model, or none.
#[derive(Clone)]
pub(super) struct Embedder {
    model: Option<(Engine, ModelCard)>,
    /// Tokens of its own that a text may have.
    window: usize,
    /// How often it asks an engine that is busy with answers.
    tries: u32,
}

const PATIENT_TRIES: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

/// Window where there is no model: what the usual ones take, so that passages suit a later one.
const USUAL_WINDOW: usize = 254;

impl Embedder {
    /// The box's embedding model as it is now.
    pub(super) fn of(engine: &Engine) -> Self {
        let Some(card) = engine.default_embedding() else {
            return Self::none();
        };
        // A token of a prefix has two bytes or more.
        let prefix = card.query_prefix.len().max(card.passage_prefix.len()) / 2;
        let window = engine.limits(&card.id).unwrap_or(USUAL_WINDOW);
        let window = window.saturating_sub(prefix).max(16);
        Self {
            model: Some((engine.clone(), card)),
            window,
            tries: 1,
        }
    }

    /// The same, for work that can wait until the answers are out.
    pub(super) fn patient(self) -> Self {
        Self {
            tries: PATIENT_TRIES,
            ..self
        }
    }

    /// One that counts by rule of thumb and makes no vectors.
    pub(super) fn none() -> Self {
        Self {
            model: None,
            window: USUAL_WINDOW,
            tries: 1,
        }
    }

    /// SHA-256 of the model's weights.
    pub(super) fn digest(&self) -> Option<&str> {
        self.model.as_ref().map(|(_, card)| card.digest.as_str())
    }

    /// Tokens that a text may have.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// How many tokens each text is.
    pub(super) async fn count(&self, texts: &[&str]) -> Result<Vec<usize>, EngineError> {
        let Some((engine, card)) = &self.model else {
            return Ok(texts.iter().map(|text| estimate(text)).collect());
        };
        let mut counts = Vec::with_capacity(texts.len());
        for texts in texts.chunks(1024) {
            let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
            let mut left = self.tries;
            counts.extend(loop {
                match engine.count_tokens(&card.id, texts.clone()).await {
                    Err(error) => wait_out(error, &mut left).await?,
                    Ok(counts) => break counts,
                }
            });
        }
        Ok(counts)
    }

    /// A vector for each text; none without a model.
    pub(super) async fn embed(
        &self,
        side: Side,
        mut texts: Vec<String>,
    ) -> Result<Option<Vec<Vec<f32>>>, EngineError> {
        let Some((engine, card)) = &self.model else {
            return Ok(None);
        };
        let prefix = match side {
            Side::Question => &card.query_prefix,
            Side::Passage => &card.passage_prefix,
        };
        for text in &mut texts {
            text.insert_str(0, prefix);
        }
        let count = texts.len();
        let mut left = self.tries;
        let made = loop {
            match engine.embed(&card.id, texts.clone()).await {
                Err(error) => wait_out(error, &mut left).await?,
                Ok(made) => break made.vectors,
            }
        };
        let expected = card.dimensions as usize;
        if made.len() != count || made.iter().any(|vector| vector.len() != expected) {
            let reason = format!(
                "{} vectors for {count} texts, or of another length",
                made.len()
            );
            return Err(EngineError::Compute { reason });
        }
        Ok(Some(made))
    }

    /// The start of a question that fits the window.
    pub(super) async fn fit<'q>(&self, question: &'q str) -> Result<&'q str, EngineError> {
        // No tokenizer makes less than one token of sixteen bytes of language.
        let mut part = &question[..question.floor_char_boundary(self.window * 16)];
        loop {
            let tokens = self.count(&[part]).await?.first().copied().unwrap_or(0);
            if tokens <= self.window {
                return Ok(part);
            }
            let keep = part.len() * self.window / tokens;
            part = &part[..part.floor_char_boundary(keep.min(part.len() - 1))];
        }
    }
}

/// Waits if the engine is only busy and there are tries left; else gives the error back.
async fn wait_out(error: EngineError, left: &mut u32) -> Result<(), EngineError> {
    *left = left.saturating_sub(1);
    if *left == 0 || !matches!(error, EngineError::Busy { .. }) {
        return Err(error);
    }
    tokio::time::sleep(PAUSE).await;
    Ok(())
}
