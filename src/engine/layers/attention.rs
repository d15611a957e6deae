//! The attention block of a decoder: causal attention with fewer key heads than query heads (Ainslie et al. 2023,
//! arXiv:2305.13245), over what the sequences of a step remember.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::linear::{Linear, param};
use super::norm::RmsNorm;
use super::rope::Rope;
use crate::engine::arch::ModelError;
use crate::engine::backend;
use crate::engine::device::Place;
use crate::engine::kernels::Compute;
use crate::engine::kernels::attention::Heads;
use crate::engine::ops::blocks::{self, AttentionBlock, AttentionWeights};
use crate::engine::ops::{Attending, Memory, Span, View};
use crate::engine::weights::Weights;

/// One attention block, with the norm before it.
#[derive(Module, Debug)]
pub(crate) struct Attention {
    norm: RmsNorm,
    /// Query, key and value matrices, one below the other.
    inputs: Linear,
    output: Linear,
    /// Norms of each query head and each key head, where the model has them.
    norms: Option<HeadNorms>,
    #[module(skip)]
    heads: Heads,
    #[module(skip)]
    compute: Compute,
}

impl Attention {
    /// The block whose tensors are named `PREFIX.attn_…`, for rows of `width`.
    pub(crate) fn load(
        weights: &dyn Weights,
        prefix: &str,
        (heads, eps): (Heads, f32),
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
            norm: RmsNorm::load(weights, &name("norm"), width, (eps, compute.place()))?,
            inputs,
            output,
            norms: HeadNorms::load(weights, prefix, heads.size, compute.place())?,
            heads,
            compute: compute.clone(),
        })
    }

    /// Writes the keys and values of `x` (`[tokens, width]`) to `memory`, the layer's, lets each
    /// token attend, and adds what it gathered to it. Gives the memory back.
    pub(crate) fn forward(
        &self,
        x: Tensor<2>,
        rope: &Rope,
        angles: Tensor<2>,
        spans: Arc<[Span]>,
        memory: Memory,
    ) -> (Tensor<2>, Memory) {
        let weights = AttentionWeights {
            norm: self.norm.weight().into_dispatch(),
            inputs: self.inputs.matrix(),
            heads: match &self.norms {
                None => blocks::HeadNorms::None,
                Some(norms) => blocks::HeadNorms::Each {
                    queries: norms.queries.val().into_dispatch(),
                    keys: norms.keys.val().into_dispatch(),
                },
            },
            output: self.output.matrix(),
        };
        let how = AttentionBlock {
            attending: Attending {
                heads: self.heads,
                spans,
                view: View::default(),
            },
            turn: rope.turn(self.heads.query + self.heads.kv),
            eps: self.norm.eps(),
        };
        blocks::attention_block(x, angles, weights, memory, how, &self.compute)
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.inputs.bytes() + self.output.bytes()
    }
}

/// Root mean square norms over the lanes of each head (Qwen 3).
#[derive(Module, Debug)]
pub(super) struct HeadNorms {
    queries: Param<Tensor<1>>,
    keys: Param<Tensor<1>>,
}

impl HeadNorms {
    /// `PREFIX.attn_q_norm` and `PREFIX.attn_k_norm`, which a file has both or none of.
    pub(super) fn load(
        weights: &dyn Weights,
        prefix: &str,
        size: usize,
        place: Place,
    ) -> Result<Option<Self>, ModelError> {
        let name = |part: &str| format!("{prefix}.attn_{part}_norm.weight");
        if weights.find(&name("q")).is_none() && weights.find(&name("k")).is_none() {
            return Ok(None);
        }
        let load = |part: &str| -> Result<_, ModelError> {
            let weight = weights.shaped(&name(part), &[size])?.to_f32();
            Ok(param(backend::vector(weight, place)))
        };
        Ok(Some(Self {
            queries: load("q")?,
            keys: load("k")?,
        }))
    }

    /// Weights of queries and of keys, `[size]` each.
    pub(super) fn weights(&self) -> (Tensor<1>, Tensor<1>) {
        (self.queries.val(), self.keys.val())
    }
}
