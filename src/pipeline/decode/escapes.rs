//! Characters written by their numbers, as in code (`\u0069`, `\x69`) and in HTML (`&#105;`).

use super::{Disguise, Stretch};

/// Escapes in a line that can spell something out; fewer are a stray accent.
const ESCAPES: usize = 3;
/// Digits of a number, at most.
const DIGITS: usize = 8;

/// Each line with escapes, whole: they may stand for every other letter only.
pub(super) fn read(view: &str) -> Vec<Stretch> {
    let mut found = Vec::new();
    // Most texts have neither sign.
    if !view.bytes().any(|b| matches!(b, b'\\' | b'&')) {
        return found;
    }
    let mut at = 0;
    for line in view.split_inclusive('\n') {
        let span = at..at + line.trim_end().len();
        at += line.len();
        let line = &view[span.clone()];
        for (how, one) in [
            (Disguise::Escapes, backslash as fn(&str) -> Option<_>),
            (Disguise::Entities, entity),
        ] {
            let (says, count) = unescape(line, one);
            if count >= ESCAPES && super::is_text(&says) {
                let span = span.clone();
                found.push(Stretch { how, span, says });
            }
        }
    }
    found
}

/// The line with what `one` reads at each place, and how often it did.
fn unescape(line: &str, one: fn(&str) -> Option<(char, usize)>) -> (String, usize) {
    let (mut says, mut count, mut rest) = (String::new(), 0, line);
    while let Some(first) = rest.chars().next() {
        let (c, bytes) = match one(rest) {
            Some(read) => {
                count += 1;
                read
            }
            None => (first, first.len_utf8()),
        };
        says.push(c);
        rest = &rest[bytes..];
    }
    (says, count)
}

/// `\x69`, `\u0069`, `\u{69}`, `\U00000069`.
fn backslash(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('\\')?;
    if let Some(braced) = body.strip_prefix("u{") {
        let (number, _) = braced
            .get(..=DIGITS.min(braced.len() - 1))?
            .split_once('}')?;
        return Some((char_of(number, 16)?, number.len() + 4));
    }
    let digits = match body.bytes().next()? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    Some((char_of(body.get(1..=digits)?, 16)?, digits + 2))
}

/// `&#105;` and `&#x69;`, and the few by name that hide a letter's neighbours.
fn entity(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix("&#")?;
    let (number, radix, lead) = match body.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 3),
        None => (body, 10, 2),
    };
    let digits = number
        .bytes()
        .take(DIGITS)
        .take_while(u8::is_ascii_hexdigit);
    let digits = digits.count();
    let semicolon = usize::from(number[digits..].starts_with(';'));
    let c = char_of(&number[..digits], radix)?;
    Some((c, lead + digits + semicolon))
}

fn char_of(number: &str, radix: u32) -> Option<char> {
    if number.starts_with('+') {
        return None;
    }
    char::from_u32(u32::from_str_radix(number, radix).ok()?)
}
