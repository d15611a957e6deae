//! Highlight: where the words of a question stand in a passage, in whatever form they were found.

use std::collections::HashSet;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::words;

/// Bytes of `text` that are words of `question`, neighbours joined, in order.
pub(super) fn ranges(text: &str, question: &str) -> Vec<Range<usize>> {
    let asked: HashSet<String> = words::terms(question).into_iter().collect();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, word) in text.unicode_word_indices() {
        if !words::terms(word).iter().any(|term| asked.contains(term)) {
            continue;
        }
        let end = at + word.len();
        match ranges.last_mut() {
            // Scripts without spaces have a word for each character.
            Some(last) if last.end == at => last.end = end,
            _ => ranges.push(at..end),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_marked_in_the_form_in_which_they_stand() {
        for (text, question, expected) in [
            (
                "Spare impellers: in Zürich.",
                "impeller zurich",
                "impellers|Zürich",
            ),
            ("黑豹队来了", "黑豹", "黑豹"),
            ("Nothing of it", "pump", ""),
        ] {
            let marked: Vec<&str> = ranges(text, question)
                .into_iter()
                .map(|range| &text[range])
                .collect();
            assert_eq!(marked.join("|"), expected, "{text}");
        }
    }
}
