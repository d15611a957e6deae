//! The gated feed-forward layer (Shazeer 2020, arXiv:2002.05202).

use burn::module::Module;
use burn::tensor::Tensor;

use super::linear::Linear;
use crate::engine::arch::ModelError;
use crate::engine::kernels::Compute;
use crate::engine::ops;
use crate::engine::weights::Weights;

/// `down(silu(gate(x)) * up(x))`.
#[derive(Module, Debug)]
pub(crate) struct FeedForward {
    /// Gate and up matrices, one below the other.
    inputs: Linear,
    output: Linear,
    #[module(skip)]
    compute: Compute,
}

impl FeedForward {
    /// The layer whose tensors are named `PREFIX.ffn_…`: rows of `width`, `inner` inside.
    pub(crate) fn load(
        weights: &dyn Weights,
        prefix: &str,
        width: usize,
        inner: usize,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let name = |part: &str| format!("{prefix}.ffn_{part}");
        let parts = [(&*name("gate"), inner), (&*name("up"), inner)];
        let inputs = Linear::load(weights, &parts, width, compute)?;
        let output = Linear::load(weights, &[(&*name("down"), width)], inner, compute)?;
        Ok(Self {
            inputs,
            output,
            compute: compute.clone(),
        })
    }

    /// `x` is `[tokens, width]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.output
            .forward(ops::swiglu(self.inputs.forward(x), &self.compute))
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.inputs.bytes() + self.output.bytes()
    }
}
