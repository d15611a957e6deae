//! The operations in burn's own primitives: slow, for any backend, and the oracle of the tests.

mod keep;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{Shape, Slice, TensorData};

use super::{Attending, HeadNorm, Remembered, Span, Turn, View};
use crate::engine::kernels::Pairing;
use crate::engine::kernels::pack::Plan;

/// `[start, end)` of each dimension.
pub(super) fn cut<B: Backend>(x: FloatTensor<B>, ranges: &[(usize, usize)]) -> FloatTensor<B> {
    B::float_slice(x, &slices(ranges))
}

fn slices(ranges: &[(usize, usize)]) -> Vec<Slice> {
    ranges
        .iter()
        .map(|&(start, end)| Slice::from(start..end))
        .collect()
}

fn dims<B: Backend>(x: &FloatTensor<B>) -> (usize, usize) {
    let shape = x.shape();
    (shape[0], shape[1])
}

/// A packed matrix on the host.
pub(super) fn on_host<B: Backend>(weight: IntTensor<B>) -> TensorData {
    let data = burn_std::reader::try_read_sync(B::int_into_data(weight));
    data.and_then(Result::ok)
        .expect("weights are bytes in memory")
}

/// Rows of a packed matrix as plain numbers on the host.
fn unpack<B: Backend>(
    weight: IntTensor<B>,
    rows: impl Iterator<Item = usize>,
    plan: &Plan,
) -> Vec<f32> {
    let data = on_host::<B>(weight);
    let mut out = Vec::new();
    for row in rows {
        let at = out.len();
        out.resize(at + plan.columns(), 0.0);
        plan.row(data.as_bytes(), row, &mut out[at..]);
    }
    out
}

pub(super) fn q_linear<B: Backend>(
    x: FloatTensor<B>,
    weight: IntTensor<B>,
    plan: &Plan,
) -> FloatTensor<B> {
    let device = x.device();
    let numbers = unpack::<B>(weight, 0..plan.rows(), plan);
    let data = TensorData::new(numbers, [plan.rows(), plan.columns()]);
    let weight = B::float_from_data(data, &device);
    B::float_matmul(x, B::float_transpose(weight))
}

pub(super) fn q_rows<B: Backend>(
    weight: IntTensor<B>,
    rows: &[u32],
    plan: &Plan,
) -> FloatTensor<B> {
    let device = weight.device();
    let numbers = unpack::<B>(weight, rows.iter().map(|row| *row as usize), plan);
    B::float_from_data(
        TensorData::new(numbers, [rows.len(), plan.columns()]),
        &device,
    )
}

pub(super) fn rms_norm<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    eps: f32,
) -> FloatTensor<B> {
    let (_, width) = dims::<B>(&x);
    let squares = B::float_mul(x.clone(), x.clone());
    let mean = B::float_add_scalar(B::float_mean_dim(squares, 1), eps.into());
    let weight = B::float_reshape(weight, Shape::from([1, width]));
    B::float_mul(B::float_div(x, B::float_sqrt(mean)), weight)
}

pub(super) fn head_norm<B: Backend>(
    rows: FloatTensor<B>,
    queries: FloatTensor<B>,
    keys: FloatTensor<B>,
    how: HeadNorm,
) -> FloatTensor<B> {
    let HeadNorm { heads, eps } = how;
    let (tokens, width) = dims::<B>(&rows);
    let (first, second) = (
        heads.query * heads.size,
        (heads.query + heads.kv) * heads.size,
    );
    let part = |from: usize, to: usize, weight: FloatTensor<B>| {
        let part = cut::<B>(rows.clone(), &[(0, tokens), (from, to)]);
        let each = Shape::from([tokens * (to - from) / heads.size, heads.size]);
        let normed = rms_norm::<B>(B::float_reshape(part, each), weight, eps);
        B::float_reshape(normed, Shape::from([tokens, to - from]))
    };
    let parts = vec![
        part(0, first, queries),
        part(first, second, keys),
        cut::<B>(rows.clone(), &[(0, tokens), (second, width)]),
    ];
    B::float_cat(parts, 1)
}

pub(super) fn rope<B: Backend>(
    x: FloatTensor<B>,
    angles: FloatTensor<B>,
    turn: Turn,
) -> FloatTensor<B> {
    let Turn {
        heads,
        size,
        pairing,
    } = turn;
    let ((tokens, width), half) = (dims::<B>(&x), size / 2);
    let still = cut::<B>(x.clone(), &[(0, tokens), (heads * size, width)]);
    let turning = cut::<B>(x, &[(0, tokens), (0, heads * size)]);
    // The pair's two sides are the last dimension, or the one before.
    let (shape, side) = match pairing {
        Pairing::Neighbours => ([tokens, heads, half, 2], 3),
        Pairing::Halves => ([tokens, heads, 2, half], 2),
    };
    let pairs = B::float_reshape(turning, Shape::from(shape));
    let pick = |which: usize| {
        let mut ranges = shape.map(|length| (0, length));
        ranges[side] = (which, which + 1);
        B::float_reshape(
            cut::<B>(pairs.clone(), &ranges),
            Shape::from([tokens, heads, half]),
        )
    };
    let table = |first: usize| {
        let part = cut::<B>(angles.clone(), &[(0, tokens), (first, first + half)]);
        B::float_reshape(part, Shape::from([tokens, 1, half]))
    };
    let (a, b, cos, sin) = (pick(0), pick(1), table(0), table(half));
    let times = B::float_mul;
    let first = B::float_sub(times(a.clone(), cos.clone()), times(b.clone(), sin.clone()));
    let second = B::float_add(times(a, sin), times(b, cos));
    let mut thin = shape;
    thin[side] = 1;
    let sides = [first, second].map(|part| B::float_reshape(part, Shape::from(thin)));
    let turned = B::float_cat(sides.into(), side);
    let turned = B::float_reshape(turned, Shape::from([tokens, heads * size]));
    if heads * size == width {
        return turned;
    }
    B::float_cat(vec![turned, still], 1)
}

