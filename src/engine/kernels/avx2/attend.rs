//! A few queries against a page of keys, and their weighted sums of its values.

/// The kernels for one kind of number: `$load` makes eight floats of eight of them, `$wide`
/// one of one.
macro_rules! precision {
    ($name:ident, $kind:ty, $load:expr, $wide:expr) => {
        pub(super) mod $name {
            use std::arch::x86_64::{__m256, _mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps};

            use super::super::super::attention::PAGE;
            use super::super::{load, store};

            #[target_feature(enable = "avx2,fma,f16c")]
            pub(in super::super) fn scores(
                queries: &[f32],
                keys: &[$kind],
                out: &mut [[f32; PAGE]],
            ) {
                // Sixteen registers hold the sums of two rows.
                let size = queries.len() / out.len();
                for (queries, out) in queries.chunks(2 * size).zip(out.chunks_mut(2)) {
                    match out.len() {
                        1 => some_scores::<1>(queries, keys, out),
                        _ => some_scores::<2>(queries, keys, out),
                    }
                }
            }

            #[target_feature(enable = "avx2,fma,f16c")]
            fn some_scores<const R: usize>(
                queries: &[f32],
                keys: &[$kind],
                out: &mut [[f32; PAGE]],
            ) {
                let size = queries.len() / R;
                let queries: [&[f32]; R] = std::array::from_fn(|r| &queries[r * size..][..size]);
                let mut totals = [[_mm256_setzero_ps(); 4]; R];
                let lanes = keys.as_chunks::<8>().0.as_chunks::<4>().0;
                for (lane, keys) in lanes[..size].iter().enumerate() {
                    let keys: [__m256; 4] = std::array::from_fn(|part| $load(&keys[part]));
                    for r in 0..R {
                        let query = _mm256_set1_ps(queries[r][lane]);
                        for part in 0..4 {
                            let total = &mut totals[r][part];
                            *total = _mm256_fmadd_ps(query, keys[part], *total);
                        }
                    }
                }
                for (totals, out) in totals.into_iter().zip(out) {
                    let parts = out.as_chunks_mut::<8>().0;
                    totals
                        .into_iter()
                        .zip(parts)
                        .for_each(|(t, out)| store(t, out));
                }
            }

            #[target_feature(enable = "avx2,fma,f16c")]
            pub(in super::super) fn gather(
                weights: &[[f32; PAGE]],
                values: &[$kind],
                (count, stride): (usize, usize),
                out: &mut [f32],
            ) {
                let size = out.len() / weights.len();
                for (weights, out) in weights.chunks(2).zip(out.chunks_mut(2 * size)) {
                    match weights.len() {
                        1 => some_gather::<1>(weights, values, (count, stride), out),
                        _ => some_gather::<2>(weights, values, (count, stride), out),
                    }
                }
            }

            #[target_feature(enable = "avx2,fma,f16c")]
            fn some_gather<const R: usize>(
                weights: &[[f32; PAGE]],
                values: &[$kind],
                (count, stride): (usize, usize),
                out: &mut [f32],
            ) {
                let size = out.len() / R;
                let mut at = 0;
                while at + 32 <= size {
                    strip::<R, 4>(
                        weights,
                        &values[at..],
                        (count, stride),
                        &mut out[at..],
                        size,
                    );
                    at += 32;
                }
                while at + 8 <= size {
                    strip::<R, 1>(
                        weights,
                        &values[at..],
                        (count, stride),
                        &mut out[at..],
                        size,
                    );
                    at += 8;
                }
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

            /// `N` times eight lanes of each row, kept in registers from the first value to the
            /// last.
            #[target_feature(enable = "avx2,fma,f16c")]
            fn strip<const R: usize, const N: usize>(
                weights: &[[f32; PAGE]],
                values: &[$kind],
                (count, stride): (usize, usize),
                out: &mut [f32],
                size: usize,
            ) {
                let weights: &[[f32; PAGE]; R] = weights.first_chunk().expect("as many rows");
                let mut totals = [[_mm256_setzero_ps(); N]; R];
                for (r, totals) in totals.iter_mut().enumerate() {
                    let from = out[r * size..].as_chunks::<8>().0;
                    for (total, from) in totals.iter_mut().zip(from) {
                        *total = load(from);
                    }
                }
                for i in 0..count.min(PAGE) {
                    let row = values[i * stride..][..N * 8].as_chunks::<8>().0;
                    let row: [__m256; N] = std::array::from_fn(|n| $load(&row[n]));
                    for r in 0..R {
                        let weight = _mm256_set1_ps(weights[r][i]);
                        for n in 0..N {
                            totals[r][n] = _mm256_fmadd_ps(weight, row[n], totals[r][n]);
                        }
                    }
                }
                for (r, totals) in totals.into_iter().enumerate() {
                    let to = out[r * size..].as_chunks_mut::<8>().0;
                    totals
                        .into_iter()
                        .zip(to)
                        .for_each(|(total, to)| store(total, to));
                }
            }
        }
    };
}

precision!(single, f32, load, |x: f32| x);
precision!(
    half,
    ::half::f16,
    |eight: &[::half::f16; 8]| std::arch::x86_64::_mm256_cvtph_ps(super::super::load_halves(
        bytemuck::cast_ref(eight)
    )),
    |x: ::half::f16| x.to_f32()
);
precision!(bytes, i8, super::super::load_codes, f32::from);
