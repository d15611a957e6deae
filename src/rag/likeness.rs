//! Likeness: how near texts are to each other, and what was found to what was asked.
//!
//! Whether the documents hold an answer at all is told by two things that fail at different
//! questions: how alike the vectors of question and passage are, and how many of the question's
//! rare words the passage has.

use std::collections::{HashMap, HashSet};

use crate::auth::policy::Access;
use crate::domain::id::DocumentId;
use crate::store::passages::{VECTORS_PER_BLOCK, VectorBlock};
use crate::store::{ReadTx, StoreError};

use super::embed::{Embedder, Side};
use super::retrieve::Vector;
use super::sight::Sight;
use super::{Rag, RagError, Retrieved, blocking, bm25, index, words};

/// Texts that are compared in one go, at most.
const TEXTS: usize = 256;
/// Without vectors words have to say it all, and people ask in other words than documents have: by
/// the words alone XQuAD's English questions come to a share of 0.2 or more in 99 of 100 cases.
const WORDS_ALONE: f32 = 1.5;

/// Passages that are taken to be there without any of the words: among two or three passages
/// nothing is known of how rare a word is.
const UNSEEN: f32 = 10.0;

/// A question as its telling words and its vector say it.
struct Wanted {
    telling: String,
    vector: Option<Vector>,
}

impl Rag {
    /// How alike the two texts of each pair are (cosine of their vectors), -1 to 1; the pairs are
    /// places in `texts`. None without an embedding model, or where the engine is too busy.
    pub async fn likeness(
        &self,
        mut texts: Vec<String>,
        pairs: &[(usize, usize)],
    ) -> Option<Vec<f32>> {
        let embedder = Embedder::of(&self.inner.engine);
        embedder.digest()?;
        if texts.len() > TEXTS {
            return None;
        }
        let made = async {
            let whole: Vec<&str> = texts.iter().map(String::as_str).collect();
            let counts = embedder.count(&whole).await?;
            for (text, count) in texts.iter_mut().zip(counts) {
                if count > embedder.window() {
                    *text = embedder.fit(text).await?.to_owned();
                }
            }
            embedder.embed(Side::Passage, texts).await
        };
        match made.await {
            Ok(vectors) => {
                let vectors = vectors?;
                let likeness = |&(a, b): &(usize, usize)| cosine(vectors.get(a)?, vectors.get(b)?);
                pairs.iter().map(likeness).collect()
            }
            Err(error) => {
                tracing::warn!(%error, "texts are compared by their words alone");
                None
            }
        }
    }

    /// What else is searched for with a question, as the workspace's rewriters say; nothing if there
    /// are none.
    pub async fn rewritten(
        &self,
        question: &str,
        earlier: &[String],
    ) -> Result<Vec<String>, RagError> {
        let stages = self.inner.stages.now();
        if stages.rewriters.is_empty() {
            return Ok(Vec::new());
        }
        let (question, earlier) = (question.to_owned(), earlier.to_vec());
        Ok(blocking(move || Ok(stages.rewrite(&question, &earlier))).await?)
    }

    /// How well the best of what was found fits a question, 0 to 1; none if there is no passage in
    /// the workspace. `telling` are the words of the question that say what is looked for.
    pub async fn relevance(
        &self,
        access: &Access,
        question: &str,
        telling: &str,
        found: &[Retrieved],
    ) -> Result<Option<f32>, RagError> {
        let wanted = Wanted {
            telling: telling.to_owned(),
            vector: self.vector_of(question).await,
        };
        let (access, found) = (access.clone(), found.to_vec());
        let read = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?;
            relevance(tx, &sight, &wanted, &found)
        });
        Ok(read.await?)
    }
}

fn relevance(
    tx: &ReadTx,
    sight: &Sight,
    wanted: &Wanted,
    found: &[Retrieved],
) -> Result<Option<f32>, StoreError> {
    if sight.documents(tx, None, 1)?.is_empty() {
        return Ok(None);
    }
    let all = sight.corpus(tx)?.passages;
    if all == 0 {
        return Ok(None);
    }
    let asked = bm25::question(&wanted.telling, &sight.languages(tx)?);
    let mut weights = Vec::with_capacity(asked.len());
    for word in &asked {
        let mut with = 0u64;
        for form in &word.forms {
            with += u64::from(sight.frequency(tx, form)?);
        }
        let weight = ((all as f32 + UNSEEN) / (with.min(all) as f32 + 0.5)).ln_1p();
        weights.push((&word.forms, word.weight * weight));
    }
    let sum: f32 = weights.iter().map(|(_, weight)| weight).sum();
    let mut blocks = Blocks::default();
    let mut most = 0f32;
    for one in found {
        let passage = &one.passage;
        let text = index::searchable(&one.title, &passage.headings, &passage.text);
        let has = words::terms(&text, one.spoken());
        let has: HashSet<String> = has.into_iter().collect();
        let held: f32 = weights
            .iter()
            .filter(|(forms, _)| forms.iter().any(|form| has.contains(form)))
            .map(|(_, weight)| weight)
            .sum();
        let share = if sum > 0.0 { held / sum } else { 0.0 };
        let place = (passage.document, passage.ordinal);
        let likeness = match &wanted.vector {
            Some(vector) => blocks.likeness(tx, sight, place, vector)?,
            None => None,
        };
        let fit = match likeness {
            Some(likeness) => f32::midpoint(likeness.clamp(0.0, 1.0), share),
            None => (share * WORDS_ALONE).min(1.0),
        };
        most = most.max(fit);
    }
    Ok(Some(most))
}

/// Blocks of vectors that were read, for passages of one document often share one.
#[derive(Default)]
struct Blocks(HashMap<(DocumentId, u32), Option<VectorBlock>>);

impl Blocks {
    /// How alike a stored passage is to a vector of the same model.
    fn likeness(
        &mut self,
        tx: &ReadTx,
        sight: &Sight,
        (document, ordinal): (DocumentId, u32),
        vector: &Vector,
    ) -> Result<Option<f32>, StoreError> {
        let number = ordinal / VECTORS_PER_BLOCK as u32;
        let block = match self.0.entry((document, number)) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(empty) => {
                empty.insert(sight.vector_block(tx, document, number)?)
            }
        };
        let Some(block) = block.as_ref().filter(|block| block.model == vector.model) else {
            return Ok(None);
        };
        let vector = &vector.components;
        let at = ordinal.saturating_sub(block.first) as usize;
        let (Some(scale), Some(components)) = (
            block.scales.get(at),
            block.components.chunks_exact(vector.len().max(1)).nth(at),
        ) else {
            return Ok(None);
        };
        let pairs = vector.iter().zip(components);
        let sum: f32 = pairs.map(|(x, y)| x * f32::from(y.cast_signed())).sum();
        Ok(Some(scale * sum))
    }
}

/// The cosine of two vectors of the same length; none of vectors that have no direction.
fn cosine(a: &[f32], b: &[f32]) -> Option<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    (norm > 0.0 && a.len() == b.len()).then(|| dot(a, b) / norm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_without_direction_is_like_nothing() {
        assert_eq!(cosine(&[0.0, 0.0], &[1.0, 0.0]), None);
        assert_eq!(cosine(&[2.0, 0.0], &[1.0, 0.0]), Some(1.0));
        assert_eq!(cosine(&[1.0], &[1.0, 0.0]), None);
    }
}
