//! The fat operations on burn's CPU backend.

use burn::backend::Flex;
use burn_flex::FlexTensor;

use super::super::flex::{attend, floats, kept_mut, matrix as new_matrix, size};
use super::super::{Remembered, Rows};
use super::{
    AttentionBlock, AttentionWeights, Bias, BlockOps, FeedForwardWeights, HeadNorms, Matrix,
};
use crate::engine::kernels::Compute;
use crate::engine::kernels::input::Input;
use crate::engine::kernels::matmul::{Finish, multiply};
use crate::engine::kernels::remember::{Finishing, Own, remember};

/// What becomes of the products of `matrix`.
fn finish(matrix: &Matrix<Flex>, add: bool) -> Finish<'_> {
    let bias = match &matrix.bias {
        Bias::None => None,
        Bias::Each(bias) => Some(floats(bias)),
    };
    Finish { bias, add }
}

/// `out = x · Wᵀ + b`, or `out += …`.
fn product(compute: &Compute, matrix: &Matrix<Flex>, x: Input<'_>, out: &mut [f32], add: bool) {
    let packed = (&matrix.plan, matrix.weight.bytes());
    multiply(compute, packed, x, out, finish(matrix, add));
}

impl BlockOps for Flex {
    fn attention_block(
        mut x: FlexTensor,
        angles: FlexTensor,
        weights: AttentionWeights<Self>,
        mut keys: Remembered<Self>,
        mut values: Remembered<Self>,
        how: AttentionBlock,
        compute: Compute,
    ) -> (FlexTensor, Remembered<Self>, Remembered<Self>) {
        let (heads, eps) = (how.attending.heads, how.eps);
        let (tokens, _) = size(&x);
        let normed = Input::Normed {
            x: floats(&x),
            weight: floats(&weights.norm),
            eps,
        };
        let mut rows = compute.floats(tokens * heads.row());
        product(&compute, &weights.inputs, normed, &mut rows, false);
        let finishing = Finishing {
            heads,
            pairing: how.turn.pairing,
            angles: floats(&angles),
            norms: match &weights.heads {
                HeadNorms::None => None,
                HeadNorms::Each { queries, keys } => Some((floats(queries), floats(keys), eps)),
            },
        };
        let spans = how.attending.spans.iter();
        let own: Vec<_> = spans
            .map(|span| Own {
                table: &span.table,
                first: span.past,
                tokens: span.tokens,
            })
            .collect();
        let kept = (kept_mut(&mut keys), kept_mut(&mut values));
        remember(&compute, &mut rows, finishing, &own, kept);
        let mut attended = compute.floats(tokens * heads.query * heads.size);
        attend(
            &rows,
            (&keys, &values),
            &how.attending,
            &compute,
            &mut attended,
        );
        let attended = Input::Given(&attended);
        product(&compute, &weights.output, attended, x.storage_mut(), true);
        (x, keys, values)
    }

    fn feed_forward_block(
        mut x: FlexTensor,
        weights: FeedForwardWeights<Self>,
        eps: f32,
        compute: Compute,
    ) -> FlexTensor {
        let (tokens, _) = size(&x);
        let normed = Input::Normed {
            x: floats(&x),
            weight: floats(&weights.norm),
            eps,
        };
        let mut both = compute.floats(tokens * weights.inputs.plan.rows());
        product(&compute, &weights.inputs, normed, &mut both, false);
        let gated = Input::Gated(&both);
        product(&compute, &weights.output, gated, x.storage_mut(), true);
        x
    }

    fn lm_head(
        x: FlexTensor,
        rows: Rows,
        norm: FlexTensor,
        matrix: Matrix<Self>,
        eps: f32,
        compute: Compute,
    ) -> FlexTensor {
        let (_, width) = size(&x);
        let x = floats(&x);
        let mut picked = compute.floats(rows.0.len() * width);
        for (row, out) in rows.0.iter().zip(picked.chunks_exact_mut(width)) {
            out.copy_from_slice(&x[*row as usize * width..][..width]);
        }
        let normed = Input::Normed {
            x: &picked,
            weight: floats(&norm),
            eps,
        };
        new_matrix(rows.0.len(), matrix.plan.rows(), |out| {
            product(&compute, &matrix, normed, out, false);
        })
    }
}
