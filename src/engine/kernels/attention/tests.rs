//! Attention over pages of each precision, by every table.

use half::f16;
use proptest::prelude::*;

use super::super::kept::{Codes, KeptMut, Pages};
use super::super::scalar;
use super::super::tests::{apart, computes, noise, tables};
use super::*;

/// Keys or values of a sequence, in memory of their own.
enum Side {
    Half(Vec<f16>),
    Single(Vec<f32>),
    Bytes(Vec<i8>, Vec<f32>),
}

impl Side {
    /// Room for three kinds of `numbers` numbers of `heads`, and how far from the plain formula what
    /// comes of them may be. What nobody has written yet is none.
    fn of_each_kind(numbers: usize, heads: Heads) -> [(Self, Self, f32); 3] {
        let half = || Self::Half(vec![f16::NAN; numbers]);
        let single = || Self::Single(vec![f32::NAN; numbers]);
        let bytes = || Self::Bytes(vec![77; numbers], vec![f32::NAN; numbers / heads.size]);
        [
            (half(), half(), 2e-3),
            (single(), single(), 2e-6),
            (bytes(), bytes(), 2e-2),
        ]
    }

    fn kept_mut(&mut self) -> KeptMut<'_> {
        match self {
            Self::Half(all) => KeptMut::Half(all),
            Self::Single(all) => KeptMut::Single(all),
            Self::Bytes(codes, scales) => KeptMut::Bytes { codes, scales },
        }
    }

    fn kept(&self) -> Kept<'_> {
        match self {
            Self::Half(all) => Kept::Half(all),
            Self::Single(all) => Kept::Single(all),
            Self::Bytes(codes, scales) => Kept::Bytes(Codes { codes, scales }),
        }
    }
}

/// Heads, tokens before, tokens to attend.
const CASES: [((usize, usize, usize), usize, usize); 5] = [
    ((9, 3, 64), 0, 1),
    ((9, 3, 64), 130, 1),
    ((4, 4, 8), 3, 3),
    ((6, 2, 80), 60, 100),
    ((8, 1, 20), 0, 70),
];

