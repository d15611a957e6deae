//! Normalisation of rows.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::linear::param;
use crate::engine::arch::ModelError;
use crate::engine::backend;
use crate::engine::weights::Weights;

/// Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467); the block that follows it
/// computes it.
#[derive(Module, Debug)]
pub(crate) struct RmsNorm {
    weight: Param<Tensor<1>>,
    eps: f32,
}

impl RmsNorm {
    /// The norm whose weight is tensor `NAME.weight`, `[width]`.
    pub(crate) fn load(
        weights: &dyn Weights,
        name: &str,
        width: usize,
        eps: f32,
    ) -> Result<Self, ModelError> {
        let weight = weights
            .shaped(&format!("{name}.weight"), &[width])?
            .to_f32();
        let weight = param(backend::vector(weight));
        Ok(Self { weight, eps })
    }

    /// `[width]`.
    pub(crate) fn weight(&self) -> Tensor<1> {
        self.weight.val()
    }

    /// What is added under the root.
    pub(crate) fn eps(&self) -> f32 {
        self.eps
    }
}

/// Layer norm (Ba et al. 2016, arXiv:1607.06450): mean and variance taken out, then scale and
/// shift.
#[derive(Module, Debug)]
pub(crate) struct LayerNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
    eps: f32,
}

impl LayerNorm {
    /// The norm whose tensors are `NAME.weight` and `NAME.bias`, `[width]` each.
    pub(crate) fn load(
        weights: &dyn Weights,
        name: &str,
        width: usize,
        eps: f32,
    ) -> Result<Self, ModelError> {
        let weight = weights
            .shaped(&format!("{name}.weight"), &[width])?
            .to_f32();
        let bias = weights.shaped(&format!("{name}.bias"), &[width])?.to_f32();
        Ok(Self {
            weight: param(backend::vector(weight)),
            bias: param(backend::vector(bias)),
            eps,
        })
    }

    /// `x` is `[tokens, width]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let centred = x.clone() - x.mean_dim(1);
        let variance = (centred.clone() * centred.clone()).mean_dim(1);
        let unit = centred / variance.add_scalar(self.eps).sqrt();
        unit * self.weight.val().unsqueeze() + self.bias.val().unsqueeze()
    }
}
