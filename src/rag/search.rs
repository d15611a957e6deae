//! Search: a question and what narrows it → passages that the asker may see, with the reasons.

use std::ops::Range;

use crate::auth::policy::Access;
use crate::domain::document::Passage;
use crate::engine::EngineError;
use crate::pipeline::{Candidate, Ranked, StageSet};

use super::embed::{Embedder, Side};
use super::filter::Filter;
use super::fuse::familiarity;
use super::language::Language;
use super::retrieve::{self, Plan, Question, Vector};
use super::sight::Sight;
use super::{Rag, RagError, blocking, diverse, highlight};

/// How passages are searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// By words (BM25).
    Lexical,
    /// By meaning (vectors). Finds nothing without an embedding model.
    Semantic,
    /// Both, fused.
    #[default]
    Hybrid,
}

/// What is searched for, and where.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub question: String,
    /// What was asked before in the conversation, the newest last.
    pub earlier: Vec<String>,
    /// Passages at most, 1 to 100.
    pub limit: usize,
    pub method: Method,
    pub filter: Filter,
    /// Rather different passages than the best ones that say the same.
    pub diverse: bool,
    /// Whether what documents speak of is followed one step; `None` as the workspace is set.
    pub hops: Option<bool>,
}

/// One passage that was found, best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Retrieved {
    pub passage: Passage,
    /// Title of its document.
    pub title: String,
    /// Code of the language of its document, if one was recognised.
    pub language: Option<String>,
    /// Higher is better; comparable within one search only.
    pub score: f32,
    pub why: Why,
}

impl Retrieved {
    /// Bytes of the passage's text that are words of the question.
    pub fn highlights(&self, question: &str) -> Vec<Range<usize>> {
        highlight::ranges(&self.passage.text, question, self.spoken())
    }

    pub(super) fn spoken(&self) -> Option<Language> {
        Language::from_code(self.language.as_deref()?)
    }
}

/// Why a passage was found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Why {
    /// Its place in the search by words, if it is among the first of it.
    pub words: Option<ByWords>,
    /// Its place in the search by meaning, if it is among the first of it.
    pub meaning: Option<ByMeaning>,
    /// Its place, from 1, when both were put together.
    pub fused: u32,
    /// Its place after a reranker, if one spoke.
    pub reranked: Option<u32>,
}

/// A place in the search by words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByWords {
    /// From 1.
    pub rank: u32,
    /// BM25; comparable within one search only.
    pub score: f32,
}

/// A place in the search by meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByMeaning {
    /// From 1.
    pub rank: u32,
    /// Cosine of question and passage, -1 to 1.
    pub likeness: f32,
}

/// Passages that rerankers, and the choice of different ones, are given to choose from.
const CANDIDATES: usize = 30;
/// Passages of one search, at most.
const MOST: usize = 100;

impl Rag {
    /// The best passages for a question, at most `limit`, best first. `earlier` is what was asked
    /// before in the conversation, the newest last.
    pub async fn retrieve(
        &self,
        access: &Access,
        question: &str,
        earlier: &[String],
        limit: usize,
    ) -> Result<Vec<Retrieved>, RagError> {
        let search = Search {
            question: question.to_owned(),
            earlier: earlier.to_vec(),
            limit,
            ..Search::default()
        };
        self.search(access, search).await
    }

    /// The passages that fit a search best, best first.
    pub async fn search(
        &self,
        access: &Access,
        search: Search,
    ) -> Result<Vec<Retrieved>, RagError> {
        let limit = search.limit.clamp(1, MOST);
        let stages = self.inner.stages.now();
        let depth = match stages.rerankers.is_empty() && !search.diverse {
            true => limit,
            false => limit.max(CANDIDATES),
        };
        let questions = self.questions(&stages, &search).await?;
        let Search {
            question,
            method,
            filter,
            diverse,
            hops,
            ..
        } = search;
        let (access, kept) = (access.clone(), self.inner.kept.clone());
        let read = self.inner.store.read(move |tx| {
            let sight = Sight::of(tx, &access)?.narrowed(tx, &filter)?;
            let sight = sight.remembering(kept);
            let plan = Plan {
                method,
                limit: depth,
                hops,
            };
            retrieve::search(tx, &sight, &questions, plan)
        });
        let mut found = read.await?;
        if !stages.rerankers.is_empty() {
            found = blocking(move || Ok(reranked(&stages, &question, found))).await?;
        }
        if diverse {
            found = diverse::chosen(found, limit);
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The question as it was asked, and as rewriters put it.
    async fn questions(
        &self,
        stages: &StageSet,
        search: &Search,
    ) -> Result<Vec<Question>, RagError> {
        let mut questions = vec![self.question(&search.question, search.method).await];
        if !stages.rewriters.is_empty() {
            let (stages, question) = (stages.clone(), search.question.clone());
            let earlier = search.earlier.clone();
            let texts = blocking(move || Ok(stages.rewrite(&question, &earlier))).await?;
            for text in texts {
                questions.push(self.question(&text, search.method).await);
            }
        }
        Ok(questions)
    }

    /// A text made ready to search by.
    async fn question(&self, text: &str, method: Method) -> Question {
        Question {
            text: text.to_owned(),
            vector: match method {
                Method::Lexical => None,
                _ => self.vector_of(text).await,
            },
        }
    }

    /// A question as the embedding model puts it. An engine that fails or is full leaves the
    /// search to the words.
    pub(super) async fn vector_of(&self, question: &str) -> Option<Vector> {
        let embedder = Embedder::of(&self.inner.engine);
        let model = embedder.digest()?.to_owned();
        let made = async {
            let part = embedder.fit(question).await?;
            let (tokens, unknown) = embedder.count_unknown(part).await?;
            let vectors = embedder
                .embed(Side::Question, vec![part.to_owned()])
                .await?;
            Ok::<_, EngineError>((vectors, familiarity(part, tokens, unknown)))
        };
        match made.await {
            Ok((vectors, familiarity)) => Some(Vector {
                model,
                components: vectors?.pop()?,
                familiarity,
            }),
            Err(error) => {
                tracing::warn!(%error, "a search goes without vectors");
                None
            }
        }
    }
}

/// What was found, as rerankers order it.
fn reranked(stages: &StageSet, question: &str, found: Vec<Retrieved>) -> Vec<Retrieved> {
    let candidate = |one: &Retrieved| Candidate {
        title: one.title.clone(),
        headings: one.passage.headings.clone(),
        text: one.passage.text.clone(),
        score: one.score,
    };
    let candidates = found.iter().map(candidate).collect();
    let Some(order) = stages.rerank(question, candidates) else {
        return found;
    };
    let place = |(rank, ranked): (u32, Ranked)| {
        let mut one = found.get(ranked.index)?.clone();
        one.score = ranked.score;
        one.why.reranked = Some(rank);
        Some(one)
    };
    (1u32..).zip(order).filter_map(place).collect()
}
