//! Letters changed or moved: rot13, backwards, digits for letters, letters apart.
//!
//! Each line is looked at by its words. A line counts as disguised when the commonest words of
//! English stand in it in that disguise, more often than as they are: they are in nearly every
//! sentence, and their images are hardly words of any language.

use std::ops::Range;

use super::{Disguise, Stretch};

/// Letters that must stand apart in a row.
const SPACED: usize = 8;

/// Reads each line in every disguise that it seems to be in.
pub(super) fn read(view: &str) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in view.split_inclusive('\n') {
        let span = at..at + line.trim_end().len();
        at += line.len();
        if span.len() >= SPACED {
            read_line(&view[span.clone()], span.start, &mut found);
        }
    }
    found
}

fn read_line(line: &str, at: usize, found: &mut Vec<Stretch>) {
    let count = Count::of(line);
    let mut add = |how, says| {
        let span = at..at + line.len();
        found.push(Stretch { how, span, says });
    };
    if count.rot13 >= 2 && count.rot13 > count.plain {
        add(Disguise::Rot13, line.chars().map(rot13).collect());
    }
    if count.backwards >= 2 && count.backwards > count.plain {
        add(Disguise::Reversed, line.chars().rev().collect());
    }
    if count.leet >= 2 && count.leet * 5 >= count.words {
        add(Disguise::Leet, unleet(line));
    }
    if count.single >= SPACED {
        spaced(line, at, found);
    }
}

/// How many words of a line are of each kind.
#[derive(Default)]
struct Count {
    words: usize,
    single: usize,
    plain: usize,
    rot13: usize,
    backwards: usize,
    leet: usize,
}

impl Count {
    fn of(line: &str) -> Self {
        let mut count = Self::default();
        let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'@' | b'$' | b'!');
        for word in line.as_bytes().split(|&b| !part(b)) {
            match word.len() {
                0 => {}
                1 => count.single += 1,
                2..=12 => count.add(word),
                _ => count.words += 1,
            }
        }
        count
    }

    fn add(&mut self, word: &[u8]) {
        self.words += 1;
        let mut lower = [0; 12];
        let lower = &mut lower[..word.len()];
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        match &*lower {
            b"the" | b"and" | b"you" | b"your" | b"all" | b"to" | b"of" | b"is" | b"that"
            | b"this" | b"with" | b"from" | b"for" | b"not" | b"are" => self.plain += 1,
            b"gur" | b"naq" | b"lbh" | b"lbhe" | b"nyy" | b"gb" | b"bs" | b"gung" | b"guvf"
            | b"jvgu" | b"sebz" | b"sbe" | b"abg" | b"ner" | b"vtaber" | b"cerivbhf"
            | b"cebzcg" | b"flfgrz" | b"vafgehpgvbaf" => self.rot13 += 1,
            b"eht" | b"dna" | b"uoy" | b"ruoy" | b"lla" | b"fo" | b"taht" | b"siht" | b"htiw"
            | b"morf" | b"rof" | b"erongi" | b"suoiverp" | b"tpmorp" | b"metsys"
            | b"snoitcurtsni" => self.backwards += 1,
            other if is_leet(other) => self.leet += 1,
            _ => {}
        }
    }
}

/// A word with digits or signs where letters belong: among its letters, or doubled. Names such
/// as `mp3`, `q3`, `b2b` and `sha256` have too few letters or other digits.
fn is_leet(word: &[u8]) -> bool {
    let letters = word.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let known = word
        .iter()
        .all(|&b| b.is_ascii_alphabetic() || letter(b).is_some());
    // The exclamation mark at the end ends a sentence.
    let inside = word.iter().rev().skip(1).any(|&b| letter(b).is_some());
    // `a11y` and `l10n` are words of their own.
    let digits = word.len() - letters;
    let mixed = digits > 0 && letters >= 2 && (word.len() >= 5 || letters > digits);
    word.len() >= 3 && known && inside && mixed
}

/// The letter that a digit or sign stands for.
fn letter(byte: u8) -> Option<char> {
    Some(match byte {
        b'0' => 'o',
        b'1' | b'!' => 'i',
        b'3' => 'e',
        b'4' | b'@' => 'a',
        b'5' | b'$' => 's',
        b'7' => 't',
        _ => return None,
    })
}

fn unleet(line: &str) -> String {
    let bytes = line.as_bytes();
    let beside = |at: Option<usize>| at.and_then(|at| bytes.get(at));
    let char_at = |(at, c): (usize, char)| {
        let near = [beside(at.checked_sub(1)), beside(Some(at + 1))];
        let in_word = near.iter().flatten().any(|b| b.is_ascii_alphanumeric());
        match u8::try_from(c).ok().and_then(letter) {
            // `a11` is "all".
            Some('i') if c == '1' && near.contains(&Some(&b'1')) => 'l',
            Some(letter) if in_word => letter,
            _ => c,
        }
    };
    line.char_indices().map(char_at).collect()
}

pub(super) fn rot13(c: char) -> char {
    let turn = |c: char, a: u8| char::from(a + (c as u8 - a + 13) % 26);
    match c {
        'a'..='z' => turn(c, b'a'),
        'A'..='Z' => turn(c, b'A'),
        other => other,
    }
}

/// Letters with one and the same sign between them; where more stands between two, a new word
/// begins.
fn spaced(line: &str, at: usize, found: &mut Vec<Stretch>) {
    let mut run = Apart::default();
    for (here, c) in line.char_indices() {
        if !run.take(line, here, c) {
            run.close(at, found);
            run = Apart::default();
            run.take(line, here, c);
        }
    }
    run.close(at, found);
}

/// A run of letters apart.
#[derive(Default)]
struct Apart {
    span: Option<Range<usize>>,
    says: String,
    letters: usize,
    /// Signs since the last letter.
    gap: usize,
}

impl Apart {
    /// Whether `c` goes on with the run.
    fn take(&mut self, line: &str, at: usize, c: char) -> bool {
        if !c.is_alphabetic() {
            self.gap += 1;
            return self.gap <= 4 && (c.is_whitespace() || c.is_ascii_punctuation());
        }
        let alone = !line[at + c.len_utf8()..].starts_with(char::is_alphanumeric);
        if !alone || (self.span.is_some() && self.gap == 0) {
            return false;
        }
        if self.gap > 1 && self.span.is_some() {
            self.says.push(' ');
        }
        self.says.push(c);
        self.letters += 1;
        self.gap = 0;
        let start = self.span.as_ref().map_or(at, |span| span.start);
        self.span = Some(start..at + c.len_utf8());
        true
    }

    fn close(&mut self, at: usize, found: &mut Vec<Stretch>) {
        let Some(span) = self.span.take().filter(|_| self.letters >= SPACED) else {
            return;
        };
        found.push(Stretch {
            how: Disguise::Spaced,
            span: at + span.start..at + span.end,
            says: std::mem::take(&mut self.says),
        });
    }
}
