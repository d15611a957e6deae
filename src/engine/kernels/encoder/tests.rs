//! Every table computes the same as the portable one, and that the same as the plain formula.

use proptest::prelude::*;

use super::super::bytes::{BLOCK, TOKENS, TURNS, UNIT};
use super::super::scalar;
use super::super::tests::{activations, apart, noise, tables};
use super::*;

/// A token rounded: codes, scales, starts.
fn rounded(kernels: &Kernels, x: &[f32]) -> (Vec<i32>, Vec<f32>, Vec<i32>) {
    let blocks = x.len() / BLOCK;
    let mut all = (vec![0; blocks * TURNS], vec![0.0; blocks], vec![0; blocks]);
    let to = Rounded {
        codes: &mut all.0,
        scales: &mut all.1,
        starts: &mut all.2,
    };
    (kernels.encoder.round)(x, to);
    all
}

/// A matrix of chance, rounded, with its numbers as they were.
fn matrix(rows: usize, columns: usize, seed: u64) -> (bytes::Plan, Vec<u8>, Vec<f32>) {
    let plan = bytes::Plan { rows, columns };
    let (numbers, mut packed) = (noise(rows * columns, seed), vec![0; plan.bytes()]);
    let compute = Compute::new(2);
    plan.pack(compute.team(), &mut packed, |row, out| {
        out.copy_from_slice(&numbers[row * columns..][..columns]);
    });
    (plan, packed, numbers)
}

#[test]
fn a_rounded_row_reads_back_nearly_as_it_was() {
    let (plan, packed, numbers) = matrix(48, 128, 3);
    let mut out = vec![0.0; plan.columns];
    for (number, row) in numbers.chunks(plan.columns).enumerate() {
        plan.row(&packed, number, &mut out);
        for (block, out) in row.chunks(BLOCK).zip(out.chunks(BLOCK)) {
            let most = block.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let half_a_step = most / 127.0 * 0.5001;
            let near = |(a, b): (&f32, &f32)| (a - b).abs() <= half_a_step;
            assert!(block.iter().zip(out.iter()).all(near));
        }
    }
}

#[test]
fn products_agree_with_the_plain_formula_whatever_the_company() {
    let (plan, packed, numbers) = matrix(80, 192, 5);
    let bias = noise(plan.rows, 6);
    let x = noise(21 * plan.columns, 7);
    let mut expected = Vec::new();
    for x in x.chunks(plan.columns) {
        for (row, bias) in numbers.chunks(plan.columns).zip(&bias) {
            expected.push(row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + bias);
        }
    }
    let mut first = Vec::new();
    for table in tables() {
        let run = |x: &[f32], tiles: &mut Tiles| {
            let mut out = vec![f32::NAN; x.len() / plan.columns * plan.rows];
            bytes::multiply(table, (plan, &packed, &bias), tiles, x, &mut out);
            out
        };
        let mut tiles = Tiles::default();
        let together = run(&x, &mut tiles);
        assert!(apart(&expected, &together) < 1.2e-2, "{}", table.name);
        for (x, expected) in x.chunks(plan.columns).zip(together.chunks(plan.rows)) {
            assert_eq!(run(x, &mut tiles), expected, "{}", table.name);
        }
        if first.is_empty() {
            first = together;
        } else {
            assert_eq!(first, together, "{}", table.name);
        }
    }
}

/// Softmax(q·k / sqrt(size))·v of each text, head by head.
fn plain_attention(heads: usize, lengths: &[usize], rows: &[f32], width: usize) -> Vec<f32> {
    let (size, mut out, mut rest) = (width / heads, Vec::new(), rows);
    for length in lengths {
        let (text, after) = rest.split_at(length * 3 * width);
        rest = after;
        let entry = |token: usize, kind: usize, head: usize| {
            &text[(3 * token + kind) * width + head * size..][..size]
        };
        for token in 0..*length {
            for head in 0..heads {
                let dot = |other: usize| {
                    let pairs = entry(token, 0, head).iter().zip(entry(other, 1, head));
                    pairs.map(|(q, k)| q * k).sum::<f32>() / (size as f32).sqrt()
                };
                let weights: Vec<f32> = (0..*length).map(|other| dot(other).exp()).collect();
                let sum: f32 = weights.iter().sum();
                out.extend((0..size).map(|lane| {
                    let each = weights.iter().enumerate();
                    let all = each.map(|(other, weight)| weight * entry(other, 2, head)[lane]);
                    all.sum::<f32>() / sum
                }));
            }
        }
    }
    out
}

