//! Postal codes under their words: "zip code is 90210", "PLZ 10115", "postcode SW1A 1AA".

use sdk::window::Hit;

use crate::context::{Topics, stands_alone};
use crate::{hit, lexicon};

pub const LABEL: &str = "POSTAL_CODE";

/// Characters of a code at most: "90210-1234".
const LONGEST: usize = 10;

/// Adds the codes in `text[from..]`.
pub fn find(topics: &Topics<'_>, from: usize, hits: &mut Vec<Hit>) {
    let text = topics.text;
    let bytes = text.as_bytes();
    let Some(start) = (from..bytes.len()).find(|at| bytes[*at].is_ascii_digit()) else {
        return;
    };
    // Letters may come first, but only with the digits.
    let start = text[..start]
        .rfind(|c: char| !c.is_ascii_uppercase())
        .map_or(0, |at| {
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    let start = start.max(from);
    let fraction = bytes
        .get(start + 1..)
        .is_some_and(|rest| rest.iter().take(3).any(|byte| matches!(byte, b',' | b'.')));
    if fraction || topics.around(start).near & lexicon::POSTAL == 0 {
        return;
    }
    let code = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'-';
    let mut end = start;
    while end < bytes.len() && code(bytes[end]) {
        end += 1;
    }
    // A second group: "840 24", "SW1A 1AA".
    let group = bytes[end..]
        .iter()
        .skip(1)
        .take_while(|byte| code(**byte))
        .count();
    if bytes.get(end) == Some(&b' ') && (2..=4).contains(&group) && bytes[end + 1].is_ascii_digit()
    {
        end += 1 + group;
    }
    if (3..=LONGEST).contains(&(end - start)) && stands_alone(text, start, end) {
        hits.push(hit(start..end, LABEL, 0.85));
    }
}
