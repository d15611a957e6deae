//! What stands around a span.

use std::cell::{Cell, RefCell};

use crate::lexicon::{LEXICON, Mask};

/// Bytes of a line that are read before a number.
const LEAD: usize = 100;
/// Bytes before a number in which a word is right before it.
const NEAR: usize = 44;
/// Marks that are kept though they are too far back, so that they need not be moved each time.
const MARKS: usize = 256;

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

/// What [`char::is_alphanumeric`] says, at once for the letters of Europe's languages.
pub fn alphanumeric(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        '\u{c0}'..='\u{24f}' => !matches!(c, '×' | '÷'),
        _ => c.is_alphanumeric(),
    }
}

/// A letter or digit that a number would be glued to.
pub fn glued(c: char) -> bool {
    c == '_' || alphanumeric(c) && solid(c)
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

/// The marks of a text, in order. Places are counted from where the whole text begins, so what was
/// read for one segment stays for the next.
#[derive(Default)]
pub struct Marks {
    all: Vec<Mark>,
    /// Those before are too far back to count.
    first: usize,
    topics: Mask,
    /// The hash of the last word.
    last: u64,
    /// The text is read up to here.
    read: usize,
    /// What was before the last word: where it begins, the number of marks and the hash.
    undo: (usize, usize, u64),
}

/// The words of a text that announce something, looked up once, as far as asked for.
pub struct Topics<'a> {
    /// The text.
    pub text: &'a str,
    from: usize,
    /// Where it begins in the whole text.
    base: usize,
    marks: &'a RefCell<Marks>,
    begun: Cell<bool>,
    /// What was asked last: rules ask for the same place one after the other.
    asked: Cell<Option<(usize, Around)>>,
}

impl<'a> Topics<'a> {
    /// Of places in `text[from..]`; `place` is where `from` lies in the whole text.
    pub fn of(text: &'a str, from: usize, place: usize, marks: &'a RefCell<Marks>) -> Topics<'a> {
        Topics {
            text,
            from,
            base: place - from,
            marks,
            begun: Cell::new(false),
            asked: Cell::new(None),
        }
    }

    /// What `ask` makes of the marks of the words that begin before `upto`.
    fn marks<T>(&self, upto: usize, ask: impl FnOnce(&Marks) -> T) -> T {
        let mut marks = self.marks.borrow_mut();
        if !self.begun.replace(true) {
            let begin = border(self.text, self.from.saturating_sub(LEAD));
            marks.begin(self.base + begin);
        }
        marks.add(self.text, self.base, upto);
        ask(&marks)
    }

    /// Leaves what was found to the segments behind.
    pub fn leave(self) {
        if self.begun.get() {
            let mut marks = self.marks.borrow_mut();
            // A word that may go on is none yet.
            let last = before(self.text, self.text.len());
            if last.is_none_or(|c| !c.is_ascii() || c.is_ascii_alphanumeric())
                && marks.read >= self.base + self.text.len()
            {
                let (read, len, last) = marks.undo;
                (marks.read, marks.last) = (read, last);
                marks.all.truncate(len);
            }
        }
    }

    /// The topics of the words that begin before `upto`.
    pub fn before(&self, upto: usize) -> Mask {
        self.marks(upto, |marks| marks.topics)
    }

    /// The topics of the words before `at`.
    pub fn around(&self, at: usize) -> Around {
        if let Some((asked, around)) = self.asked.get()
            && asked == at
        {
            return around;
        }
        let around = self.marks(at, |marks| match marks.topics {
            0 => Around::default(),
            _ => marks.around(self.text, self.base, at),
        });
        self.asked.set(Some((at, around)));
        around
    }
}

impl Marks {
    /// Makes ready for a segment whose lead begins at `begin`: keeps what was read of it.
    fn begin(&mut self, begin: usize) {
        if self.read < begin {
            self.all.clear();
            (self.first, self.read, self.last, self.topics) = (0, begin, 0, 0);
        }
        let mut dropped = 0;
        while let Some(mark) = self.all.get(self.first)
            && mark.start < begin
        {
            dropped |= mark.topics;
            self.first += 1;
        }
        if dropped != 0 {
            let marks = self.all[self.first..].iter();
            self.topics = marks.fold(0, |topics, mark| topics | mark.topics);
        }
        if self.first > MARKS {
            self.all.drain(..self.first);
            self.undo.1 = self.undo.1.saturating_sub(self.first);
            self.first = 0;
        }
    }

    /// The topics of those before `at`.
    fn around(&self, text: &str, base: usize, at: usize) -> Around {
        let mut around = Around::default();
        let begin = base + at - lead(text, at, LEAD).len();
        let at = base + at;
        let marks = &self.all[self.first..];
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

    /// Reads on up to `upto`: adds the words that announce something and the numbers.
    fn add(&mut self, text: &str, base: usize, upto: usize) {
        let bytes = text.as_bytes();
        let mut at = self.read.saturating_sub(base);
        while at < upto {
            let start = at;
            if bytes[at].is_ascii() {
                at += 1;
                if !bytes[start].is_ascii_alphanumeric() {
                    continue;
                }
            } else {
                let (len, inner) = part_of_word(text, at);
                at += len;
                if !inner {
                    continue;
                }
            }
            self.undo = (base + start, self.all.len(), self.last);
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
                    start: base + start,
                    end: base + at,
                    topics,
                });
            }
        }
        self.read = self.read.max(base + at);
    }
}

/// The length of the character at `at`, which is not ASCII, and whether it is part of a word or
/// says something alone.
fn part_of_word(text: &str, at: usize) -> (usize, bool) {
    let c = after(text, at).unwrap_or(' ');
    let inner = alphanumeric(c) || matches!(c, '☎' | '📞' | '§');
    (c.len_utf8(), inner)
}

/// The character border at or behind `at`.
pub fn border(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::alphanumeric;

    #[test]
    fn letters_are_those_of_unicode() {
        for c in char::MIN..=char::MAX {
            assert_eq!(alphanumeric(c), c.is_alphanumeric(), "{c:?}");
        }
    }
}