#[test]
fn attention_agrees_with_the_plain_formula_whatever_the_company() {
    for (heads, size) in [(12, 32), (3, 64), (2, 20), (1, 48), (5, 1)] {
        let (width, lengths) = (heads * size, [1, 70, 7, 33, 64, 8]);
        let rows = noise(lengths.iter().sum::<usize>() * 3 * width, 3);
        let expected = plain_attention(heads, &lengths, &rows, width);
        for compute in tables().into_iter().map(|table| Compute::with(2, table)) {
            let run = |lengths: &[usize], rows: &[f32]| {
                let mut out = vec![f32::NAN; rows.len() / 3];
                attend(&compute, heads, lengths, rows, &mut out);
                out
            };
            let together = run(&lengths, &rows);
            let apart = apart(&expected, &together);
            assert!(apart < 2e-6, "{compute:?} {heads} of {size}: {apart}");
            let (mut rows, mut out) = (rows.as_slice(), together.as_slice());
            for length in lengths {
                let (text, after) = rows.split_at(length * 3 * width);
                let (expected, others) = out.split_at(length * width);
                assert_eq!(run(&[length], text), expected, "{compute:?}");
                (rows, out) = (after, others);
            }
        }
    }
}

proptest! {
    #[test]
    fn tokens_are_rounded_alike(x in activations(3 * BLOCK)) {
        let portable = rounded(&scalar::KERNELS, &x);
        let codes = portable.0.iter().flat_map(|word| word.to_le_bytes());
        prop_assert!(codes.map(u8::cast_signed).all(|code| code > i8::MIN));
        for table in tables() {
            prop_assert_eq!(rounded(table, &x), portable.clone());
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any codes of weights, any that rounding makes of tokens: the same bit for bit.
    #[test]
    fn products_of_bytes_are_equal(
        codes in prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => Just(0), 1 => Just(255)], BLOCK * LANES),
        x in prop::collection::vec(prop_oneof![-127_i8..=127, Just(127), Just(-127)], 2 * BLOCK),
        (panels, tokens) in (1_usize..6, 1_usize..=TOKENS),
    ) {
        let plan = bytes::Plan { rows: panels * LANES, columns: 2 * BLOCK };
        let (scales, bias) = (noise(2 * panels * LANES, 5), noise(plan.rows, 6));
        let mut packed = Vec::new();
        for (unit, scales) in scales.chunks(LANES).enumerate() {
            packed.extend(scales.iter().flat_map(|scale| scale.to_le_bytes()));
            // Each unit has the codes in another order.
            packed.extend(codes.iter().cycle().skip(unit * 7).take(BLOCK * LANES));
        }
        prop_assert_eq!(packed.len(), 2 * panels * UNIT);
        let x: Vec<f32> = x.iter().map(|x| f32::from(*x)).cycle().take(tokens * (plan.columns + 1)).collect();
        // Each token has the numbers in another order.
        let x: Vec<f32> = (0..tokens).flat_map(|t| x[t..][..plan.columns].to_vec()).collect();
        let run = |table: &Kernels| {
            let mut out = vec![f32::NAN; tokens * plan.rows];
            bytes::multiply(table, (plan, &packed, &bias), &mut Tiles::default(), &x, &mut out);
            out
        };
        let portable = run(&scalar::KERNELS);
        for table in tables().into_iter().skip(1) {
            prop_assert_eq!(&run(table), &portable, "{}", table.name);
        }
    }
}

proptest! {
    #[test]
    fn norms_agree(x in prop::collection::vec(-60.0_f32..60.0, 2..200), eps in 1e-12_f32..1e-3) {
        let [y, weight, bias] = [7, 8, 9].map(|seed| noise(x.len(), seed));
        let run = |table: &Kernels| {
            let mut out = x.clone();
            (table.encoder.norm)(&mut out, &y, Norm { weight: &weight, bias: &bias, eps });
            out
        };
        for table in tables() {
            prop_assert!(apart(&run(&scalar::KERNELS), &run(table)) < 1e-5, "{}", table.name);
        }
    }

    #[test]
    fn scores_agree(size in 1_usize..70, stride in (PAGE..3 * PAGE)) {
        let (queries, page) = (noise(QUERIES * size, 3), noise(size * PAGE, 4));
        let run = |table: &Kernels| {
            let mut out = vec![0.5; (QUERIES - 1) * stride + PAGE];
            (table.encoder.scores)(&queries, &page, &mut out, stride);
            out
        };
        for table in tables() {
            prop_assert!(apart(&run(&scalar::KERNELS), &run(table)) < 2e-6, "{}", table.name);
        }
    }

    #[test]
    fn mixtures_agree(size in 1_usize..70, count in 1_usize..80, more in 0_usize..40) {
        let seen = Seen { count, stride: size + more, width: count + more };
        let weights = noise(QUERIES * seen.width, 3);
        let values = noise((count - 1) * seen.stride + size, 4);
        let run = |table: &Kernels| {
            let mut out = vec![f32::NAN; QUERIES * size];
            (table.encoder.mix)(&weights, &values, seen, &mut out);
            out
        };
        for table in tables() {
            prop_assert!(apart(&run(&scalar::KERNELS), &run(table)) < 2e-6, "{}", table.name);
        }
    }
}
