//! The GPU's way agrees with burn's own primitives on the CPU. Without a GPU that computes these
//! tests say so and pass.

use burn::backend::{Dispatch, Flex};
use burn::tensor::{Int, Tensor};
use burn_flex::FlexTensor;

use super::super::portable;
use super::super::tests::{noise, tensor};
use super::*;
use crate::engine::backend;
use crate::engine::device::{Place, tests::gpu};
use crate::engine::kernels::Pairing;
use crate::engine::ops::{self, HeadNorm, Turn, View};
use crate::engine::weights::gguf::writer::encode;

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.into_data().convert_dtype(DType::F32);
    data.try_into_vec::<f32>().unwrap()
}

/// What a test works on: the same numbers on both sides.
fn pair(rows: usize, columns: usize, seed: u32, place: Place) -> (FlexTensor, Tensor<2>) {
    let there = backend::matrix(noise(rows * columns, seed), (rows, columns), place);
    (tensor(rows, columns, seed), there)
}

fn apart(flex: FlexTensor, gpu: Tensor<2>) -> f32 {
    let here = Tensor::<2>::from_primitive::<Flex>(flex);
    assert_eq!(here.dims(), gpu.dims());
    let pairs = numbers(here).into_iter().zip(numbers(gpu));
    pairs.fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs()))
}

#[test]
fn linear_layers_and_rows_agree_on_a_gpu() {
    let Some((_, place)) = gpu() else {
        return;
    };
    let (columns, rows, compute) = (64, 37, Compute::new(2).at(place));
    let sources = [(Format::Q8_0, 24), (Format::Q4_1, 13)];
    let bytes = sources.map(|(format, rows)| encode(format, &noise(rows * columns, 1)));
    let parts: Vec<(Format, &[u8])> = vec![(Format::Q8_0, &bytes[0]), (Format::Q4_1, &bytes[1])];
    let packed = Plan::new(columns, &sources);
    let mut memory = vec![0; packed.bytes()];
    packed.pack(compute.team(), &parts, &mut memory);
    let here = backend::bytes(memory.into(), Place::Cpu).unwrap();
    let here = here.try_into_primitive::<Flex>().unwrap();
    for (format, tolerance) in [(Format::F32, 1e-4), (Format::F16, 5e-3)] {
        let plan = Plan::plain(columns, rows, format);
        let mut memory = vec![0; plan.bytes()];
        plan.pack(compute.team(), &parts, &mut memory);
        let there: Tensor<1, Int> = backend::bytes(memory.into(), place).unwrap();
        for tokens in [1, 2, 7, 70] {
            // Activations that half precision does not reach, and some that it loses.
            for scale in [1.0, 1e6, 1e-9] {
                let (x, there_x) = pair(tokens, columns, 4, place);
                let x = Flex::float_mul_scalar(x, scale.into());
                let slow = portable::q_linear::<Flex>(x, here.clone(), &packed);
                let slow = Flex::float_mul_scalar(slow, (1.0 / scale).into());
                let fast = ops::q_linear(there_x * scale, there.clone(), &plan, &compute) / scale;
                let apart = apart(slow, fast);
                assert!(apart < tolerance, "{format:?} {tokens} {scale}: {apart}");
            }
        }
        let rows = [36, 0, 25, 25];
        let slow = portable::q_rows::<Flex>(here.clone(), &rows, &packed);
        assert!(apart(slow, ops::q_rows(there, &rows, &plan)) < 1e-3);
    }
    let nothing = Tensor::<2>::zeros([2, columns], &backend::device(place));
    let plan = Plan::plain(columns, rows, Format::F16);
    let weight = backend::bytes(vec![0; plan.bytes()].into(), place).unwrap();
    let out = numbers(ops::q_linear(nothing, weight, &plan, &compute));
    assert!(
        out.iter().all(|number| *number == 0.0),
        "nothing times nothing"
    );
}

