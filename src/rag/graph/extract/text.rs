//! Text: a document as blocks of words and signs.
//!
//! A block is a paragraph, a heading, a list item or a row of a table; no name and no sentence
//! goes across its ends. Code between fences is left out.

use std::ops::Range;

use super::fold::fold;
use super::tables::has;

/// Bytes of a block, at most: a text without line breaks is cut between words.
const LONGEST_BLOCK: usize = 16 << 10;
/// Bytes of a word, at most; what is longer is data.
const LONGEST_WORD: usize = 64;
/// A line shorter than this many bytes ends its block, for nobody had to break it.
const FULL_LINE: usize = 50;

/// What a token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A word in small letters, or in a script that knows no capitals.
    Lower,
    /// A word with a capital first.
    Title,
    /// A word of two or more capitals and digits, such as `NASA` or `Q-19`.
    Upper,
    /// It begins with a digit.
    Number,
    /// A sign.
    Sign,
    /// An address, or data.
    Other,
}

/// One word or sign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    /// Where it begins, in bytes of the whole text.
    pub(super) start: usize,
    pub(super) shape: Shape,
    /// White space stands before it.
    pub(super) spaced: bool,
    /// It begins a sentence.
    pub(super) first: bool,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        self.text == sign
    }

    /// It could be a part of a name.
    pub(super) fn is_capital(&self) -> bool {
        matches!(self.shape, Shape::Title | Shape::Upper)
    }
}

/// Where a block lies in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) heading: bool,
}

/// The blocks of a text, in order.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut fence: Option<&str> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let bare = line.trim();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| bare.starts_with(mark));
        if fence.is_some() || mark.is_some() {
            blocks.extend(open.take());
            fence = match fence {
                Some(begun) if mark == Some(begun) => None,
                Some(begun) => Some(begun),
                None => mark,
            };
            continue;
        }
        let fresh = bare.is_empty() || begins_block(bare);
        let room = open.is_some_and(|block| end - block.start <= LONGEST_BLOCK);
        if fresh || !room {
            blocks.extend(open.take());
        }
        if bare.is_empty() {
            continue;
        }
        let heading = bare.starts_with('#');
        let block = open.get_or_insert(Block {
            start,
            end,
            heading,
        });
        block.end = end;
        if bare.len() < FULL_LINE || heading || bare.starts_with('|') {
            blocks.extend(open.take());
        }
    }
    blocks.extend(open);
    blocks
        .into_iter()
        .flat_map(|block| cut(text, block))
        .collect()
}

fn begins_block(line: &str) -> bool {
    let numbered = || {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        (1..=3).contains(&digits)
            && line[digits..].starts_with([')', '.'])
            && line[digits + 1..].starts_with(' ')
    };
    line.starts_with(['#', '|', '>', '•', '–', '\u{2014}', ':'])
        || ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark))
        || numbered()
}

/// Cuts what is too long between words.
fn cut(text: &str, block: Block) -> Vec<Block> {
    let mut parts = Vec::new();
    let mut rest = block;
    while rest.end - rest.start > LONGEST_BLOCK {
        let limit = text.floor_char_boundary(rest.start + LONGEST_BLOCK);
        let part = &text[rest.start..limit];
        let end = match part.rfind(char::is_whitespace) {
            Some(gap) if gap > 0 => rest.start + gap,
            _ => limit,
        };
        parts.push(Block { end, ..rest });
        rest.start = end;
    }
    parts.push(rest);
    parts
}

/// The tokens of a block.
pub(super) fn tokens<'t>(text: &'t str, block: Block) -> Vec<Token<'t>> {
    let part = &text[block.start..block.end];
    let mut tokens: Vec<Token<'t>> = Vec::new();
    let mut at = 0;
    // Up to here it is known what the chunk between spaces is.
    let mut chunk_end = 0;
    while let Some(c) = part[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let rest = &part[at..];
        let mut length = word_length(rest, c);
        let mut shape = shape(&rest[..length], c);
        if at >= chunk_end && !is_edge(c) {
            let chunk = rest.find(|c: char| c.is_whitespace() || is_edge(c));
            let chunk = chunk.unwrap_or(rest.len());
            chunk_end = at + chunk;
            if is_address(&rest[..chunk]) {
                (length, shape) = (chunk, Shape::Other);
            }
        }
        let spaced = part[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        let first = tokens.is_empty() || (spaced && ends_sentence(&tokens, &rest[..length], shape));
        tokens.push(Token {
            text: &rest[..length],
            start: block.start + at,
            shape,
            spaced,
            first,
        });
        at += length;
    }
    tokens
}

/// The bytes of the sentence around `at`; all of a text in which nothing is written.
pub(in super::super) fn sentence(text: &str, at: usize) -> Range<usize> {
    let blocks = blocks(text);
    let after = blocks.partition_point(|block| block.start <= at);
    let Some(block) = blocks.get(after.saturating_sub(1)) else {
        return 0..text.len();
    };
    let (mut start, mut end) = (block.start, block.end);
    for token in tokens(text, *block).iter().filter(|token| token.first) {
        if token.start > at {
            end = token.start;
            break;
        }
        start = token.start;
    }
    start..start + text[start..end].trim_end().len()
}

/// Signs that stand around addresses.
fn is_edge(c: char) -> bool {
    matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '|')
}

fn is_address(chunk: &str) -> bool {
    chunk.contains("://")
        || chunk.starts_with("www.")
        || chunk
            .find('@')
            .is_some_and(|at| at > 0 && chunk[at..].contains('.'))
}

