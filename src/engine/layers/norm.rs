//! Normalisation of rows.

use burn::backend::Dispatch;
use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::linear::param;
use crate::engine::arch::ModelError;
use crate::engine::backend;
use crate::engine::device::Place;
use crate::engine::kernels::Compute;
use crate::engine::ops;
use crate::engine::weights::Weights;

/// Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467); the block that follows it
/// computes it.
#[derive(Module, Debug)]
pub(crate) struct RmsNorm {
    weight: Param<Tensor<1>>,
    eps: f32,
}

impl RmsNorm {
    /// The norm whose weight is tensor `NAME.weight`, `[width]`, at `place`.
    pub(crate) fn load(
        weights: &dyn Weights,
        name: &str,
        width: usize,
        (eps, place): (f32, Place),
    ) -> Result<Self, ModelError> {
        let weight = weights
            .shaped(&format!("{name}.weight"), &[width])?
            .to_f32();
        let weight = param(backend::vector(weight, place));
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
    #[module(skip)]
    compute: Compute,
}

impl LayerNorm {
    /// The norm whose tensors are `NAME.weight` and `NAME.bias`, `[width]` each.
    pub(crate) fn load(
        weights: &dyn Weights,
        name: &str,
        width: usize,
        eps: f32,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let vector = |part: &str| weights.shaped(&format!("{name}.{part}"), &[width]);
        let (weight, bias) = (vector("weight")?.to_f32(), vector("bias")?.to_f32());
        Ok(Self {
            weight: param(backend::vector(weight, compute.place())),
            bias: param(backend::vector(bias, compute.place())),
            eps,
            compute: compute.clone(),
        })
    }

    /// `x` is `[tokens, width]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        ops::encoder::layer_norm(x, self.norm(), &self.compute)
    }

    /// The norm, for an operation that normalises itself.
    pub(crate) fn norm(&self) -> ops::encoder::Norm<Dispatch> {
        ops::encoder::Norm {
            weight: self.weight.val().into_dispatch(),
            bias: self.bias.val().into_dispatch(),
            eps: self.eps,
        }
    }
}
