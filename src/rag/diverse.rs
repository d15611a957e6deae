//! Diverse: passages that each say something new, by maximal marginal relevance (Carbonell &
//! Goldstein 1998).
//!
//! Two passages are alike as far as they share words (cosine of their sets), which needs no model
//! and no vectors from the store.

use std::collections::HashSet;

use super::search::Retrieved;
use super::words;

/// How much relevance counts against novelty.
const RELEVANCE: f32 = 0.7;

/// At most `limit` of what was found, the best first and each next as relevant and new as can be.
pub(super) fn chosen(found: Vec<Retrieved>, limit: usize) -> Vec<Retrieved> {
    let most = found
        .first()
        .map_or(1.0, |one| one.score)
        .max(f32::MIN_POSITIVE);
    let words: Vec<HashSet<String>> = found
        .iter()
        .map(|one| words::terms(&one.passage.text).into_iter().collect())
        .collect();
    // How much each is like the one of the chosen that it is most like.
    let mut likeness = vec![0f32; found.len()];
    let mut left: Vec<usize> = (0..found.len()).collect();
    let mut order = Vec::new();
    while order.len() < limit {
        let worth =
            |at: &usize| RELEVANCE * found[*at].score / most - (1.0 - RELEVANCE) * likeness[*at];
        let best = left.iter().enumerate().rev();
        let Some((index, _)) = best.max_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b))) else {
            break;
        };
        let taken = left.remove(index);
        order.push(taken);
        for &other in &left {
            likeness[other] = likeness[other].max(alike(&words[taken], &words[other]));
        }
    }
    let mut found: Vec<Option<Retrieved>> = found.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|at| found[at].take())
        .collect()
}

fn alike(a: &HashSet<String>, b: &HashSet<String>) -> f32 {
    let shared = a.intersection(b).count() as f32;
    shared / ((a.len() * b.len()) as f32).sqrt().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Passage;
    use crate::domain::id::DocumentId;
    use crate::rag::search::Why;

    fn found(text: &str, score: f32) -> Retrieved {
        Retrieved {
            passage: Passage {
                document: DocumentId::new(),
                ordinal: 0,
                start: 0,
                end: text.len() as u32,
                page: None,
                headings: Vec::new(),
                text: text.to_owned(),
            },
            title: "a.txt".to_owned(),
            score,
            why: Why::default(),
        }
    }

    #[test]
    fn what_says_the_same_again_comes_later() {
        let passages = vec![
            found("The pump stands in hall two.", 1.0),
            found("The pump stands in hall two!", 0.98),
            found("Ines has the key of the cabinet.", 0.8),
        ];
        let texts = |limit| -> Vec<String> {
            let chosen = chosen(passages.clone(), limit).into_iter();
            chosen.map(|one| one.passage.text).collect()
        };
        assert_eq!(
            texts(3),
            [
                "The pump stands in hall two.",
                "Ines has the key of the cabinet.",
                "The pump stands in hall two!"
            ]
        );
        assert_eq!(texts(1), ["The pump stands in hall two."]);
        assert!(chosen(Vec::new(), 3).is_empty());
    }
}
