//! The operations on burn's CPU backend: checks shapes, then calls the kernels.

use burn::backend::Flex;
use burn::tensor::{DType, Shape};
use burn_flex::{FlexTensor, Layout};
use half::f16;

use super::{Attending, ModelOps, Rows, Turn};
use crate::engine::kernels::attention::{Attention, Kept, KeptMut};
use crate::engine::kernels::matmul::multiply;
use crate::engine::kernels::pack::Plan;
use crate::engine::kernels::{self, Compute};

/// A tensor's numbers. Ops are given whole tensors, row by row; anything else is our own mistake.
fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor
        .as_slice::<f32>()
        .expect("models pass whole tensors of single precision")
}

/// Rows and columns.
fn size(tensor: &FlexTensor) -> (usize, usize) {
    let shape = tensor.layout().shape();
    assert_eq!(shape.num_dims(), 2, "a matrix");
    (shape[0], shape[1])
}

/// A new matrix of `rows` rows, made of what `fill` writes.
fn matrix(rows: usize, columns: usize, fill: impl FnOnce(&mut [f32])) -> FlexTensor {
    let mut out = vec![0.0; rows * columns];
    fill(&mut out);
    let layout = Layout::contiguous(Shape::from([rows, columns]));
    FlexTensor::new(burn_std::Bytes::from_elems(out), layout, DType::F32)
}

impl ModelOps for Flex {
    fn q_linear(x: FlexTensor, weight: FlexTensor, plan: Plan, compute: Compute) -> FlexTensor {
        let (tokens, _) = size(&x);
        matrix(tokens, plan.rows(), |out| {
            multiply(&compute, &plan, weight.bytes(), floats(&x), out);
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

    fn gelu(mut x: FlexTensor, compute: Compute) -> FlexTensor {
        let (_, width) = size(&x);
        assert_eq!(
            floats(&x).len(),
            x.storage::<f32>().len(),
            "models pass whole tensors"
        );
        kernels::gelu(&compute, x.storage_mut(), width);
        x
    }

    fn attention(
        rows: FlexTensor,
        mut keys: FlexTensor,
        mut values: FlexTensor,
        how: Attending,
        compute: Compute,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let Attending { heads, past } = how;
        let (tokens, width) = size(&rows);
        assert_eq!(width, heads.row(), "queries, keys and values");
        debug_assert!(
            keys.is_unique() && values.is_unique(),
            "a cache has one owner"
        );
        let queries = heads.query * heads.size;
        let part = |at: usize| {
            let kv = heads.kv_row();
            floats(&rows)
                .chunks_exact(width)
                .map(move |row| &row[at..at + kv])
        };
        let (kernels, kv) = (compute.kernels(), heads.kv_row());
        kept_mut(&mut keys).append(kernels, past, kv, part(queries));
        kept_mut(&mut values).append(kernels, past, kv, part(queries + kv));
        let (rows, keys_kept, values_kept) = (floats(&rows), kept(&keys), kept(&values));
        let attention = Attention {
            heads,
            past,
            rows,
            keys: keys_kept,
            values: values_kept,
        };
        let out = matrix(tokens, queries, |out| attention.run(&compute, out));
        (out, keys, values)
    }
}

/// A cache in the precision it is kept in.
fn kept(tensor: &FlexTensor) -> Kept<'_> {
    match tensor.dtype() {
        DType::F16 => Kept::Half(tensor.storage::<f16>()),
        _ => Kept::Single(tensor.storage::<f32>()),
    }
}

fn kept_mut(tensor: &mut FlexTensor) -> KeptMut<'_> {
    match tensor.dtype() {
        DType::F16 => KeptMut::Half(tensor.storage_mut::<f16>()),
        _ => KeptMut::Single(tensor.storage_mut::<f32>()),
    }
}
