//! Base64 of both alphabets.

/// Decodes as far as it goes.
pub fn decode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    out.extend(Bytes::of(text));
    out
}

/// The bytes that it stands for, as far as it goes.
struct Bytes<'a> {
    text: std::slice::Iter<'a, u8>,
    bits: u32,
    held: u32,
}

impl Bytes<'_> {
    fn of(text: &str) -> Bytes<'_> {
        Bytes {
            text: text.as_bytes().iter(),
            bits: 0,
            held: 0,
        }
    }
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        while self.held < 8 {
            let value = match self.text.next()? {
                byte @ b'A'..=b'Z' => byte - b'A',
                byte @ b'a'..=b'z' => byte - b'a' + 26,
                byte @ b'0'..=b'9' => byte - b'0' + 52,
                b'-' | b'+' => 62,
                b'_' | b'/' => 63,
                _ => return None,
            };
            self.bits = self.bits << 6 | u32::from(value);
            self.held += 6;
        }
        self.held -= 8;
        Some((self.bits >> self.held) as u8)
    }
}

/// What it says if all of it is base64 of something that can be typed.
pub fn typed(text: &str) -> Option<String> {
    let body = text.trim_end_matches('=');
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let control = |b: u8| b.is_ascii_control() && b != b'\n';
    if body.len() % 4 == 1 || Bytes::of(body).any(control) || !body.bytes().all(part) {
        return None;
    }
    let said = String::from_utf8(decode(body)).ok()?;
    let seen = |c: char| !c.is_control() || c == '\n';
    said.chars().all(seen).then_some(said)
}
