//! Keys and values written to pages and read from them.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{DType, FloatDType, IntDType, Shape};

use super::{Remembered, Span, cut, dims, slices};
use crate::engine::kernels::attention::{Heads, PAGE};
use crate::engine::kernels::kept::{LEAST, place};

/// Where a token's numbers lie: in a column of a page of keys, or a row of a page of values.
fn part_of(span: &Span, token: usize, width: usize, keys: bool) -> [(usize, usize); 2] {
    let (page, slot) = place(&span.table, token);
    match keys {
        true => [(page * width, (page + 1) * width), (slot, slot + 1)],
        false => {
            let row = page * PAGE + slot;
            [(row, row + 1), (0, width)]
        }
    }
}

/// Writes the new rows of a sequence to its pages.
pub(super) fn write<B: Backend>(
    kept: Remembered<B>,
    new: FloatTensor<B>,
    (heads, span): (Heads, &Span),
    keys: bool,
) -> Remembered<B> {
    match kept {
        Remembered::Floats(kept) => {
            let new = match kept.dtype() {
                DType::F16 => B::float_cast(new, FloatDType::F16),
                _ => new,
            };
            Remembered::Floats(write_floats::<B>(kept, new, span, keys))
        }
        Remembered::Bytes { codes, scales } => {
            let (new, steps) = rounded::<B>(new, heads);
            let codes = write_codes::<B>(codes, new, span, keys);
            // Of keys and values alike they lie as keys do.
            let scales = write_floats::<B>(scales, steps, span, true);
            Remembered::Bytes { codes, scales }
        }
    }
}

fn write_floats<B: Backend>(
    kept: FloatTensor<B>,
    new: FloatTensor<B>,
    span: &Span,
    keys: bool,
) -> FloatTensor<B> {
    let (_, width) = dims::<B>(&new);
    let shape = if keys { [width, 1] } else { [1, width] };
    (0..span.tokens).fold(kept, |kept, token| {
        let part = part_of(span, span.past + token, width, keys);
        let row = cut::<B>(new.clone(), &[(token, token + 1), (0, width)]);
        let row = B::float_reshape(row, Shape::from(shape));
        B::float_slice_assign(kept, &slices(&part), row)
    })
}

fn write_codes<B: Backend>(
    kept: IntTensor<B>,
    new: IntTensor<B>,
    span: &Span,
    keys: bool,
) -> IntTensor<B> {
    let width = new.shape()[1];
    let shape = if keys { [width, 1] } else { [1, width] };
    (0..span.tokens).fold(kept, |kept, token| {
        let part = part_of(span, span.past + token, width, keys);
        let row = B::int_slice(new.clone(), &slices(&[(token, token + 1), (0, width)]));
        let row = B::int_reshape(row, Shape::from(shape));
        B::int_slice_assign(kept, &slices(&part), row)
    })
}

/// Rows `[tokens, Heads::kv_row]` as codes, and what their steps are, `[tokens, key heads]`.
fn rounded<B: Backend>(rows: FloatTensor<B>, heads: Heads) -> (IntTensor<B>, FloatTensor<B>) {
    let (tokens, width) = dims::<B>(&rows);
    let each = B::float_reshape(rows, Shape::from([tokens * heads.kv, heads.size]));
    let most = B::float_max_dim(B::float_abs(each.clone()), 1);
    let least = B::float_clamp_min(most.clone(), LEAST.into());
    let full = B::float_add_scalar(B::float_mul_scalar(most.clone(), 0.0.into()), 127.0.into());
    // Nothing, but no number if one of a head's is none: then its step is none, either.
    let none = B::float_sum_dim(B::float_mul_scalar(each.clone(), 0.0.into()), 1);
    let codes = B::float_round(B::float_mul(each, B::float_div(full, least)));
    let codes = B::float_into_int(codes, IntDType::I8);
    let steps = B::float_add(B::float_div_scalar(most, 127.0.into()), none);
    (
        B::int_reshape(codes, Shape::from([tokens, width])),
        B::float_reshape(steps, Shape::from([tokens, heads.kv])),
    )
}

/// All rows of a sequence, in its own order and in single precision.
pub(super) fn read<B: Backend>(
    kept: &Remembered<B>,
    (heads, span): (Heads, &Span),
    keys: bool,
) -> FloatTensor<B> {
    let width = heads.kv_row();
    match kept {
        Remembered::Floats(kept) => read_floats::<B>(kept, span, width, keys),
        Remembered::Bytes { codes, scales } => {
            let tokens = span.past + span.tokens;
            let row = |token: usize| {
                let part = slices(&part_of(span, token, width, keys));
                let part = B::int_slice(codes.clone(), &part);
                B::int_reshape(part, Shape::from([1, width]))
            };
            let codes = B::int_cat((0..tokens).map(row).collect(), 0);
            let codes = B::int_into_float(codes, FloatDType::F32);
            let each = B::float_reshape(codes, Shape::from([tokens * heads.kv, heads.size]));
            let steps = read_floats::<B>(scales, span, heads.kv, true);
            let steps = B::float_reshape(steps, Shape::from([tokens * heads.kv, 1]));
            B::float_reshape(B::float_mul(each, steps), Shape::from([tokens, width]))
        }
    }
}

fn read_floats<B: Backend>(
    kept: &FloatTensor<B>,
    span: &Span,
    width: usize,
    keys: bool,
) -> FloatTensor<B> {
    let row = |token: usize| {
        let part = cut::<B>(kept.clone(), &part_of(span, token, width, keys));
        B::float_reshape(part, Shape::from([1, width]))
    };
    let rows = (0..span.past + span.tokens).map(row).collect();
    B::float_cast(B::float_cat(rows, 0), FloatDType::F32)
}
