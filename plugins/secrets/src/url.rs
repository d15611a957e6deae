//! Passwords in URLs and connection strings: `scheme://name:password@host`.

use sdk::window::Hit;

use crate::hit;
use crate::look::{placeholder, places, variable};

pub const LABEL: &str = "PASSWORD";

/// Bytes of an authority that are looked at.
const LONGEST: usize = 255;

pub fn find(text: &str, range: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    for at in places(text.as_bytes(), range, "://") {
        let authority = at + 3;
        let stop = |byte: &u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`')
        };
        let rest = &text.as_bytes()[authority..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let len = rest.iter().position(stop).unwrap_or(rest.len());
        let Some(sign) = rest[..len].iter().rposition(|byte| *byte == b'@') else {
            continue;
        };
        let Some((name, password)) = text[authority..authority + sign].split_once(':') else {
            continue;
        };
        let scheme = text[..authority - 3].ends_with(|c: char| c.is_ascii_alphanumeric());
        if scheme && password.len() >= 3 && !shown(name, password) {
            let start = authority + name.len() + 1;
            hits.push(hit(text, start..start + password.len(), LABEL, 0.95));
        }
    }
}

/// Whether a name and password only show where they stand: `user:password`, `<name>:<key>`.
pub fn shown(name: &str, password: &str) -> bool {
    const WORDS: [&str; 12] = [
        "password", "pass", "passwd", "pwd", "pw", "secret", "token", "test", "changeit", "key",
        "apikey", "xxx",
    ];
    let name = name.trim_matches(['"', '\'']).to_ascii_lowercase();
    let lower = password.trim_matches(['"', '\'']).to_ascii_lowercase();
    let stand_in = WORDS.contains(&lower.as_str()) || lower.bytes().all(|b| b == b'x' || b == b'*');
    stand_in || lower == name || placeholder(&lower) || variable(&lower)
}
