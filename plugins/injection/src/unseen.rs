//! Text that people do not see: Unicode tags, base64 that decodes to words,
//! and the escapes of URLs.

use std::ops::Range;

/// Bytes of hidden text that are read, at most.
const LIMIT: usize = 16 * 1024;
/// Letters of base64 that can hold an order.
const SHORTEST: usize = 24;

/// Text that was not there to be read, and where it was.
pub struct Unseen {
    /// What it says.
    pub says: String,
    /// Bytes of the subject's text.
    pub span: Range<usize>,
}

/// Letters written as tag characters (U+E0020 to U+E007E). Flags of regions use a few of them
/// behind a black flag, which does not count.
pub fn tags(text: &str) -> Option<Unseen> {
    const FLAG: char = '\u{1f3f4}';
    let mut says = String::new();
    let mut span: Option<Range<usize>> = None;
    let mut flag = false;
    for (at, c) in text.char_indices() {
        match u32::from(c) {
            code @ 0xe0020..=0xe007e if !flag && says.len() < LIMIT => {
                says.extend(char::from_u32(code - 0xe0000));
                let start = span.map_or(at, |span| span.start);
                span = Some(start..at + c.len_utf8());
            }
            0xe0000..=0xe007f => {}
            _ => flag = c == FLAG,
        }
    }
    span.filter(|_| says.trim().len() >= 3)
        .map(|span| Unseen { says, span })
}

/// Words in base64, decoded once.
pub fn encoded(text: &str) -> Vec<Unseen> {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let bytes = text.as_bytes();
    let (mut found, mut budget, mut at) = (Vec::new(), LIMIT, 0);
    while at < bytes.len() {
        if !part(bytes[at]) {
            at += 1;
            continue;
        }
        let len = bytes[at..].iter().take_while(|b| part(**b)).count();
        if len >= SHORTEST && budget > 0 {
            let taken = len.min(budget * 4 / 3);
            if let Some(says) = words(&decode(&bytes[at..at + taken])) {
                budget = budget.saturating_sub(says.len());
                found.push(Unseen {
                    says,
                    span: at..at + len,
                });
            }
        }
        at += len;
    }
    found
}

/// A text in the escapes of a URL ("%20"), decoded once.
pub fn escaped(text: &str) -> Option<String> {
    if text.matches('%').take(3).count() < 3 {
        return None;
    }
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let (mut out, mut at, mut escapes) = (Vec::new(), 0, 0);
    while at < bytes.len() && out.len() < LIMIT {
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                (at, escapes) = (at + 3, escapes + 1);
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    (escapes >= 3).then(|| String::from_utf8_lossy(&out).into_owned())
}

fn decode(letters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0);
    for letter in letters {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}

/// The bytes as text, if they are words with spaces between.
fn words(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\u{fffd}');
    let plain = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    (plain && !text.contains('\u{fffd}') && text.contains(' ')).then(|| text.to_owned())
}
