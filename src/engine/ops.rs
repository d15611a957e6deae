//! The burn backend extension: operations that models are made of, on burn tensors.
//!
//! These are the small ones, each one step of a layer; [`blocks`] has whole ones.
//! Each has a default body of burn's own primitives ([`portable`]): the oracle of the tests and
//! the path for backends that have no kernels of ours. [`flex`] implements them with the kernels;
//! `cube`, for GPUs, only those for which the default would carry weights or caches to and fro.
//! Functions of this file take and give tensors; what has no place in a tensor (plans, heads,
//! threads) goes along as plain values.

pub(crate) mod blocks;
mod bounded;
#[cfg(feature = "gpu")]
mod cube;
pub(crate) mod encoder;
mod flex;
mod portable;

use std::sync::Arc;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::{Int, Tensor};

use super::kernels::attention::Heads;
use super::kernels::pack::Plan;
use super::kernels::{Compute, Pairing};

/// How [`rope`] turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Heads of each row that are turned, from the front; what follows is left alone.
    pub(crate) heads: usize,
    /// Lanes of a head, all of which turn.
    pub(crate) size: usize,
    pub(crate) pairing: Pairing,
}

/// What [`attention`] needs to know beside its tensors.
#[derive(Clone, Debug)]
pub(crate) struct Attending {
    pub(crate) heads: Heads,
    /// One for each sequence, in the order of the rows.
    pub(crate) spans: Arc<[Span]>,
    pub(crate) view: View,
}

/// What bounds the attention of Gemma's layers; of others nothing does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct View {
    /// How many tokens each token sees, itself and those just before it.
    pub(crate) window: Option<usize>,
    /// Scores `s` become `cap * tanh(s / cap)`.
    pub(crate) cap: Option<f32>,
}

impl View {
    /// The first token that the one at `position` sees.
    fn first(self, position: usize) -> usize {
        let window = self.window.unwrap_or(usize::MAX);
        (position + 1).saturating_sub(window)
    }

    /// How many tokens at the beginning of a sequence attend as if nothing bounded them.
    fn unbounded(self) -> usize {
        match self.cap {
            Some(_) => 0,
            None => self.window.unwrap_or(usize::MAX),
        }
    }
}

/// One sequence's rows.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    /// Tokens that its pages hold already.
    pub(crate) past: usize,
    /// Rows that are its.
    pub(crate) tokens: usize,
    /// Its pages, enough for all of them.
    pub(crate) table: Arc<[u32]>,
}

/// The keys, or the values, of all sequences: keys are `[pages * Heads::kv_row, PAGE]` and values
/// `[pages * PAGE, Heads::kv_row]`.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) enum Remembered<B: Backend> {
    /// In half or single precision.
    Floats(FloatTensor<B>),
    /// Rounded to bytes, head by head.
    Bytes {
        codes: IntTensor<B>,
        /// `[pages * key heads, PAGE]`, for keys and values alike: what one step of the codes of
        /// each token is.
        scales: FloatTensor<B>,
    },
}

/// Keys and values of a layer.
pub(crate) type Memory = (Remembered<Dispatch>, Remembered<Dispatch>);

/// How [`head_norm`] normalises.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadNorm {
    pub(crate) heads: Heads,
    /// What is added under the root.
    pub(crate) eps: f32,
}

/// Rows of a matrix, by number.
#[derive(Clone, Debug)]
pub(crate) struct Rows(Arc<[u32]>);

/// The operations.
#[backend_extension(Flex, Cube: cfg(feature = "gpu"))]
pub(crate) trait ModelOps: Backend {
    /// `x · Wᵀ`, `[tokens, rows]`, of `x` `[tokens, columns]` and `weight`, which `plan` packed.
    fn q_linear(
        x: FloatTensor<Self>,
        weight: IntTensor<Self>,
        plan: Plan,
        compute: Compute,
    ) -> FloatTensor<Self> {
        let _ = compute;
        portable::q_linear::<Self>(x, weight, &plan)
    }

    /// Rows of the matrix that `plan` packed, `[rows, columns]`.
    fn q_rows(weight: IntTensor<Self>, rows: Rows, plan: Plan) -> FloatTensor<Self> {
        portable::q_rows::<Self>(weight, &rows.0, &plan)
    }

