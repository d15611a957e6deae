//! Telephone numbers: international ones, national ones of a distinctive form, and any that the
//! words before it call so.

use std::sync::LazyLock;

use regex::Regex;
use sdk::window::Hit;

use crate::context::{after, around, before, digits, stands_alone};
use crate::words::set_of_digits;
use crate::{hit, lexicon};

pub const LABEL: &str = "PHONE";

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is constant")
}

/// `+49 (0)30 1234-567`, `0049 30 1234567`.
static INTERNATIONAL: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?:\+ ?|00)([1-9][0-9]{0,2})(?:[ .-]?\([0-9]{1,4}\))?(?:[ ./-]{0,2}[0-9]{1,11}){1,7}")
});
/// North America: `(555) 234-5678`, `555-234-5678`, `1.555.234.5678x12`.
static AMERICAN: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?:1[ .-]?)?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}([ .-]))[2-9][0-9]{2}([ .-])[0-9]{4}",
        r"(?:[xX#][0-9]{1,5})?",
    ))
});
/// Trunk prefix and a form that nothing else has: France in pairs, the United Kingdom in its
/// three spacings, Germany with a slash, groups behind a zero anywhere.
static EUROPEAN: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?:0[1-9](?:[ .-][0-9]{2}){4}",
        r"|0?[ -]?\(?[2-5][0-9]{2}\)?[-.][0-9]{3}[-.][0-9]{2}[-.][0-9]{2}",
        r"|0 [2-5][0-9]{2} [0-9]{3} [0-9]{2} [0-9]{2}|0 \([2-5][0-9]{2}\) ?[0-9]{7}",
        r"|0(?:7[0-9]{3} ?[0-9]{6}|20 ?[0-9]{4} [0-9]{4}|1[0-9]{2,3} [0-9]{3} ?[0-9]{3,4})",
        r"|0[1-9][0-9]{1,3}(?: [0-9]{2,4}){2,3}",
        r"|\(0[0-9]{2,4}\) ?[0-9]{3,8}(?:[ -][0-9]{1,5})?",
        r"|0[1-9][0-9]{1,4} ?/ ?[0-9]{3,8}(?:[ -][0-9]{1,5}){0,2})",
    ))
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| regex(r"[+(]?[0-9](?:[ ()./-]{0,2}[0-9]){5,14}"));
/// What looks like a number to call and is a date.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:(?:19|20)[0-9]{2}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2})",
    )
});

/// Adds the numbers in `text[from..]`.
pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let segment = &text[from..];
    if segment.contains('+') || segment.contains("00") {
        international(text, from, hits);
    }
    national(text, from, hits);
}

fn international(text: &str, from: usize, hits: &mut Vec<Hit>) {
    for found in INTERNATIONAL.captures_iter(&text[from..]) {
        let whole = found.get(0).expect("the whole match is there");
        let span = whole.start() + from..whole.end() + from;
        let country = found.get(1).map_or("", |country| country.as_str());
        let plus = whole.as_str().starts_with('+');
        let count = digits(whole.as_str()) - if plus { 0 } else { 2 };
        let glued = |c: char| c.is_alphanumeric() || c == '+';
        let free = !before(text, span.start).is_some_and(glued)
            // Two zeros inside a number in groups are a group of it.
            && (plus || !text[..span.start].trim_end().ends_with(|c: char| c.is_ascii_digit()));
        let ends = !after(text, span.end).is_some_and(char::is_alphanumeric);
        if free && ends && (8..=15).contains(&count) && known(country) {
            hits.push(hit(span, LABEL, if plus { 0.95 } else { 0.8 }));
        }
    }
}

fn national(text: &str, from: usize, hits: &mut Vec<Hit>) {
    for found in AMERICAN.captures_iter(&text[from..]) {
        let whole = found.get(0).expect("the whole match is there");
        let span = whole.start() + from..whole.end() + from;
        // Three groups with spaces alone are any three numbers.
        let spaced = found.get(1).is_some_and(|gap| gap.as_str() == " ");
        offer(text, span, spaced, 0.85, hits);
    }
    for found in EUROPEAN.find_iter(&text[from..]) {
        offer(
            text,
            found.start() + from..found.end() + from,
            false,
            0.8,
            hits,
        );
    }
    for found in NAMED.find_iter(&text[from..]) {
        offer(
            text,
            found.start() + from..found.end() + from,
            true,
            0.75,
            hits,
        );
    }
}

/// Takes a candidate that stands alone, is no date and, if it must be, is named.
fn offer(
    text: &str,
    span: std::ops::Range<usize>,
    must_be_named: bool,
    score: f32,
    hits: &mut Vec<Hit>,
) {
    let number = &text[span.clone()];
    if stands_alone(text, span.start, span.end) && !DATE.is_match(number) {
        if !must_be_named || named(text, &span) {
            hits.push(hit(span, LABEL, score));
        } else if alone(text, &span) {
            hits.push(hit(span, LABEL, 0.3));
        }
    }
}

/// Whether the words before a number call it one to call, or the word behind it does.
fn named(text: &str, span: &std::ops::Range<usize>) -> bool {
    let line = |rest: &str| {
        let len = rest
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(rest.len());
        set_of_digits(&rest[..len])
    };
    let topics = around(text, span.start).near;
    topics & lexicon::PHONE != 0 && topics & lexicon::GOODS == 0
        || text[span.end..].strip_prefix([' ', '(']).is_some_and(line)
}

/// Whether a text is nothing but a number of ten digits, or eleven with a zero first, that no
/// mobile network has: what remains are subscribers in North America, Turkey and their like.
fn alone(text: &str, span: &std::ops::Range<usize>) -> bool {
    let number = &text[span.clone()];
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
    let first = match digits.as_slice() {
        [b'0', first, ..] if digits.len() == 11 => *first,
        [first, ..] if digits.len() == 10 => *first,
        _ => return false,
    };
    text[..span.start].trim().is_empty()
        && text[span.end..].is_empty()
        && matches!(first, b'2'..=b'5')
}

/// Whether the digits begin with a country code of E.164.
fn known(digits: &str) -> bool {
    const TWO: [u8; 45] = [
        20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55,
        56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 7,
    ];
    let number = |len: usize| digits.get(..len).and_then(|head| head.parse::<u16>().ok());
    if matches!(number(1), Some(1 | 7)) || number(2).is_some_and(|n| TWO.contains(&(n as u8))) {
        return true;
    }
    matches!(
        number(3),
        Some(
            211..=213
            | 216
            | 218
            | 220..=269
            | 290
            | 291
            | 297..=299
            | 350..=359
            | 370..=389
            | 420
            | 421
            | 423
            | 500..=509
            | 590..=599
            | 670..=692
            | 800
            | 808
            | 850..=856
            | 870
            | 880
            | 886
            | 960..=968
            | 970..=979
            | 992..=998,
        )
    )
}
