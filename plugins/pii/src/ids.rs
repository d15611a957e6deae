//! Numbers that offices, banks and insurers give to people: a table by country of shapes, check
//! digits and the words that announce them.
//!
//! A shape that ordinary text has too (nine digits) counts only under its words, or where a
//! message begins with it; a distinctive shape whose check digits are right needs no words.

mod america;
mod asia;
mod check;
mod check_asia;
mod check_eu;
mod europe;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use sdk::window::Hit;

use crate::context::{Around, Topics, stands_alone};
use crate::hit;
use crate::lexicon::Mask;

/// One kind of number.
pub struct Id {
    /// The label of a hit.
    pub label: &'static str,
    /// Ways to write it: `9` a digit, `A` a letter, `X` either, anything else itself.
    shapes: &'static [&'static str],
    /// Whether the check digits are right, of the number without separators, in upper case.
    valid: fn(&[u8]) -> bool,
    need: Need,
    /// Words that announce it, as [`crate::lexicon`] reads them.
    pub words: &'static str,
}

/// What a shape needs besides right check digits.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    /// Nothing.
    Alone,
    /// Its words on the line before it, or to begin the text.
    Begins,
    /// Its words right before it, or to be the whole text.
    Whole,
    /// Its words right before it.
    Words,
}

/// All kinds, the surest first among those of one shape.
pub fn all() -> impl Iterator<Item = &'static Id> {
    europe::IDS.iter().chain(america::IDS).chain(asia::IDS)
}

/// Characters of the longest shape.
const LONGEST: usize = 24;
/// No shape has fewer.
const SHORTEST: usize = 7;
/// No shape has fewer digits.
const DIGITS: u32 = 4;
/// A shape as sets of places.
struct Shape {
    digits: u32,
    letters: u32,
    either: u32,
    written: &'static [u8],
    id: &'static Id,
    /// Its number among all kinds.
    rank: usize,
    /// The topic of its words.
    topic: Mask,
}

/// The shapes of one length whose letters and digits are in the same places.
struct Form {
    places: u32,
    shapes: Vec<Shape>,
    /// Topics of those that need words, unless a text begins with them.
    topics: Mask,
    /// Whether there are others.
    alone: bool,
}

/// The forms of a length.
struct Forms {
    /// A bit for the hash of each form's places: most stretches are in none.
    known: u64,
    forms: Vec<Form>,
}

fn bit(places: u32) -> u64 {
    1 << (places.wrapping_mul(0x9e37_79b9) >> 26)
}

static FORMS: LazyLock<[Forms; LONGEST + 1]> = LazyLock::new(|| {
    let mut all_forms = [const {
        Forms {
            known: 0,
            forms: Vec::new(),
        }
    }; LONGEST + 1];
    for (rank, id) in all().enumerate() {
        for written in id.shapes {
            let places = |sign: u8| {
                let marked = written.bytes().enumerate().filter(|(_, c)| *c == sign);
                marked.fold(0, |set, (at, _)| set | 1 << at)
            };
            let shape = Shape {
                digits: places(b'9'),
                letters: places(b'A'),
                either: places(b'X'),
                written: written.as_bytes(),
                id,
                rank,
                topic: crate::lexicon::of_id(rank),
            };
            all_forms[written.len()].add(shape);
        }
    }
    all_forms
});

impl Forms {
    fn add(&mut self, shape: Shape) {
        let places = shape.digits | shape.letters | shape.either;
        self.known |= bit(places);
        let at = self.forms.iter().position(|form| form.places == places);
        let at = at.unwrap_or_else(|| {
            self.forms.push(Form {
                places,
                shapes: Vec::new(),
                topics: 0,
                alone: false,
            });
            self.forms.len() - 1
        });
        let form = &mut self.forms[at];
        match shape.id.need {
            Need::Alone => form.alone = true,
            _ => form.topics |= shape.topic,
        }
        form.shapes.push(shape);
    }

    /// The form with letters and digits in these places.
    fn of(&self, places: u32) -> Option<&Form> {
        if self.known & bit(places) == 0 {
            return None;
        }
        self.forms.iter().find(|form| form.places == places)
    }
}

/// A stretch of the text that may be a number: which of its places are digits, which letters.
#[derive(Default, Clone, Copy)]
struct Places {
    digits: u32,
    letters: u32,
}

/// Bytes whose signs are gathered at once.
const BLOCK: usize = 512;

/// What a byte is: 1 a digit, 2 a letter, 4 what may part the groups of a number.
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'0'..=b'9' => 1,
            b'a'..=b'z' | b'A'..=b'Z' => 2,
            b' ' | b'-' | b'.' | b'/' | b':' | b'+' => 4,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// Signs of a block of text and of a shape's length behind it, a bit for each byte.
struct Signs {
    digits: [u64; BLOCK / 64 + 1],
    alphanumeric: [u64; BLOCK / 64 + 1],
    /// What may part the groups of a number.
    parts: [u64; BLOCK / 64 + 1],
}

impl Signs {
    fn of(block: &[u8]) -> Signs {
        let mut signs = Signs {
            digits: [0; BLOCK / 64 + 1],
            alphanumeric: [0; BLOCK / 64 + 1],
            parts: [0; BLOCK / 64 + 1],
        };
        for (at, bytes) in block.chunks(64).enumerate() {
            let (mut digits, mut letters, mut parts) = (0, 0, 0);
            for (place, byte) in bytes.iter().enumerate() {
                let kind = u64::from(KINDS[usize::from(*byte)]);
                digits |= (kind & 1) << place;
                letters |= (kind >> 1 & 1) << place;
                parts |= (kind >> 2) << place;
            }
            signs.digits[at] = digits;
            signs.alphanumeric[at] = digits | letters;
            signs.parts[at] = parts;
        }
        signs
    }
}

