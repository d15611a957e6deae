//! Sampling: from logits to the next token.
//!
//! The order is that of llama.cpp's default chain: penalties, then top-k, top-p, min-p on the
//! distribution, then temperature, then a draw from a seeded generator. Temperature 0 takes the
//! most likely token, the lowest id of equals. The same seed and logits give the same tokens: the
//! generator is written out here, and sums run in a fixed order.

mod sampler;

pub(crate) use sampler::{BadLogits, Sampler};

/// How the next token is picked. Holding one means its numbers are in range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    temperature: f32,
    top_p: f32,
    top_k: u32,
    min_p: f32,
    repetition_penalty: f32,
    frequency_penalty: f32,
    presence_penalty: f32,
    seed: Option<u64>,
}

/// A number out of range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("`{name}` is {value} and must be from {low} to {high}")]
pub struct SamplingError {
    name: &'static str,
    value: f32,
    low: f32,
    high: f32,
}

impl SamplingError {
    /// The number's name, as in a request.
    pub fn param(&self) -> &'static str {
        self.name
    }
}

impl Default for Sampling {
    /// Temperature 1 over the whole distribution, no penalties, a fresh seed.
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            seed: None,
        }
    }
}

impl Sampling {
    /// A distribution sharpened by `temperature` (0 to 2; 0 is greedy) of which the `top_p`
    /// (0 to 1) most likely part is drawn from.
    pub fn new(temperature: f32, top_p: f32) -> Result<Self, SamplingError> {
        within("temperature", temperature, 0.0, 2.0)?;
        within("top_p", top_p, 0.0, 1.0)?;
        Ok(Self {
            temperature,
            top_p,
            ..Self::default()
        })
    }

    /// Always the most likely token.
    pub fn greedy() -> Self {
        Self {
            temperature: 0.0,
            ..Self::default()
        }
    }

    /// Only the `top_k` most likely tokens; 0 means all.
    pub fn with_top_k(self, top_k: u32) -> Self {
        Self { top_k, ..self }
    }

    /// Only tokens at least `min_p` (0 to 1) times as likely as the most likely one.
    pub fn with_min_p(self, min_p: f32) -> Result<Self, SamplingError> {
        within("min_p", min_p, 0.0, 1.0)?;
        Ok(Self { min_p, ..self })
    }

    /// Above 1 (0.1 to 4), tokens that were said before are said less (Keskar et al. 2019).
    pub fn with_repetition_penalty(self, penalty: f32) -> Result<Self, SamplingError> {
        within("repetition_penalty", penalty, 0.1, 4.0)?;
        Ok(Self {
            repetition_penalty: penalty,
            ..self
        })
    }

    /// Takes `penalty` (-2 to 2) off a token's logit for each time the answer has said it.
    pub fn with_frequency_penalty(self, penalty: f32) -> Result<Self, SamplingError> {
        within("frequency_penalty", penalty, -2.0, 2.0)?;
        Ok(Self {
            frequency_penalty: penalty,
            ..self
        })
    }

    /// Takes `penalty` (-2 to 2) off a token's logit once the answer has said it.
    pub fn with_presence_penalty(self, penalty: f32) -> Result<Self, SamplingError> {
        within("presence_penalty", penalty, -2.0, 2.0)?;
        Ok(Self {
            presence_penalty: penalty,
            ..self
        })
    }

    /// The same seed gives the same answer to the same prompt.
    pub fn with_seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }
}

fn within(name: &'static str, value: f32, low: f32, high: f32) -> Result<(), SamplingError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(SamplingError {
        name,
        value,
        low,
        high,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_named() {
        let plain = Sampling::default();
        for (result, name) in [
            (Sampling::new(-0.1, 1.0), "temperature"),
            (Sampling::new(2.1, 1.0), "temperature"),
            (Sampling::new(f32::NAN, 1.0), "temperature"),
            (Sampling::new(1.0, 1.1), "top_p"),
            (plain.with_min_p(-1.0), "min_p"),
            (plain.with_repetition_penalty(0.0), "repetition_penalty"),
            (plain.with_frequency_penalty(2.5), "frequency_penalty"),
            (
                plain.with_presence_penalty(f32::INFINITY),
                "presence_penalty",
            ),
        ] {
            assert_eq!(result.expect_err(name).param(), name);
        }
        for (temperature, top_p) in [(0.0, 0.0), (2.0, 1.0)] {
            assert!(Sampling::new(temperature, top_p).is_ok());
        }
    }
}