#[test]
fn attention_agrees_with_the_plain_formula() {
    for ((query, kv, size), past, tokens) in CASES {
        let heads = Heads { query, kv, size };
        let rows = noise(tokens * heads.row(), 3);
        let before = noise(past * heads.kv_row(), 4);
        let expected = plain_attention(heads, past, &rows, &before);
        for compute in computes() {
            let numbers = (past + tokens).next_multiple_of(PAGE) * heads.kv_row();
            for (keys, values, tolerance) in Side::of_each_kind(numbers, heads) {
                let out = kernel_attention(&compute, heads, past, &rows, &before, (keys, values));
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
    (mut keys, mut values): (Side, Side),
) -> Vec<f32> {
    let (tokens, width) = (rows.len() / heads.row(), heads.kv_row());
    // The pages lie in memory in another order than in the sequence.
    let pages = (past + tokens).div_ceil(PAGE) as u32;
    let table: Vec<u32> = (0..pages).rev().collect();
    let queries = heads.query * heads.size;
    let mut out = vec![f32::NAN; tokens * queries];
    let new = |side: usize| {
        rows.chunks(heads.row())
            .map(move |row| &row[queries + side * width..][..width])
    };
    let from = |first: usize| Pages {
        table: &table,
        first,
    };
    let kernels = compute.kernels();
    let mut kept = keys.kept_mut();
    kept.write_keys(kernels, from(0), width, before.chunks(width));
    kept.write_keys(kernels, from(past), width, new(0));
    let mut kept = values.kept_mut();
    kept.write_values(kernels, from(0), width, before.chunks(width));
    kept.write_values(kernels, from(past), width, new(1));
    let attention = Attention {
        heads,
        past,
        table: &table,
        rows,
        keys: keys.kept(),
        values: values.kept(),
    };
    run(&[attention], compute, &mut out);
    out
}

/// Bytes as pages hold them, extremes often.
fn codes(count: usize) -> impl Strategy<Value = Vec<i8>> {
    let code = prop_oneof![4 => -127_i8..=127, 1 => Just(0), 1 => Just(127), 1 => Just(-127)];
    prop_oneof![
        6 => prop::collection::vec(code, count),
        1 => Just(vec![0; count]),
        1 => Just(vec![127; count]),
        1 => Just(vec![-127; count]),
    ]
}

proptest! {
    /// Whatever lies in a page, every table makes the portable one's scores and sums of it.
    #[test]
    fn pages_of_bytes_are_read_alike(
        (rows, size, keys) in (1..=ROWS, 1..100_usize)
            .prop_flat_map(|(rows, size)| (Just(rows), Just(size), codes(size * PAGE))),
        stride in 0..9_usize,
        count in 1..=PAGE,
    ) {
        let stride = size + stride;
        let values: Vec<i8> = keys.iter().copied().cycle().take(PAGE * stride).collect();
        let queries = noise(rows * size, 21);
        let weights: Vec<[f32; PAGE]> = noise(rows * PAGE, 22).as_chunks().0.to_vec();
        let read = |kernels: &Kernels| {
            let mut scores = vec![[f32::NAN; PAGE]; rows];
            (kernels.scores_bytes)(&queries, &keys, &mut scores);
            let mut gathered = noise(rows * size, 23);
            (kernels.gather_bytes)(&weights, &values, (count, stride), &mut gathered);
            (scores.concat(), gathered)
        };
        let expected = read(&scalar::KERNELS);
        for table in tables() {
            let (scores, gathered) = read(table);
            prop_assert!(near(&expected.0, &scores, 127.0 * size as f32), "{}", table.name);
            prop_assert!(near(&expected.1, &gathered, 127.0 * count as f32), "{}", table.name);
        }
    }

    /// A head is off by half a step at most, zeros stay zeros and what is no number spoils its own
    /// head alone; keys and values are rounded alike.
    #[test]
    fn heads_are_rounded_to_the_nearest_step(
        heads in prop::collection::vec(heads_of(24), 3),
        slot in 0..PAGE,
    ) {
        let (row, width) = (heads.concat(), 3 * 24);
        let kernels = &scalar::KERNELS;
        let [mut keys, mut values] = [(); 2].map(|()| (vec![0_i8; PAGE * width], vec![0.0; PAGE * 3]));
        let mut halves = vec![f16::ZERO; width];
        let (codes, scales) = (&mut keys.0, &mut keys.1);
        KeptMut::Bytes { codes, scales }.put_key(kernels, slot, &row, &mut halves);
        let (codes, scales) = (&mut values.0, &mut values.1);
        KeptMut::Bytes { codes, scales }.put_value(kernels, slot, &row);
        for (lane, x) in row.iter().enumerate() {
            let place = lane / 24 * PAGE + slot;
            let (scale, code) = (keys.1[place], keys.0[lane * PAGE + slot]);
            prop_assert_eq!(code, values.0[slot * width + lane]);
            prop_assert_eq!(scale.to_bits(), values.1[place].to_bits());
            let head = &heads[lane / 24];
            if head.iter().all(|x| x.is_finite()) {
                let most = head.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
                let back = f64::from(code) * f64::from(scale);
                let off = (f64::from(*x) - back).abs();
                // Below what can be told from nothing, it is nothing.
                prop_assert!(off <= f64::from(most / 127.0) * 0.5001 || most < 1e-35, "{x} {back}");
                prop_assert!(off <= f64::from(most));
                prop_assert!(most > 0.0 || scale == 0.0);
            } else {
                prop_assert!(scale.is_nan());
            }
        }
    }
}

/// A head of usual numbers, of huge or tiny ones, of zeros, or with what is no number.
fn heads_of(size: usize) -> impl Strategy<Value = Vec<f32>> {
    let of = |number: BoxedStrategy<f32>| prop::collection::vec(number, size);
    prop_oneof![
        6 => of((-30.0_f32..30.0).boxed()),
        1 => of(prop_oneof![Just(0.0_f32), Just(-0.0)].boxed()),
        1 => of(prop_oneof![Just(f32::MAX), Just(f32::MIN), -1.0_f32..1.0].boxed()),
        1 => of((-1e-38_f32..1e-38).boxed()),
        1 => of(prop_oneof![Just(f32::NAN), Just(f32::INFINITY), -1.0_f32..1.0].boxed()),
        1 => of(prop_oneof![Just(f32::NEG_INFINITY), -1.0_f32..1.0].boxed()),
    ]
}

/// Sums of products that are at most `most` together, added in another order or fused.
fn near(a: &[f32], b: &[f32], most: f32) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= most * 1e-5)
}
