//! How a model that was trained on short texts takes longer ones: its positions are stretched.

use super::{ModelError, fits};

/// A rule that slows the turning of lanes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::engine::arch) enum Stretch {
    None,
    /// All lanes turn `factor` times slower (Chen et al. 2023, arXiv:2306.15595).
    Linear {
        factor: f32,
    },
    /// Llama 3.1's: lanes that turn more than `high` times within the first training's context of
    /// `original` tokens are left alone, those that turn less than `low` times are slowed by
    /// `factor`, and those between them by something between.
    Llama3 {
        factor: f32,
        low: f32,
        high: f32,
        original: f32,
    },
}

/// The error of a rule that this build does not know, such as YaRN.
pub(super) fn unknown_stretch(name: &str) -> ModelError {
    ModelError::Config {
        what: "scaling of positions",
        found: name.chars().take(40).collect(),
    }
}

impl Stretch {
    /// Fails on numbers that cannot be.
    pub(super) fn check(self) -> Result<(), ModelError> {
        let numbers = match self {
            Self::None => return Ok(()),
            Self::Linear { factor } => [factor; 4],
            Self::Llama3 {
                factor,
                low,
                high,
                original,
            } => {
                fits("scaling's upper bound", high > low, high)?;
                [factor, low, high, original]
            }
        };
        for number in numbers {
            let fine = number.is_finite() && number > 0.0;
            fits("scaling of positions", fine, number)?;
        }
        Ok(())
    }

    /// What divides the speed of each pair of the `size` lanes of a head, of which the fastest
    /// turns by one in a position and the others by powers of `1 / base`; none if nothing does.
    pub(in crate::engine::arch) fn factors(self, size: usize, base: f32) -> Option<Vec<f32>> {
        #[allow(clippy::cast_precision_loss, reason = "heads are small")]
        let speed = |pair: usize| base.powf(-2.0 * pair as f32 / size as f32);
        let speeds = (0..size / 2).map(speed);
        match self {
            Self::None => None,
            Self::Linear { factor } => Some(vec![factor; size / 2]),
            Self::Llama3 {
                factor,
                low,
                high,
                original,
            } => {
                let one = |speed: f32| {
                    let turns = original * speed / std::f32::consts::TAU;
                    let smooth = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                    ((1.0 - smooth) / factor + smooth).recip()
                };
                Some(speeds.map(one).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Llama 3.2's rule; the numbers are those of the `rope_freqs.weight` that llama.cpp's
    /// converter computes for it (`convert_hf_to_gguf.py`, `generate_extra_tensors`).
    #[test]
    fn llama_3_slows_what_turns_seldom() {
        let rule = Stretch::Llama3 {
            factor: 32.0,
            low: 1.0,
            high: 4.0,
            original: 8192.0,
        };
        let factors = rule.factors(64, 500_000.0).expect("factors");
        assert_eq!(factors.len(), 32);
        for (pair, expected) in [(0, 1.0), (14, 1.0), (31, 32.0)] {
            assert!((factors[pair] - expected).abs() < 1e-4, "{factors:?}");
        }
        assert!(factors.is_sorted());
        rule.check().expect("sound");
        let even = Stretch::Linear { factor: 4.0 };
        assert_eq!(even.factors(8, 10_000.0), Some(vec![4.0; 4]));
    }

    #[test]
    fn rules_that_cannot_be_are_errors() {
        let rule = |factor, low, high, original| Stretch::Llama3 {
            factor,
            low,
            high,
            original,
        };
        for bad in [
            Stretch::Linear { factor: 0.0 },
            Stretch::Linear { factor: f32::NAN },
            rule(8.0, 4.0, 4.0, 8192.0),
            rule(-8.0, 1.0, 4.0, 8192.0),
            rule(8.0, 1.0, f32::INFINITY, 8192.0),
            rule(8.0, 1.0, 4.0, 0.0),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
