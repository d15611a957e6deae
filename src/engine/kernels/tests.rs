//! Every table computes the same as the portable one, and that the same as the plain formula.

use proptest::prelude::*;

use super::input::Input;
use super::matmul::Finish;
use super::matmul::multiply;
use super::pack::Plan;
use super::*;
use crate::engine::quant::Format;
use crate::engine::weights::gguf::writer::encode;

/// Every table that this CPU can run, the portable one first.
pub(super) fn tables() -> Vec<&'static Kernels> {
    let mut tables = vec![&scalar::KERNELS];
    #[cfg(target_arch = "x86_64")]
    tables.extend(avx2::kernels().into_iter().chain(avx512::kernels()));
    #[cfg(target_arch = "aarch64")]
    tables.extend(neon::kernels().into_iter().chain(neon::dotprod_kernels()));
    tables
}

/// `make qemu` says which table each CPU that it emulates must get.
#[test]
fn the_cpu_gets_the_last_table_it_can_run() {
    assert!(
        tables()
            .last()
            .is_some_and(|last| std::ptr::eq(*last, best()))
    );
    if let Ok(expected) = std::env::var("PRIVATESTACK_TEST_KERNELS") {
        assert_eq!(best().name, expected);
    }
}

/// Every table on one thread, and the best on three.
pub(super) fn computes() -> Vec<Compute> {
    let one = tables().into_iter().map(|table| Compute::with(1, table));
    one.chain([Compute::new(3)]).collect()
}

/// Numbers between -1 and 1 that look like chance and are the same each time.
pub(super) fn noise(count: usize, seed: u64) -> Vec<f32> {
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
    plan.pack_plain(compute.team(), &sources, &mut bytes);
    bytes
}

/// Largest difference, relative to the largest number.
pub(super) fn apart(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let most = a.iter().fold(1e-20_f32, |most, x| most.max(x.abs()));
    a.iter()
        .zip(b)
        .fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()))
        / most
}

/// A few rows of every format.
fn every_format() -> Vec<(Format, usize)> {
    let formats = Format::ALL.into_iter().map(|(_, format)| format);
    formats
        .zip([5, 70, 9, 20, 16, 1, 33, 18, 31, 17, 8])
        .collect()
}

fn sources(parts: &[(Format, usize)], columns: usize) -> Vec<Vec<u8>> {
    let encoded =
        |(format, rows): &(Format, usize)| encode(*format, &noise(rows * columns, *rows as u64));
    parts.iter().map(encoded).collect()
}

#[test]
fn a_packed_row_reads_back_as_it_was() {
    let (parts, columns) = (every_format(), 512);
    let plan = Plan::new(columns, &parts);
    let compute = Compute::new(2);
    let sources = sources(&parts, columns);
    let packed = packed(&plan, &compute, &sources);
    let (mut row, mut got, mut expected) = (0, vec![0.0; columns], vec![0.0; columns]);
    for ((format, rows), source) in parts.iter().zip(&sources) {
        for line in source.chunks(source.len() / rows) {
            plan.row(&packed, row, &mut got);
            format.dequantize(line, &mut expected);
            assert_eq!(got, expected, "{format:?}");
            row += 1;
        }
    }
    assert_eq!(row, plan.rows());
}

#[test]
fn products_agree_with_the_plain_formula() {
    let (parts, columns) = (every_format(), 512);
    let plan = Plan::new(columns, &parts);
    let sources = sources(&parts, columns);
    for tokens in [1, 2, 3, 4, 5, 9, 64] {
        let x = noise(tokens * columns, 7);
        let mut first = Vec::new();
        for compute in computes() {
            let packed = packed(&plan, &compute, &sources);
            let mut out = vec![f32::NAN; tokens * plan.rows()];
            multiply(
                &compute,
                (&plan, &packed),
                Input::Given(&x),
                &mut out,
                Finish::default(),
            );
            check_products(
                &parts,
                &sources,
                &x,
                &out,
                &format!("{compute:?}, {tokens} tokens"),
            );
            if first.is_empty() {
                first = out;
            } else {
                assert!(apart(&first, &out) < 2e-6, "{compute:?} on {tokens} tokens");
            }
        }
    }
}

