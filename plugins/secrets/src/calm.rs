//! What needs no closer look: stretches of ordinary words.
//!
//! Nothing is found in a stretch that is calm, and nothing in it changes what is remembered; the
//! tests hold the rules to that. A secret is a long run of the characters of tokens, or a value
//! behind a sign or a word that ties it to a name, or a key's armour.

use crate::command;
use crate::named::member;
use crate::token::SHORTEST;

const BLANK: u8 = 1;
const TOKEN: u8 = 2;
const DIGIT: u8 = 4;
const TIE: u8 = 8;
const DASH: u8 = 16;
/// Before a quote it may begin the values of a call.
const PAREN: u8 = 64;
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
            b'(' => PAREN | ODD,
            b'_' | b'.' | b'+' | b'/' | b'~' | b'%' => TOKEN | ODD,
            b'A'..=b'Z' => TOKEN | ODD,
            b'a'..=b'z' => TOKEN,
            _ => ODD,
        };
        at += 1;
    }
    table
}

/// White space, which ends words and segments.
pub fn blank(byte: u8) -> bool {
    CLASS[usize::from(byte)] & BLANK != 0
}

/// Whether a whole text can be left alone.
pub fn clean(text: &str) -> bool {
    stretch(text, true, true) == text.len()
}

/// How many bytes of `text` are blanks and ordinary words, up to the end of one of them.
///
/// `whole`: the text's end ends a word. `alone`: nothing stands before it; otherwise what does is
/// not known, and may tie the first word to a name.
pub fn stretch(text: &str, whole: bool, alone: bool) -> usize {
    let bytes = text.as_bytes();
    let mut words = Words {
        bytes,
        tied: !alone,
    };
    let (mut seen, mut run, mut start) = (0u8, 0usize, 0usize);
    for (at, byte) in bytes.iter().enumerate() {
        let class = CLASS[usize::from(*byte)];
        if class & BLANK != 0 {
            let small =
                seen == TOKEN && !words.tied && !command::borders(bytes[start], bytes[at - 1]);
            if seen != 0 && !small && !words.ordinary(start, at, seen) {
                return start;
            }
            (seen, run, start) = (0, 0, at + 1);
            continue;
        }
        seen |= class;
        run = if class & TOKEN != 0 { run + 1 } else { 0 };
        if run >= SHORTEST {
            return start;
        }
    }
    if seen == 0 || (whole && words.ordinary(start, bytes.len(), seen)) {
        bytes.len()
    } else {
        start
    }
}

struct Words<'a> {
    bytes: &'a [u8],
    /// Whether the word before ties the next one to a name.
    tied: bool,
}

impl Words<'_> {
    /// Whether a word can be no secret and begin none.
    fn ordinary(&mut self, start: usize, end: usize, seen: u8) -> bool {
        let word = &self.bytes[start..end];
        if seen == TOKEN && !self.tied {
            self.tied = word == b"basic";
            return command::named(word).is_none();
        }
        // What a quote begins may be tied to what stands before it.
        let opens = word
            .iter()
            .all(|b| matches!(b, b'"' | b'\'' | b'`' | b'*' | b'\\'));
        let ties = opens || word.ends_with(b"asic");
        let was_tied = std::mem::replace(&mut self.tied, ties);
        let armour = |six: &[u8]| six == b"-----B";
        if remembered(word) || (seen & DASH != 0 && word.windows(6).any(armour)) {
            return false;
        }
        if seen & TIE != 0 && self.names_and_values(word) {
            return false;
        }
        let call = |pair: &[u8]| pair[0] == b'(' && matches!(pair[1], b'"' | b'\'' | b'`');
        if seen & PAREN != 0 && word.windows(2).any(call) {
            return false;
        }
        let odd = seen & (DIGIT | ODD | TIE) != 0 && word.len() >= 4;
        if was_tied && odd {
            return written(word);
        }
        // A value behind a word that ties it to a name has a digit.
        !(seen & DIGIT != 0 && word.len() >= 6 && tied_by_word(&self.bytes[..start]))
    }

    /// Whether a word with a sign that ties may hold a name and its value. If it ends with such a
    /// sign, it ties the next one.
    fn names_and_values(&mut self, word: &[u8]) -> bool {
        let quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`' | b'*' | b'\\' | b')' | b']');
        let behind = word.iter().rev().take_while(|byte| quote(byte)).count();
        let last = word.len() - behind;
        let tie = |byte: &u8| CLASS[usize::from(*byte)] & TIE != 0;
        let first = word.iter().position(tie).unwrap_or(0);
        self.tied |= last == 0 || tie(&word[last - 1]);
        let inner = word[first..last].iter().any(|byte| !tie(byte));
        // "10:30" and "1,000" are numbers; "a:b" may be a name and its value.
        let digits = || word.iter().all(|b| b.is_ascii_digit() || tie(b));
        let number = word[first + 1..].len() < 4 || (first > 0 && digits());
        inner && !number
    }
}

/// Whether a word begins what later words depend on: a command, a part of a file.
pub fn remembered(word: &[u8]) -> bool {
    const ENDS: [&[u8]; 4] = [b"kind:", b"data:", b"stringData:", b"Private-Lines:"];
    match bare(word) {
        b"---" => true,
        bare @ [.., b':'] => ENDS.iter().any(|end| bare.ends_with(end)),
        _ => command::command(word).is_some(),
    }
}

/// A word without the quotes and commas around it.
fn bare(word: &[u8]) -> &[u8] {
    let around = |byte: &u8| matches!(byte, b'"' | b'\'' | b',');
    let start = word.iter().position(|b| !around(b)).unwrap_or(word.len());
    let end = word
        .iter()
        .rposition(|b| !around(b))
        .map_or(start, |at| at + 1);
    &word[start..end]
}

/// Whether a value is a word as sentences have them.
fn written(word: &[u8]) -> bool {
    let capital = word[0].is_ascii_uppercase() && word[1..].iter().all(u8::is_ascii_lowercase);
    let stop = matches!(word.last(), Some(b'.' | b'!' | b'?'));
    let letters = &word[..word.len() - usize::from(stop)];
    let plain = letters.iter().all(u8::is_ascii_alphabetic);
    capital || (plain && stop && word[1..].iter().all(|b| !b.is_ascii_uppercase()))
}

fn tied_by_word(before: &[u8]) -> bool {
    const WORDS: [&[u8]; 14] = [
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
        b"password",
    ];
    let before = before.trim_ascii_end();
    let start = before
        .iter()
        .rposition(u8::is_ascii_whitespace)
        .map_or(0, |at| at + 1);
    let word = &before[start..];
    let quote = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b'*' | b'\\');
    let first = word.iter().position(|b| !quote(b)).unwrap_or(0);
    let last = word.iter().rposition(|b| !quote(b)).map_or(0, |at| at + 1);
    let word = word.get(first..last).unwrap_or_default();
    WORDS.iter().any(|tie| word.eq_ignore_ascii_case(tie)) || word.starts_with(b"-") || member(word)
}
