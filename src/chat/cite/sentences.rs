//! The sentences of a text, and where they stand in it.

use unicode_segmentation::UnicodeSegmentation;

use super::words::{Word, words};
use crate::domain::conversation::Span;

/// A line this long or longer was broken for its length, if the next one can go on with it.
const FULL_LINE: usize = 50;

/// A sentence and where it stands in its text, in bytes.
pub(in crate::chat) struct Sentence<'a> {
    pub start: usize,
    pub text: &'a str,
    pub words: Vec<Word>,
}

impl Sentence<'_> {
    /// The byte behind it.
    pub(in crate::chat) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Its place.
    pub(in crate::chat) fn span(&self) -> Span {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            start: offset(self.start),
            end: offset(self.end()),
        }
    }
}

/// Sentences by Unicode's rules (UAX 29), cut at line ends too: a list has a sentence a line. A
/// line that was only broken for its length goes on in the next. Of a longer one than `most` bytes
/// only the beginning is taken.
pub(in crate::chat) fn sentences(text: &str, most: usize) -> Vec<Sentence<'_>> {
    let flowing = flowing(text);
    let mut found = Vec::new();
    for (at, sentence) in flowing.split_sentence_bound_indices() {
        let mut start = at;
        for line in sentence.split_inclusive('\n') {
            let whole = &text[start..start + line.len()];
            let lead = whole.len() - whole.trim_start().len();
            let text = shortened(whole.trim(), most);
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

/// The same text, byte for byte, with spaces for the line ends that end nothing.
fn flowing(text: &str) -> String {
    let mut flowing = String::with_capacity(text.len());
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        match (line.strip_suffix('\n'), lines.peek()) {
            (Some(bare), Some(next)) if goes_on(bare, next) => {
                flowing.push_str(&bare.replace('\r', " "));
                flowing.push(' ');
            }
            _ => flowing.push_str(line),
        }
    }
    flowing
}

/// Whether a sentence that stands at the end of `line` may go on in `next`.
fn goes_on(line: &str, next: &str) -> bool {
    let (line, next) = (line.trim(), next.trim());
    let begins_anew = |text: &str| {
        text.is_empty()
            || text.starts_with(['#', '|', '>', '-', '*', '+', '•', '`', '~'])
            || text.starts_with(|c: char| c.is_ascii_digit()) && is_item(text)
    };
    let alone = line.starts_with(['#', '|', '`', '~']) || line.is_empty();
    let small = next.starts_with(char::is_lowercase);
    !alone && !begins_anew(next) && (small || line.len() >= FULL_LINE)
}

/// Whether a line that begins with a digit begins with the number of a list item.
fn is_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix(['.', ')']);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
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
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        let found = sentences(text, usize::MAX);
        for one in &found {
            assert_eq!(&text[one.start..one.end()], one.text);
        }
        found.into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn a_line_ends_a_sentence_unless_it_was_broken_for_its_length() {
        for (text, expected) in [
            (
                "The spare impeller is kept in cabinet 7 behind\nthe boiler. Ask Ines.",
                &[
                    "The spare impeller is kept in cabinet 7 behind\nthe boiler.",
                    "Ask Ines.",
                ][..],
            ),
            (
                "The alarm code is changed every first Monday by the\nInes Holm agency.",
                &["The alarm code is changed every first Monday by the\nInes Holm agency."],
            ),
            ("# Stores\nHall two.", &["# Stores", "Hall two."]),
            ("Stores\nHall two.", &["Stores", "Hall two."]),
            ("- pumps\n- seals", &["- pumps", "- seals"]),
            (
                "see below\n1. pumps\n2. seals",
                &["see below", "1. pumps", "2. seals"],
            ),
            ("one thing\n\nother things", &["one thing", "other things"]),
            ("| a1 | b1 |\n| c1 | d1 |", &["| a1 | b1 |", "| c1 | d1 |"]),
            (
                "weights: 3.5 kg\r\nheights: 2 m",
                &["weights: 3.5 kg\r\nheights: 2 m"],
            ),
            ("\n\n", &[]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }
}
