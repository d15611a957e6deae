//! Passwords in URLs and connection strings: `scheme://name:password@host`.

use sdk::window::Hit;

use crate::hit;
use crate::look::placeholder;

pub const LABEL: &str = "PASSWORD";

pub fn find(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let mut at = from;
    while let Some(found) = text[at..].find("://") {
        let authority = at + found + 3;
        at = authority;
        let stop = |c: char| {
            c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '`')
        };
        // A password may hold a slash; then the last @ before white space decides.
        let len = text[authority..]
            .find(stop)
            .unwrap_or(text.len() - authority);
        let Some(sign) = text[authority..authority + len].rfind('@') else {
            continue;
        };
        let Some((name, password)) = text[authority..authority + sign].split_once(':') else {
            continue;
        };
        let scheme = text[..authority - 3].ends_with(|c: char| c.is_ascii_alphanumeric());
        if scheme && name.len() <= 128 && password.len() >= 3 && !placeholder(password) {
            let start = authority + name.len() + 1;
            hits.push(hit(text, start..start + password.len(), LABEL, 0.95));
        }
    }
}
