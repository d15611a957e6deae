//! Logprobs: how likely the model found what it said, and what else it might have said.
//!
//! Taken from the model's own distribution, the log-softmax of its logits before constraint,
//! penalties, temperature and cuts, as OpenAI does: they tell what the model thinks, whatever the
//! request makes of it.

use std::collections::VecDeque;

use super::sampling::BadLogits;
use super::tokenizer::{Detokenizer, Tokenizer, name_of};

/// Most alternatives of one token that can be asked for, as at OpenAI.
pub const MOST_ALTERNATIVES: u8 = 20;

/// A token, and how likely the model found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Likely {
    /// Its text; `bytes:\xf0\x9f` if that is not whole characters.
    pub token: String,
    /// What it adds to the answer; none for a control token.
    pub bytes: Option<Vec<u8>>,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

/// One token of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenLogprob {
    pub said: Likely,
    /// The likeliest tokens at this place, likeliest first.
    pub alternatives: Vec<Likely>,
    /// The bytes of the answer that it is or, with its neighbours, is a part of: tokens that share
    /// a character share a stretch.
    pub start: u32,
    pub end: u32,
}

/// The model's distribution at one place.
#[derive(Debug)]
pub(super) struct Distribution {
    logits: Vec<f32>,
    /// Logarithm of the sum of all exponentials.
    total: f64,
}

impl Distribution {
    /// The distribution of `logits`, `[vocabulary]`, which must be numbers.
    pub(super) fn new(logits: &[f32]) -> Result<Self, BadLogits> {
        let best = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if !best.is_finite() || logits.iter().any(|logit| logit.is_nan()) {
            return Err(BadLogits);
        }
        let weigh = |logit: &f32| f64::from(logit - best).exp();
        let sum: f64 = logits.iter().map(weigh).sum();
        Ok(Self {
            logits: logits.to_vec(),
            total: f64::from(best) + sum.ln(),
        })
    }

    #[allow(clippy::cast_possible_truncation, reason = "seven digits are plenty")]
    fn logprob(&self, token: u32) -> f32 {
        let logit = self.logits.get(token as usize).copied();
        let logit = logit.unwrap_or(f32::NEG_INFINITY);
        (f64::from(logit) - self.total) as f32
    }

    /// The `count` likeliest tokens, likeliest first, of equals the lower id.
    fn likeliest(&self, count: usize) -> Vec<u32> {
        let order = |a: &u32, b: &u32| {
            let (x, y) = (self.logits[*a as usize], self.logits[*b as usize]);
            y.total_cmp(&x).then(a.cmp(b))
        };
        let mut tokens: Vec<u32> = (0_u32..)
            .zip(&self.logits)
            .map(|(token, _)| token)
            .collect();
        if count < tokens.len() {
            tokens.select_nth_unstable_by(count, order);
            tokens.truncate(count);
        }
        tokens.sort_unstable_by(order);
        tokens
    }
}

/// The tokens of one answer whose text has not gone out yet.
#[derive(Debug)]
pub(super) struct Ledger {
    alternatives: u8,
    /// Tokens that end within a character.
    open: Vec<TokenLogprob>,
    waiting: VecDeque<TokenLogprob>,
    /// Bytes of text that all tokens made, and where the open ones begin.
    made: u32,
    open_start: u32,
    /// Bytes of text that went out.
    sent: u32,
}

impl Ledger {
    /// A ledger with so many alternatives of each token.
    pub(super) fn new(alternatives: u8) -> Self {
        Self {
            alternatives: alternatives.min(MOST_ALTERNATIVES),
            open: Vec::new(),
            waiting: VecDeque::new(),
            made: 0,
            open_start: 0,
            sent: 0,
        }
    }

    /// Notes `token` before the detokenizer takes it. One that says nothing is not noted.
    pub(super) fn note(
        &mut self,
        token: u32,
        from: &Distribution,
        tokenizer: &Tokenizer,
        detokenizer: &Detokenizer,
    ) {
        let strip = detokenizer.strips_space();
        let likely = |token: u32| {
            let (name, bytes) = tokenizer.name(token);
            let stripped = bytes.map(|bytes| match (strip, bytes.strip_prefix(b" ")) {
                (true, Some(rest)) => rest,
                _ => bytes,
            });
            Likely {
                token: stripped.map_or(name, name_of),
                bytes: stripped.map(<[u8]>::to_vec),
                logprob: from.logprob(token),
            }
        };
        let said = likely(token);
        if said.bytes.as_ref().is_none_or(Vec::is_empty) {
            return;
        }
        let likeliest = from.likeliest(self.alternatives.into());
        self.open.push(TokenLogprob {
            said,
            alternatives: likeliest.into_iter().map(likely).collect(),
            start: 0,
            end: 0,
        });
    }

    /// Notes that the tokens made `text`; `waiting` if the last of them ends within a character.
    pub(super) fn made(&mut self, text: &str, waiting: bool) {
        self.made += length(text);
        if waiting {
            return;
        }
        for mut token in self.open.drain(..) {
            (token.start, token.end) = (self.open_start, self.made);
            self.waiting.push_back(token);
        }
        self.open_start = self.made;
    }

    /// The tokens whose text is out once `text` is.
    pub(super) fn sent(&mut self, text: &str) -> Vec<TokenLogprob> {
        self.sent += length(text);
        let out = self
            .waiting
            .iter()
            .take_while(|token| token.end <= self.sent);
        let out = out.count();
        self.waiting.drain(..out).collect()
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
