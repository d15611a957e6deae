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
use crate::signs::{Places, bits};

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

/// All shapes.
struct Table {
    /// The forms of each length.
    forms: [Forms; LONGEST + 1],
    /// For each length of a first group the lengths of the second that follow it in some shape, a
    /// bit for each; the lowest bit is for shapes of one group.
    seconds: [u32; LONGEST + 1],
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut seconds = [0; LONGEST + 1];
    let mut forms = [const {
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
            let (first, second) = groups(shape.digits | shape.letters | shape.either);
            seconds[first] |= 1 << second;
            forms[written.len()].add(shape);
        }
    }
    Table { forms, seconds }
});

/// The lengths of the first two groups of places, a sign between; 0 for no second one.
fn groups(places: u32) -> (usize, usize) {
    let first = places.trailing_ones();
    let second = places.checked_shr(first + 1).unwrap_or(0).trailing_ones();
    (first as usize, second as usize)
}

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
struct Stretch {
    digits: u32,
    letters: u32,
}

/// The first `len` places.
fn first(len: u32) -> u32 {
    1u32.checked_shl(len).unwrap_or(0).wrapping_sub(1)
}

/// Adds the numbers that begin within `begin`, where `places` begin.
pub fn find(
    topics: &Topics<'_>,
    begin: std::ops::Range<usize>,
    places: &Places,
    hits: &mut Vec<Hit>,
) {
    let table = &*TABLE;
    let first = topics.text.len() - topics.text.trim_start().len();
    for at in places.groups_before(begin.len()) {
        let start = begin.start + at;
        let ids = Ids {
            topics,
            start,
            begins: start <= first,
            table,
        };
        ids.try_ends(places, at, hits);
    }
}

/// The numbers that begin at one place.
struct Ids<'a> {
    topics: &'a Topics<'a>,
    start: usize,
    /// The text begins there.
    begins: bool,
    table: &'static Table,
}

impl Ids<'_> {
    /// Tries every end of the groups that follow, from `at` on in the places.
    fn try_ends(&self, places: &Places, at: usize, hits: &mut Vec<Hit>) {
        let alphanumeric = bits(&places.alphanumeric, at);
        let digits = bits(&places.digit, at);
        // A number may begin with a few letters apart from its digits, not with a word.
        let group = alphanumeric.trailing_ones();
        let few = |len: u32| (digits & first(len)).count_ones() < DIGITS;
        if few(LONGEST as u32) || group > LONGEST as u32 || group > 3 && digits & first(group) == 0
        {
            return;
        }
        // No shape begins with two groups of these lengths, or is the first alone.
        let (one, two) = groups(alphanumeric);
        if self.table.seconds[one] & (1 | 1u32.checked_shl(two as u32).unwrap_or(0)) == 0 {
            return;
        }
        let behind = alphanumeric << 1;
        // Nothing goes on behind two signs or a sign that parts no groups.
        let stops = !alphanumeric & !(behind & bits(&places.part, at));
        let mut ends = !alphanumeric & behind & !first(SHORTEST as u32) & first(LONGEST as u32 + 1);
        ends &= first(stops.trailing_zeros().saturating_add(1));
        while ends != 0 {
            let len = ends.trailing_zeros();
            ends &= ends - 1;
            if few(len) {
                continue;
            }
            let Some(form) = self.table.forms[len as usize].of(alphanumeric & first(len)) else {
                continue;
            };
            let about = match self.begins {
                true => Mask::MAX,
                false => self.topics.before(self.start),
            };
            if form.alone || about & form.topics != 0 {
                let stretch = Stretch {
                    digits: digits & first(len),
                    letters: (alphanumeric & !digits) & first(len),
                };
                self.shapes(form, (len as usize, stretch), about, hits);
            }
        }
    }

    /// Tries the shapes of a form that need no words or have some in `about`.
    fn shapes(
        &self,
        form: &Form,
        (len, stretch): (usize, Stretch),
        about: Mask,
        hits: &mut Vec<Hit>,
    ) {
        let (text, start, end) = (self.topics.text, self.start, self.start + len);
        let raw = &text.as_bytes()[start..end];
        for shape in &form.shapes {
            let fits = shape.digits & !stretch.digits == 0
                && shape.letters & !stretch.letters == 0
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
