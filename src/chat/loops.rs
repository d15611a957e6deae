//! Answers that go in circles are ended, and the circle is not shown.
//!
//! Small models that are asked for facts fall into saying the same sentence again and again. A
//! sentence that begins like one said before is held back; if it comes out as that very sentence
//! it stays held, and after [`REPEATS`] of them in a row the answer ends without them. Anything
//! new lets go of what was held: a refrain is no circle. A phrase that is said over and over within
//! one endless sentence ends the answer too, and so does a list of one short item. Code and tables
//! repeat lines for good reasons and are let through. The words of an answer are never changed, as
//! penalties on tokens would do, for an answer has to quote its sources.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

/// Sentences said before, one after the other, that make a circle.
const REPEATS: usize = 3;
/// Shorter sentences may come as often as they like.
const WORDS: usize = 4;
/// Longest phrase that is looked for within a sentence that has no end, in words.
const PHRASE_WORDS: usize = 16;
/// How often in a row a phrase of [`WORDS`] or more, and a shorter one or a short item of a list,
/// makes a circle.
const PHRASES: usize = 4;
const SHORT_PHRASES: usize = 8;

/// Watches one answer as it grows.
#[derive(Debug, Default)]
pub(super) struct Loops {
    said: HashSet<String>,
    /// The sentence that is being said, with the list mark before it.
    open: String,
    /// Whole sentences that were said before, in a row.
    held: String,
    repeats: usize,
    items: Items,
    /// How much of `open` has been let go.
    gone: usize,
    in_code: bool,
}

impl Loops {
    /// Takes the next piece of the answer; gives what may be shown, and whether the answer has
    /// begun to go in circles and is over.
    pub(super) fn push(&mut self, text: &str) -> (String, bool) {
        let mut shown = String::new();
        for c in text.chars() {
            self.open.push(c);
            let over = if self.ends_sentence(c) {
                self.close(&mut shown)
            } else {
                c.is_whitespace() && self.stammers(&mut shown)
            };
            if over {
                return (shown, true);
            }
        }
        if !self.may_repeat() {
            self.let_go(&mut shown);
        }
        (shown, false)
    }

    /// What is left at the end of the answer; a repeated sentence at its very end is left out.
    pub(super) fn finish(&mut self) -> String {
        let mut shown = String::new();
        let circles = self.is_repeat() || self.repeats > 0 && self.may_repeat();
        if !circles && !plain(&self.open).is_empty() {
            self.let_go(&mut shown);
        }
        shown
    }

    /// Whether the sentence that is open ends with `c`, which was just added to it.
    fn ends_sentence(&self, c: char) -> bool {
        let before = self.open.trim_end();
        let said = before.trim_end_matches(['"', '”', '’', ')', '*', '_']);
        match c {
            '\n' | '。' | '！' | '？' => true,
            _ => c.is_whitespace() && said.ends_with(['.', '!', '?']) && !is_mark(before),
        }
    }

    /// Ends the open sentence; true if that completes a circle.
    fn close(&mut self, shown: &mut String) -> bool {
        let fence = self.open.trim_start().starts_with("```");
        self.in_code ^= fence;
        if self.is_repeat() {
            self.held.push_str(&self.open);
            self.open.clear();
            self.repeats += 1;
            return self.repeats >= REPEATS;
        }
        let sentence = plain(&self.open);
        if sentence.is_empty() && self.repeats > 0 {
            // An empty line between two repeats belongs to neither.
            self.held.push_str(&self.open);
            self.open.clear();
            return false;
        }
        if !self.is_exempt() && sentence.unicode_words().count() >= WORDS {
            self.said.insert(sentence.to_owned());
        }
        let over = !self.is_exempt() && self.items.count(&self.open) >= SHORT_PHRASES;
        self.let_go(shown);
        self.open.clear();
        self.gone = 0;
        over
    }

    /// Whether the open sentence goes in circles itself. Its words were shown as they came.
    fn stammers(&mut self, shown: &mut String) -> bool {
        let most = PHRASE_WORDS * PHRASES.max(SHORT_PHRASES);
        let words: Vec<&str> = self.open.split_whitespace().rev().take(most).collect();
        let circles = |phrase: usize| {
            let times = if phrase < WORDS {
                SHORT_PHRASES
            } else {
                PHRASES
            };
            words.get(..phrase * times).is_some_and(|tail| {
                let said = tail[..phrase]
                    .iter()
                    .any(|word| word.contains(char::is_alphabetic));
                said && tail[phrase..] == tail[..tail.len() - phrase]
            })
        };
        let over = !self.is_exempt() && (1..=PHRASE_WORDS).any(circles);
        if over {
            self.let_go(shown);
        }
        over
    }

    /// Shows what was held and what is open.
    fn let_go(&mut self, shown: &mut String) {
        shown.push_str(&std::mem::take(&mut self.held));
        self.repeats = 0;
        shown.push_str(&self.open[self.gone..]);
        self.gone = self.open.len();
    }

    /// Whether the open sentence is one that was said before.
    fn is_repeat(&self) -> bool {
        self.gone == 0 && !self.is_exempt() && self.said.contains(plain(&self.open))
    }

    /// Whether the open sentence may still become one that was said before.
    fn may_repeat(&self) -> bool {
        if self.gone > 0 || self.is_exempt() || self.said.is_empty() {
            return false;
        }
        let begun = plain(&self.open);
        // Digits may turn out to be the mark of a list.
        begun.bytes().all(|b| b.is_ascii_digit())
            || self.said.iter().any(|said| said.starts_with(begun))
    }

    fn is_exempt(&self) -> bool {
        let line = self.open.trim_start();
        self.in_code || line.starts_with('|') || line.starts_with("```")
    }
}

/// Short items of a list that say the same, in a row.
#[derive(Debug, Default)]
struct Items {
    last: String,
    count: usize,
}

impl Items {
    /// How many there are with this sentence, which comes with its mark; 0 if it is no item.
    fn count(&mut self, sentence: &str) -> usize {
        let said = plain(sentence);
        if said.is_empty() {
            return 0;
        }
        let is_item = said.len() < sentence.trim().len();
        let same = is_item && said == self.last;
        self.count = usize::from(is_item) + if same { self.count } else { 0 };
        said.clone_into(&mut self.last);
        self.count
    }
}

/// A sentence without the mark of a list before it and the space around it.
fn plain(sentence: &str) -> &str {
    let sentence = sentence.trim();
    let bullet = sentence.strip_prefix(['-', '*', '•']);
    let rest = sentence.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = rest
        .strip_prefix(['.', ')'])
        .filter(|_| rest.len() < sentence.len());
    // "-5 degrees" and "3.50 EUR" have no mark.
    let item = bullet
        .or(number)
        .filter(|item| item.is_empty() || item.starts_with(char::is_whitespace));
    item.unwrap_or(sentence).trim_start()
}

/// Whether `text` is the number of a list item and nothing else.
fn is_mark(text: &str) -> bool {
    let text = text.trim_start();
    text.len() > 1 && plain(text).is_empty()
}

#[cfg(test)]
mod tests;
