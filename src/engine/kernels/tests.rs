//! Every table computes the same as the portable one, and that the same as the plain formula.

use proptest::prelude::*;

use super::attention::{Attention, Heads, Kept, KeptMut};
use super::matmul::multiply;
use super::pack::Plan;
use super::*;
use crate::engine::quant::Format;
use crate::engine::weights::gguf::writer::encode;

/// The portable table and this CPU's, on one and on three threads.
fn computes() -> [Compute; 3] {
    [Compute::portable(1), Compute::new(1), Compute::new(3)]
}

/// Numbers between -1 and 1 that look like chance and are the same each time.
fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn packed(plan: &Plan, compute: &Compute, sources: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; plan.bytes()];
    let sources: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
    plan.pack(compute.team(), &sources, &mut bytes);
    bytes
}

/// Largest difference, relative to the largest number.
fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let most = a.iter().fold(1e-20_f32, |most, x| most.max(x.abs()));
    a.iter()
        .zip(b)
        .fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()))
        / most
}

#[test]
fn a_packed_row_reads_back_as_it_was() {
    let parts = [
        (Format::Q8_0, 11),
        (Format::Q4_1, 3),
        (Format::F16, 8),
        (Format::F32, 1),
    ];
    let plan = Plan::new(64, &parts);
    let compute = Compute::new(2);
    let sources: Vec<_> = parts
        .iter()
        .map(|(format, rows)| encode(*format, &noise(rows * 64, *rows as u64)))
        .collect();
    let packed = packed(&plan, &compute, &sources);
    let (mut row, mut got, mut expected) = (0, [0.0; 64], [0.0; 64]);
    for ((format, rows), source) in parts.iter().zip(&sources) {
        for line in source.chunks(source.len() / rows) {
            plan.row(&packed, row, &mut got);
            format.dequantize(line, &mut expected);
            assert_eq!(got, expected);
            row += 1;
        }
    }
    assert_eq!(row, plan.rows());
}

#[test]
fn products_agree_with_the_plain_formula() {
    let columns = 96;
    let parts = [
        (Format::F32, 5),
        (Format::Q4_1, 20),
        (Format::Q8_0, 9),
        (Format::F16, 70),
    ];
    let plan = Plan::new(columns, &parts);
    let sources: Vec<_> = parts
        .iter()
        .map(|(format, rows)| encode(*format, &noise(rows * columns, *rows as u64)))
        .collect();
    for tokens in [1, 2, 3, 4, 5, 9, 64] {
        let x = noise(tokens * columns, 7);
        let mut expected = Vec::new();
        for x in x.chunks(columns) {
            for ((format, rows), source) in parts.iter().zip(&sources) {
                let mut weights = vec![0.0; rows * columns];
                format.dequantize(source, &mut weights);
                let rows = weights.chunks(columns);
                expected.extend(rows.map(|w| w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()));
            }
        }
        let mut first = Vec::new();
        for compute in computes() {
            let packed = packed(&plan, &compute, &sources);
            let mut out = vec![f32::NAN; tokens * plan.rows()];
            multiply(&compute, &plan, &packed, &x, &mut out);
            // Rounding activations to int8 costs some of the third digit.
            assert!(
                apart(&expected, &out) < 1e-2,
                "{compute:?} on {tokens} tokens"
            );
            if first.is_empty() {
                first = out;
            } else {
                assert!(apart(&first, &out) < 2e-6, "{compute:?} on {tokens} tokens");
            }
        }
    }
}

#[test]
fn attention_agrees_with_the_plain_formula() {
    for (heads, past, tokens) in [
        (
            Heads {
                query: 9,
                kv: 3,
                size: 64,
            },
            0,
            1,
        ),
        (
            Heads {
                query: 9,
                kv: 3,
                size: 64,
            },
            130,
            1,
        ),
        (
            Heads {
                query: 4,
                kv: 4,
                size: 8,
            },
            3,
            3,
        ),
        (
            Heads {
                query: 6,
                kv: 2,
                size: 80,
            },
            60,
            100,
        ),
        (
            Heads {
                query: 8,
                kv: 1,
                size: 20,
            },
            0,
            70,
        ),
    ] {
        let rows = noise(tokens * heads.row(), 3);
        let before = noise(past * heads.kv_row(), 4);
        let expected = plain_attention(heads, past, &rows, &before);
        for compute in computes() {
            for (half, tolerance) in [(false, 2e-6), (true, 2e-3)] {
                let out = kernel_attention(&compute, heads, past, &rows, &before, half);
                let apart = apart(&expected, &out);
                assert!(
                    apart < tolerance,
                    "{compute:?} {heads:?} {past} {tokens}: {apart}"
                );
            }
        }
    }
}

