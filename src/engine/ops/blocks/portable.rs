//! The fat operations made of the small ones.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Shape, Slice};

use super::super::{HeadNorm, ModelOps, Remembered, Rows};
use super::{AttentionBlock, AttentionWeights, Bias, FeedForwardWeights, HeadNorms, Matrix};
use crate::engine::kernels::Compute;

/// Rows, keys, values.
type Three<B> = (FloatTensor<B>, Remembered<B>, Remembered<B>);

/// `x · Wᵀ + b`.
fn linear<B: ModelOps>(x: FloatTensor<B>, matrix: Matrix<B>, compute: &Compute) -> FloatTensor<B> {
    let rows = matrix.plan.rows();
    let out = B::q_linear(x, matrix.weight, matrix.plan, compute.clone());
    match matrix.bias {
        Bias::None => out,
        Bias::Each(bias) => B::float_add(out, B::float_reshape(bias, Shape::from([1, rows]))),
    }
}

pub(super) fn attention_block<B: ModelOps>(
    x: FloatTensor<B>,
    angles: FloatTensor<B>,
    weights: AttentionWeights<B>,
    (keys, values): (Remembered<B>, Remembered<B>),
    how: AttentionBlock,
    compute: &Compute,
) -> Three<B> {
    let normed = B::rms_norm(x.clone(), weights.norm, how.eps, compute.clone());
    let mut rows = linear::<B>(normed, weights.inputs, compute);
    if let HeadNorms::Each { queries, keys } = weights.heads {
        let (heads, eps) = (how.attending.heads, how.eps);
        rows = B::head_norm(
            rows,
            queries,
            keys,
            HeadNorm { heads, eps },
            compute.clone(),
        );
    }
    let rows = B::rope(rows, angles, how.turn);
    let (out, keys, values) =
        <B as ModelOps>::attention(rows, keys, values, how.attending, compute.clone());
    let x = B::float_add(x, linear::<B>(out, weights.output, compute));
    (x, keys, values)
}

pub(super) fn feed_forward_block<B: ModelOps>(
    x: FloatTensor<B>,
    weights: FeedForwardWeights<B>,
    eps: f32,
    compute: &Compute,
) -> FloatTensor<B> {
    let normed = B::rms_norm(x.clone(), weights.norm, eps, compute.clone());
    let gated = B::swiglu(
        linear::<B>(normed, weights.inputs, compute),
        compute.clone(),
    );
    B::float_add(x, linear::<B>(gated, weights.output, compute))
}

pub(super) fn lm_head<B: ModelOps>(
    x: FloatTensor<B>,
    rows: &Rows,
    norm: FloatTensor<B>,
    matrix: Matrix<B>,
    eps: f32,
    compute: &Compute,
) -> FloatTensor<B> {
    let width = x.shape()[1];
    let row = |row: &u32| {
        let row = *row as usize;
        B::float_slice(
            x.clone(),
            &[Slice::from(row..row + 1), Slice::from(0..width)],
        )
    };
    let picked = B::float_cat(rows.0.iter().map(row).collect(), 0);
    let normed = B::rms_norm(picked, norm, eps, compute.clone());
    linear::<B>(normed, matrix, compute)
}
