//! A layer of Gemma 2 and 3 (arXiv:2408.00118, arXiv:2503.19786): norms before and after both of its
//! blocks, a gate of GELU, and attention that in most layers goes back a window only.
//!
//! Made of the small operations: the fat ones have neither the later norms nor the gate.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::attention::HeadNorms;
use super::linear::{Linear, param};
use super::norm::RmsNorm;
use super::rope::Rope;
use crate::engine::arch::ModelError;
use crate::engine::backend;
use crate::engine::kernels::Compute;
use crate::engine::kernels::attention::Heads;
use crate::engine::ops::{self, Attending, HeadNorm, Memory, Span, View};
use crate::engine::weights::Weights;

/// What all layers have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) heads: Heads,
    pub(crate) width: usize,
    pub(crate) inner: usize,
    pub(crate) eps: f32,
    /// What queries are multiplied by, beside what attention does.
    pub(crate) query_scale: f32,
}

/// One layer.
#[derive(Module, Debug)]
pub(crate) struct GemmaLayer {
    norm: RmsNorm,
    /// Query, key and value matrices, one below the other.
    inputs: Linear,
    norms: Option<HeadNorms>,
    /// For each lane of a row of queries, keys and values, where queries are scaled.
    scale: Option<Param<Tensor<1>>>,
    output: Linear,
    after_attention: RmsNorm,
    feed_norm: RmsNorm,
    /// Gate and up matrices, one below the other.
    feed_inputs: Linear,
    feed_output: Linear,
    after_feed: RmsNorm,
    #[module(skip)]
    heads: Heads,
    #[module(skip)]
    view: View,
    #[module(skip)]
    compute: Compute,
}

impl GemmaLayer {
    /// The layer whose tensors are named `PREFIX.…`.
    pub(crate) fn load(
        weights: &dyn Weights,
        prefix: &str,
        shape: Shape,
        view: View,
        compute: &Compute,
    ) -> Result<Self, ModelError> {
        let Shape {
            heads,
            width,
            inner,
            eps,
            query_scale,
        } = shape;
        let name = |part: &str| format!("{prefix}.{part}");
        let place = compute.place();
        let norm = |part: &str| RmsNorm::load(weights, &name(part), width, (eps, place));
        let linear = |parts: &[(&str, usize)], columns: usize| {
            let parts: Vec<_> = parts
                .iter()
                .map(|(part, rows)| (name(part), *rows))
                .collect();
            let parts: Vec<_> = parts.iter().map(|(part, rows)| (&**part, *rows)).collect();
            Linear::load(weights, &parts, columns, compute)
        };
        let (queries, kv) = (heads.query * heads.size, heads.kv_row());
        let scale = || {
            let mut lanes = vec![query_scale; queries];
            lanes.resize(heads.row(), 1.0);
            param(backend::vector(lanes, place))
        };
        let rows = [("attn_q", queries), ("attn_k", kv), ("attn_v", kv)];
        #[allow(clippy::float_cmp, reason = "one is meant exactly")]
        let scaled = query_scale != 1.0;
        Ok(Self {
            norm: norm("attn_norm")?,
            inputs: linear(&rows, width)?,
            norms: HeadNorms::load(weights, prefix, heads.size, place)?,
            scale: scaled.then(scale),
            output: linear(&[("attn_output", width)], queries)?,
            after_attention: norm("post_attention_norm")?,
            feed_norm: norm("ffn_norm")?,
            feed_inputs: linear(&[("ffn_gate", inner), ("ffn_up", inner)], width)?,
            feed_output: linear(&[("ffn_down", width)], inner)?,
            after_feed: norm("post_ffw_norm")?,
            heads,
            view,
            compute: compute.clone(),
        })
    }

    /// Runs `x` (`[tokens, width]`) through the layer, whose memory is given and given back.
    pub(crate) fn forward(
        &self,
        x: Tensor<2>,
        rope: &Rope,
        angles: Tensor<2>,
        spans: Arc<[Span]>,
        memory: Memory,
    ) -> (Tensor<2>, Memory) {
        let mut rows = self.inputs.forward(self.normed(&self.norm, x.clone()));
        if let Some(norms) = &self.norms {
            let how = HeadNorm {
                heads: self.heads,
                eps: self.norm.eps(),
            };
            rows = ops::head_norm(rows, norms.weights(), how, &self.compute);
        }
        let turn = rope.turn(self.heads.query + self.heads.kv);
        rows = ops::rope(rows, angles, turn);
        if let Some(scale) = &self.scale {
            rows = rows * scale.val().unsqueeze();
        }
        let how = Attending {
            heads: self.heads,
            spans,
            view: self.view,
        };
        let (attended, kept) = ops::attention(rows, memory, how, &self.compute);
        let attended = self.output.forward(attended);
        let x = x + self.normed(&self.after_attention, attended);
        let fed = self.feed(self.normed(&self.feed_norm, x.clone()));
        (x + self.normed(&self.after_feed, fed), kept)
    }

    fn feed(&self, x: Tensor<2>) -> Tensor<2> {
        let both = self.feed_inputs.forward(x);
        let [tokens, columns] = both.dims();
        let inner = columns / 2;
        let gate = both.clone().slice([0..tokens, 0..inner]);
        let up = both.slice([0..tokens, inner..columns]);
        self.feed_output.forward(gelu(gate) * up)
    }

    fn normed(&self, norm: &RmsNorm, x: Tensor<2>) -> Tensor<2> {
        ops::rms_norm(x, norm.weight(), norm.eps(), &self.compute)
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> u64 {
        let all = [
            &self.inputs,
            &self.output,
            &self.feed_inputs,
            &self.feed_output,
        ];
        all.iter().map(|linear| linear.bytes()).sum()
    }
}

/// GELU by its approximation with a hyperbolic tangent (arXiv:1606.08415), as Gemma was trained.
fn gelu(x: Tensor<2>) -> Tensor<2> {
    let cube = x.clone() * x.clone() * x.clone();
    let inner = (x.clone() + cube * 0.044_715) * (2.0 / std::f32::consts::PI).sqrt();
    x * (inner.tanh() + 1.0) * 0.5
}
