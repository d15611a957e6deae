//! A reranker: the order of what was found.

use std::sync::Arc;

use crate::pipeline::{Candidate, Misjudged, Ranked, Reranker, StageError};

use super::super::bindings::extractor::privatestack::plugin::documents;
use super::super::bindings::reranker::RerankerPlugin;
use super::super::bindings::reranker::exports::privatestack::plugin::reranker as guest;
use super::super::guest::Guest;

/// One reranker.
pub(in crate::plugin) struct Ranker(pub(in crate::plugin) Arc<Guest<RerankerPlugin>>);

impl Reranker for Ranker {
    fn name(&self) -> &str {
        &self.0.terms.name
    }

    fn rerank(&self, question: &str, candidates: &[Candidate]) -> Result<Vec<Ranked>, StageError> {
        let bytes = candidates.iter().map(|one| one.text.len()).sum();
        self.0.ask(
            bytes,
            |store, instance| {
                let candidate = |one: &Candidate| documents::Candidate {
                    title: one.title.clone(),
                    headings: one.headings.clone(),
                    text: one.text.clone(),
                    score: one.score,
                };
                let list: Vec<_> = candidates.iter().map(candidate).collect();
                instance
                    .privatestack_plugin_reranker()
                    .call_rerank(store, question, &list)
            },
            |said| Ok(ranked(said, candidates.len())?),
        )
    }
}

/// Each candidate once at most, and scores that can be compared.
fn ranked(said: Vec<guest::Ranked>, count: usize) -> Result<Vec<Ranked>, Misjudged> {
    let mut seen = vec![false; count];
    let one = |it: guest::Ranked| {
        let place = seen.get_mut(it.index as usize).ok_or(Misjudged::Index)?;
        if std::mem::replace(place, true) {
            return Err(Misjudged::Index);
        }
        if !it.score.is_finite() {
            return Err(Misjudged::Score);
        }
        Ok(Ranked {
            index: it.index as usize,
            score: it.score,
        })
    };
    said.into_iter().map(one).collect()
}
