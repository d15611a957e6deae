//! JSON web tokens: the header must decode and name an algorithm. Whole ones in base64 once more,
//! too.

use std::ops::Range;

use sdk::window::Hit;

use crate::look::places;
use crate::shape::{Runs, Set};
use crate::token::begins;
use crate::{base64, hit, key_block};

pub const LABEL: &str = "JWT";

pub fn find(text: &str, range: Range<usize>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '=');
    let mut at = range.start;
    while let Some(start) = places(bytes, at..range.end, "eyJ").next() {
        let rest = &bytes[start..];
        let len = rest.iter().position(|byte| !part(char::from(*byte)));
        let len = len.unwrap_or(rest.len());
        let header = &text[start..start + len];
        at = start + len;
        let inside = start > 0 && bytes[start - 1].is_ascii_alphanumeric();
        if inside || !text[at..].starts_with('.') || !names_algorithm(header) {
            continue;
        }
        let end = text[at..]
            .find(|c| !part(c) && c != '.')
            .map_or(text.len(), |len| at + len);
        let whole = text[start..end].trim_end_matches('.');
        if whole.len() > len + 9 {
            hits.push(hit(text, start..start + whole.len(), LABEL, 0.99));
        }
        at = end;
    }
}

fn names_algorithm(header: &str) -> bool {
    let json = base64::decode(header);
    let json = String::from_utf8_lossy(&json);
    json.starts_with('{') && (json.contains("\"alg\"") || json.contains("\"enc\""))
}

/// Beginnings of tokens encoded once more that are tried in one segment: each is decoded.
const TRIES: usize = 4;

/// A token that was encoded once more, as the values of some stores are.
pub fn find_encoded(text: &str, range: Range<usize>, runs: &Runs<'_>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let begin = places(bytes, range, "ZXlK").filter(|start| begins(bytes, *start));
    let long = begin.filter(|start| runs.end(Set::Base64, *start) - start >= 60);
    for start in long.take(TRIES) {
        let end = runs.end(Set::Base64, start);
        // The header is within the first 512 characters, or this is something else.
        let inner = base64::decode(&text[start..end.min(start + 512)]);
        let header = inner.split(|byte| *byte == b'.').next().unwrap_or_default();
        if std::str::from_utf8(header).is_ok_and(names_algorithm) {
            hits.push(hit(text, start..end, LABEL, 0.97));
        }
    }
}

/// A private key with its armour in base64, as in the files of Kubernetes.
pub fn find_key(text: &str, range: Range<usize>, runs: &Runs<'_>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    // "-----BEGIN" and a blank.
    let begin = places(bytes, range, "LS0tLS1CRUdJTi").filter(|start| begins(bytes, *start));
    for start in begin.take(TRIES) {
        let end = runs.end(Set::Base64, start);
        let title = base64::decode(&text[start..end.min(start + 80)]);
        let private = title.windows(11).any(|part| part == b"PRIVATE KEY");
        if private && end - start >= 100 {
            hits.push(hit(text, start..end, key_block::LABEL, 0.97));
        }
    }
}
