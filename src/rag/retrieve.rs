//! Retrieve: question → ranked passages of one workspace.

use std::collections::HashMap;

use crate::store::{ReadTx, StoreError, workspaces};

use super::bm25::{self, Place, best};
use super::fuse::{ByMeaning, fused};
use super::graph::hop;
use super::search::{self, ByWords, Method, Retrieved, Why};
use super::sight::Sight;
use super::vectors;

/// Passages that each kind of search puts forward.
const DEPTH: usize = 100;
/// How much being named beside what is asked for counts, of the score of the best passage.
const HOP: f32 = 0.1;
/// Passages whose place a hop does not change.
const FIRST: usize = 3;

/// A question made ready to search by.
pub(super) struct Question {
    pub(super) text: String,
    pub(super) vector: Option<Vector>,
}

/// A question as an embedding model puts it.
pub(super) struct Vector {
    /// Digest of the model.
    pub(super) model: String,
    pub(super) components: Vec<f32>,
    /// How well the model knows the language, from 0 to 1.
    pub(super) familiarity: f32,
}

/// What was found for one question.
struct Lists {
    words: Vec<(Place, f32)>,
    meaning: Option<ByMeaning<Place>>,
}

/// How a search is made.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) method: Method,
    /// Passages wanted, at most.
    pub(super) limit: usize,
    /// Whether what documents speak of is followed one step; `None` as the workspace is set.
    pub(super) hops: Option<bool>,
}

/// The best passages within sight, best first.
pub(super) fn search(
    tx: &ReadTx,
    sight: &Sight,
    questions: &[Question],
    plan: Plan,
) -> Result<Vec<Retrieved>, StoreError> {
    let Plan {
        method,
        limit,
        hops,
    } = plan;
    let depth = DEPTH.max(limit);
    let languages = sight.languages(tx)?;
    let mut found = Vec::new();
    for question in questions {
        let words = match method {
            Method::Semantic => Vec::new(),
            _ => {
                let asked = bm25::question(&question.text, &languages);
                bm25::search(tx, sight, &asked, depth)?
            }
        };
        let meaning = match &question.vector {
            Some(vector) if method != Method::Lexical => {
                Some(by_meaning(tx, sight, vector, depth)?)
            }
            _ => None,
        };
        found.push(Lists { words, meaning });
    }
    let ranked = match (found.as_slice(), method) {
        // One kind of search keeps its own scores.
        ([only], Method::Lexical) => only.words.iter().copied().take(limit).collect(),
        ([only], Method::Semantic) => only.likes().iter().copied().take(limit).collect(),
        _ => {
            let mut scores = fused_all(&found);
            if follows(tx, sight, hops)? {
                follow(tx, sight, questions, &mut scores)?;
            }
            best(scores, limit)
        }
    };
    load(tx, sight, ranked, &found)
}

fn follows(tx: &ReadTx, sight: &Sight, hops: Option<bool>) -> Result<bool, StoreError> {
    if let Some(hops) = hops {
        return Ok(hops);
    }
    let workspace = workspaces::get(tx, sight.workspace())?;
    Ok(workspace.is_some_and(|workspace| workspace.answers.hops))
}

/// Lifts the passages that name what the question and the first passages speak of by one step.
fn follow(
    tx: &ReadTx,
    sight: &Sight,
    questions: &[Question],
    scores: &mut HashMap<Place, f32>,
) -> Result<(), StoreError> {
    let Some(question) = questions.first() else {
        return Ok(());
    };
    let first = best(scores.iter().map(|(place, score)| (*place, *score)), FIRST);
    let first: Vec<Place> = first.into_iter().map(|(place, _)| place).collect();
    let sees = |id| sight.sees(id);
    let near = hop(tx, sight.workspace(), &question.text, &first, DEPTH, sees)?;
    let most = near.first().map_or(1.0, |(_, weight)| *weight);
    for (place, weight) in near {
        *scores.entry(place).or_default() += HOP * weight / most;
    }
    Ok(())
}

fn by_meaning(
    tx: &ReadTx,
    sight: &Sight,
    vector: &Vector,
    depth: usize,
) -> Result<ByMeaning<Place>, StoreError> {
    let found = vectors::search(tx, sight, &vector.model, &vector.components, depth)?;
    Ok(ByMeaning {
        list: found.list,
        average: found.average,
        familiarity: vector.familiarity,
    })
}

impl Lists {
    fn likes(&self) -> &[(Place, f32)] {
        self.meaning.as_ref().map_or(&[], |meaning| &meaning.list)
    }
}

/// What is high for any question is high in the result.
fn fused_all(found: &[Lists]) -> HashMap<Place, f32> {
    let mut scores = HashMap::new();
    for lists in found {
        for (place, score) in fused(&lists.words, lists.meaning.as_ref()) {
            *scores.entry(place).or_default() += score;
        }
    }
    scores
}

fn load(
    tx: &ReadTx,
    sight: &Sight,
    ranked: Vec<(Place, f32)>,
    lists: &[Lists],
) -> Result<Vec<Retrieved>, StoreError> {
    let mut found = Vec::with_capacity(ranked.len());
    for (rank, (place, score)) in (1u32..).zip(ranked) {
        let (document, ordinal) = place;
        let passage = sight.passage(tx, document, ordinal)?;
        let document = sight.document(tx, document)?;
        // Both are there, in one snapshot; a row that is not would be a mistake of ours.
        let (Some(passage), Some(document)) = (passage, document) else {
            tracing::error!(workspace = %sight.workspace(), ordinal, "a posting leads to no passage");
            continue;
        };
        found.push(Retrieved {
            passage,
            title: document.title,
            language: document.language,
            score,
            why: why(place, rank, lists),
        });
    }
    Ok(found)
}

/// Where each kind of search had this passage; the best place, where several questions were asked.
fn why(place: Place, rank: u32, found: &[Lists]) -> Why {
    let mut why = Why {
        fused: rank,
        ..Why::default()
    };
    for lists in found {
        if let Some((rank, score)) = place_in(&lists.words, place)
            && why.words.is_none_or(|known| rank < known.rank)
        {
            why.words = Some(ByWords { rank, score });
        }
        if let Some((rank, likeness)) = place_in(lists.likes(), place)
            && why.meaning.is_none_or(|known| rank < known.rank)
        {
            why.meaning = Some(search::ByMeaning { rank, likeness });
        }
    }
    why
}

/// Rank, from 1, and score of a passage in a list.
fn place_in(list: &[(Place, f32)], place: Place) -> Option<(u32, f32)> {
    let mut ranked = (1u32..).zip(list);
    let (rank, (_, score)) = ranked.find(|(_, (other, _))| *other == place)?;
    Some((rank, *score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::DocumentId;

    #[test]
    fn each_passage_says_where_each_search_had_it() {
        let document = DocumentId::new();
        let place = |n: u32| (document, n);
        let lists = [Lists {
            words: vec![(place(1), 9.0), (place(2), 8.0)],
            meaning: Some(ByMeaning {
                list: vec![(place(3), 0.9), (place(2), 0.8)],
                average: 0.1,
                familiarity: 1.0,
            }),
        }];
        assert_eq!(fused_all(&lists).len(), 3);
        let both = why(place(2), 1, &lists);
        assert_eq!(both.words.map(|by| by.rank), Some(2));
        assert_eq!(both.meaning.map(|by| by.likeness), Some(0.8));
        let one = why(place(3), 2, &lists);
        assert_eq!((one.words, one.fused), (None, 2));
    }
}
