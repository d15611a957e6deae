//! Tokens that say by their shape who issued them: by how they begin ([`PREFIXED`]) or by a mark
//! within ([`MARKED`]).

use sdk::window::Hit;

use crate::issuers::{MARKED, PREFIXED};
use crate::look::{entropy, placeholder};
use crate::shape::{Part, Runs, Set};
use crate::{hit, known};

/// A token known by its beginning.
pub struct Prefixed {
    pub prefix: &'static str,
    /// What follows the prefix.
    pub parts: &'static [Part],
    pub label: &'static str,
    /// Bits per character that what follows must have; example values repeat or count up.
    pub entropy: f32,
}

/// A token known by a mark inside.
pub struct Marked {
    pub mark: &'static str,
    /// Characters of this set, so many, stand before the mark.
    pub before: (Set, u16, u16),
    pub after: &'static [Part],
    pub label: &'static str,
    pub entropy: f32,
}

/// Labels of both tables.
pub fn labels() -> impl Iterator<Item = &'static str> {
    let prefixed = PREFIXED.iter().map(|kind| kind.label);
    prefixed.chain(MARKED.iter().map(|kind| kind.label))
}

/// Rows of [`PREFIXED`] that begin with a byte: a range, for the table is sorted by it.
static BY_FIRST: [(u16, u16); 128] = by_first();

const fn by_first() -> [(u16, u16); 128] {
    let mut ranges = [(0, 0); 128];
    let mut row = 0;
    while row < PREFIXED.len() {
        let first = PREFIXED[row].prefix.as_bytes()[0] as usize;
        if ranges[first].1 == 0 {
            ranges[first].0 = row as u16;
        }
        ranges[first].1 = row as u16 + 1;
        row += 1;
    }
    ranges
}

/// The second byte of each prefix: most rows are passed over by it.
static SECOND: [u8; PREFIXED.len()] = second();

const fn second() -> [u8; PREFIXED.len()] {
    let mut bytes = [0; PREFIXED.len()];
    let mut row = 0;
    while row < PREFIXED.len() {
        bytes[row] = PREFIXED[row].prefix.as_bytes()[1];
        row += 1;
    }
    bytes
}

/// The shortest token of the tables.
pub const SHORTEST: usize = 15;

pub fn find(text: &str, from: usize, runs: &Runs<'_>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut at = from;
    while at + SHORTEST <= bytes.len() {
        let found = if begins(bytes, at) {
            prefixed(text, at, runs)
        } else {
            None
        };
        match found {
            Some((end, label)) => {
                hits.push(hit(text, at..end, label, 0.98));
                at = end;
            }
            None => at += 1,
        }
    }
    for kind in MARKED {
        marked(kind, text, from, runs, hits);
    }
}

/// Whether a token may begin here: not within a word, but behind an escaped line end.
pub fn begins(bytes: &[u8], at: usize) -> bool {
    if at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_') {
        return true;
    }
    at >= 2 && bytes[at - 2] == b'\\' && matches!(bytes[at - 1], b'n' | b'r' | b't')
}

/// Whether a text begins as a token does whose shape leaves no doubt; if it is not that token,
/// it is none.
pub fn strict(value: &str) -> bool {
    value.starts_with("xox") && matches!(value.as_bytes().get(4), Some(b'-' | b'.'))
}

fn prefixed(text: &str, at: usize, runs: &Runs<'_>) -> Option<(usize, &'static str)> {
    let rest = &text.as_bytes()[at..];
    let (first, last) = *BY_FIRST.get(usize::from(rest[0]))?;
    (usize::from(first)..usize::from(last))
        .filter(|row| SECOND[*row] == rest[1])
        .find_map(|row| {
            let kind = &PREFIXED[row];
            if !rest.starts_with(kind.prefix.as_bytes()) {
                return None;
            }
            let body = at + kind.prefix.len();
            let mut end = runs.shape(body, kind.parts)?;
            while end > body && matches!(text.as_bytes()[end - 1], b'.' | b'-') && open(kind.parts)
            {
                end -= 1;
            }
            let secret = &text[body..end];
            let whole = &text[at..end];
            let real =
                entropy(secret) >= kind.entropy && !placeholder(secret) && !known::public(whole);
            real.then_some((end, kind.label))
        })
}

/// Whether a shape ends in a run of any length, which may take the full stop of a sentence.
fn open(parts: &[Part]) -> bool {
    matches!(parts.last(), Some(Part::Run(_, least, most)) if least != most)
}

fn marked(kind: &Marked, text: &str, from: usize, runs: &Runs<'_>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let (set, least, most) = kind.before;
    for (at, _) in text[from..].match_indices(kind.mark) {
        let mark = from + at;
        let before = bytes[..mark].iter().rev().take(usize::from(most) + 1);
        let length = before.take_while(|byte| set.has(**byte)).count();
        let start = mark - length;
        if length < usize::from(least) || length > usize::from(most) || !begins(bytes, start) {
            continue;
        }
        let Some(end) = runs.shape(mark + kind.mark.len(), kind.after) else {
            continue;
        };
        let whole = &text[start..end];
        if entropy(whole) >= kind.entropy && !placeholder(whole) {
            hits.push(hit(text, start..end, kind.label, 0.97));
        }
    }
}
