//! The kernels' way agrees with burn's own primitives.

use burn::tensor::DType;
use burn_flex::FlexTensor;

use burn::backend::Flex;

use super::*;
use crate::engine::backend;
use crate::engine::device::Place;
use crate::engine::kernels::attention::PAGE;
use crate::engine::quant::Format;
use crate::engine::weights::gguf::writer::encode;

pub(super) fn noise(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

pub(super) fn tensor(rows: usize, columns: usize, seed: u32) -> FlexTensor {
    let values = backend::matrix(noise(rows * columns, seed), (rows, columns), Place::Cpu);
    values
        .try_into_primitive::<Flex>()
        .expect("the only backend there is")
}

pub(super) fn weight(plan: &Plan, sources: &[&[u8]], compute: &Compute) -> FlexTensor {
    let mut packed = vec![0; plan.bytes()];
    plan.pack_plain(compute.team(), sources, &mut packed);
    let bytes = backend::bytes(packed.into(), Place::Cpu).unwrap();
    bytes
        .try_into_primitive::<Flex>()
        .expect("the only backend there is")
}

pub(super) fn apart(a: &FlexTensor, b: &FlexTensor) -> f32 {
    let (a, b) = (a.to_contiguous(), b.to_contiguous());
    assert_eq!(a.layout().shape(), b.layout().shape());
    let pairs = a.storage::<f32>().iter().zip(b.storage::<f32>());
    pairs.fold(0.0, |worst: f32, (a, b)| worst.max((a - b).abs()))
}

/// Empty pages for keys and values; of bytes where `kind` is.
pub(super) fn pages(count: usize, heads: Heads, kind: DType) -> [Remembered<Flex>; 2] {
    let width = heads.kv_row();
    [[count * width, PAGE], [count * PAGE, width]].map(|shape| {
        let numbers = FlexTensor::zeros(shape.into(), kind);
        match kind {
            DType::I8 => Remembered::Bytes {
                codes: numbers,
                scales: FlexTensor::zeros([count * heads.kv, PAGE].into(), DType::F32),
            },
            _ => Remembered::Floats(numbers),
        }
    })
}

/// What pages hold: numbers, or codes and their scales.
pub(super) fn held(side: &Remembered<Flex>) -> Vec<FlexTensor> {
    match side {
        Remembered::Floats(all) => vec![all.to_contiguous()],
        Remembered::Bytes { codes, scales } => {
            vec![codes.to_contiguous(), scales.to_contiguous()]
        }
    }
}

/// Bit for bit the same, and something.
pub(super) fn hold_the_same(one: &Remembered<Flex>, other: &Remembered<Flex>) {
    let both = held(one).into_iter().zip(held(other));
    for (one, other) in both {
        assert_eq!(one.bytes(), other.bytes());
        assert!(one.bytes().iter().any(|byte| *byte != 0));
    }
}

#[test]
fn linear_layers_and_rows_agree_with_burn() {
    let (columns, compute) = (64, Compute::new(2));
    let plan = Plan::new(
        columns,
        &[(Format::Q8_0, 24), (Format::Q4_1, 10), (Format::F32, 3)],
    );
    let sources = [(Format::Q8_0, 24), (Format::Q4_1, 10), (Format::F32, 3)]
        .map(|(format, rows)| encode(format, &noise(rows * columns, 1)));
    let sources: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
    let weight = weight(&plan, &sources, &compute);
    for tokens in [1, 7] {
        let x = tensor(tokens, columns, 4);
        let fast = Flex::q_linear(x.clone(), weight.clone(), plan.clone(), compute.clone());
        let slow = portable::q_linear::<Flex>(x, weight.clone(), &plan);
        assert!(apart(&fast, &slow) < 0.06, "int8 activations cost some");
        let dense = |out: &FlexTensor| out.narrow(1, 34, 3);
        assert!(apart(&dense(&fast), &dense(&slow)) < 1e-5);
    }
    let rows = Rows(vec![36, 0, 25, 25].into());
    let slow = portable::q_rows::<Flex>(weight.clone(), &rows.0, &plan);
    assert!(apart(&Flex::q_rows(weight, rows, plan), &slow) < 1e-9);
}

#[test]
fn norm_and_gate_agree_with_burn() {
    let compute = Compute::new(2);
    for tokens in [1, 40] {
        let x = tensor(tokens, 36, 5);
        let weight = tensor(1, 36, 6).reshape([36].into());
        let fast = Flex::rms_norm(x.clone(), weight.clone(), 1e-5, compute.clone());
        assert!(apart(&fast, &portable::rms_norm::<Flex>(x.clone(), weight, 1e-5)) < 1e-5);
        let fast = Flex::swiglu(x.clone(), compute.clone());
        assert!(apart(&fast, &portable::swiglu::<Flex>(x.clone())) < 1e-6);
    }
}

#[test]
fn turning_agrees_with_burn() {
    for pairing in [Pairing::Neighbours, Pairing::Halves] {
        for heads in [2, 3] {
            let (x, angles) = (tensor(5, 24, 7), tensor(5, 8, 8));
            let turn = Turn {
                heads,
                size: 8,
                pairing,
            };
            let slow = portable::rope::<Flex>(x.clone(), angles.clone(), turn);
            assert!(apart(&Flex::rope(x, angles, turn), &slow) < 1e-6);
        }
    }
}

/// Everything, a window, scores bounded, both.
const VIEWS: [View; 4] = [
    View {
        window: None,
        cap: None,
    },
    View {
        window: Some(7),
        cap: None,
    },
    View {
        window: None,
        cap: Some(0.3),
    },
    View {
        window: Some(33),
        cap: Some(0.3),
    },
];

#[test]
fn attention_agrees_with_burn_and_writes_the_cache_in_place() {
    let compute = Compute::new(2);
    let heads = Heads {
        query: 6,
        kv: 2,
        size: 16,
    };
    let kinds = [DType::F32, DType::F16, DType::I8];
    for (past, tokens) in [(0, 1), (5, 1), (3, 20), (0, 70), (40, 30)] {
        for (kind, view) in kinds
            .iter()
            .flat_map(|kind| VIEWS.map(|view| (*kind, view)))
        {
            let span = Span {
                past,
                tokens,
                table: [2, 0, 3].into(),
            };
            let how = Attending {
                heads,
                spans: [span].into(),
                view,
            };
            let rows = tensor(tokens, heads.row(), 9);
            let place = |side: &Remembered<Flex>| match side {
                Remembered::Floats(all) | Remembered::Bytes { codes: all, .. } => {
                    all.bytes().as_ptr()
                }
            };
            let [keys, values] = pages(4, heads, kind);
            let slow = portable::attention::<Flex>(rows.clone(), keys, values, &how);
            let [keys, values] = pages(4, heads, kind);
            let before = (place(&keys), place(&values));
            let fast = Flex::attention(rows, keys, values, how, compute.clone());
            // Bytes mean the same to both: they differ by the order of their sums alone.
            let bound = if kind == DType::F16 { 2e-3 } else { 2e-6 };
            let apart = apart(&fast.0, &slow.0);
            assert!(apart < bound, "{past} {tokens} {kind:?} {view:?}: {apart}");
            hold_the_same(&fast.1, &slow.1);
            hold_the_same(&fast.2, &slow.2);
            assert_eq!((place(&fast.1), place(&fast.2)), before);
        }
    }
}

#[test]
fn head_norms_agree_with_burn_and_leave_values_alone() {
    let compute = Compute::new(2);
    let heads = Heads {
        query: 4,
        kv: 2,
        size: 16,
    };
    let (queries, keys) = (tensor(1, 16, 11), tensor(1, 16, 12));
    let [queries, keys] = [queries, keys].map(|weight| weight.reshape([16].into()));
    for tokens in [1, 5] {
        let (rows, how) = (
            tensor(tokens, heads.row(), 13),
            HeadNorm { heads, eps: 1e-6 },
        );
        let slow = portable::head_norm::<Flex>(rows.clone(), queries.clone(), keys.clone(), how);
        let (queries, keys) = (queries.clone(), keys.clone());
        let fast = Flex::head_norm(rows.clone(), queries, keys, how, compute.clone());
        assert!(apart(&fast, &slow) < 1e-5);
        let values = |x: &FlexTensor| x.narrow(1, 6 * 16, 2 * 16);
        assert_eq!(apart(&values(&fast), &values(&rows)), 0.0);
        assert!(apart(&fast, &rows) > 0.1);
    }
}

#[test]
fn sequences_attend_to_their_own_alone() {
    let compute = Compute::new(3);
    let heads = Heads {
        query: 6,
        kv: 2,
        size: 16,
    };
    let spans = [
        (0, 1, [0, 1]),
        (5, 1, [2, 3]),
        (0, 40, [5, 4]),
        (3, 2, [6, 7]),
    ];
    let spans = spans.map(|(past, tokens, table)| Span {
        past,
        tokens,
        table: table.into(),
    });
    let rows = tensor(44, heads.row(), 9);
    let attend = |(kind, view): (DType, View), rows: FlexTensor, spans: &[Span]| {
        let how = Attending {
            heads,
            spans: spans.into(),
            view,
        };
        let [keys, values] = pages(8, heads, kind);
        let slow = portable::attention::<Flex>(rows.clone(), keys, values, &how);
        let [keys, values] = pages(8, heads, kind);
        let fast = Flex::attention(rows, keys, values, how, compute.clone());
        (fast.0, slow.0)
    };
    for how in VIEWS
        .map(|view| [DType::F16, DType::I8].map(|kind| (kind, view)))
        .concat()
    {
        let (together, slow) = attend(how, rows.clone(), &spans);
        assert!(apart(&together, &slow) < 2e-3, "{how:?}");
        let mut first = 0;
        for span in &spans {
            let own = rows.narrow(0, first, span.tokens).to_contiguous();
            let (alone, _) = attend(how, own, std::slice::from_ref(span));
            let theirs = together.narrow(0, first, span.tokens);
            assert_eq!(apart(&alone, &theirs), 0.0, "bit for bit, {how:?}");
            first += span.tokens;
        }
    }
}
