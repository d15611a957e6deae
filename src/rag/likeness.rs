//! Likeness: how near texts are to each other, and what was found to what was asked.
//!
//! Whether the documents hold an answer at all is told by two things that fail at different
//! questions: how alike the vectors of question and passage are, and how many of the question's
//! rare words the passage has.

use std::collections::{HashMap, HashSet};

use crate::auth::policy::Access;
use crate::domain::id::{DocumentId, WorkspaceId};
use crate::store::passages::{self, VECTORS_PER_BLOCK, VectorBlock};
use crate::store::{ReadTx, StoreError};

use super::embed::{Embedder, Side};
use super::{Rag, RagError, Retrieved, blocking, bm25, index, words};

/// Texts that are compared in one go, at most.
const TEXTS: usize = 256;
/// Without vectors words have to say it all, and people ask in other words than documents have: by
/// the words alone XQuAD's English questions come to a share of 0.2 or more in 99 of 100 cases.
const WORDS_ALONE: f32 = 1.5;

/// Passages that are taken to be there without any of the words: among two or three passages
/// nothing is known of how rare a word is.
const UNSEEN: f32 = 10.0;

/// A question as its words and its vector say it.
struct Asked {
    terms: Vec<String>,
    vector: Option<(String, Vec<f32>)>,
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
        let workspace = access.workspace();
        let asked = Asked {
            terms: bm25::question(telling),
            vector: self.vector_of(question).await,
        };
        let found: Vec<_> = found.to_vec();
        let read = self
            .inner
            .store
            .read(move |tx| relevance(tx, workspace, &asked, &found));
        Ok(read.await?)
    }
}

fn relevance(
    tx: &ReadTx,
    workspace: WorkspaceId,
    asked: &Asked,
    found: &[Retrieved],
) -> Result<Option<f32>, StoreError> {
    let all = passages::corpus(tx, workspace)?.passages;
    if all == 0 {
        return Ok(None);
    }
    let mut weights = Vec::with_capacity(asked.terms.len());
    for term in &asked.terms {
        let with = passages::frequency(tx, workspace, term)?;
        let weight = ((all as f32 + UNSEEN) / (with as f32 + 0.5)).ln_1p();
        weights.push((term.as_str(), weight));
    }
    let sum: f32 = weights.iter().map(|(_, weight)| weight).sum();
    let mut blocks = Blocks::default();
    let mut most = 0f32;
    for one in found {
        let passage = &one.passage;
        let text = index::searchable(&one.title, &passage.headings, &passage.text);
        let has: HashSet<String> = words::terms(&text).into_iter().collect();
        let held: f32 = weights
            .iter()
            .filter(|(term, _)| has.contains(*term))
            .map(|(_, weight)| weight)
            .sum();
        let share = if sum > 0.0 { held / sum } else { 0.0 };
        let place = (passage.document, passage.ordinal);
        let likeness = match &asked.vector {
            Some((model, vector)) => blocks.likeness(tx, workspace, place, model, vector)?,
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
        workspace: WorkspaceId,
        (document, ordinal): (DocumentId, u32),
        model: &str,
        vector: &[f32],
    ) -> Result<Option<f32>, StoreError> {
        let number = ordinal / VECTORS_PER_BLOCK as u32;
        let block = match self.0.entry((document, number)) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(empty) => {
                empty.insert(passages::vector_block(tx, workspace, document, number)?)
            }
        };
        let Some(block) = block.as_ref().filter(|block| block.model == model) else {
            return Ok(None);
        };
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
