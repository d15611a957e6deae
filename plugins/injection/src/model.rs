//! The learned half: words, what they mean, and pairs of both, each with a weight, added up sentence by sentence.
//!
//! The weights are made by `injection-lab` (see the README). A feature's place in the table
//! is its hash; nothing of a text is kept but sums.

use std::ops::Range;

use sdk::Side;

use crate::lexicon::Mask;
use crate::words::{Listener, Token};

/// Places of the table, as a power of two.
pub const BITS: u32 = 17;

/// Told where in the table a text's features lie, and where its sentences end.
pub trait Sink {
    /// A feature of the sentence at hand.
    fn feature(&mut self, place: u32);
    /// The sentence ended before this byte and has so many words.
    fn sentence(&mut self, end: usize, words: u32);
}

/// Makes features of words. Training and judging both go through it.
pub struct Features<S> {
    /// Where they go.
    pub sink: S,
    last: Token,
    before: Token,
    first: u32,
    words: u32,
    /// What the last word that means something means, and the one before it.
    meant: Mask,
    before_meant: Mask,
}

/// Stands before the first word of a sentence.
const NONE: Token = Token {
    number: 0x1b87_3593,
    stem: 0x1b87_3593,
    lone: false,
    start: 0,
};

/// Words of a sentence at most: what has no full stops is cut into pieces.
const LONGEST: u32 = 40;

impl<S: Sink> Features<S> {
    /// Features that go to `sink`.
    pub fn new(sink: S) -> Self {
        Features {
            sink,
            last: NONE,
            before: NONE,
            first: 0,
            words: 0,
            meant: 0,
            before_meant: 0,
        }
    }
}

/// The place of a feature: what kind it is, and the numbers of its words.
#[inline(always)]
fn place(kind: u32, left: u32, right: u32) -> u32 {
    let mixed = (left.rotate_left(kind) ^ right)
        .wrapping_add(kind.wrapping_mul(0x85eb_ca6b))
        .wrapping_mul(0x9e37_79b1);
    (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d) >> (32 - BITS)
}

/// The numbers of meanings.
#[inline(always)]
fn bits(mut mask: Mask) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros());
        mask &= mask.wrapping_sub(1);
        bit
    })
}

impl<S: Sink> Listener for Features<S> {
    #[inline(always)]
    fn word(&mut self, token: Token) {
        let (last, before) = (self.last, self.before);
        self.sink.feature(place(1, 0, token.number));
        self.sink.feature(place(3, last.number, token.number));
        self.sink.feature(place(5, before.number, token.number));
        let stemmed = token.stem != token.number;
        if stemmed {
            self.sink.feature(place(7, 0, token.stem));
        }
        if stemmed || last.stem != last.number {
            self.sink.feature(place(9, last.stem, token.stem));
        }
        if token.lone {
            let pair = last.number.wrapping_mul(31) ^ before.number;
            self.sink.feature(place(11, pair, token.number));
        }
        if self.words == 0 {
            self.first = token.number;
        }
        (self.before, self.last) = (last, token);
        self.words += 1;
        if self.words >= LONGEST && !token.lone || self.words >= 3 * LONGEST {
            // Words of two pieces still stand together.
            self.sink.sentence(token.start, self.words);
            self.words = 0;
        }
    }

    /// What is learned of a meaning holds for all of its words, in all languages of the list.
    #[inline(always)]
    fn meaning(&mut self, mask: Mask) {
        for bit in bits(mask) {
            self.sink.feature(place(19, 0, bit));
            for before in bits(self.meant) {
                self.sink.feature(place(21, before + 1, bit));
            }
            for before in bits(self.before_meant) {
                self.sink.feature(place(23, before + 1, bit));
            }
        }
        if mask != 0 {
            (self.before_meant, self.meant) = (self.meant, mask);
        }
    }

    #[inline(always)]
    fn mark(&mut self, byte: u8) {
        if !matches!(byte, b':' | b'(') {
            self.sink.feature(place(17, 0, u32::from(byte)));
        }
    }

    fn sentence(&mut self, end: usize, asks: bool) {
        if self.words > 0 {
            if asks {
                self.sink.feature(place(13, self.first, 1));
            }
            self.sink.feature(place(15, 1, self.words.min(12)));
            self.sink.sentence(end, self.words);
        }
        (self.last, self.before, self.words) = (NONE, NONE, 0);
        (self.meant, self.before_meant) = (0, 0);
    }
}

/// Sentences that are weighed together, at most: an attack is seldom longer, and what stands
/// around it would only thin it out.
pub const SENTENCES: usize = 4;
/// Words that are weighed together, at most; a longer sentence is weighed alone.
pub const WORDS: u32 = 60;

/// Numbers before the weights of a side.
pub const CONSTANTS: usize = 12;

