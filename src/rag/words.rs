//! Words: the terms that BM25 counts.
//!
//! A text is split at the bounds of Unicode's words (UAX 29). Each word is folded, so that
//! `Zürich` is found by `zurich`, and brought to its stem by the rules of the text's language.
//! Scripts that write no spaces become pairs of neighbouring characters. What looks like an
//! identifier (`Q-19`, `v1.2.3`, `foo_bar`) is kept whole and also given by its parts. In
//! languages that write compounds as one word, the beginning of a long word is a term as well.
//!
//! Documents of several languages lie in one workspace, each stemmed by its own: a question's
//! word is therefore looked up in every form that a language of the workspace gives it.

mod fold;
mod grams;
mod split;
mod stem;

use std::collections::HashMap;

use super::language::Language;
use split::Part;
use stem::Stemmer;

/// Bytes of a term; what is longer is cut: nobody searches for it, and it comes from data, not
/// from language.
const LONGEST: usize = 64;
/// Bytes of a word that are looked at. Folding never makes the first [`LONGEST`] of more.
const READ: usize = 4 * LONGEST;
/// Languages by which the words of one question are stemmed, at most.
const LANGUAGES: usize = 8;
/// How much the beginning of a word counts beside the word.
const BEGINNING: f32 = 0.5;

/// A word of a question.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// The terms that it may have become in a document, each once. They are one word: what a
    /// passage has of them is added up, and so is in how many passages they are.
    pub(super) forms: Vec<String>,
    /// How often it was asked for: its score counts as often.
    pub(super) weight: f32,
}

/// The terms of a text in a language, in order, with repeats. In a language that is not known,
/// words stay as they are, but for folding and the ending of a plural.
pub(super) fn terms(text: &str, language: Option<Language>) -> Vec<String> {
    let stemmer = Stemmer::of(language);
    let mut terms = Vec::new();
    split::each(text, |part| match part {
        Part::Word(word) | Part::Piece(word) => {
            let term = stemmer.term(read(word));
            terms.extend(stemmer.beginning(&term));
            terms.push(term);
        }
        Part::Whole(whole) => terms.push(fold::whole(whole)),
        Part::Run(run) => grams::each(run, |gram| terms.push(fold::plain(read(gram)))),
    });
    terms.retain_mut(is_kept);
    terms
}

/// The different words of a question, in order. `languages` are those of the documents, the most
/// frequent first; documents of no known language are always thought of.
pub(super) fn question(text: &str, languages: &[Language]) -> Vec<Asked> {
    let known = languages.iter().take(LANGUAGES).copied().map(Some);
    let stemmers: Vec<Stemmer> = known.chain([None]).map(Stemmer::of).collect();
    let mut words = Words::default();
    split::each(text, |part| match part {
        Part::Word(word) => {
            let terms: Vec<String> = stemmers.iter().map(|one| one.term(read(word))).collect();
            let pairs = stemmers.iter().zip(&terms);
            let beginnings = pairs.filter_map(|(one, term)| one.start(term)).collect();
            words.add(terms, 1.0);
            words.add(beginnings, BEGINNING);
        }
        Part::Piece(_) => {}
        Part::Whole(whole) => words.add(vec![fold::whole(whole)], 1.0),
        Part::Run(run) => grams::each(run, |gram| words.add(vec![fold::plain(read(gram))], 1.0)),
    });
    words.list
}

/// Words of a question, each once.
#[derive(Default)]
struct Words {
    list: Vec<Asked>,
    places: HashMap<Vec<String>, usize>,
}

impl Words {
    fn add(&mut self, mut forms: Vec<String>, weight: f32) {
        forms.retain_mut(is_kept);
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return;
        }
        match self.places.get(&forms) {
            Some(&place) => self.list[place].weight += weight,
            None => {
                self.places.insert(forms.clone(), self.list.len());
                self.list.push(Asked { forms, weight });
            }
        }
    }
}

/// The part of a word that is looked at.
fn read(word: &str) -> &str {
    &word[..word.floor_char_boundary(READ)]
}

/// Cuts a term to its length; false if there is nothing in it.
fn is_kept(term: &mut String) -> bool {
    term.truncate(term.floor_char_boundary(LONGEST));
    !term.is_empty()
}

#[cfg(test)]
mod tests;
