//! A text as words with their meanings.

use std::ops::Range;

use crate::lexicon::{self, Mask};

/// A word that means something here; the others only count as distance.
#[derive(Clone, Debug)]
pub struct Word {
    /// Bytes of the text it came from.
    pub span: Range<usize>,
    /// How many words, and for the end of a sentence [`SENTENCE`] more, lie before it.
    pub place: u32,
    /// What it may mean.
    pub mask: Mask,
    /// It stands right behind a quotation mark or between such.
    pub quoted: bool,
}

/// How far apart the end of a sentence puts two words.
pub const SENTENCE: u32 = 4;

/// Letters of a word that are looked at, at most.
const LETTERS: usize = 32;

/// The words of a text that mean something, in order.
pub fn read(text: &str) -> Vec<Word> {
    let mut reader = Reader {
        text,
        folded: String::new(),
        words: Vec::new(),
        place: 0,
        quotes: 0,
        spaced: Vec::new(),
    };
    let mut start = None;
    for (at, c) in text.char_indices() {
        let part = c.is_alphanumeric() || matches!(c, '\'' | '’' | '@' | '$') && start.is_some();
        if part && !lexicon::unspaced(c) {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            reader.word(start..at);
        }
        reader.sign(c);
    }
    if let Some(start) = start {
        reader.word(start..text.len());
    }
    reader.end_spaced();
    let mut words = reader.words;
    let unspaced = lexicon::unspaced_terms(text);
    if !unspaced.is_empty() {
        words.extend(unspaced);
        words.sort_by_key(|word| word.span.start);
        // Places of words with and without spaces do not compare: count bytes instead.
        for word in &mut words {
            word.place = u32::try_from(word.span.start / 4).unwrap_or(u32::MAX);
        }
    }
    words
}

struct Reader<'a> {
    text: &'a str,
    /// The word at hand in lower case.
    folded: String,
    words: Vec<Word>,
    place: u32,
    quotes: u32,
    /// Single letters in a row, as in "i g n o r e".
    spaced: Vec<(usize, char)>,
}

impl Reader<'_> {
    fn word(&mut self, span: Range<usize>) {
        let raw = &self.text[span.clone()];
        let mut letters = raw.chars();
        if let (Some(letter), None) = (letters.next(), letters.next())
            && letter.is_alphabetic()
        {
            self.spaced.push((span.start, letter));
        } else {
            self.end_spaced();
        }
        self.place += 1;
        fold(raw.trim_end_matches(['\'', '’']), &mut self.folded);
        let mask = lexicon::meaning(&self.folded);
        self.add(span, mask);
    }

    fn add(&mut self, span: Range<usize>, mask: lexicon::Mask) {
        if mask != 0 {
            let quoted = self.quotes % 2 == 1;
            self.words.push(Word {
                span,
                place: self.place,
                mask,
                quoted,
            });
        }
    }

    fn sign(&mut self, c: char) {
        match c {
            '.' | '!' | '?' | '\n' => {
                self.place += if c == '\n' { SENTENCE / 2 } else { SENTENCE };
                self.end_spaced();
            }
            '"' | '“' | '”' | '„' | '«' | '»' | '`' => self.quotes += 1,
            _ => {}
        }
    }

    /// Reads letters that stood alone as words, if there were enough.
    fn end_spaced(&mut self) {
        if self.spaced.len() >= 4 {
            let letters = self
                .spaced
                .iter()
                .take(LETTERS * 4)
                .flat_map(|(_, c)| c.to_lowercase());
            let letters: String = letters.collect();
            let start = self.spaced[0].0;
            let (last, letter) = self.spaced[self.spaced.len() - 1];
            for (offset, len) in lexicon::words_in(&letters) {
                self.place += 1;
                let mask = lexicon::meaning(&letters[offset..offset + len]);
                self.add(start..last + letter.len_utf8(), mask);
            }
        }
        self.spaced.clear();
    }
}

/// Lower case, with digits that stand for letters read as those ("1gn0re").
fn fold(word: &str, folded: &mut String) {
    folded.clear();
    let leet = |b: u8| b.is_ascii_digit() || matches!(b, b'@' | b'$');
    let mixed = word.bytes().any(leet) && word.bytes().any(|b| b.is_ascii_alphabetic());
    for c in word.chars().take(LETTERS) {
        match c {
            '’' => folded.push('\''),
            _ if mixed => folded.push(unleet(c.to_ascii_lowercase())),
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            _ => folded.extend(c.to_lowercase()),
        }
    }
}

fn unleet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}
