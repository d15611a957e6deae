//! Lookup: guesses what an answer says next from what was said before (prompt lookup decoding,
//! Saxena 2023; after speculative decoding, Leviathan et al. 2023, arXiv:2211.17192).
//!
//! An answer over documents repeats names, numbers and sentences of its prompt. Where its last
//! tokens stood before, what followed there is a guess; the model reads all guessed tokens in one
//! pass, which costs little more than one token, and each is kept only if it is the very token
//! that would have been picked. So answers are the same with and without, only sooner.

use std::collections::HashMap;

/// Tokens that must have stood before in this order for what followed them to be a guess: fewer
/// guess at random, more miss most chances.
const KEY: usize = 3;
/// How often a pause is doubled at most: the longest has 32 steps.
const MOST_DOUBLINGS: u32 = 5;

/// Guesses for one answer.
#[derive(Debug)]
pub(super) struct Lookup {
    /// The prompt, and what was said.
    tokens: Vec<u32>,
    /// Where that stood last which followed these tokens.
    followed: HashMap<[u32; KEY], usize>,
    /// Most tokens to guess.
    most: usize,
    /// Tokens to guess next time.
    reach: usize,
    /// Wrong guesses one after the other.
    misses: u32,
    /// Steps until the next guess.
    pause: u32,
}

impl Lookup {
    /// Guesses of at most `most` tokens, one or more, for an answer to `prompt`.
    pub(super) fn new(prompt: &[u32], most: usize) -> Self {
        let mut lookup = Self {
            tokens: Vec::new(),
            followed: HashMap::new(),
            most,
            reach: most,
            misses: 0,
            pause: 0,
        };
        prompt.iter().for_each(|token| lookup.push(*token));
        lookup
    }

    /// Notes what was said.
    pub(super) fn push(&mut self, token: u32) {
        // Noted before the token is there, so that what follows a key is never past the end.
        if let Some(key) = self.tokens.last_chunk::<KEY>() {
            self.followed.insert(*key, self.tokens.len());
        }
        self.tokens.push(token);
    }

    /// What may come next, at most `room` tokens; often nothing.
    pub(super) fn guess(&mut self, room: usize) -> &[u32] {
        if self.pause > 0 {
            self.pause -= 1;
            return &[];
        }
        let last = self.tokens.last_chunk::<KEY>();
        let Some(from) = last.and_then(|key| self.followed.get(key)) else {
            return &[];
        };
        let length = room.min(self.reach).min(self.tokens.len() - from);
        &self.tokens[*from..][..length]
    }

    /// Learns from a step in which `guessed` tokens were guessed and the first `right` of them
    /// were what was said: who guesses well may guess further, who does not pauses, each time for
    /// longer, so that a text that nothing can be guessed of is hardly slower.
    pub(super) fn learn(&mut self, guessed: usize, right: usize) {
        if guessed == 0 {
            return;
        }
        if right == guessed {
            self.reach = (self.reach * 2).clamp(1, self.most);
        } else {
            self.reach = right + 1;
        }
        if right > 0 {
            self.misses = 0;
        } else {
            self.misses = MOST_DOUBLINGS.min(self.misses + 1);
            self.pause = 1 << self.misses;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_last_time_is_guessed() {
        let mut lookup = Lookup::new(&[1, 2, 3, 4, 5, 9, 1, 2, 3, 6], 4);
        assert!(lookup.guess(4).is_empty());
        for (token, room, guess) in [
            (1, 4, &[][..]),
            (2, 4, &[]),
            // The later of two places counts, and the guess ends where the text does.
            (3, 4, &[6, 1, 2, 3]),
            (6, 2, &[1, 2]),
            (1, 0, &[]),
            (7, 4, &[]),
        ] {
            lookup.push(token);
            assert_eq!(lookup.guess(room), guess, "after {token}");
        }
    }

    #[test]
    fn a_guess_ends_where_the_text_does() {
        let mut lookup = Lookup::new(&[5, 5, 5, 5], 7);
        assert_eq!(
            lookup.guess(7),
            [5],
            "what follows the key is the last token itself"
        );
    }

    #[test]
    fn wrong_guesses_are_made_less_often_and_right_ones_reach_further() {
        let mut lookup = Lookup::new(&[1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3], 7);
        assert_eq!(lookup.guess(9).len(), 7);
        lookup.learn(7, 2);
        assert_eq!(lookup.guess(9), [4, 5, 6]);
        lookup.learn(3, 3);
        assert_eq!(lookup.guess(9).len(), 6);
        let mut made = 0;
        for _ in 0..200 {
            let guessed = lookup.guess(9).len();
            made += usize::from(guessed > 0);
            lookup.learn(guessed, 0);
        }
        assert!((5..=12).contains(&made), "{made} of 200");
    }
}
