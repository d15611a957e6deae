//! A text as words, read once: what the rules see, and what the model is told.

use std::ops::Range;

use crate::letters::{self, FOLDED, KINDS, Kind, NOTHING, STEM};
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

/// Syllables of Hangul that are a stem: they say as much as [`STEM`] letters.
const SYLLABLES: usize = 2;

/// A letter of a word, in lower case.
struct Letter {
    number: u32,
    end: usize,
    /// Letters of a stem in its script.
    stem: usize,
}

/// A word as the model knows it.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Its number.
    pub number: u32,
    /// The number of its first letters; the same as `number` for a short word.
    pub stem: u32,
    /// A character of a script without spaces.
    pub lone: bool,
    /// The byte where it begins.
    pub start: usize,
}

/// Takes words as they are read.
pub trait Listener {
    /// A word.
    fn word(&mut self, token: Token);
    /// A sign that chat formats and markup are made of.
    fn mark(&mut self, byte: u8);
    /// The sentence ended before this byte.
    fn sentence(&mut self, end: usize, asks: bool);
}

impl Listener for () {
    fn word(&mut self, _: Token) {}
    fn mark(&mut self, _: u8) {}
    fn sentence(&mut self, _: usize, _: bool) {}
}

/// What was read.
pub struct Reading {
    /// The words that mean something, in order.
    pub words: Vec<Word>,
    /// Whether there are signs that chat formats, markup or scripts are made of.
    pub marked: bool,
}

/// Reads a text.
pub fn read(text: &str, listener: &mut impl Listener) -> Reading {
    let mut reader = Reader {
        text,
        listener,
        folded: String::new(),
        words: Vec::new(),
        place: 0,
        quotes: 0,
        marked: false,
        unspaced: false,
    };
    reader.run();
    let Reader {
        mut words,
        marked,
        unspaced,
        ..
    } = reader;
    if unspaced {
        words.extend(lexicon::unspaced_terms(text));
        words.sort_by_key(|word| word.span.start);
        // Places of words with and without spaces do not compare: count bytes instead.
        for word in &mut words {
            word.place = u32::try_from(word.span.start / 4).unwrap_or(u32::MAX);
        }
    }
    Reading { words, marked }
}

struct Reader<'a, L> {
    text: &'a str,
    listener: &'a mut L,
    /// The word at hand in lower case.
    folded: String,
    words: Vec<Word>,
    place: u32,
    quotes: u32,
    marked: bool,
    unspaced: bool,
}

impl<L: Listener> Reader<'_, L> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            match KINDS[usize::from(byte)] {
                Kind::Part => {
                    at = self.word(at);
                    continue;
                }
                Kind::Gap | Kind::Inner => {}
                Kind::Stop => {
                    self.place += SENTENCE;
                    // "example.com" and "3.5" go on.
                    if bytes
                        .get(at + 1)
                        .is_none_or(|next| KINDS[usize::from(*next)] != Kind::Part)
                    {
                        self.listener.sentence(at + 1, byte == b'?');
                    }
                }
                Kind::Line => {
                    self.place += SENTENCE / 2;
                    self.listener.sentence(at + 1, false);
                }
                Kind::Quote => self.quotes += 1,
                Kind::Mark => {
                    self.marked = true;
                    self.listener.mark(byte);
                }
                Kind::Wide => {
                    at = self.wide(at);
                    continue;
                }
            }
            at += 1;
        }
        self.listener.sentence(bytes.len(), false);
    }

    /// A character that is a word of its own.
    fn lone(&mut self, start: usize, letter: u32) {
        let number = letters::and(NOTHING, letter);
        self.listener.word(Token {
            number,
            stem: number,
            lone: true,
            start,
        });
    }

    /// A character beyond ASCII that begins here; where to go on.
    fn wide(&mut self, at: usize) -> usize {
        let Some(c) = self.text[at..].chars().next() else {
            return at + 1;
        };
        let next = at + c.len_utf8();
        if letters::unspaced(c) {
            self.unspaced = true;
            self.lone(at, u32::from(c));
        } else if letters::part(c) {
            return self.word(at);
        } else if letters::ends_sentence(c) {
            self.place += SENTENCE;
            self.listener.sentence(next, c == '？' || c == '؟');
        } else if letters::quotes(c) {
            self.quotes += 1;
        }
        next
    }

    /// A word that begins here; where to go on.
    fn word(&mut self, start: usize) -> usize {
        let mut known = lexicon::Known::default();
        let (mut number, mut stem, mut count, mut at) = (NOTHING, None, 0, start);
        while let Some(letter) = self.letter(at) {
            if letter.number == u32::from('\'') {
                // "assistant's" is listed as "assistant".
                known.whole(number);
            }
            number = letters::and(number, letter.number);
            count += 1;
            at = letter.end;
            known.beginning(number, count);
            if count == letter.stem {
                stem = Some(number);
            }
        }
        known.whole(number);
        self.listener.word(Token {
            number,
            stem: stem.unwrap_or(number),
            lone: false,
            start,
        });
        self.place += 1;
        if known.any() {
            self.mean(start..at);
        }
        at
    }

    /// The letter of a word that begins here, if the word goes on.
    #[inline(always)]
    fn letter(&self, at: usize) -> Option<Letter> {
        let byte = *self.text.as_bytes().get(at)?;
        match KINDS[usize::from(byte)] {
            Kind::Part | Kind::Inner => Some(Letter {
                number: u32::from(FOLDED[usize::from(byte)]),
                end: at + 1,
                stem: STEM,
            }),
            Kind::Wide => {
                let c = self.text[at..].chars().next()?;
                let lower = match c {
                    '’' => '\'',
                    c if letters::part(c) && !letters::unspaced(c) => {
                        c.to_lowercase().next().unwrap_or(c)
                    }
                    _ => return None,
                };
                Some(Letter {
                    number: u32::from(lower),
                    end: at + c.len_utf8(),
                    stem: if letters::hangul(c) { SYLLABLES } else { STEM },
                })
            }
            _ => None,
        }
    }

    /// Looks up what a word means.
    fn mean(&mut self, span: Range<usize>) {
        let raw = self.text[span.clone()].trim_end_matches(['\'', '’']);
        fold(raw, &mut self.folded);
        let mask = lexicon::meaning(&self.folded);
        self.add(span, mask);
    }

    fn add(&mut self, span: Range<usize>, mask: Mask) {
        if mask != 0 {
            self.words.push(Word {
                span,
                place: self.place,
                mask,
                quoted: self.quotes % 2 == 1,
            });
        }
    }
}

/// Lower case.
fn fold(word: &str, folded: &mut String) {
    folded.clear();
    for c in word.chars().take(LETTERS) {
        match c {
            '’' => folded.push('\''),
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            _ => folded.extend(c.to_lowercase()),
        }
    }
}
