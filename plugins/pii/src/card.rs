//! Payment cards: digits in an issuer's range, of its length, grouped as on a card, under Luhn.

use sdk::window::Hit;

use crate::context::{Topics, after, before};
use crate::signs::Places;
use crate::{hit, lexicon};

pub const LABEL: &str = "CREDIT_CARD";

/// Groups of a card at most.
const GROUPS: usize = 5;

/// A run of digits.
type Group = std::ops::Range<usize>;

/// Adds the cards that begin within `begin`, where `places` begin.
pub fn find(
    topics: &Topics<'_>,
    begin: std::ops::Range<usize>,
    places: &Places,
    hits: &mut Vec<Hit>,
) {
    let text = topics.text;
    let mut first = None;
    let named = std::cell::OnceCell::new();
    let mut next = 0;
    while let Some(at) = places.next_digit(next)
        && at < begin.len()
    {
        let start = begin.start + at;
        let group = start..start + places.run_of_digits(at);
        let first = *first.get_or_insert(start);
        let named = || *named.get_or_init(|| topics.around(first).far & lexicon::CARD != 0);
        // A message that is a number is asked about as a card is.
        let known = || named() || text[..start].trim().is_empty();
        let end = card_from(text, &group, named, known);
        if let Some(end) = end {
            hits.push(hit(start..end, LABEL, 0.99));
        }
        next = end.unwrap_or(group.end) - begin.start;
    }
}

/// Where the longest card ends that begins with a group. A number that is called a card may be of
/// an issuer that is not known here.
fn card_from(
    text: &str,
    group: &Group,
    named: impl Fn() -> bool,
    known: impl Fn() -> bool,
) -> Option<usize> {
    let bytes = text.as_bytes();
    if !matches!(group.len(), 4 | 12..=19) {
        return None;
    }
    let glued = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '+');
    if before(text, group.start).is_some_and(glued) {
        return None;
    }
    let mut digits = [0; 19];
    let mut lengths = [0; GROUPS];
    let mut count = 0;
    let mut separator = None;
    let mut best = None;
    let mut group = group.clone();
    for index in 0..GROUPS {
        if index > 0 {
            let Some(sign @ (b' ' | b'-' | b'.')) = bytes.get(group.end) else {
                break;
            };
            let start = group.end + 1;
            let len = bytes[start..]
                .iter()
                .take(20)
                .take_while(|byte| byte.is_ascii_digit());
            let end = start + len.count();
            if start == end || separator.is_some_and(|before| before != sign) {
                break;
            }
            separator = Some(sign);
            group = start..end;
        }
        let Group { start, end } = group;
        // No card goes on with a fifth group of four.
        if count + (end - start) > digits.len() || index == 4 && end - start > 3 {
            break;
        }
        for byte in &bytes[start..end] {
            digits[count] = byte - b'0';
            count += 1;
        }
        lengths[index] = end - start;
        let digits = &digits[..count];
        let loose = after(text, end).is_some_and(|c| c.is_alphanumeric() || c == '_');
        if !loose
            && grouped(&lengths[..=index])
            && count >= 12
            && (issued(digits) || named() || airline(digits) && known())
            && luhn(digits)
        {
            best = Some(end);
        }
    }
    best
}

/// As cards are printed, or in one piece.
fn grouped(lengths: &[usize]) -> bool {
    matches!(
        lengths,
        [_] | [4, 4, 4, 4] | [4, 4, 4, 4, 1..=3] | [4, 6, 5] | [4, 6, 4] | [4, 4, 4, 1..=3]
    )
}

/// Whether an issuer hands out numbers that begin so, at this length (ISO/IEC 7812).
fn issued(digits: &[u8]) -> bool {
    let head = |n: usize| {
        digits[..n]
            .iter()
            .fold(0u32, |sum, d| sum * 10 + u32::from(*d))
    };
    if digits.len() < 13 {
        return false;
    }
    match digits.len() {
        15 if matches!(head(2), 34 | 37) => true,
        14 if matches!(head(3), 300..=305 | 309) || matches!(head(2), 36 | 38 | 39) => true,
        16 if matches!(head(2), 51..=55) || matches!(head(4), 2221..=2720) => true,
        13 | 16 | 19 if digits[0] == 4 => true,
        16..=19 => {
            matches!(head(4), 3528..=3589 | 6011)
                || matches!(head(3), 644..=649)
                || matches!(head(2), 62 | 65 | 50 | 56..=58 | 63 | 67)
        }
        _ => false,
    }
}

/// Numbers of airlines' cards look like any other that begins with a one.
fn airline(digits: &[u8]) -> bool {
    digits.len() == 15 && digits[0] == 1
}

/// The check digit of ISO/IEC 7812-1 annex B; a number of one digit repeated is no card.
fn luhn(digits: &[u8]) -> bool {
    /// A digit twice, and the digits of that added up.
    const TWICE: [u32; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let (mut sum, mut twice) = (0, digits.len().is_multiple_of(2));
    for digit in digits {
        sum += match twice {
            true => TWICE[usize::from(*digit)],
            false => u32::from(*digit),
        };
        twice = !twice;
    }
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

#[cfg(test)]
mod tests {
    use super::{issued, luhn};

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|b| b - b'0').collect()
    }

    #[test]
    fn the_networks_test_numbers_are_cards() {
        for number in [
            "4111111111111111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "6011111111111117",
            "30569309025904",
            "3530111333300000",
            "6200000000000005",
            "4000002760003184",
        ] {
            let digits = digits(number);
            assert!(issued(&digits) && luhn(&digits), "{number}");
        }
    }

    #[test]
    fn a_changed_digit_or_a_foreign_range_is_no_card() {
        assert!(!luhn(&digits("4111111111111112")));
        assert!(!luhn(&digits("0000000000000000")));
        assert!(!issued(&digits("1732313736000123")));
        assert!(!issued(&digits("9999888877776666")));
    }
}
