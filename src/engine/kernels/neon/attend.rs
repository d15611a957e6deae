//! A few queries against a page of keys, and their weighted sums of its values.

/// The kernels for one kind of number: `$load` makes four floats of four of them, `$wide` one of
/// one.
macro_rules! precision {
    ($name:ident, $kind:ty, $load:path, $wide:expr) => {
        pub(super) mod $name {
            use std::arch::aarch64::{float32x4_t, vdupq_n_f32, vfmaq_n_f32};

            use super::super::super::attention::{PAGE, ROWS};
            use super::super::{load, store};

            #[target_feature(enable = "neon")]
            pub(in super::super) fn scores(
                queries: &[f32],
                keys: &[$kind],
                out: &mut [[f32; PAGE]],
            ) {
                match out.len() {
                    1 => some_scores::<1, 8>(queries, keys, out),
                    2 => some_scores::<2, 8>(queries, keys, out),
                    3 => some_scores::<3, 4>(queries, keys, out),
                    ROWS => some_scores::<ROWS, 4>(queries, keys, out),
                    other => panic!("{other} rows at once"),
                }
            }

            /// `P` vectors of keys at a time: their sums stay in registers.
            #[target_feature(enable = "neon")]
            fn some_scores<const R: usize, const P: usize>(
                queries: &[f32],
                keys: &[$kind],
                out: &mut [[f32; PAGE]],
            ) {
                let size = queries.len() / R;
                let queries: [&[f32]; R] = std::array::from_fn(|r| &queries[r * size..][..size]);
                let lanes = keys.as_chunks::<4>().0.as_chunks::<{ PAGE / 4 }>().0;
                for first in (0..PAGE / 4).step_by(P) {
                    let mut totals = [[vdupq_n_f32(0.0); P]; R];
                    for (lane, keys) in lanes[..size].iter().enumerate() {
                        let keys: [float32x4_t; P] =
                            std::array::from_fn(|part| $load(&keys[first + part]));
                        for r in 0..R {
                            for part in 0..P {
                                let total = &mut totals[r][part];
                                *total = vfmaq_n_f32(*total, keys[part], queries[r][lane]);
                            }
                        }
                    }
                    for (totals, out) in totals.into_iter().zip(out.iter_mut()) {
                        let parts = out.as_chunks_mut::<4>().0[first..].iter_mut();
                        totals
                            .into_iter()
                            .zip(parts)
                            .for_each(|(t, out)| store(t, out));
                    }
                }
            }

            #[target_feature(enable = "neon")]
            pub(in super::super) fn gather(
                weights: &[[f32; PAGE]],
                values: &[$kind],
                rows: (usize, usize),
                out: &mut [f32],
            ) {
                match weights.len() {
                    1 => some_gather::<1>(weights, values, rows, out),
                    2 => some_gather::<2>(weights, values, rows, out),
                    3 => some_gather::<3>(weights, values, rows, out),
                    ROWS => some_gather::<ROWS>(weights, values, rows, out),
                    other => panic!("{other} rows at once"),
                }
            }

            #[target_feature(enable = "neon")]
            fn some_gather<const R: usize>(
                weights: &[[f32; PAGE]],
                values: &[$kind],
                rows: (usize, usize),
                out: &mut [f32],
            ) {
                let size = out.len() / R;
                let mut at = 0;
                while at + 16 <= size {
                    strip::<R, 4>(weights, &values[at..], rows, &mut out[at..], size);
                    at += 16;
                }
                while at + 4 <= size {
                    strip::<R, 1>(weights, &values[at..], rows, &mut out[at..], size);
                    at += 4;
                }
                let (count, stride) = rows;
                for (row, weights) in weights[..R].iter().enumerate() {
                    for lane in at..size {
                        for (i, weight) in weights[..count].iter().enumerate() {
                            let value = $wide(values[i * stride + lane]);
                            let out = &mut out[row * size + lane];
                            *out = weight.mul_add(value, *out);
                        }
                    }
                }
            }

            /// `N` times four lanes of each row, kept in registers from the first value to the
            /// last.
            #[target_feature(enable = "neon")]
            fn strip<const R: usize, const N: usize>(
                weights: &[[f32; PAGE]],
                values: &[$kind],
                (count, stride): (usize, usize),
                out: &mut [f32],
                size: usize,
            ) {
                let weights: &[[f32; PAGE]; R] = weights.first_chunk().expect("as many rows");
                let mut totals = [[vdupq_n_f32(0.0); N]; R];
                for (r, totals) in totals.iter_mut().enumerate() {
                    let from = out[r * size..].as_chunks::<4>().0;
                    for (total, from) in totals.iter_mut().zip(from) {
                        *total = load(from);
                    }
                }
                for i in 0..count.min(PAGE) {
                    let row = values[i * stride..][..N * 4].as_chunks::<4>().0;
                    let row: [float32x4_t; N] = std::array::from_fn(|n| $load(&row[n]));
                    for r in 0..R {
                        for n in 0..N {
                            totals[r][n] = vfmaq_n_f32(totals[r][n], row[n], weights[r][i]);
                        }
                    }
                }
                for (r, totals) in totals.into_iter().enumerate() {
                    let to = out[r * size..].as_chunks_mut::<4>().0;
                    totals
                        .into_iter()
                        .zip(to)
                        .for_each(|(total, to)| store(total, to));
                }
            }
        }
    };
}

precision!(single, f32, super::super::load, |x: f32| x);
precision!(
    half,
    ::half::f16,
    super::super::load_halves,
    |x: ::half::f16| { x.to_f32() }
);
precision!(bytes, i8, super::super::load_codes, f32::from);
