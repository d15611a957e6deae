//! Citations that can be checked: which sentence of which passage supports which sentence of the
//! answer, and which sentences of the answer none supports.
//!
//! The model is not asked to cite. Each sentence of its answer is compared with each sentence of
//! the passages it was given; the quote is the passage's own sentence, by its byte offsets, so it
//! is a substring of the document whatever the model wrote. A quote that does not say what the
//! answer says is worse than none, so in doubt there is none. An answer no sentence of which can be
//! matched names the passage that fits the question best, if one has a word of it, and says that it
//! is only that (`answer_end: None`).
//!
//! Words decide ([`support`]): they alone know that 250 is not 500. Where there is an embedding
//! model, a quote must also mean something like the sentence, so that words that only happen to
//! stand in one sentence are no support.

mod claims;
mod sentences;
mod support;
mod words;

use super::sources::Source;
use crate::domain::conversation::Span;
use crate::domain::document::Citation;
use crate::rag::Rag;

pub(super) use sentences::{Sentence, sentences};
pub(super) use support::{Rarity, stems};
pub(super) use words::words;

use claims::is_claim;
use words::Word;

/// Longest quote; a longer sentence is cut at a word.
pub(super) const QUOTE_BYTES: usize = 400;
/// Quotes that are compared by meaning for each sentence of an answer.
const CLOSEST: usize = 3;
/// Least likeness (cosine) of a quote to the sentence that it supports. With MiniLM
/// nearly 99 of 100 clauses of five words or more are as like as this to the sentence they are cut
/// from (XQuAD, in English), and 9 of 10 are less like a sentence of elsewhere.
const LIKE: f32 = 0.2;

/// What an answer draws on, and what of it draws on nothing.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub citations: Vec<Citation>,
    pub unsupported: Vec<Span>,
}

/// A quote that may support a sentence: passage and sentence in it, and the share of words.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    quote: (usize, usize),
    share: f32,
    /// The place of the two in the list of pairs.
    pair: usize,
}

/// An answer beside the passages it was made from.
struct Check<'a> {
    answer: &'a str,
    passages: &'a [Source],
    sources: Vec<Vec<Sentence<'a>>>,
    said: Vec<Sentence<'a>>,
    /// For each sentence that was said.
    candidates: Vec<Vec<Candidate>>,
    /// Texts to be compared by meaning, and which with which.
    texts: Vec<String>,
    pairs: Vec<(usize, usize)>,
}

/// Finds what supports `answer` among the passages it was made from. What is left of a sentence
/// where the answer was `cut` supports nothing: how it was to go on is not known.
pub(super) async fn checked(
    rag: &Rag,
    answer: &str,
    cut: bool,
    question: &str,
    passages: &[Source],
) -> Checked {
    if passages.is_empty() {
        return Checked::default();
    }
    let mut check = Check::of(answer, cut, passages);
    let texts = std::mem::take(&mut check.texts);
    let likeness = match check.pairs.is_empty() {
        true => None,
        false => rag.likeness(texts, &check.pairs).await,
    };
    check.judged(question, likeness.as_deref())
}

impl<'a> Check<'a> {
    fn of(answer: &'a str, cut: bool, passages: &'a [Source]) -> Self {
        let sources: Vec<Vec<Sentence>> = passages
            .iter()
            .map(|found| sentences(&found.passage.text, QUOTE_BYTES))
            .collect();
        let rarity = Rarity::of(sources.iter().flatten().map(|one| one.words.as_slice()));
        let mut said = sentences(answer, usize::MAX);
        let rest = answer.trim_end().len();
        if cut && !answer.ends_with('\n') {
            said.retain(|one| one.end() != rest || is_ended(one.text));
        }
        let mut check = Self {
            answer,
            passages,
            sources,
            said: Vec::new(),
            candidates: Vec::new(),
            texts: Vec::new(),
            pairs: Vec::new(),
        };
        for one in said {
            let closest = check.closest(&one.words, &rarity);
            if !closest.is_empty() {
                let this = check.texts.len();
                check.texts.push(one.text.to_owned());
                let others = closest.iter().enumerate();
                check
                    .pairs
                    .extend(others.map(|(n, _)| (this, this + 1 + n)));
                let quotes = closest.iter().map(|one| check.quote(one.quote));
                let quotes: Vec<String> = quotes.collect();
                check.texts.extend(quotes);
            }
            check.said.push(one);
            check.candidates.push(closest);
        }
        check
    }

    fn quote(&self, (passage, index): (usize, usize)) -> String {
        self.sources[passage][index].text.to_owned()
    }

    /// The quotes that have most of these words, the best first; the first of equals.
    fn closest(&self, said: &[Word], rarity: &Rarity) -> Vec<Candidate> {
        let mut found = Vec::new();
        for (passage, sentences) in self.sources.iter().enumerate() {
            for (index, sentence) in sentences.iter().enumerate() {
                if let Some(share) = rarity.support(said, &sentence.words) {
                    found.push(Candidate {
                        quote: (passage, index),
                        share,
                        pair: 0,
                    });
                }
            }
        }
        found.sort_by(|a, b| b.share.total_cmp(&a.share));
        found.truncate(CLOSEST);
        for (n, one) in found.iter_mut().enumerate() {
            one.pair = self.pairs.len() + n;
        }
        found
    }

    /// What the words and, if it is known, the likeness of each pair make of it.
    fn judged(self, question: &str, likeness: Option<&[f32]>) -> Checked {
        let mut checked = Checked::default();
        let mut numbers: Vec<(usize, usize)> = Vec::new();
        let code = claims::code(self.answer);
        for (said, candidates) in self.said.iter().zip(&self.candidates) {
            let like = |one: &Candidate| likeness.and_then(|all| all.get(one.pair)).copied();
            let best = candidates
                .iter()
                .filter(|one| like(one).is_none_or(|like| like >= LIKE))
                .reduce(|a, b| match worth(b, like(b)) > worth(a, like(a)) {
                    true => b,
                    false => a,
                });
            let in_code = code.iter().any(|range| range.contains(&said.start));
            match best {
                Some(best) => {
                    let marker = number(&mut numbers, best.quote);
                    let (passage, index) = best.quote;
                    let sentence = &self.sources[passage][index];
                    let end = u32::try_from(said.end()).ok();
                    let cited = citation(marker, &self.passages[passage], sentence, end);
                    checked.citations.push(cited);
                }
                None if !in_code && is_claim(said.text) => checked.unsupported.push(said.span()),
                None => {}
            }
        }
        if checked.citations.is_empty() && !self.answer.trim().is_empty() {
            let closest = consulted(question, self.passages, &self.sources);
            checked.citations.extend(closest);
        }
        checked
    }
}

/// What orders quotes that support the same sentence.
fn worth(one: &Candidate, likeness: Option<f32>) -> f32 {
    one.share + likeness.unwrap_or(0.0)
}

/// Whether a sentence has its end, perhaps within quotes or emphasis.
fn is_ended(sentence: &str) -> bool {
    sentence
        .trim_end_matches(['"', '”', '’', '\'', ')', ']', '*', '_', '`'])
        .ends_with(['.', '!', '?', '…', '。', '！', '？'])
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

#[cfg(test)]
mod tests;
