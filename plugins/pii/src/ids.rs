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

/// Adds the numbers that begin within `begin`.
pub fn find(topics: &Topics<'_>, begin: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let bytes = topics.text.as_bytes();
    let mut at = begin.start;
    while at < begin.end {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        let mut digits = false;
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            digits |= bytes[at].is_ascii_digit();
            at += 1;
        }
        // A number may begin with a few letters apart from its digits, not with a word.
        if digits || at - start <= 3 {
            from_here(topics, start, hits);
        }
    }
}

/// Tries every end of the groups that follow `start`.
fn from_here(topics: &Topics<'_>, start: usize, hits: &mut Vec<Hit>) {
    let bytes = &topics.text.as_bytes()[start..];
    let mut places = Places::default();
    let mut words = None;
    for at in 0..=LONGEST.min(bytes.len()) {
        let next = bytes.get(at).copied().unwrap_or(b'\n');
        if !next.is_ascii_alphanumeric() {
            if places.digits.count_ones() >= DIGITS && at >= SHORTEST && joined(bytes, at) {
                shapes(topics, start, at, places, &mut words, hits);
            }
            let doubled = at > 0 && !bytes[at - 1].is_ascii_alphanumeric();
            if doubled || !matches!(next, b' ' | b'-' | b'.' | b'/' | b':' | b'+') {
                return;
            }
        } else if next.is_ascii_digit() && at < 32 {
            places.digits |= 1 << at;
        } else {
            places.letters |= 1 << at;
        }
    }
}

/// Whether a group ends before `at`.
fn joined(bytes: &[u8], at: usize) -> bool {
    bytes[at - 1].is_ascii_alphanumeric()
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
        let fits = shape.digits & !places.digits == 0
            && shape.letters & !places.letters == 0
            && shape.digits | shape.letters | shape.either == both;
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
