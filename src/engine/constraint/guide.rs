//! Guide: holds one answer to its constraint, token by token.

use llguidance::Matcher;
use llguidance::toktrie::SimpleVob;

use super::masks::Mask;
use super::{Constraint, ConstraintError, Masks, broken};
use crate::engine::EngineError;

/// Watches over one answer.
#[derive(Debug)]
pub(crate) struct Guide {
    masks: Masks,
    at: At,
    param: &'static str,
}

/// Whether more may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Open,
    /// Nothing can be added to the answer.
    Complete,
}

enum At {
    /// Before a token: the mask is being made.
    Before(Mask),
    /// The mask was applied; a token is being picked.
    Picking(Box<Matcher>),
    Over,
}

impl std::fmt::Debug for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Before(_) => "Before",
            Self::Picking(_) => "Picking",
            Self::Over => "Over",
        })
    }
}

impl Guide {
    /// A guide for one answer, which begins to make its first mask at once.
    pub(crate) fn new(constraint: &Constraint, matcher: Matcher, masks: &Masks) -> Self {
        Self {
            masks: masks.clone(),
            at: At::Before(masks.want(Box::new(matcher))),
            param: constraint.param,
        }
    }

    /// Takes out of `logits`, `[vocabulary]`, what may not come next.
    pub(crate) fn mask(&mut self, logits: &mut [f32]) -> Result<(), EngineError> {
        let At::Before(mask) = std::mem::replace(&mut self.at, At::Over) else {
            return Err(broken());
        };
        let (matcher, mask) = mask.take().ok_or_else(broken)?;
        let mask = mask.ok_or_else(|| self.failed(&matcher))?;
        apply(&mask, logits);
        self.at = At::Picking(matcher);
        Ok(())
    }

    /// Goes on with `token`, which the last mask allowed, and begins to make the next mask.
    pub(crate) fn accept(&mut self, token: u32) -> Result<Progress, EngineError> {
        let At::Picking(mut matcher) = std::mem::replace(&mut self.at, At::Over) else {
            return Err(broken());
        };
        if matcher.consume_token(token).is_err() {
            return Err(self.failed(&matcher));
        }
        if matcher.is_stopped() {
            return Ok(Progress::Complete);
        }
        self.at = At::Before(self.masks.want(matcher));
        Ok(Progress::Open)
    }

    /// Why it does not go on. The matcher's own words may hold some of the answer.
    fn failed(&self, matcher: &Matcher) -> EngineError {
        let error = matcher.get_error().unwrap_or_default();
        if error.starts_with("lexer error") || error.starts_with("parser error") {
            let reason = "what the answer is held to is too complex";
            return ConstraintError::new(self.param, reason).into();
        }
        broken()
    }
}

/// Leaves the logits that the mask allows. A model may have more logits than tokens.
fn apply(mask: &SimpleVob, logits: &mut [f32]) {
    let mut words = mask.as_slice().iter().copied();
    for chunk in logits.chunks_mut(32) {
        let word = words.next().unwrap_or(0);
        if word == u32::MAX {
            continue;
        }
        for (bit, logit) in chunk.iter_mut().enumerate() {
            if word & (1 << bit) == 0 {
                *logit = f32::NEG_INFINITY;
            }
        }
    }
}
