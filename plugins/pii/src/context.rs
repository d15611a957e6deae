//! What stands around a span.

use std::cell::OnceCell;

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

/// A word that announces something, or a number.
struct Mark {
    start: usize,
    end: usize,
    /// None for a number.
    topics: Mask,
}

/// The words of a text that announce something, looked up once, when first asked for.
pub struct Topics<'a> {
    /// The text.
    pub text: &'a str,
    /// Nothing before is asked about.
    from: usize,
    marks: OnceCell<(Vec<Mark>, Mask)>,
}

impl<'a> Topics<'a> {
    /// Of places in `text[from..]`.
    pub fn of(text: &'a str, from: usize) -> Topics<'a> {
        Topics {
            text,
            from: border(text, from.saturating_sub(LEAD)),
            marks: OnceCell::new(),
        }
    }

    fn marks(&self) -> &(Vec<Mark>, Mask) {
        self.marks.get_or_init(|| marks(self.text, self.from))
    }

    /// The topics of all words.
    pub fn all(&self) -> Mask {
        self.marks().1
    }

    /// The topics of the words before `at`.
    pub fn around(&self, at: usize) -> Around {
        let (marks, all) = self.marks();
        let mut around = Around::default();
        if *all == 0 {
            return around;
        }
        let begin = at - lead(self.text, at, LEAD).len();
        let behind = marks.partition_point(|mark| mark.end <= at);
        let mut near = true;
        for mark in marks[..behind].iter().rev() {
            if mark.start < begin {
                break;
            }
            near = near && mark.topics != 0 && at - mark.end <= NEAR;
            around.far |= mark.topics;
            around.near |= if near { mark.topics } else { 0 };
        }
        around
    }
}

/// The words of `text[from..]` that announce something, the numbers, and all topics.
fn marks(text: &str, from: usize) -> (Vec<Mark>, Mask) {
    let (mut marks, mut all) = (Vec::new(), 0);
    let (mut before, mut start) = (0, None);
    let ends = text[from..].char_indices().map(|(at, c)| (from + at, c));
    for (here, c) in ends.chain([(text.len(), ' ')]) {
        let sign = matches!(c, '☎' | '📞' | '§');
        if c.is_alphanumeric() || sign {
            start = start.or(Some(here));
            continue;
        }
        let Some(start) = start.take() else { continue };
        let word = &text[start..here];
        let (topics, hash) = match word.as_bytes()[0].is_ascii_digit() {
            true => (0, 0),
            false => LEXICON.word(before, word),
        };
        before = hash;
        all |= topics;
        if topics != 0 || hash == 0 {
            marks.push(Mark {
                start,
                end: here,
                topics,
            });
        }
    }
    (marks, all)
}

/// The character border at or behind `at`.
pub fn border(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
