//! Citations that can be checked: which sentence of which passage supports which sentence of the
//! answer.
//!
//! The model is not asked to cite. Each sentence of its answer is compared with each sentence of
//! the passages it was given; the quote is the passage's own sentence, by its byte offsets, so it
//! is a substring of the document whatever the model wrote. An answer no sentence of which can be
//! matched names the passage that fits the question best, and says that it is only that
//! (`answer_end: None`).

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use super::sources::Source;
use crate::domain::document::Citation;

/// Share of an answer sentence's words that must stand in the quote.
const SUPPORT: f32 = 0.5;
/// Words that must be shared at least, so that "It is." is not taken for support.
const SHARED_WORDS: usize = 2;
/// Longest quote; a longer sentence is cut at a word.
const QUOTE_BYTES: usize = 400;

/// A sentence and where it stands in its text, in bytes.
struct Sentence<'a> {
    start: usize,
    text: &'a str,
    words: HashSet<String>,
}

/// Finds what supports `answer` among the passages it was made from.
pub(super) fn citations(answer: &str, question: &str, passages: &[Source]) -> Vec<Citation> {
    let sources: Vec<Vec<Sentence>> = passages
        .iter()
        .map(|found| sentences(&found.passage.text))
        .collect();
    let mut found = Vec::new();
    let mut numbers: Vec<(usize, usize)> = Vec::new();
    for said in sentences(answer) {
        let Some((passage, index)) = best(&said.words, &sources) else {
            continue;
        };
        let end = said.start + said.text.trim_end().len();
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

/// The passage sentence that holds most of `words`, if it holds enough of them.
fn best(words: &HashSet<String>, sources: &[Vec<Sentence>]) -> Option<(usize, usize)> {
    let mut best = None;
    let mut most = SUPPORT;
    for (passage, sentences) in sources.iter().enumerate() {
        for (index, sentence) in sentences.iter().enumerate() {
            let shared = words.intersection(&sentence.words).count();
            let share = shared as f32 / words.len().max(1) as f32;
            if shared >= SHARED_WORDS && (share > most || best.is_none() && share >= most) {
                (best, most) = (Some((passage, index)), share);
            }
        }
    }
    best
}

/// The sentence that fits the question best, for an answer that cannot be matched.
fn consulted(question: &str, passages: &[Source], sources: &[Vec<Sentence>]) -> Option<Citation> {
    let asked = words(question);
    let fit = |sentence: &Sentence| asked.intersection(&sentence.words).count();
    let (passage, sentence) = sources
        .iter()
        .enumerate()
        .flat_map(|(passage, list)| list.iter().map(move |sentence| (passage, sentence)))
        .rev()
        .max_by_key(|(_, sentence)| fit(sentence))?;
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
    let quote = shortened(sentence.text.trim());
    let lead = sentence.text.len() - sentence.text.trim_start().len();
    let start = found.passage.start as usize + sentence.start + lead;
    Citation {
        marker,
        document: found.passage.document,
        title: found.title.clone(),
        page: found.passage.page,
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(start + quote.len()).unwrap_or(u32::MAX),
        quote: quote.to_owned(),
        answer_end,
    }
}

fn shortened(sentence: &str) -> &str {
    if sentence.len() <= QUOTE_BYTES {
        return sentence;
    }
    let words = sentence.split_word_bound_indices();
    let cut = words
        .map(|(at, _)| at)
        .take_while(|at| *at <= QUOTE_BYTES)
        .last();
    sentence[..cut.unwrap_or(0)].trim_end()
}

/// Sentences by Unicode's rules (UAX 29), cut at line ends too: a list has a sentence a line.
fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut found = Vec::new();
    for (at, sentence) in text.split_sentence_bound_indices() {
        let mut start = at;
        for line in sentence.split_inclusive('\n') {
            let words = words(line);
            if !words.is_empty() {
                found.push(Sentence {
                    start,
                    text: line,
                    words,
                });
            }
            start += line.len();
        }
    }
    found
}

/// Words that carry meaning: of four letters or more, or with a digit.
fn words(text: &str) -> HashSet<String> {
    text.unicode_words()
        .filter(|word| word.chars().count() >= 4 || word.chars().any(char::is_numeric))
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Passage;
    use crate::domain::id::DocumentId;

    const TEXT: &str = "# Stores\n\nThe Müller pump stands in hall two. The spare impeller is kept \
                        in cabinet 7 behind the boiler. Ask Ines Holm for the key.\n";

    fn found(text: &str, start: u32) -> Source {
        let passage = Passage {
            document: DocumentId::new(),
            ordinal: 0,
            start,
            end: start + text.len() as u32,
            page: None,
            headings: Vec::new(),
            text: text.to_owned(),
        };
        Source {
            passage,
            title: "stores.md".to_owned(),
            masked: text.to_owned(),
        }
    }

    #[test]
    fn a_quote_is_the_documents_own_sentence() {
        let from = TEXT.find("The Müller").expect("it is there");
        let passages = [found(&TEXT[from..], from as u32)];
        let answer = "You are lucky. The spare impeller is in cabinet 7, behind the boiler.";
        let cited = citations(answer, "Where is it?", &passages);
        assert_eq!(cited.len(), 1);
        let quote = "The spare impeller is kept in cabinet 7 behind the boiler.";
        assert_eq!(cited[0].quote, quote);
        assert_eq!(&TEXT[cited[0].start as usize..cited[0].end as usize], quote);
        assert_eq!(cited[0].answer_end, Some(answer.len() as u32));
    }

    #[test]
    fn the_same_quote_keeps_its_number() {
        let passages = [found(TEXT, 0)];
        let answer = "The impeller is kept in cabinet 7. Ines Holm has the key. \
                      Again: cabinet 7 keeps the spare impeller.";
        let markers: Vec<_> = citations(answer, "", &passages)
            .iter()
            .map(|cited| cited.marker)
            .collect();
        assert_eq!(markers, [1, 2, 1]);
    }

    #[test]
    fn an_answer_without_support_says_only_what_was_consulted() {
        let passages = [found(TEXT, 0)];
        let cited = citations("No idea.", "Where is the spare impeller kept?", &passages);
        assert_eq!(cited.len(), 1);
        assert!(cited[0].quote.contains("impeller"));
        assert_eq!(cited[0].answer_end, None);
        assert!(citations("", "Where?", &passages).is_empty());
        assert!(citations("The moon is made of cheese.", "Why?", &[]).is_empty());
    }

    #[test]
    fn a_long_sentence_is_cut_at_a_word() {
        let text = "wörter ".repeat(200);
        let cited = citations("wörter wörter", "wörter", &[found(&text, 0)]);
        assert!(cited[0].quote.len() <= QUOTE_BYTES);
        assert!(text.starts_with(&cited[0].quote));
    }
}
