//! How random a string looks, and what only stands for a secret.

use std::ops::Range;
use std::sync::LazyLock;

/// Bits per character of its own distribution (Shannon).
pub fn entropy(text: &str) -> f32 {
    let logs = &*LOGS;
    let log = |n: usize| match logs.get(n) {
        Some(log) => *log,
        None => scaled(n),
    };
    let (mut counts, mut spread) = ([0u16; 128], 0i64);
    for byte in text.bytes() {
        let count = &mut counts[usize::from(byte & 127)];
        let before = usize::from(*count);
        *count += 1;
        spread += log(before + 1) - log(before);
    }
    let len = text.len().max(1);
    (log(len) - spread) as f32 / (len as f32 * SCALE)
}

/// `n * log2(n)` in parts of [`SCALE`]: logarithms are dear where the machine has none of its own.
static LOGS: LazyLock<[i64; 256]> = LazyLock::new(|| std::array::from_fn(scaled));

const SCALE: f32 = (1 << 20) as f32;

fn scaled(n: usize) -> i64 {
    let n = n.max(1) as f64;
    (n * n.log2() * f64::from(SCALE)).round() as i64
}

/// Whether it has letters and digits.
pub fn mixed(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// What only stands for a secret has one of these, in any case; by their first two letters.
static STAND_INS: [&str; 24] = [
    "_here",
    "-here",
    "abcdefg",
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "dummy",
    "fake",
    "fixme",
    "foobar",
    "insert",
    "keyhere",
    "my-",
    "my_",
    "not-a-",
    "notareal",
    "placeholder",
    "redacted",
    "replace",
    "sample",
    "todo",
    "tokenhere",
    "your",
];

/// Bit `b % 32` of row `a % 32`: a word of [`STAND_INS`] may begin with the bytes `a` and `b`.
static PAIRS: [u32; 32] = pairs();

const fn pairs() -> [u32; 32] {
    let mut rows = [0; 32];
    let mut at = 0;
    while at < STAND_INS.len() {
        let word = STAND_INS[at].as_bytes();
        rows[(word[0] & 31) as usize] |= 1 << (word[1] & 31);
        at += 1;
    }
    rows
}

/// Whether it stands for a secret instead of being one.
pub fn placeholder(text: &str) -> bool {
    let bytes = text.as_bytes();
    variable(text)
        || ends_with(bytes, b"example")
        || ends_with(bytes, b"examplekey")
        || repeats_or_counts(bytes)
        || (bytes.len() <= LONG && stands_in(bytes))
}

/// Bytes from which on a string may hold a short word by chance.
const LONG: usize = 64;

/// Where in a range `part` begins. For short parts: there is nothing to set up.
pub fn places<'a>(
    bytes: &'a [u8],
    range: Range<usize>,
    part: &'a str,
) -> impl Iterator<Item = usize> + 'a {
    let part = part.as_bytes();
    let end = range.end.min((bytes.len() + 1).saturating_sub(part.len()));
    (range.start..end).filter(move |at| bytes[*at] == part[0] && bytes[*at..].starts_with(part))
}

/// Whether a text ends so, in any case.
pub fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// Whether a text begins so, in any case.
pub fn starts_with(text: &[u8], start: &[u8]) -> bool {
    text.len() >= start.len() && text[..start.len()].eq_ignore_ascii_case(start)
}

fn stands_in(bytes: &[u8]) -> bool {
    bytes.windows(2).enumerate().any(|(at, pair)| {
        PAIRS[usize::from(pair[0] & 31)] >> (pair[1] & 31) & 1 != 0
            && STAND_INS
                .iter()
                .any(|word| starts_with(&bytes[at..], word.as_bytes()))
    })
}

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
        _ => text
            .as_bytes()
            .windows(2)
            .any(|pair| pair[1] == b'{' && matches!(pair[0], b'$' | b'{')),
    }
}

/// Whether one sign, in any case, makes up a stretch of it that chance would not, or a stretch
/// counts up or down, as `12345678` and `abcdefgh` do.
fn repeats_or_counts(bytes: &[u8]) -> bool {
    const MANY: u16 = 6;
    let long = 8.max(bytes.len() / 6) as u16;
    let (mut same, mut up, mut down) = (0u16, 0u16, 0u16);
    let mut before = 0u8;
    for byte in bytes {
        let byte = byte.to_ascii_lowercase();
        if byte == before {
            same = same.saturating_add(1);
            (up, down) = (0, 0);
            // "AAAAAA" is zero bytes in base64 and is found in real tokens.
            let many = match byte {
                b'x' | b'*' | b'.' | b'#' | b'_' => 4,
                b'a' => 16,
                _ => MANY,
            };
            if same + 1 >= many {
                return true;
            }
        } else {
            let nines = |low: u8, high: u8| low == b'9' && high == b'0';
            let next = |from: u8, to: u8| {
                to == from.wrapping_add(1) && from.is_ascii_alphanumeric() || nines(from, to)
            };
            same = 0;
            up = if next(before, byte) { up + 1 } else { 0 };
            down = if next(byte, before) { down + 1 } else { 0 };
            if up + 1 >= long || down + 1 >= long {
                return true;
            }
        }
        before = byte;
    }
    false
}
