//! Split: a text into words, identifiers and runs of scripts without spaces.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::{LONGEST, fold, grams};

/// A part of a text that terms are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// A word of a language, or a number.
    Word(&'t str),
    /// An identifier with all that is in it, [`LONGEST`] bytes at most.
    Whole(&'t str),
    /// Letters or digits within a word of an identifier: a document is found by them, but who
    /// asks for `Q19` does not ask for every 19.
    Piece(&'t str),
    /// Neighbouring characters that are taken by pairs.
    Run(&'t str),
}

/// Calls `found` with each part, in order. An identifier comes before the parts that it is made
/// of.
pub(super) fn each<'t>(text: &'t str, mut found: impl FnMut(Part<'t>)) {
    let mut pieces = pieces(text).peekable();
    while let Some((start, piece, paired)) = pieces.next() {
        let mut end = start + piece.len();
        while let Some((at, next, _)) =
            pieces.next_if(|(at, _, next)| *next == paired && joins(&text[end..*at], paired))
        {
            end = at + next.len();
        }
        if paired {
            found(Part::Run(&text[start..end]));
        } else {
            compound(text, start..end, &mut found);
        }
    }
}

/// The words of a text with where they are, cut where a script that is taken by pairs begins or
/// ends (Korean particles follow Latin names without a space), and whether they are of one.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str, bool)> {
    text.unicode_word_indices().flat_map(|(start, word)| {
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = &word[from..];
            let paired = grams::is_paired(rest.chars().next()?);
            // A mark goes with the character before it.
            let end = rest.find(|c: char| c.is_alphanumeric() && grams::is_paired(c) != paired);
            let piece = &rest[..end.unwrap_or(rest.len())];
            let at = start + from;
            from += piece.len();
            Some((at, piece, paired))
        })
    })
}

/// Whether two pieces go together with this between them.
fn joins(between: &str, paired: bool) -> bool {
    if paired {
        return between.is_empty();
    }
    let mut chars = between.chars();
    let joint = |c| fold::is_hyphen(c) || matches!(c, '/' | '.' | ':' | '@' | '&' | '+');
    matches!((chars.next(), chars.next()), (Some(c), None) if joint(c))
}

/// Words that stand together without a space.
fn compound<'t>(text: &'t str, range: Range<usize>, found: &mut impl FnMut(Part<'t>)) {
    let part = &text[range.clone()];
    let signs = signs(&text[range.end..]);
    if signs > 0 && part.len() + signs <= LONGEST {
        found(Part::Whole(&text[range.start..range.end + signs]));
    } else if is_identifier(part) {
        if part.len() <= LONGEST {
            found(Part::Whole(part));
        }
        parts(part, found);
        return;
    }
    for word in part.unicode_words() {
        found(Part::Word(word));
    }
}

/// Bytes of the signs that belong to the name before them, as in `C++` and `C#`.
fn signs(after: &str) -> usize {
    let rest = after.strip_prefix("++").or_else(|| after.strip_prefix('#'));
    let ends = rest.filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '#'));
    ends.map_or(0, |rest| after.len() - rest.len())
}

/// More than a word of a language, and more than a number.
fn is_identifier(part: &str) -> bool {
    if !part.contains(char::is_numeric) {
        let named = part.contains(['_', '@', '&']) || is_dotted(part);
        return named || part.split(is_sign).any(|word| humps(word).nth(1).is_some());
    }
    if part.contains(char::is_alphabetic) {
        return true;
    }
    let mut marks = part.matches(is_sign);
    match (marks.next(), marks.next()) {
        (None, _) | (Some("." | ","), None) => false,
        _ => fold::ungrouped(part).is_none(),
    }
}

/// Words with a full stop between them and no space, such as an address, or two sentences of a
/// text whose spaces were lost; not the letters of `U.S.A`.
fn is_dotted(part: &str) -> bool {
    let mut words = part.split(['.', ':']);
    part.contains(['.', ':']) && words.any(|word| word.chars().nth(1).is_some())
}

/// The words in an identifier, and the runs of letters and of digits in each of them.
fn parts<'t>(identifier: &'t str, found: &mut impl FnMut(Part<'t>)) {
    for word in identifier.split(is_sign).filter(|word| !word.is_empty()) {
        if word.len() < identifier.len() {
            found(Part::Word(word));
        }
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let numeric = first.is_numeric();
            let end = rest.find(|c: char| c.is_numeric() != numeric);
            let (run, left) = rest.split_at(end.unwrap_or(rest.len()));
            let pieces = humps(run).filter(|piece| piece.len() < word.len());
            pieces.for_each(|piece| found(Part::Piece(piece)));
            rest = left;
        }
    }
}

fn is_sign(c: char) -> bool {
    c.is_ascii_punctuation() || fold::is_hyphen(c) || c == '’'
}

/// Letters that a hump has at least, so that `McDonald` and `iPhone` stay one.
const HUMP: usize = 3;

/// A word cut where a capital follows small letters, as in `NullPointer`.
fn humps(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let (mut letters, mut small) = (0, false);
        let cut = rest.char_indices().find_map(|(at, c)| {
            let begins = small && letters >= HUMP && c.is_uppercase();
            (letters, small) = (letters + 1, c.is_lowercase());
            (begins && rest[at..].chars().nth(HUMP - 1).is_some()).then_some(at)
        });
        let (hump, left) = rest.split_at(cut.unwrap_or(rest.len()));
        rest = left;
        (!hump.is_empty()).then_some(hump)
    })
}
