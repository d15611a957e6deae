//! Retrieve: question → ranked passages of one workspace.

use std::collections::HashMap;

use crate::store::{ReadTx, StoreError};

use super::bm25::{self, Place, best};
use super::search::{ByMeaning, ByWords, Method, Retrieved, Why};
use super::sight::Sight;
use super::vectors;

/// Passages that each kind of search puts forward.
const DEPTH: usize = 100;
/// Reciprocal rank fusion (Cormack et al. 2009): how much less the first places stand out.
const RANK: f32 = 60.0;

/// A question made ready to search by.
pub(super) struct Question {
    pub(super) terms: Vec<String>,
    /// The vector, and the digest of the model that made it.
    pub(super) vector: Option<(String, Vec<f32>)>,
}

/// The passages that one kind of search found, best first, with its scores.
enum List {
    Words(Vec<(Place, f32)>),
    Meaning(Vec<(Place, f32)>),
}

impl List {
    fn ranked(&self) -> &[(Place, f32)] {
        match self {
            Self::Words(list) | Self::Meaning(list) => list,
        }
    }
}

/// The best passages within sight, at most `limit`, best first.
pub(super) fn search(
    tx: &ReadTx,
    sight: &Sight,
    questions: &[Question],
    limit: usize,
    method: Method,
) -> Result<Vec<Retrieved>, StoreError> {
    let depth = DEPTH.max(limit);
    let mut lists = Vec::new();
    for question in questions {
        if method != Method::Semantic {
            let found = bm25::search(tx, sight, &question.terms, depth)?;
            lists.push(List::Words(found));
        }
        if let (Some((model, vector)), true) = (&question.vector, method != Method::Lexical) {
            let found = vectors::search(tx, sight, model, vector, depth)?;
            lists.push(List::Meaning(found));
        }
    }
    let ranked = match (lists.as_slice(), method) {
        // One kind of search keeps its own scores.
        ([only], Method::Lexical | Method::Semantic) => best(only.ranked().iter().copied(), limit),
        _ => best(fuse(&lists), limit),
    };
    load(tx, sight, ranked, &lists)
}

/// What is high in any list is high in the result, whatever the lists' scores mean.
fn fuse(lists: &[List]) -> HashMap<Place, f32> {
    let mut scores = HashMap::new();
    for list in lists {
        for (rank, (place, _)) in list.ranked().iter().enumerate() {
            *scores.entry(*place).or_default() += 1.0 / (RANK + 1.0 + rank as f32);
        }
    }
    scores
}

fn load(
    tx: &ReadTx,
    sight: &Sight,
    ranked: Vec<(Place, f32)>,
    lists: &[List],
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
            score,
            why: why(place, rank, lists),
        });
    }
    Ok(found)
}

/// Where each kind of search had this passage; the best place, where several questions were asked.
fn why(place: Place, rank: u32, lists: &[List]) -> Why {
    let mut why = Why {
        fused: rank,
        ..Why::default()
    };
    for list in lists {
        let ranked = (1u32..).zip(list.ranked());
        let Some((rank, (_, score))) = ranked.into_iter().find(|(_, (other, _))| *other == place)
        else {
            continue;
        };
        match list {
            List::Words(_) if why.words.is_none_or(|known| rank < known.rank) => {
                why.words = Some(ByWords {
                    rank,
                    score: *score,
                });
            }
            List::Meaning(_) if why.meaning.is_none_or(|known| rank < known.rank) => {
                let likeness = *score;
                why.meaning = Some(ByMeaning { rank, likeness });
            }
            _ => {}
        }
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::DocumentId;

    #[test]
    fn what_both_lists_name_comes_first() {
        let document = DocumentId::new();
        let place = |n: u32| (document, n);
        let lexical = vec![(place(1), 9.0), (place(2), 8.0)];
        let semantic = vec![(place(3), 0.9), (place(2), 0.8)];
        let lists = [List::Words(lexical), List::Meaning(semantic)];
        let fused = best(fuse(&lists), 10);
        let order: Vec<u32> = fused.iter().map(|((_, ordinal), _)| *ordinal).collect();
        assert_eq!(order, [2, 1, 3]);

        let why = why(place(2), 1, &lists);
        assert_eq!(why.words.map(|by| by.rank), Some(2));
        assert_eq!(why.meaning.map(|by| by.likeness), Some(0.8));
    }
}