/// The thirty-two bits from `at` on.
fn bits(set: &[u64], at: usize) -> u32 {
    let (word, place) = (at / 64, at % 64);
    let mut bits = set[word] >> place;
    if place > 32
        && let Some(next) = set.get(word + 1)
    {
        bits |= next << (64 - place);
    }
    bits as u32
}

/// The first `len` places.
fn first(len: u32) -> u32 {
    1u32.checked_shl(len).unwrap_or(0).wrapping_sub(1)
}

/// Adds the numbers that begin within `begin`.
pub fn find(topics: &Topics<'_>, begin: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let bytes = topics.text.as_bytes();
    let forms = &*FORMS;
    let mut from = begin.start;
    let first = topics.text.len() - topics.text.trim_start().len();
    // Whether the block begins inside a group.
    let mut inside = 0;
    while from < begin.end {
        let upto = begin.end.min(from + BLOCK);
        let signs = Signs::of(&bytes[from..bytes.len().min(upto + LONGEST + 1)]);
        let words = (upto - from).div_ceil(64);
        for (word, alphanumeric) in signs.alphanumeric[..words].iter().enumerate() {
            let mut starts = alphanumeric & !(alphanumeric << 1 | inside);
            inside = alphanumeric >> 63;
            while starts != 0 {
                let at = word * 64 + starts.trailing_zeros() as usize;
                starts &= starts - 1;
                if from + at < upto {
                    let ids = Ids {
                        topics,
                        start: from + at,
                        begins: from + at <= first,
                        forms,
                    };
                    ids.try_ends(&signs, at, hits);
                }
            }
        }
        from = upto;
    }
}

/// The numbers that begin at one place.
struct Ids<'a> {
    topics: &'a Topics<'a>,
    start: usize,
    /// The text begins there.
    begins: bool,
    forms: &'static [Forms; LONGEST + 1],
}

impl Ids<'_> {
    /// Tries every end of the groups that follow, from `at` on in the signs.
    fn try_ends(&self, signs: &Signs, at: usize, hits: &mut Vec<Hit>) {
        let alphanumeric = bits(&signs.alphanumeric, at);
        let digits = bits(&signs.digits, at);
        // A number may begin with a few letters apart from its digits, not with a word.
        let group = alphanumeric.trailing_ones();
        let few = |len: u32| (digits & first(len)).count_ones() < DIGITS;
        if few(LONGEST as u32) || group > LONGEST as u32 || group > 3 && digits & first(group) == 0
        {
            return;
        }
        let behind = alphanumeric << 1;
        // Nothing goes on behind two signs or a sign that parts no groups.
        let stops = !alphanumeric & !(behind & bits(&signs.parts, at));
        let mut ends = !alphanumeric & behind & !first(SHORTEST as u32) & first(LONGEST as u32 + 1);
        ends &= first(stops.trailing_zeros().saturating_add(1));
        while ends != 0 {
            let len = ends.trailing_zeros();
            ends &= ends - 1;
            if few(len) {
                continue;
            }
            let Some(form) = self.forms[len as usize].of(alphanumeric & first(len)) else {
                continue;
            };
            let about = match self.begins {
                true => Mask::MAX,
                false => self.topics.before(self.start),
            };
            if form.alone || about & form.topics != 0 {
                let places = Places {
                    digits: digits & first(len),
                    letters: (alphanumeric & !digits) & first(len),
                };
                self.shapes(form, (len as usize, places), about, hits);
            }
        }
    }

    /// Tries the shapes of a form that need no words or have some in `about`.
    fn shapes(
        &self,
        form: &Form,
        (len, places): (usize, Places),
        about: Mask,
        hits: &mut Vec<Hit>,
    ) {
        let (text, start, end) = (self.topics.text, self.start, self.start + len);
        let raw = &text.as_bytes()[start..end];
        for shape in &form.shapes {
            let fits = shape.digits & !places.digits == 0
                && shape.letters & !places.letters == 0
                && (shape.id.need == Need::Alone || shape.topic & about != 0);
            if !fits || !literal(shape.written, raw) {
                continue;
            }
            let mut compact = [0; LONGEST];
            let mut count = 0;
            for byte in raw.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
                compact[count] = byte.to_ascii_uppercase();
                count += 1;
            }
            if !(shape.id.valid)(&compact[..count]) || !stands_alone(text, start, end) {
                continue;
            }
            let around = self.topics.around(start);
            if let Some(score) = score(text, start..end, shape, around) {
                hits.push(hit(start..end, shape.id.label, score));
            }
        }
    }
}

/// Whether the separators are the shape's.
fn literal(written: &[u8], raw: &[u8]) -> bool {
    let mut pairs = written.iter().zip(raw);
    pairs.all(|(shape, byte)| matches!(shape, b'9' | b'A' | b'X') || shape == byte)
}

/// How sure it is that a number of this shape with right check digits is one; `None` for not.
fn score(text: &str, span: std::ops::Range<usize>, shape: &Shape, around: Around) -> Option<f32> {
    let own = shape.topic;
    // Of two kinds of one shape the one listed first wins.
    let less = shape.rank as f32 * 0.001;
    let begins = || text[..span.start].trim().is_empty();
    let whole = || begins() && text[span.end..].is_empty();
    match shape.id.need {
        Need::Alone if around.far & own != 0 => Some(0.98),
        Need::Alone => Some(0.92),
        Need::Begins if around.far & own != 0 => Some(0.96),
        Need::Begins if begins() => Some(0.6 - less),
        Need::Whole | Need::Words if around.near & own != 0 => Some(0.9),
        Need::Whole if whole() => Some(0.4 - less),
        _ => None,
    }
}
