//! What signs a segment has and where its digits and letters are, a bit for each byte: read once,
//! so that rules skip segments they need not see and jump to the places where they begin.

use sdk::window::WINDOW;

use crate::crypto;

/// A bit for each byte of a segment, and room to look behind its end.
pub type Set = [u64; WINDOW / 64 + 1];

const DIGIT: u8 = 1;
const LETTER: u8 = 2;
/// What may part the groups of a number.
const PART: u8 = 4;
/// A capital letter, or part of a character that may be one.
const CAPITAL: u8 = 8;
const AT: u8 = 16;
const COLON: u8 = 32;
const DOT: u8 = 64;
const DASH: u8 = 128;

static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' => LETTER,
            b'A'..=b'Z' => LETTER | CAPITAL,
            0x80.. => CAPITAL,
            b'@' => AT,
            b':' => PART | COLON,
            b'.' => PART | DOT,
            b'-' => PART | DASH,
            b' ' | b'/' | b'+' => PART,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

/// The signs of a segment, which is not longer than a window.
#[derive(Default)]
pub struct Signs {
    /// How many digits.
    pub digits: usize,
    /// Runs of digits.
    pub groups: usize,
    /// ASCII letters, if there is a digit.
    pub letters: usize,
    /// Has a run of ASCII letters and digits as long as the shortest wallet.
    pub long: bool,
    /// How many colons.
    pub colons: usize,
    /// How many dots.
    pub dots: usize,
    /// How many hyphens.
    pub dashes: usize,
    /// Whether there is an @.
    pub at: bool,
    /// A capital letter, or a letter that may be one.
    pub capital: bool,
    /// Bytes.
    pub len: usize,
}

/// Where the digits and letters of a segment are: of the last one that had a digit.
#[derive(Default)]
pub struct Places {
    /// Words of the sets that the segment takes; one more is empty.
    words: usize,
    /// Digits.
    pub digit: Set,
    /// ASCII letters and digits.
    pub alphanumeric: Set,
    /// What may part the groups of a number.
    pub part: Set,
}

impl Signs {
    /// Reads a segment; `places` become its own if there is a digit.
    pub fn of(segment: &[u8], places: &mut Places) -> Signs {
        let kinds = segment
            .iter()
            .fold(0, |kinds, byte| kinds | KINDS[usize::from(*byte)]);
        let count = |kind: u8, sign: u8| match kinds & kind {
            0 => 0,
            _ => segment.iter().filter(|byte| **byte == sign).count(),
        };
        let mut signs = Signs {
            long: long(segment),
            colons: count(COLON, b':'),
            dots: count(DOT, b'.'),
            dashes: count(DASH, b'-'),
            at: kinds & AT != 0,
            capital: kinds & CAPITAL != 0,
            len: segment.len(),
            ..Signs::default()
        };
        if kinds & DIGIT != 0 {
            places.read(segment);
            let ones = |word: u64| word.count_ones() as usize;
            let mut last = 0;
            let words = places.digit.iter().zip(&places.alphanumeric);
            for (digits, both) in words.take(places.words) {
                signs.digits += ones(*digits);
                signs.letters += ones(both & !digits);
                signs.groups += ones(digits & !(digits << 1 | last));
                last = digits >> 63;
            }
        }
        signs
    }
}

impl Places {
    fn read(&mut self, segment: &[u8]) {
        self.words = segment.len().div_ceil(64);
        // What looks behind the end finds nothing.
        for set in [&mut self.digit, &mut self.alphanumeric, &mut self.part] {
            if let Some(behind) = set.get_mut(self.words) {
                *behind = 0;
            }
        }
        for (at, bytes) in segment.chunks(64).enumerate() {
            let (mut digit, mut letter, mut part) = (0, 0, 0);
            for (place, byte) in bytes.iter().enumerate() {
                let kind = u64::from(KINDS[usize::from(*byte)]);
                digit |= (kind & 1) << place;
                letter |= (kind >> 1 & 1) << place;
                part |= (kind >> 2 & 1) << place;
            }
            self.digit[at] = digit;
            self.alphanumeric[at] = digit | letter;
            self.part[at] = part;
        }
    }

