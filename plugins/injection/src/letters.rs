//! Letters and the numbers that words are known by.
//!
//! A word's number is made letter by letter, so the numbers of its beginnings cost nothing more.

/// What a byte is to the reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Space, comma, bracket: parts words, says nothing.
    Gap,
    /// A letter or a digit.
    Part,
    /// Part of a word, but not its beginning: apostrophe, `@`, `$`.
    Inner,
    /// `.`, `!`, `?`.
    Stop,
    /// The end of a line.
    Line,
    /// A quotation mark.
    Quote,
    /// Signs that chat formats and markup are made of.
    Mark,
    /// The beginning of a character beyond ASCII.
    Wide,
}

/// The kind of each byte.
pub const KINDS: [Kind; 256] = kinds();
/// Lower case, all digits as one; 0 for what is no letter or digit.
pub const FOLDED: [u8; 256] = folded();

const fn kinds() -> [Kind; 256] {
    let mut table = [Kind::Gap; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Kind::Part,
            b'\'' | b'@' | b'$' => Kind::Inner,
            b'.' | b'!' | b'?' => Kind::Stop,
            b'\n' => Kind::Line,
            b'"' | b'`' => Kind::Quote,
            b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'|' | b'#' | b'\\' | b':' | b'(' => {
                Kind::Mark
            }
            128..=255 => Kind::Wide,
            _ => Kind::Gap,
        };
        at += 1;
    }
    table
}

const fn folded() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_digit() {
            table[at] = b'0';
        } else if byte.is_ascii_alphabetic() {
            table[at] = byte.to_ascii_lowercase();
        }
        at += 1;
    }
    table
}

/// The number of no letters at all.
pub const NOTHING: u32 = 0x811c_9dc5;

/// The number of a word with one letter more (FNV-1a, a letter at a time).
#[inline(always)]
pub fn and(number: u32, letter: u32) -> u32 {
    (number ^ letter).wrapping_mul(0x0100_0193)
}

/// The number of a word in lower case.
pub fn number(word: &str) -> u32 {
    word.chars().fold(NOTHING, |number, c| {
        let letter = if c.is_ascii_digit() { '0' } else { c };
        and(number, u32::from(letter))
    })
}

/// Letters of a stem.
pub const STEM: usize = 5;

/// Whether a script puts no spaces between words: each of its characters is read as one.
pub fn unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && !ends_sentence(c)
}

/// Full stops and such beyond ASCII.
pub fn ends_sentence(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '？' | '｡' | '।' | '؟' | '۔' | '…' | '\u{2028}' | '\u{2029}'
    )
}

/// Quotation marks beyond ASCII.
pub fn quotes(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '«' | '»' | '「' | '」')
}

/// Letters, and the signs that Indic scripts write between them.
pub fn part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{0900}'..='\u{0d7f}') && !ends_sentence(c)
}

/// Syllables of Korean.
pub fn hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7af}')
}
