//! Logprobs in OpenAI's shape.

use serde::Serialize;

use crate::engine::{Likely, TokenLogprob};

/// What OpenAI gives in the place of minus infinity, which JSON does not have.
const NEVER: f32 = -9999.0;

/// `choices[].logprobs`.
#[derive(Debug, Serialize)]
pub(super) struct WireLogprobs {
    content: Vec<WireToken>,
    refusal: (),
}

#[derive(Debug, Serialize)]
struct WireToken {
    #[serde(flatten)]
    said: WireLikely,
    top_logprobs: Vec<WireLikely>,
}

#[derive(Debug, Serialize)]
struct WireLikely {
    token: String,
    logprob: f32,
    bytes: Option<Vec<u8>>,
}

impl From<Vec<TokenLogprob>> for WireLogprobs {
    fn from(tokens: Vec<TokenLogprob>) -> Self {
        let wire = |token: TokenLogprob| WireToken {
            said: token.said.into(),
            top_logprobs: token.alternatives.into_iter().map(Into::into).collect(),
        };
        Self {
            content: tokens.into_iter().map(wire).collect(),
            refusal: (),
        }
    }
}

impl From<Likely> for WireLikely {
    fn from(likely: Likely) -> Self {
        Self {
            token: likely.token,
            logprob: likely.logprob.max(NEVER),
            bytes: likely.bytes,
        }
    }
}
