//! Which two tokens become one, and in what order of preference.

use tokenizers::models::bpe::{Merges, Vocab};

use super::{EngineError, damaged};
use crate::engine::weights::brief;
use crate::engine::weights::gguf::Strings;

/// Most merges: real vocabularies have at most some 600,000 by either rule.
const MOST_MERGES: usize = 1 << 20;
/// Most bytes of the tokens of all merges together: real ones have some 10 MiB.
const MOST_BYTES: usize = 32 << 20;
/// Most work to cut tokens in two, which grows with the square of their length: 2 million bytes
/// squared are much in real vocabularies.
const MOST_SQUARES: usize = 1 << 27;

/// The merges that the file lists, best first, each as `left right`.
pub(super) fn listed(lines: Strings<'_>, vocab: &Vocab) -> Result<Merges, EngineError> {
    if lines.len() > MOST_MERGES {
        return Err(damaged(&format!("{} merges are too many", lines.len())));
    }
    let pair = |line: &str| {
        // A token may begin with a space of its own kind, never with this one: byte-level
        // vocabularies write it as a letter.
        let (left, right) = line.split_once(' ')?;
        let known = |text: &str| vocab.contains_key(text);
        let all = known(left) && known(right) && known(&[left, right].concat());
        all.then(|| (left.to_owned(), right.to_owned()))
    };
    let mut bytes = 0;
    let merge = |at: usize| {
        let line = lines.get(at).unwrap_or_default();
        bytes += line.len();
        if bytes > MOST_BYTES {
            return Err(damaged("its merges are too long"));
        }
        let wrong = || {
            let line = brief(&line);
            damaged(&format!("the merge {line:?} is of tokens it has not"))
        };
        pair(&line).ok_or_else(wrong)
    };
    (0..lines.len()).map(merge).collect()
}

/// SentencePiece joins the neighbours whose joint token has the best score. Every split of every
/// token into two others, ordered by the token's score, says the same as merges by rank.
pub(super) fn by_score(
    texts: &[String],
    scores: impl Iterator<Item = f32>,
    vocab: &Vocab,
) -> Result<Merges, EngineError> {
    let squares: usize = texts.iter().map(|text| text.len() * text.len()).sum();
    if squares > MOST_SQUARES {
        return Err(damaged("its tokens are too long to be cut in two"));
    }
    let (mut found, mut bytes) = (Vec::new(), 0);
    for (token, (text, score)) in texts.iter().zip(scores).enumerate() {
        for (at, _) in text.char_indices().skip(1) {
            let (left, right) = text.split_at(at);
            if let (Some(l), Some(r)) = (vocab.get(left), vocab.get(right)) {
                found.push((score, *l, *r, token, at));
                bytes += text.len();
            }
        }
        if found.len() > MOST_MERGES || bytes > MOST_BYTES {
            return Err(damaged("its tokens can be cut in two in too many ways"));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let pair = |(_, _, _, token, at): (f32, u32, u32, usize, usize)| {
        let (left, right) = texts[token].split_at(at);
        (left.to_owned(), right.to_owned())
    };
    Ok(found.into_iter().map(pair).collect())
}