/// Softmax(q·k / sqrt(size))·v, head by head. The past's keys and values are the same numbers.
fn plain_attention(heads: Heads, past: usize, rows: &[f32], before: &[f32]) -> Vec<f32> {
    let (size, queries) = (heads.size, heads.query * heads.size);
    let tokens = rows.len() / heads.row();
    let entry = |token: usize, kv: usize, value: bool| -> &[f32] {
        if token < past {
            return &before[token * heads.kv_row() + kv * size..][..size];
        }
        let side = if value { heads.kv_row() } else { 0 };
        &rows[(token - past) * heads.row() + queries + side + kv * size..][..size]
    };
    let mut out = Vec::new();
    for token in 0..tokens {
        for head in 0..heads.query {
            let kv = head / (heads.query / heads.kv);
            let query = &rows[token * heads.row() + head * size..][..size];
            let dot = |key: &[f32]| query.iter().zip(key).map(|(q, k)| q * k).sum::<f32>();
            let seen = 0..=past + token;
            let scores = seen
                .clone()
                .map(|t| dot(entry(t, kv, false)) / (size as f32).sqrt());
            let weights: Vec<f32> = scores.map(f32::exp).collect();
            let sum: f32 = weights.iter().sum();
            for lane in 0..size {
                let all = seen.clone().map(|t| weights[t] * entry(t, kv, true)[lane]);
                out.push(all.sum::<f32>() / sum);
            }
        }
    }
    out
}

fn kernel_attention(
    compute: &Compute,
    heads: Heads,
    past: usize,
    rows: &[f32],
    before: &[f32],
    half: bool,
) -> Vec<f32> {
    let (tokens, width) = (rows.len() / heads.row(), heads.kv_row());
    let room = (past + tokens) * width;
    let queries = heads.query * heads.size;
    let mut out = vec![f32::NAN; tokens * queries];
    let new = |side: usize| {
        rows.chunks(heads.row())
            .map(move |row| &row[queries + side * width..][..width])
    };
    let mut halves = [vec![f16::ZERO; room], vec![f16::ZERO; room]];
    let mut singles = [vec![0.0; room], vec![0.0; room]];
    for side in 0..2 {
        let mut kept = match half {
            true => KeptMut::Half(&mut halves[side]),
            false => KeptMut::Single(&mut singles[side]),
        };
        kept.append(compute.kernels(), 0, width, before.chunks(width));
        kept.append(compute.kernels(), past, width, new(side));
    }
    let kept = |side: usize| match half {
        true => Kept::Half(&halves[side]),
        false => Kept::Single(&singles[side]),
    };
    let attention = Attention {
        heads,
        past,
        rows,
        keys: kept(0),
        values: kept(1),
    };
    attention.run(compute, &mut out);
    out
}

#[test]
fn turning_back_undoes_turning() {
    for pairing in [Pairing::Neighbours, Pairing::Halves] {
        let x = noise(2 * 3 * 8, 5);
        let mut turned = x.clone();
        let angles: Vec<f32> = noise(8, 6);
        let table = |sign: f32| -> Vec<f32> {
            let row = |a: &[f32]| -> Vec<f32> {
                a.iter()
                    .map(|a| a.cos())
                    .chain(a.iter().map(|a| sign * a.sin()))
                    .collect()
            };
            angles.chunks(4).flat_map(row).collect()
        };
        rotate(&mut turned, 2, &table(1.0), 8, pairing);
        // The third head of each row is left alone.
        assert_eq!(turned[16..24], x[16..24]);
        assert!(apart(&x[..16], &turned[..16]) > 1e-2);
        rotate(&mut turned, 2, &table(-1.0), 8, pairing);
        assert!(apart(&x, &turned) < 1e-6);
    }
}

/// Activations as a model might have them, and as none should: huge, tiny, all the same, zero.
fn activations(columns: usize) -> impl Strategy<Value = Vec<f32>> {
    let number = prop_oneof![
        8 => -10.0_f32..10.0,
        1 => Just(0.0),
        1 => -1e30_f32..1e30,
        1 => -1e-38_f32..1e-38,
    ];
    prop_oneof![
        8 => prop::collection::vec(number, columns),
        1 => Just(vec![0.0; columns]),
        1 => Just(vec![-3.5; columns]),
    ]
}

