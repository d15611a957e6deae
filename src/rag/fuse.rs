//! Fuse: what was found by words and what was found by meaning, as one list.
//!
//! Scores are brought to one scale and added (a convex combination: Bruch, Gai & Ingber 2023),
//! which keeps how much better a passage is than the next; ranks alone do not. By words the scale
//! goes from nothing to the best passage, by meaning from the average passage of the workspace to
//! the best: models differ in how alike they find any two texts.
//!
//! A model that was not made for the language of a question still gives it a vector, and that
//! vector leads astray. Such a model cuts the words of the language into pieces or does not know
//! their letters at all, which its tokenizer tells: see [`familiarity`].

use std::collections::HashMap;
use std::hash::Hash;

use unicode_segmentation::UnicodeSegmentation;

/// Share of the meaning where the model knows the language of the question.
const MEANING: f32 = 0.6;
/// As much of that share is left where it does not: names and numbers are still alike.
const LEAST: f32 = 0.25;
/// Cuts inside words, a letter, up to which a language is known to a model, and from which it is
/// not. English under an English vocabulary has 0.02, German and Spanish 0.2 and 0.15.
const KNOWN: f32 = 0.08;
const UNKNOWN: f32 = 0.16;
/// Share of tokens without any meaning from which a language is not known.
const STRANGE: f32 = 0.25;

/// What was found by meaning.
pub(super) struct ByMeaning<K> {
    /// Passages with their likeness to the question, best first.
    pub(super) list: Vec<(K, f32)>,
    /// Likeness of the question to an average passage among those that were looked at.
    pub(super) average: f32,
    /// How well the model knows the language of the question, from 0 to 1: [`familiarity`].
    pub(super) familiarity: f32,
}

/// Scores from 0 to 1 of every passage that was found, in no order. `by_words` is best first.
pub(super) fn fused<K: Copy + Eq + Hash>(
    by_words: &[(K, f32)],
    by_meaning: Option<&ByMeaning<K>>,
) -> HashMap<K, f32> {
    let words = scaled(by_words, 0.0);
    let Some(meaning) = by_meaning.filter(|found| !found.list.is_empty()) else {
        return words.into_iter().collect();
    };
    let share = match words.is_empty() {
        true => 1.0,
        false => MEANING * (LEAST + (1.0 - LEAST) * meaning.familiarity.clamp(0.0, 1.0)),
    };
    let like = scaled(&meaning.list, meaning.average);
    // Further down the list than it goes, passages are at most as like as its last.
    let last = like.last().map_or(0.0, |(_, score)| *score);
    let mut scores = HashMap::with_capacity(words.len() + like.len());
    for (passage, score) in like {
        scores.insert(passage, share * score);
    }
    for (passage, score) in words {
        *scores.entry(passage).or_insert(share * last) += (1.0 - share) * score;
    }
    scores
}

/// The scores of a list between `zero` and its best, which is 1.
fn scaled<K: Copy>(list: &[(K, f32)], zero: f32) -> Vec<(K, f32)> {
    let range = list.first().map_or(0.0, |(_, best)| best - zero);
    let scale = |score: f32| match range > f32::EPSILON {
        true => ((score - zero) / range).clamp(0.0, 1.0),
        // Nothing stands out, as where there is one passage only.
        false => 1.0,
    };
    list.iter()
        .map(|&(key, score)| (key, scale(score)))
        .collect()
}

/// How well a model knows the language of a text, from 0 to 1, by what its tokenizer makes of it:
/// `tokens` of its own, without those that it puts around every text, and how many of them are
/// the one that stands for what it does not know.
pub(super) fn familiarity(text: &str, tokens: usize, unknown: usize) -> f32 {
    if tokens == 0 {
        return 0.0;
    }
    let strange = unknown as f32 / tokens as f32 / STRANGE;
    let marks = text
        .chars()
        .filter(|c| !c.is_alphanumeric() && !c.is_whitespace());
    let whole = text.unicode_words().count() + marks.count();
    let letters: usize = text.chars().map(letters).sum();
    let cuts = tokens.saturating_sub(whole) as f32 / letters.max(1) as f32;
    let cut = (cuts - KNOWN) / (UNKNOWN - KNOWN);
    (1.0 - strange).clamp(0.0, 1.0) * (1.0 - cut).clamp(0.0, 1.0)
}

