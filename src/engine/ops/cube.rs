//! The operations on a GPU, where the default bodies would carry weights or whole caches about.
//!
//! Weights lie there as a [`Plan::plain`] says: rows of half or single precision. Of the memory of
//! a layer, keys lie as values do, a row for each token, so that a step writes its rows in place
//! and reads those of a sequence by their numbers. What lies in which page is as on the CPU.
//! Everything else, and the fat operations, are the default bodies: many small kernels of burn's.

use burn::backend::TensorMetadata;
use burn::backend::ops::{ActivationOps, BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::tensor::{DType, FloatDType, IndexingUpdateOp, IntDType, Shape, TensorData};
use burn_cubecl::CubeBackend as Cube;
use burn_cubecl::kernel::matmul::{MatmulStrategy, matmul};
use burn_cubecl::tensor::CubeTensor;

use super::blocks::BlockOps;
use super::portable::cut;
use super::{Attending, ModelOps, Remembered, Rows, Span};
use crate::engine::kernels::Compute;
use crate::engine::kernels::attention::{Heads, PAGE};
use crate::engine::kernels::kept::place;
use crate::engine::kernels::pack::Plan;
use crate::engine::quant::Format;

impl BlockOps for Cube {}

impl ModelOps for Cube {
    fn q_linear(x: CubeTensor, weight: CubeTensor, plan: Plan, _: Compute) -> CubeTensor {
        let weight = Cube::float_transpose(dense(weight, &plan));
        if weight.dtype == DType::F32 {
            return Cube::float_matmul(x, weight);
        }
        // Half precision ends at 65504, which activations pass: each row is scaled to its largest.
        let most = Cube::float_max_abs_dim(x.clone(), 1);
        let most = Cube::float_clamp_min(most, f32::MIN_POSITIVE.into());
        let unit = Cube::float_cast(Cube::float_div(x, most.clone()), FloatDType::F16);
        let product = matmul(unit, weight, None, MatmulStrategy::default(), DType::F32);
        let product = product.expect("a device that was seen to multiply half precision");
        Cube::float_mul(product, most)
    }

    fn q_rows(weight: CubeTensor, rows: Rows, plan: Plan) -> CubeTensor {
        let numbers = rows.0.iter().map(|row| *row as usize);
        let numbers = indices(numbers, &weight);
        let rows = Cube::float_select(dense(weight, &plan), 0, numbers);
        Cube::float_cast(rows, FloatDType::F32)
    }

    fn attention(
        rows: CubeTensor,
        keys: Remembered<Self>,
        values: Remembered<Self>,
        how: Attending,
        _: Compute,
    ) -> (CubeTensor, Remembered<Self>, Remembered<Self>) {
        let (keys, values) = (floats(keys), floats(values));
        let heads = how.heads;
        let (queries, kv) = (heads.query * heads.size, heads.kv_row());
        let (shape, tokens) = (keys.shape(), rows.shape()[0]);
        let slots = Shape::from([shape.num_elements() / kv, kv]);
        let keys = Cube::float_reshape(keys, slots);
        let new = how.spans.iter().flat_map(|span| {
            let own = span.past..span.past + span.tokens;
            own.map(|token| slot(span, token))
        });
        let new = indices(new, &rows);
        let part = |at: usize| cut::<Cube>(rows.clone(), &[(0, tokens), (at, at + kv)]);
        let keys = write(keys, new.clone(), part(queries));
        let values = write(values, new, part(queries + kv));
        let mut first = 0;
        let attended = how.spans.iter().map(|span| {
            let own = [(first, first + span.tokens), (0, queries)];
            first += span.tokens;
            attend(
                cut::<Cube>(rows.clone(), &own),
                (&keys, &values),
                &how,
                span,
            )
        });
        let attended = Cube::float_cat(attended.collect(), 0);
        let keys = Remembered::Floats(Cube::float_reshape(keys, shape));
        (attended, keys, Remembered::Floats(values))
    }
}

/// What a GPU remembers: floats. Whoever makes its memory sees to that.
fn floats(kept: Remembered<Cube>) -> CubeTensor {
    match kept {
        Remembered::Floats(floats) => floats,
        Remembered::Bytes { .. } => unreachable!("a GPU remembers no bytes"),
    }
}

/// The same bytes, as the matrix that they are.
fn dense(words: CubeTensor, plan: &Plan) -> CubeTensor {
    let kind = match plan.is_plain() {
        Some(Format::F16) => DType::F16,
        Some(Format::F32) => DType::F32,
        other => unreachable!("no matrix is laid as {other:?} on a GPU"),
    };
    let shape = Shape::from([plan.rows(), plan.columns()]);
    CubeTensor::new_contiguous(words.client, words.device, shape, words.handle, kind)
}

/// Numbers of rows, on the device of `beside`.
fn indices(numbers: impl Iterator<Item = usize>, beside: &CubeTensor) -> CubeTensor {
    let numbers = numbers.map(|number| i32::try_from(number).expect("caches have fewer rows"));
    let numbers: Vec<i32> = numbers.collect();
    let length = numbers.len();
    Cube::int_from_data(TensorData::new(numbers, [length]), &beside.device)
}

/// Where a token's row lies in the memory of its layer.
fn slot(span: &Span, token: usize) -> usize {
    let (page, slot) = place(&span.table, token);
    page * PAGE + slot
}

/// Puts rows into their slots.
fn write(kept: CubeTensor, slots: CubeTensor, rows: CubeTensor) -> CubeTensor {
    debug_assert!(
        kept.can_mut(),
        "the memory has one owner, or all of it is copied"
    );
    let rows = match kept.dtype {
        DType::F16 => Cube::float_cast(rows, FloatDType::F16),
        _ => rows,
    };
    let count = slots.shape()[0];
    let slots = Cube::int_reshape(slots, Shape::from([count, 1]));
    Cube::float_scatter_nd(kept, slots, rows, IndexingUpdateOp::Assign)
}

/// The tokens of one sequence, whose keys and values were written: `queries` is
/// `[tokens, query heads * size]`.
fn attend(
    queries: CubeTensor,
    (keys, values): (&CubeTensor, &CubeTensor),
    how: &Attending,
    span: &Span,
) -> CubeTensor {
    let Heads { query, kv, size } = how.heads;
    let (tokens, group) = (span.tokens, query / kv);
    // From the first token that any of them sees.
    let first = how.view.first(span.past);
    let seen = span.past + tokens - first;
    let slots = indices(
        (first..first + seen).map(|token| slot(span, token)),
        &queries,
    );
    let by_head = |kept: &CubeTensor| {
        let rows = Cube::float_select(kept.clone(), 0, slots.clone());
        let rows = Cube::float_cast(rows, FloatDType::F32);
        let rows = Cube::float_reshape(rows, Shape::from([seen, kv, size]));
        Cube::float_swap_dims(rows, 0, 1)
    };
    // Heads outermost, the query heads of one key head side by side.
    #[allow(clippy::cast_precision_loss, reason = "heads are small")]
    let scale = (size as f32).sqrt().recip();
    let queries = Cube::float_mul_scalar(queries, scale.into());
    let queries = Cube::float_reshape(queries, Shape::from([tokens, kv, group, size]));
    let queries = Cube::float_permute(queries, &[1, 2, 0, 3]);
    let queries = Cube::float_reshape(queries, Shape::from([kv, group * tokens, size]));
    let mut scores = Cube::float_matmul(queries, Cube::float_transpose(by_head(keys)));
    if let Some(cap) = how.view.cap {
        let bounded = Cube::float_tanh(Cube::float_div_scalar(scores, cap.into()));
        scores = Cube::float_mul_scalar(bounded, cap.into());
    }
    if tokens > 1 {
        let by_token = Cube::float_reshape(scores, Shape::from([query, tokens, seen]));
        let hidden = hidden(how, span, first, seen, &by_token);
        let scored = Cube::float_add(by_token, hidden);
        scores = Cube::float_reshape(scored, Shape::from([kv, group * tokens, seen]));
    }
    let out = Cube::float_matmul(Cube::softmax(scores, 2), by_head(values));
    let out = Cube::float_reshape(out, Shape::from([query, tokens, size]));
    let out = Cube::float_swap_dims(out, 0, 1);
    Cube::float_reshape(out, Shape::from([tokens, query * size]))
}

/// `[1, tokens, seen]`: minus infinity where a token would see what comes after it, or before its
/// window; made on the device, for it is large.
fn hidden(
    how: &Attending,
    span: &Span,
    first: usize,
    seen: usize,
    beside: &CubeTensor,
) -> CubeTensor {
    let (device, tokens) = (&beside.device, span.tokens);
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let count = |n: usize, shape: [usize; 3]| {
        let numbers = Cube::int_arange(0..number(n), device, IntDType::I32);
        Cube::int_reshape(numbers, Shape::from(shape))
    };
    let ahead = Cube::int_sub(count(seen, [1, 1, seen]), count(tokens, [1, tokens, 1]));
    // Token `t` sees what is `own` ahead of its number, and its window before that.
    let own = number(span.past - first);
    let bools = burn::tensor::Device::from(device.clone())
        .settings()
        .bool_dtype;
    let mut hidden = Cube::int_greater_elem(ahead.clone(), own.into(), bools);
    if let Some(window) = how.view.window {
        let before = own.saturating_sub(number(window));
        hidden = Cube::bool_or(
            hidden,
            Cube::int_lower_equal_elem(ahead, before.into(), bools),
        );
    }
    let none = Cube::float_zeros(Shape::from([1, tokens, seen]), device, FloatDType::F32);
    Cube::float_mask_fill(none, hidden, f32::NEG_INFINITY.into())
}

#[cfg(test)]
mod tests;
