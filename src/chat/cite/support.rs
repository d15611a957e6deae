//! Whether a sentence of a document says what a sentence of an answer says.
//!
//! Both are compared word by word, without understanding, so the rules are strict: what is missing
//! must be little. A word weighs by how few of the passages' sentences have it (inverse document
//! frequency, Spärck Jones 1972): "pump" is little in the manual of a pump. What the sentence
//! speaks of (its first word that says something) and every word that turns a statement round
//! must stand in the quote, and what one of the two denies more often is not the same.

use std::collections::{HashMap, HashSet};

use super::words::{Kind, Word};

/// Share of the answer's words, by weight, that must stand in the quote: of nine rare words one
/// may be missing. In the cases of `tests.rs` a sentence that adds one word to a quote ("the code
/// of the *gate*", "*silicone* grease") comes to 0.9 at most.
const SUPPORT: f32 = 0.9;
/// Words that must be shared at least, so that "It is." is not taken for support.
const SHARED_WORDS: usize = 2;

/// How rare each word is among the sentences of the passages.
pub(in crate::chat) struct Rarity {
    sentences: usize,
    /// Sentences that have the word.
    counts: HashMap<String, usize>,
}

impl Rarity {
    /// Counts the words of all sentences.
    pub(in crate::chat) fn of<'a>(sentences: impl Iterator<Item = &'a [Word]>) -> Self {
        let mut rarity = Self {
            sentences: 0,
            counts: HashMap::new(),
        };
        for words in sentences {
            rarity.sentences += 1;
            for stem in stems(words) {
                *rarity.counts.entry(stem.to_owned()).or_default() += 1;
            }
        }
        rarity
    }

    /// A word that no sentence has weighs as one that a single sentence has.
    pub(in crate::chat) fn weight(&self, stem: &str) -> f32 {
        let having = self.counts.get(stem).copied().unwrap_or(1);
        (self.sentences as f32 / having as f32).ln_1p()
    }

    /// How well `quote` supports `said`, from [`SUPPORT`] to 1; `None` if it does not.
    pub(super) fn support(&self, said: &[Word], quote: &[Word]) -> Option<f32> {
        let has = stems(quote);
        let words: HashSet<&str> = stems(said);
        let shared: HashSet<&str> = words.intersection(&has).copied().collect();
        let subject = said.iter().find(|word| word.kind != Kind::Denial)?;
        let mut fixed = said.iter().filter(|word| word.kind == Kind::Fixed);
        if shared.len() < SHARED_WORDS
            || !shared.contains(subject.stem.as_str())
            || !fixed.all(|word| shared.contains(word.stem.as_str()))
            || said.iter().filter(|word| word.kind == Kind::Denial).count()
                != denials(quote, &shared)
        {
            return None;
        }
        let share = self.sum(&shared) / self.sum(&words);
        (share >= SUPPORT).then_some(share)
    }

    fn sum(&self, words: &HashSet<&str>) -> f32 {
        words.iter().map(|stem| self.weight(stem)).sum()
    }
}

/// The different words, without denials.
pub(in crate::chat) fn stems(words: &[Word]) -> HashSet<&str> {
    let saying = words.iter().filter(|word| word.kind != Kind::Denial);
    saying.map(|word| word.stem.as_str()).collect()
}

/// How often a quote denies what it shares with a statement: before the last shared word, or behind
/// it in the same clause. "It is in cabinet 7, not in hall two" says where it is.
fn denials(quote: &[Word], shared: &HashSet<&str>) -> usize {
    let is_shared = |word: &Word| word.kind != Kind::Denial && shared.contains(word.stem.as_str());
    let Some(last) = quote.iter().rposition(is_shared) else {
        return 0;
    };
    let clause = quote[last].clause;
    let counts = |at: usize, word: &Word| at < last || word.clause == clause;
    let denials = quote
        .iter()
        .enumerate()
        .filter(|(_, word)| word.kind == Kind::Denial);
    denials.filter(|(at, word)| counts(*at, word)).count()
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    #[test]
    fn a_rare_word_that_is_missing_weighs_more_than_a_common_one() {
        const QUOTE: &str = "The seal ring is made of red rubber.";
        let texts =
            ["runs", "stops", "is oiled", "hums", "leaks"].map(|it| format!("The pump {it}."));
        let texts = texts.iter().map(String::as_str).chain([QUOTE]);
        let sentences: Vec<Vec<Word>> = texts.map(words).collect();
        let rarity = Rarity::of(sentences.iter().map(Vec::as_slice));
        for (said, supported) in [
            ("The seal ring is made of red rubber.", true),
            ("The seal ring of the pump is made of red rubber.", true),
            ("The seal ring of the gearbox is made of red rubber.", false),
            (
                "The pump has a seal ring that is made of red rubber.",
                false,
            ),
            ("The seal ring is not made of red rubber.", false),
            ("The seal.", false),
        ] {
            let share = rarity.support(&words(said), &words(QUOTE));
            assert_eq!(share.is_some(), supported, "{said}: {share:?}");
        }
    }
}
