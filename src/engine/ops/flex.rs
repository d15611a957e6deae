//! The operations on burn's CPU backend: checks shapes, then calls the kernels.

use burn::backend::Flex;
use burn::tensor::{DType, Shape};
use burn_flex::{FlexTensor, Layout};
use half::f16;

use super::bounded::Bounded;
use super::{Attending, HeadNorm, ModelOps, Remembered, Rows, Turn, View};
use crate::engine::kernels::attention::{self, Attention};
use crate::engine::kernels::input::Input;
use crate::engine::kernels::kept::{Codes, Kept, KeptMut, Pages};
use crate::engine::kernels::matmul::{Finish, multiply};
use crate::engine::kernels::pack::Plan;
use crate::engine::kernels::{self, Compute};

/// A tensor's numbers. Ops are given whole tensors, row by row; anything else is our own mistake.
pub(super) fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor
        .as_slice::<f32>()
        .expect("models pass whole tensors of single precision")
}

/// Rows and columns.
pub(super) fn size(tensor: &FlexTensor) -> (usize, usize) {
    let shape = tensor.layout().shape();
    assert_eq!(shape.num_dims(), 2, "a matrix");
    (shape[0], shape[1])
}

/// A new matrix of `rows` rows, made of what `fill` writes.
pub(super) fn matrix(rows: usize, columns: usize, fill: impl FnOnce(&mut [f32])) -> FlexTensor {
    let mut out = vec![0.0; rows * columns];
    fill(&mut out);
    let layout = Layout::contiguous(Shape::from([rows, columns]));
    FlexTensor::new(burn_std::Bytes::from_elems(out), layout, DType::F32)
}

impl ModelOps for Flex {
    fn q_linear(x: FlexTensor, weight: FlexTensor, plan: Plan, compute: Compute) -> FlexTensor {
        let (tokens, _) = size(&x);
        matrix(tokens, plan.rows(), |out| {
            let packed = (&plan, weight.bytes());
            multiply(
                &compute,
                packed,
                Input::Given(floats(&x)),
                out,
                Finish::default(),
            );
        })
    }

    fn q_rows(weight: FlexTensor, rows: Rows, plan: Plan) -> FlexTensor {
        matrix(rows.0.len(), plan.columns(), |out| {
            for (row, out) in rows.0.iter().zip(out.chunks_exact_mut(plan.columns())) {
                plan.row(weight.bytes(), *row as usize, out);
            }
        })
    }

    fn rms_norm(x: FlexTensor, weight: FlexTensor, eps: f32, compute: Compute) -> FlexTensor {
        let (tokens, width) = size(&x);
        matrix(tokens, width, |out| {
            kernels::rms_norm(&compute, floats(&x), floats(&weight), eps, out);
        })
    }

    fn head_norm(
        rows: FlexTensor,
        queries: FlexTensor,
        keys: FlexTensor,
        how: HeadNorm,
        compute: Compute,
    ) -> FlexTensor {
        let HeadNorm { heads, eps } = how;
        let (tokens, width) = size(&rows);
        assert_eq!(width, heads.row(), "queries, keys and values");
        let kernel = compute.kernels().rms_norm;
        let turned = (heads.query + heads.kv) * heads.size;
        matrix(tokens, width, |out| {
            let rows = floats(&rows)
                .chunks_exact(width)
                .zip(out.chunks_exact_mut(width));
            for (row, out) in rows {
                out[turned..].copy_from_slice(&row[turned..]);
                let each = row[..turned].chunks_exact(heads.size);
                let each = each.zip(out[..turned].chunks_exact_mut(heads.size));
                for (head, (x, out)) in each.enumerate() {
                    let weight = if head < heads.query { &queries } else { &keys };
                    kernel(x, floats(weight), eps, out);
                }
            }
        })
    }

    fn rope(mut x: FlexTensor, angles: FlexTensor, turn: Turn) -> FlexTensor {
        assert_eq!(
            size(&angles),
            (size(&x).0, turn.size),
            "angles for each row"
        );
        // A view must not be turned through its storage, which is larger.
        let whole = floats(&x).len() == x.storage::<f32>().len();
        assert!(whole, "models pass whole tensors");
        kernels::rotate(
            x.storage_mut(),
            turn.heads,
            floats(&angles),
            turn.size,
            turn.pairing,
        );
        x
    }

    fn swiglu(x: FlexTensor, compute: Compute) -> FlexTensor {
        let (tokens, both) = size(&x);
        matrix(tokens, both / 2, |out| {
            kernels::swiglu(&compute, floats(&x), both / 2, out)
        })
    }

