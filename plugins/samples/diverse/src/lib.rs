//! Maximal marginal relevance (Carbonell and Goldstein 1998): the next passage is the one that is
//! best for the question and least like those that were taken already. Likeness is the cosine of
//! the box's embeddings, or the share of common words where there is no embedding model.

use std::collections::HashSet;

use sdk::host;
use world_reranker::{Candidate, Description, Lifecycle, Ranked, Reranker};

/// How much relevance counts against novelty.
const RELEVANCE: f32 = 0.7;

/// The plugin.
pub struct Diverse;

world_reranker::export!(Diverse);

impl Lifecycle for Diverse {
    fn describe() -> Description {
        Description {
            name: "diverse".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: Vec::new(),
        }
    }
}

impl Reranker for Diverse {
    fn rerank(_: String, candidates: Vec<Candidate>) -> Vec<Ranked> {
        let likeness = Likeness::of(&candidates);
        let relevance = relevance(&candidates);
        let mut left: Vec<usize> = (0..candidates.len()).collect();
        let mut taken: Vec<Ranked> = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let worth = |&index: &usize| {
                let like = taken
                    .iter()
                    .map(|one| likeness.between(index, one.index as usize));
                let nearest = like.fold(0.0, f32::max);
                RELEVANCE * relevance[index] - (1.0 - RELEVANCE) * nearest
            };
            let worths: Vec<f32> = left.iter().map(worth).collect();
            let best =
                (0..left.len()).max_by(|&a, &b| worths[a].total_cmp(&worths[b]).then(b.cmp(&a)));
            let Some(best) = best else { break };
            taken.push(Ranked {
                index: u32::try_from(left.remove(best)).unwrap_or(u32::MAX),
                score: worths[best],
            });
        }
        taken
    }
}

/// Scores from 0 to 1.
fn relevance(candidates: &[Candidate]) -> Vec<f32> {
    let scores = candidates.iter().map(|one| one.score);
    let most = scores.clone().fold(f32::MIN, f32::max);
    let least = scores.clone().fold(f32::MAX, f32::min);
    let range = (most - least).max(f32::EPSILON);
    scores.map(|score| (score - least) / range).collect()
}

enum Likeness {
    Vectors(Vec<Vec<f32>>),
    Words(Vec<HashSet<String>>),
}

impl Likeness {
    fn of(candidates: &[Candidate]) -> Self {
        let texts: Vec<String> = candidates.iter().map(|one| one.text.clone()).collect();
        match host::embed(false, &texts) {
            Some(vectors) if vectors.len() == texts.len() => Self::Vectors(vectors),
            _ => Self::Words(texts.iter().map(|text| words(text)).collect()),
        }
    }

    fn between(&self, a: usize, b: usize) -> f32 {
        match self {
            Self::Vectors(vectors) => vectors[a].iter().zip(&vectors[b]).map(|(x, y)| x * y).sum(),
            Self::Words(sets) => {
                let common = sets[a].intersection(&sets[b]).count() as f32;
                let all = sets[a].union(&sets[b]).count().max(1) as f32;
                common / all
            }
        }
    }
}

fn words(text: &str) -> HashSet<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() > 2);
    words.map(str::to_lowercase).collect()
}
