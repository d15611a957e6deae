//! Arabic and Hebrew: from the order in which the signs lie, left to right, to that of reading.

use crate::font::Letters;

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    LeftToRight,
    RightToLeft,
    Neutral,
}

fn direction(sign: char) -> Direction {
    match sign {
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
            if !sign.is_numeric() =>
        {
            Direction::RightToLeft
        }
        _ if sign.is_alphanumeric() => Direction::LeftToRight,
        _ => Direction::Neutral,
    }
}

fn of(letters: &Letters) -> Direction {
    match letters {
        Letters::One(sign) => direction(*sign),
        Letters::Many(signs) => signs.chars().next().map_or(Direction::Neutral, direction),
    }
}

/// Whether a sign is written from right to left.
pub(super) fn is_rtl(letters: &Letters) -> bool {
    of(letters) == Direction::RightToLeft
}

/// Puts signs that lie from left to right into the order of reading. A sign of several letters is
/// in that order already.
pub(super) fn reorder(signs: &mut [Letters]) {
    let count = |wanted| signs.iter().filter(|sign| of(sign) == wanted).count();
    let base = if count(Direction::RightToLeft) >= count(Direction::LeftToRight) {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    };
    let other = match base {
        Direction::RightToLeft => Direction::LeftToRight,
        _ => Direction::RightToLeft,
    };
    if base == Direction::RightToLeft {
        signs.reverse();
    }
    // Runs against the direction of the line: from one strong sign to the last one of its kind.
    let mut start: Option<(usize, usize)> = None;
    for at in 0..=signs.len() {
        let here = signs.get(at).map_or(base, of);
        if here == other {
            start = Some((start.map_or(at, |(first, _)| first), at + 1));
        } else if here == base
            && let Some((first, end)) = start.take()
            && let Some(run) = signs.get_mut(first..end)
        {
            run.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_reversed_is_read_in_order() {
        for (lies, read) in [
            ("abc", "abc"),
            ("םולש", "שלום"),
            ("12.5 םולש", "שלום 12.5"),
            ("say םולש now please", "say שלום now please"),
        ] {
            let mut signs: Vec<Letters> = lies.chars().map(Letters::One).collect();
            if signs.iter().any(is_rtl) {
                reorder(&mut signs);
            }
            let mut text = String::new();
            signs.iter().for_each(|sign| sign.push_to(&mut text));
            assert_eq!(text, read);
        }
    }
}
