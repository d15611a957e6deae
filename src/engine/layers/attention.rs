//! Causal attention with fewer key heads than query heads (Ainslie et al. 2023,
//! arXiv:2305.13245), over the cache of one sequence.

use burn::module::Module;
use burn::tensor::Tensor;

use super::linear::Linear;
use super::rope::Rope;
use crate::engine::arch::ModelError;
use crate::engine::kernels::Compute;
use crate::engine::kernels::attention::Heads;
use crate::engine::kv_cache::KvCache;
use crate::engine::ops::{self, Attending};
use crate::engine::weights::Weights;

/// One attention layer.
#[derive(Module, Debug)]
pub(crate) struct Attention {
    /// Query, key and value matrices, one below the other.
    inputs: Linear,
    output: Linear,
    #[module(skip)]
    heads: Heads,
    #[module(skip)]
    compute: Compute,
}

impl Attention {
    /// The layer whose tensors are named `PREFIX.attn_…`, for rows of `width`.
    pub(crate) fn load(
        weights: &dyn Weights,
        prefix: &str,
        heads: Heads,
        width: usize,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let queries = heads.query * heads.size;
        let name = |part: &str| format!("{prefix}.attn_{part}");
        let parts = [
            (&*name("q"), queries),
            (&*name("k"), heads.kv_row()),
            (&*name("v"), heads.kv_row()),
        ];
        let inputs = Linear::load(weights, &parts, width, compute)?;
        let output = Linear::load(weights, &[(&*name("output"), width)], queries, compute)?;
        Ok(Self {
            inputs,
            output,
            heads,
            compute: compute.clone(),
        })
    }

    /// Appends the keys and values of `x` (`[tokens, width]`) to layer `layer` of `cache`.
    pub(crate) fn forward(
        &self,
        x: Tensor<2>,
        rope: &Rope,
        angles: Tensor<2>,
        cache: &mut KvCache,
        layer: usize,
    ) -> Tensor<2> {
        let turning = self.heads.query + self.heads.kv;
        let rows = rope.turn(self.inputs.forward(x), turning, angles);
        let how = Attending {
            heads: self.heads,
            past: cache.len(),
        };
        let (out, keys, values) = ops::attention(rows, cache.take(layer), how, &self.compute);
        cache.put(layer, keys, values);
        self.output.forward(out)
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.inputs.bytes() + self.output.bytes()
    }
}
