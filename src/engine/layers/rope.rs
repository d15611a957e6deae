//! Rotary position embedding: which angle a pair of lanes has turned by at a position.

use burn::tensor::Tensor;

use crate::engine::arch::ModelError;
use crate::engine::backend;
use crate::engine::device::Place;
use crate::engine::kernels::Pairing;
use crate::engine::ops::Turn;

/// Turns queries and keys by their position.
#[derive(Clone, Debug)]
pub(crate) struct Rope {
    /// Angle per position of each pair of lanes.
    speeds: Vec<f64>,
    pairing: Pairing,
}

impl Rope {
    /// Heads of `size` lanes; `base` is the model's `rope.freq_base`. `factors`, if there are
    /// any, divide the speed of each pair (Llama 3.1's long context).
    pub(crate) fn new(
        size: usize,
        base: f32,
        pairing: Pairing,
        factors: Option<&[f32]>,
    ) -> Result<Self, ModelError> {
        let bad = |what, found: String| Err(ModelError::Config { what, found });
        if size == 0 || !size.is_multiple_of(2) {
            return bad("head size", size.to_string());
        }
        if !base.is_finite() || base <= 0.0 {
            return bad("base of the positions' angles", base.to_string());
        }
        let wrong = |factor: &&f32| !factor.is_finite() || **factor <= 0.0;
        if let Some(factor) = factors.unwrap_or_default().iter().find(wrong) {
            return bad("factor of the positions' angles", factor.to_string());
        }
        #[allow(clippy::cast_precision_loss, reason = "heads are small")]
        let speed = |pair: usize| f64::from(base).powf(-2.0 * pair as f64 / size as f64);
        let mut speeds: Vec<f64> = (0..size / 2).map(speed).collect();
        for (speed, factor) in speeds.iter_mut().zip(factors.unwrap_or_default()) {
            *speed /= f64::from(*factor);
        }
        Ok(Self { speeds, pairing })
    }

    /// `[positions, size]`: cosines, then sines; at `place`.
    pub(crate) fn angles(&self, positions: impl Iterator<Item = usize>, place: Place) -> Tensor<2> {
        let mut table = Vec::new();
        let mut tokens = 0;
        for position in positions {
            tokens += 1;
            #[allow(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "positions are small; cosines are wanted in single precision"
            )]
            let each = |of: fn(f64) -> f64| {
                self.speeds
                    .iter()
                    .map(move |speed| of(position as f64 * speed) as f32)
            };
            table.extend(each(f64::cos));
            table.extend(each(f64::sin));
        }
        backend::matrix(table, (tokens, self.speeds.len() * 2), place)
    }

    /// How the first `heads` heads of each row turn.
    pub(crate) fn turn(&self, heads: usize) -> Turn {
        Turn {
            heads,
            size: self.speeds.len() * 2,
            pairing: self.pairing,
        }
    }
}
