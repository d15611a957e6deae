//! BM25 (Robertson & Zaragoza 2009): passages by the words they share with a question.
//!
//! Statistics are those of the workspace, read from its postings; a word that is in few of its
//! passages counts for more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use crate::domain::id::DocumentId;
use crate::store::passages::Posting;
use crate::store::{Reads, StoreError};

use super::sight::Sight;
use super::words;

/// How soon more of the same word stops to count, and how much long passages are held back.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Different words of a question that are looked up, the rarest-looking (longest) first.
const QUESTION_WORDS: usize = 64;

/// Postings read for one search: some 10 ms on a small machine.
const POSTINGS_READ: u64 = 50_000;

/// A passage by document and ordinal.
pub(super) type Place = (DocumentId, u32);

/// The postings of one document, by term.
pub(super) struct Postings {
    pub(super) terms: Vec<String>,
    pub(super) lists: Vec<Vec<Posting>>,
    /// Words of all passages.
    pub(super) words: u64,
}

/// Counts the words of passages that are given in the order of their ordinals.
pub(super) fn count<'t>(passages: impl Iterator<Item = &'t str>) -> Postings {
    let mut lists: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
    let mut words = 0;
    for (ordinal, passage) in (0u32..).zip(passages) {
        let terms = words::terms(passage);
        let length = u32::try_from(terms.len()).unwrap_or(u32::MAX);
        words += u64::from(length);
        for term in terms {
            let list = lists.entry(term).or_default();
            match list.last_mut() {
                Some(last) if last.ordinal == ordinal => last.count += 1,
                _ => list.push(Posting {
                    ordinal,
                    count: 1,
                    length,
                }),
            }
        }
    }
    let (terms, lists) = lists.into_iter().unzip();
    Postings {
        terms,
        lists,
        words,
    }
}

/// The words of a question to look up, each once.
pub(super) fn question(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut terms = words::terms(text);
    terms.retain(|term| seen.insert(term.clone()));
    if terms.len() > QUESTION_WORDS {
        terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
        terms.truncate(QUESTION_WORDS);
    }
    terms
}

/// The best passages within sight for these words, at most `limit`, best first.
pub(super) fn search(
    tx: &impl Reads,
    sight: &Sight,
    terms: &[String],
    limit: usize,
) -> Result<Vec<(Place, f32)>, StoreError> {
    let corpus = sight.corpus(tx)?;
    let average = (corpus.words as f32 / corpus.passages.max(1) as f32).max(1.0);
    let mut scores: HashMap<Place, f32, Spread> = HashMap::default();
    for (term, frequency) in telling(tx, sight, terms)? {
        let weight = inverse_frequency(frequency as f32, corpus.passages as f32);
        sight.with_term(tx, term, |document, list| {
            for posting in list {
                let score = weight * saturated(&posting, average);
                *scores.entry((document, posting.ordinal)).or_default() += score;
            }
        })?;
    }
    Ok(best(scores, limit))
}

/// Hashes places: ids are random enough, and nobody chooses them.
type Spread = BuildHasherDefault<PlaceHasher>;

#[derive(Default)]
struct PlaceHasher(u64);

impl Hasher for PlaceHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, word: u64) {
        // The golden ratio, so that neighbours fall far apart (Knuth 1973, section 6.4).
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The terms that are there with how many passages have them, rarest first, and as many of them
/// as can be read in good time: what is in every passage tells none from another.
fn telling<'t>(
    tx: &impl Reads,
    sight: &Sight,
    terms: &'t [String],
) -> Result<Vec<(&'t str, u32)>, StoreError> {
    let mut known = Vec::new();
    for term in terms {
        match sight.frequency(tx, term)? {
            0 => {}
            frequency => known.push((term.as_str(), frequency)),
        }
    }
    known.sort_by_key(|&(_, frequency)| frequency);
    let mut read = 0u64;
    known.retain(|&(_, frequency)| {
        let first = read == 0;
        read += u64::from(frequency);
        first || read <= POSTINGS_READ
    });
    Ok(known)
}

fn inverse_frequency(with: f32, all: f32) -> f32 {
    // ln(1 + (all − with + ½) / (with + ½)), which is never negative.
    ((all.max(with) + 1.0) / (with + 0.5)).ln()
}

fn saturated(posting: &Posting, average: f32) -> f32 {
    let (count, length) = (posting.count as f32, posting.length as f32);
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / average))
}

/// The `limit` highest scores, highest first; of equal ones the newer document comes first.
pub(super) fn best(
    scores: impl IntoIterator<Item = (Place, f32)>,
    limit: usize,
) -> Vec<(Place, f32)> {
    let mut scores: Vec<_> = scores.into_iter().collect();
    let order = |a: &(Place, f32), b: &(Place, f32)| {
        b.1.total_cmp(&a.1)
            .then(b.0.0.cmp(&a.0.0))
            .then(a.0.1.cmp(&b.0.1))
    };
    if scores.len() > limit && limit > 0 {
        scores.select_nth_unstable_by(limit - 1, order);
    }
    scores.truncate(limit);
    scores.sort_by(order);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_by_passage() {
        let made = count(["to be or not to be", "Be!"].into_iter());
        assert_eq!(made.terms, ["be", "not", "or", "to"]);
        assert_eq!(made.words, 7);
        let be = [
            Posting {
                ordinal: 0,
                count: 2,
                length: 6,
            },
            Posting {
                ordinal: 1,
                count: 1,
                length: 1,
            },
        ];
        assert_eq!(made.lists[0], be);
    }

    #[test]
    fn rare_words_weigh_more_and_no_weight_is_negative() {
        let weights: Vec<f32> = [1.0, 2.0, 50.0, 99.0, 100.0]
            .map(|with| inverse_frequency(with, 100.0))
            .to_vec();
        assert!(weights.is_sorted_by(|a, b| a > b), "{weights:?}");
        assert!(weights.iter().all(|weight| *weight > 0.0), "{weights:?}");
    }

    #[test]
    fn more_of_a_word_counts_for_less_and_less() {
        let score = |count, length| {
            saturated(
                &Posting {
                    ordinal: 0,
                    count,
                    length,
                },
                100.0,
            )
        };
        assert!(score(2, 100) > score(1, 100));
        assert!(score(3, 100) - score(2, 100) < score(2, 100) - score(1, 100));
        assert!(
            score(1, 50) > score(1, 200),
            "a short passage says it more densely"
        );
    }

    #[test]
    fn the_best_are_the_same_whatever_the_order() {
        let document = DocumentId::new();
        let scores: Vec<(Place, f32)> = (0..50u32)
            .map(|n| ((document, n), ((n * 7) % 10) as f32))
            .collect();
        let first = best(scores.clone(), 7);
        let again = best(scores.into_iter().rev(), 7);
        assert_eq!(first, again);
        assert_eq!(
            first.iter().map(|(place, _)| place.1).collect::<Vec<_>>(),
            [7, 17, 27, 37, 47, 4, 14]
        );
    }

    #[test]
    fn a_question_of_a_thousand_words_is_cut_to_the_telling_ones() {
        let text: String = (0..1000).map(|n| format!("w{n} ")).collect();
        assert_eq!(question(&text).len(), QUESTION_WORDS);
        assert_eq!(question("the pump the pump"), ["the", "pump"]);
    }
}
