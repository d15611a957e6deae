//! Words: the terms that BM25 counts.
//!
//! Unicode words (UAX 29), lower case, without accents and without the ending of a plural, so that
//! `Zürich` is found by `zurich` and `impellers` by `impeller`.
//! Scripts that write no spaces come out of UAX 29 one character at a time; there, neighbouring
//! characters also make pairs, which say more than each alone.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Longer terms are cut: nobody searches for them, and they come from data, not from language.
const LONGEST: usize = 64;

/// The terms of a text, in order, with repeats.
pub(super) fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    let mut last: Option<(usize, char)> = None;
    for (at, word) in text.unicode_word_indices() {
        let lone = lone_character(word);
        if let (Some(this), Some((end, before))) = (lone, last)
            && end == at
        {
            terms.push([before, this].iter().collect());
        }
        last = lone.map(|this| (at + word.len(), this));
        let term = singular(fold(word));
        if !term.is_empty() {
            terms.push(term);
        }
    }
    terms
}

/// The only character of a word in a script without spaces.
fn lone_character(word: &str) -> Option<char> {
    let mut chars = word.chars();
    match (chars.next(), chars.next()) {
        // Thai and on; scripts before it write words with spaces, save for single letters.
        (Some(only), None) if only >= '\u{0E00}' && !only.is_ascii() => Some(only),
        _ => None,
    }
}

/// One word in the form in which it is compared.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return cut(possessive(&word.to_ascii_lowercase()));
    }
    let lower = word.replace('’', "'").to_lowercase().replace('ß', "ss");
    let bare: String = lower.nfkd().filter(|c| !is_mark(*c)).nfc().collect();
    cut(possessive(&bare))
}

/// Accents of the European scripts, and the vowel signs that Arabic and Hebrew may leave out.
/// Marks that are letters of their script (such as in Devanagari) stay.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{0591}'..='\u{05C7}' | '\u{0610}'..='\u{061A}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}')
}

fn possessive(word: &str) -> &str {
    word.strip_suffix("'s").unwrap_or(word)
}

/// Without the ending of an English plural (after Harman's S stemmer, 1991); French and Spanish
/// plurals mostly go by the same rule, and a word that only looks like one is folded alike on both
/// sides of a search.
fn singular(mut word: String) -> String {
    let long = word.len() > 3 && word.is_ascii();
    if !long || !word.ends_with('s') || word.ends_with("ss") || word.ends_with("us") {
        return word;
    }
    if word.ends_with("ies") && !word.ends_with("eies") && !word.ends_with("aies") {
        word.truncate(word.len() - 3);
        word.push('y');
        return word;
    }
    let hissing = ["xes", "ches", "shes", "sses"]
        .iter()
        .any(|end| word.ends_with(end));
    word.truncate(word.len() - if hissing { 2 } else { 1 });
    word
}

fn cut(word: &str) -> String {
    word[..word.floor_char_boundary(LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_so_that_spellings_meet() {
        for (text, expected) in [
            (
                "Where IS the spare impeller?",
                "where is the spare impeller",
            ),
            ("Zürich, Ångström, naïve", "zurich angstrom naive"),
            ("Straße ＡＢＣ ﬁne", "strasse abc fine"),
            (
                "the company's and the company’s",
                "the company and the company",
            ),
            ("don't 3.5 A-7 foo_bar", "don't 3.5 a 7 foo_bar"),
            ("Ёлка", "елка"),
            ("한국어 문서", "한국어 문서"),
            ("مُحَمَّد", "محمد"),
            ("黑豹队", "黑 黑豹 豹 豹队 队"),
            ("黑 豹", "黑 豹"),
            (
                "Boxes of switches, classes, bodies",
                "box of switch class body",
            ),
            ("bus gas glass virus", "bus gas glass virus"),
            ("— … !", ""),
        ] {
            assert_eq!(terms(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_word_without_end_is_cut() {
        assert_eq!(terms(&"ä".repeat(500)), ["a".repeat(64)]);
        assert_eq!(terms(&"字a".repeat(3)).len(), 6);
    }
}