/// Code bytes as they come, extremes often.
fn code_bytes(count: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => any::<u8>(), 1 => Just(0x80), 1 => Just(0x7f), 1 => Just(0xff)];
    prop::collection::vec(byte, count)
}

proptest! {
    #[test]
    fn activations_are_rounded_alike(x in activations(96)) {
        let run = |kernels: &Kernels| {
            let (mut codes, mut scales, mut sums) = (vec![[0; 8]; 3], vec![0.0; 3], vec![0.0; 3]);
            let row = QuantRowMut { codes: &mut codes, scales: &mut scales, sums: &mut sums };
            (kernels.quantize)(&x, row);
            (codes, scales, sums)
        };
        let portable = run(&scalar::KERNELS);
        let bytes = portable.0.iter().flatten().flat_map(|word| word.to_le_bytes());
        prop_assert!(bytes.map(u8::cast_signed).all(|code| code > i8::MIN));
        prop_assert_eq!(run(best()), portable);
    }

    /// With weights' scales and activations' scales of one, products are the integer sums.
    #[test]
    fn integer_sums_are_equal(
        codes in code_bytes(32 * LANES),
        x in prop::collection::vec(prop_oneof![-127_i8..=127, Just(127), Just(-127)], 32),
    ) {
        let words: [i32; 8] =
            std::array::from_fn(|i| i32::from_le_bytes(std::array::from_fn(|j| x[4 * i + j].cast_unsigned())));
        let row = QuantRow { codes: &[words], scales: &[1.0], sums: &[0.0] };
        let one = f16::ONE.to_le_bytes();
        let (q8, q4) = (one.repeat(LANES), [one.repeat(LANES), vec![0; 2 * LANES]].concat());
        let panel = [q8, codes.clone()].concat();
        let expected = scalar::q8_0_block(&codes, &words).map(|sum| sum as f32);
        for kernels in [&scalar::KERNELS, best()] {
            for tokens in 1..=TILE {
                let mut out = vec![[0.0; LANES]; tokens];
                (kernels.q8_0)(&panel, &vec![row; tokens], &mut out);
                prop_assert!(out.iter().all(|out| *out == expected), "{}", kernels.name);
            }
        }
        let codes = &codes[..16 * LANES];
        let panel = [&q4, codes].concat();
        let expected = scalar::q4_1_block(codes, &words).map(|sum| sum as f32);
        for kernels in [&scalar::KERNELS, best()] {
            for tokens in 1..=TILE {
                let mut out = vec![[0.0; LANES]; tokens];
                (kernels.q4_1)(&panel, &vec![row; tokens], &mut out);
                prop_assert!(out.iter().all(|out| *out == expected), "{}", kernels.name);
            }
        }
    }

    #[test]
    fn row_kernels_agree(x in prop::collection::vec(-60.0_f32..60.0, 1..200), eps in 1e-6_f32..1e-3) {
        let y = noise(x.len(), 9);
        let both = |run: &dyn Fn(&Kernels) -> Vec<f32>| apart(&run(&scalar::KERNELS), &run(best()));
        let norm = |kernels: &Kernels| {
            let mut out = vec![0.0; x.len()];
            (kernels.rms_norm)(&x, &y, eps, &mut out);
            out
        };
        let gate = |kernels: &Kernels| {
            let mut out = vec![0.0; x.len()];
            (kernels.swiglu)(&x, &y, &mut out);
            out
        };
        let bend = |kernels: &Kernels| {
            let mut out = x.clone();
            (kernels.gelu)(&mut out);
            out
        };
        let exponents = |kernels: &Kernels| {
            let mut out = x.clone();
            let (most, sum) = (kernels.exponents)(&mut out, -3.0);
            out.extend([most, sum]);
            out
        };
        prop_assert!(both(&norm) < 1e-6);
        prop_assert!(both(&gate) < 1e-6);
        prop_assert!(both(&bend) < 1e-6);
        prop_assert!(both(&exponents) < 1e-6);
    }

    #[test]
    fn halves_round_trip_alike(x in prop::collection::vec(-7e4_f32..7e4, 1..40)) {
        let run = |kernels: &Kernels| {
            let (mut half, mut back) = (vec![f16::ZERO; x.len()], vec![0.0; x.len()]);
            (kernels.narrow)(&x, &mut half);
            (kernels.widen)(&half, &mut back);
            (half, back)
        };
        prop_assert_eq!(run(best()), run(&scalar::KERNELS));
    }
}
