//! What a token looks like: sets of characters, and runs of them of some length.

use std::cell::Cell;

/// A set of ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Set {
    Digit,
    /// `0-9a-f`.
    LowHex,
    Hex,
    /// `0-9a-z`.
    Low,
    /// `0-9A-Z`.
    Up,
    /// `2-7A-Z`, of base 32.
    Base32,
    Alnum,
    /// Letters, digits, `_`.
    Name,
    /// Letters, digits, `_`, `-`: of base64 for URLs.
    Word,
    /// `Word` and `.`.
    Dotted,
    /// `Word`, `.` and `=`.
    Padded,
    /// Letters, digits, `+`, `/`, `=`.
    Base64,
    /// All that tokens are made of.
    Token,
    /// Of a bech32 string in capitals.
    Bech32,
}

const SETS: usize = Set::Bech32 as usize + 1;

/// Bit `set` of `CLASS[byte]` says whether the byte is in the set.
static CLASS: [u16; 256] = classes();

const fn classes() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let b = byte as u8;
        let (digit, low, up) = (
            b.is_ascii_digit(),
            b.is_ascii_lowercase(),
            b.is_ascii_uppercase(),
        );
        let alnum = digit || low || up;
        let word = alnum || b == b'_' || b == b'-';
        let mut bits = 0;
        let all = [
            digit,
            digit || (low && b <= b'f'),
            b.is_ascii_hexdigit(),
            digit || low,
            digit || up,
            up || (b >= b'2' && b <= b'7'),
            alnum,
            alnum || b == b'_',
            word,
            word || b == b'.',
            word || b == b'.' || b == b'=',
            alnum || b == b'+' || b == b'/' || b == b'=',
            word || matches!(b, b'.' | b'=' | b'+' | b'/' | b'~' | b'%'),
            (digit && b != b'1') || (up && !matches!(b, b'B' | b'I' | b'O')),
        ];
        let mut at = 0;
        while at < SETS {
            if all[at] {
                bits |= 1 << at;
            }
            at += 1;
        }
        table[byte] = bits;
        byte += 1;
    }
    table
}

impl Set {
    pub fn has(self, byte: u8) -> bool {
        CLASS[usize::from(byte)] & (1 << self as u16) != 0
    }
}

/// A piece of a shape.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// These characters.
    Text(&'static str),
    /// From so many to so many of a set, as many as there are.
    Run(Set, u16, u16),
    /// 8-4-4-4-12 hexadecimal digits.
    Uuid,
}

/// Exactly so many of a set.
pub const fn of(set: Set, length: u16) -> Part {
    Part::Run(set, length, length)
}

/// From so many to so many of a set.
pub const fn to(set: Set, least: u16, most: u16) -> Part {
    Part::Run(set, least, most)
}

/// So many of a set or more.
pub const fn from(set: Set, least: u16) -> Part {
    Part::Run(set, least, u16::MAX)
}

/// A text under the eyes of many shapes: where runs end is found once, so that a text made of
/// beginnings of tokens costs no more than another.
pub struct Runs<'a> {
    bytes: &'a [u8],
    /// For each set, a stretch in which every byte belongs to it, ended by one that does not.
    known: [Cell<(u32, u32)>; SETS],
}

impl<'a> Runs<'a> {
    pub fn of(text: &'a str) -> Runs<'a> {
        Runs {
            bytes: text.as_bytes(),
            known: [const { Cell::new((0, 0)) }; SETS],
        }
    }

    /// Where the run of a set that begins at `at` ends.
    pub fn end(&self, set: Set, at: usize) -> usize {
        let known = &self.known[set as usize];
        let (start, end) = known.get();
        if (start as usize..end as usize).contains(&at) {
            return end as usize;
        }
        let length = self.bytes[at..].iter().position(|byte| !set.has(*byte));
        let end = length.map_or(self.bytes.len(), |length| at + length);
        known.set((at as u32, end as u32));
        end
    }

    /// Where a shape that begins at `at` ends; it must not go on behind its last run.
    pub fn shape(&self, mut at: usize, parts: &[Part]) -> Option<usize> {
        let mut glue = None;
        for part in parts {
            match *part {
                Part::Text(text) => {
                    at = self.bytes[at..]
                        .starts_with(text.as_bytes())
                        .then_some(at + text.len())?;
                    glue = None;
                }
                Part::Uuid => {
                    at = uuid(&self.bytes[at..]).then_some(at + 36)?;
                    glue = Some(Set::Alnum);
                }
                Part::Run(set, least, most) => {
                    let length = self.end(set, at) - at;
                    if length < usize::from(least) {
                        return None;
                    }
                    at += length.min(usize::from(most));
                    glue = Some(if set.has(b'_') { Set::Name } else { Set::Alnum });
                }
            }
        }
        let next = self.bytes.get(at);
        let goes_on = glue.zip(next).is_some_and(|(set, next)| set.has(*next));
        (!goes_on).then_some(at)
    }
}

/// Whether a text begins with a UUID.
pub fn uuid(bytes: &[u8]) -> bool {
    bytes.len() >= 36
        && bytes[..36].iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
