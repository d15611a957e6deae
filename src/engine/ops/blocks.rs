//! The fat operations: what a layer of a decoder does, in one call for all rows of a step.
//!
//! Each has a default body of the small ones of [`super`], which is its oracle and the path of
//! backends that have none of their own. On the CPU the numbers between two products stay near,
//! and need neither tensors nor passes of their own.

mod flex;
mod portable;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::{Int, Tensor};

use super::{Attending, Memory, ModelOps, Remembered, Rows, Turn};
use crate::engine::kernels::Compute;
use crate::engine::kernels::pack::Plan;

/// A packed matrix `[rows, columns]` and what is added to its products.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Matrix<B: Backend> {
    pub(crate) weight: IntTensor<B>,
    #[extension_type]
    pub(crate) bias: Bias<B>,
    pub(crate) plan: Plan,
}

/// What is added to the products of a matrix.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) enum Bias<B: Backend> {
    None,
    /// `[rows]`.
    Each(FloatTensor<B>),
}

/// Norms of heads (Qwen 3).
#[derive(Clone, Debug, ExtensionType)]
pub(crate) enum HeadNorms<B: Backend> {
    None,
    /// `[size]` for each query head and each key head.
    Each {
        queries: FloatTensor<B>,
        keys: FloatTensor<B>,
    },
}

/// The weights of an attention block.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct AttentionWeights<B: Backend> {
    /// `[width]`.
    pub(crate) norm: FloatTensor<B>,
    /// Queries, keys and values, one below the other.
    #[extension_type]
    pub(crate) inputs: Matrix<B>,
    #[extension_type]
    pub(crate) heads: HeadNorms<B>,
    #[extension_type]
    pub(crate) output: Matrix<B>,
}

/// The weights of a feed-forward block.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct FeedForwardWeights<B: Backend> {
    /// `[width]`.
    pub(crate) norm: FloatTensor<B>,
    /// Gate and up, one below the other.
    #[extension_type]
    pub(crate) inputs: Matrix<B>,
    #[extension_type]
    pub(crate) output: Matrix<B>,
}

/// What an attention block needs to know beside its tensors.
#[derive(Clone, Debug)]
pub(crate) struct AttentionBlock {
    pub(crate) attending: Attending,
    /// How queries and keys turn; all of them do.
    pub(crate) turn: Turn,
    /// What is added under the roots of its norms.
    pub(crate) eps: f32,
}

/// The operations.
#[backend_extension(Flex, Cube: cfg(feature = "gpu"))]
pub(crate) trait BlockOps: ModelOps {
    /// `x + attention(norm(x))`: `x` is `[tokens, width]`, rows of several sequences one after
    /// the other; `angles` is as for [`ModelOps::rope`]; keys and values are as for
    /// [`ModelOps::attention`] and are given back.
    fn attention_block(
        x: FloatTensor<Self>,
        angles: FloatTensor<Self>,
        #[extension_type] weights: AttentionWeights<Self>,
        #[extension_type] keys: Remembered<Self>,
        #[extension_type] values: Remembered<Self>,
        how: AttentionBlock,
        compute: Compute,
    ) -> (FloatTensor<Self>, Remembered<Self>, Remembered<Self>) {
        portable::attention_block::<Self>(x, angles, weights, (keys, values), how, &compute)
    }

    /// `x + down(silu(gate(norm(x))) * up(norm(x)))`: `x` is `[tokens, width]`.
    fn feed_forward_block(
        x: FloatTensor<Self>,
        #[extension_type] weights: FeedForwardWeights<Self>,
        eps: f32,
        compute: Compute,
    ) -> FloatTensor<Self> {
        portable::feed_forward_block::<Self>(x, weights, eps, &compute)
    }

    /// The logits `[rows, vocab]` of some rows of `x`, `[tokens, width]`: the last of each
    /// sequence that is to go on, for instance.
    fn lm_head(
        x: FloatTensor<Self>,
        rows: Rows,
        norm: FloatTensor<Self>,
        #[extension_type] matrix: Matrix<Self>,
        eps: f32,
        compute: Compute,
    ) -> FloatTensor<Self> {
        portable::lm_head::<Self>(x, &rows, norm, matrix, eps, &compute)
    }
}

/// A matrix of tensors.
pub(crate) fn matrix(
    weight: Tensor<1, Int>,
    bias: Option<Tensor<1>>,
    plan: &Plan,
) -> Matrix<Dispatch> {
    Matrix {
        weight: weight.into_dispatch(),
        bias: match bias {
            Some(bias) => Bias::Each(bias.into_dispatch()),
            None => Bias::None,
        },
        plan: plan.clone(),
    }
}

/// [`BlockOps::attention_block`] on tensors.
pub(crate) fn attention_block(
    x: Tensor<2>,
    angles: Tensor<2>,
    weights: AttentionWeights<Dispatch>,
    (keys, values): Memory,
    how: AttentionBlock,
    compute: &Compute,
) -> (Tensor<2>, Memory) {
    let (x, angles) = (x.into_dispatch(), angles.into_dispatch());
    let compute = compute.clone();
    let (x, keys, values) =
        <Dispatch as BlockOps>::attention_block(x, angles, weights, keys, values, how, compute);
    (Tensor::from_dispatch(x), (keys, values))
}

/// [`BlockOps::feed_forward_block`] on tensors.
pub(crate) fn feed_forward_block(
    x: Tensor<2>,
    weights: FeedForwardWeights<Dispatch>,
    eps: f32,
    compute: &Compute,
) -> Tensor<2> {
    let x = x.into_dispatch();
    Tensor::from_dispatch(<Dispatch as BlockOps>::feed_forward_block(
        x,
        weights,
        eps,
        compute.clone(),
    ))
}

/// [`BlockOps::lm_head`] on tensors.
pub(crate) fn lm_head(
    x: Tensor<2>,
    rows: &[u32],
    norm: Tensor<1>,
    matrix: Matrix<Dispatch>,
    eps: f32,
    compute: &Compute,
) -> Tensor<2> {
    let (x, norm) = (x.into_dispatch(), norm.into_dispatch());
    let (rows, compute) = (Rows(rows.into()), compute.clone());
    Tensor::from_dispatch(<Dispatch as BlockOps>::lm_head(
        x, rows, norm, matrix, eps, compute,
    ))
}

#[cfg(test)]
mod tests;
