//! A text as words, read once: what the rules see, and what the model is told.

use std::ops::Range;

use crate::letters::{self, FOLDED, KINDS, Kind, NOTHING, STEM};
use crate::lexicon::{self, BEGIN, Known, Mask, Numbers};

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

/// Bytes of a text for whose words there is room from the start.
const MOST: usize = 64 << 10;

/// Syllables of Hangul that are a stem: they say as much as [`STEM`] letters.
const SYLLABLES: usize = 2;

/// A letter of a word, in lower case.
struct Letter {
    number: u32,
    end: usize,
    hangul: bool,
}

/// A word as it is read.
struct Spelling {
    /// Of the letters so far.
    number: u32,
    count: usize,
    beginning: Option<u32>,
    stem: Option<u32>,
    bare: Option<u32>,
}

impl Spelling {
    fn add(&mut self, letter: &Letter) {
        self.number = letters::and(self.number, letter.number);
        self.count += 1;
        if self.count == BEGIN {
            self.beginning = Some(self.number);
        }
        if self.count == if letter.hangul { SYLLABLES } else { STEM } {
            self.stem = Some(self.number);
        }
    }
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
    /// What the word means, if it is listed.
    fn meaning(&mut self, mask: Mask);
    /// A sign that chat formats and markup are made of.
    fn mark(&mut self, byte: u8);
    /// The sentence ended before this byte.
    fn sentence(&mut self, end: usize, asks: bool);
}

impl Listener for () {
    fn word(&mut self, _: Token) {}
    fn meaning(&mut self, _: Mask) {}
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
        known: Known::new(),
        words: Vec::with_capacity(text.len().min(MOST) / 16),
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
    known: Known,
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
    #[inline(always)]
    fn word(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        // Most words are ASCII from end to end.
        let ascii = |at: usize| bytes.get(at).map_or(0, |byte| FOLDED[usize::from(*byte)]);
        let upto = |mut at: usize, end: usize, mut number: u32| {
            while at < end {
                let letter = ascii(at);
                if letter == 0 {
                    break;
                }
                number = letters::and(number, u32::from(letter));
                at += 1;
            }
            (at, number)
        };
        let (at, beginning) = upto(start, start + BEGIN, NOTHING);
        let (at, stem) = upto(at, start + STEM, beginning);
        let (mut at, whole) = upto(at, usize::MAX, stem);
        let mut numbers = Numbers {
            beginning,
            bare: whole,
            whole,
        };
        let mut stem = stem;
        if let Some(byte) = bytes.get(at)
            && matches!(KINDS[usize::from(*byte)], Kind::Inner | Kind::Wide)
        {
            let mut word = Spelling {
                number: whole,
                count: at - start,
                beginning: (at >= start + BEGIN).then_some(beginning),
                stem: (at >= start + STEM).then_some(stem),
                bare: None,
            };
            at = self.strange(at, &mut word);
            stem = word.stem.unwrap_or(word.number);
            numbers = Numbers {
                beginning: word.beginning.unwrap_or(word.number),
                bare: word.bare.unwrap_or(word.number),
                whole: word.number,
            };
        }
        self.listener.word(Token {
            number: numbers.whole,
            stem,
            lone: false,
            start,
        });
        self.place += 1;
        if self.known.may_be(&numbers) {
            let mask = self.known.meaning(&self.text[start..at], &numbers);
            self.listener.meaning(mask);
            self.add(start..at, mask);
        }
        at
    }

    /// The rest of a word from an apostrophe or a character beyond ASCII on; where it ends.
    #[cold]
    fn strange(&self, mut at: usize, word: &mut Spelling) -> usize {
        while let Some(letter) = self.letter(at) {
            if letter.number == u32::from('\'') {
                word.bare = Some(word.number);
            }
            word.add(&letter);
            at = letter.end;
        }
        at
    }

    /// The letter of a word that begins here, if the word goes on.
    fn letter(&self, at: usize) -> Option<Letter> {
        let byte = *self.text.as_bytes().get(at)?;
        match KINDS[usize::from(byte)] {
            Kind::Part => Some(Letter {
                number: u32::from(FOLDED[usize::from(byte)]),
                end: at + 1,
                hangul: false,
            }),
            Kind::Inner => Some(Letter {
                number: u32::from(byte),
                end: at + 1,
                hangul: false,
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
                    hangul: letters::hangul(c),
                })
            }
            _ => None,
        }
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
