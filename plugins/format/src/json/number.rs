//! Numbers as they are written, without a limit: what a float would round is compared exactly.

use std::cmp::Ordering;

/// Which of two numbers is less.
pub fn order(left: &str, right: &str) -> Ordering {
    match (short(left), short(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => Decimal::new(left).order(&Decimal::new(right)),
    }
}

/// What comparing them costs, in steps of the checker.
pub fn cost(left: &str, right: &str) -> usize {
    match (short(left), short(right)) {
        (Some(_), Some(_)) => 1,
        _ => 5 + (left.len() + right.len()) / 64,
    }
}

/// Whether nothing stands behind the point, as in `1.0` and `1e2`.
pub fn is_whole(text: &str) -> bool {
    !text.contains(['.', 'e', 'E']) || Decimal::new(text).is_whole()
}

/// Most numbers, at once.
fn short(text: &str) -> Option<i64> {
    (text.len() <= 18).then(|| text.parse().ok()).flatten()
}

/// `0.DIGITS` times ten to the `point`; no digits for zero.
struct Decimal<'a> {
    negative: bool,
    /// From the first to the last that is not 0; a point may stand among them.
    digits: &'a str,
    count: usize,
    point: i64,
}

impl<'a> Decimal<'a> {
    /// Of a number that the parser has found to be well-formed.
    fn new(text: &'a str) -> Decimal<'a> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let whole = mantissa.find('.').unwrap_or(mantissa.len());
        let digits = mantissa.trim_start_matches(['0', '.']);
        // Zeros that were cut off before the point move it to the left, behind it to the right.
        let cut = mantissa.len() - digits.len();
        let before = if cut > whole {
            whole as i64 + 1 - cut as i64
        } else {
            (whole - cut) as i64
        };
        let digits = digits.trim_end_matches(['0', '.']);
        Decimal {
            negative: negative && !digits.is_empty(),
            count: digits.bytes().filter(u8::is_ascii_digit).count(),
            digits,
            point: before.saturating_add(exponent(power)),
        }
    }

    /// Whether nothing stands behind the point, as in `1.0` and `1e2`.
    fn is_whole(&self) -> bool {
        self.digits.is_empty() || self.count as i64 <= self.point
    }

    /// Which is less.
    fn order(&self, other: &Decimal<'_>) -> Ordering {
        let size = |number: &Decimal<'_>| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let signs = size(self).cmp(&size(other));
        if signs != Ordering::Equal || self.digits.is_empty() {
            return signs;
        }
        let size = (self.point.cmp(&other.point)).then_with(|| {
            let digits = self.digits.bytes().filter(u8::is_ascii_digit);
            digits.cmp(other.digits.bytes().filter(u8::is_ascii_digit))
        });
        if self.negative { size.reverse() } else { size }
    }
}

/// Far out all exponents are the same: no text is as long as the digits that would tell them apart.
fn exponent(text: &str) -> i64 {
    const FAR: i64 = i64::MAX / 4;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.trim_start_matches('+')),
    };
    let digits = digits.trim_start_matches('0');
    let size = match digits.len() {
        0 => 0,
        1..=18 => digits.parse().unwrap_or(FAR),
        _ => FAR,
    };
    if negative { -size } else { size }
}
