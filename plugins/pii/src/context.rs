//! What stands around a span.

use std::cell::RefCell;

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
#[derive(Clone, Copy)]
struct Mark {
    start: usize,
    end: usize,
    /// None for a number.
    topics: Mask,
}

/// The marks of a text, in order.
#[derive(Default)]
struct Marks {
    all: Vec<Mark>,
    topics: Mask,
    /// The hash of the last word.
    last: u64,
    /// The text is read up to here.
    read: usize,
}

/// The end of the text that was looked at last and its marks: where segments are short, the words
/// before one are those of the one before, and need no second look.
#[derive(Default)]
pub struct Memo {
    lead: String,
    marks: Marks,
}

/// The words of a text that announce something, looked up once, as far as asked for.
pub struct Topics<'a> {
    /// The text.
    pub text: &'a str,
    from: usize,
    memo: &'a RefCell<Memo>,
    marks: RefCell<Option<Marks>>,
}

impl<'a> Topics<'a> {
    /// Of places in `text[from..]`.
    pub fn of(text: &'a str, from: usize, memo: &'a RefCell<Memo>) -> Topics<'a> {
        Topics {
            text,
            from,
            memo,
            marks: RefCell::new(None),
        }
    }

    /// What `ask` makes of the marks of the words that begin before `upto`.
    fn marks<T>(&self, upto: usize, ask: impl FnOnce(&Marks) -> T) -> T {
        let mut marks = self.marks.borrow_mut();
        let marks = marks.get_or_insert_with(|| self.begin());
        marks.add(self.text, upto);
        ask(marks)
    }

    fn begin(&self) -> Marks {
        let begin = border(self.text, self.from.saturating_sub(LEAD));
        let mut memo = self.memo.borrow_mut();
        let mut marks = std::mem::take(&mut memo.marks);
        if !memo.lead.is_empty() && memo.lead == self.text[begin..self.from] {
            marks.keep(begin);
            marks.read = self.from;
        } else {
            marks.clear();
            marks.read = begin;
        }
        memo.lead.clear();
        marks
    }

    /// Leaves what was found for the segment behind.
    pub fn leave(self) {
        let Some(mut marks) = self.marks.into_inner() else {
            return;
        };
        let begin = border(self.text, self.text.len().saturating_sub(LEAD));
        let mut memo = self.memo.borrow_mut();
        memo.lead.clear();
        // A word that may go on is none yet.
        let last = before(self.text, self.text.len());
        if last.is_some_and(|c| c.is_ascii() && !c.is_ascii_alphanumeric()) {
            marks.add(self.text, self.text.len());
            memo.lead.push_str(&self.text[begin..]);
            marks.shift(begin);
        }
        memo.marks = marks;
    }

    /// The topics of the words that begin before `upto`.
    pub fn before(&self, upto: usize) -> Mask {
        self.marks(upto, |marks| marks.topics)
    }

    /// The topics of the words before `at`.
    pub fn around(&self, at: usize) -> Around {
        self.marks(at, |marks| match marks.topics {
            0 => Around::default(),
            _ => marks.around(self.text, at),
        })
    }
}

impl Marks {
    fn clear(&mut self) {
        self.all.clear();
        (self.topics, self.last) = (0, 0);
    }

    /// Counts from `begin` on, without what begins before it.
    fn shift(&mut self, begin: usize) {
        self.all.retain_mut(|mark| {
            let stays = mark.start >= begin;
            if stays {
                mark.start -= begin;
                mark.end -= begin;
            }
            stays
        });
    }

    /// Moves marks that were counted from a lead to where that begins now.
    fn keep(&mut self, begin: usize) {
        self.topics = 0;
        for mark in &mut self.all {
            mark.start += begin;
            mark.end += begin;
            self.topics |= mark.topics;
        }
    }

    /// The topics of those before `at`.
    fn around(&self, text: &str, at: usize) -> Around {
        let mut around = Around::default();
        let begin = at - lead(text, at, LEAD).len();
        let behind = self.all.partition_point(|mark| mark.end <= at);
        let mut near = true;
        for mark in self.all[..behind].iter().rev() {
            if mark.start < begin {
                break;
            }
            near = near && mark.topics != 0 && at - mark.end <= NEAR;
            around.far |= mark.topics;
            around.near |= if near { mark.topics } else { 0 };
        }
        around
    }

    /// Reads on up to `upto`: adds the words that announce something and the numbers.
    fn add(&mut self, text: &str, upto: usize) {
        let bytes = text.as_bytes();
        let mut at = self.read;
        while at < upto {
            let (len, inner) = part_of_word(text, at);
            let start = at;
            at += len;
            if !inner {
                continue;
            }
            while let Some(byte) = bytes.get(at) {
                if byte.is_ascii_alphanumeric() {
                    at += 1;
                    continue;
                }
                if byte.is_ascii() {
                    break;
                }
                let (len, inner) = part_of_word(text, at);
                if !inner {
                    break;
                }
                at += len;
            }
            let (topics, hash) = match bytes[start].is_ascii_digit() {
                true => (0, 0),
                false => LEXICON.word(self.last, &text[start..at]),
            };
            self.last = hash;
            self.topics |= topics;
            if topics != 0 || hash == 0 {
                self.all.push(Mark {
                    start,
                    end: at,
                    topics,
                });
            }
        }
        self.read = self.read.max(at);
    }
}

/// The length of the character at `at`, and whether it is part of a word or says something alone.
fn part_of_word(text: &str, at: usize) -> (usize, bool) {
    let byte = text.as_bytes()[at];
    if byte.is_ascii() {
        return (1, byte.is_ascii_alphanumeric());
    }
    let c = after(text, at).unwrap_or(' ');
    let inner = c.is_alphanumeric() || matches!(c, '☎' | '📞' | '§');
    (c.len_utf8(), inner)
}

/// The character border at or behind `at`.
pub fn border(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
