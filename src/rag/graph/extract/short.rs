//! Short: abbreviations with what they stand for.

use std::ops::Range;

use super::fold::fold;
use super::tables::{PLAIN, has};
use super::terms::{Saying, is_word};
use super::text::{Shape, Token};

/// `Long Form (LF)` and `LF (Long Form)`.
pub(super) fn short(tokens: &[Token<'_>], at: usize) -> Option<Saying> {
    let close = (at + 1..tokens.len().min(at + 12)).find(|at| tokens[*at].is(")"))?;
    if close == at + 2 && is_short(tokens[at + 1].text) {
        let letters = tokens[at + 1].text.chars().count();
        let most = (letters + 5).min(letters * 2);
        let least = at.saturating_sub(most);
        let first = (least..at)
            .rev()
            .take_while(|at| is_word(&tokens[*at]))
            .last()?;
        let first = (first..at)
            .rev()
            .find(|from| tokens[*from].first)
            .unwrap_or(first);
        // The shortest words that the letters stand for.
        let from = (first..at)
            .rev()
            .find(|from| stands_for(tokens[at + 1].text, &tokens[*from..at]))?;
        return long_enough(tokens, from..at).then_some(Saying::Short {
            short: at + 1..at + 2,
            long: from..at,
        });
    }
    let before = at.checked_sub(1)?;
    let long = at + 1..close;
    let fine = is_short(tokens[before].text)
        && tokens[long.clone()].iter().all(is_word)
        && stands_for(tokens[before].text, &tokens[long.clone()])
        && long_enough(tokens, long.clone());
    fine.then_some(Saying::Short {
        short: before..at,
        long,
    })
}

fn long_enough(tokens: &[Token<'_>], long: Range<usize>) -> bool {
    long.len() >= 2 && !has(PLAIN, &fold(tokens[long.start].text))
}

/// Two to eight letters and digits, two of them capitals.
fn is_short(text: &str) -> bool {
    let stem = text.strip_suffix('s').unwrap_or(text);
    let capitals = stem.chars().filter(|c| c.is_uppercase()).count();
    let all = stem.chars().count();
    (2..=8).contains(&all)
        && capitals >= 2
        && capitals * 2 >= all
        && stem.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// Whether the letters of `short` are the first of the words in order, small words left out; small
/// letters, and any inside a long word, may come later in a word (after Schwartz and Hearst 2003).
fn stands_for(short: &str, long: &[Token<'_>]) -> bool {
    let capitals = short.chars().all(|c| !c.is_lowercase() || c == 's');
    let stem = short
        .strip_suffix('s')
        .filter(|_| capitals)
        .unwrap_or(short);
    let letters: Vec<char> = stem.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut next = 0;
    for (number, token) in long.iter().enumerate() {
        let mut began = false;
        for part in token.text.split('-') {
            let last = part.chars().count().saturating_sub(1);
            for (index, c) in part.chars().enumerate() {
                let Some(letter) = letters.get(next) else {
                    break;
                };
                let inside = began
                    && index < last
                    && (letter.is_lowercase()
                        || c.is_uppercase()
                        || token.text.len() >= LONG_WORD && !starts_later(long, number, *letter));
                if is_same(*letter, c) && (index == 0 || inside) {
                    next += 1;
                    began = true;
                } else if index == 0 {
                    break;
                }
            }
        }
        let small =
            token.shape == Shape::Lower && token.text.len() <= 4 || token.shape == Shape::Sign;
        if !began && (!small || number == 0) {
            return false;
        }
    }
    next == letters.len()
}

/// Bytes of a word that may lend more letters than its first.
const LONG_WORD: usize = 10;

fn is_same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

fn starts_later(long: &[Token<'_>], number: usize, letter: char) -> bool {
    let first = |token: &Token<'_>| token.text.chars().next();
    long[number + 1..]
        .iter()
        .any(|token| first(token).is_some_and(|c| is_same(c, letter)))
}
