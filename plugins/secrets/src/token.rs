//! Tokens that say by their shape who issued them: by how they begin ([`PREFIXED`]) or by a mark
//! within ([`MARKED`]).

use std::ops::Range;

use sdk::window::Hit;

use crate::index::{BUCKETS, Index, hash};
use crate::issuers::{MARKED, PREFIXED};
use crate::look::{entropy, mixed, placeholder};
use crate::shape::{Part, Runs, Set};
use crate::words::like_words;
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

/// Rows of [`PREFIXED`] by their first four bytes, or the two or three they have.
static BY_START: Index<{ PREFIXED.len() }> = by_start();
const fn by_start() -> Index<{ PREFIXED.len() }> {
    let mut buckets = [BUCKETS; PREFIXED.len()];
    let mut row = 0;
    while row < PREFIXED.len() {
        let prefix = PREFIXED[row].prefix.as_bytes();
        match prefix {
            [a, b, c, d, ..] => buckets[row] = hash(&[*a, *b, *c, *d]),
            _ => buckets[row] = hash(prefix),
        }
        row += 1;
    }
    Index::of(buckets)
}

/// The first eight bytes of each prefix, and which bits of them count.
static HEADS: [(u64, u64); PREFIXED.len()] = heads();

const fn heads() -> [(u64, u64); PREFIXED.len()] {
    let mut heads = [(0, 0); PREFIXED.len()];
    let mut row = 0;
    while row < PREFIXED.len() {
        let prefix = PREFIXED[row].prefix.as_bytes();
        let mut at = 0;
        while at < prefix.len() && at < 8 {
            heads[row].0 |= (prefix[at] as u64) << (8 * at);
            heads[row].1 |= 0xff << (8 * at);
            at += 1;
        }
        row += 1;
    }
    heads
}

/// Bit `b` of row `a`: a token may begin with the bytes `a` and `b`.
static PAIRS: [u128; 128] = pairs();

const fn pairs() -> [u128; 128] {
    let mut rows = [0; 128];
    let mut row = 0;
    while row < PREFIXED.len() {
        let prefix = PREFIXED[row].prefix.as_bytes();
        rows[prefix[0] as usize] |= 1 << prefix[1];
        row += 1;
    }
    rows
}

/// Rows of [`MARKED`] by the first byte of the mark.
static BY_MARK: Index<{ MARKED.len() }> = by_mark();

const fn by_mark() -> Index<{ MARKED.len() }> {
    let mut buckets = [BUCKETS; MARKED.len()];
    let mut row = 0;
    while row < MARKED.len() {
        buckets[row] = hash(&[MARKED[row].mark.as_bytes()[0]]);
        row += 1;
    }
    Index::of(buckets)
}

/// Bit `b` of row `a`: a mark may begin with the bytes `a` and `b`.
static MARKS: [u128; 128] = marks();

const fn marks() -> [u128; 128] {
    let mut rows = [0; 128];
    let mut row = 0;
    while row < MARKED.len() {
        match MARKED[row].mark.as_bytes() {
            [first, second, ..] => rows[*first as usize] |= 1 << *second,
            [first] => rows[*first as usize] = u128::MAX,
            [] => {}
        }
        row += 1;
    }
    rows
}

/// The shortest token of the tables.
pub const SHORTEST: usize = 15;

/// Bytes that may stand before a mark.
const BEFORE: usize = 80;

/// Finds tokens that begin in a range.
pub fn find(text: &str, range: Range<usize>, runs: &Runs<'_>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    // Up to where a token was found already.
    let mut taken = range.start;
    for at in range.start..bytes.len().min(range.end + BEFORE) {
        let (byte, next) = (bytes[at], bytes.get(at + 1).copied().unwrap_or_default());
        if (taken..range.end).contains(&at)
            && at + SHORTEST <= bytes.len()
            && has(&PAIRS, byte, next)
            && begins(bytes, at)
            && let Some((end, label)) = prefixed(text, at, runs)
        {
            hits.push(hit(text, at..end, label, 0.98));
            taken = end;
        }
        if has(&MARKS, byte, next) {
            let kinds = BY_MARK.bucket(hash(&[byte])).map(|row| &MARKED[row]);
            hits.extend(kinds.filter_map(|kind| marked(kind, text, at, runs)));
        }
    }
}

/// Whether a table of pairs has one.
fn has(pairs: &[u128; 128], first: u8, second: u8) -> bool {
    let row = pairs.get(usize::from(first));
    row.is_some_and(|row| second < 128 && row >> second & 1 != 0)
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
    let head = u64::from_le_bytes(*rest.first_chunk()?);
    let [long, short, two] = [4, 3, 2].map(|length| BY_START.bucket(hash(&rest[..length])));
    long.chain(short)
        .chain(two)
        .filter(|row| (HEADS[*row].0 ^ head) & HEADS[*row].1 == 0)
        .filter(|row| rest.starts_with(PREFIXED[*row].prefix.as_bytes()))
        .find_map(|row| {
            let kind = &PREFIXED[row];
            let body = at + kind.prefix.len();
            let mut end = runs.shape(body, kind.parts)?;
            while end > body && matches!(text.as_bytes()[end - 1], b'.' | b'-') && open(kind.parts)
            {
                end -= 1;
            }
            let secret = &text[body..end];
            let whole = &text[at..end];
            // So short a beginning is also that of a member: "s.getDerivedState".
            let member = kind.prefix == "s." && (!mixed(secret) || like_words(secret));
            let real = entropy(secret) >= kind.entropy
                && !member
                && !placeholder(secret)
                && !known::public(whole);
            real.then_some((end, kind.label))
        })
}

/// Whether a shape ends in a run of any length, which may take the full stop of a sentence.
fn open(parts: &[Part]) -> bool {
    matches!(parts.last(), Some(Part::Run(_, least, most)) if least != most)
}

/// A token whose mark may stand at `mark`.
fn marked(kind: &Marked, text: &str, mark: usize, runs: &Runs<'_>) -> Option<Hit> {
    let bytes = text.as_bytes();
    let (set, least, most) = kind.before;
    let (least, most) = (usize::from(least), usize::from(most));
    // What is near decides most.
    if least > 0 && !(mark > 0 && set.has(bytes[mark - 1])) {
        return None;
    }
    if !bytes[mark..].starts_with(kind.mark.as_bytes()) {
        return None;
    }
    let end = runs.shape(mark + kind.mark.len(), kind.after)?;
    let before = bytes[..mark].iter().rev().take(most + 1);
    let length = before.take_while(|byte| set.has(**byte)).count();
    let start = mark - length;
    let begins = begins(bytes, start) || bytes[..start].ends_with(b"/bot");
    if length < least || length > most || !begins {
        return None;
    }
    let whole = &text[start..end];
    let members = kind.mark == "." && (!mixed(whole) || like_words(whole));
    (entropy(whole) >= kind.entropy && !members && !placeholder(whole))
        .then(|| hit(text, start..end, kind.label, 0.97))
}