/// Compares `out` with the sums of products, format by format: each has numbers of its own size.
fn check_products(
    parts: &[(Format, usize)],
    sources: &[Vec<u8>],
    x: &[f32],
    out: &[f32],
    how: &str,
) {
    let columns = 512;
    let all: usize = parts.iter().map(|(_, rows)| rows).sum();
    let mut before = 0;
    for ((format, rows), source) in parts.iter().zip(sources) {
        let mut weights = vec![0.0; rows * columns];
        format.dequantize(source, &mut weights);
        let (mut expected, mut got) = (Vec::new(), Vec::new());
        for (x, out) in x.chunks(columns).zip(out.chunks(all)) {
            let dot = |w: &[f32]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
            expected.extend(weights.chunks(columns).map(dot));
            got.extend_from_slice(&out[before..before + rows]);
        }
        // Rounding activations to int8 costs some of the third digit.
        let tolerance = if format.is_dense() { 2e-6 } else { 1.2e-2 };
        let apart = apart(&expected, &got);
        assert!(apart < tolerance, "{format:?}, {how}: {apart}");
        before += rows;
    }
}

/// Batches give each token what it gets alone, and threads change nothing: bit for bit.
#[test]
fn products_do_not_depend_on_company() {
    let (parts, columns) = (every_format(), 512);
    let plan = Plan::new(columns, &parts);
    let sources = sources(&parts, columns);
    let x = noise(13 * columns, 11);
    for table in tables() {
        let run = |threads: usize, x: &[f32]| {
            let compute = Compute::with(threads, table);
            let packed = packed(&plan, &compute, &sources);
            let mut out = vec![f32::NAN; x.len() / columns * plan.rows()];
            multiply(
                &compute,
                (&plan, &packed),
                Input::Given(x),
                &mut out,
                Finish::default(),
            );
            out
        };
        let together = run(1, &x);
        assert_eq!(together, run(3, &x), "{}", table.name);
        for (x, expected) in x.chunks(columns).zip(together.chunks(plan.rows())).skip(9) {
            assert_eq!(run(2, x), expected, "{}", table.name);
        }
    }
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
pub(super) fn activations(columns: usize) -> impl Strategy<Value = Vec<f32>> {
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
        1 => Just(vec![-1e-38; columns]),
    ]
}

/// Bytes as they come, extremes often.
fn extreme_bytes(count: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => any::<u8>(), 1 => Just(0x80), 1 => Just(0x7f), 1 => Just(0xff)];
    prop::collection::vec(byte, count)
}

/// Replaces the half-precision numbers of a block by one, so that products are whole numbers.
fn with_unit_scales(format: Format, block: &mut [u8]) {
    let (one, zero) = (f16::ONE.to_le_bytes(), [0; 2]);
    match format {
        Format::Q6_K => block[208..].copy_from_slice(&one),
        Format::Q4_1 | Format::Q5_1 | Format::Q4_K | Format::Q5_K => {
            block[..2].copy_from_slice(&one);
            block[2..4].copy_from_slice(&zero);
        }
        _ => block[..2].copy_from_slice(&one),
    }
}