pub(super) fn swiglu<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let (tokens, both) = dims::<B>(&x);
    let gate = cut::<B>(x.clone(), &[(0, tokens), (0, both / 2)]);
    let up = cut::<B>(x, &[(0, tokens), (both / 2, both)]);
    B::float_mul(B::float_mul(gate.clone(), B::sigmoid(gate)), up)
}

pub(super) fn attention<B: Backend>(
    rows: FloatTensor<B>,
    mut keys: Remembered<B>,
    mut values: Remembered<B>,
    how: &Attending,
) -> (FloatTensor<B>, Remembered<B>, Remembered<B>) {
    let (heads, mut first) = (how.heads, 0);
    let (queries, kv) = (heads.query * heads.size, heads.kv_row());
    let mut outs = Vec::new();
    for span in how.spans.iter() {
        let own = cut::<B>(
            rows.clone(),
            &[(first, first + span.tokens), (0, heads.row())],
        );
        first += span.tokens;
        let new = |at: usize| cut::<B>(own.clone(), &[(0, span.tokens), (at, at + kv)]);
        keys = keep::write::<B>(keys, new(queries), (heads, span), true);
        values = keep::write::<B>(values, new(queries + kv), (heads, span), false);
        let own_keys = keep::read::<B>(&keys, (heads, span), true);
        let own_values = keep::read::<B>(&values, (heads, span), false);
        outs.push(attend::<B>(own, own_keys, own_values, how, span.past));
    }
    (B::float_cat(outs, 0), keys, values)
}

/// The tokens of one sequence, all of whose keys and values are given in single precision.
fn attend<B: Backend>(
    rows: FloatTensor<B>,
    keys: FloatTensor<B>,
    values: FloatTensor<B>,
    how: &Attending,
    past: usize,
) -> FloatTensor<B> {
    let (tokens, _) = dims::<B>(&rows);
    let (heads, view) = (how.heads, how.view);
    let queries = heads.query * heads.size;
    let (seen, group) = (past + tokens, heads.query / heads.kv);
    // Heads outermost, the query heads of one key head side by side.
    let query = cut::<B>(rows, &[(0, tokens), (0, queries)]);
    let query = B::float_reshape(query, Shape::from([tokens, heads.kv, group, heads.size]));
    let query = B::float_permute(query, &[1, 2, 0, 3]);
    let query = B::float_reshape(query, Shape::from([heads.kv, group * tokens, heads.size]));
    let by_head = |cache: FloatTensor<B>| {
        let split = B::float_reshape(cache, Shape::from([seen, heads.kv, heads.size]));
        B::float_swap_dims(split, 0, 1)
    };
    #[allow(clippy::cast_precision_loss, reason = "heads are small")]
    let scale = (heads.size as f32).sqrt().recip();
    let scores = B::float_matmul(query, B::float_transpose(by_head(keys.clone())));
    let mut scores = B::float_mul_scalar(scores, scale.into());
    if let Some(cap) = view.cap {
        let bounded = B::float_tanh(B::float_div_scalar(scores, cap.into()));
        scores = B::float_mul_scalar(bounded, cap.into());
    }
    let scores = B::float_reshape(scores, Shape::from([heads.query, tokens, seen]));
    let scores = B::float_add(scores, unseen::<B>(view, past, tokens, &keys.device()));
    let weights = B::float_reshape(
        B::softmax(scores, 2),
        Shape::from([heads.kv, group * tokens, seen]),
    );
    let out = B::float_matmul(weights, by_head(values.clone()));
    let out = B::float_reshape(out, Shape::from([heads.query, tokens, heads.size]));
    B::float_reshape(
        B::float_swap_dims(out, 0, 1),
        Shape::from([tokens, queries]),
    )
}

/// `[1, tokens, past + tokens]`: minus infinity where a token would see what comes after it, or
/// before its window.
fn unseen<B: Backend>(
    view: View,
    past: usize,
    tokens: usize,
    device: &B::Device,
) -> FloatTensor<B> {
    let row = |token: usize| {
        let seen = view.first(past + token)..=past + token;
        (0..past + tokens).map(move |other| match seen.contains(&other) {
            true => 0.0,
            false => f32::NEG_INFINITY,
        })
    };
    let numbers: Vec<f32> = (0..tokens).flat_map(row).collect();
    B::float_from_data(TensorData::new(numbers, [1, tokens, past + tokens]), device)
}
