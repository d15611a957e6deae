//! The gated feed-forward block (Shazeer 2020, arXiv:2002.05202).

use burn::module::Module;
use burn::tensor::Tensor;

use super::linear::Linear;
use super::norm::RmsNorm;
use crate::engine::arch::ModelError;
use crate::engine::kernels::Compute;
use crate::engine::ops::blocks::{self, FeedForwardWeights};
use crate::engine::weights::Weights;

/// `x + down(silu(gate(norm(x))) * up(norm(x)))`.
#[derive(Module, Debug)]
pub(crate) struct FeedForward {
    norm: RmsNorm,
    /// Gate and up matrices, one below the other.
    inputs: Linear,
    output: Linear,
    #[module(skip)]
    compute: Compute,
}

impl FeedForward {
    /// The block whose tensors are named `PREFIX.ffn_…`: rows of `width`, `inner` inside.
    pub(crate) fn load(
        weights: &dyn Weights,
        prefix: &str,
        (width, inner): (usize, usize),
        eps: f32,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let name = |part: &str| format!("{prefix}.ffn_{part}");
        let parts = [(&*name("gate"), inner), (&*name("up"), inner)];
        let inputs = Linear::load(weights, &parts, width, compute)?;
        let output = Linear::load(weights, &[(&*name("down"), width)], inner, compute)?;
        Ok(Self {
            norm: RmsNorm::load(weights, &name("norm"), width, (eps, compute.place()))?,
            inputs,
            output,
            compute: compute.clone(),
        })
    }

    /// `x` is `[tokens, width]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let weights = FeedForwardWeights {
            norm: self.norm.weight().into_dispatch(),
            inputs: self.inputs.matrix(),
            output: self.output.matrix(),
        };
        blocks::feed_forward_block(x, weights, self.norm.eps(), &self.compute)
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.inputs.bytes() + self.output.bytes()
    }
}
