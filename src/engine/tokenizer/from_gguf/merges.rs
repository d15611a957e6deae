//! Which two tokens become one, and in what order of preference.

use tokenizers::models::bpe::{Merges, Vocab};

use super::{EngineError, damaged};

/// The merges that the file lists, best first, each as `left right`.
pub(super) fn listed(lines: &[String], vocab: &Vocab) -> Result<Merges, EngineError> {
    let pair = |line: &String| {
        // A token may begin with a space of its own kind, never with this one: byte-level
        // vocabularies write it as a letter.
        let (left, right) = line.split_once(' ')?;
        let known = [left, right, &[left, right].concat()]
            .iter()
            .all(|t| vocab.contains_key(*t));
        known.then(|| (left.to_owned(), right.to_owned()))
    };
    let wrong = |line: &String| damaged(&format!("the merge {line:?} is of tokens it has not"));
    lines
        .iter()
        .map(|line| pair(line).ok_or_else(|| wrong(line)))
        .collect()
}

/// SentencePiece joins the neighbours whose joint token has the best score. Every split of every
/// token into two others, ordered by the token's score, says the same as merges by rank.
pub(super) fn by_score(texts: &[String], scores: &[f32], vocab: &Vocab) -> Merges {
    let mut found = Vec::new();
    for (text, score) in texts.iter().zip(scores) {
        for (at, _) in text.char_indices().skip(1) {
            let (left, right) = text.split_at(at);
            if let (Some(l), Some(r)) = (vocab.get(left), vocab.get(right)) {
                found.push((*score, *l, *r, (left.to_owned(), right.to_owned())));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    found.into_iter().map(|(_, _, _, pair)| pair).collect()
}
