//! Citations that can be checked: which sentence of which passage supports which sentence of the
//! answer.
//!
//! The model is not asked to cite. Each sentence of its answer is compared with each sentence of
//! the passages it was given; the quote is the passage's own sentence, by its byte offsets, so it
//! is a substring of the document whatever the model wrote. A quote that does not say what the
//! answer says is worse than none, so in doubt there is none. An answer no sentence of which can be
//! matched names the passage that fits the question best, if one has a word of it, and says that it
//! is only that (`answer_end: None`).

mod support;
mod words;

use unicode_segmentation::UnicodeSegmentation;

use super::sources::Source;
use crate::domain::document::Citation;
use support::{Rarity, stems};
use words::{Word, words};

/// Longest quote; a longer sentence is cut at a word.
const QUOTE_BYTES: usize = 400;

/// A sentence and where it stands in its text, in bytes.
struct Sentence<'a> {
    start: usize,
    text: &'a str,
    words: Vec<Word>,
}

/// Finds what supports `answer` among the passages it was made from. What is left of a sentence
/// where the answer was `cut` supports nothing: how it was to go on is not known.
pub(super) fn citations(
    answer: &str,
    cut: bool,
    question: &str,
    passages: &[Source],
) -> Vec<Citation> {
    let sources: Vec<Vec<Sentence>> = passages
        .iter()
        .map(|found| sentences(&found.passage.text, QUOTE_BYTES))
        .collect();
    let rarity = Rarity::of(sources.iter().flatten().map(|one| one.words.as_slice()));
    let mut found = Vec::new();
    let mut numbers: Vec<(usize, usize)> = Vec::new();
    let cut = cut && !answer.ends_with('\n');
    for said in sentences(answer, usize::MAX) {
        let end = said.start + said.text.len();
        if cut && end == answer.trim_end().len() && !is_ended(said.text) {
            continue;
        }
        let Some((passage, index)) = best(&said.words, &sources, &rarity) else {
            continue;
        };
        let marker = number(&mut numbers, (passage, index));
        let sentence = &sources[passage][index];
        found.push(citation(
            marker,
            &passages[passage],
            sentence,
            u32::try_from(end).ok(),
        ));
    }
    if found.is_empty() && !answer.trim().is_empty() {
        found.extend(consulted(question, passages, &sources));
    }
    found
}

/// Whether a sentence has its end, perhaps within quotes or emphasis.
fn is_ended(sentence: &str) -> bool {
    sentence
        .trim_end_matches(['"', '”', '’', '\'', ')', ']', '*', '_', '`'])
        .ends_with(['.', '!', '?', '…', '。', '！', '？'])
}

/// The sentence that supports these words best, if one does; the first of equals.
fn best(said: &[Word], sources: &[Vec<Sentence>], rarity: &Rarity) -> Option<(usize, usize)> {
    let mut best: Option<((usize, usize), f32)> = None;
    for (passage, sentences) in sources.iter().enumerate() {
        for (index, sentence) in sentences.iter().enumerate() {
            let Some(share) = rarity.support(said, &sentence.words) else {
                continue;
            };
            if best.is_none_or(|(_, most)| share > most) {
                best = Some(((passage, index), share));
            }
        }
    }
    best.map(|(place, _)| place)
}

/// The sentence that fits the question best, for an answer that cannot be matched; none if it
/// shares no word with it.
fn consulted(question: &str, passages: &[Source], sources: &[Vec<Sentence>]) -> Option<Citation> {
    let asked = words(question);
    let asked = stems(&asked);
    let fit = |sentence: &Sentence| asked.intersection(&stems(&sentence.words)).count();
    let (passage, sentence) = sources
        .iter()
        .enumerate()
        .flat_map(|(passage, list)| list.iter().map(move |sentence| (passage, sentence)))
        .rev()
        .max_by_key(|(_, sentence)| fit(sentence))
        .filter(|(_, sentence)| fit(sentence) > 0)?;
    Some(citation(1, &passages[passage], sentence, None))
}

/// The number of a quote in this answer: the one it has, or the next.
fn number(numbers: &mut Vec<(usize, usize)>, quote: (usize, usize)) -> u32 {
    let at = numbers
        .iter()
        .position(|known| *known == quote)
        .unwrap_or_else(|| {
            numbers.push(quote);
            numbers.len() - 1
        });
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

fn citation(marker: u32, found: &Source, sentence: &Sentence, answer_end: Option<u32>) -> Citation {
    let start = found.passage.start as usize + sentence.start;
    Citation {
        marker,
        document: found.passage.document,
        title: found.title.clone(),
        page: found.passage.page,
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(start + sentence.text.len()).unwrap_or(u32::MAX),
        quote: sentence.text.to_owned(),
        answer_end,
    }
}

/// Sentences by Unicode's rules (UAX 29), cut at line ends too: a list has a sentence a line. Of a
/// longer one than `most` bytes only the beginning is taken.
fn sentences(text: &str, most: usize) -> Vec<Sentence<'_>> {
    let mut found = Vec::new();
    for (at, sentence) in text.split_sentence_bound_indices() {
        let mut start = at;
        for line in sentence.split_inclusive('\n') {
            let lead = line.len() - line.trim_start().len();
            let text = shortened(line.trim(), most);
            let words = words(text);
            if !words.is_empty() {
                let start = start + lead;
                found.push(Sentence { start, text, words });
            }
            start += line.len();
        }
    }
    found
}

fn shortened(sentence: &str, most: usize) -> &str {
    if sentence.len() <= most {
        return sentence;
    }
    let words = sentence.split_word_bound_indices();
    let cut = words.map(|(at, _)| at).take_while(|at| *at <= most).last();
    sentence[..cut.unwrap_or(0)].trim_end()
}

#[cfg(test)]
mod tests;