proptest! {
    #[test]
    fn activations_are_rounded_alike(x in activations(96)) {
        let run = |kernels: &Kernels| {
            let (mut codes, mut scales, mut halves) = (vec![[0; 8]; 3], vec![0.0; 3], vec![[0; 2]; 3]);
            let row = QuantRow { codes: &mut codes, scales: &mut scales, halves: &mut halves };
            (kernels.quantize)(&x, row);
            (codes, scales, halves)
        };
        let portable = run(&scalar::KERNELS);
        let bytes = portable.0.iter().flatten().flat_map(|word| word.to_le_bytes());
        prop_assert!(bytes.map(u8::cast_signed).all(|code| code > i8::MIN));
        for table in tables() {
            prop_assert_eq!(run(table), portable.clone());
        }
    }

    /// With weights' scales and activations' scales of one, products are the integer sums.
    #[test]
    fn integer_sums_are_equal(
        bytes in extreme_bytes(210 * LANES),
        x in prop::collection::vec(prop_oneof![-127_i8..=127, Just(127), Just(-127)], 256),
    ) {
        for (_, format) in Format::ALL.into_iter().filter(|(_, format)| !format.is_dense()) {
            let mut source = bytes[..format.block_bytes() * LANES].to_vec();
            for block in source.chunks_mut(format.block_bytes()) {
                with_unit_scales(format, block);
            }
            // The scale of every activation block is one: its largest is 127.
            let mut x: Vec<f32> = x[..format.block()].iter().map(|x| f32::from(*x)).collect();
            x.iter_mut().step_by(32).for_each(|x| *x = 127.0);
            let mut weights = vec![0.0; format.block() * LANES];
            format.dequantize(&source, &mut weights);
            let dot = |w: &[f32]| w.iter().zip(&x).map(|(w, x)| w * x).sum::<f32>();
            let expected: Vec<f32> = weights.chunks(format.block()).map(dot).collect();
            let plan = Plan::new(format.block(), &[(format, LANES)]);
            for table in tables() {
                let compute = Compute::with(1, table);
                let packed = packed(&plan, &compute, &[source.clone()]);
                let mut out = vec![f32::NAN; LANES];
                multiply(&compute, (&plan, &packed), Input::Given(&x), &mut out, Finish::default());
                // Sums beyond 2^24 are rounded, in another order each.
                prop_assert!(apart(&expected, &out) < 3e-7, "{format:?} {}", table.name);
            }
        }
    }

    #[test]
    fn row_kernels_agree(x in prop::collection::vec(-60.0_f32..60.0, 1..200), eps in 1e-6_f32..1e-3) {
        let y = noise(x.len(), 9);
        let both = |run: &dyn Fn(&Kernels) -> Vec<f32>| {
            let portable = run(&scalar::KERNELS);
            tables().into_iter().fold(0.0_f32, |most, table| most.max(apart(&portable, &run(table))))
        };
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
        let soften = |kernels: &Kernels| {
            let mut page = [[0.0; PAGE]; 3];
            let scores = x.iter().chain(&y).cycle();
            page.as_flattened_mut().iter_mut().zip(scores).for_each(|(to, x)| *to = *x);
            let seen = [1, 17, PAGE].map(|most| x.len().min(most));
            let (mut most, mut sum, mut fade) = ([f32::NEG_INFINITY, -3.0, 70.0], [0.0, 1.0, 2.0], [0.0; 3]);
            let so_far = SoFar { most: &mut most, sum: &mut sum, fade: &mut fade };
            (kernels.soften)(&mut page, &seen, so_far);
            for (row, seen) in page.iter().zip(seen) {
                assert!(row[seen..].iter().all(|hidden| hidden.to_bits() == 0));
            }
            [page.as_flattened(), &most, &sum, &fade].concat()
        };
        prop_assert!(both(&soften) < 1e-6);
        prop_assert!(both(&norm) < 1e-6);
        prop_assert!(both(&gate) < 1e-6);
        prop_assert!(both(&bend) < 1e-6);
        prop_assert!(both(&exponents) < 1e-6);
    }

    #[test]
    fn halves_are_rounded_alike(x in prop::collection::vec(-7e4_f32..7e4, 1..40)) {
        let run = |kernels: &Kernels| {
            let mut half = vec![f16::ZERO; x.len()];
            (kernels.narrow)(&x, &mut half);
            half
        };
        for table in tables() {
            prop_assert_eq!(run(table), run(&scalar::KERNELS));
        }
    }
}