#[test]
fn the_steps_of_a_layer_agree_on_a_gpu() {
    let Some((_, place)) = gpu() else {
        return;
    };
    let compute = Compute::new(1).at(place);
    let vector = |seed| {
        let (here, there) = pair(1, 16, seed, place);
        (
            Flex::float_reshape(here, Shape::from([16])),
            there.reshape([16]),
        )
    };
    let heads = Heads {
        query: 4,
        kv: 2,
        size: 16,
    };
    for tokens in [1, 5, 40] {
        let (x, there) = pair(tokens, 16, 5, place);
        let (weight, there_weight) = vector(6);
        let slow = portable::rms_norm::<Flex>(x, weight, 1e-5);
        assert!(apart(slow, ops::rms_norm(there, there_weight, 1e-5, &compute)) < 1e-4);
        let (x, there) = pair(tokens, heads.row(), 13, place);
        let ((queries, there_queries), (keys, there_keys)) = (vector(11), vector(12));
        let how = HeadNorm { heads, eps: 1e-6 };
        let slow = portable::head_norm::<Flex>(x.clone(), queries, keys, how);
        let fast = ops::head_norm(there.clone(), (there_queries, there_keys), how, &compute);
        assert!(apart(slow, fast) < 1e-4);
        let (angles, there_angles) = pair(tokens, 16, 8, place);
        for pairing in [Pairing::Neighbours, Pairing::Halves] {
            let turn = Turn {
                heads: 6,
                size: 16,
                pairing,
            };
            let slow = portable::rope::<Flex>(x.clone(), angles.clone(), turn);
            let fast = ops::rope(there.clone(), there_angles.clone(), turn);
            assert!(apart(slow, fast) < 1e-4);
        }
        let slow = portable::swiglu::<Flex>(x);
        let there = there.try_into_primitive::<Cube>().unwrap();
        let fast = Tensor::from_primitive::<Cube>(Cube::swiglu(there, compute.clone()));
        assert!(apart(slow, fast) < 1e-4);
    }
}

/// Everything, a window, scores bounded, both.
const VIEWS: [(Option<usize>, Option<f32>); 4] = [
    (None, None),
    (Some(7), None),
    (None, Some(0.3)),
    (Some(33), Some(0.3)),
];

/// Sequences of several lengths, in pages of any order; what other pages hold stays.
#[test]
fn attention_agrees_on_a_gpu_and_writes_no_page_of_others() {
    let Some((_, place)) = gpu() else {
        return;
    };
    let compute = Compute::new(1).at(place);
    let heads = Heads {
        query: 6,
        kv: 2,
        size: 16,
    };
    let spans = [
        (0, 1, [0, 1]),
        (5, 1, [2, 3]),
        (0, 40, [5, 4]),
        (30, 4, [6, 8]),
    ];
    let spans = spans.map(|(past, tokens, table)| Span {
        past,
        tokens,
        table: table.into(),
    });
    let width = heads.kv_row();
    for (kind, tolerance) in [(DType::F32, 1e-4), (DType::F16, 2e-3)] {
        for (window, cap) in VIEWS {
            let how = Attending {
                heads,
                spans: spans.clone().into(),
                view: View { window, cap },
            };
            let (rows, there) = pair(46, heads.row(), 9, place);
            // Page 7 is nobody's; all pages hold something, so that a wrong one is seen.
            let here = |rows: usize, columns: usize| {
                let zeros =
                    Flex::float_zeros([rows, columns].into(), &Default::default(), float(kind));
                Flex::float_add_scalar(zeros, 0.25_f32.into())
            };
            let gpu = |rows, columns| {
                let full = backend::zeros(rows, columns, kind, place).add_scalar(0.25);
                Remembered::Floats(full.into_dispatch())
            };
            let (keys, values) = (here(9 * width, PAGE), here(9 * PAGE, width));
            let (keys, values) = (Remembered::Floats(keys), Remembered::Floats(values));
            let slow = portable::attention::<Flex>(rows, keys, values, &how);
            let kept = (gpu(9 * width, PAGE), gpu(9 * PAGE, width));
            let (out, (keys, values)) = ops::attention(there, kept, how, &compute);
            let (keys, values) = (there_floats(keys), there_floats(values));
            let apart_by = apart(slow.0, out);
            assert!(
                apart_by < tolerance,
                "{kind:?} {window:?} {cap:?}: {apart_by}"
            );
            assert!(apart(here_floats(slow.2), values) < 1e-3);
            // Keys lie by token here, and by lane within a page there.
            let there = keys
                .reshape([9, PAGE, width])
                .swap_dims(1, 2)
                .reshape([9 * width, PAGE]);
            assert!(apart(here_floats(slow.1), there) < 1e-3);
        }
    }
}

fn here_floats(kept: Remembered<Flex>) -> FlexTensor {
    match kept {
        Remembered::Floats(floats) => floats,
        Remembered::Bytes { .. } => panic!("floats were given"),
    }
}

fn there_floats(kept: Remembered<Dispatch>) -> Tensor<2> {
    match kept {
        Remembered::Floats(floats) => Tensor::from_dispatch(floats),
        Remembered::Bytes { .. } => panic!("floats were given"),
    }
}

fn float(kind: DType) -> FloatDType {
    match kind {
        DType::F16 => FloatDType::F16,
        _ => FloatDType::F32,
    }
}
