//! Bank accounts: ISO 13616, its length per country and its check digits.

use sdk::window::Hit;

use crate::context::glued;
use crate::hit;
use crate::signs::Places;

pub const LABEL: &str = "IBAN";

/// Country and length, from the registry of SWIFT, in order.
const LENGTHS: [([u8; 2], usize); 87] = [
    (*b"AD", 24),
    (*b"AE", 23),
    (*b"AL", 28),
    (*b"AT", 20),
    (*b"AZ", 28),
    (*b"BA", 20),
    (*b"BE", 16),
    (*b"BG", 22),
    (*b"BH", 22),
    (*b"BI", 27),
    (*b"BR", 29),
    (*b"BY", 28),
    (*b"CH", 21),
    (*b"CR", 22),
    (*b"CY", 28),
    (*b"CZ", 24),
    (*b"DE", 22),
    (*b"DJ", 27),
    (*b"DK", 18),
    (*b"DO", 28),
    (*b"EE", 20),
    (*b"EG", 29),
    (*b"ES", 24),
    (*b"FI", 18),
    (*b"FK", 18),
    (*b"FO", 18),
    (*b"FR", 27),
    (*b"GB", 22),
    (*b"GE", 22),
    (*b"GI", 23),
    (*b"GL", 18),
    (*b"GR", 27),
    (*b"GT", 28),
    (*b"HR", 21),
    (*b"HU", 28),
    (*b"IE", 22),
    (*b"IL", 23),
    (*b"IQ", 23),
    (*b"IS", 26),
    (*b"IT", 27),
    (*b"JO", 30),
    (*b"KW", 30),
    (*b"KZ", 20),
    (*b"LB", 28),
    (*b"LC", 32),
    (*b"LI", 21),
    (*b"LT", 20),
    (*b"LU", 20),
    (*b"LV", 21),
    (*b"LY", 25),
    (*b"MC", 27),
    (*b"MD", 24),
    (*b"ME", 22),
    (*b"MK", 19),
    (*b"MN", 20),
    (*b"MR", 27),
    (*b"MT", 31),
    (*b"MU", 30),
    (*b"NI", 28),
    (*b"NL", 18),
    (*b"NO", 15),
    (*b"OM", 23),
    (*b"PK", 24),
    (*b"PL", 28),
    (*b"PS", 29),
    (*b"PT", 25),
    (*b"QA", 29),
    (*b"RO", 24),
    (*b"RS", 22),
    (*b"RU", 33),
    (*b"SA", 24),
    (*b"SC", 31),
    (*b"SD", 18),
    (*b"SE", 24),
    (*b"SI", 19),
    (*b"SK", 24),
    (*b"SM", 27),
    (*b"SO", 23),
    (*b"ST", 25),
    (*b"SV", 28),
    (*b"TL", 23),
    (*b"TN", 24),
    (*b"TR", 26),
    (*b"UA", 29),
    (*b"VA", 22),
    (*b"VG", 24),
    (*b"XK", 20),
];
/// Adds the accounts that begin within `begin`, where `places` begin.
pub fn find(text: &str, begin: std::ops::Range<usize>, places: &Places, hits: &mut Vec<Hit>) {
    let mut free = begin.start;
    for at in places.letters_and_digits(begin.len()) {
        let at = begin.start + at;
        if at >= free
            && !text[..at].chars().next_back().is_some_and(glued)
            && let Some(end) = account(text, at)
        {
            hits.push(hit(at..end, LABEL, 0.99));
            free = end + 1;
        }
    }
}

/// Where the account that begins at `start` ends, if it is one.
fn account(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let country = [
        bytes[start].to_ascii_uppercase(),
        bytes[start + 1].to_ascii_uppercase(),
    ];
    let known = LENGTHS.binary_search_by_key(&country, |(known, _)| *known);
    let length = LENGTHS[known.ok()?].1;
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
fn remainder(compact: &[u8]) -> u64 {
    let rest = compact[4..].iter().chain(&compact[..4]);
    let sum = rest.fold(0, |sum: u64, byte| {
        let sum = match byte {
            b'0'..=b'9' => sum * 10 + u64::from(byte - b'0'),
            _ => sum * 100 + u64::from(byte - b'A') + 10,
        };
        // Only where the next might not fit: a division costs more than all else.
        if sum < u64::MAX / 1000 { sum } else { sum % 97 }
    });
    sum % 97
}
