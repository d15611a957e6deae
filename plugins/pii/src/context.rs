//! What stands around a span.

use crate::lexicon::{LEXICON, Mask};

/// Bytes of a line that are read before a number.
const LEAD: usize = 100;
/// Bytes before a number in which a word is right before it.
const NEAR: usize = 44;

/// The character before `at`.
pub fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character from `at` on.
pub fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Neither white space nor a letter of a script that is written without it, which no pattern
/// here contains. Latin, Greek and Cyrillic letters are part of words.
pub fn solid(c: char) -> bool {
    if c.is_ascii() {
        c > ' '
    } else {
        matches!(c, '\u{a1}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
    }
}

/// A letter or digit that a number would be glued to.
pub fn glued(c: char) -> bool {
    c == '_' || c.is_alphanumeric() && solid(c)
}

/// Whether a number at `start..end` stands alone: not inside a word, a longer number, a decimal
/// or a chain of numbers such as a serial or a version.
pub fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joint = |c: char| matches!(c, '-' | '.' | '/' | ',' | ':');
    if before(text, start).is_some_and(glued) || after(text, end).is_some_and(glued) {
        return false;
    }
    let mut left = text[..start].chars().rev();
    if left.next().is_some_and(joint) && left.next().is_some_and(|c| c.is_ascii_digit()) {
        return false;
    }
    let mut right = text[end..].chars();
    !(right.next().is_some_and(joint) && right.next().is_some_and(|c| c.is_ascii_digit()))
}

/// The last `bytes` of the text before `at`, of its line and of the one before if that ends in a
/// colon, for a look at what a number is called.
pub fn lead(text: &str, at: usize, bytes: usize) -> &str {
    let lead = &text[border(text, at.saturating_sub(bytes))..at];
    let Some(line) = lead.rfind('\n') else {
        return lead;
    };
    if !lead[..line].trim_end().ends_with(':') {
        return &lead[line + 1..];
    }
    let above = lead[..line].trim_end();
    &lead[above.rfind('\n').map_or(0, |line| line + 1)..]
}

/// Topics of the words before a place.
#[derive(Clone, Copy, Default)]
pub struct Around {
    /// Of those right before it, without another number between.
    pub near: Mask,
    /// Of all on the line.
    pub far: Mask,
}

/// Reads the words before `at`.
pub fn around(text: &str, at: usize) -> Around {
    let lead = lead(text, at, LEAD);
    // Columns of numbers have nothing to say.
    if !lead
        .bytes()
        .any(|byte| byte.is_ascii_alphabetic() || byte >= 0x80)
    {
        return Around::default();
    }
    let lexicon = &*LEXICON;
    let mut around = Around::default();
    let mut before = 0;
    let mut start = None;
    let ends = lead.char_indices().chain([(lead.len(), ' ')]);
    for (here, c) in ends {
        let sign = matches!(c, '☎' | '📞' | '§');
        if c.is_alphanumeric() || sign {
            start = start.or(Some(here));
            continue;
        }
        let Some(from) = start.take() else { continue };
        let word = &lead[from..here];
        if word.as_bytes()[0].is_ascii_digit() {
            (before, around.near) = (0, 0);
            continue;
        }
        let (topics, hash) = lexicon.word(before, word);
        before = hash;
        around.far |= topics;
        if lead.len() - here <= NEAR {
            around.near |= topics;
        }
    }
    around
}

/// How many digits are in it.
pub fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The character border at or behind `at`.
pub fn border(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