    fn attention(
        rows: FlexTensor,
        mut keys: Remembered<Self>,
        mut values: Remembered<Self>,
        how: Attending,
        compute: Compute,
    ) -> (FlexTensor, Remembered<Self>, Remembered<Self>) {
        let heads = how.heads;
        let (tokens, width) = size(&rows);
        assert_eq!(width, heads.row(), "queries, keys and values");
        let (kernels, kv, queries) = (compute.kernels(), heads.kv_row(), heads.query * heads.size);
        let mut left = floats(&rows);
        for span in how.spans.iter() {
            let (mine, others) = left.split_at(span.tokens * width);
            let pages = Pages {
                table: &span.table,
                first: span.past,
            };
            let part = |at: usize| mine.chunks_exact(width).map(move |row| &row[at..at + kv]);
            kept_mut(&mut keys).write_keys(kernels, pages, kv, part(queries));
            kept_mut(&mut values).write_values(kernels, pages, kv, part(queries + kv));
            left = others;
        }
        let out = matrix(tokens, queries, |out| {
            attend(floats(&rows), (&keys, &values), &how, &compute, out);
        });
        (out, keys, values)
    }
}

/// Lets `rows`, whose keys and values were written, attend.
pub(super) fn attend(
    rows: &[f32],
    (keys, values): (&Remembered<Flex>, &Remembered<Flex>),
    how: &Attending,
    compute: &Compute,
    out: &mut [f32],
) {
    if how.view != View::default() {
        return attend_bounded(rows, (keys, values), how, compute, out);
    }
    let mut left = rows;
    let all: Vec<_> = how
        .spans
        .iter()
        .map(|span| {
            let (mine, others) = left.split_at(span.tokens * how.heads.row());
            left = others;
            Attention {
                heads: how.heads,
                past: span.past,
                table: &span.table,
                rows: mine,
                keys: kept(keys),
                values: kept(values),
            }
        })
        .collect();
    attention::run(&all, compute, out);
}

/// The same where views are bounded: a token that sees all there is goes the usual way.
fn attend_bounded(
    mut rows: &[f32],
    (keys, values): (&Remembered<Flex>, &Remembered<Flex>),
    how: &Attending,
    compute: &Compute,
    mut out: &mut [f32],
) {
    let (heads, queries) = (how.heads, how.heads.query * how.heads.size);
    for span in how.spans.iter() {
        let usual = how.view.unbounded().saturating_sub(span.past);
        let usual = usual.min(span.tokens);
        let (mine, later) = rows.split_at(usual * heads.row());
        let (out_mine, out_later) = std::mem::take(&mut out).split_at_mut(usual * queries);
        if usual > 0 {
            let all = Attention {
                heads,
                past: span.past,
                table: &span.table,
                rows: mine,
                keys: kept(keys),
                values: kept(values),
            };
            attention::run(&[all], compute, out_mine);
        }
        let bounded = span.tokens - usual;
        let (mine, later) = later.split_at(bounded * heads.row());
        let (out_mine, out_later) = out_later.split_at_mut(bounded * queries);
        let these = Bounded {
            how,
            span,
            position: span.past + usual,
            rows: mine,
            keys: kept(keys),
            values: kept(values),
        };
        these.run(compute, out_mine);
        (rows, out) = (later, out_later);
    }
}

/// Keys or values as they are kept.
fn kept(side: &Remembered<Flex>) -> Kept<'_> {
    match side {
        Remembered::Bytes { codes, scales } => Kept::Bytes(Codes {
            codes: codes.storage::<i8>(),
            scales: scales.storage::<f32>(),
        }),
        Remembered::Floats(all) if all.dtype() == DType::F16 => Kept::Half(all.storage::<f16>()),
        Remembered::Floats(all) => Kept::Single(all.storage::<f32>()),
    }
}

/// The same, to be written.
pub(super) fn kept_mut(side: &mut Remembered<Flex>) -> KeptMut<'_> {
    // Where somebody else held it, all of it would be copied.
    let alone = |all: &FlexTensor| debug_assert!(all.is_unique(), "the memory has one owner");
    match side {
        Remembered::Bytes { codes, scales } => {
            alone(codes);
            alone(scales);
            KeptMut::Bytes {
                codes: codes.storage_mut::<i8>(),
                scales: scales.storage_mut::<f32>(),
            }
        }
        Remembered::Floats(all) => {
            alone(all);
            match all.dtype() {
                DType::F16 => KeptMut::Half(all.storage_mut::<f16>()),
                _ => KeptMut::Single(all.storage_mut::<f32>()),
            }
        }
    }
}
