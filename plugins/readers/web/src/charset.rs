//! From bytes to characters.

use chardetng::EncodingDetector;
pub use encoding_rs::Encoding;
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes of a page among which its encoding is named.
const NAMED_WITHIN: usize = 4096;

/// Bytes that a guess is made from.
const GUESSED_FROM: usize = 256 << 10;

/// The text of a file; `named` is the encoding it says it has. What cannot be read in it becomes
/// U+FFFD.
pub fn decode(bytes: &[u8], named: Option<&'static Encoding>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let bytes = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(bytes).0.into_owned();
    }
    let encoding = wide(bytes).or(named).unwrap_or_else(|| guess(bytes));
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// The encoding that a page names: `charset=…` in HTML, `encoding="…"` in XML.
pub fn named(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(NAMED_WITHIN)];
    let lower = head.to_ascii_lowercase();
    let xml = lower.starts_with(b"<?xml").then(|| {
        let end = lower.iter().position(|b| *b == b'>').unwrap_or(lower.len());
        label(&lower[..end], b"encoding")
    });
    let encoding = xml.flatten().or_else(|| label(&lower, b"charset"))?;
    // A page that could be read up to here is not in UTF-16.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else {
        encoding
    })
}

/// By its name, as `iso-8859-1` or `sjis`.
pub fn encoding(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes())
}

fn label(head: &[u8], key: &[u8]) -> Option<&'static Encoding> {
    let mut rest = head;
    loop {
        let at = rest.windows(key.len()).position(|window| window == key)?;
        rest = rest.get(at + key.len()..)?;
        let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else {
            continue;
        };
        let value = value.trim_ascii_start();
        let value = value
            .strip_prefix(b"\"")
            .or(value.strip_prefix(b"'"))
            .unwrap_or(value);
        let end = value
            .iter()
            .position(|b| !(b.is_ascii_alphanumeric() || b"-_:.".contains(b)));
        if let Some(encoding) = Encoding::for_label(&value[..end.unwrap_or(value.len())]) {
            return Some(encoding);
        }
    }
}

/// UTF-16 without a mark: every second byte of plain text is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(1024)];
    let (mut even, mut odd) = (0, 0);
    for pair in head.chunks_exact(2) {
        even += usize::from(pair[0] == 0);
        odd += usize::from(pair[1] == 0);
    }
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    match (even * 10 > pairs * 6, odd * 10 > pairs * 6) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let head = &bytes[..bytes.len().min(GUESSED_FROM)];
    if mostly_utf8(head) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(head, head.len() == bytes.len());
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    // Without a word that is not ASCII the guess means nothing.
    if head.is_ascii() { WINDOWS_1252 } else { guess }
}

/// Whether a text is UTF-8 with a few broken places: more whole signs than such places.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken * 4
}

/// By the number of its code page in Windows; `None` if it is not known here.
pub fn code_page(number: u32) -> Option<&'static Encoding> {
    let label = match number {
        932 => "shift_jis",
        936 => "gbk",
        949 => "euc-kr",
        950 => "big5",
        874 => "windows-874",
        10000 => "macintosh",
        20866 => "koi8-r",
        21866 => "koi8-u",
        20932 | 51932 => "euc-jp",
        54936 => "gb18030",
        65001 => "utf-8",
        1250..=1258 => return encoding(&format!("windows-{number}")),
        28591..=28606 => return encoding(&format!("iso-8859-{}", number - 28590)),
        // Those of DOS have no decoder here; the letters of most are ASCII.
        _ => return None,
    };
    encoding(label)
}
