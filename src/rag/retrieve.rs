//! Retrieve: question → ranked passages of one workspace.

use std::collections::HashMap;

use crate::domain::id::WorkspaceId;
use crate::store::{ReadTx, StoreError, documents, passages};

use super::bm25::{self, Place, best};
use super::vectors;
use super::{Method, Retrieved};

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

/// The best passages, at most `limit`, best first.
pub(super) fn search(
    tx: &ReadTx,
    workspace: WorkspaceId,
    questions: &[Question],
    limit: usize,
    method: Method,
) -> Result<Vec<Retrieved>, StoreError> {
    let depth = DEPTH.max(limit);
    let mut lists = Vec::new();
    for question in questions {
        if method != Method::Semantic {
            lists.push(bm25::search(tx, workspace, &question.terms, depth)?);
        }
        if let (Some((model, vector)), true) = (&question.vector, method != Method::Lexical) {
            lists.push(vectors::search(tx, workspace, model, vector, depth)?);
        }
    }
    let ranked = match (lists.len(), method) {
        // One kind of search keeps its own scores.
        (1, Method::Lexical | Method::Semantic) => best(lists.remove(0), limit),
        _ => best(fuse(&lists), limit),
    };
    load(tx, workspace, ranked)
}

/// What is high in any list is high in the result, whatever the lists' scores mean.
fn fuse(lists: &[Vec<(Place, f32)>]) -> HashMap<Place, f32> {
    let mut scores = HashMap::new();
    for list in lists {
        for (rank, (place, _)) in list.iter().enumerate() {
            *scores.entry(*place).or_default() += 1.0 / (RANK + 1.0 + rank as f32);
        }
    }
    scores
}

fn load(
    tx: &ReadTx,
    workspace: WorkspaceId,
    ranked: Vec<(Place, f32)>,
) -> Result<Vec<Retrieved>, StoreError> {
    let mut found = Vec::with_capacity(ranked.len());
    for ((document, ordinal), score) in ranked {
        let passage = passages::get(tx, workspace, document, ordinal)?;
        let document = documents::get(tx, workspace, document)?;
        // Both are there, in one snapshot; a row that is not would be a mistake of ours.
        let (Some(passage), Some(document)) = (passage, document) else {
            tracing::error!(%workspace, ordinal, "a posting leads to no passage");
            continue;
        };
        found.push(Retrieved {
            passage,
            title: document.title,
            score,
        });
    }
    Ok(found)
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
        let fused = best(fuse(&[lexical, semantic]), 10);
        let order: Vec<u32> = fused.iter().map(|((_, ordinal), _)| *ordinal).collect();
        assert_eq!(order, [2, 1, 3]);
    }
}
