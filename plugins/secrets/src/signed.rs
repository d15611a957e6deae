//! JSON web tokens: the header must decode and name an algorithm. Whole ones in base64 once more,
//! too.

use sdk::window::Hit;

use crate::shape::{Runs, Set};
use crate::token::begins;
use crate::{base64, hit};

pub const LABEL: &str = "JWT";

pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '=');
    let mut at = from;
    while let Some(found) = text[at..].find("eyJ") {
        let start = at + found;
        let len = text[start..]
            .find(|c| !part(c))
            .unwrap_or(text.len() - start);
        let header = &text[start..start + len];
        at = start + len;
        let inside = text[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
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

/// A token that was encoded once more, as the values of some stores are.
pub fn find_encoded(text: &str, from: usize, runs: &Runs<'_>, hits: &mut Vec<Hit>) {
    for (at, _) in text[from..].match_indices("ZXlK") {
        let start = from + at;
        let end = runs.end(Set::Base64, start);
        if end - start < 60 || !begins(text.as_bytes(), start) {
            continue;
        }
        // The header is within the first 512 characters, or this is something else.
        let inner = base64::decode(&text[start..end.min(start + 512)]);
        let header = inner.split(|byte| *byte == b'.').next().unwrap_or_default();
        if std::str::from_utf8(header).is_ok_and(names_algorithm) {
            hits.push(hit(text, start..end, LABEL, 0.97));
        }
    }
}