/// Letters that are written in a character: in a syllable of Korean there are two or three.
fn letters(c: char) -> usize {
    match c {
        '\u{AC00}'..='\u{D7A3}' => 2,
        c => usize::from(c.is_alphanumeric()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_meaning(list: &[(u32, f32)], familiarity: f32) -> ByMeaning<u32> {
        ByMeaning {
            list: list.to_vec(),
            average: 0.2,
            familiarity,
        }
    }

    fn order(scores: HashMap<u32, f32>) -> Vec<u32> {
        let mut list: Vec<_> = scores.into_iter().collect();
        list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        list.into_iter().map(|(passage, _)| passage).collect()
    }

    #[test]
    fn what_both_lists_name_comes_first() {
        let words = [(1, 9.0), (2, 8.0)];
        let meaning = by_meaning(&[(3, 0.9), (2, 0.8), (4, 0.3)], 1.0);
        assert_eq!(order(fused(&words, Some(&meaning))), [2, 3, 1, 4]);
    }

    #[test]
    fn a_model_that_does_not_know_the_language_has_less_to_say() {
        let words = [(1, 9.0), (2, 8.0)];
        let list = [(3, 0.9), (2, 0.25)];
        assert_eq!(order(fused(&words, Some(&by_meaning(&list, 1.0))))[0], 3);
        assert_eq!(
            order(fused(&words, Some(&by_meaning(&list, 0.0)))),
            [1, 2, 3]
        );
    }

    #[test]
    fn one_kind_of_search_alone_keeps_its_order() {
        let list = [(7, 3.0), (5, 2.0), (6, 1.0)];
        assert_eq!(order(fused(&list, None)), [7, 5, 6]);
        assert_eq!(order(fused(&list, Some(&by_meaning(&[], 1.0)))), [7, 5, 6]);
        let likes = [(7, 0.9), (5, 0.8), (6, 0.1)];
        let alone = fused(&[], Some(&by_meaning(&likes, 0.0)));
        assert_eq!((alone[&7], alone[&6]), (1.0, 0.0));
        assert!(fused::<u32>(&[], None).is_empty());
    }

    #[test]
    fn a_model_that_finds_everything_alike_is_heard_as_any_other() {
        let words = [(1, 9.0), (2, 6.0), (3, 5.0)];
        let wide = by_meaning(&[(3, 0.8), (2, 0.5), (1, 0.2)], 1.0);
        let narrow = ByMeaning {
            list: wide
                .list
                .iter()
                .map(|&(key, like)| (key, 0.7 + like / 5.0))
                .collect(),
            average: 0.7 + wide.average / 5.0,
            familiarity: 1.0,
        };
        let (wide, narrow) = (fused(&words, Some(&wide)), fused(&words, Some(&narrow)));
        for passage in 1..=3 {
            assert!((wide[&passage] - narrow[&passage]).abs() < 1e-5);
        }
    }

    #[test]
    fn the_only_passage_is_the_best() {
        let one = by_meaning(&[(1, 0.2)], 1.0);
        assert_eq!(fused(&[(1, 2.0)], Some(&one))[&1], 1.0);
    }

    /// Counts are those of an English vocabulary of word pieces.
    #[test]
    fn a_language_that_is_cut_to_pieces_is_not_known() {
        for (text, tokens, unknown, expected) in [
            ("Where is the spare impeller kept?", 8, 0, 1.0..=1.0),
            ("What is in ISO-9001 or A-7/3?", 13, 0, 0.9..=1.0),
            (
                "Wo wird das Ersatzlaufrad der Pumpe aufbewahrt?",
                17,
                0,
                0.0..=0.4,
            ),
            (
                "Где находится запасное рабочее колесо насоса?",
                40,
                0,
                0.0..=0.0,
            ),
            ("黑豹队的防守丢了多少分？", 12, 8, 0.0..=0.0),
            // A vocabulary that has its characters.
            ("黑豹队的防守丢了多少分？", 12, 0, 1.0..=1.0),
            ("예비 임펠러는 어디에 보관되어 있습니까?", 9, 0, 0.8..=1.0),
            ("", 0, 0, 0.0..=0.0),
            ("…", 1, 0, 1.0..=1.0),
        ] {
            let known = familiarity(text, tokens, unknown);
            assert!(expected.contains(&known), "{text}: {known}");
        }
    }

    proptest! {
        #[test]
        fn scores_are_between_nothing_and_one(
            mut words in prop::collection::vec((0u32..50, 0.0f32..30.0), 0..40),
            mut likes in prop::collection::vec((0u32..50, -1.0f32..1.0), 0..40),
            average in -1.0f32..1.0,
            text in ".{0,40}",
            tokens in 0usize..200,
            unknown in 0usize..200,
        ) {
            for list in [&mut words, &mut likes] {
                list.sort_by_key(|(passage, _)| *passage);
                list.dedup_by_key(|(passage, _)| *passage);
                list.sort_by(|a, b| b.1.total_cmp(&a.1));
            }
            let familiarity = familiarity(&text, tokens, unknown);
            prop_assert!((0.0..=1.0).contains(&familiarity));
            let meaning = ByMeaning { list: likes, average, familiarity };
            for score in fused(&words, Some(&meaning)).into_values() {
                prop_assert!((0.0..=1.00001).contains(&score), "{}", score);
            }
        }
    }
}
