//! Logprobs of an answer that guards watch over: they go out with their text, and what the guards
//! withheld stays withheld.
//!
//! A token is told of once all of its text was released. One that a guard's edit touches or that
//! stands right behind an edit is left out, for its text or its alternatives would give away what
//! was edited; so are all that were never released.

use std::collections::VecDeque;

use crate::engine::TokenLogprob;
use crate::pipeline::Released;

/// The tokens of one answer whose text is not released yet.
#[derive(Debug, Default)]
pub(super) struct Logprobs {
    waiting: VecDeque<TokenLogprob>,
    /// Bytes that the engine made, and how many of them, at the front, are not shown at all.
    made: u32,
    left_out: Option<u32>,
    /// The edits that tokens still to come may touch: stretches of the shown text.
    edits: VecDeque<(u32, u32)>,
}

impl Logprobs {
    /// Takes the tokens of `text` in; `shown` is what of it, and of what was held before, is shown
    /// to the guards.
    pub(super) fn push(&mut self, text: &str, shown: &str, tokens: Vec<TokenLogprob>) {
        self.made = self.made.saturating_add(length(text));
        if self.left_out.is_none() && !shown.is_empty() {
            self.left_out = Some(self.made.saturating_sub(length(shown)));
        }
        self.waiting.extend(tokens);
    }

    /// The tokens that may go out with `released`.
    pub(super) fn let_go(&mut self, released: &Released) -> Vec<TokenLogprob> {
        let edits = released.edits.iter().map(|edit| (edit.start, edit.end));
        self.edits.extend(edits);
        let left_out = self.left_out.unwrap_or_default();
        let mut out = Vec::new();
        while let Some(token) = self.waiting.front() {
            let end = token.end.saturating_sub(left_out);
            if end > released.upto {
                break;
            }
            let start = token.start.checked_sub(left_out);
            let shown = start.is_some_and(|start| !self.is_edited(start, end));
            if let Some(token) = self.waiting.pop_front()
                && shown
            {
                out.push(token);
            }
        }
        self.forget(released.upto);
        out
    }

    fn is_edited(&self, start: u32, end: u32) -> bool {
        let touches = |edit: &(u32, u32)| edit.0 < end && start <= edit.1;
        self.edits.iter().any(touches)
    }

    /// Forgets the edits that no token to come can touch.
    fn forget(&mut self, upto: u32) {
        let next = self.waiting.front().map_or(upto, |token| {
            token
                .start
                .saturating_sub(self.left_out.unwrap_or_default())
        });
        while self
            .edits
            .front()
            .is_some_and(|edit| edit.1 < next.min(upto))
        {
            self.edits.pop_front();
        }
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::Edit;
    use crate::engine::Likely;

    fn token(text: &str, start: u32) -> TokenLogprob {
        TokenLogprob {
            said: Likely {
                token: text.to_owned(),
                bytes: Some(text.as_bytes().to_vec()),
                logprob: -1.0,
            },
            alternatives: Vec::new(),
            start,
            end: start + length(text),
        }
    }

    fn released(upto: u32, edits: &[(u32, u32)]) -> Released {
        let edit = |(start, end): &(u32, u32)| Edit {
            start: *start,
            end: *end,
            replacement: String::new(),
            label: "X".to_owned(),
            score: 1.0,
        };
        Released {
            upto,
            edits: edits.iter().map(edit).collect(),
            ..Released::default()
        }
    }

    fn names(tokens: Vec<TokenLogprob>) -> Vec<String> {
        tokens.into_iter().map(|token| token.said.token).collect()
    }

    /// The answer "key AKIA ok.", of which a guard edits bytes 4 to 8.
    #[test]
    fn what_an_edit_touches_is_left_out_however_it_is_released() {
        for steps in [
            vec![released(12, &[(4, 8)])],
            vec![released(4, &[]), released(12, &[(4, 8)])],
            // An edit in two parts, of which the second replaces by nothing.
            vec![
                released(6, &[(4, 6)]),
                released(8, &[(6, 8)]),
                released(12, &[]),
            ],
            vec![released(6, &[(4, 6)]), released(12, &[(6, 8)])],
        ] {
            let mut logprobs = Logprobs::default();
            let mut start = 0;
            for text in ["key", " AK", "IA", " ok", "."] {
                logprobs.push(text, text, vec![token(text, start)]);
                start += length(text);
            }
            let out: Vec<_> = steps
                .iter()
                .flat_map(|step| logprobs.let_go(step))
                .collect();
            assert_eq!(names(out), ["key", "."], "{steps:?}");
        }
    }

    #[test]
    fn what_was_not_released_is_not_told() {
        let mut logprobs = Logprobs::default();
        logprobs.push("abc", "abc", vec![token("ab", 0), token("c", 2)]);
        assert_eq!(names(logprobs.let_go(&released(1, &[]))), [""; 0]);
        assert_eq!(names(logprobs.let_go(&released(2, &[]))), ["ab"]);
    }

    #[test]
    fn a_front_that_is_not_shown_has_no_tokens() {
        let mut logprobs = Logprobs::default();
        logprobs.push("Answer:", "", vec![token("Answer", 0), token(":", 6)]);
        logprobs.push(" yes", "yes", vec![token(" ", 7), token("yes", 8)]);
        logprobs.push(".", ".", vec![token(".", 11)]);
        assert_eq!(names(logprobs.let_go(&released(4, &[]))), ["yes", "."]);
    }
}
