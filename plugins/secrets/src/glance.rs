//! One cheap look at a text: whether anything in it can be a secret at all.
//!
//! Nothing is found in a text that passes here; the tests hold the rules to that. A secret is a
//! long run of the characters of tokens, or a value behind a sign or a word that ties it to a
//! name, or a key's armour.

use crate::token::SHORTEST;

const BLANK: u8 = 1;
const TOKEN: u8 = 2;
const DIGIT: u8 = 4;
const TIE: u8 = 8;
const DASH: u8 = 16;
/// Other punctuation, capitals, and what is not ASCII: signs of a value that was made up.
const ODD: u8 = 32;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => BLANK,
            b'0'..=b'9' => TOKEN | DIGIT,
            b'=' => TOKEN | TIE,
            b':' | b',' | b'>' | b'|' => TIE,
            b'-' => TOKEN | DASH | ODD,
            b'_' | b'.' | b'+' | b'/' | b'~' | b'%' => TOKEN | ODD,
            b'A'..=b'Z' => TOKEN | ODD,
            b'a'..=b'z' => TOKEN,
            _ => ODD,
        };
        at += 1;
    }
    table
}

/// Whether a text can be left alone.
pub fn clean(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut seen, mut run, mut start, mut tied) = (0u8, 0usize, 0usize, false);
    for (at, byte) in bytes.iter().enumerate() {
        let class = CLASS[usize::from(*byte)];
        if class & BLANK != 0 {
            if seen != 0 && !ordinary(bytes, start, at, seen, &mut tied) {
                return false;
            }
            (seen, run, start) = (0, 0, at + 1);
            continue;
        }
        seen |= class;
        run = if class & TOKEN != 0 { run + 1 } else { 0 };
        if run >= SHORTEST {
            return false;
        }
    }
    seen == 0 || ordinary(bytes, start, bytes.len(), seen, &mut tied)
}

/// Whether a word can be no secret and begin none.
fn ordinary(bytes: &[u8], start: usize, end: usize, seen: u8, tied: &mut bool) -> bool {
    let word = &bytes[start..end];
    if seen == TOKEN && !*tied {
        return true;
    }
    let was_tied = std::mem::replace(tied, false);
    let quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b'*' | b'\\' | b')' | b']');
    if seen & DASH != 0 && word.windows(6).any(|six| six == b"-----B") {
        return false;
    }
    if seen & TIE != 0 {
        let behind = word.iter().rev().take_while(|byte| quote(byte)).count();
        let last = word.len() - behind;
        let tie = |byte: &u8| CLASS[usize::from(*byte)] & TIE != 0;
        let first = word.iter().position(tie).unwrap_or(0);
        *tied = last == 0 || tie(&word[last - 1]);
        let inner = word[first..last].iter().any(|byte| !tie(byte));
        // "10:30" and "1,000" are numbers; "a:b" may be a name and its value.
        let number =
            word[first + 1..].len() < 4 || word.iter().all(|b| b.is_ascii_digit() || tie(b));
        if inner && !number {
            return false;
        }
    }
    let odd = seen & (DIGIT | ODD | TIE) != 0 && word.len() >= 4;
    if was_tied && odd {
        let capital = word[0].is_ascii_uppercase() && word[1..].iter().all(u8::is_ascii_lowercase);
        let stop = word
            .last()
            .is_some_and(|byte| matches!(byte, b'.' | b'!' | b'?'));
        let plain = word[..word.len() - usize::from(stop)]
            .iter()
            .all(u8::is_ascii_alphabetic);
        return capital || (plain && stop && word[1..].iter().all(|b| !b.is_ascii_uppercase()));
    }
    // A value behind a word that ties it to a name has a digit.
    !(seen & DIGIT != 0 && word.len() >= 6 && tied_by_word(&bytes[..start]))
}

fn tied_by_word(before: &[u8]) -> bool {
    const WORDS: [&[u8]; 13] = [
        b"is",
        b"ist",
        b"lautet",
        b"es",
        b"est",
        "è".as_bytes(),
        "é".as_bytes(),
        b"to",
        b"bearer",
        b"Bearer",
        b"token",
        b"Token",
        b"Basic",
    ];
    let before = before.trim_ascii_end();
    let start = before
        .iter()
        .rposition(u8::is_ascii_whitespace)
        .map_or(0, |at| at + 1);
    let word = &before[start..];
    let bare = word
        .iter()
        .position(|b| !matches!(b, b'"' | b'\'' | b'`' | b'*'))
        .unwrap_or(0);
    let word = &word[bare..];
    WORDS.iter().any(|tie| word.eq_ignore_ascii_case(tie)) || word.starts_with(b"-")
}
