//! Bank accounts: ISO 13616, its length per country and its check digits.

use sdk::window::Hit;

use crate::context::glued;
use crate::hit;

pub const LABEL: &str = "IBAN";

/// Country and length, from the registry of SWIFT.
const LENGTHS: [(&str, usize); 84] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
];
/// Outside the alphabet's order above: the small ones.
const MORE_LENGTHS: [(&str, usize); 3] = [("VA", 22), ("VG", 24), ("XK", 20)];

/// Adds the accounts that begin within `begin`.
pub fn find(text: &str, begin: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut at = begin.start;
    while at < begin.end && at + 4 < bytes.len() {
        let head = bytes[at].is_ascii_alphabetic()
            && bytes[at + 1].is_ascii_alphabetic()
            && bytes[at + 2].is_ascii_digit()
            && bytes[at + 3].is_ascii_digit();
        if head
            && !text[..at].chars().next_back().is_some_and(glued)
            && let Some(end) = account(text, at)
        {
            hits.push(hit(at..end, LABEL, 0.99));
            at = end;
        }
        at += 1;
    }
}

/// Where the account that begins at `start` ends, if it is one.
fn account(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let country = [
        bytes[start].to_ascii_uppercase(),
        bytes[start + 1].to_ascii_uppercase(),
    ];
    let &(_, length) = LENGTHS
        .iter()
        .chain(&MORE_LENGTHS)
        .find(|(known, _)| known.as_bytes() == country)?;
    let mut compact = [0; 34];
    let (mut count, mut gap, mut end) = (0, false, start);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b' ' | b'-' if !gap => {
                gap = true;
                continue;
            }
            _ if byte.is_ascii_alphanumeric() => compact[count] = byte.to_ascii_uppercase(),
            _ => return None,
        }
        (count, gap, end) = (count + 1, false, at + 1);
        if count == length {
            break;
        }
    }
    let free = !text[end..].chars().next().is_some_and(glued);
    (count == length && free && remainder(&compact[..count]) == 1).then_some(end)
}

/// Mod 97 of the account with its first four characters moved to the end, letters as 10 to 35.
fn remainder(compact: &[u8]) -> u32 {
    compact[4..]
        .iter()
        .chain(&compact[..4])
        .fold(0, |rest, byte| match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        })
}
