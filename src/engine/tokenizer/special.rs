//! Tokens that stand for themselves: found in a text before anything is merged.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::EngineError;

/// A set of such tokens, and the machine that finds them.
#[derive(Debug, Default)]
pub(super) struct Specials {
    texts: Vec<String>,
    tokens: Vec<u32>,
    by_token: HashMap<u32, usize>,
    /// Finds them from left to right, the longest of those that begin at one place.
    longest: Option<AhoCorasick>,
    /// Finds every one, even inside another.
    every: Option<AhoCorasick>,
}

/// A piece of a text that was split at special tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Token(u32),
    Text(&'t str),
}

impl Specials {
    /// The machine for these tokens; empty texts are left out.
    pub(super) fn new(all: Vec<(String, u32)>) -> Result<Self, EngineError> {
        let all: Vec<(String, u32)> = all.into_iter().filter(|(t, _)| !t.is_empty()).collect();
        if all.is_empty() {
            return Ok(Self::default());
        }
        let (texts, tokens): (Vec<String>, Vec<u32>) = all.into_iter().unzip();
        let machine = |kind| {
            let built = AhoCorasick::builder().match_kind(kind).build(&texts);
            built.map_err(|error| EngineError::Damaged {
                what: format!("the special tokens cannot be looked for: {error}"),
            })
        };
        let longest = Some(machine(MatchKind::LeftmostLongest)?);
        let every = Some(machine(MatchKind::Standard)?);
        let by_token = tokens
            .iter()
            .enumerate()
            .map(|(at, token)| (*token, at))
            .collect();
        Ok(Self {
            longest,
            every,
            by_token,
            texts,
            tokens,
        })
    }

    pub(super) fn text(&self, token: u32) -> Option<&str> {
        self.by_token.get(&token).map(|at| self.texts[*at].as_str())
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.texts.iter().any(|t| t == text)
    }

    /// Every byte at which one of them begins; a place may occur twice.
    pub(super) fn starts(&self, text: &str) -> Vec<usize> {
        let Some(every) = &self.every else {
            return Vec::new();
        };
        every
            .find_overlapping_iter(text)
            .map(|found| found.start())
            .collect()
    }

    /// `text` in order: special tokens and what is between them. No empty texts.
    pub(super) fn split<'t>(&self, text: &'t str) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        let mut from = 0;
        let found = self
            .longest
            .iter()
            .flat_map(|machine| machine.find_iter(text));
        for found in found {
            if found.start() > from {
                parts.push(Part::Text(&text[from..found.start()]));
            }
            parts.push(Part::Token(self.tokens[found.pattern().as_usize()]));
            from = found.end();
        }
        if from < text.len() {
            parts.push(Part::Text(&text[from..]));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_token_at_a_place_wins_and_nothing_is_lost() {
        let all = [("<a>", 1), ("<a><b>", 2), ("\u{2581}\u{2581}", 3)];
        let all = all.map(|(text, token)| (text.to_owned(), token)).to_vec();
        let specials = Specials::new(all).expect("a machine");
        use Part::{Text, Token};
        for (text, parts) in [
            ("", vec![]),
            ("plain", vec![Text("plain")]),
            (
                "x<a>y<a><b><a",
                vec![Text("x"), Token(1), Text("y"), Token(2), Text("<a")],
            ),
            ("\u{2581}\u{2581}\u{2581}", vec![Token(3), Text("\u{2581}")]),
        ] {
            assert_eq!(specials.split(text), parts, "{text}");
        }
        assert_eq!(specials.starts("<a><b>"), [0, 0]);
        assert_eq!((specials.text(2), specials.text(9)), (Some("<a><b>"), None));
        assert_eq!(Specials::default().split("<a>"), [Text("<a>")]);
    }
}
