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

/// Fields of a line of a `.pgpass`, `host:port:database:name:password`, and of Oracle's
/// `thin:name/password@host`, and of the code for a wireless network, in a word that begins at
/// `from`.
pub fn find_fields(text: &str, from: usize, range: std::ops::Range<usize>, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for at in range.filter(|at| bytes[*at] == b':') {
        let found = match bytes.get(at + 1) {
            Some(b'5' | b'6') if !bytes[from..at].contains(&b':') => line(text, at),
            Some(b't') if bytes[at..].starts_with(b":thin:") => account(text, at + 6),
            _ if bytes[from..at].ends_with(b";P") => network(text, from, at + 1),
            _ => None,
        };
        if let Some((name, start, password)) = found
            && password.len() >= 3
            && !shown(name, password)
        {
            hits.push(hit(text, start..start + password.len(), LABEL, 0.95));
        }
    }
}

/// Name, place and password in a line whose port may stand at `at`.
fn line(text: &str, at: usize) -> Option<(&str, usize, &str)> {
    let port = [":5432:", ":5433:", ":6432:"];
    let port = port.iter().find(|port| text[at..].starts_with(**port))?;
    let start = at + port.len();
    let mut fields = text[start..].splitn(3, ':');
    let (base, name, password) = (fields.next()?, fields.next()?, fields.next()?);
    let password = password.trim_end_matches(['"', '\'', '`']);
    Some((name, start + base.len() + name.len() + 2, password))
}

/// Name, place and password in `WIFI:S:name;P:password;;`.
fn network(text: &str, from: usize, start: usize) -> Option<(&str, usize, &str)> {
    text[from..].starts_with("WIFI:").then_some(())?;
    let password = text[start..].split(';').next()?;
    Some(("", start, password))
}

/// Name, place and password of an account that begins at `start`.
fn account(text: &str, start: usize) -> Option<(&str, usize, &str)> {
    let rest = &text.as_bytes()[start..];
    let length = rest.iter().take(LONGEST).position(|byte| *byte == b'@')?;
    let (name, password) = text[start..start + length].split_once('/')?;
    Some((name, start + name.len() + 1, password))
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
