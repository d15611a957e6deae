//! Base64 of both alphabets.

/// Decodes as far as it goes.
pub fn decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}

/// What it says if all of it is base64 of something that can be typed.
pub fn typed(text: &str) -> Option<String> {
    let body = text.trim_end_matches('=');
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    if body.len() % 4 == 1 || !body.bytes().all(part) {
        return None;
    }
    let said = String::from_utf8(decode(body)).ok()?;
    let seen = |c: char| !c.is_control() || c == '\n';
    said.chars().all(seen).then_some(said)
}