    /// `x / rms(x) * weight`, row by row.
    fn rms_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        eps: f32,
        compute: Compute,
    ) -> FloatTensor<Self> {
        let _ = compute;
        portable::rms_norm::<Self>(x, weight, eps)
    }

    /// `x / rms(x) * weight` for each query head and each key head of rows `[tokens, Heads::row]`;
    /// values are left alone.
    fn head_norm(
        rows: FloatTensor<Self>,
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        how: HeadNorm,
        compute: Compute,
    ) -> FloatTensor<Self> {
        let _ = compute;
        portable::head_norm::<Self>(rows, queries, keys, how)
    }

    /// Turns the heads at the front of each row; row `t` of `angles` holds the cosines, then the
    /// sines, for row `t` of `x`.
    fn rope(x: FloatTensor<Self>, angles: FloatTensor<Self>, turn: Turn) -> FloatTensor<Self> {
        portable::rope::<Self>(x, angles, turn)
    }

    /// `silu(first half) * second half` of each row.
    fn swiglu(x: FloatTensor<Self>, compute: Compute) -> FloatTensor<Self> {
        let _ = compute;
        portable::swiglu::<Self>(x)
    }

    /// Writes the keys and values of `rows` (`[tokens, Heads::row]`: queries, keys, values) to
    /// the pages of their sequences, which lie in `keys` and `values`, and lets each token attend
    /// to its sequence up to itself, as far as its view goes. Gives
    /// `[tokens, query heads * size]`, and keys and values, which were written in place if nobody
    /// else held them.
    fn attention(
        rows: FloatTensor<Self>,
        #[extension_type] keys: Remembered<Self>,
        #[extension_type] values: Remembered<Self>,
        how: Attending,
        compute: Compute,
    ) -> (FloatTensor<Self>, Remembered<Self>, Remembered<Self>) {
        let _ = compute;
        portable::attention::<Self>(rows, keys, values, &how)
    }
}

/// [`ModelOps::q_linear`] on tensors.
pub(crate) fn q_linear(
    x: Tensor<2>,
    weight: Tensor<1, Int>,
    plan: &Plan,
    compute: &Compute,
) -> Tensor<2> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    let (plan, compute) = (plan.clone(), compute.clone());
    Tensor::from_dispatch(<Dispatch as ModelOps>::q_linear(x, weight, plan, compute))
}

/// [`ModelOps::q_rows`] on tensors.
pub(crate) fn q_rows(weight: Tensor<1, Int>, rows: &[u32], plan: &Plan) -> Tensor<2> {
    let (weight, rows) = (weight.into_dispatch(), Rows(rows.into()));
    Tensor::from_dispatch(<Dispatch as ModelOps>::q_rows(weight, rows, plan.clone()))
}

/// [`ModelOps::rms_norm`] on tensors.
pub(crate) fn rms_norm(x: Tensor<2>, weight: Tensor<1>, eps: f32, compute: &Compute) -> Tensor<2> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    let compute = compute.clone();
    Tensor::from_dispatch(<Dispatch as ModelOps>::rms_norm(x, weight, eps, compute))
}

/// [`ModelOps::head_norm`] on tensors.
pub(crate) fn head_norm(
    rows: Tensor<2>,
    (queries, keys): (Tensor<1>, Tensor<1>),
    how: HeadNorm,
    compute: &Compute,
) -> Tensor<2> {
    let (queries, keys) = (queries.into_dispatch(), keys.into_dispatch());
    let (rows, compute) = (rows.into_dispatch(), compute.clone());
    Tensor::from_dispatch(<Dispatch as ModelOps>::head_norm(
        rows, queries, keys, how, compute,
    ))
}

/// [`ModelOps::rope`] on tensors.
pub(crate) fn rope(x: Tensor<2>, angles: Tensor<2>, turn: Turn) -> Tensor<2> {
    let (x, angles) = (x.into_dispatch(), angles.into_dispatch());
    Tensor::from_dispatch(<Dispatch as ModelOps>::rope(x, angles, turn))
}

/// [`ModelOps::attention`] on tensors.
pub(crate) fn attention(
    rows: Tensor<2>,
    (keys, values): Memory,
    how: Attending,
    compute: &Compute,
) -> (Tensor<2>, Memory) {
    let (rows, compute) = (rows.into_dispatch(), compute.clone());
    let (out, keys, values) = <Dispatch as ModelOps>::attention(rows, keys, values, how, compute);
    (Tensor::from_dispatch(out), (keys, values))
}

#[cfg(test)]
mod tests;
