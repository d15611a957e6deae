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
}

/// Which sets of letters and digits any shape of a length has, a bit for the hash of each: most
/// stretches are in none.
static KNOWN: LazyLock<[u64; LONGEST + 1]> = LazyLock::new(|| {
    let mut known = [0; LONGEST + 1];
    for (known, shapes) in known.iter_mut().zip(&*SHAPES) {
        for shape in shapes {
            *known |= bit(shape.digits | shape.letters | shape.either);
        }
    }
    known
});

fn bit(places: u32) -> u64 {
    1 << (places.wrapping_mul(0x9e37_79b9) >> 26)
}

static SHAPES: LazyLock<[Vec<Shape>; LONGEST + 1]> = LazyLock::new(|| {
    let mut shapes = [const { Vec::new() }; LONGEST + 1];
    for (rank, id) in all().enumerate() {
        for written in id.shapes {
            let places = |sign: u8| {
                let marked = written.bytes().enumerate().filter(|(_, c)| *c == sign);
                marked.fold(0, |set, (at, _)| set | 1 << at)
            };
            shapes[written.len()].push(Shape {
                digits: places(b'9'),
                letters: places(b'A'),
                either: places(b'X'),
                written: written.as_bytes(),
                id,
                rank,
            });
        }
    }
    shapes
});

/// A stretch of the text that may be a number: which of its places are digits, which letters.
#[derive(Default, Clone, Copy)]
struct Places {
    digits: u32,
    letters: u32,
}

/// Bytes whose signs are gathered at once.
const BLOCK: usize = 512;

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
                digits |= u64::from(byte.is_ascii_digit()) << place;
                letters |= u64::from(byte.is_ascii_alphabetic()) << place;
                parts |=
                    u64::from(matches!(byte, b' ' | b'-' | b'.' | b'/' | b':' | b'+')) << place;
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
    let mut from = begin.start;
    // Whether the block begins inside a group.
    let mut inside = 0;
    while from < begin.end {
        let upto = begin.end.min(from + BLOCK);
        let signs = Signs::of(&bytes[from..bytes.len().min(upto + LONGEST + 1)]);
        for (word, alphanumeric) in signs.alphanumeric[..BLOCK / 64].iter().enumerate() {
            let mut starts = alphanumeric & !(alphanumeric << 1 | inside);
            inside = alphanumeric >> 63;
            while starts != 0 {
                let at = word * 64 + starts.trailing_zeros() as usize;
                starts &= starts - 1;
                if from + at < upto {
                    from_here(topics, from + at, &signs, at, hits);
                }
            }
        }
        from = upto;
    }
}

/// Tries every end of the groups that follow `start`, which is `at` in the signs.
fn from_here(topics: &Topics<'_>, start: usize, signs: &Signs, at: usize, hits: &mut Vec<Hit>) {
    let alphanumeric = bits(&signs.alphanumeric, at);
    let digits = bits(&signs.digits, at);
    // A number may begin with a few letters apart from its digits, not with a word.
    let group = alphanumeric.trailing_ones();
    if group > LONGEST as u32 || group > 3 && digits & first(group) == 0 {
        return;
    }
    let behind = alphanumeric << 1;
    // Nothing goes on behind two signs or a sign that parts no groups.
    let stops = !alphanumeric & !(behind & bits(&signs.parts, at));
    let mut ends = !alphanumeric & behind & !first(SHORTEST as u32) & first(LONGEST as u32 + 1);
    ends &= first(stops.trailing_zeros().saturating_add(1));
    let mut words = None;
    while ends != 0 {
        let len = ends.trailing_zeros();
        ends &= ends - 1;
        let places = Places {
            digits: digits & first(len),
            letters: (alphanumeric & !digits) & first(len),
        };
        if places.digits.count_ones() >= DIGITS {
            shapes(topics, start, len as usize, places, &mut words, hits);
        }
    }
}

fn shapes(
    topics: &Topics<'_>,
    start: usize,
    len: usize,
    places: Places,
    words: &mut Option<Around>,
    hits: &mut Vec<Hit>,
) {
    let text = topics.text;
    let (end, both) = (start + len, places.digits | places.letters);
    let raw = &text.as_bytes()[start..end];
    if KNOWN[len] & bit(both) == 0 {
        return;
    }
    for shape in &SHAPES[len] {
        let fits = shape.digits | shape.letters | shape.either == both
            && shape.digits & !places.digits == 0
            && shape.letters & !places.letters == 0;
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
        let around = *words.get_or_insert_with(|| topics.around(start));
        if let Some(score) = score(text, start..end, shape, around) {
            hits.push(hit(start..end, shape.id.label, score));
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
    let own: Mask = crate::lexicon::of_id(shape.rank);
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
