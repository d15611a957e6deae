//! The burn backend extension: operations that models are made of, on burn tensors.
//!
//! These are the small ones, each one step of a layer; [`blocks`] has whole ones.
//! Each has a default body of burn's own primitives ([`portable`]): the oracle of the tests and
//! the path for backends that have no kernels of ours. [`flex`] implements them with the kernels.
//! Functions of this file take and give tensors; what has no place in a tensor (plans, heads,
//! threads) goes along as plain values.

pub(crate) mod blocks;
pub(crate) mod encoder;
mod flex;
mod portable;

use std::sync::Arc;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
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
#[backend_extension(Flex)]
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
    /// the pages of their sequences, which lie in `keys` (`[pages * Heads::kv_row, PAGE]`) and
    /// `values` (`[pages * PAGE, Heads::kv_row]`), and lets each token attend to all of its sequence up to itself. Gives
    /// `[tokens, query heads * size]`, and keys and values, which were written in place if nobody
    /// else held them.
    fn attention(
        rows: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        how: Attending,
        compute: Compute,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let _ = compute;
        portable::attention::<Self>(rows, keys, values, &how)
    }
}

/// [`ModelOps::q_rows`] on tensors.
pub(crate) fn q_rows(weight: Tensor<1, Int>, rows: &[u32], plan: &Plan) -> Tensor<2> {
    let (weight, rows) = (weight.into_dispatch(), Rows(rows.into()));
    Tensor::from_dispatch(<Dispatch as ModelOps>::q_rows(weight, rows, plan.clone()))
}

#[cfg(test)]
mod tests;
