//! Bytes written as text: base64, base32, hexadecimal, percent escapes.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Disguise, Stretch, is_text};

/// Letters of base64 that can hold an order.
const BASE64_BYTES: usize = 16;
/// Letters of base32 that can.
const BASE32_BYTES: usize = 24;
/// Bytes in hexadecimal, and escapes in an address, that can.
const HEX_BYTES: usize = 8;
const ESCAPES: usize = 3;

/// Tolerates what other readers do: missing padding, and bits left over at the end.
const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, TOLERANT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, TOLERANT);

/// Stretches that are bytes of readable text.
pub(super) fn read(view: &str) -> Vec<Stretch> {
    let mut found = Vec::new();
    let bytes = view.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let len = bytes[at..].iter().take_while(|&&b| is_packed(b)).count();
        if len == 0 {
            at += 1;
            continue;
        }
        let run = at..at + len;
        match hexadecimal(view, run.start) {
            Some(hex) => {
                at = hex.end;
                found.extend(hex.stretches);
            }
            None => {
                at += len;
                found.extend(packed(view, run));
            }
        }
    }
    found
}

/// Characters that encodings of bytes are made of.
fn is_packed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b'%' | b'\\')
}

fn stretch(how: Disguise, span: Range<usize>, bytes: Vec<u8>) -> Option<Stretch> {
    let says = String::from_utf8(bytes).ok()?;
    is_text(&says).then_some(Stretch { how, span, says })
}

/// A run in base64 or with escapes.
fn packed(view: &str, run: Range<usize>) -> Option<Stretch> {
    let text = &view[run.clone()];
    if text.len() < HEX_BYTES {
        return None;
    }
    let percent = text.bytes().filter(|&b| b == b'%').count();
    if percent >= ESCAPES {
        return stretch(Disguise::Percent, run, unescape(text));
    }
    // What follows `=` in an address or an assignment is a run of its own.
    let (from, text) = match text.trim_end_matches('=').rfind(['=', '%', '\\']) {
        Some(at) => (run.start + at + 1, &text[at + 1..]),
        None => (run.start, text),
    };
    if let Some(bytes) = base32(text.trim_end_matches('=')) {
        return stretch(Disguise::Base32, from..run.end, bytes);
    }
    let shape = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    if text.len() < BASE64_BYTES || !shape(u8::is_ascii_uppercase) || !shape(u8::is_ascii_lowercase)
    {
        return None;
    }
    let engine = if text.contains(['-', '_']) {
        URL_SAFE
    } else {
        STANDARD
    };
    let text = text.trim_end_matches('=');
    // A last letter by itself holds no byte.
    let whole = text.len() - usize::from(text.len() % 4 == 1);
    let bytes = engine.decode(&text[..whole]).ok()?;
    stretch(Disguise::Base64, from..run.end, bytes)
}

/// RFC 4648, section 6, without its padding. `None` if it is in another alphabet or too short.
fn base32(text: &str) -> Option<Vec<u8>> {
    if text.len() < BASE32_BYTES {
        return None;
    }
    let (mut out, mut bits, mut held) = (Vec::new(), 0, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(out)
}

/// `%41` is a byte, `+` a space as in forms, everything else itself.
fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| pair(&bytes[at + 1..]))
            .flatten();
        out.push(escaped.unwrap_or(if bytes[at] == b'+' { b' ' } else { bytes[at] }));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

/// Pairs of hexadecimal digits and what they say.
struct Hex {
    stretches: Vec<Stretch>,
    /// Where the digits end: they are looked at once, whatever they say.
    end: usize,
}

/// Pairs of hexadecimal digits, close together or each with `\x` or `0x`, spaces and commas
/// between, from `start` on, as far as they go. `None` if there are too few.
fn hexadecimal(view: &str, start: usize) -> Option<Hex> {
    let bytes = view.as_bytes();
    let (mut out, mut places, mut at) = (Vec::new(), Vec::new(), start);
    // A run that goes on with something else was no hexadecimal, but for one digit left over:
    // what counts ends before it.
    let (mut whole, mut end) = (0, start);
    loop {
        let rest = &bytes[at..];
        let lead = match rest {
            [b'\\' | b'0', b'x' | b'X', ..] => 2,
            _ => 0,
        };
        let Some(byte) = pair(&rest[lead..]) else {
            break;
        };
        out.push(byte);
        places.push(at);
        at += lead + 2;
        if bytes.get(at).is_none_or(|&b| !b.is_ascii_alphanumeric()) {
            (whole, end) = (out.len(), at);
        }
        let gap = bytes[at..]
            .iter()
            .take_while(|b| matches!(b, b' ' | b',' | b':'))
            .count();
        if gap > 2 {
            break;
        }
        at += gap;
    }
    if whole < HEX_BYTES {
        return None;
    }
    out.truncate(whole);
    places.truncate(whole);
    places.push(end);
    let stretches = match stretch(Disguise::Hexadecimal, start..end, out.clone()) {
        Some(all) => vec![all],
        None => readable(&out, &places),
    };
    Some(Hex { stretches, end })
}

/// The parts of `bytes` that are text, where the rest is there to hide them. `places` has the
/// offset of each byte, and the end.
fn readable(bytes: &[u8], places: &[usize]) -> Vec<Stretch> {
    let (mut found, mut at) = (Vec::new(), 0);
    for part in bytes.split(|b| !matches!(b, b' '..=b'~' | 0x80.. | b'\n' | b'\t')) {
        let range = at..at + part.len();
        at = range.end + 1;
        if part.len() >= HEX_BYTES {
            let span = places[range.start]..places[range.end];
            found.extend(stretch(Disguise::Hexadecimal, span, part.to_vec()));
        }
    }
    found
}

fn pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|&b| char::from(b).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}