/// The length of the word or sign at the beginning of `rest`, which begins with `c`.
fn word_length(rest: &str, c: char) -> usize {
    if !c.is_alphanumeric() || is_ideograph(c) {
        return c.len_utf8();
    }
    let mut end = 0;
    let mut segment = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let word = |c: char| c.is_alphanumeric() && !is_ideograph(c);
        let joins = match c {
            _ if word(c) => true,
            '\u{0300}'..='\u{036F}' | '\u{00AD}' => true,
            '\'' | '’' | '-' | '\u{2010}' | '\u{2011}' | '_' => next.is_some_and(word),
            '.' => joins_dotted(&rest[segment..at], next, &rest[at + 1..]),
            _ => false,
        };
        if !joins {
            break;
        }
        end = at + c.len_utf8();
        if c == '.' {
            segment = end;
        }
    }
    end
}

/// Whether the point after `before` belongs to the word: `3.5`, `U.S.`, `e.V.`.
fn joins_dotted(before: &str, next: Option<char>, after: &str) -> bool {
    let number = before.bytes().all(|byte| byte.is_ascii_digit()) && !before.is_empty();
    if number {
        return next.is_some_and(|next| next.is_ascii_digit());
    }
    let mut chars = before.chars();
    let lone = chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none();
    let mut after = after.chars();
    let (letter, point) = (after.next(), after.next());
    lone && letter.is_some_and(char::is_alphabetic) && point == Some('.')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn shape(word: &str, c: char) -> Shape {
    if !c.is_alphanumeric() {
        return Shape::Sign;
    }
    if word.len() > LONGEST_WORD {
        return Shape::Other;
    }
    if c.is_ascii_digit() {
        return Shape::Number;
    }
    if !c.is_uppercase() {
        return Shape::Lower;
    }
    let small = word.chars().any(char::is_lowercase);
    let alone = word.chars().nth(1).is_none();
    match small || alone {
        true => Shape::Title,
        false => Shape::Upper,
    }
}

/// Words after which a point ends no sentence, folded.
const SHORTENED: &str = include_str!("words/shortened.txt");

/// Whether the tokens so far end a sentence, before a token of this shape.
fn ends_sentence(tokens: &[Token<'_>], next: &str, shape: Shape) -> bool {
    let mut before = tokens.iter().rev();
    let mut last = before.next();
    while let Some(token) = last
        && matches!(
            token.text,
            "\"" | "”" | "“" | "»" | ")" | "*" | "_" | "]" | "’"
        )
    {
        last = before.next();
    }
    match last.map(|token| token.text) {
        Some("。" | "！" | "？") => true,
        Some("!" | "?" | "…") => shape != Shape::Lower,
        Some(".") => {
            let Some(word) = before.next() else {
                return true;
            };
            let lone = word.shape != Shape::Number
                && (word.text.chars().nth(1).is_none() || word.text.contains('.'));
            let ordinal = word.shape == Shape::Number
                && word.text.len() <= 2
                && super::dates::month(next).is_some();
            let short = has(SHORTENED, &fold(word.text));
            shape != Shape::Lower && !lone && !ordinal && !short
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        for block in blocks(text) {
            let mut line = Vec::new();
            for token in tokens(text, block) {
                let mark = if token.first { "^" } else { "" };
                line.push(format!("{mark}{}", token.text));
                assert_eq!(&text[token.start..token.end()], token.text);
            }
            all.push(line);
        }
        all
    }

    #[test]
    fn a_text_is_blocks_of_words_and_signs() {
        let long = "A line that is long enough to have been broken by a program";
        for (text, expected) in [
            ("One two. Three?", "^One two . ^Three ?"),
            ("Dr. Weber came.", "^Dr . Weber came ."),
            (
                "the U.S. Navy, e.V. and 3.5",
                "^the U.S . Navy , e.V . and 3.5",
            ),
            ("am 3. März 2024", "^am 3 . März 2024"),
            ("Anna\nBerta", "^Anna / ^Berta"),
            ("- Anna\n- Berta", "^- Anna / ^- Berta"),
            ("mail <a.b@c.de> now", "^mail < a.b@c.de > now"),
            (
                "see https://x.org/Q-19?a=B. Next",
                "^see https://x.org/Q-19?a=B. Next",
            ),
            ("a\n```\nCode\n```\nb", "^a / ^b"),
            ("2024年3月", "^2024 年 3 月"),
            ("AT&T’s Q-19", "^AT & T’s Q-19"),
        ] {
            let found: Vec<String> = words(text).iter().map(|line| line.join(" ")).collect();
            assert_eq!(found.join(" / "), expected, "{text}");
        }
        assert_eq!(words(&format!("{long}\nand goes on")).len(), 1);
    }

    #[test]
    fn a_sentence_is_found_around_a_place() {
        let text = "# Pumps\n\nDr. Weber came. She left!\n- Ines stays";
        for (word, sentence_of) in [
            ("Pumps", "# Pumps"),
            ("Weber", "Dr. Weber came."),
            ("left", "She left!"),
            ("Ines", "- Ines stays"),
        ] {
            let at = text.find(word).unwrap();
            assert_eq!(&text[sentence(text, at)], sentence_of, "{word}");
        }
        assert_eq!(sentence("", 0), 0..0);
        assert_eq!(sentence(" \n", 1), 0..2);
    }

    #[test]
    fn a_text_without_breaks_is_cut() {
        for text in ["word ".repeat(20_000), "ü".repeat(50_000)] {
            let blocks = blocks(&text);
            assert!(blocks.len() > 5);
            assert!(
                blocks
                    .iter()
                    .all(|block| block.end - block.start <= LONGEST_BLOCK)
            );
            assert_eq!(blocks.last().map(|block| block.end), Some(text.len()));
        }
    }

    #[test]
    fn shortened_words_are_in_order() {
        assert!(SHORTENED.lines().is_sorted_by(|a, b| a < b));
    }
}