    /// The first digit from `at` on.
    pub fn next_digit(&self, at: usize) -> Option<usize> {
        let words = &self.digit[..self.words];
        let mut word = at / 64;
        let mut bits = words.get(word)? & (u64::MAX << (at % 64));
        while bits == 0 {
            word += 1;
            bits = *words.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }

    /// How many digits follow each other from `at` on.
    pub fn run_of_digits(&self, at: usize) -> usize {
        ones(&self.digit, at)
    }

    /// Where groups of letters and digits begin before `end`.
    pub fn groups_before(&self, end: usize) -> impl Iterator<Item = usize> {
        let mut before = 0;
        let words = self.alphanumeric.iter().take(end.div_ceil(64));
        let starts = words.enumerate().flat_map(move |(word, bits)| {
            let starts = bits & !(bits << 1 | before);
            before = bits >> 63;
            places(word, starts)
        });
        starts.take_while(move |at| *at < end)
    }

    /// Where two letters begin before `end` that two digits follow.
    pub fn letters_and_digits(&self, end: usize) -> impl Iterator<Item = usize> {
        let letter = |at: usize, by: u32| {
            shifted(&self.alphanumeric, at, by) & !shifted(&self.digit, at, by)
        };
        let digit = |at: usize, by: u32| shifted(&self.digit, at, by);
        let words = 0..end.div_ceil(64);
        let heads = words.flat_map(move |word| {
            let heads = letter(word, 0) & letter(word, 1) & digit(word, 2) & digit(word, 3);
            places(word, heads)
        });
        heads.take_while(move |at| *at < end)
    }
}

/// The thirty-two bits from `at` on.
pub fn bits(set: &Set, at: usize) -> u32 {
    let (word, place) = (at / 64, at % 64);
    let mut bits = set[word] >> place;
    if place > 32
        && let Some(next) = set.get(word + 1)
    {
        bits |= next << (64 - place);
    }
    bits as u32
}

/// Word `word` of a set as if all of it stood `by` places earlier; `by` is less than 64.
fn shifted(set: &Set, word: usize, by: u32) -> u64 {
    let next = set.get(word + 1).copied().unwrap_or_default();
    match by {
        0 => set[word],
        _ => set[word] >> by | next << (64 - by),
    }
}

/// The places of the bits of word `word`.
fn places(word: usize, mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (bits != 0).then(|| word * 64 + bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        place
    })
}

/// How many bits are set from `at` on without a gap.
fn ones(set: &Set, at: usize) -> usize {
    let mut end = at;
    while let Some(word) = set.get(end / 64) {
        let place = end % 64;
        let here = (word >> place).trailing_ones() as usize;
        end += here;
        if here < 64 - place {
            break;
        }
    }
    end - at
}

/// Whether a run of ASCII letters and digits is as long as the shortest wallet: such a run holds
/// one of the bytes that are so far apart.
fn long(segment: &[u8]) -> bool {
    let inner = |byte: &&u8| byte.is_ascii_alphanumeric();
    let mut far = (crypto::SHORTEST - 1..segment.len()).step_by(crypto::SHORTEST);
    far.any(|at| {
        let before = segment[..=at].iter().rev().take_while(inner).count();
        let behind = segment[at + 1..].iter().take(crypto::SHORTEST);
        before > 0 && before + behind.take_while(inner).count() >= crypto::SHORTEST
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of several lengths at every place, across the borders of words.
    #[test]
    fn places_are_found_wherever_they_lie() {
        let mut places = Places::default();
        // What was read before must not be seen.
        places.read(&[b'1'; WINDOW]);
        assert_eq!(places.run_of_digits(0), WINDOW);
        for pad in 0..150 {
            for (run, is) in [(25, false), (26, true), (40, true), (70, true)] {
                let text = format!("{}{} x", "-".repeat(pad), "a".repeat(run));
                let signs = Signs::of(text.as_bytes(), &mut places);
                assert_eq!(signs.long, is, "{pad} {run}");
            }
            let text = format!("{}DE12 345 a1", " ".repeat(pad));
            let signs = Signs::of(text.as_bytes(), &mut places);
            let groups: Vec<usize> = places.groups_before(text.len()).collect();
            assert_eq!(groups, [pad, pad + 5, pad + 9]);
            let heads: Vec<usize> = places.letters_and_digits(text.len()).collect();
            assert_eq!(heads, [pad]);
            assert_eq!(places.next_digit(0), Some(pad + 2));
            assert_eq!(places.next_digit(pad + 4), Some(pad + 5));
            assert_eq!(places.run_of_digits(pad + 5), 3);
            assert_eq!((signs.digits, signs.groups, signs.letters), (6, 3, 3));
            assert_eq!(places.next_digit(pad + 11), None);
        }
    }
}
