//! How random a string looks, and what only stands for a secret.

/// Bits per character of its own distribution (Shannon).
pub fn entropy(text: &str) -> f32 {
    let mut counts = [0u16; 128];
    for byte in text.bytes() {
        counts[usize::from(byte & 127)] += 1;
    }
    let len = text.len().max(1) as f32;
    let spread: f32 = counts
        .iter()
        .filter(|count| **count > 1)
        .map(|count| f32::from(*count) * f32::from(*count).log2())
        .sum();
    len.log2() - spread / len
}

/// Whether it has letters and digits.
pub fn mixed(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Whether it stands for a secret instead of being one.
pub fn placeholder(text: &str) -> bool {
    const WORDS: [&str; 24] = [
        "your",
        "my-",
        "my_",
        "changeme",
        "change_me",
        "change-me",
        "changeit",
        "placeholder",
        "redacted",
        "insert",
        "dummy",
        "sample",
        "todo",
        "abcdefg",
        "fixme",
        "replace",
        "foobar",
        "_here",
        "-here",
        "tokenhere",
        "keyhere",
        "not-a-",
        "notareal",
        "fake",
    ];
    const ENDS: [&str; 2] = ["example", "examplekey"];
    let lower = text.to_ascii_lowercase();
    variable(text)
        || ENDS.iter().any(|end| lower.ends_with(end))
        || (text.len() <= LONG && WORDS.iter().any(|word| lower.contains(word)))
        || repeats(lower.as_bytes())
        || counts_up(lower.as_bytes())
}

/// Bytes from which on a string may hold a short word by chance.
const LONG: usize = 64;

/// `${VAR}`, `$VAR`, `<your key>`, `{{ key }}`, `%KEY%`, `[key]`, `@KEY@`.
pub fn variable(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    match text.chars().next() {
        Some('<' | '{' | '[' | '(') => true,
        Some('$') => {
            let name = &text[1..];
            name.starts_with(['{', '(', '$']) || name.is_empty() || name.chars().all(word)
        }
        Some(sign @ ('%' | '@' | '#')) => {
            text.len() > 2 && text.ends_with(sign)
                || text.starts_with("%{")
                || text.starts_with("#{")
        }
        _ => text.contains("${") || text.contains("{{"),
    }
}

/// Whether one sign, or one of two, makes up a stretch of it that chance would not.
fn repeats(bytes: &[u8]) -> bool {
    const MANY: usize = 6;
    let mut run = 1;
    for at in 1..bytes.len() {
        run = if bytes[at] == bytes[at - 1] {
            run + 1
        } else {
            1
        };
        if run >= MANY || (run >= 4 && matches!(bytes[at], b'x' | b'*' | b'.' | b'#' | b'_')) {
            // "AAAAAA" is zero bytes in base64 and is found in real tokens.
            if bytes[at] != b'a' || run >= 16 {
                return true;
            }
        }
    }
    false
}

/// Whether a stretch of it counts up or down, as `12345678` and `abcdefgh` do.
fn counts_up(bytes: &[u8]) -> bool {
    let long = 8.max(bytes.len() / 6);
    let (mut up, mut down) = (1, 1);
    for pair in bytes.windows(2) {
        let next = |from: u8, to: u8| {
            from.is_ascii_alphanumeric() && to == from.wrapping_add(1)
                || (from == b'9' && to == b'0')
        };
        up = if next(pair[0], pair[1]) { up + 1 } else { 1 };
        down = if next(pair[1], pair[0]) { down + 1 } else { 1 };
        if up >= long || down >= long {
            return true;
        }
    }
    false
}
