//! JSON web tokens: the header must decode and name an algorithm.

use sdk::window::Hit;

use crate::hit;

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

/// Decodes base64url, as far as it goes.
fn names_algorithm(header: &str) -> bool {
    let mut json = Vec::with_capacity(header.len());
    let (mut bits, mut held) = (0u32, 0);
    for byte in header.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            json.push((bits >> held) as u8);
        }
    }
    let json = String::from_utf8_lossy(&json);
    json.starts_with('{') && (json.contains("\"alg\"") || json.contains("\"enc\""))
}