/// What was learned for one side. All but the table are a handful of numbers.
pub struct Model {
    /// What one step of a weight is worth.
    pub scale: f32,
    /// Added to the evidence of a stretch.
    pub stretch: f32,
    /// What the evidence of the whole text counts, and what is added to it.
    pub whole: (f32, f32),
    /// How everything is joined: a constant, the stretch, the whole, the rules, the length.
    pub joint: [f32; 5],
    /// Signed, a byte each.
    weights: &'static [u8; 1 << BITS],
}

/// Weights as `injection-lab` writes them: the constants of both sides, then a table for each.
static BYTES: &[u8] = include_bytes!("../model.bin");

/// Bytes of the model's file.
pub const FILE: usize = 2 * (4 * CONSTANTS + (1 << BITS));

impl Model {
    /// What was learned for a side; nothing for answers.
    pub fn of(side: Side) -> Option<Model> {
        let nth = match side {
            Side::Input => 0,
            Side::Retrieved => 1,
            Side::Output => return None,
        };
        let constant = |at: usize| {
            let at = 4 * (nth * CONSTANTS + at);
            let bytes = BYTES.get(at..at + 4)?;
            Some(f32::from_le_bytes(bytes.try_into().ok()?))
        };
        let start = 8 * CONSTANTS + (nth << BITS);
        let table: &'static [u8] = BYTES.get(start..start + (1 << BITS))?;
        Some(Model {
            scale: constant(0)?,
            stretch: constant(1)?,
            whole: (constant(2)?, constant(3)?),
            joint: [
                constant(4)?,
                constant(5)?,
                constant(6)?,
                constant(7)?,
                constant(8)?,
            ],
            weights: table.try_into().ok()?,
        })
    }
}

/// Adds weights as a text is read.
pub struct Scorer<'a> {
    model: &'a Model,
    sum: i32,
    count: u32,
    start: usize,
    recent: [Sentence; SENTENCES],
    total: (i64, u64),
    best: Option<(f32, Range<usize>)>,
}

#[derive(Clone, Copy, Default)]
struct Sentence {
    sum: i32,
    count: u32,
    words: u32,
    start: usize,
}

/// What the model thinks of a text.
pub struct Opinion {
    /// Evidence of the most suspicious stretch, as a logit.
    pub stretch: f32,
    /// Where that is.
    pub span: Range<usize>,
    /// Evidence of the whole text, as a logit.
    pub whole: f32,
}

impl<'a> Scorer<'a> {
    /// Begins a text.
    pub fn new(model: &'a Model) -> Self {
        Scorer {
            model,
            sum: 0,
            count: 0,
            start: 0,
            recent: [Sentence::default(); SENTENCES],
            total: (0, 0),
            best: None,
        }
    }

    /// The text was read.
    pub fn opinion(self) -> Opinion {
        let (gain, bias) = self.model.whole;
        let whole = evidence(self.total.0 as f32, self.total.1 as f32) * self.model.scale;
        let (best, span) = self.best.unwrap_or((0.0, 0..0));
        Opinion {
            stretch: best * self.model.scale + self.model.stretch,
            span,
            whole: gain * whole + bias,
        }
    }
}

/// Features that are thought to every stretch and say nothing, lest two words decide.
const CALM: f32 = 20.0;

/// What a sum is divided by: sums grow with the length of a text, and their spread with its root.
#[inline(always)]
pub fn spread(count: f32) -> f32 {
    (count + CALM).sqrt()
}

/// How much a sum of so many weights says.
#[inline(always)]
pub fn evidence(sum: f32, count: f32) -> f32 {
    sum / spread(count)
}

impl Sink for Scorer<'_> {
    #[inline(always)]
    fn feature(&mut self, place: u32) {
        // The mask is what `place` promises; with it no bounds have to be checked.
        let place = place as usize & ((1 << BITS) - 1);
        self.sum += i32::from(self.model.weights[place] as i8);
        self.count += 1;
    }

    fn sentence(&mut self, end: usize, words: u32) {
        self.total.0 += i64::from(self.sum);
        self.total.1 += u64::from(self.count);
        self.recent.rotate_right(1);
        self.recent[0] = Sentence {
            sum: self.sum,
            count: self.count,
            words,
            start: self.start,
        };
        let (mut sum, mut count, mut long) = (0, 0, 0);
        for (nth, sentence) in self.recent.iter().enumerate() {
            long += sentence.words;
            if sentence.words == 0 || nth > 0 && long > WORDS {
                break;
            }
            (sum, count) = (sum + sentence.sum, count + sentence.count);
            let found = evidence(sum as f32, count as f32);
            if self.best.as_ref().is_none_or(|(best, _)| found > *best) {
                self.best = Some((found, sentence.start..end));
            }
        }
        (self.sum, self.count, self.start) = (0, 0, end);
    }
}
